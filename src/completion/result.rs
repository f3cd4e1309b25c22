//! The result of a completion.

use nalgebra::DMatrix;

use crate::descent::Report;
use crate::numerics::real::Real;
use crate::objective::SvdFactors;

/// A low-rank matrix fitted to the known entries.
///
/// To judge the fit where entries are missing, hold some known ones out and compare:
///
/// ```
/// use matrix_descent::{complete_by_descent, CompletionConfig};
/// use nalgebra::DMatrix;
///
/// let m = DMatrix::from_fn(12, 9, |i, j| (1.0 + i as f64) / (1.0 + j as f64));
/// let weights = DMatrix::from_fn(12, 9, |i, j| f64::from(u8::from((i + j) % 3 != 0)));
/// let completion = complete_by_descent(&m, &weights, 1, CompletionConfig::default())?;
/// let held_out = weights.map(|weight| 1.0 - weight);
/// let error = (&completion.fitted - &m).component_mul(&held_out).norm();
/// assert!(error < 0.05 * m.component_mul(&held_out).norm());
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Completion<T: Real> {
    /// The fitted matrix Y, m×n.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub fitted: DMatrix<T>,
    /// Its singular values and vectors, Y = U·diag(σ)·Vᵀ: U m×k, k values σ, and V n×k.
    pub factors: SvdFactors<T>,
    /// √(Σ wᵢⱼ(yᵢⱼ − mᵢⱼ)²/Σ wᵢⱼ), the error in the known entries, in the units of M.
    ///
    /// It says little about the missing ones.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub fit_error: T,
    /// The history of the descent; its losses are f, penalty included, relative to the mean square
    /// of M.
    pub report: Report<T>,
}
