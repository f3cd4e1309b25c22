//! The mean squared error.

use super::Loss;
use crate::Real;

/// The mean of the squared differences, over all N entries and without ½:
///
/// L = 1/N·Σ (pᵢ − tᵢ)², ∂L/∂pᵢ = 2/N·(pᵢ − tᵢ).
///
/// This is PyTorch's `mse_loss` with mean reduction. The loss of no entries is 0.
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
pub struct MeanSquaredError;

/// Independent partial sums, so that the additions need not wait for each other.
const LANES: usize = 8;

impl<T: Real> Loss<T> for MeanSquaredError {
    /// The mean squared difference.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value(&self, prediction: &[T], target: &[T]) -> T {
        assert_eq!(prediction.len(), target.len(), "slices differ in length");
        let (predictions, prediction_rest) = prediction.as_chunks::<LANES>();
        let (targets, target_rest) = target.as_chunks::<LANES>();
        let mut sums = [T::zero(); LANES];
        for (p, t) in predictions.iter().zip(targets) {
            for lane in 0..LANES {
                let difference = p[lane] - t[lane];
                sums[lane] += difference * difference;
            }
        }
        let mut rest = T::zero();
        for (&p, &t) in prediction_rest.iter().zip(target_rest) {
            rest += (p - t) * (p - t);
        }
        mean(sums, rest, prediction.len())
    }

    /// The mean squared difference and 2/N·(p − t).
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value_and_gradient(&self, prediction: &[T], target: &[T], gradient: &mut [T]) -> T {
        assert_eq!(prediction.len(), target.len(), "slices differ in length");
        assert_eq!(prediction.len(), gradient.len(), "slices differ in length");
        let scale = T::nearest(2.0) / T::from_count(prediction.len());
        let (predictions, prediction_rest) = prediction.as_chunks::<LANES>();
        let (targets, target_rest) = target.as_chunks::<LANES>();
        let (gradients, gradient_rest) = gradient.as_chunks_mut::<LANES>();
        let mut sums = [T::zero(); LANES];
        for ((p, t), g) in predictions.iter().zip(targets).zip(gradients) {
            for lane in 0..LANES {
                let difference = p[lane] - t[lane];
                sums[lane] += difference * difference;
                g[lane] = scale * difference;
            }
        }
        let mut rest = T::zero();
        for ((&p, &t), g) in prediction_rest.iter().zip(target_rest).zip(gradient_rest) {
            let difference = p - t;
            rest += difference * difference;
            *g = scale * difference;
        }
        mean(sums, rest, prediction.len())
    }
}

/// The mean of `count` squares of which the sums in lanes and of the rest are given; the rest apart,
/// since lanes that are written one by one would not stay in vector registers.
fn mean<T: Real>(sums: [T; LANES], rest: T, count: usize) -> T {
    if count == 0 {
        return T::zero();
    }
    // Added in halves, as a vector register would be.
    let [a, b, c, d, e, f, g, h] = sums;
    let sum = ((a + e) + (c + g)) + ((b + f) + (d + h));
    (sum + rest) / T::from_count(count)
}
