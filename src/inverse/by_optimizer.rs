//! The inverse by any optimizer on the plain gradient.

use nalgebra::DMatrix;

use super::method::{Descend, Problem};
use super::residual::Residuals;
use crate::{
    Error, InverseObjective, MeanSquaredError, Minimization, Objective, Observer, Optimizer,
    Progress, Real, Side, Stall, Stepper, StopReason, Stopping,
};

/// The method that walks the gradient of the mean squared error by an [`Optimizer`]; made by
/// [`Config::optimizer`](crate::Config::optimizer).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByOptimizer<M> {
    pub(super) optimizer: M,
}

/// A run whose loss has not fallen by √ε of itself in this many steps would need more than any
/// patience: at this rate another factor e takes 1000/√ε steps.
const PATIENCE: usize = 1000;

impl<T: Real, M: Optimizer<T>> Descend<T> for ByOptimizer<M> {
    /// Descends until the recomputed residual is within the tolerance.
    ///
    /// The loop sees only the loss. For an estimate on one side, loss ≤ (tolerance/n)² is the same
    /// as residual ≤ tolerance but for rounding; for both sides it is not. So the goal of the loss
    /// is lowered until the residual agrees, or the run ends for another reason.
    fn descend<O: Observer<T>>(
        self,
        problem: Problem<'_, T>,
        mut observer: O,
    ) -> Result<Minimization<T>, Error<T>> {
        let matrix = problem.matrix;
        let objective = InverseObjective::new(matrix, problem.side, MeanSquaredError)?;
        let start = problem.start.matrix(matrix, problem.seed)?;
        let mut stepper = Stepper::new(objective, self.optimizer, Vec::from(start.data))?;
        let stopping = Stopping::default()
            .max_steps(problem.max_steps)
            .stall(Stall {
                patience: PATIENCE,
                minimum_improvement: T::EPSILON.sqrt(),
            });
        let root = problem.tolerance / T::from_count(matrix.nrows());
        let mut goal = root * root;
        loop {
            let watch = |progress: &Progress<'_, T>| observer.observe(progress);
            let steps_before = stepper.steps();
            let reason = stepper.run(&stopping.loss(goal), watch)?;
            let excess = residual(&stepper, matrix, problem.side) / problem.tolerance;
            let has_moved = stepper.steps() > steps_before || steps_before == 0;
            let goes_on = reason == StopReason::Loss && excess > T::one() && has_moved;
            if !goes_on {
                return Ok(stepper.finish(reason));
            }
            goal = stepper.loss() / (T::nearest(4.0) * excess * excess);
        }
    }
}

fn residual<T, F, M>(stepper: &Stepper<T, F, M>, matrix: &DMatrix<T>, side: Side) -> T
where
    T: Real,
    F: Objective<T>,
    M: Optimizer<T>,
{
    let n = matrix.nrows();
    let x = DMatrix::from_column_slice(n, n, stepper.parameters());
    Residuals::of(&x, matrix).on(side)
}
