//! Inverses by LU decomposition with partial pivoting, from two libraries.

use faer::Mat;
use faer::linalg::solvers::DenseSolveCore;
use nalgebra::DMatrix;

/// The inverse from nalgebra, or nothing if it meets a pivot that is exactly 0.
pub fn nalgebra_inverse(matrix: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    matrix.clone().lu().try_inverse()
}

/// The inverse from faer, which answers with infinities or NaN where a pivot is 0.
///
/// It runs on one thread, since faer is built without its `rayon` feature.
pub fn faer_inverse(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let copy = Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[(i, j)]);
    let inverse = copy.partial_piv_lu().inverse();
    DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |i, j| inverse[(i, j)])
}
