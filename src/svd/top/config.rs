//! The settings of a search for the leading singular values.

use nalgebra::DMatrix;

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_one, check_finite, check_fraction, check_shape};

/// How [`svd_top_k`](crate::svd::svd_top_k) works; every setting has a default.
///
/// | setting | default |
/// |---|---|
/// | [`oversampling`](Self::oversampling) | k/2, but at least 8 and at most 32 |
/// | [`tolerance`](Self::tolerance) | 16·ε·√max(m, n) |
/// | [`max_steps`](Self::max_steps) | 1000 |
/// | [`seed`](Self::seed) | 0 |
/// | [`start`](Self::start) | none: random |
///
/// # Example
///
/// For the next matrix of a sequence, start from the vectors of the last one:
///
/// ```
/// use matrix_descent::{svd_top_k, TopConfig};
/// use nalgebra::DMatrix;
///
/// let matrix = |t: f64| DMatrix::from_fn(300, 200, |i, j| 1.0 / (1.0 + (i + 2 * j) as f64 + t));
/// let before = svd_top_k(&matrix(0.0), 3, TopConfig::default())?;
/// let after = svd_top_k(&matrix(1e-6), 3, TopConfig::default().start(before.v))?;
/// assert!(after.certificate.largest_error_bound() < 1e-11 * after.singular_values[0]);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(default, deny_unknown_fields, bound = "T: Real")
)]
#[must_use]
pub struct TopConfig<T: Real> {
    pub(super) oversampling: Option<usize>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
    pub(super) tolerance: Option<T>,
    pub(super) max_steps: usize,
    pub(super) seed: u64,
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::numerics::saved::optional_matrix")
    )]
    pub(super) start: Option<DMatrix<T>>,
}

impl<T: Real> Default for TopConfig<T> {
    fn default() -> Self {
        Self {
            oversampling: None,
            tolerance: None,
            max_steps: 1000,
            seed: 0,
            start: None,
        }
    }
}

impl<T: Real> TopConfig<T> {
    /// Sets p, the number of columns of the block beyond k.
    ///
    /// A larger p makes a step more expensive, but takes fewer steps if σ decays; below 4 nothing
    /// is known about singular values that were missed.
    pub fn oversampling(mut self, oversampling: usize) -> Self {
        self.oversampling = Some(oversampling);
        self
    }

    /// Sets how large max(‖M·vⱼ − σⱼ·uⱼ‖, ‖Mᵀ·uⱼ − σⱼ·vⱼ‖) may be relative to σ₁; in [0, 1).
    ///
    /// What rounding leaves of it, 16·ε·√max(m, n), is accepted at any tolerance.
    ///
    /// If the neighbours of a singular value are at a distance `gap`, its error is at most the
    /// square of that residual divided by `gap`, and the error of its vectors is about the residual
    /// divided by `gap`.
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the number of steps after which the search ends at the latest; at least 1.
    ///
    /// A step takes k + p products with M and as many with Mᵀ.
    pub fn max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }

    /// Sets the seed of the random vectors.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets right singular vectors to begin with, such as those of a nearby matrix, as the columns
    /// of an n×j matrix with j ≥ 1.
    ///
    /// Random columns are added up to k + p; columns beyond k + p are ignored.
    pub fn start(mut self, start: DMatrix<T>) -> Self {
        self.start = Some(start);
        self
    }

    /// Checks the settings for an m×n map.
    pub(super) fn validate(&self, columns: usize) -> Result<(), InputError<T>> {
        if let Some(tolerance) = self.tolerance {
            check_fraction("tolerance", tolerance)?;
        }
        check_at_least_one("max_steps", self.max_steps)?;
        if let Some(start) = &self.start {
            let count = start.ncols().max(1);
            check_shape("start", start.shape(), (columns, count))?;
            check_finite("start", start)?;
        }
        Ok(())
    }

    /// k + p, at most `most`.
    pub(super) fn width(&self, k: usize, most: usize) -> usize {
        let oversampling = self.oversampling.unwrap_or((k / 2).clamp(8, 32));
        k.saturating_add(oversampling).min(most)
    }
}
