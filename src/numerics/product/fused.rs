//! Products with a matrix and with its transpose in one pass over the entries, which are stored by
//! columns.
//!
//! The widest vector instructions of the processor are chosen when the program runs; they change no
//! result.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::vector::{add_four_columns, four_columns, four_dots};
use crate::numerics::norm::{add_multiple, dot};
use crate::numerics::real::Real;
use crate::numerics::runs::{Pieces, pieces, run_length, runs};
use crate::numerics::threads::sum_of_parts;

/// The rows that are treated at a time: four columns of them stay in the first cache for all vectors.
const CHUNK: usize = 512;

/// With fewer rows at a time the processor waits for the memory longer than a second pass takes.
const FEWEST_ROWS: usize = 64;

/// The bytes of a panel of rows that is read twice; it has to stay in the last cache.
const PANEL: usize = 1 << 22;

/// The fewest columns of a run.
const COLUMNS: usize = 64;

/// The most runs whose sums are formed on their own before they are added up.
const MOST_RUNS: usize = 64;

/// Whether rows of `count` entries are so short that [`times_and_back`] saves a pass over A.
pub(crate) fn saves_a_pass<T>(count: usize) -> bool {
    rows_of_panel::<T>(count) >= FEWEST_ROWS
}

fn rows_of_panel<T>(count: usize) -> usize {
    let bytes = count.saturating_mul(size_of::<T>()).max(1);
    (PANEL / bytes).clamp(1, CHUNK)
}

/// Z ← Z + A·X and W ← Aᵀ·Z for the m×n matrix A, `rows` = m, by panels of rows.
pub(crate) fn times_and_back<T: Real>(a: &[T], x: &[T], z: &mut [T], w: &mut [T], rows: usize) {
    let runs = runs(rows, run_length(rows, CHUNK, MOST_RUNS));
    let multiplications = 2 * rows.saturating_mul(x.len());
    sum_of_parts(multiplications, pieces(z, rows, runs), w, |(run, z), w| {
        Arch::new().dispatch(TimesAndBack {
            a,
            x,
            z,
            w,
            rows,
            run,
        });
    });
}

/// Z ← Z + Aᵀ·Y and W ← A·Z for the m×n matrix A, `rows` = m, by a few columns at a time.
pub(crate) fn transpose_times_and_back<T: Real>(
    a: &[T],
    y: &[T],
    z: &mut [T],
    w: &mut [T],
    rows: usize,
) {
    let columns = a.len() / rows;
    let runs = runs(columns, run_length(columns, COLUMNS, MOST_RUNS));
    let multiplications = 2 * columns.saturating_mul(y.len());
    sum_of_parts(
        multiplications,
        pieces(z, columns, runs),
        w,
        |(run, z), w| {
            let a = &a[run.start * rows..run.end * rows];
            Arch::new().dispatch(TransposeTimesAndBack { a, y, z, w, rows });
        },
    );
}

/// Z ← Z + A·X and W ← W + Aᵀ·Z over a run of the rows; Z holds only these.
struct TimesAndBack<'a, 'z, T> {
    a: &'a [T],
    x: &'a [T],
    z: Pieces<'z, T>,
    w: &'a mut [T],
    rows: usize,
    run: Range<usize>,
}

impl<T: Real> WithSimd for TimesAndBack<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            a,
            x,
            mut z,
            w,
            rows,
            run,
        } = self;
        let columns = a.len() / rows;
        let fours = columns - columns % 4;
        for panel in parts(run.clone(), rows_of_panel::<T>(columns)) {
            let place = panel.start - run.start..panel.end - run.start;
            let piece = |j: usize| &a[j * rows..][panel.clone()];
            let four = |j: usize| [piece(j), piece(j + 1), piece(j + 2), piece(j + 3)];
            for j in (0..fours).step_by(4) {
                for (z, x) in z.iter_mut().zip(x.chunks_exact(columns)) {
                    let factors = [x[j], x[j + 1], x[j + 2], x[j + 3]];
                    add_four_columns(&mut z[place.clone()], factors, four(j));
                }
            }
            for j in fours..columns {
                for (z, x) in z.iter_mut().zip(x.chunks_exact(columns)) {
                    add_multiple(&mut z[place.clone()], x[j], piece(j));
                }
            }
            for j in (0..fours).step_by(4) {
                for (z, w) in z.iter().zip(w.chunks_exact_mut(columns)) {
                    let dots = four_dots(four(j), &z[place.clone()]);
                    add_multiple(&mut w[j..], T::one(), &dots);
                }
            }
            for j in fours..columns {
                for (z, w) in z.iter().zip(w.chunks_exact_mut(columns)) {
                    w[j] += dot(piece(j), &z[place.clone()]);
                }
            }
        }
    }
}

/// Z ← Z + Aᵀ·Y and W ← W + A·Z over a run of the columns; A and Z hold only these.
struct TransposeTimesAndBack<'a, 'z, T> {
    a: &'a [T],
    y: &'a [T],
    z: Pieces<'z, T>,
    w: &'a mut [T],
    rows: usize,
}

impl<T: Real> WithSimd for TransposeTimesAndBack<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            a,
            y,
            mut z,
            w,
            rows,
        } = self;
        let columns = a.len() / rows;
        let fours = columns - columns % 4;
        for j in (0..fours).step_by(4) {
            let four = four_columns(&a[j * rows..(j + 4) * rows], rows);
            let part = |chunk: &Range<usize>| four.map(|column| &column[chunk.clone()]);
            for chunk in parts(0..rows, CHUNK) {
                for (z, y) in z.iter_mut().zip(y.chunks_exact(rows)) {
                    let dots = four_dots(part(&chunk), &y[chunk.clone()]);
                    add_multiple(&mut z[j..], T::one(), &dots);
                }
            }
            for chunk in parts(0..rows, CHUNK) {
                for (z, w) in z.iter().zip(w.chunks_exact_mut(rows)) {
                    let factors = [z[j], z[j + 1], z[j + 2], z[j + 3]];
                    add_four_columns(&mut w[chunk.clone()], factors, part(&chunk));
                }
            }
        }
        for j in fours..columns {
            let column = &a[j * rows..(j + 1) * rows];
            let vectors = y.chunks_exact(rows).zip(w.chunks_exact_mut(rows));
            for (z, (y, w)) in z.iter_mut().zip(vectors) {
                z[j] += dot(column, y);
                add_multiple(w, z[j], column);
            }
        }
    }
}

/// A range in parts of this length.
fn parts(range: Range<usize>, length: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range
        .step_by(length)
        .map(move |first| first..end.min(first + length))
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{saves_a_pass, times_and_back, transpose_times_and_back};

    /// Integers, so that sums are exact in any order.
    fn integers(rows: usize, columns: usize, shift: usize) -> DMatrix<f64> {
        DMatrix::from_fn(rows, columns, |i, j| {
            ((7 * i + 3 * j * j + shift) % 19) as f64 - 9.0
        })
    }

    #[test]
    fn agree_with_nalgebra_at_every_shape() {
        for (m, n) in [
            (1, 1),
            (3, 1),
            (1, 9),
            (7, 5),
            (40, 30),
            (1500, 6),
            (6, 1500),
            (700, 20_000),
        ] {
            let a = integers(m, n, 0);
            for count in [1, 2, 3, 6] {
                let (x, z) = (integers(n, count, 5), integers(m, count, 11));
                let (mut found, mut back) = (z.clone(), DMatrix::from_element(n, count, f64::NAN));
                times_and_back(
                    a.as_slice(),
                    x.as_slice(),
                    found.as_mut_slice(),
                    back.as_mut_slice(),
                    m,
                );
                let images = &z + &a * &x;
                assert_eq!(back, a.tr_mul(&images), "{m}×{n}, {count}");
                assert_eq!(found, images, "{m}×{n}, {count}");

                let (mut found, mut back) = (x.clone(), DMatrix::from_element(m, count, f64::NAN));
                transpose_times_and_back(
                    a.as_slice(),
                    z.as_slice(),
                    found.as_mut_slice(),
                    back.as_mut_slice(),
                    m,
                );
                let images = &x + a.tr_mul(&z);
                assert_eq!(back, &a * &images, "{m}×{n}, {count}");
                assert_eq!(found, images, "{m}×{n}, {count}");
            }
        }
    }

    #[test]
    fn long_rows_leave_the_cache_before_they_are_read_again() {
        for (count, expected) in [(0, true), (500, true), (8192, true), (10_000, false)] {
            assert_eq!(saves_a_pass::<f64>(count), expected, "{count}");
        }
        assert!(saves_a_pass::<f32>(10_000));
    }
}
