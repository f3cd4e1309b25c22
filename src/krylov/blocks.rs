//! Products of tall matrices that may be in parts: columns of one length, one after another.

use nalgebra::{DMatrix, DMatrixView};

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::product::{product, tall};
use crate::numerics::real::Real;

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
    let mut held = DMatrix::zeros(CHUNK.min(rows), count);
    let mut turned = DMatrix::zeros(CHUNK.min(rows), kept);
    for first in (0..rows).step_by(CHUNK) {
        let length = CHUNK.min(rows - first);
        for (j, column) in v.chunks_exact(rows).take(count).enumerate() {
            let mut held = held.column_mut(j);
            held.as_mut_slice()[..length].copy_from_slice(&column[first..first + length]);
        }
        let held = held.rows(0, length);
        let mut turned = turned.rows_mut(0, length);
        turned.gemm(T::one(), &held, coefficients, T::zero());
        for (column, turned) in v.chunks_exact_mut(rows).zip(turned.column_iter()) {
            column[first..first + length].copy_from_slice(turned.as_slice());
        }
    }
}
