//! The settings of a root.

use crate::descent::Silent;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_one, check_positive_fraction};

/// How [`square_root_by_descent`](crate::square_root_by_descent) and
/// [`inverse_root_by_descent`](crate::inverse_root_by_descent) work; every setting has a default.
///
/// | setting | default |
/// |---|---|
/// | [`tolerance`](Self::tolerance) | none: as accurate as rounding allows |
/// | [`max_steps`](Self::max_steps) | 100 |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// With the feature `serde` a configuration is saved without its observer.
///
/// # Example
///
/// ```
/// use matrix_descent::{square_root_by_descent, RootConfig};
/// use nalgebra::dmatrix;
///
/// let a = dmatrix![2.0, 1.0; 1.0, 2.0];
/// let root = square_root_by_descent(&a, RootConfig::default().tolerance(1e-6))?;
/// assert!(root.certificate.relative_error_bound() <= 1e-6);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        default,
        deny_unknown_fields,
        bound(
            serialize = "T: Real",
            deserialize = "T: Real, RootConfig<T, O>: Default, O: Default"
        )
    )
)]
#[must_use]
pub struct RootConfig<T: Real, O = Silent> {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
    pub(super) tolerance: Option<T>,
    pub(super) max_steps: usize,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) observer: O,
}

impl<T: Real> Default for RootConfig<T> {
    fn default() -> Self {
        Self {
            tolerance: None,
            max_steps: 100,
            observer: Silent,
        }
    }
}

impl<T: Real, O> RootConfig<T, O> {
    /// Sets the relative error, in ‖·‖_F, that has to be proven; above 0 and below 1.
    ///
    /// It is that of the root, or for
    /// [`inverse_root_by_descent`](crate::inverse_root_by_descent) that of the inverse root. The
    /// descent ends as soon as the proof can succeed, which saves a step or two: near the end each
    /// step triples the number of digits.
    ///
    /// What is proven about the inverse that comes with a root, and about the smallest eigenvalue,
    /// gets worse with the tolerance, the bound of the inverse √κ times as much as that of the root, for
    /// the condition number κ of the matrix.
    ///
    /// Without a tolerance the result is as accurate as rounding allows, and accepted if its proven
    /// error is at most 2⁻¹⁰, and for a root also at most n·√ε.
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the number of steps of one square root after which the run ends at the latest; at
    /// least 1. About 5 to 17 are needed, 2 or 3 by tiny matrices.
    pub fn max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }

    /// Sets what watches the steps: a closure or any other
    /// [`Observer`](crate::descent::Observer).
    ///
    /// The parameters are the entries of X, column by column, which begins as the factor R of the
    /// scaled matrix and becomes orthogonal. The loss is ‖XᵀX − I‖²_F/n², and the gradient
    /// 4/n²·X·(XᵀX − I). An inverse fourth or eighth root is the root of a root: the observer sees
    /// the steps of each of them from step 0.
    pub fn observer<W>(self, observer: W) -> RootConfig<T, W> {
        RootConfig {
            tolerance: self.tolerance,
            max_steps: self.max_steps,
            observer,
        }
    }

    pub(super) fn validate(&self) -> Result<(), InputError<T>> {
        if let Some(tolerance) = self.tolerance {
            check_positive_fraction("tolerance", tolerance)?;
        }
        check_at_least_one("max_steps", self.max_steps)
    }

    /// The tolerance in `f64`, 0 if there is none.
    pub(super) fn goal(&self) -> f64 {
        self.tolerance.map_or(0.0, T::to_f64)
    }
}
