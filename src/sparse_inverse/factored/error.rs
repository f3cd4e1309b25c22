//! How a factored inverse fails.

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;

/// Why no factored inverse was computed. Rows and columns are counted from 0.
///
/// # Example
///
/// ```
/// use matrix_descent::sparse_inverse::{factored_inverse_by_descent, FactoredInverseConfig};
/// use matrix_descent::sparse_inverse::FactoredInverseError;
/// use nalgebra::dmatrix;
/// use nalgebra_sparse::CsrMatrix;
///
/// let a = CsrMatrix::from(&dmatrix![1.0, 2.0; 2.0, 1.0]);
/// match factored_inverse_by_descent(&a, FactoredInverseConfig::default()) {
///     Err(FactoredInverseError::NotPositiveDefinite { row, pivot }) => {
///         assert_eq!((row, pivot), (1, -3.0));
///     }
///     other => unreachable!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FactoredInverseError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// A diagonal entry is zero, negative or not stored, so that A is not positive definite.
    #[error("the diagonal entry of row {row} is {value:e}, but has to be positive")]
    DiagonalNotPositive {
        /// The row.
        row: usize,
        /// Its diagonal entry.
        value: T,
    },

    /// Two entries that mirror each other differ by more than √ε·√(aᵢᵢ·aⱼⱼ).
    #[error(
        "the matrix is not symmetric: row {row}, column {column} is {value:e}, and the entry that \
         mirrors it {mirrored:e}"
    )]
    NotSymmetric {
        /// The row i.
        row: usize,
        /// The column j.
        column: usize,
        /// aᵢⱼ.
        value: T,
        /// aⱼᵢ.
        mirrored: T,
    },

    /// A pivot of the small system of a row is negative by more than rounding can make it, so that A
    /// is not positive definite.
    ///
    /// The reverse is not true: a matrix that is not definite may pass.
    #[error("the matrix is not positive definite: row {row} has a pivot of {pivot:e}")]
    NotPositiveDefinite {
        /// The row.
        row: usize,
        /// The pivot relative to the diagonal entry.
        pivot: T,
    },

    /// The entries of the factor differ too much for the format that it is stored in.
    #[error(
        "the entries of the factor span 2^{exponent}: more than the format that it is stored in has \
         room for"
    )]
    StorageRange {
        /// The binary exponent of the ratio of its largest entry to its smallest diagonal one, at
        /// least.
        exponent: i32,
    },

    /// The observer stopped the run.
    #[error("stopped by the observer after {}", counted(*rows, "row"))]
    Stopped {
        /// The rows that were done.
        rows: usize,
    },
}
