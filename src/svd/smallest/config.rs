//! The settings of a search for the smallest singular values.

use nalgebra::DMatrix;

use crate::descent::{Observer, Silent};
use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_one, check_fraction, check_shape};

/// How [`smallest_singular_values`](crate::svd::smallest_singular_values) and
/// [`condition_number`](crate::svd::condition_number) work; every setting has a default.
///
/// | setting | default |
/// |---|---|
/// | [`preconditioner`](Self::preconditioner) | diag(1/‖aⱼ‖²) if M is tall, and its column lengths are known and differ; else none |
/// | [`tolerance`](Self::tolerance) | √ε: 1.5·10⁻⁸ in `f64`, 3.5·10⁻⁴ in `f32` |
/// | [`max_steps`](Self::max_steps) | 100 000 |
/// | [`seed`](Self::seed) | 0 |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// With the feature `serde` a configuration is saved without its preconditioner and observer.
///
/// # Example
///
/// ```
/// use matrix_descent::{smallest_singular_values, SmallestConfig};
/// use nalgebra::{DMatrix, DVector};
///
/// let m = DMatrix::from_diagonal(&DVector::from_fn(600, |i, _| (i + 5) as f64));
/// let config = SmallestConfig::default().tolerance(1e-3).seed(7);
/// let found = smallest_singular_values(&m, 1, config)?;
/// assert!(found.values[0].lower() > 0.999 * 5.0 && found.values[0].upper() < 1.001 * 5.0);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        deny_unknown_fields,
        bound(serialize = "T: Real", deserialize = "T: Real, O: Default")
    )
)]
#[must_use]
pub struct SmallestConfig<T: Real, P = DMatrix<T>, O = Silent> {
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) preconditioner: Option<P>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
    pub(super) tolerance: Option<T>,
    pub(super) max_steps: usize,
    pub(super) seed: u64,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) observer: O,
}

/// For these types only, so that a call infers them.
impl<T: Real> Default for SmallestConfig<T> {
    fn default() -> Self {
        Self {
            preconditioner: None,
            tolerance: None,
            max_steps: 100_000,
            seed: 0,
            observer: Silent,
        }
    }
}

impl<T: Real, P, O> SmallestConfig<T, P, O> {
    /// Sets a preconditioner: an approximate inverse of MᵀM, n×n, or of M·Mᵀ, m×m, if M has fewer
    /// rows than columns; as a matrix or any other [`LinearMap`].
    ///
    /// If X is an approximate inverse of a square M, X·Xᵀ is one of MᵀM. It should be symmetric and
    /// definite, but only the directions it gives count: a poor one costs steps, not digits.
    pub fn preconditioner<Q: LinearMap<T>>(self, preconditioner: Q) -> SmallestConfig<T, Q, O> {
        SmallestConfig {
            preconditioner: Some(preconditioner),
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            seed: self.seed,
            observer: self.observer,
        }
    }

    /// Sets τ, the relative width of the intervals at which the search ends; in [0, 1).
    ///
    /// It ends when each singular value is between (1 − τ)·upper and upper, or when rounding leaves
    /// no hope of a narrower interval, so that 0 means: as narrow as rounding lets it be. The
    /// estimate within an interval is usually far more accurate than the interval is narrow: its
    /// error falls as the square of the residual, if other singular values are not too near.
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the number of steps of all searches after which they end at the latest; at least 1.
    ///
    /// A step takes at most 2 products with M and as many with Mᵀ.
    pub fn max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }

    /// Sets the seed of the random vectors.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets what watches the search: a closure or any other [`Observer`], such as a `ProgressBar`
    /// or a `TimeBudget`.
    ///
    /// It is called once a step, as by [`EigenConfig::observer`](crate::EigenConfig::observer) of a
    /// search on MᵀM (M·Mᵀ): the loss is the largest residual of the wanted eigenpairs relative to
    /// ‖M‖². There is nothing to watch in a decomposition as a whole.
    pub fn observer<W: Observer<T>>(self, observer: W) -> SmallestConfig<T, P, W> {
        SmallestConfig {
            preconditioner: self.preconditioner,
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            seed: self.seed,
            observer,
        }
    }
}

impl<T: Real, P: LinearMap<T>, O> SmallestConfig<T, P, O> {
    /// Checks the settings for a map whose shorter side has so many entries here.
    pub(super) fn validate(&self, held: usize) -> Result<(), InputError<T>> {
        if let Some(tolerance) = self.tolerance {
            check_fraction("tolerance", tolerance)?;
        }
        check_at_least_one("max_steps", self.max_steps)?;
        if let Some(preconditioner) = &self.preconditioner {
            let shape = (preconditioner.rows(), preconditioner.columns());
            check_shape("preconditioner", shape, (held, held))?;
            preconditioner.validate("preconditioner")?;
        }
        Ok(())
    }
}
