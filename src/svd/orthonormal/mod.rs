//! Making columns orthonormal, and completing orthonormal columns with more of them.

pub(super) mod householder;
pub(super) mod range;

use nalgebra::DMatrix;

use crate::numerics::norm::{dot, euclidean_norm};
use crate::numerics::product::{subtract_product, transposed_product};
use crate::numerics::real::Real;
use crate::svd::orthonormal::householder::Reflections;

/// Overwrites the columns from `known` on, so that all are orthonormal if the first ones are.
///
/// Takes the way with fewer operations, so that c columns of m entries after k known ones cost
/// O(m·c·k).
pub(super) fn complete<T: Real>(columns: &mut DMatrix<T>, known: usize) {
    let new = columns.ncols() - known;
    if new == 0 {
        return;
    }
    // In units of 2m: k² to factorise and 2ck to reflect; against 4(ck + c²/2) one after another.
    if known * known < 2 * new * (known + new) {
        complete_by_reflections(columns, known);
    } else {
        complete_one_by_one(columns, known);
    }
}

/// Each new column is a unit vector after the reflections that take the known columns to the first
/// unit vectors.
fn complete_by_reflections<T: Real>(columns: &mut DMatrix<T>, known: usize) {
    let (reflections, _) = Reflections::of(columns.columns(0, known).into_owned());
    let mut new = columns.columns_range_mut(known..);
    new.copy_from(&reflections.complement(new.ncols()));
}

/// Each new column is the unit vector farthest from the span of the others, at a distance of at
/// least 1/√rows, made orthogonal to them twice (Kahan and Parlett: "twice is enough").
fn complete_one_by_one<T: Real>(columns: &mut DMatrix<T>, known: usize) {
    let rows = columns.nrows();
    // The squared length of each unit vector's part outside the span.
    let mut left = vec![T::one(); rows];
    let entries = columns.as_mut_slice();
    for column in entries[..known * rows].chunks_exact(rows) {
        subtract_squares(&mut left, column);
    }
    for place in known..entries.len() / rows {
        let (others, rest) = entries.split_at_mut(place * rows);
        let new = &mut rest[..rows];
        new.fill(T::zero());
        new[index_of_largest(&left)] = T::one();
        for _ in 0..2 {
            for other in others.chunks_exact(rows) {
                let component = dot(new, other);
                for (value, &direction) in new.iter_mut().zip(other) {
                    *value -= component * direction;
                }
            }
            let norm = euclidean_norm(new);
            for value in &mut *new {
                *value /= norm;
            }
        }
        subtract_squares(&mut left, new);
    }
}

/// The number of rounds after which [`orthogonalise`] gives up; one or two are usual.
const ROUNDS: usize = 4;

/// Makes nearly orthogonal columns orthonormal, by removing from each its components along those
/// before it; returns whether that succeeded.
///
/// All columns are treated at once, to first order, and again while the second order matters.
pub(super) fn orthogonalise<T: Real>(vectors: &mut DMatrix<T>) -> bool {
    for _ in 0..ROUNDS {
        normalise(vectors);
        let mut common = transposed_product(vectors, vectors.as_view());
        common.fill_lower_triangle(T::zero(), 0);
        let rest = euclidean_norm(common.as_slice());
        let before = vectors.clone();
        subtract_product(vectors, before.as_view(), common.as_view());
        if rest * rest <= T::EPSILON {
            return true;
        }
    }
    false
}

/// Scales columns to unit length and returns their former lengths; a column of length 0 becomes
/// NaN.
pub(super) fn normalise<T: Real>(vectors: &mut DMatrix<T>) -> Vec<T> {
    let each = vectors.column_iter_mut().map(|mut column| {
        let length = euclidean_norm(column.as_slice());
        column /= length;
        length
    });
    each.collect()
}

fn subtract_squares<T: Real>(left: &mut [T], column: &[T]) {
    for (value, &entry) in left.iter_mut().zip(column) {
        *value -= entry * entry;
    }
}

/// The first index of the largest value.
pub(super) fn index_of_largest<T: Real>(values: &[T]) -> usize {
    let mut best = 0;
    for (index, &value) in values.iter().enumerate() {
        if value > values[best] {
            best = index;
        }
    }
    best
}
