//! Singular values and vectors as factors.

use nalgebra::{DMatrix, DVector};

use crate::numerics::real::Real;

/// Approximate singular values and vectors: the factors of U·diag(σ)·Vᵀ with k components, as a
/// descent left them.
///
/// They are as orthonormal as the descent made them; nothing is proven. The third factor is V
/// itself, not its transpose.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct SvdFactors<T: Real> {
    /// U: m×k, the left singular vectors as columns.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub u: DMatrix<T>,
    /// σ₁ ≥ … ≥ σₖ ≥ 0.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::vector"))]
    pub singular_values: DVector<T>,
    /// V: n×k, the right singular vectors as columns. Not Vᵀ.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub v: DMatrix<T>,
}

impl<T: Real> SvdFactors<T> {
    /// Sorts the factors of U·diag(`values`)·Vᵀ, with values of any sign and order: a sign moves to
    /// the column of U.
    pub(crate) fn sorted(mut u: DMatrix<T>, values: &[T], v: &DMatrix<T>) -> Self {
        for (mut column, &value) in u.column_iter_mut().zip(values) {
            if value < T::zero() {
                column.neg_mut();
            }
        }
        let mut order: Vec<usize> = (0..values.len()).collect();
        let size = |index: usize| values[index].abs();
        order.sort_by(|&i, &j| {
            let order = size(j).partial_cmp(&size(i));
            order.unwrap_or(std::cmp::Ordering::Equal)
        });
        let sorted = order.iter().map(|&index| size(index));
        Self {
            singular_values: DVector::from_iterator(values.len(), sorted),
            u: u.select_columns(&order),
            v: v.select_columns(&order),
        }
    }

    /// The product U·diag(σ)·Vᵀ (m×n).
    ///
    /// ```
    /// use matrix_descent::objective::SvdPenalty;
    /// use nalgebra::dmatrix;
    ///
    /// let objective = SvdPenalty::squared(&dmatrix![5.0, 0.0; 0.0, 5.0])?;
    /// // U = I, d = (2, 1), V = I.
    /// let factors = objective.factors(&[1.0, 0.0, 0.0, 1.0, 2.0, 1.0, 1.0, 0.0, 0.0, 1.0])?;
    /// assert_eq!(factors.singular_values.as_slice(), [4.0, 1.0]);
    /// assert_eq!(factors.reconstruct(), dmatrix![4.0, 0.0; 0.0, 1.0]);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    #[must_use]
    pub fn reconstruct(&self) -> DMatrix<T> {
        // The fields are public, so that their sizes may differ.
        let count = self.singular_values.len();
        let count = count.min(self.u.ncols()).min(self.v.ncols());
        let mut weighted = self.u.columns(0, count).into_owned();
        for (mut column, &value) in weighted.column_iter_mut().zip(self.singular_values.iter()) {
            column *= value;
        }
        weighted * self.v.columns(0, count).transpose()
    }
}
