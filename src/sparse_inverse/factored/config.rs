//! The settings of a factored inverse.

use std::marker::PhantomData;

use crate::descent::{Observer, Silent};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_fraction;
use crate::sparse_inverse::pattern::{Growth, InversePattern};

/// How [`factored_inverse_by_descent`](crate::sparse_inverse::factored_inverse_by_descent) works;
/// every setting has a default.
///
/// | setting | default |
/// |---|---|
/// | [`pattern`](Self::pattern) | grown, up to 30 entries a row, 8 a step |
/// | [`tolerance`](Self::tolerance) | 0.03 |
/// | [`stored_as`](Self::stored_as) | the format of A |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// With the feature `serde` a configuration is saved without its observer and the format of G.
///
/// # Example
///
/// ```
/// use matrix_descent::sparse_inverse::{factored_inverse_by_descent, FactoredInverseConfig};
/// use matrix_descent::sparse_inverse::InversePattern;
/// use nalgebra::dmatrix;
/// use nalgebra_sparse::CsrMatrix;
///
/// let a = CsrMatrix::from(&dmatrix![2.0, -1.0, 0.0; -1.0, 2.0, -1.0; 0.0, -1.0, 2.0]);
/// // The lower triangle of A², which is all of it.
/// let config = FactoredInverseConfig::default().pattern(InversePattern::Power(2));
/// let inverse = factored_inverse_by_descent(&a, config)?;
/// assert_eq!(inverse.stored_entries(), 6);
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
pub struct FactoredInverseConfig<T: Real, S = T, O = Silent> {
    pub(super) pattern: InversePattern,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub(super) tolerance: T,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) storage: PhantomData<S>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) observer: O,
}

/// The only `Default`, so that `FactoredInverseConfig::default()` needs no type annotations.
impl<T: Real> Default for FactoredInverseConfig<T> {
    fn default() -> Self {
        Self {
            pattern: InversePattern::Grown(Growth::default().row_limit(30).entries_per_step(8)),
            tolerance: <T as Real>::from_f64(0.03),
            storage: PhantomData,
            observer: Silent,
        }
    }
}

impl<T: Real, S: Real, O> FactoredInverseConfig<T, S, O> {
    /// Sets where G may have entries; the lower triangle of the pattern counts.
    pub fn pattern(mut self, pattern: InversePattern) -> Self {
        self.pattern = pattern;
        self
    }

    /// Sets τ of a pattern that grows, in [0, 1): a row takes no entry j with
    /// |(G·A)ᵢⱼ| ≤ τ·√aⱼⱼ, where i is the row.
    ///
    /// An entry at this bound lowers ψᵢ by about the fraction τ². With 0 every row grows to its
    /// limit, or to all entries that could lower ψᵢ.
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the format that G is stored in: an entry takes eight bytes in `f32`, twelve in `f64`.
    ///
    /// It saves memory more than time: with 216,000 unknowns `f32` was no faster. G is computed in `f64` in any case, and the products add up in the format of A. As a
    /// preconditioner, Gᵀ·G stays symmetric positive definite and as good.
    ///
    /// ```
    /// use matrix_descent::sparse_inverse::{factored_inverse_by_descent, FactoredInverseConfig};
    /// use matrix_descent::LinearMap;
    /// use nalgebra::dmatrix;
    /// use nalgebra_sparse::CsrMatrix;
    ///
    /// let a = CsrMatrix::from(&dmatrix![4.0, 1.0; 1.0, 3.0]);
    /// let config = FactoredInverseConfig::default().stored_as::<f32>();
    /// let inverse = factored_inverse_by_descent(&a, config)?;
    /// let mut x = [0.0_f64; 2];
    /// inverse.apply(&[5.0, 4.0], &mut x);
    /// assert!((x[0] - 1.0).abs() < 1e-6 && (x[1] - 1.0).abs() < 1e-6);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn stored_as<F: Real>(self) -> FactoredInverseConfig<T, F, O> {
        FactoredInverseConfig {
            pattern: self.pattern,
            tolerance: self.tolerance,
            storage: PhantomData,
            observer: self.observer,
        }
    }

    /// Sets what watches the run: a closure or any other [`Observer`], such as
    /// `ProgressBar::steps(n)` for n rows.
    ///
    /// It is called up to 256 times, with the number of rows done as the step, and as the loss the
    /// mean of ψᵢ/aᵢᵢ over these rows; there are no parameters and no gradient. A `Break` before the
    /// last row ends the run with
    /// [`FactoredInverseError::Stopped`](crate::sparse_inverse::FactoredInverseError::Stopped).
    pub fn observer<W: Observer<T>>(self, observer: W) -> FactoredInverseConfig<T, S, W> {
        FactoredInverseConfig {
            pattern: self.pattern,
            tolerance: self.tolerance,
            storage: PhantomData,
            observer,
        }
    }

    pub(super) fn validate(&self, order: usize) -> Result<(), InputError<T>> {
        check_fraction("tolerance", self.tolerance)?;
        self.pattern.validate(order)
    }
}
