//! The one-call descent.

use super::error::DescentError;
use super::observer::Observer;
use super::report::{Minimization, StopReason};
use super::stepper::Stepper;
use super::stopping::Stopping;
use crate::numerics::real::Real;
use crate::objective::Objective;
use crate::optimizer::Optimizer;

/// Minimises `objective` from `start` with `optimizer`: follows the gradient downhill until a
/// stopping condition holds.
///
/// The report says why the run ended. Reaching a limit is not an error, since only the caller knows
/// what the minimum should be. Objective and optimizer may be passed by reference. The loop itself
/// allocates nothing, except for the history of losses beyond 2²⁰ steps; an objective may allocate.
///
/// # Errors
///
/// - [`DescentError::Input`] for a setting, a dimension or a start that can't be used, and for what
///   [`Objective::validate`] or [`Optimizer::validate`] refuses;
/// - [`DescentError::Diverged`], with what the descent reached, if the loss diverged.
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, InverseObjective, MeanSquaredError, Sgd, Side, Silent, Stopping};
/// use nalgebra::{dmatrix, DMatrix};
///
/// let m = dmatrix![2.0, 1.0; 1.0, 3.0];
/// let objective = InverseObjective::new(&m, Side::Left, MeanSquaredError)?;
/// let stopping = Stopping::default().loss(1e-24);
/// let run = minimize(objective, Sgd::new(0.1).momentum(0.9), vec![0.0; 4], stopping, Silent)?;
/// let inverse = DMatrix::from_vec(2, 2, run.parameters);
/// assert!((inverse * m - DMatrix::identity(2, 2)).norm() < 1e-11);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn minimize<T, F, M, O>(
    objective: F,
    optimizer: M,
    start: Vec<T>,
    stopping: Stopping<T>,
    observer: O,
) -> Result<Minimization<T>, DescentError<T>>
where
    T: Real,
    F: Objective<T>,
    M: Optimizer<T>,
    O: Observer<T>,
{
    stopping.validate()?;
    let mut stepper = Stepper::new(objective, optimizer, start)?;
    let stop_reason = stepper.run(&stopping, observer)?;
    let (steps, loss) = (stepper.steps(), stepper.loss());
    let reached = stepper.finish();
    match stop_reason {
        StopReason::Diverged => Err(DescentError::Diverged {
            steps,
            loss,
            reached: Box::new(reached),
        }),
        _ => Ok(reached),
    }
}
