//! How a singular value decomposition fails.

use super::result::Svd;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;

/// Why singular values, or a pseudo-inverse or polar factor made from them, were not found.
///
/// # Example
///
/// ```
/// use matrix_descent::svd::SvdError;
/// use matrix_descent::{svd_by_descent, SvdConfig};
/// use nalgebra::DMatrix;
///
/// let matrix = DMatrix::from_fn(6, 4, |i, j| 1.0 / (i + j + 1) as f64);
/// let config = SvdConfig::default().max_sweeps(1);
/// match svd_by_descent(&matrix, config) {
///     Err(SvdError::NotConverged { reached }) => assert_eq!(reached.sweeps, 1),
///     other => unreachable!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SvdError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// After the sweeps allowed, or those until the observer stopped the run, the factors are not
    /// orthogonal to working precision, or the singular values are not proven to half of their
    /// digits.
    #[error(
        "no proven singular values: {} after {}; the loss is {:e}, the error bound {:e}",
        reached.stop_reason,
        counted(reached.sweeps, "sweep"),
        reached.losses.last().copied().unwrap_or_default(),
        reached.certificate.largest_error_bound()
    )]
    NotConverged {
        /// What the sweeps reached, with its certificate and history.
        reached: Box<Svd<T>>,
    },

    /// The pseudo-inverse overflows: the singular values of the matrix are too small.
    #[error(
        "the pseudo-inverse leaves the range of the number format in row {row}, column {column}"
    )]
    PseudoInverseOutOfRange {
        /// The row of the first entry that overflows, in column order, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
    },
}
