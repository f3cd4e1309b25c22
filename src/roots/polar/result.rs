//! The result of a polar decomposition.

use nalgebra::DMatrix;

use crate::numerics::real::Real;
use crate::roots::polar::certificate::PolarCertificate;
use crate::roots::products::RootProducts;

/// A polar decomposition M = Q·H: a matrix with orthonormal columns or rows times a symmetric
/// positive semidefinite one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Polar<T: Real> {
    /// Q, m×n: QᵀQ = I if m ≥ n, QQᵀ = I if m ≤ n.
    ///
    /// No such matrix is nearer to M, in any unitarily invariant norm (Fan and Hoffman, "Some
    /// metric inequalities in the space of matrices", 1955).
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub orthogonal: DMatrix<T>,
    /// H = (MᵀM)^½, n×n; exactly symmetric, and semidefinite up to rounding.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub positive: DMatrix<T>,
    /// ‖M − Q·H‖_F/‖M‖_F, computed from M, Q and H; 0 for a zero matrix.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub residual: T,
    /// Rigorous bounds on the errors of Q and H.
    pub certificate: PolarCertificate,
    /// How it was found.
    pub route: PolarRoute,
    /// The products that it took, none by singular values.
    pub products: RootProducts,
    /// The losses ‖XᵀX − I‖²_F/n² of the descent to Q before the first step and after each one;
    /// none by singular values.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::numbers"))]
    pub losses: Vec<T>,
}

/// How a polar decomposition was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum PolarRoute {
    /// By products of matrices, from M itself or the R of its QR factorisation.
    Products,
    /// From singular values and vectors, since the smallest singular value is too small beside the
    /// largest one, or 0, or nothing is proven about what products gave.
    SingularValues,
}
