//! What the rotations leave: U, σ and V, sorted.

use nalgebra::{DMatrix, DVector};

use crate::descent::StopReason;
use crate::numerics::norm::{euclidean_norm, sum_of_squares};
use crate::numerics::real::Real;
use crate::svd::orthonormal::range::is_negligible;

/// The SVD of a matrix with at least as many rows as columns.
pub(crate) struct Factorization<T: Real> {
    pub(crate) left: DMatrix<T>,
    pub(crate) singular_values: DVector<T>,
    pub(crate) right: DMatrix<T>,
    pub(crate) losses: Vec<T>,
    pub(crate) stop_reason: StopReason,
}

/// U with zeros for the columns that are still unknown, σ and V from W = M·V with orthogonal
/// columns.
pub(super) fn factors<T: Real>(
    mut product: DMatrix<T>,
    mut rotations: DMatrix<T>,
) -> (DMatrix<T>, DVector<T>, DMatrix<T>) {
    let count = product.ncols();
    let mut values = DVector::zeros(count);
    for index in 0..count {
        let mut vector = rotations.column_mut(index);
        // Thousands of rotations leave columns of V a little too long or short, and those of W with
        // them.
        let stretch = euclidean_norm(vector.as_slice());
        vector /= stretch;
        let mut column = product.column_mut(index);
        let square = sum_of_squares(column.as_slice());
        if is_negligible(square) {
            column.fill(T::zero());
        } else {
            let length = square.sqrt();
            column /= length;
            values[index] = length / stretch;
        }
    }
    let order = by_length(values.as_slice());
    let sorted = DVector::from_iterator(count, order.iter().map(|&index| values[index]));
    (
        product.select_columns(&order),
        sorted,
        rotations.select_columns(&order),
    )
}

/// The indices of the lengths, the longest first.
pub(super) fn by_length<T: Real>(lengths: &[T]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by(|&i, &j| {
        let descending = lengths[j].partial_cmp(&lengths[i]);
        descending.unwrap_or(std::cmp::Ordering::Equal)
    });
    order
}
