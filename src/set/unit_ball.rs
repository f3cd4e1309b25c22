//! The unit ball.

use super::ConvexSet;
use crate::numerics::norm::norm_in_range;
use crate::numerics::real::Real;

/// The points of norm at most 1; for matrices, of Frobenius norm at most 1.
///
/// P(x) = x/max(1, ‖x‖). No settings.
///
/// # When to use
///
/// To bound the parameters as a whole without a penalty to tune; for another radius, scale the
/// parameters.
///
/// # Example
///
/// ```
/// use matrix_descent::ConvexSet;
/// use matrix_descent::set::UnitBall;
///
/// let mut x = [3.0_f64, -4.0];
/// UnitBall.project(&mut x);
/// assert!((x[0] - 0.6).abs() < 1e-15 && (x[1] + 0.8).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UnitBall;

impl<T: Real> ConvexSet<T> for UnitBall {
    fn project(&self, point: &mut [T]) {
        let mut norm = norm_in_range(point);
        // After the first pass the norm is 1 up to rounding. It has to be slightly less, or a
        // second projection would move the point again.
        let mut shrink = T::one();
        while norm > T::one() {
            let divisor = norm / shrink;
            point.iter_mut().for_each(|value| *value /= divisor);
            shrink -= T::EPSILON;
            norm = norm_in_range(point);
        }
    }
}
