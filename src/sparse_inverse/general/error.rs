//! How a sparse inverse fails.

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;

/// Why no sparse inverse was computed. Rows and columns are counted from 0.
///
/// # Example
///
/// ```
/// use matrix_descent::sparse_inverse::SparseInverseError;
/// use matrix_descent::{sparse_inverse_by_descent, SparseInverseConfig};
/// use nalgebra::dmatrix;
/// use nalgebra_sparse::CsrMatrix;
///
/// // Two rows that have only the last column.
/// let m = CsrMatrix::from(&dmatrix![1.0, 1.0, 1.0; 0.0, 0.0, 2.0; 0.0, 0.0, 3.0]);
/// let error = sparse_inverse_by_descent(&m, SparseInverseConfig::default()).unwrap_err();
/// assert_eq!(error, SparseInverseError::StructurallySingular { rank: 2, order: 3 });
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SparseInverseError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// A row of M has no entry other than 0.
    #[error("row {row} of the matrix is zero")]
    ZeroRow {
        /// The first such row.
        row: usize,
    },

    /// A column of M has no entry other than 0.
    #[error("column {column} of the matrix is zero")]
    ZeroColumn {
        /// The first such column.
        column: usize,
    },

    /// M is singular whatever the values of its nonzero entries are.
    #[error(
        "the matrix is singular for all values of its nonzero entries: only {rank} of them, in \
         {order} rows, lie in rows and columns of their own"
    )]
    StructurallySingular {
        /// The largest rank of a matrix with nonzero entries at the same places.
        rank: usize,
        /// The number of rows.
        order: usize,
    },

    /// [`Side::Both`](crate::objective::Side::Both) was asked for, where no row is independent of
    /// the others.
    #[error("a sparse inverse is for the left side or the right, not for both")]
    BothSides,

    /// An entry of X is beyond the range of the format, because a row of M is so small.
    #[error("the entry of the inverse at row {row}, column {column} is out of range")]
    OutOfRange {
        /// The row of X.
        row: usize,
        /// Its column.
        column: usize,
    },

    /// The observer stopped the run.
    #[error("stopped by the observer after {}", counted(*rows, "row"))]
    Stopped {
        /// The rows that were done; columns for the right side.
        rows: usize,
    },
}
