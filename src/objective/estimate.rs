//! The estimate of the identity from an approximate inverse, on either side of its matrix.

use nalgebra::DMatrix;

use crate::numerics::input_error::InputError;
use crate::numerics::product::{add_product, multiply};
use crate::numerics::real::Real;
use crate::numerics::validation::check_square;
use crate::objective::held::Held;
use crate::objective::side::Side;

/// Y as a function of X, and the gradient with respect to X from that with respect to Y.
#[derive(Clone, Debug)]
pub(super) struct IdentityEstimate<'m, T> {
    matrix: Held<'m, DMatrix<T>>,
    /// Mᵀ, stored so that no product has to transpose.
    transpose: DMatrix<T>,
    side: Side,
}

impl<'m, T: Real> IdentityEstimate<'m, T> {
    pub(super) fn new(matrix: Held<'m, DMatrix<T>>, side: Side) -> Result<Self, InputError<T>> {
        check_square("matrix", &matrix)?;
        Ok(Self {
            transpose: matrix.transpose(),
            matrix,
            side,
        })
    }

    /// n.
    pub(super) fn order(&self) -> usize {
        self.matrix.nrows()
    }

    pub(super) fn matrix(&self) -> &DMatrix<T> {
        &self.matrix
    }

    /// Mᵀ.
    pub(super) fn transpose(&self) -> &DMatrix<T> {
        &self.transpose
    }

    pub(super) fn side(&self) -> Side {
        self.side
    }

    /// The number of products of n×n matrices for an estimate and a gradient together.
    pub(super) fn products(&self) -> usize {
        match self.side {
            Side::Left | Side::Right => 2,
            Side::Both => 4,
        }
    }

    /// Y at X = `x`.
    #[inline]
    pub(super) fn write(&self, estimate: &mut [T], x: &[T]) {
        let (n, m) = (self.order(), self.matrix.as_slice());
        match self.side {
            Side::Left => multiply(estimate, x, m, n),
            Side::Right => multiply(estimate, m, x, n),
            Side::Both => {
                multiply(estimate, x, m, n);
                add_product(estimate, m, x, n);
                halve(estimate);
            }
        }
    }

    /// ∂L/∂X for `d` = ∂L/∂Y.
    #[inline]
    pub(super) fn write_gradient(&self, gradient: &mut [T], d: &[T]) {
        let (n, transpose) = (self.order(), self.transpose.as_slice());
        match self.side {
            Side::Left => multiply(gradient, d, transpose, n),
            Side::Right => multiply(gradient, transpose, d, n),
            Side::Both => {
                multiply(gradient, d, transpose, n);
                add_product(gradient, transpose, d, n);
                halve(gradient);
            }
        }
    }
}

fn halve<T: Real>(values: &mut [T]) {
    let half = <T as Real>::from_f64(0.5);
    for value in values {
        *value *= half;
    }
}
