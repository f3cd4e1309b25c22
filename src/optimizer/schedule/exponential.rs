//! The learning rate that falls by the same factor each step.

use super::{Schedule, power};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_above_zero;

/// Exponential decay: the learning rate is multiplied by a factor after every step, ηₜ = η·γᵗ.
///
/// Range: γ finite and above 0; no default. The definition is that of PyTorch's `ExponentialLR`.
///
/// # When to use
///
/// When noise should fade smoothly. For γ < 1 all steps together are no longer than η/(1 − γ) times
/// the gradient, so a γ that is too small stops the descent before its goal.
///
/// # Example
///
/// ```
/// use matrix_descent::optimizer::{ExponentialDecay, Schedule};
///
/// assert_eq!(ExponentialDecay::new(0.5).learning_rate(8.0, 3), 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ExponentialDecay<T> {
    /// γ: the factor from step to step.
    pub factor: T,
}

impl<T: Real> ExponentialDecay<T> {
    /// Decay by `factor` per step.
    #[must_use]
    pub fn new(factor: T) -> Self {
        Self { factor }
    }
}

impl<T: Real> Schedule<T> for ExponentialDecay<T> {
    fn learning_rate(&self, rate: T, steps: usize) -> T {
        rate * power(self.factor, steps)
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_above_zero("factor", self.factor)
    }
}
