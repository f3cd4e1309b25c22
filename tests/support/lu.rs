//! Inverses by LU decomposition with partial pivoting.

use nalgebra::DMatrix;

/// The inverse from nalgebra, or nothing if it meets a pivot that is exactly 0.
pub fn nalgebra_inverse(matrix: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    matrix.clone().lu().try_inverse()
}
