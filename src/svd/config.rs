//! The settings of an SVD.

use crate::descent::Silent;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_at_least_one;
use crate::svd::vectors::Vectors;

/// How [`svd_by_descent`](crate::svd::svd_by_descent) works; every setting has a default.
///
/// | setting | default |
/// |---|---|
/// | [`vectors`](Self::vectors) | [`Vectors::Thin`] |
/// | [`max_sweeps`](Self::max_sweeps) | 60 |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// With the feature `serde` a configuration is saved without its observer.
///
/// # Example
///
/// ```
/// use matrix_descent::{svd_by_descent, SvdConfig};
/// use matrix_descent::svd::Vectors;
/// use nalgebra::dmatrix;
///
/// let config = SvdConfig::default().vectors(Vectors::Full).max_sweeps(30);
/// let svd = svd_by_descent(&dmatrix![3.0, 4.0], config)?;
/// assert_eq!(svd.singular_values.as_slice(), [5.0]);
/// assert_eq!(svd.v.shape(), (2, 2));
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        default,
        deny_unknown_fields,
        bound(serialize = "", deserialize = "SvdConfig<O>: Default, O: Default")
    )
)]
#[must_use]
pub struct SvdConfig<O = Silent> {
    pub(super) vectors: Vectors,
    pub(super) max_sweeps: usize,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) observer: O,
}

/// The only `Default`, so that `SvdConfig::default()` needs no type annotations.
impl Default for SvdConfig {
    fn default() -> Self {
        Self {
            vectors: Vectors::default(),
            max_sweeps: 60,
            observer: Silent,
        }
    }
}

impl<O> SvdConfig<O> {
    /// Sets which singular vectors are returned.
    pub fn vectors(mut self, vectors: Vectors) -> Self {
        self.vectors = vectors;
        self
    }

    /// Sets the number of sweeps after which the run ends at the latest; at least 1.
    ///
    /// A run has converged when a sweep finds nothing to do, or turns columns by angles so small
    /// that the next one would find nothing. Usually 5 to 12 sweeps are enough.
    pub fn max_sweeps(mut self, max_sweeps: usize) -> Self {
        self.max_sweeps = max_sweeps;
        self
    }

    /// Sets what watches the sweeps: a closure or any other
    /// [`Observer`](crate::descent::Observer), such as a `ProgressBar` or a `TimeBudget`.
    ///
    /// It is called before the first sweep, as step 0, and after each one. The loss is
    /// ½‖off(WᵀW)‖²_F/‖M‖⁴_F, as in [`Svd::losses`](crate::svd::Svd::losses), up to rounding. The
    /// parameters are the columns of W, one after another, of the matrix as it was scaled. The
    /// gradient has the derivatives of the loss in the angles of all planes of two columns, (1, 2),
    /// (1, 3), …, (2, 3), …
    ///
    /// If the singular values turn out to be far apart, the descent begins again in a way that
    /// keeps their digits: then the loss rises once, and the steps go on from the number reached.
    ///
    /// Stopped by its observer, a run ends with
    /// [`SvdError::NotConverged`](crate::svd::SvdError::NotConverged), which has what was reached.
    ///
    /// ```
    /// use std::time::Duration;
    /// use matrix_descent::{svd_by_descent, StopReason, SvdConfig};
    /// use matrix_descent::svd::SvdError;
    /// use matrix_descent::watch::TimeBudget;
    /// use nalgebra::DMatrix;
    ///
    /// let m = DMatrix::from_fn(300, 200, |i, j| ((i * j) as f64).sin());
    /// let config = SvdConfig::default().observer(TimeBudget::new(Duration::ZERO));
    /// match svd_by_descent(&m, config) {
    ///     Err(SvdError::NotConverged { reached }) => {
    ///         assert_eq!(reached.stop_reason, StopReason::Observer);
    ///     }
    ///     other => unreachable!("{other:?}"),
    /// }
    /// ```
    pub fn observer<W>(self, observer: W) -> SvdConfig<W> {
        SvdConfig {
            vectors: self.vectors,
            max_sweeps: self.max_sweeps,
            observer,
        }
    }

    pub(super) fn validate<T: Real>(&self) -> Result<(), InputError<T>> {
        check_at_least_one("max_sweeps", self.max_sweeps)
    }
}
