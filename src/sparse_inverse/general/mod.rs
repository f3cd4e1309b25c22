//! The approximate inverse of a general matrix: rows of least squares, ‖X·M − I‖_F.

mod compute;
mod config;
mod error;
mod problem;
mod result;
mod row;
mod row_set;
mod structure;
mod update;

pub use compute::sparse_inverse_by_descent;
pub use config::SparseInverseConfig;
pub use error::SparseInverseError;
pub use result::SparseInversion;
pub use update::RowsUpdated;
