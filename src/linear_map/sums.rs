//! Inner products and norms of vectors that may be split over several parts: summed over the
//! entries held here, then over all parts.

use crate::linear_map::LinearMap;
use crate::numerics::norm::{dot, euclidean_norm, is_safe_sum, sum_of_squares};
use crate::numerics::random::{fill_gaussian, fill_uniform_about_zero, seeded};
use crate::numerics::real::Real;

/// The space that a vector of a map A lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// The space of x in A·x.
    Domain,
    /// The space of A·x.
    Image,
}

/// The base in which numbers of entries are added up.
const DIGIT: usize = 1 << 12;

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

    /// The same as a whole number, exact beyond the integers that the format holds: up to 2³⁶ in up
    /// to 2¹² parts.
    pub(crate) fn dimension<T: Real, A: LinearMap<T> + ?Sized>(self, map: &A) -> usize {
        let held = match self {
            Self::Domain => map.columns(),
            Self::Image => map.rows(),
        };
        let mut digits = [held / DIGIT, held % DIGIT].map(T::from_count);
        self.sum(map, &mut digits);
        let [high, low] = digits.map(|digit| digit.to_f64() as usize);
        high * DIGIT + low
    }

    /// Whether something holds on any part, so that all parts find the same; also where the sums are
    /// NaN, because the parts can't exchange any more: it is asked whether to end.
    pub(crate) fn is_true_anywhere<T: Real, A: LinearMap<T> + ?Sized>(
        self,
        map: &A,
        holds: bool,
    ) -> bool {
        self.total(map, T::from_count(usize::from(holds))) != T::zero()
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
        let before = self.offset(map);
        let mut generator = seeded(seed);
        for _ in 0..before {
            fill_uniform_about_zero(&mut [T::zero()], &mut generator);
        }
        fill_uniform_about_zero(values, &mut generator);
    }

    /// The same with entries of the normal distribution, so that no direction is favoured.
    pub(crate) fn fill_normally<T: Real, A: LinearMap<T> + ?Sized>(
        self,
        map: &A,
        seed: u64,
        values: &mut [T],
    ) {
        fill_gaussian(values, self.offset(map), seed);
    }

    /// The same, of length 1.
    pub(crate) fn fill_unit<T: Real, A: LinearMap<T> + ?Sized>(
        self,
        map: &A,
        seed: u64,
        values: &mut [T],
    ) {
        self.fill_normally(map, seed, values);
        let length = self.norm(map, values);
        values.iter_mut().for_each(|value| *value /= length);
    }

    /// The number of entries before those held here.
    fn offset<T: Real, A: LinearMap<T> + ?Sized>(self, map: &A) -> usize {
        match self {
            Self::Domain => map.domain_offset(),
            Self::Image => map.image_offset(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Space;
    use crate::linear_map::LinearMap;
    use crate::numerics::real::Real;

    /// One of two equal parts of the image and of four of the domain.
    struct Part;

    impl<T: Real> LinearMap<T> for Part {
        fn rows(&self) -> usize {
            3
        }

        fn columns(&self) -> usize {
            5
        }

        fn apply(&self, _: &[T], image: &mut [T]) {
            image.fill(T::zero());
        }

        fn apply_adjoint(&self, _: &[T], image: &mut [T]) {
            image.fill(T::zero());
        }

        fn sum_over_image(&self, partial: &mut [T]) {
            partial.iter_mut().for_each(|sum| *sum *= T::from_count(2));
        }

        fn sum_over_domain(&self, partial: &mut [T]) {
            partial.iter_mut().for_each(|sum| *sum *= T::from_count(4));
        }

        fn image_offset(&self) -> usize {
            2
        }

        fn domain_offset(&self) -> usize {
            7
        }
    }

    /// 2^`exponent`, below the normal numbers too.
    fn power(exponent: i32) -> f64 {
        1.0.scale_by_power_of_two(exponent)
    }

    #[test]
    fn sums_are_those_over_all_parts() {
        let (image, domain) = (Space::Image, Space::Domain);
        assert_eq!((image.length(&Part), domain.length(&Part)), (6.0, 20.0));
        let (x, y) = ([1.0, -2.0, 3.0], [4.0, 5.0, 6.0]);
        assert_eq!(image.dot(&Part, &x, &y), 24.0);
        assert_eq!(domain.dot(&Part, &x, &y), 48.0);
    }

    /// A part that has lost the others.
    struct Lost;

    impl LinearMap<f64> for Lost {
        fn rows(&self) -> usize {
            1
        }

        fn columns(&self) -> usize {
            1
        }

        fn apply(&self, x: &[f64], image: &mut [f64]) {
            image.copy_from_slice(x);
        }

        fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
            image.copy_from_slice(y);
        }

        fn sum_over_image(&self, partial: &mut [f64]) {
            partial.fill(f64::NAN);
        }
    }

    #[test]
    fn a_part_that_has_lost_the_others_ends() {
        for holds in [false, true] {
            let found: bool = Space::Image.is_true_anywhere::<f64, _>(&Part, holds);
            assert_eq!(found, holds);
            assert!(Space::Image.is_true_anywhere(&Lost, holds));
        }
    }

    /// With more rows than integers that an f32 tells apart.
    struct Long;

    impl LinearMap<f32> for Long {
        fn rows(&self) -> usize {
            (1 << 25) + 1
        }

        fn columns(&self) -> usize {
            1
        }

        fn apply(&self, _: &[f32], image: &mut [f32]) {
            image.fill(0.0);
        }

        fn apply_adjoint(&self, _: &[f32], image: &mut [f32]) {
            image.fill(0.0);
        }
    }

    #[test]
    fn dimensions_are_exact() {
        let found = [Space::Image, Space::Domain].map(|space| {
            let of_part = space.dimension::<f32, _>(&Part);
            (of_part, space.dimension(&Long))
        });
        assert_eq!(found, [(6, (1 << 25) + 1), (20, 1)]);
    }

    #[test]
    fn norms_are_right_at_the_ends_of_the_range() {
        for exponent in [0, 10, 600, 1018, -600, -1070] {
            let values = [3.0, -4.0].map(|value: f64| value * power(exponent));
            let expected = 10.0 * power(exponent);
            assert_eq!(Space::Domain.norm(&Part, &values), expected, "{exponent}");
            let of_image: f64 = Space::Image.norm(&Part, &values);
            let error = (of_image / power(exponent) - 5.0 * 2.0_f64.sqrt()).abs();
            let digits = if exponent < -1000 { 0.05 } else { 1e-14 };
            assert!(error <= digits, "{exponent}: {of_image:e}");
        }
        assert_eq!(Space::Domain.norm(&Part, &[0.0; 2]), 0.0);
        assert_eq!(
            Space::Domain.norm(&Part, &[1.0, f64::INFINITY]),
            f64::INFINITY
        );
        assert!(Space::Domain.norm(&Part, &[1.0, f64::NAN]).is_nan());
    }

    #[test]
    fn the_exponent_bounds_the_largest_entry_up_to_the_number_of_parts() {
        for (largest, exponent) in [
            (0.0, None),
            (f64::INFINITY, Some(i32::MAX)),
            (9.0, Some(3)),
            (1.0, Some(0)),
            (0.25, Some(-2)),
            (1.5 * power(1023), Some(1023)),
            (1.5 * power(-1000), Some(-1000)),
            (power(-1074), Some(-1074)),
            (3.0 * power(-1060), Some(-1059)),
        ] {
            for (space, parts) in [(Space::Image, 1), (Space::Domain, 2)] {
                let values = [largest / 4.0, -largest, 0.0];
                let found = space.exponent_of_largest(&Part, values.into_iter());
                let expected = match exponent {
                    Some(exponent) if exponent < i32::MAX => Some(exponent + parts),
                    other => other,
                };
                assert_eq!(found, expected, "{largest:e}, {space:?}");
            }
        }
    }

    #[test]
    fn a_part_of_a_random_vector_is_that_of_the_whole() {
        let mut whole = [0.0; 12];
        let whole_map = nalgebra::DMatrix::<f64>::zeros(12, 12);
        Space::Domain.fill_at_random(&whole_map, 3, &mut whole);
        for (space, offset) in [(Space::Image, 2), (Space::Domain, 7)] {
            let mut part = [0.0; 5];
            space.fill_at_random(&Part, 3, &mut part);
            assert_eq!(part, whole[offset..offset + 5], "{space:?}");
        }
    }
}
