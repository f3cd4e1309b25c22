//! The mean squared error with a weight for each entry.

use super::Loss;
use crate::numerics::input_error::InputError;
use crate::numerics::norm::{self, LANES, sum_in_pairs};
use crate::numerics::real::Real;
use crate::numerics::validation::{check_above_zero, check_at_least_zero, check_shape};

/// As many values in a row as a lane of the other losses adds.
const BLOCK: usize = norm::BLOCK / LANES;

/// The weighted mean of the squared differences, without ½:
///
/// L = Σ wᵢ·(pᵢ − tᵢ)²/W with W = Σ wᵢ, ∂L/∂pᵢ = 2·wᵢ/W·(pᵢ − tᵢ).
///
/// Only the ratios of the weights matter; with equal weights it is
/// [`MeanSquaredError`](super::MeanSquaredError). An entry of weight 0 is missing: it is not read,
/// so the target may be NaN there, and its gradient is 0. Weights of 0 and 1 therefore give the
/// mean over the entries present.
///
/// Range: weights ≥ 0 and finite, not all 0; one for each entry. With no entries the loss is 0.
///
/// # When to use
///
/// Data of unequal accuracy, with wᵢ = 1/σᵢ² for an error of standard deviation σᵢ; matrices with
/// unknown entries.
///
/// # Source
///
/// Aitken, "On least squares and linear combination of observations", 1935.
///
/// # Example
///
/// ```
/// use matrix_descent::Loss;
/// use matrix_descent::loss::WeightedMeanSquaredError;
///
/// let loss = WeightedMeanSquaredError::new(vec![3.0, 1.0, 0.0])?;
/// let mut gradient = [0.0; 3];
/// let value = loss.value_and_gradient(&[1.0, 2.0, 5.0], &[0.0, 0.0, f64::NAN], &mut gradient);
/// assert_eq!(value, (3.0 * 1.0 + 1.0 * 4.0) / 4.0);
/// assert_eq!(gradient, [1.5, 1.0, 0.0]);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound = "T: Real", into = "Vec<T>", try_from = "Vec<T>")
)]
pub struct WeightedMeanSquaredError<T> {
    weights: Vec<T>,
    /// A power of two that brings W to about 1, so that weights of any size keep products within
    /// the range of the format.
    unit: T,
    /// W in that unit.
    sum: T,
}

impl<T: Real> WeightedMeanSquaredError<T> {
    /// The loss with these weights, in the order of the entries.
    ///
    /// # Errors
    ///
    /// [`InputError::InvalidSetting`] with the first weight that is negative or not finite; or with
    /// the sum of the weights, if that is 0 or beyond the range of the format.
    pub fn new(weights: Vec<T>) -> Result<Self, InputError<T>> {
        for &weight in &weights {
            check_at_least_zero("weights", weight)?;
        }
        let blocks = weights.chunks(BLOCK);
        let sum: f64 = sum_in_pairs(blocks.map(|block| block.iter().map(|w| w.to_f64()).sum()));
        let sum = <T as Real>::from_f64(sum);
        if !weights.is_empty() {
            check_above_zero("the sum of the weights", sum)?;
        }
        let most = T::MAX.binary_exponent().unwrap_or_default();
        let exponent = (-sum.binary_exponent().unwrap_or_default()).min(most);
        Ok(Self {
            weights,
            unit: T::one().scale_by_power_of_two(exponent),
            sum: sum.scale_by_power_of_two(exponent),
        })
    }

    /// The weights.
    #[must_use]
    pub fn weights(&self) -> &[T] {
        &self.weights
    }

    fn sum_of_block(&self, prediction: &[T], target: &[T], weights: &[T]) -> T {
        let entries = prediction.iter().zip(target).zip(weights);
        entries.fold(T::zero(), |sum, ((&p, &t), &weight)| {
            let d = difference(p, t, weight);
            sum + self.unit * weight * (d * d)
        })
    }

    fn sum_and_gradient_of_block(
        &self,
        prediction: &[T],
        target: &[T],
        weights: &[T],
        gradient: &mut [T],
        scale: T,
    ) -> T {
        let entries = prediction.iter().zip(target).zip(weights);
        let mut sum = T::zero();
        for (((&p, &t), &weight), g) in entries.zip(gradient) {
            let d = difference(p, t, weight);
            let weight = self.unit * weight;
            sum += weight * (d * d);
            *g = scale * weight * d;
        }
        sum
    }

    fn mean(&self, weighted_sum: T) -> T {
        if self.weights.is_empty() {
            T::zero()
        } else {
            weighted_sum / self.sum
        }
    }
}

/// The weights, in the order of the entries.
impl<T: Real> From<WeightedMeanSquaredError<T>> for Vec<T> {
    fn from(loss: WeightedMeanSquaredError<T>) -> Self {
        loss.weights
    }
}

/// As [`new`](WeightedMeanSquaredError::new).
impl<T: Real> TryFrom<Vec<T>> for WeightedMeanSquaredError<T> {
    type Error = InputError<T>;

    fn try_from(weights: Vec<T>) -> Result<Self, InputError<T>> {
        Self::new(weights)
    }
}

impl<T: Real> Loss<T> for WeightedMeanSquaredError<T> {
    /// The weighted mean of the squared differences.
    ///
    /// # Panics
    ///
    /// If the slices differ in length from each other or from the weights.
    fn value(&self, prediction: &[T], target: &[T]) -> T {
        assert_eq!(prediction.len(), target.len(), "slices differ in length");
        assert_eq!(prediction.len(), self.weights.len(), "not as many weights");
        let blocks = prediction.chunks(BLOCK).zip(target.chunks(BLOCK));
        let blocks = blocks.zip(self.weights.chunks(BLOCK));
        let sums = blocks.map(|((p, t), w)| self.sum_of_block(p, t, w));
        self.mean(sum_in_pairs(sums))
    }

    /// The weighted mean of the squared differences and 2·w/W·(p − t).
    ///
    /// # Panics
    ///
    /// If the slices differ in length from each other or from the weights.
    fn value_and_gradient(&self, prediction: &[T], target: &[T], gradient: &mut [T]) -> T {
        assert_eq!(prediction.len(), target.len(), "slices differ in length");
        assert_eq!(prediction.len(), gradient.len(), "slices differ in length");
        assert_eq!(prediction.len(), self.weights.len(), "not as many weights");
        let scale = <T as Real>::from_f64(2.0) / self.sum;
        let blocks = prediction.chunks(BLOCK).zip(target.chunks(BLOCK));
        let blocks = blocks
            .zip(self.weights.chunks(BLOCK))
            .zip(gradient.chunks_mut(BLOCK));
        let sums = blocks.map(|(((p, t), w), g)| self.sum_and_gradient_of_block(p, t, w, g, scale));
        self.mean(sum_in_pairs(sums))
    }

    /// Checks that there are as many entries as weights.
    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        check_shape("weights", (self.weights.len(), 1), (dimension, 1))
    }
}

/// p − t, or 0 where an entry is missing.
#[inline]
fn difference<T: Real>(p: T, t: T, weight: T) -> T {
    if weight == T::zero() { weight } else { p - t }
}
