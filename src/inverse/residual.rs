//! How far a matrix is from being an inverse.

use nalgebra::DMatrix;

use crate::norm::euclidean_norm;
use crate::product::add_product;
use crate::{Real, Side};

/// ‖X·M − I‖_F and ‖M·X − I‖_F.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Residuals<T> {
    pub(super) left: T,
    pub(super) right: T,
}

impl<T: Real> Residuals<T> {
    /// The products of n×n matrices that they take.
    pub(super) const PRODUCTS: usize = 2;

    /// Those of n×n matrices stored by columns.
    pub(super) fn of(x: &[T], m: &[T], n: usize) -> Self {
        Self {
            left: distance_from_identity(x, m, n),
            right: distance_from_identity(m, x, n),
        }
    }

    /// The residual of one side; for both sides the larger one, and NaN if one is NaN.
    pub(super) fn on(self, side: Side) -> T {
        match side {
            Side::Left => self.left,
            Side::Right => self.right,
            Side::Both if self.left >= self.right => self.left,
            Side::Both if self.left.is_finite() => self.right,
            Side::Both => self.left,
        }
    }
}

/// ‖A·B − I‖_F.
fn distance_from_identity<T: Real>(a: &[T], b: &[T], n: usize) -> T {
    let mut difference = DMatrix::from_diagonal_element(n, n, -T::one());
    add_product(difference.as_mut_slice(), a, b, n);
    euclidean_norm(difference.as_slice())
}
