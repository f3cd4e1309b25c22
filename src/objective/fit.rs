//! The simplest objective: the parameters are the prediction.

use super::Objective;
use crate::loss::Loss;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// The loss of the parameters themselves against a fixed target: f(x) = L(x, t), ∇f = ∂L/∂x.
///
/// It shows how a loss shapes a descent, and lets [`check_gradient`](super::check_gradient) test
/// the gradient of a loss.
///
/// # Example
///
/// ```
/// use matrix_descent::{MeanSquaredError, Objective};
/// use matrix_descent::objective::FitObjective;
///
/// let mut objective = FitObjective::new(MeanSquaredError, vec![1.0, 2.0]);
/// let mut gradient = [0.0; 2];
/// assert_eq!(objective.value_and_gradient(&[1.0, 4.0], &mut gradient), 2.0);
/// assert_eq!(gradient, [0.0, 2.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FitObjective<T, L> {
    loss: L,
    target: Vec<T>,
}

impl<T: Real, L: Loss<T>> FitObjective<T, L> {
    /// The objective x ↦ L(x, `target`).
    #[must_use]
    pub fn new(loss: L, target: Vec<T>) -> Self {
        Self { loss, target }
    }
}

impl<T: Real, L: Loss<T>> Objective<T> for FitObjective<T, L> {
    fn dimension(&self) -> usize {
        self.target.len()
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        self.loss
            .value_and_gradient(parameters, &self.target, gradient)
    }

    /// Checks that the loss can compare as many entries as the target has.
    fn validate(&self) -> Result<(), InputError<T>> {
        self.loss.check_dimension(self.target.len())
    }
}
