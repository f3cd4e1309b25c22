//! The errors of a proven solution.

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// Why an inverse gave no proven solution of a linear system.
///
/// # Example
///
/// ```
/// use matrix_descent::inverse::SolutionError;
/// use matrix_descent::{invert_by_descent, Config};
/// use nalgebra::{dmatrix, dvector};
///
/// let inversion = invert_by_descent(&dmatrix![1e-200], Config::default())?;
/// let error = inversion.solve(&dvector![1e200]).unwrap_err();
/// assert_eq!(error, SolutionError::OutOfRange { row: 0, column: 0 });
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SolutionError<T: Real = f64> {
    /// The right-hand side was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// The certificate of the inverse is no proof, so no error can be bounded; it is none, for
    /// instance, for most approximate inverses with a structure.
    #[error("the certificate of the inverse proves nothing, so no solution can be proven")]
    NoProof,

    /// A component of the solution, or a number on the way to it, is too large for the format.
    #[error("the solution leaves the range of the number format in row {row}, column {column}")]
    OutOfRange {
        /// The row of the first such component, in column order, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
    },
}
