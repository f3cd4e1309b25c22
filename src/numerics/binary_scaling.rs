//! Exact scaling by powers of two.

use nalgebra::DMatrix;

use crate::numerics::real::Real;

/// The exponent e with 2^e ≤ max|mᵢⱼ| < 2^(e+1), or `None` for a zero matrix.
pub(crate) fn largest_exponent<T: Real>(matrix: &DMatrix<T>) -> Option<i32> {
    matrix
        .iter()
        .fold(T::zero(), |largest, value| largest.max(value.abs()))
        .binary_exponent()
}

/// `matrix`·2^`exponent`.
pub(crate) fn scaled<T: Real>(matrix: &DMatrix<T>, exponent: i32) -> DMatrix<T> {
    match T::power_of_two(exponent) {
        Some(power) => matrix.map(|value| value * power),
        None => matrix.map(|value| value.scale_by_power_of_two(exponent)),
    }
}

/// `values` ← `values`·2^`exponent`.
pub(crate) fn scale<T: Real>(values: &mut [T], exponent: i32) {
    if exponent == 0 {
        return;
    }
    let power = T::power_of_two(exponent);
    for value in values {
        *value = match power {
            Some(power) => *value * power,
            None => value.scale_by_power_of_two(exponent),
        };
    }
}
