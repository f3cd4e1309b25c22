//! What is proven about a square root.

use std::fmt;

/// Rigorous bounds on the errors of a computed square root X of A and of its inverse Y.
///
/// They hold in spite of all rounding on the way, for the numbers of A, X and Y as they are stored;
/// if A is not exactly symmetric, for (A + Aᵀ)/2. With S = A^½, the symmetric positive definite
/// root, and X proven definite, λ_min(X) ≥ c > 0, by Cholesky's factorisation of X − c·I and a
/// bound of its rounding:
///
/// ‖X − S‖_F ≤ ‖X² − A‖_F/(c + λ_min(S)), λ_min(S)² ≥ c² − ‖X² − A‖_F,
///
/// ‖Y − S⁻¹‖_F ≤ (‖I − X·Y‖_F + ‖X − S‖_F·‖Y‖₂)/λ_min(S).
///
/// The definiteness of X matters: diag(1, −1) has the square I and is not its root. X² is computed
/// to about one and a half times the working precision. The bounds are `f64` for `f32` matrices
/// too, and ∞ if nothing is proven; the root's is above the true error by a factor of up to √κ,
/// that of the inverse root by up to κ, the condition number of A.
///
/// They assume rounding to nearest in the format itself (no x87 extended precision) and gradual
/// underflow, and no fast matrix multiplication of Strassen's kind.
///
/// Sources: Rump, "Verification of positive definiteness", 2006; Higham, "Functions of Matrices:
/// Theory and Computation", 2008, chapter 6.
///
/// # Example
///
/// ```
/// use matrix_descent::{square_root_by_descent, RootConfig};
/// use nalgebra::dmatrix;
///
/// let found = square_root_by_descent(&dmatrix![5.0, 4.0; 4.0, 5.0], RootConfig::default())?;
/// let exact = dmatrix![2.0, 1.0; 1.0, 2.0];
/// let error = (&found.root - &exact).norm() / exact.norm();
/// assert!(error <= found.certificate.relative_error_bound());
/// assert!(found.certificate.relative_error_bound() < 1e-14);
/// assert!(found.certificate.inverse_relative_error_bound() < 1e-13);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RootCertificate {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    pub(super) residual: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    pub(super) relative: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    pub(super) inverse: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    pub(super) smallest_eigenvalue: f64,
}

impl RootCertificate {
    /// A bound of ‖X² − A‖_F/‖A‖_F.
    #[must_use]
    pub fn residual_bound(&self) -> f64 {
        self.residual
    }

    /// A bound of ‖X − A^½‖_F/‖A^½‖_F.
    #[must_use]
    pub fn relative_error_bound(&self) -> f64 {
        self.relative
    }

    /// A bound of ‖Y − A^(−½)‖_F/‖A^(−½)‖_F.
    #[must_use]
    pub fn inverse_relative_error_bound(&self) -> f64 {
        self.inverse
    }

    /// A lower bound of the smallest eigenvalue of A; above 0 it proves that A is definite.
    #[must_use]
    pub fn smallest_eigenvalue_bound(&self) -> f64 {
        self.smallest_eigenvalue
    }
}

impl fmt::Display for RootCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.relative.is_finite() {
            write!(
                formatter,
                "square root proven, with a relative error of at most {:.1e}",
                self.relative
            )
        } else {
            formatter.write_str("square root not proven")
        }
    }
}
