//! The default method: nothing to tune.

mod descent;
pub(crate) mod iteration;
mod null_vector;
mod pivots;
mod recorder;
mod refine;
mod rounding_back;
pub(crate) mod scaled_problem;
mod search;
mod single_precision;
mod singularity;
pub(crate) mod target;

use crate::descent::Observer;
use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::inverse::automatic::scaled_problem::{History, ScaledProblem};
use crate::inverse::automatic::target::{Target, goal_within};
use crate::inverse::error::InverseError;
use crate::inverse::method::{Accuracy, Automatic, Descend, Method, Problem};
use crate::inverse::result::{Candidate, Goal};
use crate::inverse::start::Start;
use crate::numerics::real::Real;

impl<T: Real> Method<T> for Automatic {}

impl<T: Real> Descend<T> for Automatic {
    fn default_tolerance(_n: usize) -> Option<T> {
        None
    }

    fn descend<O: Observer<T>>(
        &self,
        problem: &Problem<'_, T>,
        observer: &mut O,
    ) -> Result<Candidate<T>, InverseError<T>> {
        let matrix = problem.matrix;
        let start = match &problem.start {
            Start::ScaledTranspose => None,
            start => Some(start.clone().matrix(matrix, problem.seed)?),
        };
        let residual_below = |tolerance: T, goal: f64| Target::Residual {
            tolerance: tolerance.to_f64(),
            goal,
            side: problem.side,
            roundoff: 0.5 * T::EPSILON.to_f64(),
        };
        let target = match (problem.tolerance, problem.goal, self.accuracy) {
            (Some(tolerance), Goal::ByTolerance, _) => {
                residual_below(tolerance, goal_within(tolerance.to_f64()))
            }
            (Some(tolerance), Goal::Residual(goal), _) => residual_below(tolerance, goal),
            (Some(_), Goal::FullAccuracy, _) | (None, _, Accuracy::Full) => Target::Full,
            (None, _, Accuracy::Working) => Target::Working,
        };
        let scaled_problem = ScaledProblem {
            matrix,
            start,
            target,
            max_steps: problem.max_steps,
            history: History::Complete,
        };
        let mut workspace = Workspace::new(matrix.nrows(), problem.seed);
        Ok(scaled_problem.solve(&mut workspace, observer))
    }
}
