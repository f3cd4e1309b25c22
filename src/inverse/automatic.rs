//! The method for who has nothing to tune.

use super::Start;
use super::by_optimizer::ByOptimizer;
use super::heavy_ball::heavy_ball_for_inverse;
use super::method::{Descend, Problem};
use crate::scaling::{largest_exponent, scaled};
use crate::{Error, Minimization, Observer, Progress, Real, Sgd};

/// The default method: chooses everything from the matrix.
///
/// The matrix is scaled by a power of two, which is exact, and its singular values are estimated
/// to set learning rate and momentum. The number of steps grows with the condition number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Automatic;

impl<T: Real> Descend<T> for Automatic {
    fn descend<O: Observer<T>>(
        self,
        problem: Problem<'_, T>,
        mut observer: O,
    ) -> Result<Minimization<T>, Error<T>> {
        let Some(exponent) = largest_exponent(problem.matrix) else {
            // Every step on the zero matrix is zero; the run ends as stalled.
            let optimizer = Sgd::new(T::one());
            return ByOptimizer { optimizer }.descend(problem, observer);
        };
        let matrix = scaled(problem.matrix, -exponent);
        let optimizer = heavy_ball_for_inverse(&matrix, problem.seed)?;
        let start = match problem.start {
            Start::ScaledTranspose => Start::ScaledTranspose,
            other => Start::Given(scaled(
                &other.matrix(problem.matrix, problem.seed)?,
                exponent,
            )),
        };
        let mut parameters = vec![T::zero(); matrix.len()];
        let mut gradient = parameters.clone();
        let unscaled = |progress: &Progress<'_, T>| {
            rescale(progress.parameters, -exponent, &mut parameters);
            rescale(progress.gradient, exponent, &mut gradient);
            observer.observe(&Progress {
                parameters: &parameters,
                gradient: &gradient,
                ..*progress
            })
        };
        let scaled_problem = Problem {
            matrix: &matrix,
            start,
            ..problem
        };
        let mut reached = ByOptimizer { optimizer }.descend(scaled_problem, unscaled)?;
        for parameters in [&mut reached.parameters, &mut reached.best_parameters] {
            for value in parameters {
                *value = value.scale_by_power_of_two(-exponent);
            }
        }
        Ok(reached)
    }
}

fn rescale<T: Real>(values: &[T], exponent: i32, out: &mut [T]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out = value.scale_by_power_of_two(exponent);
    }
}
