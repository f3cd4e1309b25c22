//! The learning rate that falls in stairs.

use super::{Schedule, power};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_above_zero, check_at_least_one};

/// The learning rate times a factor after every so many steps: ηₜ = η·γ^⌊t/s⌋.
///
/// Ranges: γ = factor finite and above 0, s = period at least 1. Defaults: γ = 0.1; the period has
/// none. The definition is that of PyTorch's `StepLR`.
///
/// # When to use
///
/// Where it is known when a descent reaches the floor that its noise sets, which each stair lowers.
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
    /// s: the steps on each stair.
    pub period: usize,
    /// γ: the factor from stair to stair.
    pub factor: T,
}

impl<T: Real> StepDecay<T> {
    /// A tenth after every `period` steps.
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
