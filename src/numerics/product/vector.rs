//! Products of a matrix, stored by columns, and a vector.
//!
//! The widest vector instructions of the processor are chosen when the program runs. They change no
//! result: each lane adds up the same terms in the same order.

use pulp::{Arch, Simd, WithSimd};

use crate::numerics::norm::{BLOCK, LANES, add_multiple, dot};
use crate::numerics::real::Real;
use crate::numerics::runs::run_length;
use crate::numerics::threads::{for_each, is_worth_parts};

/// The most parts that a product is done in.
const MOST_PARTS: usize = 64;

/// y = A·x for the m×n matrix A: m is the length of y and n that of x. Four columns at a time, so
/// that y is read and written less often.
///
/// The same to the last bit in any number of parts, and so is [`transpose_times_vector`].
pub(crate) fn times_vector<T: Real>(a: &[T], x: &[T], y: &mut [T]) {
    let rows = y.len();
    if !is_worth_parts(a.len()) {
        return Arch::new().dispatch(Times { a, x, y });
    }
    let length = run_length(rows, BLOCK, MOST_PARTS);
    let parts = y.chunks_mut(length).enumerate();
    for_each(a.len(), parts, |(part, y)| {
        let first = part * length;
        Arch::new().dispatch(TimesInPart {
            a,
            rows,
            first,
            x,
            y,
        });
    });
}

/// x = Aᵀ·y for the m×n matrix A: m is the length of y and n that of x.
pub(crate) fn transpose_times_vector<T: Real>(a: &[T], y: &[T], x: &mut [T]) {
    if !is_worth_parts(a.len()) {
        return Arch::new().dispatch(TransposeTimes { a, y, x });
    }
    let columns = run_length(x.len(), 4, MOST_PARTS);
    let entries = a.chunks((columns * y.len()).max(1));
    for_each(a.len(), x.chunks_mut(columns).zip(entries), |(x, a)| {
        Arch::new().dispatch(TransposeTimes { a, y, x });
    });
}

/// y = A·x.
struct Times<'a, T> {
    a: &'a [T],
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> WithSimd for Times<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let rows = self.y.len();
        write_combination(self.y, self.a, rows, self.x, |column| column);
    }
}

/// The entries of y = A·x from `first` on.
struct TimesInPart<'a, T> {
    a: &'a [T],
    rows: usize,
    first: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> WithSimd for TimesInPart<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let place = self.first..self.first + self.y.len();
        write_combination(self.y, self.a, self.rows, self.x, |column| {
            &column[place.clone()]
        });
    }
}

/// y = Σxⱼ·aⱼ over the columns aⱼ of so many `rows`, or over the same part of each.
#[inline(always)]
fn write_combination<T: Real>(
    y: &mut [T],
    a: &[T],
    rows: usize,
    x: &[T],
    part: impl for<'c> Fn(&'c [T]) -> &'c [T],
) {
    y.fill(T::zero());
    let (fours, rest) = x.as_chunks::<4>();
    let (blocks, last) = a.split_at(4 * rows * fours.len());
    for (block, factors) in blocks.chunks_exact(4 * rows).zip(fours) {
        add_four_columns(y, *factors, four_columns(block, rows).map(&part));
    }
    for (column, &factor) in last.chunks_exact(rows).zip(rest) {
        add_multiple(y, factor, part(column));
    }
}

/// x = Aᵀ·y.
struct TransposeTimes<'a, T> {
    a: &'a [T],
    y: &'a [T],
    x: &'a mut [T],
}

impl<T: Real> WithSimd for TransposeTimes<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { a, y, x } = self;
        let m = y.len();
        let (fours, rest) = x.as_chunks_mut::<4>();
        // Longer sums are formed in blocks, and wait for the memory rather than for each other.
        let together = if m <= BLOCK { fours.len() } else { 0 };
        let (first, others) = a.split_at(4 * m * together);
        for (entries, block) in fours.iter_mut().zip(first.chunks_exact(4 * m)) {
            // Each sum as `dot` forms it; y is no longer than a block of that.
            *entries = four_dots(four_columns(block, m), y);
        }
        let others_of_x = fours[together..].as_flattened_mut().iter_mut().chain(rest);
        for (entry, column) in others_of_x.zip(others.chunks_exact(m)) {
            *entry = dot(column, y);
        }
    }
}

/// y ← y + Σ factorⱼ·columnⱼ over four columns, in the format of y: two pairs are added up first.
#[inline(always)]
pub(crate) fn add_four_columns<A: Real, T: Real>(
    y: &mut [T],
    [p, q, r, s]: [T; 4],
    [a, b, c, d]: [&[A]; 4],
) {
    for ((((y, &a), &b), &c), &d) in y.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        let [a, b, c, d] = [a, b, c, d].map(in_format);
        *y += (p * a + q * b) + (r * c + s * d);
    }
}

/// The value in another format, which holds it.
#[inline(always)]
fn in_format<A: Real, T: Real>(value: A) -> T {
    <T as Real>::from_f64(value.to_f64())
}

/// The four columns of m entries that lie one after another in `block`.
#[inline(always)]
pub(crate) fn four_columns<T>(block: &[T], m: usize) -> [&[T]; 4] {
    let (left, right) = block.split_at(2 * m);
    let ((a, b), (c, d)) = (left.split_at(m), right.split_at(m));
    [a, b, c, d]
}

/// The inner products with y of four columns, in the format of y, each summed in lanes.
#[inline(always)]
pub(crate) fn four_dots<A: Real, T: Real>(columns: [&[A]; 4], y: &[T]) -> [T; 4] {
    let columns = columns.map(|column| column.as_chunks::<LANES>());
    let (chunks, rest) = y.as_chunks::<LANES>();
    let [a, b, c, d] = columns.map(|(chunks, _)| chunks);
    let mut sums = [[T::zero(); LANES]; 4];
    for ((((y, a), b), c), d) in chunks.iter().zip(a).zip(b).zip(c).zip(d) {
        for lane in 0..LANES {
            sums[0][lane] += in_format::<A, T>(a[lane]) * y[lane];
            sums[1][lane] += in_format::<A, T>(b[lane]) * y[lane];
            sums[2][lane] += in_format::<A, T>(c[lane]) * y[lane];
            sums[3][lane] += in_format::<A, T>(d[lane]) * y[lane];
        }
    }
    let mut dots = [T::zero(); 4];
    for ((dot, sums), (_, last)) in dots.iter_mut().zip(&sums).zip(&columns) {
        let of_rest = last.iter().zip(rest);
        let of_rest = of_rest.fold(T::zero(), |sum, (&p, &q)| sum + in_format::<A, T>(p) * q);
        *dot = sums.iter().fold(of_rest, |total, &sum| total + sum);
    }
    dots
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::{times_vector, transpose_times_vector};

    #[test]
    fn agree_with_nalgebra_at_every_shape() {
        for (m, n) in [(1, 1), (3, 1), (1, 9), (5, 4), (7, 11), (40, 30), (2, 33)] {
            // Integers, so that sums are exact in any order.
            let a = DMatrix::from_fn(m, n, |i, j| ((7 * i + 3 * j * j) % 19) as f64 - 9.0);
            let x = DVector::from_fn(n, |i, _| (i % 7) as f64 - 3.0);
            let y = DVector::from_fn(m, |i, _| (i % 5) as f64 - 1.0);
            let mut image = DVector::from_element(m, f64::NAN);
            times_vector(a.as_slice(), x.as_slice(), image.as_mut_slice());
            assert_eq!(image, &a * x, "{m}×{n}");
            let mut image = DVector::from_element(n, f64::NAN);
            transpose_times_vector(a.as_slice(), y.as_slice(), image.as_mut_slice());
            assert_eq!(image, a.tr_mul(&y), "{m}×{n}");
        }
    }
}
