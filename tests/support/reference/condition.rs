//! Condition numbers in the 2-norm.
//!
//! κ is measured as ‖M‖·‖M⁻¹‖: unlike the smallest singular value, the two largest ones come
//! out of a singular value decomposition with full relative accuracy.

use nalgebra::DMatrix;

use super::ReferenceInverse;
use super::equilibration::equilibrate;
use super::scaled_float::ScaledFloat;

/// The condition number of the matrix as it is; infinite when `f64` cannot hold it.
pub fn condition_number(matrix: &DMatrix<f64>, inverse: &ReferenceInverse) -> f64 {
    let norm = spectral_norm(matrix.nrows(), |i, j| ScaledFloat::new(matrix[(i, j)], 0));
    let inverse_norm = spectral_norm(matrix.nrows(), |i, j| inverse.entry(i, j));
    norm.times(inverse_norm).to_f64()
}

/// The condition number after rows and columns have been scaled by powers of two.
pub fn equilibrated_condition_number(matrix: &DMatrix<f64>, inverse: &ReferenceInverse) -> f64 {
    let scaled = equilibrate(matrix).matrix;
    let norm = spectral_norm(matrix.nrows(), |i, j| ScaledFloat::new(scaled[(i, j)], 0));
    let inverse_norm = spectral_norm(matrix.nrows(), |i, j| {
        ScaledFloat::new(inverse.high[(i, j)], 0)
    });
    norm.times(inverse_norm).to_f64()
}

/// The largest singular value of the matrix with the given entries.
fn spectral_norm(order: usize, entry: impl Fn(usize, usize) -> ScaledFloat) -> ScaledFloat {
    let all = (0..order * order).map(|k| entry(k % order, k / order));
    let largest = all.fold(ScaledFloat::new(0.0, 0), |largest, next| {
        largest.max(next.absolute())
    });
    let relative = DMatrix::from_fn(order, order, |i, j| entry(i, j).ratio(largest));
    ScaledFloat::new(relative.singular_values()[0], 0).times(largest)
}
