//! The direction of a step: a matrix whose singular values are moved towards 1, by products alone.

use std::mem;

use nalgebra::{DMatrixView, DMatrixViewMut};

use super::state::Scratch;
use crate::numerics::binary_scaling::scale;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::product::{column_gram, multiply_symmetric, row_gram};
use crate::numerics::real::Real;

/// `values` ← `values`/max(‖`values`‖, ε), also where the norm or its square leaves the format; zeros
/// stay zeros.
pub(super) fn normalize<T: Real>(values: &mut [T], epsilon: T) {
    let magnitudes = values.iter().map(|value| value.abs());
    // What is not finite stays so, to be noticed.
    let exponent = magnitudes.fold(T::zero(), T::max).binary_exponent();
    let exponent = exponent.unwrap_or(0);
    scale(values, -exponent);
    let floor = epsilon.scale_by_power_of_two(-exponent);
    let norm = euclidean_norm(values);
    let divisor = if norm < floor { floor } else { norm };
    if divisor != T::zero() {
        values.iter_mut().for_each(|value| *value /= divisor);
    }
}

/// Applies the polynomials to the singular values of the `rows`×`columns` matrix X, one after the
/// other: X ← a·X + b·A·X + c·A²·X with A = X·Xᵀ, or the same from the right with A = Xᵀ·X, whichever
/// is smaller.
///
/// Returns the result, which is in `x` or in the scratch; the other holds intermediate values.
pub(super) fn apply<'a, T: Real>(
    polynomials: &[[T; 3]],
    x: &'a mut [T],
    (rows, columns): (usize, usize),
    scratch: &'a mut Scratch<T>,
) -> &'a [T] {
    let order = rows.min(columns);
    let gram = &mut scratch.gram[..order * order];
    let square = &mut scratch.square[..order * order];
    let (mut from, mut to) = (&mut *x, &mut scratch.image[..rows * columns]);
    for coefficients in polynomials {
        if rows <= columns {
            row_gram(gram, from, rows, columns);
        } else {
            column_gram(gram, from, rows, columns);
        }
        multiply_symmetric(square, gram, gram, order);
        combine(coefficients, gram, square, order);
        let factor = DMatrixView::from_slice(gram, order, order);
        let before = DMatrixView::from_slice(from, rows, columns);
        let mut after = DMatrixViewMut::from_slice(to, rows, columns);
        if rows <= columns {
            after.gemm(T::one(), &factor, &before, T::zero());
        } else {
            after.gemm(T::one(), &before, &factor, T::zero());
        }
        mem::swap(&mut from, &mut to);
    }
    from
}

/// A ← a·I + b·A + c·A².
fn combine<T: Real>([a, b, c]: &[T; 3], gram: &mut [T], square: &[T], order: usize) {
    for (entry, &square) in gram.iter_mut().zip(square) {
        *entry = *b * *entry + *c * square;
    }
    for entry in gram.iter_mut().step_by(order + 1) {
        *entry += *a;
    }
}
