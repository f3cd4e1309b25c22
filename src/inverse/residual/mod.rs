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
    // The rounding is then at most 1/64 of the residual.
    const MARGIN: f64 = 64.0;
    let norm = |a: &DMatrix<T>| euclidean_norm(a.as_slice()).to_f64();
    let size = 1.0 + norm(x) * norm(matrix);
    plain >= MARGIN * matrix.nrows() as f64 * f64::EPSILON * size
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

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{products_of_residual, residual};
    use crate::objective::Side;

    fn of(x: &DMatrix<f64>, m: &DMatrix<f64>) -> [f64; 3] {
        let on = |side| residual(x.as_slice(), m.as_slice(), 2, side);
        [on(Side::Left), on(Side::Right), on(Side::Both)]
    }

    #[test]
    fn both_sides_together_have_the_larger_residual() {
        let (x, m) = (dmatrix![0.0, 1.0; 0.0, 0.0], dmatrix![2.0, 0.0; 0.0, 3.0]);
        // X·M = (0, 3; 0, 0) and M·X = (0, 2; 0, 0).
        let (far, near) = (11.0_f64.sqrt(), 6.0_f64.sqrt());
        assert_eq!(of(&x, &m), [far, near, far]);
        assert_eq!(of(&m, &x), [near, far, far]);
        // X·M overflows, M·X = 0.
        let (x, m) = (
            dmatrix![1e200, 0.0; 0.0, 0.0],
            dmatrix![0.0, 1e200; 0.0, 0.0],
        );
        let (far, near) = (f64::INFINITY, 2.0_f64.sqrt());
        assert_eq!(of(&x, &m), [far, near, far]);
        assert_eq!(of(&m, &x), [near, far, far]);
        let [left, right, both] = of(
            &dmatrix![f64::NAN, 0.0; 0.0, 1.0],
            &dmatrix![1.0, 0.0; 0.0, 1.0],
        );
        assert!(left.is_nan() && right.is_nan() && both.is_nan());
        let sides = [Side::Left, Side::Right, Side::Both];
        assert_eq!(sides.map(products_of_residual), [1, 1, 2]);
    }
}
