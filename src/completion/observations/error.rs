//! Why observations are refused.

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::Shown;

/// Why observations of a matrix were refused, with the numbers that show what is wrong.
///
/// Rows and columns are counted from 0.
///
/// # Example
///
/// ```
/// use matrix_descent::completion::{ObservationError, Observations};
///
/// let twice = [(0, 1, 2.0), (1, 0, 1.0), (0, 1, 3.0)];
/// let error = Observations::from_triplets(2, 2, twice).unwrap_err();
/// let expected = ObservationError::Duplicate { row: 0, column: 1, values: [2.0, 3.0] };
/// assert_eq!(error, expected);
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ObservationError<T: Real = f64> {
    /// The matrix has no entries, or the weights have another shape.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// A side is too long for the indices, which have 32 bits.
    #[error("a matrix of {rows}×{columns} is too large: a side has at most 4294967295 entries")]
    TooLarge {
        /// The rows of the matrix.
        rows: usize,
        /// Its columns.
        columns: usize,
    },

    /// An index lies outside the matrix.
    #[error("the entry at row {row}, column {column} lies outside the {rows}×{columns} matrix")]
    OutOfRange {
        /// The row of the observation.
        row: usize,
        /// Its column.
        column: usize,
        /// The rows of the matrix.
        rows: usize,
        /// Its columns.
        columns: usize,
    },

    /// An entry is observed twice.
    #[error(
        "the entry at row {row}, column {column} is observed twice, as {} and {}",
        Shown(values[0]),
        Shown(values[1])
    )]
    Duplicate {
        /// The row of the entry.
        row: usize,
        /// Its column.
        column: usize,
        /// Two of its values, in the order in which they came.
        values: [T; 2],
    },

    /// An observed value is NaN, ∞ or −∞.
    #[error("the value at row {row}, column {column} is {value}, but has to be finite")]
    NotFinite {
        /// The row of the observation.
        row: usize,
        /// Its column.
        column: usize,
        /// The value.
        value: T,
    },

    /// A weight is negative, NaN or infinite.
    #[error(
        "the weight at row {row}, column {column} is {weight}, but has to be finite and at least 0"
    )]
    InvalidWeight {
        /// The row of the observation.
        row: usize,
        /// Its column.
        column: usize,
        /// The weight.
        weight: T,
    },
}
