//! The descent from a start by QR factorisation with pivoting.

use nalgebra::{DMatrix, DVector};

use super::orthonormal::{complete, normalise, orthogonalise};
use super::pivoting::Pivoted;
use super::sweeps::Sweeps;
use super::{Found, by_length, factors};
use crate::Real;
use crate::norm::{columns, euclidean_norm};
use crate::product::product;

/// The SVD of a matrix with at least as many rows as columns.
///
/// With M·P = Q·R the columns of Rᵀ are in order, and nearer to orthogonal where singular values
/// differ much; then few sweeps are left. Once they are orthogonal they are PᵀV, times the singular
/// values.
///
/// Source: Drmač and Veselić, "New fast and accurate Jacobi SVD algorithm I", 2008.
pub(super) fn from_triangular_start<T: Real>(matrix: &DMatrix<T>, max_sweeps: usize) -> Found<T> {
    let start = Pivoted::of(matrix.clone());
    without_rotations(matrix, &start, max_sweeps)
        .unwrap_or_else(|| with_rotations(start, max_sweeps))
}

/// With U found as M·V, which saves the time to collect the rotations; `None` if the singular values
/// are too far apart for that.
fn without_rotations<T: Real>(
    matrix: &DMatrix<T>,
    start: &Pivoted<T>,
    max_sweeps: usize,
) -> Option<Found<T>> {
    let diagonal = start.triangle.diagonal().abs();
    let count = diagonal.len();
    if !are_near(diagonal.as_slice()) {
        return None;
    }
    // With zeros below that are never touched, so that columns are made of whole vectors.
    let padded = start
        .triangle
        .clone()
        .resize_vertically(count.next_multiple_of(8), T::zero());
    let mut sweeps = Sweeps::without_rotations(padded);
    let (losses, stop_reason) = sweeps.run(max_sweeps);
    let mut vectors = sweeps.product.resize_vertically(count, T::zero());
    let lengths = normalise(&mut vectors);
    if !are_near(&lengths) {
        return None;
    }
    let right = back_in_place(&vectors, &start.order);
    // Of M·V: they have nothing of the rounding of the rotations in them.
    let left = product(matrix.as_view(), right.as_view());
    let lengths: Vec<T> = columns(&left).map(euclidean_norm).collect();
    let sorted = by_length(&lengths);
    let mut left = left.select_columns(&sorted);
    orthogonalise(&mut left).then(|| Found {
        left,
        singular_values: DVector::from_iterator(count, sorted.iter().map(|&index| lengths[index])),
        right: right.select_columns(&sorted),
        losses,
        stop_reason,
    })
}

/// Whether values are so near to each other that, were they singular values σ, M·v would keep half of the
/// digits of u, and σ nearly all of its own.
fn are_near<T: Real>(values: &[T]) -> bool {
    let largest = values.iter().copied().fold(T::zero(), T::max);
    let enough = T::EPSILON.sqrt() * largest;
    values.iter().all(|&value| value > enough)
}

/// With U found as Q times the rotations.
fn with_rotations<T: Real>(start: Pivoted<T>, max_sweeps: usize) -> Found<T> {
    let mut sweeps = Sweeps::new(start.triangle);
    let (losses, stop_reason) = sweeps.run(max_sweeps);
    let (vectors, singular_values, rotations) = factors(sweeps.product, sweeps.rotations);
    let known = singular_values.iter().filter(|&&value| value > T::zero());
    let known = known.count();
    let mut right = back_in_place(&vectors, &start.order);
    complete(&mut right, known);
    Found {
        left: start.reflections.apply(&rotations),
        singular_values,
        right,
        losses,
        stop_reason,
    }
}

/// P·A for the P that brings column `order[k]` to place k.
fn back_in_place<T: Real>(a: &DMatrix<T>, order: &[usize]) -> DMatrix<T> {
    let mut b = DMatrix::zeros(a.nrows(), a.ncols());
    for (mut column, source) in b.column_iter_mut().zip(a.column_iter()) {
        for (&row, &value) in order.iter().zip(source.iter()) {
            column[row] = value;
        }
    }
    b
}
