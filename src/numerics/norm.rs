//! Passes over flat slices: inner products, multiples added, the Euclidean norm, safe from overflow
//! and underflow, and finiteness.

use nalgebra::DMatrix;

use crate::numerics::real::Real;

/// Independent partial sums, so that the additions need not wait for each other.
pub(crate) const LANES: usize = 8;

/// How many values are summed directly; longer sums are split into blocks.
pub(crate) const BLOCK: usize = 2048;

/// Enough levels of pairs for as many blocks as a memory of 2⁴⁰ values has.
const MOST_LEVELS: usize = 32;

/// The columns of a matrix, as slices.
pub(crate) fn columns<T: Real>(matrix: &DMatrix<T>) -> impl Iterator<Item = &[T]> {
    // A matrix without rows has no entries, and any length serves.
    matrix.as_slice().chunks_exact(matrix.nrows().max(1))
}

/// The sum of the sums of blocks, added in pairs: each takes part in about log₂ additions, while in
/// a plain sum of nearly equal numbers the rounding errors would pile up.
#[inline(always)]
pub(crate) fn sum_in_pairs<T: Real>(mut sums: impl Iterator<Item = T>) -> T {
    let Some(first) = sums.next() else {
        return T::zero();
    };
    let Some(second) = sums.next() else {
        return first;
    };
    // Like a binary counter: level l holds the sum of 2ˡ blocks where bit l of the count is set.
    let mut levels = [T::zero(); MOST_LEVELS];
    levels[1] = first + second;
    let mut count = 2_usize;
    for mut sum in sums {
        let full = count.trailing_ones() as usize;
        for &level in &levels[..full] {
            sum += level;
        }
        levels[full] = sum;
        count += 1;
    }
    let mut total = T::zero();
    while count > 0 {
        total += levels[count.trailing_zeros() as usize];
        count &= count - 1;
    }
    total
}

/// A bound on the number of roundings between a value and its sum with all others, for this many
/// values in blocks of [`BLOCK`] and [`LANES`].
pub(crate) fn roundings_of_loss(count: usize) -> usize {
    let in_a_lane = count.min(BLOCK).div_ceil(LANES);
    let in_pairs = 2 * count.div_ceil(BLOCK).max(1).ilog2() as usize;
    // The lanes, what is left of a block, and the last of the pairs.
    in_a_lane + LANES + in_pairs + 4
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
    sum_in_pairs(blocks.map(|(x, y)| dot_of_block(x, y)))
}

/// The same for two slices of one length.
#[inline(always)]
fn dot_of_block<T: Real>(x: &[T], y: &[T]) -> T {
    sum_of_products(x, y, |product| product)
}

/// Σ|xᵢ·yᵢ| over the shorter length.
pub(crate) fn sum_of_absolute_products<T: Real>(x: &[T], y: &[T]) -> T {
    sum_of_products(x, y, |product| product.abs())
}

/// Σf(xᵢ·yᵢ) over the shorter length, in lanes.
#[inline(always)]
fn sum_of_products<T: Real>(x: &[T], y: &[T], f: impl Fn(T) -> T) -> T {
    let ((x_chunks, x_rest), (y_chunks, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    let mut sums = [T::zero(); LANES];
    for (p, q) in x_chunks.iter().zip(y_chunks) {
        for lane in 0..LANES {
            sums[lane] += f(p[lane] * q[lane]);
        }
    }
    let of_rest = x_rest.iter().zip(y_rest);
    let rest = of_rest.fold(T::zero(), |sum, (&p, &q)| sum + f(p * q));
    sums.iter().fold(rest, |total, &sum| total + sum)
}

/// max|xᵢ·yᵢ| over the shorter length; NaN if a product is NaN, NaN or ∞ if one is infinite.
pub(crate) fn largest_product<T: Real>(x: &[T], y: &[T]) -> T {
    let ((x_chunks, x_rest), (y_chunks, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    let mut largest = [T::zero(); LANES];
    // Stays 0 unless a product is not finite; a maximum alone would pass over NaN.
    let mut faults = [T::zero(); LANES];
    for (p, q) in x_chunks.iter().zip(y_chunks) {
        for lane in 0..LANES {
            let product = (p[lane] * q[lane]).abs();
            faults[lane] += product * T::zero();
            if product > largest[lane] {
                largest[lane] = product;
            }
        }
    }
    let mut total = largest.iter().fold(T::zero(), |a, &b| a.max(b));
    let mut fault = faults.iter().fold(T::zero(), |a, &b| a + b);
    for (&p, &q) in x_rest.iter().zip(y_rest) {
        let product = (p * q).abs();
        fault += product * T::zero();
        total = total.max(product);
    }
    total + fault
}

/// y ← y + factor·x over the shorter length.
#[inline(always)]
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
    if is_safe_sum(sum) {
        sum.sqrt()
    } else {
        norm_by_scaling(values)
    }
}

/// Whether a sum of squares neither overflowed nor lost squares to underflow that matter.
pub(crate) fn is_safe_sum<T: Real>(sum: T) -> bool {
    sum.is_finite() && sum > T::MIN_POSITIVE / (T::EPSILON * T::EPSILON)
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
    sum_of_squares_of(values, |value| value)
}

/// Σf(xᵢ)².
#[inline(always)]
fn sum_of_squares_of<T: Real>(values: &[T], f: impl Fn(T) -> T) -> T {
    if values.len() <= BLOCK {
        return squares_of_block(values, f);
    }
    sum_in_pairs(
        values
            .chunks(BLOCK)
            .map(|block| squares_of_block(block, &f)),
    )
}

#[inline(always)]
fn squares_of_block<T: Real>(values: &[T], f: impl Fn(T) -> T) -> T {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [T::zero(); LANES];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            let value = f(value);
            *sum += value * value;
        }
    }
    for (sum, &value) in sums.iter_mut().zip(rest) {
        let value = f(value);
        *sum += value * value;
    }
    sums.iter().fold(T::zero(), |total, &sum| total + sum)
}

fn norm_by_scaling<T: Real>(values: &[T]) -> T {
    let magnitudes = values.iter().map(|value| value.abs());
    let largest = magnitudes.clone().fold(T::zero(), T::max);
    match largest.binary_exponent() {
        Some(exponent) => sum_of_squares_of(values, |value| value.scale_by_power_of_two(-exponent))
            .sqrt()
            .scale_by_power_of_two(exponent),
        // All entries are zero, or one is infinite: the plain sum says which.
        None => magnitudes.fold(T::zero(), |sum, value| sum + value),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        all_finite, dot, euclidean_norm, largest_product, norm_in_range, sum_in_pairs,
        sum_of_squares,
    };
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
    fn a_sum_in_pairs_includes_every_term() {
        for count in 0..70_u32 {
            let sum: f64 = sum_in_pairs((1..=count).map(f64::from));
            assert_eq!(sum, f64::from(count * (count + 1) / 2));
        }
        assert_eq!(
            sum_in_pairs([f64::MAX, f64::MAX, 1.0].into_iter()),
            f64::INFINITY
        );
    }

    #[test]
    fn long_sums_of_equal_terms_keep_their_digits() {
        for length in [2048, 2049, 40_000, 1_000_003] {
            let values = vec![1.17_f32; length];
            let exact = length as f64 * f64::from(1.17_f32) * f64::from(1.17_f32);
            for sum in [dot(&values, &values), sum_of_squares(&values)] {
                let error = (f64::from(sum) / exact - 1.0).abs();
                assert!(
                    error <= 24.0 * f64::from(f32::EPSILON),
                    "{length}: {error:e}"
                );
            }
            let tiny = vec![1.17e-30_f32; length];
            let exact = (length as f64).sqrt() * f64::from(1.17e-30_f32);
            let error = (f64::from(euclidean_norm(&tiny)) / exact - 1.0).abs();
            assert!(
                error <= 12.0 * f64::from(f32::EPSILON),
                "{length}: {error:e}"
            );
        }
    }

    #[test]
    fn the_shorter_length_counts_whichever_side_it_is_on() {
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
    fn a_product_that_is_not_finite_is_never_passed_over() {
        for length in 1..20 {
            let ones = vec![1.0; length];
            for place in 0..length {
                let mut values = vec![-1.0; length];
                values[place] = -3.0;
                assert_eq!(largest_product(&values, &ones), 3.0);
                for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    values[place] = bad;
                    let found = largest_product(&values, &ones);
                    assert!(!found.is_finite(), "{bad} at {place} of {length}: {found}");
                }
            }
        }
        assert_eq!(largest_product::<f64>(&[], &[]), 0.0);
    }

    #[test]
    fn norms_of_special_values() {
        assert_eq!(euclidean_norm::<f64>(&[]), 0.0);
        assert_eq!(euclidean_norm(&[0.0_f64; 11]), 0.0);
        assert!(euclidean_norm(&[1.0, f64::NAN, f64::INFINITY]).is_nan());
        assert_eq!(euclidean_norm(&[1.0, f64::NEG_INFINITY]), f64::INFINITY);
    }
}
