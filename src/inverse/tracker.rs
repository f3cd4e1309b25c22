//! The inverse of a matrix that changes.

use nalgebra::DMatrix;

use crate::descent::Silent;
use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::inverse::automatic::scaled_problem::{History, ScaledProblem};
use crate::inverse::automatic::target::Target;
use crate::inverse::certificate::Certificate;
use crate::inverse::config::Config;
use crate::inverse::config::DEFAULT_SEED;
use crate::inverse::error::InverseError;
use crate::inverse::invert::{failure, invert_by_descent, require_proof};
use crate::inverse::result::{Products, Route};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_positive_fraction, check_shape, check_square};
use crate::objective::Side;

/// Keeps the inverse of a matrix that changes, and refreshes it with as few products as possible.
///
/// How many products of n×n matrices a refresh takes depends on ‖I − X·M‖₂, where X is the previous
/// inverse and M the new matrix, both equilibrated. Counted in `f64`, the certificate included, for
/// n = 8 to 128, log-spaced singular values and κ up to 10⁴:
///
/// | from ‖I − X·M‖₂ of | 10⁻⁵ | 10⁻³ | 10⁻² | 10⁻¹ |
/// |---|---:|---:|---:|---:|
/// | to full accuracy | 6 | 7 | 8 | 9 |
/// | to a proven relative error of 10⁻⁶ | 2 or 3 | 3 or 4 | 4 or 5 | 6 |
///
/// At κ = 10⁶ it is the same from n = 32 on; small matrices may take one product more, or from
/// 10⁻¹ a second search, 18 products in all. If the matrix has changed too much, the search starts
/// from scratch.
///
/// # Example
///
/// ```
/// use matrix_descent::{InverseTracker, Route};
/// use nalgebra::dmatrix;
///
/// let mut tracker = InverseTracker::new(&dmatrix![4.0, 1.0; 2.0, 3.0])?;
/// let refresh = tracker.update(&dmatrix![4.001, 1.0; 2.0, 2.999])?;
/// assert_eq!(refresh.route, Route::Polished);
/// assert!(tracker.certificate().relative_error_bound() < 1e-15);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct InverseTracker<T: Real> {
    inverse: DMatrix<T>,
    certificate: Certificate,
    tolerance: Option<T>,
    workspace: Workspace<f64>,
}

/// What [`InverseTracker::update`] did, and what it cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackerUpdate {
    /// Whether the previous inverse was polished, repaired or not used.
    pub route: Route,
    /// The number of products of n×n matrices, including the certificate.
    pub products: Products,
}

impl<T: Real> InverseTracker<T> {
    /// Begins with the inverse of the n×n matrix `matrix`, to full accuracy.
    ///
    /// # Errors
    ///
    /// As [`invert_by_descent`].
    pub fn new(matrix: &DMatrix<T>) -> Result<Self, InverseError<T>> {
        let inversion = invert_by_descent(matrix, Config::default())?;
        Ok(Self {
            inverse: inversion.inverse,
            certificate: inversion.certificate,
            tolerance: None,
            workspace: Workspace::new(matrix.nrows(), DEFAULT_SEED),
        })
    }

    /// Sets the relative error that a refresh has to prove; in (0, 1).
    ///
    /// The error is ‖M⁻¹ − X‖∞/‖M⁻¹‖∞, in the norm of the [`Certificate`]. Without a tolerance,
    /// refreshes go to full accuracy.
    ///
    /// # Errors
    ///
    /// [`InputError::InvalidSetting`] for a tolerance outside its range.
    pub fn tolerance(mut self, tolerance: T) -> Result<Self, InputError<T>> {
        check_positive_fraction("tolerance", tolerance)?;
        self.tolerance = Some(tolerance);
        Ok(self)
    }

    /// Refreshes the inverse to that of `matrix`, n×n as before.
    ///
    /// # Errors
    ///
    /// [`InverseError::Input`] for a matrix that is not finite or has another size,
    /// [`InverseError::OutOfRange`], [`InverseError::Singular`] with the numerical rank, or
    /// [`InverseError::NotConverged`] if no inverse could be proven, or not to the tolerance. After
    /// an error the tracker keeps its inverse, and can be updated further.
    pub fn update(&mut self, matrix: &DMatrix<T>) -> Result<TrackerUpdate, InverseError<T>> {
        check_square("matrix", matrix)?;
        check_shape("matrix", matrix.shape(), self.inverse.shape())?;
        let problem = ScaledProblem {
            matrix,
            start: Some(self.inverse.clone()),
            target: (self.tolerance).map_or(Target::Full, |error| Target::Proven(error.to_f64())),
            max_steps: usize::MAX,
            history: History::AsItComes,
        };
        let candidate = problem.solve(&mut self.workspace, &mut Silent);
        let (route, products) = (candidate.route, candidate.products);
        let candidate = require_proof(matrix, Side::Left, candidate, self.tolerance)?;
        // A search that stalled may have proven something, but less than its target.
        if !candidate.report.stop_reason.is_convergence() {
            return Err(failure(matrix, Side::Left, candidate, self.tolerance));
        }
        self.inverse = candidate.inverse;
        self.certificate = candidate.certificate;
        Ok(TrackerUpdate { route, products })
    }

    /// The n×n inverse of the last matrix that had one.
    #[must_use]
    pub fn inverse(&self) -> &DMatrix<T> {
        &self.inverse
    }

    /// The bound of the error of [`inverse`](Self::inverse).
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}
