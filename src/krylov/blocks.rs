//! Products of tall matrices that may be in parts: columns of one length, one after another.

use nalgebra::{DMatrix, DMatrixView};

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::product::{product, tall};
use crate::numerics::real::Real;
use crate::numerics::runs::{pieces, runs};
use crate::numerics::threads::for_each_with;

/// The rows that are treated at a time, so that the shorter matrix stays in the cache.
const CHUNK: usize = 1024;

/// The columns from which on a blocked product takes less time than passes over four columns at a
/// time (measured).
const MANY: usize = 16;

/// Vᵀ·W for columns of `rows` entries held here, summed over all parts.
pub(crate) fn overlaps<T: Real, A: LinearMap<T> + ?Sized>(
    (space, map): (Space, &A),
    v: &[T],
    w: &[T],
    rows: usize,
) -> DMatrix<T> {
    let mut sums = DMatrix::zeros(v.len() / rows, w.len() / rows);
    tall::overlaps(sums.as_mut_slice(), v, w, rows);
    space.sum(map, sums.as_mut_slice());
    sums
}

/// W ← W + factor·V·C.
pub(crate) fn add_combination<T: Real>(
    w: &mut [T],
    factor: T,
    v: &[T],
    coefficients: &DMatrix<T>,
    rows: usize,
) {
    tall::add_combination(w, factor, v, coefficients.as_slice(), rows);
}

/// V·C, as columns one after another.
pub(crate) fn combination<T: Real>(v: &[T], coefficients: &DMatrix<T>, rows: usize) -> Vec<T> {
    let (inner, count) = coefficients.shape();
    if count >= MANY {
        let v = DMatrixView::from_slice(v, rows, inner);
        return product(v, coefficients.as_view()).data.into();
    }
    let mut w = vec![T::zero(); rows * count];
    add_combination(&mut w, T::one(), v, coefficients, rows);
    w
}

/// Replaces V by V·C in its first columns; C has no more columns than rows.
pub(crate) fn rotate<T: Real>(v: &mut [T], coefficients: &DMatrix<T>, rows: usize) {
    let (count, kept) = coefficients.shape();
    let length = CHUNK.min(rows);
    let memory = || (DMatrix::zeros(length, count), DMatrix::zeros(length, kept));
    let parts = pieces(v, rows, runs(rows, CHUNK));
    let multiplications = rows.saturating_mul(count * kept);
    for_each_with(
        multiplications,
        parts,
        memory,
        |(held, turned), (run, mut v)| {
            for (column, mut held) in v.iter().zip(held.column_iter_mut()) {
                held.as_mut_slice()[..run.len()].copy_from_slice(column);
            }
            let mut turned = turned.rows_mut(0, run.len());
            turned.gemm(T::one(), &held.rows(0, run.len()), coefficients, T::zero());
            for (column, turned) in v.iter_mut().zip(turned.column_iter()) {
                column.copy_from_slice(turned.as_slice());
            }
        },
    );
}
