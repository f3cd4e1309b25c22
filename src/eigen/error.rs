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

    /// More eigenpairs are wanted than are left beside the vectors to leave out.
    #[error("k is {k}, but {} left beside the vectors to leave out", are(*left))]
    TooFewLeft {
        /// k.
        k: usize,
        /// n less the number of vectors to leave out.
        left: usize,
    },

    /// The vectors to leave out do not span a space that is invariant under A (under B⁻¹·A with a
    /// mass), so that no eigenpairs can be had in its complement within the tolerance.
    #[error(
        "the vectors to leave out span no invariant space: a residual is {residual:e} times the \
         norms, and {allowed:e} is allowed"
    )]
    NotInvariant {
        /// The largest ‖A·d − B·D·Dᵀ·A·d‖/((‖A‖ + ‖dᵀ·A·D‖·‖B‖)·‖d‖) over columns d of an orthonormal
        /// basis D (by B) of the vectors.
        residual: T,
        /// 100 times the tolerance.
        allowed: T,
    },

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
        /// What was reached before, at most k pairs, with residuals as the search knew them; `None`
        /// if that was nothing.
        reached: Option<Box<Eigenpairs<T>>>,
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
    /// All residuals are within the tolerance, but the vectors are not orthonormal (by B) to what
    /// rounding leaves, or not to a quarter of all digits, as where B is nearly singular.
    Orthonormality,
    /// All residuals are within the tolerance, but the second search, which looks for eigenvalues
    /// that were missed, was not over: or, with a mass, rounding leaves it open whether an eigenvalue
    /// lies beyond λ_k.
    SecondSearch,
}

impl Unfinished {
    fn addition(self) -> &'static str {
        match self {
            Self::Mass => ", but the mass was not seen to be positive definite",
            Self::Residuals => "",
            Self::Orthonormality => ", but their vectors are not orthonormal",
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

fn are(left: usize) -> String {
    let verb = if left == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(left, "eigenpair"))
}

fn of_those(converged: usize, count: usize) -> String {
    format!("{converged} of {}", counted(count, "eigenpair"))
}
