//! Entries that are not negative.

use super::ConvexSet;
use crate::numerics::real::Real;

/// The points without negative entries.
///
/// P(x)ᵢ = max(xᵢ, 0). No settings.
///
/// # When to use
///
/// For counts, weights or proportions. The inverse of an M-matrix (positive diagonal, no positive
/// entry off it, strictly diagonally dominant) has no negative entry; the inverses of most other
/// matrices have some.
///
/// # Example
///
/// ```
/// use matrix_descent::ConvexSet;
/// use matrix_descent::set::NonNegative;
///
/// let mut x = [1.5, -0.5];
/// NonNegative.project(&mut x);
/// assert_eq!(x, [1.5, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NonNegative;

impl<T: Real> ConvexSet<T> for NonNegative {
    fn project(&self, point: &mut [T]) {
        for value in point {
            if *value < T::zero() {
                *value = T::zero();
            }
        }
    }
}
