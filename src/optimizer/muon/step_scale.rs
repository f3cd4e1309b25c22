//! How long the steps of a matrix are, by its shape.

use crate::numerics::real::Real;

/// The factor s by which the shape of a matrix lengthens the steps of [`Muon`](super::Muon).
///
/// The singular values of a direction are all about 1, so a step of a large matrix changes each of
/// its entries less than a step of a small one. Below, m×n is the shape of the matrix.
///
/// # Example
///
/// ```
/// use matrix_descent::optimizer::StepScale;
///
/// assert_eq!(StepScale::Original.factor::<f64>(8, 2), 2.0);
/// assert_eq!(StepScale::Original.factor::<f64>(2, 8), 1.0);
/// assert_eq!(StepScale::Spectral.factor::<f64>(2, 8), 0.5);
/// assert_eq!(StepScale::MatchAdamW.factor::<f64>(4, 25), 1.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum StepScale {
    /// s = √max(1, m/n), the default; PyTorch's `"original"` (Jordan, "Muon: An optimizer for hidden
    /// layers in neural networks", 2024).
    #[default]
    Original,
    /// s = 0.2·√max(m, n): the root mean square of a step's entries is about 0.2·η, as it is for
    /// [`AdamW`](crate::optimizer::AdamW) in the training of language models, so that one learning
    /// rate serves both; PyTorch's `"match_rms_adamw"` (Liu and others, "Muon is scalable for LLM
    /// training", 2025).
    MatchAdamW,
    /// s = √(m/n): a step changes the root mean square of the entries of X·v by about η times that
    /// of v, if X multiplies vectors v from the left; PyTorch's `"spectral_unclamped"` (Bernstein,
    /// "Deriving Muon", 2025).
    Spectral,
}

impl StepScale {
    /// s for a matrix of this shape.
    #[must_use]
    pub fn factor<T: Real>(self, rows: usize, columns: usize) -> T {
        let (rows, columns) = (rows as f64, columns as f64);
        let factor = match self {
            Self::Original => (rows / columns).max(1.0).sqrt(),
            Self::MatchAdamW => 0.2 * rows.max(columns).sqrt(),
            Self::Spectral => (rows / columns).sqrt(),
        };
        <T as Real>::from_f64(factor)
    }
}
