//! How a completion fails.

use super::result::Completion;
use crate::descent::{DescentError, Minimization};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;
use crate::svd::SvdError;

/// Why a matrix was not completed, with what was reached, if anything.
///
/// # Example
///
/// ```
/// use matrix_descent::completion::CompletionError;
/// use matrix_descent::{complete_by_descent, CompletionConfig};
/// use nalgebra::{dmatrix, DMatrix};
///
/// let m = dmatrix![1.0, 2.0; 3.0, 4.0];
/// let weights = DMatrix::from_element(2, 2, 1.0);
/// let config = CompletionConfig::default().max_steps(1);
/// match complete_by_descent(&m, &weights, 1, config) {
///     Err(CompletionError::NotConverged { reached }) => assert_eq!(reached.report.steps, 1),
///     other => unreachable!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CompletionError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// The loss stopped being finite or grew beyond the limit.
    #[error("the completion diverged: the loss was {loss:e} after {}", counted(*steps, "step"))]
    Diverged {
        /// The number of steps taken.
        steps: usize,
        /// The last loss.
        loss: T,
        /// What the descent reached: the parameters are those of the scaled problem.
        reached: Box<Minimization<T>>,
    },

    /// The descent ended before its gradient vanished.
    #[error(
        "no completion: {} after {}; the loss is {:e}",
        reached.report.stop_reason,
        counted(reached.report.steps, "step"),
        reached.report.losses.get(reached.report.best_step).copied().unwrap_or_default()
    )]
    NotConverged {
        /// The best fit the descent reached, with its history.
        reached: Box<Completion<T>>,
    },

    /// The singular values of the fitted matrix were not found.
    #[error("the fitted matrix has no proven singular values")]
    Factors(#[source] SvdError<T>),
}

impl<T: Real> From<DescentError<T>> for CompletionError<T> {
    fn from(error: DescentError<T>) -> Self {
        match error {
            DescentError::Input(error) => Self::Input(error),
            DescentError::Diverged {
                steps,
                loss,
                reached,
            } => Self::Diverged {
                steps,
                loss,
                reached,
            },
        }
    }
}

impl<T: Real> From<SvdError<T>> for CompletionError<T> {
    fn from(error: SvdError<T>) -> Self {
        match error {
            SvdError::Input(error) => Self::Input(error),
            other => Self::Factors(other),
        }
    }
}
