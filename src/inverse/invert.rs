//! The call: checks the input, runs the method, and accepts or refuses what it found.

use nalgebra::DMatrix;

use crate::descent::{Observer, StopReason};
use crate::inverse::config::Config;
use crate::inverse::error::{InverseError, check_in_range};
use crate::inverse::method::{Method, Problem};
use crate::inverse::result::{Candidate, Goal, Inversion};
use crate::numerics::real::Real;
use crate::numerics::validation::check_square;
use crate::objective::Side;

/// Inverts the n×n matrix `matrix` by descent on the distance of X·M from the identity.
///
/// The loss is mean((X·M − I)²) over the n² entries, its gradient 2/n²·(X·M − I)·Mᵀ. By default it
/// is minimised by momentum in the natural metric ([`Automatic`](crate::inverse::Automatic)), which
/// needs about log κ steps where plain gradient descent needs κ², and ends with the correctly
/// rounded inverse to about an ulp; [`Config::optimizer`] follows the plain gradient with any
/// optimizer.
///
/// `Ok` means: the certificate proves that the matrix is invertible and bounds the error of the
/// inverse. If there is a tolerance (you set one, or an optimizer brings its default), the
/// residual, computed again from `matrix` itself after the run, is also within it.
///
/// With an optimizer that keeps X in a set
/// ([`Compose::projected`](crate::optimizer::Compose::projected)) it finds the best approximate
/// inverse with that structure, the minimum of ‖X·M − I‖_F over the set. Then `Ok` means: the
/// matrix is proven invertible, and either X is its inverse as above, or
/// [`Inversion::is_constrained_optimum`] holds and no matrix of the set has a residual smaller by
/// more than the tolerance times that of X ([`Optimality`](crate::inverse::Optimality)).
///
/// For a one-off inverse of a dense matrix, use LU. The fastest way to a proof and to the last
/// digit is a fast LU, then [`polish_inverse`](crate::inverse::polish_inverse): the same bound in
/// fewer products.
/// Descent from scratch pays if you want no factorisation, want to watch the inverse take shape, or
/// need an inverse with structure; descent from a good start is faster than from scratch.
///
/// # Errors
///
/// - [`InverseError::Input`] if the matrix is empty, not square or not finite, if the given start
///   has another shape or is not finite, or if a setting is outside its range;
/// - [`InverseError::OutOfRange`] if the entries of the inverse are too large for the format, or if
///   entries that count are too small for it;
/// - [`InverseError::Singular`], with the numerical rank, if the matrix has no inverse to working
///   precision;
/// - [`InverseError::Diverged`] if the loss diverged, usually because the learning rate is too
///   large; for [`Sgd`](crate::optimizer::Sgd) it names the limit;
/// - [`InverseError::NotConverged`] if the run ended above the tolerance, or without a proof.
///
/// The last three carry the best iterate with its residual and history.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Config};
/// use nalgebra::{dmatrix, DMatrix};
///
/// let m = dmatrix![2.0, 1.0; 1.0, 3.0];
/// let inversion = invert_by_descent(&m, Config::default())?;
/// assert!((&inversion.inverse * &m - DMatrix::identity(2, 2)).norm() < 1e-15);
/// assert!(inversion.certificate.relative_error_bound() < 1e-15);
/// assert_eq!(inversion.report.losses.len(), inversion.report.steps + 1);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn invert_by_descent<T, M, O>(
    matrix: &DMatrix<T>,
    config: Config<T, M, O>,
) -> Result<Inversion<T>, InverseError<T>>
where
    T: Real,
    M: Method<T>,
    O: Observer<T>,
{
    check_square("matrix", matrix)?;
    config.validate()?;
    config.start.validate(matrix)?;
    let tolerance = config.tolerance.or(M::default_tolerance(matrix.nrows()));
    let side = config.side;
    let mut problem = Problem {
        matrix,
        start: config.start,
        side,
        seed: config.seed,
        tolerance,
        goal: Goal::ByTolerance,
        max_steps: config.max_steps,
    };
    let (method, mut observer) = (config.method, config.observer);
    let mut earlier = None;
    loop {
        let candidate = method.descend(&problem, &mut observer)?;
        let next = candidate.next_search;
        let mut found = judge(matrix, side, candidate, tolerance);
        if let Some(earlier) = earlier.take() {
            found = after(found, earlier);
        }
        match (found, next) {
            (Err(error), Some(next)) => {
                earlier = Some(error);
                problem.goal = next.goal;
                problem.max_steps = next.max_steps;
            }
            (found, _) => return found,
        }
    }
}

/// The result of a search, with the cost of one before that failed; of two errors, the one with the
/// better iterate.
fn after<T: Real>(
    found: Result<Inversion<T>, InverseError<T>>,
    earlier: InverseError<T>,
) -> Result<Inversion<T>, InverseError<T>> {
    match found {
        Ok(mut found) => {
            if let Some(best) = earlier.best() {
                found.add_cost(best);
            }
            Ok(found)
        }
        Err(error) => {
            let (mut kept, other) = if is_better(&error, &earlier) {
                (error, earlier)
            } else {
                (earlier, error)
            };
            if let (Some(kept), Some(other)) = (kept.best_mut(), other.best()) {
                kept.add_cost(other);
            }
            Err(kept)
        }
    }
}

/// Whether this error tells more: of a smaller residual, or of an iterate where the other calls the
/// matrix singular.
fn is_better<T: Real>(error: &InverseError<T>, other: &InverseError<T>) -> bool {
    match (error, other) {
        (
            InverseError::NotConverged { best, .. },
            InverseError::NotConverged { best: other, .. },
        ) => best.residual < other.residual,
        (InverseError::NotConverged { .. }, _) => true,
        _ => false,
    }
}

/// Accepts or refuses what a search has found.
fn judge<T: Real>(
    matrix: &DMatrix<T>,
    side: Side,
    candidate: Candidate<T>,
    tolerance: Option<T>,
) -> Result<Inversion<T>, InverseError<T>> {
    let candidate = require_proof(matrix, side, candidate, tolerance)?;
    let learning_rate_limit = candidate.learning_rate_limit;
    let mut inversion = Inversion::new(matrix, side, candidate);
    if let Some(tolerance) = tolerance {
        inversion.verify_residual(matrix, side, tolerance);
    }
    let is_optimum = inversion.is_constrained_optimum();
    let stop_reason = &mut inversion.report.stop_reason;
    let is_accepted = match tolerance {
        Some(tolerance) => is_optimum || inversion.residual <= tolerance,
        None => stop_reason.is_convergence(),
    };
    // The method's own accuracy is a success only if it suffices.
    if tolerance.is_some() && *stop_reason == StopReason::Accuracy {
        *stop_reason = if is_accepted {
            StopReason::Loss
        } else {
            StopReason::Stalled
        };
    }
    if is_accepted {
        return Ok(inversion);
    }
    Err(unaccepted(inversion, tolerance, learning_rate_limit))
}

/// Accepts an inverse that is proven, or the best matrix of a set, and that the format can hold.
pub(super) fn require_proof<T: Real>(
    matrix: &DMatrix<T>,
    side: Side,
    candidate: Candidate<T>,
    tolerance: Option<T>,
) -> Result<Candidate<T>, InverseError<T>> {
    if candidate.rank.is_none() {
        check_in_range(&candidate.inverse)?;
        if let Some((row, column)) = candidate.underflow {
            return Err(InverseError::OutOfRange { row, column });
        }
        let is_optimum = candidate.report.stop_reason == StopReason::Stationary;
        if is_optimum || candidate.certificate.relative_error_bound() < 1.0 {
            return Ok(candidate);
        }
    }
    Err(failure(matrix, side, candidate, tolerance))
}

/// The error for a candidate that is no proven inverse.
pub(super) fn failure<T: Real>(
    matrix: &DMatrix<T>,
    side: Side,
    candidate: Candidate<T>,
    tolerance: Option<T>,
) -> InverseError<T> {
    let (rank, learning_rate_limit) = (candidate.rank, candidate.learning_rate_limit);
    let inversion = Inversion::new(matrix, side, candidate);
    match rank {
        Some(rank) => InverseError::Singular {
            rank,
            best: Box::new(inversion),
        },
        None => unaccepted(inversion, tolerance, learning_rate_limit),
    }
}

/// The error for an inverse of a matrix that is not singular, if it falls short of the target.
fn unaccepted<T: Real>(
    inversion: Inversion<T>,
    tolerance: Option<T>,
    learning_rate_limit: Option<T>,
) -> InverseError<T> {
    let best = Box::new(inversion);
    let report = &best.report;
    match report.stop_reason {
        StopReason::Diverged => InverseError::Diverged {
            steps: report.steps,
            loss: report.losses.last().copied().unwrap_or_default(),
            learning_rate_limit,
            best,
        },
        _ => InverseError::NotConverged { tolerance, best },
    }
}
