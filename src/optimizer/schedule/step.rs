//! The learning rate that falls in steps.

use super::{Schedule, power};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_above_zero, check_at_least_one};

/// Step decay: the learning rate is multiplied by a factor once per period, ηₜ = η·γ^⌊t/s⌋.
///
/// Ranges: γ = factor finite and above 0, s = period at least 1. Default: γ = 0.1; the period has
/// none. The definition is that of PyTorch's `StepLR`.
///
/// # When to use
///
/// When you know at which step the descent reaches the floor set by its noise; each reduction
/// lowers that floor.
///
/// # Example
///
/// ```
/// use matrix_descent::optimizer::{Schedule, StepDecay};
///
/// let halved = StepDecay::new(100).factor(0.5);
/// assert_eq!(halved.learning_rate(8.0, 99), 8.0);
/// assert_eq!(halved.learning_rate(8.0, 300), 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct StepDecay<T> {
    /// s: the number of steps between reductions.
    pub period: usize,
    /// γ: the factor of each reduction.
    pub factor: T,
}

impl<T: Real> StepDecay<T> {
    /// Divides the learning rate by 10 after every `period` steps.
    #[must_use]
    pub fn new(period: usize) -> Self {
        Self {
            period,
            factor: <T as Real>::from_f64(0.1),
        }
    }

    /// Sets γ.
    #[must_use]
    pub fn factor(mut self, factor: T) -> Self {
        self.factor = factor;
        self
    }
}

impl<T: Real> Schedule<T> for StepDecay<T> {
    /// η·γ^⌊t/s⌋.
    ///
    /// # Panics
    ///
    /// If the period is 0, which [`validate`](Schedule::validate) refuses.
    fn learning_rate(&self, rate: T, steps: usize) -> T {
        rate * power(self.factor, steps / self.period)
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_at_least_one("period", self.period)?;
        check_above_zero("factor", self.factor)
    }
}
