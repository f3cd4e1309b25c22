//! The mean squared error.

use super::Loss;
use super::entrywise::{mean, mean_and_gradient};
use crate::numerics::real::Real;

/// The mean of the squared differences over all N entries, without ½:
///
/// L = 1/N·Σ (pᵢ − tᵢ)², ∂L/∂pᵢ = 2/N·(pᵢ − tᵢ).
///
/// This is PyTorch's `mse_loss` with mean reduction. With no entries the loss is 0.
///
/// # When to use
///
/// Errors of about the same size everywhere. Its gradient is linear, so the theory of quadratics
/// gives learning rates and step counts. One large error outweighs many small ones; if that is
/// wrong for your data, see [`Huber`](super::Huber).
///
/// # Source
///
/// Gauss, "Theoria motus corporum coelestium", 1809, after Legendre, 1805.
///
/// # Example
///
/// ```
/// use matrix_descent::{Loss, MeanSquaredError};
///
/// let mut gradient = [0.0; 2];
/// let loss = MeanSquaredError.value_and_gradient(&[3.0, 1.0], &[0.0, 1.0], &mut gradient);
/// assert_eq!(loss, 4.5);
/// assert_eq!(gradient, [3.0, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MeanSquaredError;

impl<T: Real> Loss<T> for MeanSquaredError {
    /// The mean squared difference.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value(&self, prediction: &[T], target: &[T]) -> T {
        mean(prediction, target, |d| d * d)
    }

    /// The mean squared difference and 2/N·(p − t).
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value_and_gradient(&self, prediction: &[T], target: &[T], gradient: &mut [T]) -> T {
        mean_and_gradient(prediction, target, gradient, |d| (d * d, d + d))
    }
}
