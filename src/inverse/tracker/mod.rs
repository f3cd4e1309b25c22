//! The inverse of a matrix that changes.

mod bordering;
mod bound;
mod change;
mod low_rank;
mod memory;
mod norms;
mod passes;
mod refresh;
mod small;

use nalgebra::{DMatrix, Dim, Dyn, Matrix, VecStorage};

use crate::descent::Silent;
use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::inverse::automatic::scaled_problem::{History, ScaledProblem};
use crate::inverse::automatic::target::Target;
use crate::inverse::certificate::Certificate;
use crate::inverse::config::{Config, DEFAULT_SEED};
use crate::inverse::error::InverseError;
use crate::inverse::invert::{failure, invert_by_descent, require_proof};
use crate::inverse::result::{Candidate, Products, Route};
use crate::inverse::solution::error::SolutionError;
use crate::inverse::solution::{ProvenSolution, solve_with_proof};
use crate::inverse::tracker::memory::LowRankMemory;
use crate::inverse::tracker::norms::Norms;
use crate::inverse::tracker::refresh::symmetrize;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::rounding::underflow_of_sum;
use crate::numerics::validation::{check_positive_fraction, check_shape, check_square};
use crate::objective::Side;

/// Keeps the inverse of a matrix that changes, with a proof of its error after each change.
///
/// Changes of low rank take O(n²) operations: [`update_low_rank`](Self::update_low_rank), with
/// forgetting [`update_low_rank_scaled`](Self::update_low_rank_scaled), and
/// [`append`](Self::append) and [`remove`](Self::remove) for a row and a column. Where all entries
/// change, [`update`](Self::update) takes the new matrix and as few products as possible.
///
/// How many products of n×n matrices that takes depends on ‖I − X·M‖₂, where X is the previous
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
    matrix: DMatrix<T>,
    inverse: DMatrix<T>,
    certificate: Certificate,
    tolerance: Option<T>,
    is_symmetric: bool,
    norms: Norms,
    low_rank: LowRankMemory<T>,
    work: TrackerWork,
    workspace: Workspace<f64>,
}

/// What an update of an [`InverseTracker`] did, and what it cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TrackerUpdate {
    /// Whether the previous inverse was updated by a formula, polished, repaired or not used.
    pub route: Route,
    /// The number of products of n×n matrices, including the certificate.
    pub products: Products,
}

/// What all updates of an [`InverseTracker`] have cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TrackerWork {
    /// The updates that took no product of n×n matrices.
    pub cheap_updates: usize,
    /// The updates that took products.
    pub refreshes: usize,
    /// The number of products of n×n matrices, including the certificates.
    pub products: usize,
}

impl<T: Real> InverseTracker<T> {
    /// Begins with the inverse of the n×n matrix `matrix`, to full accuracy.
    ///
    /// # Errors
    ///
    /// As [`invert_by_descent`].
    pub fn new(matrix: &DMatrix<T>) -> Result<Self, InverseError<T>> {
        let inversion = invert_by_descent(matrix, Config::default())?;
        let norms = Norms::new(matrix, &inversion.inverse, inversion.certificate.scaling());
        let mut tracker = Self {
            matrix: matrix.clone(),
            inverse: inversion.inverse,
            certificate: inversion.certificate,
            tolerance: None,
            is_symmetric: is_symmetric(matrix),
            norms,
            low_rank: LowRankMemory::default(),
            work: TrackerWork::default(),
            workspace: Workspace::new(matrix.nrows(), DEFAULT_SEED),
        };
        tracker.make_symmetric();
        Ok(tracker)
    }

    /// Sets the relative error that a refresh has to prove; in (0, 1).
    ///
    /// The error is ‖M⁻¹ − X‖∞/‖M⁻¹‖∞, in the norm of the [`Certificate`]. Without a tolerance,
    /// [`update`](Self::update) goes to full accuracy, and
    /// [`update_low_rank`](Self::update_low_rank) keeps the bound below √ε: 1.5·10⁻⁸ in `f64` and
    /// 3.5·10⁻⁴ in `f32`.
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
    /// If `matrix` differs from [`matrix`](Self::matrix) in a few rows or columns only,
    /// [`update_low_rank`](Self::update_low_rank) is far cheaper: for new rows i, j, …, the columns
    /// of U are eᵢ, eⱼ, … and those of V the changes of these rows.
    ///
    /// # Errors
    ///
    /// [`InverseError::Input`] for a matrix that is not finite or has another size,
    /// [`InverseError::OutOfRange`], [`InverseError::Singular`] with the numerical rank, or
    /// [`InverseError::NotConverged`] if no inverse could be proven, or not to the tolerance. After
    /// an error the tracker keeps its matrix and its inverse, and can be updated further.
    pub fn update(&mut self, matrix: &DMatrix<T>) -> Result<TrackerUpdate, InverseError<T>> {
        check_square("matrix", matrix)?;
        check_shape("matrix", matrix.shape(), self.inverse.shape())?;
        let target = (self.tolerance).map_or(Target::Full, |error| Target::Proven(error.to_f64()));
        let start = self.inverse.clone();
        let candidate = search(matrix, start, (target, self.tolerance), &mut self.workspace)?;
        self.matrix.copy_from(matrix);
        self.is_symmetric = is_symmetric(matrix);
        Ok(self.adopt(candidate))
    }

    /// The n×n inverse of the last matrix that had one.
    #[must_use]
    pub fn inverse(&self) -> &DMatrix<T> {
        &self.inverse
    }

    /// The n×n matrix whose inverse this is: the last one given, with all changes since, each
    /// rounded to the format.
    #[must_use]
    pub fn matrix(&self) -> &DMatrix<T> {
        &self.matrix
    }

    /// The bound of the error of [`inverse`](Self::inverse).
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Solves M·X = B with a proven bound of the error of every component, where M is
    /// [`matrix`](Self::matrix); B is n×k, a vector or a matrix, and X is n×k.
    ///
    /// [`Inversion::solve`](crate::inverse::Inversion::solve) says how. The last digits are right at
    /// any tolerance of the tracker, where κ is not too large: the tolerance says how much each
    /// correction of X·b leaves.
    ///
    /// # Errors
    ///
    /// As [`Inversion::solve`](crate::inverse::Inversion::solve).
    ///
    /// # Example
    ///
    /// ```
    /// use matrix_descent::InverseTracker;
    /// use nalgebra::{dmatrix, dvector};
    ///
    /// // The weights of a portfolio of minimum variance, up to their sum.
    /// let mut tracker = InverseTracker::new(&dmatrix![4.0, 1.0; 1.0, 3.0])?;
    /// let day = dmatrix![1.0; 1.0];
    /// tracker.update_low_rank(&day, &day)?;
    /// let weights = tracker.solve(&dvector![1.0, 1.0])?;
    /// let error = weights.solution - dmatrix![2.0; 3.0] / 16.0;
    /// assert!(error.amax() <= weights.error_bounds.max());
    /// assert!(weights.error_bounds.max() < 1e-16);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn solve<C: Dim>(
        &self,
        b: &Matrix<T, Dyn, C, VecStorage<T, Dyn, C>>,
    ) -> Result<ProvenSolution<T>, SolutionError<T>> {
        solve_with_proof(&self.matrix, &self.inverse, &self.certificate, b)
    }

    /// What all updates so far have cost.
    #[must_use]
    pub fn work(&self) -> TrackerWork {
        self.work
    }

    /// Takes the result of a search as the inverse of `self.matrix`.
    fn adopt(&mut self, candidate: Candidate<T>) -> TrackerUpdate {
        let (route, products) = (candidate.route, candidate.products);
        self.inverse = candidate.inverse;
        self.certificate = candidate.certificate;
        let scaling = self.certificate.scaling();
        self.norms = Norms::new(&self.matrix, &self.inverse, scaling);
        self.make_symmetric();
        self.low_rank.restart_count();
        self.work.refreshes += 1;
        self.work.products += products.total();
        TrackerUpdate { route, products }
    }

    /// Makes the inverse of a symmetric matrix symmetric, to the last bit, unless its bound would
    /// pass the tolerance.
    fn make_symmetric(&mut self) {
        if !self.is_symmetric || is_symmetric(&self.inverse) {
            return;
        }
        let n = self.matrix.nrows();
        let mut sums = vec![underflow_of_sum(n); n];
        let mut inverse = self.inverse.clone();
        symmetrize(&mut inverse, &self.norms.inverse_rows, &mut sums);
        let distance = self.norms.norm_of_inverse(&sums);
        self.norms.measure_inverse(&inverse, &mut sums);
        let matrix_norm = self.norms.norm_of_matrix();
        let proof = self.certificate.left_proof();
        let moved = proof.moved(distance, self.norms.inverse_norm, matrix_norm);
        if moved.relative <= self.low_rank_tolerance() {
            self.certificate.replace_bounds(moved, matrix_norm);
            self.inverse = inverse;
        } else {
            self.norms.measure_inverse(&self.inverse, &mut sums);
        }
    }
}

/// Whether mᵢⱼ = mⱼᵢ for all entries.
fn is_symmetric<T: Real>(matrix: &DMatrix<T>) -> bool {
    let n = matrix.nrows();
    (0..n).all(|j| (0..j).all(|i| matrix[(i, j)] == matrix[(j, i)]))
}

/// The inverse of `matrix` from this start, proven to the tolerance if there is one.
fn search<T: Real>(
    matrix: &DMatrix<T>,
    start: DMatrix<T>,
    (target, tolerance): (Target, Option<T>),
    workspace: &mut Workspace<f64>,
) -> Result<Candidate<T>, InverseError<T>> {
    let problem = ScaledProblem {
        matrix,
        start: Some(start),
        target,
        max_steps: usize::MAX,
        history: History::AsItComes,
    };
    let candidate = problem.solve(workspace, &mut Silent);
    let candidate = require_proof(matrix, Side::Left, candidate, tolerance)?;
    let proven = candidate.certificate.relative_error_bound();
    let is_reached = match tolerance {
        Some(tolerance) => proven <= tolerance.to_f64(),
        // A search that stalled may have proven something, but less than its target.
        None => candidate.report.stop_reason.is_convergence(),
    };
    if is_reached {
        Ok(candidate)
    } else {
        Err(failure(matrix, Side::Left, candidate, tolerance))
    }
}
