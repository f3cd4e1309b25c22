//! Toeplitz matrices.

use super::{ConvexSet, Subspace, check_square_number, order};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// Toeplitz matrices: constant along each diagonal.
///
/// P(X)ᵢⱼ is the mean of the entries of X on the diagonal through (i, j). No settings.
///
/// # When to use
///
/// For operators that act the same everywhere: convolutions, filters, stationary correlations. The
/// inverse of a Toeplitz matrix is not Toeplitz in general, but nearly so away from the corners.
///
/// # Example
///
/// ```
/// use matrix_descent::ConvexSet;
/// use matrix_descent::set::Toeplitz;
///
/// let mut x = [1.0, 5.0, 6.0, 3.0];
/// Toeplitz.project(&mut x);
/// assert_eq!(x, [2.0, 5.0, 6.0, 2.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Toeplitz;

impl<T: Real> ConvexSet<T> for Toeplitz {
    /// # Panics
    ///
    /// If the length is not a square number.
    fn project(&self, point: &mut [T]) {
        let n = order(point.len());
        for offset in 0..n {
            average(point, offset, n - offset, n + 1);
            if offset > 0 {
                average(point, offset * n, n - offset, n + 1);
            }
        }
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        check_square_number(dimension)
    }
}

impl<T: Real> Subspace<T> for Toeplitz {}

/// Sets `count` values, starting at `first` and `stride` apart, to their mean.
fn average<T: Real>(values: &mut [T], first: usize, count: usize, stride: usize) {
    let places = || (0..count).map(|k| first + k * stride);
    let weight = T::one() / T::from_count(count);
    // Averages deviations from the first value, so that equal values stay as they are.
    let base = values[first];
    let sum = places().fold(T::zero(), |sum, place| sum + (values[place] - base));
    let mut mean = base + sum * weight;
    if !mean.is_finite() {
        // Either a value is not finite or the sum overflowed; the sum of weighted values can't
        // overflow.
        mean = places().fold(T::zero(), |sum, place| sum + values[place] * weight);
    }
    for place in places() {
        values[place] = mean;
    }
}
