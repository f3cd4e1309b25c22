//! The symmetric part of a matrix.

use nalgebra::DMatrix;

/// The side of the tiles that are worked on in pairs, so that both stay in the cache.
const TILE: usize = 16;

/// A ← (A + Aᵀ)/2.
pub(super) fn symmetrise(a: &mut DMatrix<f64>) {
    let n = a.ncols();
    let a = a.as_mut_slice();
    for first in (0..n).step_by(TILE) {
        let columns = first..n.min(first + TILE);
        for above in (0..columns.end).step_by(TILE) {
            for j in columns.clone() {
                for i in above..j.min(above + TILE) {
                    let mean = 0.5 * a[j * n + i] + 0.5 * a[i * n + j];
                    a[j * n + i] = mean;
                    a[i * n + j] = mean;
                }
            }
        }
    }
}
