//! A given pattern of non-zeros.

use std::sync::Arc;

use super::{ConvexSet, Subspace, check_length};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// The points that are zero outside a given pattern of nonzero entries.
///
/// P(x)ᵢ = xᵢ if i is in the pattern, else 0. No defaults. A clone shares the pattern.
///
/// # When to use
///
/// For a sparse approximate inverse with the pattern of the matrix itself, or of a power of it
/// (Grote and Huckle, "Parallel preconditioning with sparse approximate inverses", 1997), of a small
/// matrix: the points are dense. For a large one `sparse_inverse_by_descent` (feature `sparse`) finds
/// the same minimum row by row, in memory for the entries of the pattern alone, and can let the
/// pattern grow; `factored_inverse_by_descent` is for definite matrices. For a band use
/// [`Banded`](super::Banded).
///
/// # Example
///
/// ```
/// use matrix_descent::ConvexSet;
/// use matrix_descent::set::Pattern;
///
/// let pattern = Pattern::of_non_zeros(&[5.0, 0.0, -1.0, 0.0]);
/// let arrow = Pattern::of_matrix(2, |row, column| row == column || column == 1);
/// assert_eq!(pattern, Pattern::of_matrix(2, |row, _| row == 0));
/// let mut x = [1.0, 2.0, 3.0, 4.0];
/// arrow.project(&mut x);
/// assert_eq!(x, [1.0, 0.0, 3.0, 4.0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pattern {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::shared"))]
    is_in: Arc<[bool]>,
}

impl Pattern {
    /// The pattern of the nonzero entries of `values`.
    #[must_use]
    pub fn of_non_zeros<T: Real>(values: &[T]) -> Self {
        Self {
            is_in: values.iter().map(|&value| value != T::zero()).collect(),
        }
    }

    /// The pattern of the entries of an n×n matrix for which `is_in(row, column)`, counted from 0,
    /// is true.
    #[must_use]
    pub fn of_matrix(n: usize, mut is_in: impl FnMut(usize, usize) -> bool) -> Self {
        let entries = (0..n).flat_map(|column| (0..n).map(move |row| (row, column)));
        Self {
            is_in: entries.map(|(row, column)| is_in(row, column)).collect(),
        }
    }
}

impl<T: Real> ConvexSet<T> for Pattern {
    /// # Panics
    ///
    /// If the length is not that of the pattern.
    fn project(&self, point: &mut [T]) {
        let length = self.is_in.len();
        assert_eq!(point.len(), length, "the pattern is of another length");
        for (value, is_in) in point.iter_mut().zip(&*self.is_in) {
            if !is_in {
                *value = T::zero();
            }
        }
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        check_length(self.is_in.len(), dimension)
    }
}

impl<T: Real> Subspace<T> for Pattern {}
