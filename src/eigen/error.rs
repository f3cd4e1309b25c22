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

    /// The search ended before everything was done that an `Ok` stands for.
    #[error(
        "{} within the tolerance{}: {reason}, after {}; the largest residual is {residual:e}, \
         {allowed:e} is allowed",
        of_those(*converged, *wanted),
        unfinished.addition(),
        counted(reached.steps, "step")
    )]
    NotConverged {
        /// Why the search ended.
        reason: StopReason,
        /// What was not done.
        unfinished: Unfinished,
        /// k.
        wanted: usize,
        /// The number of eigenpairs whose residual is within the tolerance.
        converged: usize,
        /// The largest residual ‖A·xⱼ − λⱼ·B·xⱼ‖/‖xⱼ‖, computed again from A and B.
        residual: f64,
        /// The largest residual allowed for that pair.
        allowed: f64,
        /// What was reached, with its certificate: at most k pairs.
        reached: Box<Eigenpairs<T>>,
    },
}

/// What a search that failed had not done yet, the first of these.
///
/// ```
/// use matrix_descent::eigen::{EigenError, Unfinished};
/// use matrix_descent::{symmetric_eigen_k, EigenConfig};
/// use nalgebra::{DMatrix, DVector};
///
/// let a = DMatrix::from_diagonal(&DVector::from_fn(400, |i, _| i as f64));
/// match symmetric_eigen_k(&a, 3, EigenConfig::smallest().max_steps(5)) {
///     Err(EigenError::NotConverged { unfinished, .. }) => {
///         assert_eq!(unfinished, Unfinished::Residuals);
///     }
///     other => unreachable!("{other:?}"),
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Unfinished {
    /// The mass was not seen to be positive definite: its smallest eigenvalue is too near to zero,
    /// for the steps taken, to be told from it.
    Mass,
    /// Not all residuals are within the tolerance.
    Residuals,
    /// All residuals are within the tolerance, but the second search, which looks for eigenvalues
    /// that were missed, was not over.
    SecondSearch,
}

impl Unfinished {
    fn addition(self) -> &'static str {
        match self {
            Self::Mass => ", but the mass was not seen to be positive definite",
            Self::Residuals => "",
            Self::SecondSearch => ", but the search for missed ones was not over",
        }
    }
}

impl<T: Real> EigenError<T> {
    /// The same, with the number of steps that were taken.
    pub(super) fn after(mut self, taken: usize) -> Self {
        if let Self::ProductNotFinite { steps, .. } = &mut self {
            *steps = taken;
        }
        self
    }
}

fn of_those(converged: usize, count: usize) -> String {
    format!("{converged} of {}", counted(count, "eigenpair"))
}
