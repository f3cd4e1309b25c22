//! Inner products and norms of vectors that may be split over several parts: summed over the
//! entries held here, then over all parts.

use crate::linear_map::LinearMap;
use crate::numerics::norm::{dot, euclidean_norm, is_safe_sum, sum_of_squares};
use crate::numerics::random::{fill_uniform_about_zero, seeded};
use crate::numerics::real::Real;

/// The space that a vector of a map A lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// The space of x in A·x.
    Domain,
    /// The space of A·x.
    Image,
}

impl Space {
    /// Replaces sums over the entries held here by those over all entries.
    pub(crate) fn sum<T: Real, A: LinearMap<T> + ?Sized>(self, map: &A, partial: &mut [T]) {
        match self {
            Self::Domain => map.sum_over_domain(partial),
            Self::Image => map.sum_over_image(partial),
        }
    }

    /// The sum of `partial` over all parts.
    pub(crate) fn total<T: Real, A: LinearMap<T> + ?Sized>(self, map: &A, partial: T) -> T {
        let mut total = [partial];
        self.sum(map, &mut total);
        total[0]
    }

    /// The length of the whole vectors.
    pub(crate) fn length<T: Real, A: LinearMap<T> + ?Sized>(self, map: &A) -> T {
        let held = match self {
            Self::Domain => map.columns(),
            Self::Image => map.rows(),
        };
        self.total(map, T::from_count(held))
    }

    /// Σxᵢ·yᵢ.
    pub(crate) fn dot<T: Real, A: LinearMap<T> + ?Sized>(self, map: &A, x: &[T], y: &[T]) -> T {
        self.total(map, dot(x, y))
    }

    /// √Σxᵢ², safe from overflow and underflow of the squares; ∞ or NaN if an entry is.
    pub(crate) fn norm<T: Real, A: LinearMap<T> + ?Sized>(self, map: &A, values: &[T]) -> T {
        let sum = self.total(map, sum_of_squares(values));
        if is_safe_sum(sum) {
            return sum.sqrt();
        }
        // At most so many times the norm as there are parts.
        let of_parts = self.total(map, euclidean_norm(values));
        let Some(exponent) = of_parts.binary_exponent() else {
            // Zero, NaN, ∞ or beyond the range.
            return of_parts;
        };
        let scaled = values
            .iter()
            .map(|value| value.scale_by_power_of_two(-exponent));
        let sum = scaled.fold(T::zero(), |sum, value| sum + value * value);
        let norm = self.total(map, sum).sqrt();
        norm.scale_by_power_of_two(exponent)
    }

    /// The exponent of a bound on the magnitudes of the entries that is at most so many times the
    /// largest as there are parts; `None` if all are zero, `i32::MAX` if one is infinite.
    pub(crate) fn exponent_of_largest<T: Real, A: LinearMap<T> + ?Sized>(
        self,
        map: &A,
        values: impl Iterator<Item = T>,
    ) -> Option<i32> {
        let largest = values.map(|value| value.abs()).fold(T::zero(), T::max);
        // Room for 2¹⁶ parts at the top of the range.
        let room = 16;
        let lowered = self.total(map, largest.scale_by_power_of_two(-room));
        if !lowered.is_finite() {
            return Some(i32::MAX);
        }
        let exponent = lowered.binary_exponent().map(|exponent| exponent + room);
        // Near the bottom of the range the lowered values lose digits.
        match exponent {
            Some(exponent) if exponent > 0 => Some(exponent),
            _ => self.total(map, largest).binary_exponent(),
        }
    }

    /// Fills the part held here of a random vector that does not depend on how it is split, with
    /// entries in [−½, ½).
    pub(crate) fn fill_at_random<T: Real, A: LinearMap<T> + ?Sized>(
        self,
        map: &A,
        seed: u64,
        values: &mut [T],
    ) {
        let before = match self {
            Self::Domain => map.domain_offset(),
            Self::Image => map.image_offset(),
        };
        let mut generator = seeded(seed);
        for _ in 0..before {
            fill_uniform_about_zero(&mut [T::zero()], &mut generator);
        }
        fill_uniform_about_zero(values, &mut generator);
    }
}
