//! The settings of a solution within bounds.

use nalgebra::DMatrix;

use crate::descent::{Observer, Silent};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_one, check_finite, check_fraction, check_shape};

/// How [`solve_in_bounds`](crate::solve::solve_in_bounds) works; every setting has a default.
///
/// | setting | default |
/// |---|---|
/// | [`start`](Self::start) | 0 |
/// | [`tolerance`](Self::tolerance) | 16·ε·√max(m, n), what rounding leaves |
/// | [`max_steps`](Self::max_steps) | 100 000 for each column of B |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// With the feature `serde` a configuration is saved without its observer.
///
/// ```
/// use matrix_descent::set::Bounds;
/// use matrix_descent::{solve_in_bounds, BoundedConfig};
/// use nalgebra::{dmatrix, dvector};
///
/// let config = BoundedConfig::default().tolerance(1e-6).max_steps(100);
/// let (a, b) = (dmatrix![1.0, 0.0; 0.0, 2.0], dvector![3.0, 1.0]);
/// let found = solve_in_bounds(&a, &b, &Bounds::new(0.0, 1.0), config)?;
/// assert!((found.solution - dvector![1.0, 0.5]).norm() < 1e-6);
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
pub struct BoundedConfig<T: Real, O = Silent> {
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::numerics::saved::optional_matrix")
    )]
    pub(super) start: Option<DMatrix<T>>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
    pub(super) tolerance: Option<T>,
    pub(super) max_steps: usize,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) observer: O,
}

/// The only `Default`, so that `BoundedConfig::default()` needs no type annotations.
impl<T: Real> Default for BoundedConfig<T> {
    fn default() -> Self {
        Self {
            start: None,
            tolerance: None,
            max_steps: 100_000,
            observer: Silent,
        }
    }
}

impl<T: Real, O> BoundedConfig<T, O> {
    /// Sets where the descents start, n×k; the nearest points within the bounds are taken.
    ///
    /// A start beside which b would lose half of its digits is ignored.
    pub fn start(mut self, start: DMatrix<T>) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets the τ of the KKT residual, in [0, 1); see
    /// [`Optimality`](crate::solve::Optimality).
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the most steps for a column of B; at least 1.
    ///
    /// A descent ends as stalled if the violation (see [`Optimality`](crate::solve::Optimality)) has
    /// not fallen by a hundredth within 1000 + 20·min(m, n) steps, or within 50 where it may be
    /// rounding: conjugate gradients end within min(m, n) steps but for rounding, which delays them
    /// where columns are nearly dependent. A factorisation is tried before, where
    /// there is room for it.
    pub fn max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }

    /// Sets what watches the run: a closure or any other [`Observer`].
    ///
    /// It sees x, which is within the bounds, the loss ½‖A·x − b‖² as the descent carries it along,
    /// and the gradient Aᵀ·(A·x − b). The steps begin again at 0 for each column of B. A `Break`
    /// ends all columns.
    pub fn observer<W: Observer<T>>(self, observer: W) -> BoundedConfig<T, W> {
        BoundedConfig {
            start: self.start,
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            observer,
        }
    }

    pub(super) fn validate(&self, columns: usize, sides: usize) -> Result<(), InputError<T>> {
        if let Some(start) = &self.start {
            check_shape("start", start.shape(), (columns, sides))?;
            check_finite("start", start)?;
        }
        if let Some(tolerance) = self.tolerance {
            check_fraction("tolerance", tolerance)?;
        }
        check_at_least_one("max_steps", self.max_steps)
    }
}
