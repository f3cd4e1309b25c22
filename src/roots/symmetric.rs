//! The symmetric part of a matrix.

use nalgebra::DMatrix;

/// A ← (A + Aᵀ)/2.
pub(super) fn symmetrise(a: &mut DMatrix<f64>) {
    for j in 0..a.ncols() {
        for i in 0..j {
            let mean = 0.5 * a[(i, j)] + 0.5 * a[(j, i)];
            a[(i, j)] = mean;
            a[(j, i)] = mean;
        }
    }
}
