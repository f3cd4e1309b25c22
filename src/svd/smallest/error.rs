//! How a search for the smallest singular values fails.

use crate::descent::StopReason;
use crate::eigen::EigenError;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;
use crate::svd::error::SvdError;
use crate::svd::smallest::result::SmallestSingularValues;

/// Why the smallest singular values, or a condition number, were not found.
///
/// # Example
///
/// ```
/// use matrix_descent::svd::SmallestError;
/// use matrix_descent::{smallest_singular_values, LinearMap, SmallestConfig};
///
/// /// Its adjoint is that of another map.
/// struct Wrong;
///
/// impl LinearMap<f64> for Wrong {
///     fn rows(&self) -> usize {
///         2
///     }
///
///     fn columns(&self) -> usize {
///         2
///     }
///
///     fn apply(&self, x: &[f64], image: &mut [f64]) {
///         image.copy_from_slice(&[x[0] + x[1], x[1]]);
///     }
///
///     fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
///         image.copy_from_slice(&[y[0] + y[1], y[1]]);
///     }
/// }
///
/// match smallest_singular_values(&Wrong, 1, SmallestConfig::default()) {
///     Err(SmallestError::AdjointMismatch { mismatch }) => assert!(mismatch > 1e-3),
///     other => unreachable!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SmallestError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// `apply_adjoint` of the map is not the adjoint of `apply`, so that MᵀM is not symmetric.
    #[error(
        "apply_adjoint is not the adjoint of apply: the products with both differ by {mismatch:e} \
         times the norm"
    )]
    AdjointMismatch {
        /// |⟨y, M·x⟩ − ⟨Mᵀ·y, x⟩|/‖M‖ for x and y of length 1, or the asymmetry of MᵀM divided by
        /// its norm, in the first place where it was too large.
        mismatch: T,
    },

    /// A product has entries that are NaN or infinite, for a vector of length 1.
    #[error("a product of the {argument} is not finite, after {}", counted(*steps, "step"))]
    ProductNotFinite {
        /// Which map.
        argument: &'static str,
        /// The number of steps taken before that product; 0 if it served the bounds.
        steps: usize,
    },

    /// The search ended before the values were as accurate as the tolerance or rounding demands.
    /// An adjoint that is slightly wrong may be the reason.
    #[error(
        "not converged: {reason}, after {}; the {} found {} at most {:e}",
        counted(reached.steps, "step"),
        counted(reached.values.len(), "singular value"),
        if reached.values.len() == 1 { "is" } else { "are" },
        reached.values.last().map_or(f64::INFINITY, |value| value.upper())
    )]
    NotConverged {
        /// Why the search ended.
        reason: StopReason,
        /// What was reached: the upper bounds hold. After very few steps there may be fewer than k
        /// values.
        reached: Box<SmallestSingularValues<T>>,
    },

    /// The map was decomposed as a whole
    /// ([`SmallestRoute::Whole`](crate::svd::SmallestRoute::Whole)), and that failed.
    #[error(transparent)]
    Whole(SvdError<T>),

    /// The search for the eigenpairs of MᵀM failed in another way.
    #[error(transparent)]
    Gram(EigenError<T>),
}

impl<T: Real> From<SvdError<T>> for SmallestError<T> {
    fn from(error: SvdError<T>) -> Self {
        match error {
            SvdError::Input(error) => Self::Input(error),
            other => Self::Whole(other),
        }
    }
}

impl<T: Real> SmallestError<T> {
    /// For the error of a search on MᵀM.
    pub(super) fn of_gram(error: EigenError<T>) -> Self {
        match error {
            EigenError::Input(error) => Self::Input(error),
            EigenError::NotSymmetric { asymmetry, .. } => Self::AdjointMismatch {
                mismatch: asymmetry,
            },
            EigenError::ProductNotFinite {
                argument, steps, ..
            } => Self::ProductNotFinite {
                argument: match argument {
                    "matrix" => "linear map",
                    other => other,
                },
                steps,
            },
            other => Self::Gram(other),
        }
    }
}
