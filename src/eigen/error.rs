//! How a search for eigenpairs fails.

use crate::descent::StopReason;
use crate::eigen::result::Eigenpairs;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;

/// Why eigenpairs were not found.
///
/// # Example
///
/// ```
/// use matrix_descent::eigen::EigenError;
/// use matrix_descent::{symmetric_eigen_k, EigenConfig};
/// use nalgebra::dmatrix;
///
/// let matrix = dmatrix![1.0, 2.0; 0.0, 1.0];
/// match symmetric_eigen_k(&matrix, 1, EigenConfig::smallest()) {
///     Err(EigenError::NotSymmetric { asymmetry, .. }) => assert_eq!(asymmetry, 1.0),
///     other => unreachable!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EigenError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// A matrix or map has to be symmetric and is not.
    #[error(
        "the {argument} is not symmetric: it differs from its transpose by {asymmetry:e} times its norm"
    )]
    NotSymmetric {
        /// Which argument.
        argument: &'static str,
        /// For a `DMatrix`, max|aᵢⱼ − aⱼᵢ|/max|aᵢⱼ|; for any other map max|vᵀAw − wᵀAv|/‖A‖ over
        /// the vectors v and w of length 1 that were compared.
        asymmetry: T,
    },

    /// The mass B has to be positive definite and is not, or it is singular to working precision.
    #[error(
        "the mass is not positive definite: along one direction it is {curvature:e} times its norm"
    )]
    NotPositiveDefinite {
        /// xᵀ·B·x/(‖B‖·xᵀx) for an x that the search met, or the smallest eigenvalue of B divided
        /// by ‖B‖.
        curvature: T,
    },

    /// A linear map gave a product with entries that are NaN or infinite, for a vector of length 1.
    #[error("a product of the {argument} is not finite, after {}", counted(*steps, "step"))]
    ProductNotFinite {
        /// Which argument.
        argument: &'static str,
        /// The number of steps taken before that product.
        steps: usize,
    },

    /// The search ended before all residuals were within the tolerance, or before the second
    /// search, which looks for eigenvalues that were missed, was over.
    #[error(
        "{} within the tolerance: {reason}, after {}; the largest residual is {residual:e}, \
         {allowed:e} is allowed",
        of_those(*converged, reached.eigenvalues.len()),
        counted(reached.steps, "step")
    )]
    NotConverged {
        /// Why the search ended.
        reason: StopReason,
        /// The number of eigenpairs whose residual is within the tolerance.
        converged: usize,
        /// The largest residual ‖A·xⱼ − λⱼ·B·xⱼ‖/‖xⱼ‖, computed again from A and B.
        residual: f64,
        /// The largest residual allowed for that pair.
        allowed: f64,
        /// What was reached, with its certificate.
        reached: Box<Eigenpairs<T>>,
    },
}

fn of_those(converged: usize, count: usize) -> String {
    format!("{converged} of {}", counted(count, "eigenpair"))
}
