//! Huber's loss.

use super::Loss;
use super::entrywise::{mean, mean_and_gradient};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_above_zero;

/// Huber's loss: quadratic up to δ, linear beyond.
///
/// L = 1/N·Σ h(pᵢ − tᵢ) with h(d) = ½·d² where |d| ≤ δ, and δ·(|d| − ½·δ) elsewhere;
/// ∂L/∂pᵢ = 1/N·c, where c is pᵢ − tᵢ cut off at ±δ.
///
/// Default: δ = 1. Range: δ > 0 and finite. This is PyTorch's `huber_loss` with mean reduction.
/// With no entries the loss is 0.
///
/// # When to use
///
/// Good data with a few outliers: the slope |h′| of an entry never exceeds δ. Choose δ as the
/// largest error that is still ordinary.
///
/// # Source
///
/// Huber, "Robust estimation of a location parameter", 1964.
///
/// # Example
///
/// ```
/// use matrix_descent::Loss;
/// use matrix_descent::loss::Huber;
///
/// let mut gradient = [0.0; 2];
/// let loss = Huber::new(2.0)?.value_and_gradient(&[6.0, 1.0], &[0.0, 0.0], &mut gradient);
/// assert_eq!(loss, (2.0 * (6.0 - 1.0) + 0.5) / 2.0);
/// assert_eq!(gradient, [1.0, 0.5]);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
pub struct Huber<T> {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::above_zero"))]
    delta: T,
}

impl<T: Real> Huber<T> {
    /// Huber's loss with the threshold δ.
    ///
    /// # Errors
    ///
    /// [`InputError::InvalidSetting`] unless δ is finite and above 0.
    pub fn new(delta: T) -> Result<Self, InputError<T>> {
        check_above_zero("delta", delta)?;
        Ok(Self { delta })
    }

    /// δ.
    #[must_use]
    pub fn delta(&self) -> T {
        self.delta
    }

    #[inline]
    fn value_and_slope(&self, difference: T) -> (T, T) {
        let cut = cut_off(difference, self.delta);
        // ½·d² where nothing is cut off; ±δ·(d ∓ ½·δ) elsewhere.
        (cut * (difference - <T as Real>::from_f64(0.5) * cut), cut)
    }
}

/// δ = 1.
impl<T: Real> Default for Huber<T> {
    fn default() -> Self {
        Self { delta: T::one() }
    }
}

impl<T: Real> Loss<T> for Huber<T> {
    /// The mean of h.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value(&self, prediction: &[T], target: &[T]) -> T {
        mean(prediction, target, |d| self.value_and_slope(d).0)
    }

    /// The mean of h and its gradient.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value_and_gradient(&self, prediction: &[T], target: &[T], gradient: &mut [T]) -> T {
        mean_and_gradient(prediction, target, gradient, |d| self.value_and_slope(d))
    }
}

/// The number nearest to `value` in [−`limit`, `limit`]; NaN for NaN.
#[inline]
pub(super) fn cut_off<T: Real>(value: T, limit: T) -> T {
    if value > limit {
        limit
    } else if value < -limit {
        -limit
    } else {
        value
    }
}
