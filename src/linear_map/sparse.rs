//! Sparse matrices, stored by rows or by columns, as linear maps.

use nalgebra_sparse::{CscMatrix, CsrMatrix};

use super::LinearMap;
use super::compressed::Lanes;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_not_empty;

/// A sparse matrix in compressed row format; its products touch only the stored entries.
#[cfg_attr(docsrs, doc(cfg(feature = "sparse")))]
impl<T: Real> LinearMap<T> for CsrMatrix<T> {
    fn rows(&self) -> usize {
        self.nrows()
    }

    fn columns(&self) -> usize {
        self.ncols()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        Lanes::of_rows(self).gather(x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        Lanes::of_rows(self).scatter(y, image);
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        Lanes::of_rows(self).gather_block(x, self.ncols(), images);
    }

    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        Lanes::of_rows(self).scatter_block(y, self.ncols(), images);
    }

    fn apply_and_adjoint_block(&self, x: &[T], images: &mut [T], back: &mut [T]) {
        Lanes::of_rows(self).gather_and_scatter(x, self.ncols(), images, back);
    }

    fn block_width(&self) -> usize {
        Lanes::of_rows(self).block_width(self.nrows() + self.ncols())
    }

    fn column_norms(&self) -> Option<Vec<T>> {
        Some(Lanes::of_rows(self).norms_across(self.ncols()))
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        check_not_empty(argument, self.nrows(), self.ncols())?;
        check_stored(argument, self.triplet_iter())
    }
}

/// A sparse matrix in compressed column format; its products touch only the stored entries.
#[cfg_attr(docsrs, doc(cfg(feature = "sparse")))]
impl<T: Real> LinearMap<T> for CscMatrix<T> {
    fn rows(&self) -> usize {
        self.nrows()
    }

    fn columns(&self) -> usize {
        self.ncols()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        Lanes::of_columns(self).scatter(x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        Lanes::of_columns(self).gather(y, image);
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        Lanes::of_columns(self).scatter_block(x, self.nrows(), images);
    }

    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        Lanes::of_columns(self).gather_block(y, self.nrows(), images);
    }

    fn adjoint_and_apply_block(&self, y: &[T], images: &mut [T], back: &mut [T]) {
        Lanes::of_columns(self).gather_and_scatter(y, self.nrows(), images, back);
    }

    fn block_width(&self) -> usize {
        Lanes::of_columns(self).block_width(self.nrows() + self.ncols())
    }

    fn column_norms(&self) -> Option<Vec<T>> {
        Some(Lanes::of_columns(self).own_norms())
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        check_not_empty(argument, self.nrows(), self.ncols())?;
        check_stored(argument, self.triplet_iter())
    }
}

/// Accepts stored entries (row, column, value) that are all finite.
fn check_stored<'a, T: Real>(
    argument: &'static str,
    mut triplets: impl Iterator<Item = (usize, usize, &'a T)>,
) -> Result<(), InputError<T>> {
    let bad = triplets.find(|(_, _, value)| !value.is_finite());
    bad.map_or(Ok(()), |(row, column, &value)| {
        Err(InputError::NotFinite {
            argument,
            row,
            column,
            value,
        })
    })
}
