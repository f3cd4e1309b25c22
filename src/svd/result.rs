//! The result of an SVD.

use nalgebra::{DMatrix, DVector};

use crate::descent::StopReason;
use crate::numerics::real::Real;
use crate::svd::certificate::SvdCertificate;

/// Singular values and vectors, M = U·diag(σ)·Vᵀ, what is proven of them, and how they were found.
///
/// The third factor is V itself, not its transpose: the right singular vectors are its columns, and
/// M·vⱼ = σⱼ·uⱼ.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Svd<T: Real> {
    /// U: the left singular vectors, as columns; [`Vectors`](crate::svd::Vectors) says how many.
    pub u: DMatrix<T>,
    /// σ₁ ≥ σ₂ ≥ … ≥ 0: the k = min(m, n) singular values.
    pub singular_values: DVector<T>,
    /// V: the right singular vectors, as columns. Not Vᵀ.
    pub v: DMatrix<T>,
    /// Rigorous bounds of the errors of the singular values.
    pub certificate: SvdCertificate,
    /// The sweeps over all planes, the one that found nothing to do included.
    pub sweeps: usize,
    /// The losses before the first and after each sweep, ½‖off(WᵀW)‖²_F/‖M‖⁴_F with W = M·V, or
    /// Mᵀ·U if M has more columns than rows: one entry more than there were sweeps. From order 32
    /// on it is the other of the two, and begins with the Q of a QR factorisation with pivoting in
    /// the place of U (or of V).
    ///
    /// Each is summed from what the rotations after it take away, so that the history never rises.
    pub losses: Vec<T>,
    /// Why the descent ended. [`StopReason::Accuracy`]: the loss vanished to working precision.
    ///
    /// Within an [`SvdError::NotConverged`](crate::svd::SvdError::NotConverged) it may be
    /// [`StopReason::StepLimit`], after
    /// [`SvdConfig::max_sweeps`](crate::svd::SvdConfig::max_sweeps), or [`StopReason::Accuracy`],
    /// where the certificate proves too little all the same.
    pub stop_reason: StopReason,
}

impl<T: Real> Svd<T> {
    /// U·diag(σ)·Vᵀ from the vectors that were kept: zero with
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
