//! The logarithm of the hyperbolic cosine.

use super::Loss;
use super::entrywise::{mean, mean_and_gradient};
use crate::numerics::real::Real;

/// The mean of ln cosh of the differences: like ½·d² near 0, like |d| − ln 2 far from it, and
/// smooth everywhere.
///
/// L = 1/N·Σ ln cosh(pᵢ − tᵢ), ∂L/∂pᵢ = 1/N·tanh(pᵢ − tᵢ).
///
/// Differences of any size keep all their digits: cosh itself, which would overflow, is never
/// computed. With no entries the loss is 0.
///
/// # When to use
///
/// In place of [`Huber`](super::Huber)'s loss, if a method needs second derivatives without jumps;
/// scale the data so that ordinary errors are below 1. It evaluates several functions per entry, so
/// it is the slowest of the losses.
///
/// # Source
///
/// Green, "Bayesian reconstructions from emission tomography data using a modified EM algorithm",
/// 1990.
///
/// # Example
///
/// ```
/// use matrix_descent::Loss;
/// use matrix_descent::loss::LogCosh;
///
/// let mut gradient = [0.0; 2];
/// let loss = LogCosh.value_and_gradient(&[1e300, 0.0], &[0.0, 0.0], &mut gradient);
/// assert_eq!(loss, 5e299);
/// assert_eq!(gradient, [0.5, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LogCosh;

impl<T: Real> Loss<T> for LogCosh {
    /// The mean of ln cosh(p − t).
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value(&self, prediction: &[T], target: &[T]) -> T {
        mean(prediction, target, ln_cosh)
    }

    /// The mean of ln cosh(p − t) and 1/N·tanh(p − t).
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    fn value_and_gradient(&self, prediction: &[T], target: &[T], gradient: &mut [T]) -> T {
        mean_and_gradient(prediction, target, gradient, |d| (ln_cosh(d), d.tanh()))
    }
}

/// ln cosh x = ln(1 + 2·sinh²(x/2)) near 0, and |x| + ln(1 + e^(−2|x|)) − ln 2 elsewhere: each is
/// used where its terms do not cancel.
fn ln_cosh<T: Real>(x: T) -> T {
    let two = <T as Real>::from_f64(2.0);
    let magnitude = x.abs();
    if magnitude < T::one() {
        let sinh = (magnitude / two).sinh();
        (two * sinh * sinh).ln_1p()
    } else {
        magnitude + ((-two * magnitude).exp().ln_1p() - T::ln_2())
    }
}
