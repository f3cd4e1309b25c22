//! The result of an SVD.

use nalgebra::{DMatrix, DVector};

use crate::descent::StopReason;
use crate::numerics::real::Real;
use crate::svd::certificate::SvdCertificate;

/// A singular value decomposition M = U·diag(σ)·Vᵀ, what is proven about it, and how it was found.
///
/// The third factor is V itself, not its transpose: the right singular vectors are its columns, and
/// M·vⱼ = σⱼ·uⱼ.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Svd<T: Real> {
    /// U, m×k: the left singular vectors, as columns; or m×m or m×0, if set by
    /// [`Vectors`](crate::svd::Vectors).
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub u: DMatrix<T>,
    /// σ₁ ≥ σ₂ ≥ … ≥ 0: the k = min(m, n) singular values.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::vector"))]
    pub singular_values: DVector<T>,
    /// V (not Vᵀ), n×k: the right singular vectors, as columns; or n×n or n×0, if set by
    /// [`Vectors`](crate::svd::Vectors).
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub v: DMatrix<T>,
    /// Rigorous bounds on the errors of the singular values.
    pub certificate: SvdCertificate,
    /// The number of sweeps over all planes, including the last one if it found nothing to do.
    pub sweeps: usize,
    /// The losses before the first sweep and after each one: one entry more than there were sweeps.
    ///
    /// A loss is ½‖off(WᵀW)‖²_F/‖M‖⁴_F with W = M·V, or W = Mᵀ·U if M has more columns than rows.
    /// From order 12 on, W is the other of the two, and U (or V) begins as the Q of a QR
    /// factorisation with pivoting.
    ///
    /// Each loss is summed from what the later rotations take off it, so that the history never
    /// rises.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::numbers"))]
    pub losses: Vec<T>,
    /// Why the descent ended.
    ///
    /// [`StopReason::Accuracy`] means that the loss vanished to working precision. Within an
    /// [`SvdError::NotConverged`](crate::svd::SvdError::NotConverged) it may also be
    /// [`StopReason::StepLimit`], after
    /// [`SvdConfig::max_sweeps`](crate::svd::SvdConfig::max_sweeps), [`StopReason::Observer`], or [`StopReason::Accuracy`] if
    /// the certificate nevertheless proves too little.
    pub stop_reason: StopReason,
}

impl<T: Real> Svd<T> {
    /// U·diag(σ)·Vᵀ, m×n, from the vectors that were returned; zero with
    /// [`Vectors::None`](crate::svd::Vectors::None).
    ///
    /// ```
    /// use matrix_descent::{svd_by_descent, SvdConfig};
    /// use nalgebra::dmatrix;
    ///
    /// let m = dmatrix![1.0, 2.0; 3.0, 4.0; 5.0, 6.0];
    /// let svd = svd_by_descent(&m, SvdConfig::default())?;
    /// assert!((svd.reconstruct() - m).norm() < 1e-14);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    #[must_use]
    pub fn reconstruct(&self) -> DMatrix<T> {
        let count = self.singular_values.len();
        let count = count.min(self.u.ncols()).min(self.v.ncols());
        let mut weighted = self.u.columns(0, count).into_owned();
        for (mut column, &value) in weighted.column_iter_mut().zip(self.singular_values.iter()) {
            column *= value;
        }
        weighted * self.v.columns(0, count).transpose()
    }

    /// The number of singular values above `cutoff`.
    ///
    /// ```
    /// use matrix_descent::{svd_by_descent, SvdConfig};
    /// use nalgebra::DMatrix;
    ///
    /// let svd = svd_by_descent(&DMatrix::from_element(4, 3, 1.0), SvdConfig::default())?;
    /// assert_eq!(svd.rank(1e-10), 1);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    #[must_use]
    pub fn rank(&self, cutoff: T) -> usize {
        let is_above = |&&value: &&T| value > cutoff;
        self.singular_values.iter().filter(is_above).count()
    }
}
