//! The sign of a number, as optimizers and losses need it.

use crate::numerics::real::Real;

/// −1 or 1, but 0 for 0 and NaN for NaN.
#[inline]
pub(crate) fn sign<T: Real>(value: T) -> T {
    if value > T::zero() {
        T::one()
    } else if value < T::zero() {
        -T::one()
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn sign_of_all_kinds_of_numbers() {
        assert_eq!([-2.5, 0.0, 1e-300].map(sign), [-1.0, 0.0, 1.0]);
        assert_eq!(sign(-0.0_f32), 0.0);
        assert_eq!(sign(f64::NEG_INFINITY), -1.0);
        assert!(sign(f32::NAN).is_nan());
    }
}
