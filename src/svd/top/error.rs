//! How a search for leading singular values fails.

use crate::descent::StopReason;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;
use crate::svd::error::SvdError;
use crate::svd::top::result::TopSvd;

/// Why the leading singular values were not found.
///
/// # Example
///
/// ```
/// use matrix_descent::svd::TopSvdError;
/// use matrix_descent::{svd_top_k, InputError, TopConfig};
/// use nalgebra::DMatrix;
///
/// let matrix = DMatrix::<f64>::identity(6, 4);
/// match svd_top_k(&matrix, 5, TopConfig::default()) {
///     Err(TopSvdError::Input(InputError::RankOutOfRange { largest, .. })) => assert_eq!(largest, 4),
///     other => unreachable!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TopSvdError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// The search ended before all residuals were within the tolerance, or before the second look
    /// for values that were missed was over.
    #[error(
        "{converged} of {} within the tolerance: {reason}, after {}; the largest residual is \
         {residual:e}, {allowed:e} is allowed",
        counted(reached.singular_values.len(), "leading singular value"),
        counted(reached.steps, "step")
    )]
    NotConverged {
        /// Why the search ended.
        reason: StopReason,
        /// The number of values whose residual is within the tolerance.
        converged: usize,
        /// max(‖M·vⱼ − σⱼ·uⱼ‖, ‖Mᵀ·uⱼ − σⱼ·vⱼ‖), computed again from M; or, if the products are not
        /// those of a map and its adjoint, by how much ⟨uⱼ, M·x⟩ and ⟨Mᵀ·uⱼ, x⟩ differ for a random x of
        /// length 1.
        residual: f64,
        /// The largest residual allowed.
        allowed: f64,
        /// What the search reached, with its certificate and history.
        reached: Box<TopSvd<T>>,
    },

    /// A linear map gave a product with entries that are NaN or infinite, for a vector of length 1.
    #[error("a product of the linear map is not finite, after {}", counted(*steps, "step"))]
    ProductNotFinite {
        /// The number of steps taken before that product.
        steps: usize,
        /// The best triplets reached before, with their certificate, which says nothing about
        /// whether they are the largest; `None` if there were none, or if their own products were
        /// not finite either.
        reached: Option<Box<TopSvd<T>>>,
    },

    /// The matrix was decomposed as a whole ([`TopRoute::Whole`](crate::svd::TopRoute::Whole)), and
    /// that failed.
    #[error(transparent)]
    Whole(SvdError<T>),
}

impl<T: Real> From<SvdError<T>> for TopSvdError<T> {
    fn from(error: SvdError<T>) -> Self {
        match error {
            SvdError::Input(error) => Self::Input(error),
            other => Self::Whole(other),
        }
    }
}
