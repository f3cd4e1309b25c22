//! Banded matrices.

use super::{ConvexSet, Subspace, check_square_number, order};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// Banded matrices: nonzero only on the main diagonal and some diagonals below and above it.
///
/// P(X)ᵢⱼ = xᵢⱼ if i − j ≤ below and j − i ≤ above, else 0. Ranges: any; from n − 1 on, the
/// triangle is full. No defaults. `Banded::new(0, 0)` is the set of diagonal matrices,
/// `Banded::new(n − 1, 0)` that of lower triangular ones.
///
/// # When to use
///
/// When entries far from the diagonal matter little, as in the inverse of a banded,
/// well-conditioned matrix, whose entries decay exponentially away from the diagonal (Demko, Moss
/// and Smith, "Decay rates for inverses of band matrices", 1984).
///
/// # Example
///
/// ```
/// use matrix_descent::ConvexSet;
/// use matrix_descent::set::Banded;
///
/// // Column by column.
/// let mut x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
/// Banded::new(1, 0).project(&mut x);
/// assert_eq!(x, [1.0, 2.0, 0.0, 0.0, 5.0, 6.0, 0.0, 0.0, 9.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Banded {
    /// The number of diagonals below the main one.
    pub below: usize,
    /// The number of diagonals above the main one.
    pub above: usize,
}

impl Banded {
    /// The matrices with this many diagonals below and above the main one.
    #[must_use]
    pub fn new(below: usize, above: usize) -> Self {
        Self { below, above }
    }
}

impl<T: Real> ConvexSet<T> for Banded {
    /// # Panics
    ///
    /// If the length is not a square number.
    fn project(&self, point: &mut [T]) {
        let n = order(point.len());
        if n == 0 {
            return;
        }
        for (j, column) in point.chunks_exact_mut(n).enumerate() {
            let first = j.saturating_sub(self.above);
            let end = j.saturating_add(self.below).saturating_add(1).min(n);
            column[..first].fill(T::zero());
            column[end..].fill(T::zero());
        }
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        check_square_number(dimension)
    }
}

impl<T: Real> Subspace<T> for Banded {}
