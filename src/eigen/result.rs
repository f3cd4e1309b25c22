//! The result of a search for eigenpairs.

use std::fmt;

use nalgebra::{DMatrix, DVector};

use crate::eigen::certificate::EigenCertificate;
use crate::numerics::real::Real;

/// The k smallest or largest eigenvalues with their vectors, what is known about them, and how they
/// were found.
///
/// # Example
///
/// ```
/// use matrix_descent::eigen::EigenRoute;
/// use matrix_descent::{symmetric_eigen_k, EigenConfig};
/// use nalgebra::{DMatrix, DVector};
///
/// let a = DMatrix::from_diagonal(&DVector::from_fn(100, |i, _| i as f64));
/// let found = symmetric_eigen_k(&a, 2, EigenConfig::largest())?;
/// let x = found.eigenvectors.column(0);
/// assert!((&a * x - x * found.eigenvalues[0]).norm() <= 1e-9);
/// assert!(found.products >= found.steps && found.route == EigenRoute::Descent);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Eigenpairs<T: Real> {
    /// λ₁ … λ_k: ascending for the smallest, descending for the largest.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::vector"))]
    pub eigenvalues: DVector<T>,
    /// X, n×k: the eigenvectors, as columns, with XᵀX = I, or XᵀBX = I if there is a mass B. For a
    /// map in parts, the rows held here.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub eigenvectors: DMatrix<T>,
    /// ‖A·xⱼ − λⱼ·B·xⱼ‖/‖xⱼ‖ (Euclidean norms), computed again from A and B.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::vector"))]
    pub residual_norms: DVector<T>,
    /// An estimate of ‖A‖₂, from below: the tolerance is relative to it. At most [`Real::MAX`].
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub norm_estimate: T,
    /// Bounds on the errors of the eigenvalues, and whether they are the outermost.
    pub certificate: EigenCertificate,
    /// How they were found.
    pub route: EigenRoute,
    /// The steps of all searches; 0 if there was none, as for small problems.
    pub steps: usize,
    /// The number of products of A with a vector, where each column of a block counts as one: all of
    /// them, those for the norm, the second search and the residuals included.
    pub products: usize,
    /// The same of the mass; 0 if there is none.
    pub mass_products: usize,
    /// The same of the preconditioner.
    pub preconditioner_products: usize,
}

/// How eigenpairs were found.
///
/// ```
/// use matrix_descent::eigen::EigenRoute;
/// use matrix_descent::{symmetric_eigen_k, EigenConfig};
/// use nalgebra::dmatrix;
///
/// let found = symmetric_eigen_k(&dmatrix![2.0, 1.0; 1.0, 2.0], 1, EigenConfig::smallest())?;
/// assert_eq!((found.route, found.steps), (EigenRoute::Whole, 0));
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum EigenRoute {
    /// By descent on the Rayleigh quotient.
    Descent,
    /// From all eigenpairs of the whole matrix, which is small compared with k, or on which searches
    /// took too long.
    Whole,
}

impl fmt::Display for EigenRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Descent => "by descent",
            Self::Whole => "from the whole decomposition",
        })
    }
}
