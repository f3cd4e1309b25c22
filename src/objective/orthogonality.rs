//! How far the columns of a matrix are from orthonormal.

use crate::numerics::norm::sum_of_squares;
use crate::numerics::product::low_rank::{product, product_of_transpose};
use crate::numerics::real::Real;

/// The penalty b·‖AᵀA − I‖²_F on the columns of a matrix A, gradient 4b·A·(AᵀA − I).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Orthogonality<T> {
    rows: usize,
    columns: usize,
    weight: T,
    /// AᵀA − I.
    defect: Vec<T>,
    /// A·(AᵀA − I).
    slope: Vec<T>,
}

impl<T: Real> Orthogonality<T> {
    pub(super) fn new(rows: usize, columns: usize, weight: T) -> Self {
        Self {
            rows,
            columns,
            weight,
            defect: vec![T::zero(); columns * columns],
            slope: vec![T::zero(); rows * columns],
        }
    }

    /// The penalty; its gradient is added to `gradient`.
    pub(super) fn add(&mut self, matrix: &[T], gradient: &mut [T]) -> T {
        let (m, k) = (self.rows, self.columns);
        product_of_transpose(&mut self.defect, matrix, matrix, m);
        for entry in self.defect.iter_mut().step_by(k + 1) {
            *entry -= T::one();
        }
        product(&mut self.slope, matrix, &self.defect, m);
        let factor = <T as Real>::from_f64(4.0) * self.weight;
        for (g, &slope) in gradient.iter_mut().zip(&self.slope) {
            *g += factor * slope;
        }
        self.weight * sum_of_squares(&self.defect)
    }
}
