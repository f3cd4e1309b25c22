//! Losses: how wrong a prediction is, as one number.

mod absolute;
mod entrywise;
mod huber;
mod log_cosh;
mod smooth_l1;
mod squared;
mod weighted;

pub use absolute::MeanAbsoluteError;
pub use huber::Huber;
pub use log_cosh::LogCosh;
pub use smooth_l1::SmoothL1;
pub use squared::MeanSquaredError;
pub use weighted::WeightedMeanSquaredError;

use std::sync::Arc;

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// A measure of the distance between a prediction and a target, with its gradient.
///
/// The gradient is with respect to the prediction. Each loss states its convention (mean or sum,
/// with or without ½).
///
/// # Panics
///
/// The slices have equal lengths; anything else is a programming error, and an implementation may
/// panic on it.
///
/// # Example
///
/// Your own loss, here the sum of squares with ½:
///
/// ```
/// use matrix_descent::{Loss, Real};
/// use matrix_descent::objective::{check_gradient, FitObjective};
///
/// struct HalfSumOfSquares;
///
/// impl<T: Real> Loss<T> for HalfSumOfSquares {
///     fn value(&self, prediction: &[T], target: &[T]) -> T {
///         self.value_and_gradient(prediction, target, &mut vec![T::zero(); target.len()])
///     }
///
///     fn value_and_gradient(&self, prediction: &[T], target: &[T], gradient: &mut [T]) -> T {
///         let mut sum = T::zero();
///         for ((&p, &t), g) in prediction.iter().zip(target).zip(gradient) {
///             *g = p - t;
///             sum += *g * *g;
///         }
///         sum / <T as Real>::from_f64(2.0)
///     }
/// }
///
/// let mut objective = FitObjective::new(HalfSumOfSquares, vec![1.0, 2.0]);
/// let check = check_gradient(&mut objective, &[0.5, -3.0])?;
/// assert!(check.largest_relative_error < 1e-10);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub trait Loss<T: Real> {
    /// The loss of `prediction` against `target`.
    fn value(&self, prediction: &[T], target: &[T]) -> T;

    /// The same, and its gradient with respect to `prediction`, in one pass.
    fn value_and_gradient(&self, prediction: &[T], target: &[T], gradient: &mut [T]) -> T;

    /// Checks whether the loss can compare this many entries; this crate's objectives call it
    /// before they use the loss.
    ///
    /// # Errors
    ///
    /// [`InputError::ShapeMismatch`] if it can't. The provided method accepts all.
    fn check_dimension(&self, _dimension: usize) -> Result<(), InputError<T>> {
        Ok(())
    }
}

/// A pointer to a loss is a loss, which may be chosen while a program runs.
macro_rules! forward_loss {
    ($($pointer:ty),+) => {$(
        impl<T: Real, L: Loss<T> + ?Sized> Loss<T> for $pointer {
            fn value(&self, prediction: &[T], target: &[T]) -> T {
                (**self).value(prediction, target)
            }

            fn value_and_gradient(
                &self,
                prediction: &[T],
                target: &[T],
                gradient: &mut [T],
            ) -> T {
                (**self).value_and_gradient(prediction, target, gradient)
            }

            fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
                (**self).check_dimension(dimension)
            }
        }
    )+};
}

forward_loss!(&L, Box<L>, Arc<L>);
