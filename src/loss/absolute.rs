//! The mean absolute error.

use super::Loss;
use super::entrywise::{mean, mean_and_gradient};
use crate::numerics::real::Real;
use crate::numerics::sign::sign;

/// The mean of the absolute differences over all N entries:
///
/// L = 1/N·Σ |pᵢ − tᵢ|, ∂L/∂pᵢ = 1/N·sign(pᵢ − tᵢ), where sign(0) = 0.
///
/// This is PyTorch's `l1_loss` with mean reduction. With no entries the loss is 0.
///
/// # When to use
///
/// Data with outliers: the median minimises it, as the mean minimises the mean squared error. The
/// gradient does not shrink towards the kink at the minimum, so a constant step length never
/// settles there; let it fall, or use [`Huber`](super::Huber) or [`LogCosh`](super::LogCosh), which
/// are smooth.
///
/// # Source
///
/// Laplace, "Sur quelques points du système du monde", 1793, after Boscovich, 1757.
///
/// # Example
///
/// ```
/// use matrix_descent::Loss;
/// use matrix_descent::loss::MeanAbsoluteError;
///
/// let mut gradient = [0.0; 2];
/// let loss = MeanAbsoluteError.value_and_gradient(&[3.0, 1.0], &[0.0, 1.0], &mut gradient);
/// assert_eq!(loss, 1.5);
/// assert_eq!(gradient, [0.5, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MeanAbsoluteError;

impl<T: Real> Loss<T> for MeanAbsoluteError {
    /// The mean absolute difference.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value(&self, prediction: &[T], target: &[T]) -> T {
        mean(prediction, target, |d| d.abs())
    }

    /// The mean absolute difference and 1/N·sign(p − t).
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value_and_gradient(&self, prediction: &[T], target: &[T], gradient: &mut [T]) -> T {
        mean_and_gradient(prediction, target, gradient, |d| (d.abs(), sign(d)))
    }
}
