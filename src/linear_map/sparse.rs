//! Sparse matrices, stored by rows, as linear maps.

use nalgebra_sparse::CsrMatrix;

use super::LinearMap;
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
        for (entry, row) in image.iter_mut().zip(self.row_iter()) {
            let stored = row.col_indices().iter().zip(row.values());
            *entry = stored.fold(T::zero(), |sum, (&j, &value)| sum + value * x[j]);
        }
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        image.fill(T::zero());
        for (&weight, row) in y.iter().zip(self.row_iter()) {
            for (&j, &value) in row.col_indices().iter().zip(row.values()) {
                image[j] += value * weight;
            }
        }
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        check_not_empty(argument, self.nrows(), self.ncols())?;
        let bad = self.triplet_iter().find(|(_, _, value)| !value.is_finite());
        bad.map_or(Ok(()), |(row, column, &value)| {
            Err(InputError::NotFinite {
                argument,
                row,
                column,
                value,
            })
        })
    }
}
