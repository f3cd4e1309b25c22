//! How a descent can fail.

use super::report::Minimization;
#[cfg(feature = "serde")]
use crate::descent::checkpoint_error::CheckpointError;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;

/// Why [`minimize`](crate::descent::minimize) failed.
///
/// # Example
///
/// ```
/// use matrix_descent::descent::DescentError;
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::{minimize, MeanSquaredError, Sgd, Silent, Stopping};
///
/// let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
/// let too_long = Sgd::new(5.0);
/// match minimize(objective, too_long, vec![0.0], Stopping::default(), Silent) {
///     Err(DescentError::Diverged { reached, .. }) => assert_eq!(reached.best_parameters, [0.0]),
///     other => unreachable!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DescentError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// The loss stopped being finite or grew beyond the limit.
    #[error("the descent diverged: the loss was {loss:e} after {}", counted(*steps, "step"))]
    Diverged {
        /// The number of steps taken.
        steps: usize,
        /// The last loss.
        loss: T,
        /// What the descent reached, including its best parameters.
        reached: Box<Minimization<T>>,
    },
}

/// Why a descent can't be resumed.
///
/// # Example
///
/// ```
/// use matrix_descent::descent::ResumeError;
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::{MeanSquaredError, Sgd, Stepper};
///
/// let objective = |target| FitObjective::new(MeanSquaredError, vec![target]);
/// let checkpoint = Stepper::new(objective(1.0), Sgd::new(0.1), vec![0.0])?.into_checkpoint();
/// let error = Stepper::resume(objective(2.0), Sgd::new(0.1), checkpoint).map(|_| ()).unwrap_err();
/// assert_eq!(error, ResumeError::DifferentObjective { recorded: 1.0, found: 4.0 });
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError<T: Real = f64> {
    /// The objective, the optimizer or the parameters were refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// The objective is not the one that the checkpoint comes from.
    #[error("the checkpoint records a loss of {recorded:e}, but the objective's is {found:e}")]
    DifferentObjective {
        /// The loss in the checkpoint.
        recorded: T,
        /// The objective's loss at the same parameters.
        found: T,
    },

    /// The checkpoint's parameters, or its best ones, are not in the optimizer's set: the run was
    /// in a larger set, or in none.
    ///
    /// To go on from there, start a new run, whose start is projected.
    #[error(
        "the checkpoint's {part} lie outside the optimizer's set, at a distance of {distance:e}"
    )]
    OutsideSet {
        /// "parameters" or "best parameters".
        part: &'static str,
        /// The distance to the nearest point of the set.
        distance: T,
    },

    /// The saved run was refused.
    #[cfg(feature = "serde")]
    #[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}
