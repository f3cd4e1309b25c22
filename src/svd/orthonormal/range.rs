//! The scale on which no square overflows, and few underflow.

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::largest_exponent;
use crate::numerics::real::Real;

/// The exponent of the scaling that makes the entries as large as they may be while the sum of all
/// their squares stays below an eighth of the largest number.
pub(crate) fn exponent_into_range<T: Real>(matrix: &DMatrix<T>) -> i32 {
    let largest_possible = T::MAX.binary_exponent().unwrap_or_default();
    let entries = matrix.len().next_power_of_two().trailing_zeros() as i32;
    let wanted = (largest_possible - entries - 3) / 2 - 1;
    largest_exponent(matrix).map_or(0, |exponent| wanted - exponent)
}

/// Whether a sum of squares is so small, on that scale, that the tangent of a rotation with the
/// largest possible column may underflow.
pub(crate) fn is_negligible<T: Real>(sum_of_squares: T) -> bool {
    // The least tangent that matters is about ε times the ratio of the lengths.
    let ratio = T::MIN_POSITIVE / (T::EPSILON * T::EPSILON);
    sum_of_squares <= ratio * (ratio * T::MAX)
}
