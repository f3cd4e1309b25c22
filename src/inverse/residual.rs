//! How far a matrix is from being an inverse.

use nalgebra::DMatrix;

use crate::norm::euclidean_norm;
use crate::product::add_product;
use crate::{Real, Side};

/// ‖X·M − I‖_F, ‖M·X − I‖_F, or for both sides the larger one, NaN if one is NaN.
pub(super) fn residual<T: Real>(x: &DMatrix<T>, m: &DMatrix<T>, side: Side) -> T {
    match side {
        Side::Left => distance_from_identity(x, m),
        Side::Right => distance_from_identity(m, x),
        Side::Both => {
            let (left, right) = (distance_from_identity(x, m), distance_from_identity(m, x));
            if left >= right || !left.is_finite() {
                left
            } else {
                right
            }
        }
    }
}

/// The products of n×n matrices that [`residual`] takes.
pub(super) fn products_of_residual(side: Side) -> usize {
    match side {
        Side::Left | Side::Right => 1,
        Side::Both => 2,
    }
}

/// ‖A·B − I‖_F.
fn distance_from_identity<T: Real>(a: &DMatrix<T>, b: &DMatrix<T>) -> T {
    let n = a.nrows();
    let mut difference = DMatrix::from_diagonal_element(n, n, -T::one());
    add_product(difference.as_mut_slice(), a.as_slice(), b.as_slice(), n);
    euclidean_norm(difference.as_slice())
}
