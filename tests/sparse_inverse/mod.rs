//! Sparse approximate inverses.

mod general;
