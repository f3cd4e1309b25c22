//! Products with a tall matrix whose columns lie one after another, and a few more such columns.
//!
//! A pass reads every long column once. The widest vector instructions of the processor are chosen
//! when the program runs; they change no result.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::vector::{add_four_columns, four_dots};
use crate::numerics::norm::{add_multiple, dot};
use crate::numerics::real::Real;
use crate::numerics::runs::{Pieces, pieces, run_length, runs};
use crate::numerics::threads::{for_each, sum_of_parts};

/// The rows that are treated at a time, so that four columns stay in the cache for all others.
const CHUNK: usize = 1024;

/// The most runs of rows whose sums are formed on their own before they are added up.
const MOST_RUNS: usize = 64;

/// S = VᵀW, p×q, for V and W of p and q columns with `rows` entries each.
///
/// An entry of S depends on its two columns alone, not on how many there are beside them.
pub(crate) fn overlaps<T: Real>(sums: &mut [T], v: &[T], w: &[T], rows: usize) {
    let runs = runs(rows, run_length(rows, CHUNK, MOST_RUNS));
    let multiplications = sums.len().saturating_mul(rows);
    sum_of_parts(multiplications, runs, sums, |run, sums| {
        Arch::new().dispatch(Overlaps {
            sums,
            v,
            w,
            rows,
            run,
        });
    });
}

/// W ← W + factor·V·C, for V and W of p and q columns with `rows` entries each, and C p×q.
///
/// A column of the result depends on V and its own coefficients alone.
pub(crate) fn add_combination<T: Real>(
    w: &mut [T],
    factor: T,
    v: &[T],
    coefficients: &[T],
    rows: usize,
) {
    let runs = runs(rows, run_length(rows, CHUNK, MOST_RUNS));
    let parts = pieces(w, rows, runs);
    for_each(
        coefficients.len().saturating_mul(rows),
        parts,
        |(run, w)| {
            Arch::new().dispatch(Combination {
                w,
                factor,
                v,
                coefficients,
                rows,
                run,
            });
        },
    );
}

/// The chunks of a run.
fn chunks(run: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = run.end;
    run.step_by(CHUNK)
        .map(move |first| first..end.min(first + CHUNK))
}

/// S ← S + VᵀW over a run of the rows.
struct Overlaps<'a, T> {
    sums: &'a mut [T],
    v: &'a [T],
    w: &'a [T],
    rows: usize,
    run: Range<usize>,
}

impl<T: Real> WithSimd for Overlaps<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            sums,
            v,
            w,
            rows,
            run,
        } = self;
        let count = v.len() / rows;
        let fours = count - count % 4;
        for chunk in chunks(run) {
            let piece = |i: usize| &v[i * rows..][chunk.clone()];
            for i in (0..fours).step_by(4) {
                let columns = [piece(i), piece(i + 1), piece(i + 2), piece(i + 3)];
                for (w, sums) in w.chunks_exact(rows).zip(sums.chunks_exact_mut(count)) {
                    let dots = four_dots(columns, &w[chunk.clone()]);
                    add_multiple(&mut sums[i..], T::one(), &dots);
                }
            }
            for i in fours..count {
                for (w, sums) in w.chunks_exact(rows).zip(sums.chunks_exact_mut(count)) {
                    sums[i] += dot(piece(i), &w[chunk.clone()]);
                }
            }
        }
    }
}

/// W ← W + factor·V·C over a run of the rows; W holds only these.
struct Combination<'a, T> {
    w: Pieces<'a, T>,
    factor: T,
    v: &'a [T],
    coefficients: &'a [T],
    rows: usize,
    run: Range<usize>,
}

impl<T: Real> WithSimd for Combination<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            mut w,
            factor,
            v,
            coefficients,
            rows,
            run,
        } = self;
        let count = v.len() / rows;
        let fours = count - count % 4;
        for chunk in chunks(run.clone()) {
            let place = chunk.start - run.start..chunk.end - run.start;
            let piece = |i: usize| &v[i * rows..][chunk.clone()];
            for i in (0..fours).step_by(4) {
                let columns = [piece(i), piece(i + 1), piece(i + 2), piece(i + 3)];
                for (w, c) in w.iter_mut().zip(coefficients.chunks_exact(count)) {
                    let factors = [c[i], c[i + 1], c[i + 2], c[i + 3]].map(|c| factor * c);
                    add_four_columns(&mut w[place.clone()], factors, columns);
                }
            }
            for i in fours..count {
                for (w, c) in w.iter_mut().zip(coefficients.chunks_exact(count)) {
                    add_multiple(&mut w[place.clone()], factor * c[i], piece(i));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{CHUNK, add_combination, overlaps};

    fn entries(rows: usize, columns: usize) -> DMatrix<f64> {
        DMatrix::from_fn(rows, columns, |i, j| ((7 * i + 3 * j * j) as f64).sin())
    }

    #[test]
    fn agree_with_nalgebra_at_every_shape() {
        for rows in [1, 9, CHUNK, 3 * CHUNK + 5] {
            for (p, q) in [(0, 2), (1, 1), (3, 2), (4, 1), (9, 5), (5, 0)] {
                // Integers, so that sums are exact in any order.
                let [v, mut w] =
                    [p, q].map(|columns| entries(rows, columns).map(|x| (9.0 * x).round()));
                let c = DMatrix::from_fn(p, q, |i, j| i as f64 - 2.0 * j as f64);
                let mut sums = DMatrix::from_element(p, q, f64::NAN);
                overlaps(sums.as_mut_slice(), v.as_slice(), w.as_slice(), rows);
                assert_eq!(sums, v.transpose() * &w, "{rows}, {p}, {q}");
                let expected = &w - 2.0 * &v * &c;
                add_combination(w.as_mut_slice(), -2.0, v.as_slice(), c.as_slice(), rows);
                assert_eq!(w, expected, "{rows}, {p}, {q}");
            }
        }
    }

    #[test]
    fn a_column_does_not_depend_on_those_beside_it() {
        let rows = CHUNK + 77;
        let (v, w) = (entries(rows, 7), entries(rows, 6).map(|x| x + 0.5));
        let mut sums = DMatrix::zeros(7, 6);
        overlaps(sums.as_mut_slice(), v.as_slice(), w.as_slice(), rows);
        let mut moved = w.clone();
        add_combination(
            moved.as_mut_slice(),
            0.3,
            v.as_slice(),
            sums.as_slice(),
            rows,
        );
        for j in 0..6 {
            let mut column = w.column(j).into_owned();
            let mut alone = [0.0; 7];
            overlaps(&mut alone, v.as_slice(), column.as_slice(), rows);
            assert_eq!(alone, sums.column(j).as_slice());
            add_combination(column.as_mut_slice(), 0.3, v.as_slice(), &alone, rows);
            assert_eq!(column, moved.column(j));
        }
    }
}
