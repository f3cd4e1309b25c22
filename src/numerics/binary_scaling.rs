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

/// An exponent that is worth a scaling: one whose magnitude is above `limit`; otherwise 0.
pub(crate) fn significant(exponent: Option<i32>, limit: u32) -> i32 {
    exponent.filter(|e| e.unsigned_abs() > limit).unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{largest_exponent, scale, scaled};

    #[test]
    fn the_exponent_is_that_of_the_largest_entry_whatever_its_sign() {
        assert_eq!(largest_exponent(&dmatrix![3.0, -9.0; 0.0, 8.0]), Some(3));
        assert_eq!(largest_exponent(&dmatrix![0.25_f32]), Some(-2));
        assert_eq!(largest_exponent(&DMatrix::<f64>::zeros(2, 3)), None);
    }

    #[test]
    fn scaling_multiplies_by_the_power_of_two() {
        let m = dmatrix![3.0, -9.0; 0.0, 8.0];
        let expected = dmatrix![0.75, -2.25; 0.0, 2.0];
        assert_eq!(scaled(&m, -2), expected);
        let mut values = m.clone();
        scale(values.as_mut_slice(), -2);
        assert_eq!(values, expected);
        scale(values.as_mut_slice(), 0);
        assert_eq!(values, expected);
    }
}
