//! Approximate inverses of large sparse matrices, row by row on a sparse pattern.

mod factored;
mod general;
mod pattern;
mod reach;
mod row_runs;

pub use factored::{
    FactoredInverse, FactoredInverseConfig, FactoredInverseError, factored_inverse_by_descent,
};
pub use general::{
    RowsUpdated, SparseInverseConfig, SparseInverseError, SparseInversion,
    sparse_inverse_by_descent,
};
pub use pattern::{Growth, InversePattern};
