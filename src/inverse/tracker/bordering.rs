//! Rows and columns added and removed.
