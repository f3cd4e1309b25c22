//! The settings of a sparse inverse.

use crate::descent::{Observer, Silent};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_fraction;
use crate::objective::Side;
use crate::sparse_inverse::pattern::{Growth, InversePattern};

/// How [`sparse_inverse_by_descent`](crate::sparse_inverse::sparse_inverse_by_descent) works; every
/// setting has a default.
///
/// | setting | default |
/// |---|---|
/// | [`pattern`](Self::pattern) | grown, up to 10 entries a row, 3 a step |
/// | [`tolerance`](Self::tolerance) | 0.2 |
/// | [`side`](Self::side) | [`Side::Left`] |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// With the feature `serde` a configuration is saved without its observer.
///
/// # Example
///
/// ```
/// use matrix_descent::sparse_inverse::{Growth, InversePattern};
/// use matrix_descent::{sparse_inverse_by_descent, SparseInverseConfig};
/// use nalgebra::dmatrix;
/// use nalgebra_sparse::CsrMatrix;
///
/// let m = CsrMatrix::from(&dmatrix![4.0, 1.0, 0.0; 0.0, 4.0, 1.0; 1.0, 0.0, 4.0]);
/// let pattern = InversePattern::Grown(Growth::default().row_limit(2));
/// let config = SparseInverseConfig::default().pattern(pattern).tolerance(0.01);
/// let found = sparse_inverse_by_descent(&m, config)?;
/// assert_eq!(found.inverse().nnz(), 6);
/// assert_eq!(found.rows_missed(), 3);
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
pub struct SparseInverseConfig<T: Real, O = Silent> {
    pub(super) pattern: InversePattern,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub(super) tolerance: T,
    pub(super) side: Side,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) observer: O,
}

/// The only `Default`, so that `SparseInverseConfig::default()` needs no type annotations.
impl<T: Real> Default for SparseInverseConfig<T> {
    fn default() -> Self {
        Self {
            pattern: InversePattern::Grown(Growth::default()),
            tolerance: <T as Real>::from_f64(0.2),
            side: Side::Left,
            observer: Silent,
        }
    }
}

impl<T: Real, O> SparseInverseConfig<T, O> {
    /// Sets where X may have entries.
    ///
    /// [`InversePattern::Given`] is taken as it is, with the diagonal or without. On the right side
    /// the columns of X grow, each to the limit for a row.
    pub fn pattern(mut self, pattern: InversePattern) -> Self {
        self.pattern = pattern;
        self
    }

    /// Sets the length of a row of X·M − I (a column of M·X − I) at which it ends to grow; in
    /// [0, 1).
    ///
    /// Rows that remain above it are counted
    /// ([`SparseInversion::rows_missed`](crate::sparse_inverse::SparseInversion::rows_missed)), with
    /// any pattern. No row is longer than 1, the length for a row of zeros.
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets what is minimised: ‖X·M − I‖_F with [`Side::Left`], row by row of X, or ‖M·X − I‖_F with
    /// [`Side::Right`], column by column. Rows of one side are not independent on the other, so
    /// [`Side::Both`] is refused.
    ///
    /// Take the side that X stands on as a preconditioner: the right one for
    /// [`SolveProblem::General`](crate::solve::SolveProblem::General). Without one, take the right side
    /// if columns of M differ in length more than rows do.
    pub fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    /// Sets what watches the run: a closure or any other [`Observer`], such as
    /// `ProgressBar::steps(n)` for n rows.
    ///
    /// It is called up to 256 times, with the number of rows done as the step, and as the loss the
    /// mean of the squared lengths of these rows of X·M − I; there are no parameters and no gradient.
    /// A `Break` before the last row ends the run with
    /// [`SparseInverseError::Stopped`](crate::sparse_inverse::SparseInverseError::Stopped).
    pub fn observer<W: Observer<T>>(self, observer: W) -> SparseInverseConfig<T, W> {
        SparseInverseConfig {
            pattern: self.pattern,
            tolerance: self.tolerance,
            side: self.side,
            observer,
        }
    }

    pub(super) fn validate(&self, order: usize) -> Result<(), InputError<T>> {
        check_fraction("tolerance", self.tolerance)?;
        self.pattern.validate(order)
    }
}
