//! Symmetric matrices.

use super::{ConvexSet, Subspace, check_square_number, order};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// The symmetric matrices.
///
/// P(X) = (X + Xᵀ)/2. No settings.
///
/// # When to use
///
/// For the approximate inverse of a symmetric matrix, which need not be symmetric otherwise; or to
/// keep rounding or noise from breaking a known symmetry.
///
/// # Example
///
/// ```
/// use matrix_descent::ConvexSet;
/// use matrix_descent::set::Symmetric;
///
/// let mut x = [1.0, 4.0, 2.0, 7.0];
/// Symmetric.project(&mut x);
/// assert_eq!(x, [1.0, 3.0, 3.0, 7.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Symmetric;

impl<T: Real> ConvexSet<T> for Symmetric {
    /// # Panics
    ///
    /// If the length is not a square number.
    fn project(&self, point: &mut [T]) {
        let n = order(point.len());
        for column in 0..n {
            for row in 0..column {
                let (above, below) = (column * n + row, row * n + column);
                let mean = mean(point[above], point[below]);
                point[above] = mean;
                point[below] = mean;
            }
        }
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        check_square_number(dimension)
    }
}

impl<T: Real> Subspace<T> for Symmetric {}

fn mean<T: Real>(a: T, b: T) -> T {
    let half = <T as Real>::from_f64(0.5);
    let mean = half * (a + b);
    // If the sum overflows, halving first is exact; otherwise the halves might be subnormal.
    if mean.is_finite() {
        mean
    } else {
        half * a + half * b
    }
}
