//! The settings of a search for the leading singular values.

use nalgebra::DMatrix;

use crate::descent::{Observer, Silent};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_one, check_finite, check_fraction, check_shape};

/// How [`svd_top_k`](crate::svd::svd_top_k) works; every setting has a default.
///
/// | setting | default |
/// |---|---|
/// | [`tolerance`](Self::tolerance) | 16·ε·√max(m, n) |
/// | [`max_steps`](Self::max_steps) | 10 000 |
/// | [`seed`](Self::seed) | 0 |
/// | [`start`](Self::start) | none: random |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// With the feature `serde` a configuration is saved without its observer.
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
    serde(
        default = "TopConfig::defaults",
        deny_unknown_fields,
        bound(serialize = "T: Real", deserialize = "T: Real, O: Default")
    )
)]
#[must_use]
pub struct TopConfig<T: Real, O = Silent> {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
    pub(super) tolerance: Option<T>,
    pub(super) max_steps: usize,
    pub(super) seed: u64,
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::numerics::saved::optional_matrix")
    )]
    pub(super) start: Option<DMatrix<T>>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) observer: O,
}

/// The only `Default`, so that `TopConfig::default()` needs no type annotations.
impl<T: Real> Default for TopConfig<T> {
    fn default() -> Self {
        Self::defaults()
    }
}

impl<T: Real, O: Default> TopConfig<T, O> {
    /// With any observer, for settings that are read.
    fn defaults() -> Self {
        Self {
            tolerance: None,
            max_steps: 10_000,
            seed: 0,
            start: None,
            observer: O::default(),
        }
    }
}

impl<T: Real, O> TopConfig<T, O> {
    /// Sets how large max(‖M·vⱼ − σⱼ·uⱼ‖, ‖Mᵀ·uⱼ − σⱼ·vⱼ‖) may be relative to σ₁; in [0, 1).
    ///
    /// What rounding leaves of it, 64·ε·√max(m, n), is accepted at any tolerance. A decomposition as a
    /// whole ([`TopRoute::Whole`](crate::svd::TopRoute::Whole)) goes to full accuracy at any tolerance.
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
    /// A step takes one product with M and one with Mᵀ, for a `DMatrix` two of each; from a
    /// [`start`](Self::start), and after residuals that had to be worked on again, k of each.
    ///
    /// A decomposition as a whole ([`TopRoute::Whole`](crate::svd::TopRoute::Whole)) takes no steps: this
    /// does not limit it.
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
    /// A start that is nearly right saves steps. It can't hide anything: the second look begins
    /// from random vectors. Columns that depend on the others are left out, and so are those beyond
    /// 2k + 30.
    pub fn start(mut self, start: DMatrix<T>) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets what watches the search: a closure or any other [`Observer`], such as a `ProgressBar` or
    /// a `TimeBudget`.
    ///
    /// It is called once a step. The loss is the largest residual of the wanted values relative to
    /// σ₁, as for the [`tolerance`](Self::tolerance), as it was last computed: it ends near that, and
    /// begins again where the second look finds a value that was missed. The parameters are the
    /// newest block of search vectors in the shorter of the two spaces, the gradient directions of
    /// length 1 that span the gradients of all approximations.
    ///
    /// Where the matrix is decomposed as a whole ([`TopRoute::Whole`](crate::svd::TopRoute::Whole)), it
    /// is called once a sweep, with what
    /// [`SvdConfig::observer`](crate::svd::SvdConfig::observer) says, and counting from the first sweep;
    /// if it ends that, the error is [`TopSvdError::Whole`](crate::svd::TopSvdError::Whole).
    pub fn observer<W: Observer<T>>(self, observer: W) -> TopConfig<T, W> {
        TopConfig {
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            seed: self.seed,
            start: self.start,
            observer,
        }
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
}
