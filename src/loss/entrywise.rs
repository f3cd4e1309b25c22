//! Means over entries, taken in one pass.

use crate::numerics::norm::{BLOCK, LANES, sum_in_pairs};
use crate::numerics::real::Real;

/// The mean of `value` over the differences pᵢ − tᵢ.
///
/// # Panics
///
/// If the slices differ in length.
#[inline]
pub(super) fn mean<T: Real>(prediction: &[T], target: &[T], value: impl Fn(T) -> T) -> T {
    assert_eq!(prediction.len(), target.len(), "slices differ in length");
    let sum = if prediction.len() <= BLOCK {
        sum_of_block(prediction, target, value)
    } else {
        let blocks = prediction.chunks(BLOCK).zip(target.chunks(BLOCK));
        sum_in_pairs(blocks.map(|(p, t)| sum_of_block(p, t, &value)))
    };
    divided(sum, prediction.len())
}

/// The same, and its gradient: `value_and_slope` gives a value and its derivative.
///
/// # Panics
///
/// If the slices differ in length.
#[inline]
pub(super) fn mean_and_gradient<T: Real>(
    prediction: &[T],
    target: &[T],
    gradient: &mut [T],
    value_and_slope: impl Fn(T) -> (T, T),
) -> T {
    assert_eq!(prediction.len(), target.len(), "slices differ in length");
    assert_eq!(prediction.len(), gradient.len(), "slices differ in length");
    let share = T::one() / T::from_count(prediction.len());
    let sum = if prediction.len() <= BLOCK {
        sum_and_gradient_of_block(prediction, target, gradient, share, value_and_slope)
    } else {
        let blocks = prediction.chunks(BLOCK).zip(target.chunks(BLOCK));
        let blocks = blocks.zip(gradient.chunks_mut(BLOCK));
        sum_in_pairs(
            blocks.map(|((p, t), g)| sum_and_gradient_of_block(p, t, g, share, &value_and_slope)),
        )
    };
    divided(sum, prediction.len())
}

#[inline(always)]
fn sum_of_block<T: Real>(prediction: &[T], target: &[T], value: impl Fn(T) -> T) -> T {
    let (predictions, prediction_rest) = prediction.as_chunks::<LANES>();
    let (targets, target_rest) = target.as_chunks::<LANES>();
    let mut sums = [T::zero(); LANES];
    for (p, t) in predictions.iter().zip(targets) {
        for lane in 0..LANES {
            sums[lane] += value(p[lane] - t[lane]);
        }
    }
    let mut rest = T::zero();
    for (&p, &t) in prediction_rest.iter().zip(target_rest) {
        rest += value(p - t);
    }
    joined(sums, rest)
}

fn sum_and_gradient_of_block<T: Real>(
    prediction: &[T],
    target: &[T],
    gradient: &mut [T],
    share: T,
    value_and_slope: impl Fn(T) -> (T, T),
) -> T {
    let (predictions, prediction_rest) = prediction.as_chunks::<LANES>();
    let (targets, target_rest) = target.as_chunks::<LANES>();
    let (gradients, gradient_rest) = gradient.as_chunks_mut::<LANES>();
    let mut sums = [T::zero(); LANES];
    for ((p, t), g) in predictions.iter().zip(targets).zip(gradients) {
        for lane in 0..LANES {
            let (value, slope) = value_and_slope(p[lane] - t[lane]);
            sums[lane] += value;
            g[lane] = share * slope;
        }
    }
    let mut rest = T::zero();
    for ((&p, &t), g) in prediction_rest.iter().zip(target_rest).zip(gradient_rest) {
        let (value, slope) = value_and_slope(p - t);
        rest += value;
        *g = share * slope;
    }
    joined(sums, rest)
}

/// The sums in lanes and the sum of the rest. The rest is kept apart, since lanes written one by
/// one would not stay in vector registers; nor would the lanes if this were inlined.
#[inline(never)]
fn joined<T: Real>(sums: [T; LANES], rest: T) -> T {
    // Added in halves, as a vector register would be.
    let [a, b, c, d, e, f, g, h] = sums;
    let sum = ((a + e) + (c + g)) + ((b + f) + (d + h));
    sum + rest
}

fn divided<T: Real>(sum: T, count: usize) -> T {
    if count == 0 {
        sum
    } else {
        sum / T::from_count(count)
    }
}
