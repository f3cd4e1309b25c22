//! The settings of an SVD.

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
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct SvdConfig {
    pub(super) vectors: Vectors,
    pub(super) max_sweeps: usize,
}

impl Default for SvdConfig {
    fn default() -> Self {
        Self {
            vectors: Vectors::default(),
            max_sweeps: 60,
        }
    }
}

impl SvdConfig {
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

    pub(super) fn validate<T: Real>(self) -> Result<(), InputError<T>> {
        check_at_least_one("max_sweeps", self.max_sweeps)
    }
}
