//! The constant learning rate.

use super::Schedule;
use crate::numerics::real::Real;

/// A constant schedule: the optimizer's own learning rate at every step, ηₜ = η.
///
/// # When to use
///
/// Where a schedule is required but should do nothing, such as the baseline of a comparison.
///
/// # Example
///
/// ```
/// use matrix_descent::optimizer::{ConstantRate, Schedule};
///
/// assert_eq!(ConstantRate.learning_rate(0.1, 1000), 0.1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConstantRate;

impl<T: Real> Schedule<T> for ConstantRate {
    fn learning_rate(&self, rate: T, _steps: usize) -> T {
        rate
    }
}
