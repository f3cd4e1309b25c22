//! A linear map with its norm and the lengths of its columns, scaled where they are extreme.

use crate::linear_map::LinearMap;
use crate::linear_map::scaled::ScaledMap;
use crate::numerics::binary_scaling::significant;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::rounding::smallest_subnormal;
use crate::solve::error::SolveError;
use crate::solve::norm_estimate::estimate_norm;

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
        let (norm, shift) = estimate_norm(map, argument)?;
        let root = ridge.sqrt().scale_by_power_of_two(-shift);
        let scale = euclidean_norm(&[norm, root]).binary_exponent();
        // Leaving the map unscaled saves a pass over every image.
        let exponent = significant(scale.map(|e| e + shift), limit_of_scale::<T>());
        Ok(Self {
            map: ScaledMap::new(map, exponent),
            norm: norm.scale_by_power_of_two(shift - exponent),
            lengths: None,
        })
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
        let lost = least * T::from_count(map.rows());
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
