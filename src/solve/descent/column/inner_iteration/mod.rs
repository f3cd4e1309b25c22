//! The steps from one recomputed residual to the next.

mod conjugate_gradients;
mod curvature;
mod minimal_residuals;

use crate::descent::{Observer, StopReason};
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::solve::config::SolveProblem;
use crate::solve::descent::column::recorder::SystemRecorder;
use crate::solve::descent::column::state::ColumnDescent;
use crate::solve::descent::column::status::Status;
use crate::solve::descent::multiplier::Multiplier;
use crate::solve::error::SolveError;

/// Why an inner iteration ended.
pub(super) enum RestartReason<T> {
    /// According to the residual carried along, a goal is reached.
    Claim,
    /// No further step along these directions goes lower.
    Breakdown,
    /// A cycle of minimal residuals has its full length.
    Cycle,
    /// The image of a direction is a combination of those before it, so that A, or A·P, is singular
    /// to working precision; but for this part of the longest image.
    Dependent {
        part: T,
    },
    /// The product with the direction after so many steps is not finite.
    NotFinite {
        steps: usize,
    },
    /// The backward error has not fallen for a long time.
    Idle,
    Limit(StopReason),
}

impl<T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>, M: Multiplier<T>>
    ColumnDescent<'_, T, A, P, M>
{
    /// Steps from a recomputed residual and its status until there is a reason to recompute them.
    pub(super) async fn inner_iteration<O: Observer<T>>(
        &mut self,
        before: &Status<T>,
        noise: Option<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Result<RestartReason<T>, SolveError<T>> {
        match self.system.settings.problem {
            SolveProblem::General => self.cycle(noise, recorder).await,
            SolveProblem::LeastSquares | SolveProblem::PositiveDefinite => {
                self.descend_along_gradients(before, noise, recorder).await
            }
        }
    }

    /// Goes back to the iterate of least error if the steps led away from it.
    async fn descend_along_gradients<O: Observer<T>>(
        &mut self,
        before: &Status<T>,
        noise: Option<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Result<RestartReason<T>, SolveError<T>> {
        self.least.begin(self.same_loss(before));
        let reason = self.step_along_gradients(noise, recorder).await?;
        let stays = match reason {
            RestartReason::Claim => true,
            // If the caller stops the run, keep the iterate last shown unless an earlier one was
            // better.
            RestartReason::Limit(_) => self.status().loss <= self.least.loss,
            _ => self.least.error == T::MAX,
        };
        if !stays {
            self.x.copy_from_slice(&self.least.x);
        }
        Ok(reason)
    }
}
