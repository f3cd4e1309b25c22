//! A linear map with its norm and the lengths of its columns, scaled where they are extreme.

pub(super) mod column_lengths;
pub(super) mod norm_estimate;

use crate::linear_map::LinearMap;
use crate::linear_map::scaled::ScaledMap;
use crate::linear_map::sums::Space;
use crate::numerics::binary_scaling::significant;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::rounding::smallest_subnormal;
use crate::solve::error::SolveError;
use crate::solve::operator::norm_estimate::{estimate_norm, estimate_norm_from_images};

/// Columns whose lengths differ by less than this factor are not scaled: it would save fewer steps
/// than the search for a rank deficiency takes.
const EQUAL_LENGTHS: f64 = 8.0;

/// A·D for a diagonal D of powers of two, and its norm.
#[derive(Debug)]
pub(crate) struct Operator<'a, T, A: ?Sized> {
    pub(crate) map: ScaledMap<'a, T, A>,
    /// An estimate of ‖A·D‖₂ from below, finite.
    pub(crate) norm: T,
    /// The lengths of its columns, if they are known.
    pub(crate) lengths: Option<ColumnLengths<T>>,
}

/// The lengths of the columns of [A; √λ·I]·D.
#[derive(Clone, Debug)]
pub(crate) struct ColumnLengths<T> {
    pub(crate) lengths: Vec<T>,
    /// Their reciprocals, and 1 for a zero column.
    pub(crate) reciprocals: Vec<T>,
    /// What underflow may hide of |aⱼᵀr|/‖aⱼ‖, for any j.
    pub(crate) underflow: T,
}

impl<'a, T: Real, A: LinearMap<T> + ?Sized> Operator<'a, T, A> {
    /// `map`, scaled as a whole so that √(‖A‖² + λ) with λ = `ridge` is near 1, if it is far from
    /// 1.
    ///
    /// Near 1 the squares and products of a descent stay within the range of the format.
    pub(crate) fn new(map: &'a A, ridge: T, argument: &'static str) -> Result<Self, SolveError<T>> {
        let norm = estimate_norm(map, argument)?;
        Ok(Self::at_scale(map, norm, ridge))
    }

    /// The same without a ridge, and without the adjoint.
    pub(crate) fn from_images(map: &'a A) -> Result<Self, SolveError<T>> {
        let norm = estimate_norm_from_images(map)?;
        Ok(Self::at_scale(map, norm, T::zero()))
    }

    /// `map`, whose norm is this number times 2^s, scaled.
    fn at_scale(map: &'a A, (norm, shift): (T, i32), ridge: T) -> Self {
        let root = ridge.sqrt().scale_by_power_of_two(-shift);
        let scale = euclidean_norm(&[norm, root]).binary_exponent();
        // Leaving the map unscaled saves a pass over every image.
        let exponent = significant(scale.map(|e| e + shift), limit_of_scale::<T>());
        Self {
            map: ScaledMap::new(map, exponent),
            norm: norm.scale_by_power_of_two(shift - exponent),
            lengths: None,
        }
    }

    /// ‖A‖₂, estimated from below; ∞ beyond the range of the format.
    pub(crate) fn norm_estimate(&self) -> T {
        self.norm.scale_by_power_of_two(self.map.exponent())
    }

    /// The same with the lengths of the columns of A.
    pub(crate) fn with_lengths(mut self, lengths: &[T], ridge: T) -> Self {
        self.lengths = Some(ColumnLengths::new(lengths, ridge, &self.map));
        self
    }

    /// `map` with its columns scaled to similar lengths; `None` if they have them already.
    ///
    /// Scaling to equal lengths comes within √n of the least condition number that any scaling of
    /// the columns has (van der Sluis, "Condition numbers and equilibration of matrices", 1969).
    pub(crate) fn balanced(map: &'a A, lengths: &[T], ridge: T) -> Option<Self> {
        let root = ridge.sqrt();
        let whole = lengths.iter().map(|&length| in_range(length, root));
        let exponents: Vec<Option<i32>> = whole.map(nearest_exponent).collect();
        let known = || exponents.iter().flatten().copied();
        let (least, most) = (known().min()?, known().max()?);
        if f64::from(most - least) < EQUAL_LENGTHS.log2() {
            return None;
        }
        let middle = least + (most - least) / 2;
        let common = significant(Some(middle), limit_of_scale::<T>());
        let of_column = |exponent: Option<i32>| exponent.map_or(0, |exponent| exponent - common);
        let of_columns = exponents.into_iter().map(of_column).collect();
        let map = ScaledMap::with_columns(map, common, of_columns);
        let lengths = ColumnLengths::new(lengths, ridge, &map);
        Some(Self {
            map,
            // No norm is less than the length of a column.
            norm: lengths.lengths.iter().copied().fold(T::zero(), T::max),
            lengths: Some(lengths),
        })
    }
}

impl<T: Real> ColumnLengths<T> {
    fn new<A: LinearMap<T> + ?Sized>(lengths: &[T], ridge: T, map: &ScaledMap<'_, T, A>) -> Self {
        let root = ridge.sqrt();
        let whole: Vec<T> = (lengths.iter())
            .map(|&length| in_range(length, root))
            .collect();
        let columns = whole.iter().enumerate();
        let lengths: Vec<T> = columns
            .map(|(j, length)| length.scale_by_power_of_two(-map.exponent_of(j)))
            .collect();
        let reciprocal = |&length: &T| {
            if length == T::zero() {
                T::one()
            } else {
                (T::one() / length).min(T::MAX)
            }
        };
        let reciprocals: Vec<T> = lengths.iter().map(reciprocal).collect();
        // Each of the products whose sum is aⱼᵀr may lose as much, and the scaling of the sum once more.
        let least = smallest_subnormal::<T>();
        let lost = least * Space::Image.length(map.map());
        let hidden = reciprocals.iter().enumerate().map(|(j, &reciprocal)| {
            if lengths[j] == T::zero() && whole[j] > T::zero() {
                // The column itself is hidden.
                return T::one();
            }
            let after = map.exponent_after() + map.exponent() - map.exponent_of(j);
            (lost.scale_by_power_of_two(after) + least) * reciprocal
        });
        let underflow = hidden.fold(T::zero(), T::max);
        Self {
            underflow,
            lengths,
            reciprocals,
        }
    }
}

/// A norm of 2^e with |e| up to this is near enough to 1: squares and products of numbers of such
/// sizes stay far within the range of the format.
fn limit_of_scale<T: Real>() -> u32 {
    T::MANTISSA_DIGITS / 3
}

/// √(x² + y²), at most the largest number of the format.
fn in_range<T: Real>(x: T, y: T) -> T {
    euclidean_norm(&[x, y]).min(T::MAX)
}

/// The exponent of the power of two nearest to a length; `None` for 0.
fn nearest_exponent<T: Real>(length: T) -> Option<i32> {
    let exponent = length.binary_exponent()?;
    let fraction = length.scale_by_power_of_two(-exponent).to_f64();
    Some(exponent + i32::from(fraction > std::f64::consts::SQRT_2))
}
#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{ColumnLengths, Operator, in_range, limit_of_scale, nearest_exponent, significant};
    use crate::linear_map::scaled::ScaledMap;

    fn power(exponent: i32) -> f64 {
        2.0_f64.powi(exponent)
    }

    #[test]
    fn lengths_are_those_of_the_scaled_columns_over_the_ridge() {
        let map = DMatrix::<f64>::zeros(3, 3);
        for (exponent, of_columns) in [
            (0, vec![0; 3]),
            (-1000, vec![0; 3]),
            (-1000, vec![2, -3, 1]),
            (-1001, vec![0, 0, 20]),
        ] {
            for (lengths, ridge, whole) in [
                ([3.0, 0.0, 3.0], 16.0, [5.0, 4.0, 5.0]),
                ([2.0, 0.0, 5.0], 0.0, [2.0, 0.0, 5.0]),
            ] {
                let size = power(exponent);
                let name = format!("{exponent}, {of_columns:?}, {ridge}");
                let scaled = ScaledMap::with_columns(&map, exponent, of_columns.clone());
                // Powers of two keep 3, 4 and 5 exact.
                let lengths = lengths.map(|length: f64| length * size);
                let found = ColumnLengths::new(&lengths, ridge * size * size, &scaled);
                if ridge > 0.0 && exponent != 0 {
                    // λ underflows.
                    assert_eq!(found.lengths[1], 0.0, "{name}");
                    continue;
                }
                let expected: Vec<f64> = (0..3).map(|j| whole[j] * power(-of_columns[j])).collect();
                assert_eq!(found.lengths, expected, "{name}");
                let reciprocals: Vec<f64> = expected
                    .iter()
                    .map(|&length| if length == 0.0 { 1.0 } else { 1.0 / length })
                    .collect();
                assert_eq!(found.reciprocals, reciprocals, "{name}");
                // Three products of up to 2⁻¹⁰⁷⁴ are lost in each sum, which is then scaled.
                let after = exponent / 2 - exponent;
                let hidden = (0..3).map(|j| 3.0 * reciprocals[j] * power(-of_columns[j]));
                let largest = hidden.fold(0.0, f64::max);
                let found = found.underflow * power(1000 - after);
                let expected = largest * power(1000 - 1073) / 2.0;
                // A subnormal number keeps no more than one digit.
                let error = (found - expected).abs() / expected;
                assert!(
                    error <= if after < 60 { 0.5 } else { 1e-15 },
                    "{name}: {error}"
                );
            }
        }
    }

    #[test]
    fn reciprocals_stay_in_range() {
        let map = dmatrix![1.0_f64];
        let tiny = f64::from_bits(1);
        let found = ColumnLengths::new(&[tiny], 0.0, &ScaledMap::new(&map, 0));
        assert_eq!(found.reciprocals, [f64::MAX]);
        // Scaled to 0, it hides everything; a column of zeros hides underflow alone.
        let map = DMatrix::<f64>::zeros(1, 2);
        let scaled = ScaledMap::with_columns(&map, 0, vec![200, 0]);
        for (lengths, expected) in [([power(-1000), 1.0], 1.0), ([0.0, 1.0], power(-1073))] {
            let found = ColumnLengths::new(&lengths, 0.0, &scaled);
            assert_eq!(found.lengths[0], 0.0);
            assert_eq!(found.underflow, expected, "{lengths:?}");
        }
        assert_eq!(in_range(f64::MAX, f64::MAX), f64::MAX);
        assert_eq!(in_range(3.0, -4.0), 5.0);
    }

    #[test]
    fn exponents_are_the_nearest_ones_and_small_ones_are_left() {
        for (length, exponent) in [
            (0.0, None),
            (1.0, Some(0)),
            (1.4, Some(0)),
            (1.5, Some(1)),
            (0.75, Some(0)),
            (0.7, Some(-1)),
            (1.5 * power(-1020), Some(-1019)),
        ] {
            assert_eq!(nearest_exponent(length), exponent, "{length:e}");
        }
        for (exponent, in_double, in_single) in [
            (0, 0, 0),
            (5, 0, 0),
            (-5, 0, 0),
            (12, 0, 12),
            (-40, -40, -40),
            (300, 300, 300),
        ] {
            let of_double = significant(Some(exponent), limit_of_scale::<f64>());
            let of_single = significant(Some(exponent), limit_of_scale::<f32>());
            assert_eq!((of_double, of_single), (in_double, in_single), "{exponent}");
        }
    }

    #[test]
    fn columns_of_very_different_lengths_are_scaled_about_the_middle() {
        let map = DMatrix::<f64>::zeros(4, 3);
        for lengths in [[1.0, 4.0, 2.0], [0.0, 0.0, 0.0], [5.0, 0.0, 7.0]] {
            assert!(
                Operator::balanced(&map, &lengths, 0.0).is_none(),
                "{lengths:?}"
            );
        }
        for (lengths, ridge, common, exponents, norm) in [
            ([1.0, 8.0, 1.0], 0.0, 0, [0, 3, 0], 1.0),
            ([1.0, 0.0, 11.0], 0.0, 0, [0, 0, 3], 1.375),
            ([power(40), power(60), 0.0], 0.0, 50, [40, 60, 50], 1.0),
            (
                [power(-60), 1.25 * power(-40), 0.0],
                0.0,
                -50,
                [-60, -40, -50],
                1.25,
            ),
            ([0.0, 30.0, 120.0], 256.0, 0, [4, 5, 7], 1.0625),
        ] {
            let found = Operator::balanced(&map, &lengths, ridge).expect("not scaled");
            assert_eq!(found.map.exponent(), common, "{lengths:?}");
            let of = [0, 1, 2].map(|j| found.map.exponent_of(j));
            assert_eq!(of, exponents, "{lengths:?}");
            assert!(
                (found.norm - norm).abs() < 1e-2,
                "{lengths:?}: {}",
                found.norm
            );
            assert_eq!(found.lengths.map(|columns| columns.lengths.len()), Some(3));
        }
    }

    #[test]
    fn the_norm_with_the_ridge_is_scaled_to_one() {
        for (of_map, of_root, exponent) in [
            (0, -2000, 0),
            (60, -2000, 60),
            (-300, -2000, -300),
            (60, 100, 100),
            (900, -2000, 900),
            (-900, -2000, -900),
            (-500, -495, -495),
            (500, 505, 505),
            (-60, 3, 0),
        ] {
            let map = dmatrix![power(of_map), 0.0; 0.0, power(of_map)];
            let ridge = if of_root < -1000 {
                0.0
            } else {
                power(2 * of_root)
            };
            let operator = Operator::new(&map, ridge, "matrix").expect("refused");
            let name = format!("{of_map}, {of_root}");
            assert!((operator.map.exponent() - exponent).abs() <= 1, "{name}");
            let norm = operator.norm_estimate() / power(of_map);
            assert!(norm > 0.9 && norm < 1.0 + 1e-12, "{name}: {norm}");
            let scaled = operator.norm * power(operator.map.exponent() - of_map);
            assert!((scaled - norm).abs() < 1e-12, "{name}: {scaled}");
        }
    }

    #[test]
    fn a_norm_beyond_the_range_is_scaled_into_it() {
        // ‖A‖ = 3·2¹⁰²³, and the ridge is negligible.
        let map = DMatrix::from_element(2, 2, 1.5 * power(1023));
        let operator = Operator::new(&map, power(40), "matrix").expect("refused");
        assert_eq!(operator.map.exponent(), 1024);
        assert!((operator.norm - 1.5).abs() < 1e-12, "{}", operator.norm);
        assert_eq!(operator.norm_estimate(), f64::INFINITY);
    }
}
