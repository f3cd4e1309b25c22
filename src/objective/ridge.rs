//! A quadratic penalty on the parameters, around any objective.

use super::Objective;
use crate::numerics::input_error::InputError;
use crate::numerics::norm::sum_of_squares;
use crate::numerics::real::Real;
use crate::numerics::validation::check_at_least_zero;

/// An objective with a ridge: f(x) + λ/2·‖x‖², gradient ∇f(x) + λ·x.
///
/// With the ½, the penalty has the gradient of a weight decay λ: [`Sgd`](crate::optimizer::Sgd)
/// takes the same steps as with [`weight_decay`](crate::optimizer::Sgd::weight_decay), but here the
/// loss that a run reports and stops by includes the penalty. The penalty is a sum over the
/// parameters, not a mean.
///
/// Range: λ ≥ 0 and finite.
///
/// # When to use
///
/// Problems with many solutions or a nearly flat valley: for λ > 0 a convex f has exactly one
/// minimum, with small parameters, and the curvature is at least λ. For the inverse objective of a
/// singular matrix the minimum exists although the inverse does not.
///
/// # Source
///
/// Hoerl and Kennard, "Ridge regression: biased estimation for nonorthogonal problems", 1970.
///
/// # Example
///
/// ```
/// use matrix_descent::{MeanSquaredError, Objective};
/// use matrix_descent::objective::{FitObjective, Ridge};
///
/// let mut objective = Ridge::new(FitObjective::new(MeanSquaredError, vec![1.0]), 0.5)?;
/// let mut gradient = [0.0];
/// assert_eq!(objective.value_and_gradient(&[2.0], &mut gradient), 1.0 + 0.25 * 4.0);
/// assert_eq!(gradient, [2.0 + 0.5 * 2.0]);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ridge<T, F> {
    objective: F,
    weight: T,
}

impl<T: Real, F: Objective<T>> Ridge<T, F> {
    /// Adds the penalty λ/2·‖x‖², λ = `weight`, to `objective`.
    ///
    /// # Errors
    ///
    /// [`InputError::InvalidSetting`] unless λ is finite and at least 0.
    pub fn new(objective: F, weight: T) -> Result<Self, InputError<T>> {
        check_at_least_zero("weight", weight)?;
        Ok(Self { objective, weight })
    }

    /// f, the objective without the penalty.
    #[must_use]
    pub fn objective(&self) -> &F {
        &self.objective
    }
}

impl<T: Real, F: Objective<T>> Objective<T> for Ridge<T, F> {
    fn dimension(&self) -> usize {
        self.objective.dimension()
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        let value = self.objective.value_and_gradient(parameters, gradient);
        for (g, &x) in gradient.iter_mut().zip(parameters) {
            *g += self.weight * x;
        }
        value + <T as Real>::from_f64(0.5) * self.weight * sum_of_squares(parameters)
    }

    fn begin_step(&mut self, step: usize) {
        self.objective.begin_step(step);
    }

    fn is_stochastic(&self) -> bool {
        self.objective.is_stochastic()
    }

    fn resume_tolerance(&self) -> T {
        self.objective.resume_tolerance()
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        self.objective.validate()
    }
}
