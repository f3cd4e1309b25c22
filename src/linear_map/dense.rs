//! Dense matrices as linear maps.

use nalgebra::{Const, DMatrix, DMatrixView, DMatrixViewMut, Dyn, OMatrix, SMatrix};

use super::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::product::fused::{saves_a_pass, times_and_back, transpose_times_and_back};
use crate::numerics::product::tall::{add_combination, overlaps};
use crate::numerics::product::{times_vector, transpose_times_vector, write_transposed_product};
use crate::numerics::real::Real;
use crate::numerics::validation::{check_entries, check_finite, check_not_empty};

/// From this many vectors on, a product of matrices that rearranges the entries of A is faster than
/// one that reads every column of A once.
const WIDE_BLOCK: usize = 12;

/// A matrix with fewer entries stays in the nearest caches, so that a block saves nothing.
const FEWEST_ENTRIES: usize = 32_768;

/// The vectors of a block beyond which little is saved.
const MOST_COLUMNS: usize = 24;

impl<T: Real> LinearMap<T> for DMatrix<T> {
    fn rows(&self) -> usize {
        self.nrows()
    }

    fn columns(&self) -> usize {
        self.ncols()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        times_vector(self.as_slice(), x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        transpose_times_vector(self.as_slice(), y, image);
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        let (m, n) = self.shape();
        let count = x.len() / n;
        if count < WIDE_BLOCK {
            images.fill(T::zero());
            return add_combination(images, T::one(), self.as_slice(), x, m);
        }
        let x = DMatrixView::from_slice(x, n, count);
        let mut images = DMatrixViewMut::from_slice(images, m, count);
        images.gemm(T::one(), self, &x, T::zero());
    }

    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        let (m, n) = self.shape();
        let count = y.len() / m;
        if count < WIDE_BLOCK {
            return overlaps(images, self.as_slice(), y, m);
        }
        let y = DMatrixView::from_slice(y, m, count);
        write_transposed_product(DMatrixViewMut::from_slice(images, n, count), self, y);
    }

    fn apply_and_adjoint_block(&self, x: &[T], images: &mut [T], back: &mut [T]) {
        let (m, n) = self.shape();
        let count = x.len() / n;
        if count < WIDE_BLOCK && saves_a_pass::<T>(n) {
            return times_and_back(self.as_slice(), x, images, back, m);
        }
        if count < WIDE_BLOCK {
            add_combination(images, T::one(), self.as_slice(), x, m);
        } else {
            let x = DMatrixView::from_slice(x, n, count);
            let mut images = DMatrixViewMut::from_slice(images, m, count);
            images.gemm(T::one(), self, &x, T::one());
        }
        self.apply_adjoint_block(images, back);
    }

    fn adjoint_and_apply_block(&self, y: &[T], images: &mut [T], back: &mut [T]) {
        // Four columns stay in the cache whatever their length, or nearly.
        transpose_times_and_back(self.as_slice(), y, images, back, self.nrows());
    }

    fn block_width(&self) -> usize {
        let is_small = self.len() < FEWEST_ENTRIES;
        if is_small { 1 } else { MOST_COLUMNS }
    }

    fn column_norms(&self) -> Option<Vec<T>> {
        Some(norms_of_columns(self.as_slice(), self.nrows()))
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        check_not_empty(argument, self.nrows(), self.ncols())?;
        check_finite(argument, self)
    }

    fn as_matrix(&self) -> Option<&DMatrix<T>> {
        Some(self)
    }
}

/// The lengths of columns of `rows` entries each; at most the largest number of the format.
fn norms_of_columns<T: Real>(entries: &[T], rows: usize) -> Vec<T> {
    let columns = entries.chunks_exact(rows);
    columns
        .map(|column| euclidean_norm(column).min(T::MAX))
        .collect()
}

/// Implements `LinearMap` for a matrix whose entries are one slice, stored by columns.
macro_rules! stored_by_columns {
    ($([$($dimension:ident),*] $matrix:ty),*) => {$(
        impl<T: Real, $(const $dimension: usize),*> LinearMap<T> for $matrix {
            fn rows(&self) -> usize {
                self.nrows()
            }

            fn columns(&self) -> usize {
                self.ncols()
            }

            fn apply(&self, x: &[T], image: &mut [T]) {
                times_vector(self.as_slice(), x, image);
            }

            fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
                transpose_times_vector(self.as_slice(), y, image);
            }

            fn column_norms(&self) -> Option<Vec<T>> {
                Some(norms_of_columns(self.as_slice(), self.nrows()))
            }

            fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
                check_not_empty(argument, self.nrows(), self.ncols())?;
                check_entries(argument, self.as_slice(), self.nrows())
            }
        }
    )*};
}

stored_by_columns!([R, C] SMatrix<T, R, C>, [C] OMatrix<T, Dyn, Const<C>>);
