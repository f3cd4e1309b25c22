//! The rounding model of IEEE arithmetic, with upper bounds that hold in spite of it.
//!
//! Norms and sums of non-negative numbers in `f64`, enlarged by more than rounding can have lost,
//! and bounds on the error of a computed product of matrices, valid for any order of summation and
//! with fused multiply-add (C.-P. Jeannerod and S. M. Rump, "Improved error bounds for inner
//! products in floating-point arithmetic", 2013).

use nalgebra::DMatrix;
use smallvec::SmallVec;

use crate::numerics::norm::columns;
use crate::numerics::real::Real;

/// u, the largest relative error of one rounding.
pub(crate) fn unit_roundoff() -> f64 {
    0.5 * f64::EPSILON
}

/// The smallest number above 0 that the format can hold.
pub(crate) fn smallest_subnormal<T: Real>() -> T {
    T::MIN_POSITIVE * T::EPSILON
}

/// g = nu/(1 − nu): |fl(A·B) − A·B| ≤ g·|A||B| for n terms, or ∞ if the bound says nothing.
pub(crate) fn product_error(n: usize) -> f64 {
    let units = n as f64 * unit_roundoff();
    if units < 0.1 {
        units / (1.0 - units) * (1.0 + 4.0 * f64::EPSILON)
    } else {
        f64::INFINITY
    }
}

/// A bound, per row sum, on what underflow adds to the error of a product A·B of order n; `norms`
/// is ‖A‖∞ + ‖B‖∞.
///
/// It holds even if every entry of A and B is off by half the smallest subnormal, after a scaling
/// that was not quite exact.
pub(crate) fn underflow(n: usize, norms: f64) -> f64 {
    smallest_subnormal::<f64>() * n as f64 * (n as f64 + norms)
}

/// The most that underflow takes from a sum of n products of two factors.
pub(crate) fn underflow_of_sum(n: usize) -> f64 {
    n as f64 * smallest_subnormal::<f64>()
}

/// One number per row; small matrices need no allocation.
pub(crate) type RowSums = SmallVec<[f64; 16]>;

/// The row sums of |a|.
pub(crate) fn absolute_row_sums<T: Real>(a: &DMatrix<T>) -> RowSums {
    let mut sums = RowSums::from_elem(0.0, a.nrows());
    for column in columns(a) {
        for (sum, v) in sums.iter_mut().zip(column) {
            *sum += v.to_f64().abs();
        }
    }
    sums
}

/// |a|·v.
pub(crate) fn absolute_times(a: &DMatrix<f64>, v: &[f64]) -> RowSums {
    let mut sums = RowSums::from_elem(0.0, a.nrows());
    for (column, factor) in columns(a).zip(v) {
        for (sum, entry) in sums.iter_mut().zip(column) {
            *sum += entry.abs() * factor;
        }
    }
    sums
}

/// ‖a‖∞, not rounded up.
pub(crate) fn largest_row_sum<T: Real>(a: &DMatrix<T>) -> f64 {
    largest(absolute_row_sums(a).into_iter())
}

/// The largest value; ∞ if one is NaN.
pub(crate) fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.map(or_infinity).fold(0.0, f64::max)
}

/// fl(a + b) and its error, exactly (D. E. Knuth, "The Art of Computer Programming", volume 2,
/// 1969).
#[inline(always)]
pub(crate) fn exact_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let other = sum - a;
    (sum, (a - (sum - other)) + (b - other))
}

/// A bound on a non-negative number that was computed in `f64` with at most 8n + 100 roundings in a
/// row.
pub(crate) fn enlarge(value: f64, n: usize) -> f64 {
    or_infinity(value * (1.0 + (8 * n + 100) as f64 * f64::EPSILON))
}

pub(crate) fn slightly_more(value: f64) -> f64 {
    value * (1.0 + 8.0 * f64::EPSILON)
}

pub(crate) fn or_infinity(value: f64) -> f64 {
    if value.is_nan() { f64::INFINITY } else { value }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;
    use num_rational::BigRational;

    use super::{
        absolute_row_sums, absolute_times, enlarge, largest, largest_row_sum, product_error,
        slightly_more, smallest_subnormal, underflow, unit_roundoff,
    };
    use crate::numerics::exact::{Exact, assert_bounded, exact, exact_row_sums, rational};
    use crate::numerics::product::counter::ProductCounter;
    use crate::numerics::real::Real;

    fn wavy(n: usize, frequency: f64, exponent: i32) -> DMatrix<f64> {
        let wave = |i: usize, j: usize| ((i * n + j + 1) as f64 * frequency).sin();
        DMatrix::from_fn(n, n, |i, j| wave(i, j).scale_by_power_of_two(exponent))
    }

    /// What a computed product may be off by, row by row.
    fn product_bounds(a: &DMatrix<f64>, b: &DMatrix<f64>) -> Vec<f64> {
        let n = a.nrows();
        let tiny = underflow(n, largest_row_sum(a) + largest_row_sum(b));
        let sizes = absolute_times(a, &absolute_row_sums(b)).into_iter();
        sizes
            .map(|size| enlarge(product_error(n) * size + tiny, n))
            .collect()
    }

    fn product(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
        let mut product = DMatrix::zeros(a.nrows(), a.nrows());
        ProductCounter::new().multiply(&mut product, a, b);
        product
    }

    #[test]
    fn the_units_are_those_of_the_formats() {
        assert_eq!(unit_roundoff(), 2.0_f64.powi(-53));
        assert_eq!(smallest_subnormal::<f64>(), f64::from_bits(1));
        assert_eq!(smallest_subnormal::<f32>(), f32::from_bits(1));
    }

    /// Exact lower and upper bounds of a bound: it has to be at least what it bounds, and not to
    /// give away more than the last digits.
    fn assert_barely_above(name: &str, found: f64, exact: &BigRational) {
        let found = rational(found);
        assert!(found >= *exact, "{name}: below");
        assert!(found <= exact * rational(1.0 + 2e-15), "{name}: far above");
    }

    #[test]
    fn the_error_of_a_product_is_rounded_up() {
        let (one, unit) = (rational(1.0), rational(unit_roundoff()));
        for n in [1_u32, 2, 3, 7, 100, 999, 123_457, u32::MAX] {
            let units = rational(f64::from(n)) * &unit;
            let exact = &units / (&one - &units);
            assert_barely_above(&n.to_string(), product_error(n as usize), &exact);
        }
        // From nu = 0.1 on it says nothing.
        let last = (0.1 / unit_roundoff()) as usize;
        assert!(product_error(last - 1).is_finite());
        assert_eq!(product_error(last + 1), f64::INFINITY);
        assert_eq!(product_error(usize::MAX), f64::INFINITY);
    }

    #[test]
    fn underflow_adds_a_smallest_number_a_term_and_half_of_one_an_entry() {
        let smallest = f64::from_bits(1);
        assert_eq!(underflow(3, 0.0), 9.0 * smallest);
        assert_eq!(underflow(4, 12.0), 64.0 * smallest);
        assert_eq!(underflow(2, 0.5), 5.0 * smallest);
    }

    #[test]
    fn an_enlarged_value_makes_up_for_so_many_roundings() {
        // The most that 8n + 100 roundings in a row can take from a sum.
        for n in [0_u32, 1, 2, 10, 1000] {
            let roundings = 8 * n + 100;
            let lost = rational(1.0 + f64::from(roundings) * f64::EPSILON);
            for value in [1.0, 1.5, 1.999, 3e200, 5e-200] {
                let found = rational(enlarge(value, n as usize));
                assert!(
                    found > rational(value) * (&lost - rational(f64::EPSILON)),
                    "{n}"
                );
                assert!(
                    found < rational(value) * (&lost + rational(f64::EPSILON)),
                    "{n}"
                );
            }
        }
        for value in [1.0, 1.5, 1.999, 3e200] {
            let found = rational(slightly_more(value));
            assert!(found > rational(value) * rational(1.0 + 7.0 * f64::EPSILON));
            assert!(found < rational(value) * rational(1.0 + 9.0 * f64::EPSILON));
        }
        assert_eq!(enlarge(f64::NAN, 1), f64::INFINITY);
    }

    #[test]
    fn a_largest_value_that_is_unknown_is_infinite() {
        assert_eq!(largest([1.0, 3.0, 2.0].into_iter()), 3.0);
        assert_eq!(largest([1.0, f64::NAN, 2.0].into_iter()), f64::INFINITY);
        assert_eq!(largest([f64::NAN].into_iter()), f64::INFINITY);
        assert_eq!(largest(std::iter::empty()), 0.0);
    }

    #[test]
    fn sums_take_the_absolute_value_of_each_entry() {
        let a = DMatrix::from_row_slice(2, 2, &[1.0, -2.0, -0.5, -8.0]);
        assert_eq!(absolute_row_sums(&a).as_slice(), [3.0, 8.5]);
        assert_eq!(largest_row_sum(&a), 8.5);
        assert_eq!(absolute_times(&a, &[3.0, 0.25]).as_slice(), [3.5, 3.5]);
    }

    #[test]
    fn rounding_and_underflow_of_a_product_are_within_their_bounds() {
        for n in [1, 2, 5, 9, 17] {
            // At the end every product vanishes, and underflow is the only error.
            for exponent in [0, -300, -500, -525, -530, -535, -538, -545] {
                let (a, b) = (wavy(n, 0.7, exponent), wavy(n, 1.9, exponent));
                let error = exact(&product(&a, &b)) - exact(&a) * exact(&b);
                let name = format!("n = {n}, 2^{exponent}");
                assert_bounded(&name, &exact_row_sums(&error), &product_bounds(&a, &b));
            }
        }
    }

    #[test]
    fn entries_that_a_scaling_took_to_zero_are_within_the_bound_of_underflow() {
        let half_the_smallest = rational(f64::from_bits(1)) * rational(0.5);
        for n in [1, 3, 8] {
            let (large, zero) = (wavy(n, 0.7, 900), DMatrix::zeros(n, n));
            let lost = Exact::from_element(n, n, half_the_smallest.clone());
            for (error, a, b) in [
                (exact(&large) * &lost, &large, &zero),
                (&lost * exact(&large), &zero, &large),
            ] {
                assert_bounded("lost", &exact_row_sums(&error), &product_bounds(a, b));
            }
        }
    }
}
