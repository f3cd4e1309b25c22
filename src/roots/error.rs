//! How a root fails.

use crate::descent::Report;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;
use crate::roots::result::{InverseRoot, MatrixRoot};

/// Why a root was not found.
///
/// # Example
///
/// ```
/// use matrix_descent::roots::RootError;
/// use matrix_descent::{square_root_by_descent, RootConfig};
/// use nalgebra::dmatrix;
///
/// // The eigenvalues are 3 and −1.
/// match square_root_by_descent(&dmatrix![1.0, 2.0; 2.0, 1.0], RootConfig::default()) {
///     Err(RootError::Indefinite { smallest, .. }) => assert!((smallest + 1.0_f64).abs() < 1e-14),
///     other => unreachable!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RootError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// The matrix has to be symmetric and is not.
    #[error(
        "the matrix is not symmetric: it differs from its transpose by {asymmetry:e} times its \
         largest entry, and {allowed:e} is allowed for rounding; if it should be symmetric, pass \
         (A + Aᵀ)/2"
    )]
    NotSymmetric {
        /// max|aᵢⱼ − aⱼᵢ|/max|aᵢⱼ|.
        asymmetry: T,
        /// 4·n·ε.
        allowed: T,
    },

    /// The matrix has a negative eigenvalue, and so no real symmetric root.
    #[error(
        "the matrix is indefinite: its eigenvalues are about {smallest:e} to {largest:e}, so that it \
         has no real symmetric root"
    )]
    Indefinite {
        /// An estimate of the smallest eigenvalue.
        smallest: T,
        /// An estimate of the largest eigenvalue.
        largest: T,
    },

    /// An eigenvalue of the matrix is 0 to working precision.
    ///
    /// If no eigenvalue is negative there is a square root, but no inverse root, and half of the
    /// digits of the root are lost to the rounding of the matrix. A singular covariance has a root
    /// in its eigendecomposition.
    #[error(
        "the matrix is singular to working precision: its eigenvalues are about {smallest:e} to \
         {largest:e}, so that it has no inverse root"
    )]
    Singular {
        /// An estimate of the smallest eigenvalue; its sign may be rounding.
        smallest: T,
        /// An estimate of the largest eigenvalue.
        largest: T,
    },

    /// The descent ended early, or the proven error is larger than allowed.
    #[error(
        "no square root within {allowed:e}: {}; its relative error is proven to {:e}",
        ending(std::slice::from_ref(&reached.report)),
        reached.certificate.relative_error_bound()
    )]
    NotConverged {
        /// The relative error that is allowed.
        allowed: f64,
        /// What was reached.
        reached: Box<MatrixRoot<T>>,
    },

    /// The descent ended early, or the proven error of an inverse root is larger than allowed.
    #[error(
        "no inverse root within {allowed:e}: {}; its relative error is proven to {:e}",
        ending(&reached.reports),
        reached.relative_error_bound()
    )]
    InverseNotConverged {
        /// The relative error that is allowed.
        allowed: f64,
        /// What was reached.
        reached: Box<InverseRoot<T>>,
    },
}

/// How the last descent ended, in words.
fn ending<T: Real>(reports: &[Report<T>]) -> String {
    let Some(report) = reports.last() else {
        return "nothing is known of the descent".to_owned();
    };
    let steps = counted(report.steps, "step");
    if report.stop_reason.is_convergence() {
        format!("rounding ended the descent after {steps}")
    } else {
        format!("{} after {steps}", report.stop_reason)
    }
}
