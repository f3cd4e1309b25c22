//! The scalar type of the whole crate.

use nalgebra::RealField;

pub(crate) mod sealed {
    use nalgebra::DMatrix;
    use rand::RngExt;
    use rand::rngs::Xoshiro256PlusPlus;

    use crate::numerics::lanes::Lanes;

    /// Keeps other types out of [`Real`](super::Real), and the generator out of its interface.
    pub trait Sealed: Sized + Lanes + Saved {
        /// A number drawn uniformly from the multiples of ε/2 in [0, 1).
        fn random_unit(generator: &mut Xoshiro256PlusPlus) -> Self;

        /// 2^exponent, if that is a normal number.
        fn power_of_two(exponent: i32) -> Option<Self>;

        /// The matrix rounded to the nearest numbers of this format.
        fn rounded_matrix(wide: DMatrix<f64>) -> DMatrix<Self>;
    }

    /// Lets states that are made of numbers be saved without a bound at every use.
    #[cfg(feature = "serde")]
    pub trait Saved: serde::Serialize + serde::de::DeserializeOwned {}
    #[cfg(feature = "serde")]
    impl<T: serde::Serialize + serde::de::DeserializeOwned> Saved for T {}

    /// Without serde any number will do.
    #[cfg(not(feature = "serde"))]
    pub trait Saved {}
    #[cfg(not(feature = "serde"))]
    impl<T> Saved for T {}

    impl Sealed for f32 {
        fn random_unit(generator: &mut Xoshiro256PlusPlus) -> Self {
            generator.random()
        }

        fn power_of_two(exponent: i32) -> Option<Self> {
            let is_normal = (-126..=127).contains(&exponent);
            is_normal.then(|| super::power_of_two(exponent) as f32)
        }

        fn rounded_matrix(wide: DMatrix<f64>) -> DMatrix<Self> {
            wide.map(|value| value as f32)
        }
    }

    impl Sealed for f64 {
        fn random_unit(generator: &mut Xoshiro256PlusPlus) -> Self {
            generator.random()
        }

        fn power_of_two(exponent: i32) -> Option<Self> {
            let is_normal = (-1022..=1023).contains(&exponent);
            is_normal.then(|| super::power_of_two(exponent))
        }

        fn rounded_matrix(wide: DMatrix<f64>) -> DMatrix<Self> {
            wide
        }
    }
}

/// A hardware floating-point number, `f32` or `f64`: the scalar of every type in this crate.
///
/// The arithmetic comes from [`nalgebra::RealField`]; this trait adds what tolerances and exact
/// scaling need to know about the format. It is sealed, because the error bounds rely on IEEE 754
/// binary32 and binary64.
///
/// ```
/// use matrix_descent::Real;
///
/// fn half_the_digits<T: Real>() -> T {
///     T::EPSILON.sqrt()
/// }
/// assert_eq!(half_the_digits::<f64>(), 2.0_f64.powi(-26));
/// assert_eq!(3.0_f32.scale_by_power_of_two(-2), 0.75);
/// ```
pub trait Real: RealField + Copy + Default + std::fmt::LowerExp + sealed::Sealed {
    /// The distance from 1 to the next larger number: 2⁻⁵² in `f64`, 2⁻²³ in `f32`.
    const EPSILON: Self;
    /// The smallest positive normal number.
    const MIN_POSITIVE: Self;
    /// The largest finite number.
    const MAX: Self;
    /// The bits of the significand, the implicit one included: 53 in `f64`, 24 in `f32`.
    const MANTISSA_DIGITS: u32;

    /// The number nearest to `value`.
    ///
    /// nalgebra's scalars have another `from_f64`, which returns an `Option`; generic code names
    /// this one as `<T as Real>::from_f64(value)`.
    fn from_f64(value: f64) -> Self;

    /// The same number in `f64`; exact.
    fn to_f64(self) -> f64;

    /// The number nearest to `value`; exact up to 2²⁴ in `f32` and 2⁵³ in `f64`.
    #[must_use]
    fn from_count(value: usize) -> Self {
        <Self as Real>::from_f64(value as f64)
    }

    /// `self · 2^exponent`: exact unless the result leaves the range of normal numbers.
    #[must_use]
    fn scale_by_power_of_two(self, exponent: i32) -> Self;

    /// The exponent e of |self| = f·2^e with 1 ≤ f < 2, or `None` for zero, NaN and ±∞.
    fn binary_exponent(self) -> Option<i32>;
}

impl Real for f64 {
    const EPSILON: Self = f64::EPSILON;
    const MIN_POSITIVE: Self = f64::MIN_POSITIVE;
    const MAX: Self = f64::MAX;
    const MANTISSA_DIGITS: u32 = f64::MANTISSA_DIGITS;

    // Always, since a conversion that incremental builds leave as a call costs a loop its wide
    // instructions.
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }

    #[inline]
    fn scale_by_power_of_two(self, exponent: i32) -> Self {
        if (-1022..=1023).contains(&exponent) {
            return self * power_of_two(exponent);
        }
        scale_in_steps(self, exponent)
    }

    fn binary_exponent(self) -> Option<i32> {
        const FIRST_NORMAL: i32 = -1022;
        let stored = ((self.to_bits() >> 52) & 0x7ff) as i32;
        match stored {
            0 if self == 0.0 => None,
            0 => (self * power_of_two(54)).binary_exponent().map(|e| e - 54),
            0x7ff => None,
            _ => Some(stored + FIRST_NORMAL - 1),
        }
    }
}

/// `value · 2^exponent` for an exponent that no normal number has.
///
/// In steps, since 2^exponent leaves the range where the product may not. A step down leaves a
/// factor of at most 2⁻⁵³, so a step that rounds is followed by underflow to zero or the smallest
/// subnormal: no result is rounded twice.
fn scale_in_steps(mut value: f64, exponent: i32) -> f64 {
    let mut left = exponent.clamp(-2200, 2200);
    while left > 1023 {
        value *= power_of_two(1023);
        left -= 1023;
    }
    while left < -1022 {
        value *= power_of_two(-969);
        left += 969;
    }
    value * power_of_two(left)
}

impl Real for f32 {
    const EPSILON: Self = f32::EPSILON;
    const MIN_POSITIVE: Self = f32::MIN_POSITIVE;
    const MAX: Self = f32::MAX;
    const MANTISSA_DIGITS: u32 = f32::MANTISSA_DIGITS;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    fn scale_by_power_of_two(self, exponent: i32) -> Self {
        // Every f32 times 2^±300 is a normal f64 (or rounds to 0 or ∞ in f32 alike).
        (f64::from(self) * power_of_two(exponent.clamp(-300, 300))) as f32
    }

    fn binary_exponent(self) -> Option<i32> {
        f64::from(self).binary_exponent()
    }
}

/// 2^exponent for −1022 ≤ exponent ≤ 1023.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::Real;

    #[test]
    fn scaling_is_exact_within_the_range() {
        for exponent in [-1000, -600, -1, 0, 1, 600, 1000] {
            let value = 1.75_f64;
            let there = value.scale_by_power_of_two(exponent);
            assert_eq!(there, value * 2.0_f64.powi(exponent));
            assert_eq!(there.scale_by_power_of_two(-exponent), value);
        }
        let smallest = f64::from_bits(1);
        assert_eq!(
            smallest.scale_by_power_of_two(1074 + 1023),
            2.0_f64.powi(1023)
        );
        assert_eq!(2.0_f64.powi(1023).scale_by_power_of_two(-2097), smallest);
        assert_eq!(
            f32::from_bits(1).scale_by_power_of_two(149 + 127),
            2.0_f32.powi(127)
        );
    }

    #[test]
    fn scaling_rounds_once_below_the_range() {
        // 1.5·2⁻¹⁰⁷⁴ and (1.5 − ε)·2⁻¹⁰⁷⁴ lie on either side of the tie between one and two units.
        assert_eq!(1.5_f64.scale_by_power_of_two(-1074), f64::from_bits(2));
        let below = 1.5 - f64::EPSILON;
        assert_eq!(below.scale_by_power_of_two(-1074), f64::from_bits(1));
        assert_eq!(1.0_f64.scale_by_power_of_two(i32::MIN), 0.0);
        assert_eq!(1.0_f64.scale_by_power_of_two(i32::MAX), f64::INFINITY);
        assert_eq!(1.0_f32.scale_by_power_of_two(i32::MIN), 0.0);
    }

    #[test]
    fn binary_exponents() {
        assert_eq!(1.0_f64.binary_exponent(), Some(0));
        assert_eq!((-0.75_f64).binary_exponent(), Some(-1));
        assert_eq!(f64::MAX.binary_exponent(), Some(1023));
        assert_eq!(f64::MIN_POSITIVE.binary_exponent(), Some(-1022));
        assert_eq!(f64::from_bits(1).binary_exponent(), Some(-1074));
        assert_eq!(f32::from_bits(1).binary_exponent(), Some(-149));
        for none in [0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(none.binary_exponent(), None);
        }
    }
}
