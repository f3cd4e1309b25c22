//! The results of roots.

use nalgebra::DMatrix;

use crate::descent::Report;
use crate::numerics::real::Real;
use crate::roots::certificate::RootCertificate;
use crate::roots::products::RootProducts;

/// The square root of a symmetric positive definite matrix A, the inverse of that root, and what is
/// proven about both.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct MatrixRoot<T: Real> {
    /// X ≈ A^½, the root that is itself positive definite; exactly symmetric.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub root: DMatrix<T>,
    /// Y ≈ A^(−½) = (A^½)⁻¹; exactly symmetric.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub inverse_root: DMatrix<T>,
    /// Rigorous bounds on the errors of both.
    pub certificate: RootCertificate,
    /// The products that it took.
    pub products: RootProducts,
    /// The losses ‖XᵀX − I‖²_F/n² of the descent to the orthogonal factor, and why it ended.
    pub report: Report<T>,
}

/// An inverse root A^(−1/p) and what is proven about it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct InverseRoot<T: Real> {
    /// Y ≈ A^(−1/p), positive definite; exactly symmetric.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub inverse_root: DMatrix<T>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    pub(in crate::roots) relative_error: f64,
    /// The products that it took.
    pub products: RootProducts,
    /// The reports of the square roots, one after another; there is at least one.
    pub reports: Vec<Report<T>>,
}

impl<T: Real> InverseRoot<T> {
    /// A rigorous bound of ‖Y − A^(−1/p)‖_F/‖A^(−1/p)‖_F, ∞ if nothing is proven.
    ///
    /// Each square root is proven as in [`RootCertificate`]. With B the exact A^(1/2) (or A^(1/4))
    /// and X the computed one, ‖X^½ − B^½‖_F ≤ ‖X − B‖_F/(λ_min(X)^½ + λ_min(B)^½), and
    /// X^(−½) − B^(−½) = X^(−½)·(B^½ − X^½)·B^(−½).
    #[must_use]
    pub fn relative_error_bound(&self) -> f64 {
        self.relative_error
    }
}
