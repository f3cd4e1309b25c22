//! The residual: how far a matrix is from being an inverse.

pub(crate) mod accurate;
pub(crate) mod entrywise;
pub(crate) mod slices;
pub(crate) mod verified;

use nalgebra::DMatrix;

use crate::numerics::norm::euclidean_norm;
use crate::numerics::product::add_product;
use crate::numerics::real::Real;
use crate::objective::Side;

/// ‖X·M − I‖_F, ‖M·X − I‖_F, or for both sides the larger one, NaN if one is NaN, by products in
/// `f64`, which hold those of every `f32` exactly.
pub(crate) fn plain_residual<T: Real>(matrix: &DMatrix<T>, x: &DMatrix<T>, side: Side) -> f64 {
    let n = matrix.nrows();
    if T::MANTISSA_DIGITS == f64::MANTISSA_DIGITS {
        return residual(x.as_slice(), matrix.as_slice(), n, side).to_f64();
    }
    let [m, x] = [matrix, x].map(|a| a.map(T::to_f64));
    residual(x.as_slice(), m.as_slice(), n, side)
}

/// Whether a residual by a plain product in `f64` is right to more than a digit: its rounding is at
/// most 2nu·‖|X||M| + I‖_F.
pub(crate) fn is_resolved<T: Real>(plain: f64, matrix: &DMatrix<T>, x: &DMatrix<T>) -> bool {
    const DIGITS: f64 = 64.0;
    let norm = |a: &DMatrix<T>| euclidean_norm(a.as_slice()).to_f64();
    let size = 1.0 + norm(x) * norm(matrix);
    plain >= DIGITS * matrix.nrows() as f64 * f64::EPSILON * size
}

/// [`plain_residual`] in the format T; the n×n matrices are stored by columns.
pub(crate) fn residual<T: Real>(x: &[T], m: &[T], n: usize, side: Side) -> T {
    match side {
        Side::Left => distance_from_identity(x, m, n),
        Side::Right => distance_from_identity(m, x, n),
        Side::Both => {
            let left = distance_from_identity(x, m, n);
            let right = distance_from_identity(m, x, n);
            if left >= right || !left.is_finite() {
                left
            } else {
                right
            }
        }
    }
}

/// The number of products of n×n matrices that [`residual`] takes.
pub(crate) fn products_of_residual(side: Side) -> usize {
    match side {
        Side::Left | Side::Right => 1,
        Side::Both => 2,
    }
}

/// ‖A·B − I‖_F.
fn distance_from_identity<T: Real>(a: &[T], b: &[T], n: usize) -> T {
    let mut difference = DMatrix::from_diagonal_element(n, n, -T::one());
    add_product(difference.as_mut_slice(), a, b, n);
    euclidean_norm(difference.as_slice())
}
