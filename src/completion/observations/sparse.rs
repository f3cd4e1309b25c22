//! Observations from a sparse matrix.

use nalgebra_sparse::CsrMatrix;

use super::{ObservationError, Observations};
use crate::numerics::real::Real;

#[cfg_attr(docsrs, doc(cfg(feature = "sparse")))]
impl<T: Real> Observations<T> {
    /// The stored entries of a sparse matrix, each of weight 1; a stored 0 is an observation.
    ///
    /// # Errors
    ///
    /// As for [`from_triplets`](Self::from_triplets).
    pub fn from_sparse(matrix: &CsrMatrix<T>) -> Result<Self, ObservationError<T>> {
        let triplets = matrix.triplet_iter();
        let triplets = triplets.map(|(row, column, &value)| (row, column, value));
        Self::from_triplets(matrix.nrows(), matrix.ncols(), triplets)
    }
}
