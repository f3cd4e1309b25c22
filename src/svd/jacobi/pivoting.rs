//! The QR factorisation with the longest column first.

use nalgebra::DMatrix;
use pulp::{Arch, Simd, WithSimd};

use crate::numerics::norm::{columns, sum_of_squares};
use crate::numerics::real::Real;
use crate::numerics::reflection::reflect;
use crate::svd::orthonormal::householder::{Reflections, to_axis};
use crate::svd::orthonormal::index_of_largest;

/// A·P = Q·R, where each diagonal entry of R is at least as large as the length of every later
/// column from that row on.
///
/// Source: Businger and Golub, "Linear least squares solutions by Householder
/// transformations", 1965.
pub(super) struct Pivoted<T: Real> {
    /// Q.
    pub(super) reflections: Reflections<T>,
    /// Rᵀ.
    pub(super) triangle: DMatrix<T>,
    /// For each column of A·P, its index in A.
    pub(super) order: Vec<usize>,
}

impl<T: Real> Pivoted<T> {
    /// The matrix must have at least as many rows as columns, and be scaled so that no sum of
    /// squares overflows.
    pub(super) fn of(a: DMatrix<T>) -> Self {
        let count = a.ncols();
        let squares: Vec<T> = columns(&a).map(sum_of_squares).collect();
        Arch::new().dispatch(Elimination {
            triangle: DMatrix::zeros(count, count),
            order: (0..count).collect(),
            measured: squares.clone(),
            squares,
            a,
        })
    }
}

/// The factorisation in progress.
struct Elimination<T: Real> {
    a: DMatrix<T>,
    triangle: DMatrix<T>,
    order: Vec<usize>,
    /// The squares of the lengths of what is left of the columns.
    squares: Vec<T>,
    /// The same squares when they were last summed from the entries.
    measured: Vec<T>,
}

impl<T: Real> WithSimd for Elimination<T> {
    type Output = Pivoted<T>;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> Pivoted<T> {
        for k in 0..self.order.len() {
            let longest = k + index_of_largest(&self.squares[k..]);
            self.swap(k, longest);
            self.eliminate(k);
        }
        Pivoted {
            reflections: Reflections { axes: self.a },
            triangle: self.triangle,
            order: self.order,
        }
    }
}

impl<T: Real> Elimination<T> {
    fn swap(&mut self, first: usize, second: usize) {
        if first != second {
            self.a.swap_columns(first, second);
            self.triangle.swap_rows(first, second);
            self.order.swap(first, second);
            self.squares.swap(first, second);
            self.measured.swap(first, second);
        }
    }

    /// Reflects column k so that it becomes zero below row k, and all later columns with it.
    #[inline(always)]
    fn eliminate(&mut self, k: usize) {
        let rows = self.a.nrows();
        let (done, rest) = self.a.as_mut_slice().split_at_mut((k + 1) * rows);
        let axis = &mut done[k * rows + k..];
        self.triangle[(k, k)] = to_axis(axis);
        for (index, column) in (k + 1..).zip(rest.chunks_exact_mut(rows)) {
            reflect(&mut column[k..], axis);
            let entry = column[k];
            self.triangle[(index, k)] = entry;
            self.squares[index] -= entry * entry;
            // A length that has lost most of itself has lost most of its digits.
            if self.squares[index] <= <T as Real>::from_f64(0.01) * self.measured[index] {
                self.squares[index] = sum_of_squares(&column[k + 1..]);
                self.measured[index] = self.squares[index];
            }
        }
    }
}
