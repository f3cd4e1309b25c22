//! Passes over flat slices: inner products, multiples added, the Euclidean norm, safe from overflow
//! and underflow, and finiteness.

use nalgebra::DMatrix;

use crate::numerics::real::Real;

/// Independent partial sums, so that the additions need not wait for each other.
pub(crate) const LANES: usize = 8;

/// How many values are summed directly; longer sums are split into blocks.
const BLOCK: usize = 2048;

/// The columns of a matrix, as slices.
pub(crate) fn columns<T: Real>(matrix: &DMatrix<T>) -> impl Iterator<Item = &[T]> {
    // A matrix without rows has no entries, and any length serves.
    matrix.as_slice().chunks_exact(matrix.nrows().max(1))
}

/// Σxᵢ·yᵢ over the shorter length, summed by blocks, so that long sums lose no digits.
#[inline(always)]
pub(crate) fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    let length = x.len().min(y.len());
    let (x, y) = (&x[..length], &y[..length]);
    if length <= BLOCK {
        return dot_of_block(x, y);
    }
    let blocks = x.chunks(BLOCK).zip(y.chunks(BLOCK));
    let sums = blocks.map(|(x, y)| dot_of_block(x, y));
    sums.fold(T::zero(), |total, sum| total + sum)
}

/// The same for two slices of one length.
#[inline(always)]
fn dot_of_block<T: Real>(x: &[T], y: &[T]) -> T {
    let ((x_chunks, x_rest), (y_chunks, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    let mut sums = [T::zero(); LANES];
    for (p, q) in x_chunks.iter().zip(y_chunks) {
        for lane in 0..LANES {
            sums[lane] += p[lane] * q[lane];
        }
    }
    let of_rest = x_rest.iter().zip(y_rest);
    let rest = of_rest.fold(T::zero(), |sum, (&p, &q)| sum + p * q);
    sums.iter().fold(rest, |total, &sum| total + sum)
}

/// y ← y + factor·x over the shorter length.
#[inline]
pub(crate) fn add_multiple<T: Real>(y: &mut [T], factor: T, x: &[T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y += factor * x;
    }
}

/// √Σxᵢ²: the Euclidean norm of a vector, the Frobenius norm of a matrix.
///
/// Where the squares leave the range of the format, the sum is taken again on values scaled by a
/// power of two. NaN if an entry is NaN, ∞ if one is infinite or the norm overflows.
pub(crate) fn euclidean_norm<T: Real>(values: &[T]) -> T {
    let sum = sum_of_squares(values);
    // Below this, squares that underflowed could be missing from the sum.
    let is_safe = sum.is_finite() && sum > T::MIN_POSITIVE / (T::EPSILON * T::EPSILON);
    if is_safe {
        sum.sqrt()
    } else {
        norm_by_scaling(values)
    }
}

/// The Euclidean norm; finite values whose norm overflows are first scaled down in place.
pub(crate) fn norm_in_range<T: Real>(values: &mut [T]) -> T {
    let norm = euclidean_norm(values);
    if norm.is_finite() || !all_finite(values) {
        return norm;
    }
    // Enough for 2¹²⁸ values; what underflows is nothing beside the largest.
    for value in &mut *values {
        *value = value.scale_by_power_of_two(-64);
    }
    euclidean_norm(values)
}

/// Whether no value is NaN or infinite.
pub(crate) fn all_finite<T: Real>(values: &[T]) -> bool {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [T::zero(); LANES];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            // 0 for a finite value, NaN for any other; without a branch.
            *sum += value * T::zero();
        }
    }
    let of_rest = rest.iter().all(|value| value.is_finite());
    of_rest && sums.iter().all(|&sum| sum == T::zero())
}

/// Σxᵢ², without any guard against overflow.
pub(crate) fn sum_of_squares<T: Real>(values: &[T]) -> T {
    let sums = values.chunks(BLOCK).map(squares_of_block);
    sums.fold(T::zero(), |total, sum| total + sum)
}

fn squares_of_block<T: Real>(values: &[T]) -> T {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [T::zero(); LANES];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += value * value;
        }
    }
    for (sum, &value) in sums.iter_mut().zip(rest) {
        *sum += value * value;
    }
    sums.iter().fold(T::zero(), |total, &sum| total + sum)
}

fn norm_by_scaling<T: Real>(values: &[T]) -> T {
    let magnitudes = values.iter().map(|value| value.abs());
    let largest = magnitudes.clone().fold(T::zero(), T::max);
    match largest.binary_exponent() {
        Some(exponent) => values
            .iter()
            .map(|value| value.scale_by_power_of_two(-exponent))
            .fold(T::zero(), |sum, value| sum + value * value)
            .sqrt()
            .scale_by_power_of_two(exponent),
        // All entries are zero, or one is infinite: the plain sum says which.
        None => magnitudes.fold(T::zero(), |sum, value| sum + value),
    }
}

#[cfg(test)]
mod tests {
    use super::{all_finite, dot, euclidean_norm, norm_in_range, sum_of_squares};
    use crate::numerics::real::Real;

    #[test]
    fn a_dot_product_includes_every_entry() {
        for length in 0..20 {
            let left: Vec<f64> = (0..length).map(f64::from).collect();
            let right: Vec<f64> = left.iter().map(|x| x + 1.0).collect();
            let expected: f64 = left.iter().map(|x| x * (x + 1.0)).sum();
            assert_eq!(dot(&left, &right), expected);
        }
    }

    #[test]
    fn long_sums_keep_their_digits() {
        // As many equal terms as a power of two: the exact sum is one term, scaled.
        let (length, doublings) = (1 << 20, 20);
        for term in [0.1_f32, 0.7, 1.3] {
            let exact = term.scale_by_power_of_two(doublings);
            let unit = exact * f32::EPSILON;
            let found = dot(&vec![term; length], &vec![1.0; length]);
            assert!((found - exact).abs() <= 100.0 * unit, "{found:e} {exact:e}");
            let squares = sum_of_squares(&vec![term; length]);
            let exact = (term * term).scale_by_power_of_two(doublings);
            let unit = exact * f32::EPSILON;
            assert!((squares - exact).abs() <= 100.0 * unit, "{squares:e}");
        }
        // The shorter length counts, whichever side it is on.
        let (long, short) = (vec![1.0; 5000], vec![1.0; 2500]);
        assert_eq!((dot(&long, &short), dot(&short, &long)), (2500.0, 2500.0));
    }

    #[test]
    fn a_norm_keeps_its_digits_where_squares_underflow() {
        // ‖(1, t, …, t)‖ at scales where t² falls below the normal numbers, then 1² itself.
        let (small, count) = (1.4 * 2.0_f64.powi(-26), 1000);
        let expected = (1.0 + f64::from(count) * small * small).sqrt();
        let mut values = vec![small; 1000];
        values.push(1.0);
        for exponent in 440..560 {
            let scaled: Vec<f64> = values
                .iter()
                .map(|value| value.scale_by_power_of_two(-exponent))
                .collect();
            let found = euclidean_norm(&scaled).scale_by_power_of_two(exponent);
            let error = (found - expected).abs();
            assert!(error <= 4.0 * f64::EPSILON, "2^-{exponent}: {error:e}");
        }
    }

    #[test]
    fn non_finite_values_are_found_in_every_place() {
        for length in 0..20 {
            let mut values = vec![f64::MAX; length];
            assert!(all_finite(&values));
            for place in 0..length {
                for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    values[place] = bad;
                    assert!(!all_finite(&values), "{bad} at {place} of {length}");
                }
                values[place] = -1.0;
            }
        }
    }

    #[test]
    fn a_norm_is_exact_on_pythagorean_triples_at_any_scale() {
        for scale in [1.0, 1e-320, 1e-200, 1e200, 2.0_f64.powi(1021)] {
            let (three, four, five) = (3.0 * scale, 4.0 * scale, 5.0 * scale);
            let norm = euclidean_norm(&[three, -four]);
            if five.is_finite() {
                assert!(
                    (norm - five).abs() <= 2.0 * f64::EPSILON * five,
                    "{scale:e}"
                );
            } else {
                assert_eq!(norm, f64::INFINITY);
            }
        }
        assert_eq!(euclidean_norm(&[3e-30_f32, 4e-30]), 5e-30);
    }

    #[test]
    fn a_norm_that_overflows_is_brought_into_range() {
        let mut values = [f64::MAX; 4];
        assert_eq!(norm_in_range(&mut values), f64::MAX * 2.0_f64.powi(-63));
        assert_eq!(values, [f64::MAX * 2.0_f64.powi(-64); 4]);
        let mut values = [3.0, 4.0];
        assert_eq!((norm_in_range(&mut values), values), (5.0, [3.0, 4.0]));
        assert_eq!(norm_in_range(&mut [f32::INFINITY, 1.0]), f32::INFINITY);
        assert!(norm_in_range(&mut [f32::MAX, f32::NAN, f32::MAX]).is_nan());
    }

    #[test]
    fn norms_of_special_values() {
        assert_eq!(euclidean_norm::<f64>(&[]), 0.0);
        assert_eq!(euclidean_norm(&[0.0_f64; 11]), 0.0);
        assert!(euclidean_norm(&[1.0, f64::NAN, f64::INFINITY]).is_nan());
        assert_eq!(euclidean_norm(&[1.0, f64::NEG_INFINITY]), f64::INFINITY);
    }
}
