//! The smoothed absolute error.

use super::Loss;
use super::entrywise::{mean, mean_and_gradient};
use super::huber::cut_off;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_above_zero;

/// The absolute error with a rounded kink: quadratic up to β, linear with slope 1 beyond.
///
/// L = 1/N·Σ s(pᵢ − tᵢ) with s(d) = ½·d²/β where |d| ≤ β, and |d| − ½·β elsewhere;
/// ∂L/∂pᵢ = 1/N·c/β, where c is pᵢ − tᵢ cut off at ±β.
///
/// It is 1/β times [`Huber`](super::Huber)'s loss with δ = β: as β falls it tends to
/// [`MeanAbsoluteError`](super::MeanAbsoluteError), while Huber's loss tends to 0.
///
/// Default: β = 1. Range: β > 0 and finite. This is PyTorch's `smooth_l1_loss` with mean reduction.
/// With no entries the loss is 0.
///
/// # When to use
///
/// In place of the mean absolute error, if a descent has to settle: β is the error below which the
/// gradient shrinks. The curvature there is 1/(N·β), which limits the step length.
///
/// # Source
///
/// Girshick, "Fast R-CNN", 2015, with β = 1.
///
/// # Example
///
/// ```
/// use matrix_descent::Loss;
/// use matrix_descent::loss::SmoothL1;
///
/// let mut gradient = [0.0; 2];
/// let loss = SmoothL1::new(2.0)?.value_and_gradient(&[6.0, 1.0], &[0.0, 0.0], &mut gradient);
/// assert_eq!(loss, ((6.0 - 1.0) + 0.25) / 2.0);
/// assert_eq!(gradient, [0.5, 0.25]);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
pub struct SmoothL1<T> {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::above_zero"))]
    beta: T,
}

impl<T: Real> SmoothL1<T> {
    /// The absolute error with its kink rounded off within ±β.
    ///
    /// # Errors
    ///
    /// [`InputError::InvalidSetting`] unless β is finite and above 0.
    pub fn new(beta: T) -> Result<Self, InputError<T>> {
        check_above_zero("beta", beta)?;
        Ok(Self { beta })
    }

    /// β.
    #[must_use]
    pub fn beta(&self) -> T {
        self.beta
    }

    #[inline]
    fn value_and_slope(&self, difference: T) -> (T, T) {
        let cut = cut_off(difference, self.beta);
        let slope = cut / self.beta;
        (
            slope * (difference - <T as Real>::from_f64(0.5) * cut),
            slope,
        )
    }
}

/// β = 1.
impl<T: Real> Default for SmoothL1<T> {
    fn default() -> Self {
        Self { beta: T::one() }
    }
}

impl<T: Real> Loss<T> for SmoothL1<T> {
    /// The mean of s.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value(&self, prediction: &[T], target: &[T]) -> T {
        mean(prediction, target, |d| self.value_and_slope(d).0)
    }

    /// The mean of s and its gradient.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value_and_gradient(&self, prediction: &[T], target: &[T], gradient: &mut [T]) -> T {
        mean_and_gradient(prediction, target, gradient, |d| self.value_and_slope(d))
    }
}
