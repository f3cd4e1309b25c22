//! The QR factorisation by reflections, which turns a tall matrix into a small square one and
//! completes orthonormal columns.

use nalgebra::DMatrix;

use crate::numerics::norm::sum_of_squares;
use crate::numerics::product::{subtract_product, transposed_product};
use crate::numerics::real::Real;
use crate::numerics::reflection::{reflect, to_axis_of};
use crate::svd::orthonormal::range::is_negligible;

/// A = Q·R for a matrix with at least as many rows as columns.
///
/// The error of each column of R is relative to the length of that column of A, so that small
/// columns beside large ones keep their digits.
pub(crate) struct Reflections<T: Real> {
    /// Column k holds vₖ from row k on, with ‖vₖ‖² = 2 (or zero): Q = ∏(I − vₖ·vₖᵀ).
    pub(crate) axes: DMatrix<T>,
}

impl<T: Real> Reflections<T> {
    /// Q and R; the matrix has to be scaled so that no sum of squares overflows.
    pub(crate) fn of(mut a: DMatrix<T>) -> (Self, DMatrix<T>) {
        let (rows, order) = a.shape();
        let mut r = DMatrix::zeros(order, order);
        for k in 0..order {
            let (done, rest) = a.as_mut_slice().split_at_mut((k + 1) * rows);
            let column = &mut done[k * rows..];
            r.as_mut_slice()[k * order..][..k].copy_from_slice(&column[..k]);
            let axis = &mut column[k..];
            r[(k, k)] = to_axis(axis);
            for other in rest.chunks_exact_mut(rows) {
                reflect(&mut other[k..], axis);
            }
        }
        (Self { axes: a }, r)
    }

    /// Q·(B over zeros).
    pub(crate) fn apply(&self, b: &DMatrix<T>) -> DMatrix<T> {
        let (rows, order) = self.axes.shape();
        let mut product = DMatrix::zeros(rows, b.ncols());
        product.rows_mut(0, order).copy_from(b);
        for k in (0..order).rev() {
            let axis = &self.axes.as_slice()[k * rows..][k..rows];
            for column in product.as_mut_slice().chunks_exact_mut(rows) {
                reflect(&mut column[k..], axis);
            }
        }
        product
    }

    /// The next `count` columns of Q after the first ones, which span the columns of A.
    ///
    /// With the axes as the columns of V, Q = I − V·U⁻¹·Vᵀ, where U is the part of VᵀV above the
    /// diagonal plus I: two products instead of one pass over the result for each reflection.
    ///
    /// Source: Joffrain, Low, Quintana-Ortí, van de Geijn and Van Zee, "Accumulating Householder
    /// transformations, revisited", 2006.
    pub(crate) fn complement(mut self, count: usize) -> DMatrix<T> {
        let (rows, order) = self.axes.shape();
        self.axes.fill_upper_triangle(T::zero(), 1);
        let mut inner = transposed_product(&self.axes, self.axes.as_view());
        inner.fill_diagonal(T::one());
        let mut components = self.axes.rows(order, count).transpose();
        // Its diagonal is 1, so that there is always a solution.
        inner.solve_upper_triangular_mut(&mut components);
        let mut complement = DMatrix::zeros(rows, count);
        complement.rows_mut(order, count).fill_diagonal(T::one());
        subtract_product(&mut complement, self.axes.as_view(), components.as_view());
        complement
    }
}

/// Turns a vector into the axis of the reflection that makes all its entries but the first zero;
/// returns the first entry after the reflection.
pub(crate) fn to_axis<T: Real>(vector: &mut [T]) -> T {
    let square = sum_of_squares(vector);
    if is_negligible(square) {
        vector.fill(T::zero());
        return T::zero();
    }
    to_axis_of(vector, square.sqrt())
}
