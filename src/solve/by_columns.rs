//! The solution of a linear system: its right-hand sides, some at a time.

use nalgebra::{DMatrix, Dim, Dyn, Matrix, VecStorage};
use smallvec::SmallVec;

use crate::descent::Observer;
use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_entries, check_not_empty, check_shape};
use crate::solve::config::{SolveConfig, SolveProblem};
use crate::solve::descent::{Side, Stagnation, SystemSettings, Watch};
use crate::solve::error::SolveError;
use crate::solve::operator::norm_estimate::estimate_asymmetry;
use crate::solve::scaled_runs::ScaledRuns;
use crate::solve::solution::Solution;

/// Solves A·X = B by descent, in the least-squares sense if the system has no solution.
///
/// A is m×n, of any shape and rank: a matrix or any other [`LinearMap`]. B is m×k, a vector or a
/// matrix, and X is n×k. If there are several solutions, the default start leads to the one of
/// minimum norm, except with [`SolveProblem::General`], which finds any of them.
///
/// For each column b of B the function ½‖A·x − b‖² + λ/2·‖x‖² is minimised by conjugate gradients
/// (gradient descent with exact momentum) or by another [`SolveMethod`](crate::solve::SolveMethod).
/// **If A is symmetric positive definite, choose [`SolveProblem::PositiveDefinite`]**: the number
/// of steps grows with √κ instead of κ. For other square systems that are well conditioned,
/// [`SolveProblem::General`] needs no Aᵀ.
///
/// `Ok` means that each column passed a test of the residual and gradient, computed again from A
/// and b: the system is solved, or the least-squares problem is, to the tolerance or as well as
/// rounding allows; or the residual is as small as you asked, or within the noise.
/// [`Solution::acceptances`] names the test. **The tolerance is a backward error**
/// ([`SolveConfig::tolerance`]); for ‖A·x − b‖ ≤ η·‖b‖ use [`SolveConfig::relative_residual`].
///
/// Every column of A counts relative to its own length, where the lengths are known
/// ([`LinearMap::column_norms`]; for matrices they are). So the units of the unknowns make no
/// difference: if the lengths differ by more than a factor of 8, m ≥ n or λ > 0, and no
/// preconditioner or noise is given, the descent is over the unknowns of columns of similar
/// lengths. If that shows the columns to be linearly dependent to working precision, the descent
/// begins again without scaling, since the solution of minimum norm depends on the units.
///
/// **Several columns of B descend in lock step** where that is worthwhile,
/// [`LinearMap::block_width`] of them at a time and at most 32: each product, also with the
/// preconditioner, is one block product for all columns that have not ended. Every column keeps its
/// own step lengths, tests, restarts and report, so that it goes the way that it goes alone: to the
/// last bit for sparse matrices, and to rounding for dense ones. A column takes the memory of about
/// ten solutions while it descends, and that of its directions for a general system, of which fewer
/// descend at a time.
///
/// Conjugate gradients take about κ steps, or √κ for a definite matrix, where κ is the largest
/// singular value divided by the smallest nonzero one. For small dense systems use a factorisation;
/// descent pays off if A is large and sparse or known only by its products, if you have a good
/// start or preconditioner, or if you want to stop early.
///
/// Each step takes one product with A and one with Aᵀ (for a definite matrix only the one with A),
/// and allocates nothing, except for histories beyond 8·n + 64 steps, or 4096 steps in all, and for
/// what [`LinearMap::apply_block`] allocates. Before the first step, up to 44
/// products estimate the norm of A and check its adjoint, or up to 10 for a general system, without
/// the adjoint; a preconditioner takes as many. If the
/// columns are scaled, the search for dependent columns takes about as many steps as the first
/// column of B, at most about four times as many. To use any other optimizer, minimise
/// [`LinearSystem`](crate::objective::LinearSystem).
///
/// # Errors
///
/// - [`SolveError::Input`] if A or B is empty or not finite, their shapes do not fit, a definite or
///   general matrix is not square, or a setting can't be used;
/// - [`SolveError::NotPositiveDefinite`] if a matrix or preconditioner that has to be positive
///   definite is not;
/// - [`SolveError::ProductNotFinite`] if the first products of A or of a preconditioner are not
///   finite, or, with the best iterates, any product of a general system;
/// - [`SolveError::AdjointMismatch`] if those products show that [`LinearMap::apply_adjoint`] is
///   not the adjoint of [`LinearMap::apply`];
/// - [`SolveError::NotSymmetric`], with the best iterates, if a definite problem was not solved and
///   its matrix is not symmetric;
/// - [`SolveError::Stagnated`] or [`SolveError::Singular`], with the best iterates, if the residual of a
///   general system went no lower;
/// - [`SolveError::OutOfRange`] if the format can't hold the solution;
/// - [`SolveError::NotConverged`], with the best iterates, if a column reached a limit first.
///
/// # Source
///
/// Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", 1952; Björck,
/// Elfving and Strakoš, "Stability of conjugate gradient and Lanczos methods for linear least
/// squares problems", 1998; van der Sluis, "Condition numbers and equilibration of matrices", 1969.
///
/// # Example
///
/// ```
/// use matrix_descent::{solve_by_descent, SolveConfig};
/// use nalgebra::{dmatrix, dvector};
///
/// // The line through (0, 1), (1, 3), (2, 4) and (3, 4), nearly.
/// let a = dmatrix![1.0, 0.0; 1.0, 1.0; 1.0, 2.0; 1.0, 3.0];
/// let found = solve_by_descent(&a, &dvector![1.0, 3.0, 4.0, 4.0], SolveConfig::default())?;
/// assert!((found.solution - dvector![1.5, 1.0]).norm() < 1e-13);
/// assert!((found.backward_errors[0].residual - 1.0_f64).abs() < 1e-13);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn solve_by_descent<T, A, C, P, O>(
    a: &A,
    b: &Matrix<T, Dyn, C, VecStorage<T, Dyn, C>>,
    config: SolveConfig<T, P, O>,
) -> Result<Solution<T>, SolveError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    C: Dim,
    P: LinearMap<T>,
    O: Observer<T>,
{
    let SolveConfig {
        problem,
        method,
        start,
        ridge,
        noise,
        preconditioner,
        target,
        max_steps,
        restart,
        mut observer,
    } = config;
    let config = SolveConfig {
        problem,
        method,
        start,
        ridge,
        noise,
        preconditioner: preconditioner.as_ref().map(|map| map as &dyn LinearMap<T>),
        target,
        max_steps,
        restart,
        observer: &mut observer as &mut dyn Observer<T>,
    };
    compute(&a, b.as_slice(), b.shape(), config)
}

/// Compiled once for all maps and observers.
fn compute<T: Real>(
    a: &dyn LinearMap<T>,
    b: &[T],
    shape: (usize, usize),
    config: SolveConfig<T, &dyn LinearMap<T>, &mut dyn Observer<T>>,
) -> Result<Solution<T>, SolveError<T>> {
    a.validate("matrix")?;
    let (rows, columns) = (a.rows(), a.columns());
    if config.problem != SolveProblem::LeastSquares && rows != columns {
        return Err(InputError::NotSquare {
            argument: "matrix",
            rows,
            columns,
        }
        .into());
    }
    let (length, sides) = shape;
    check_not_empty("right-hand side", length, sides)?;
    check_shape("right-hand side", shape, (rows, sides))?;
    check_entries("right-hand side", b, rows)?;
    config.validate(columns, sides)?;
    let problem = config.problem;
    let settings = SystemSettings {
        problem,
        method: config.method,
        ridge: config.ridge,
        noise: config.noise,
        target: config.target,
        max_steps: config.max_steps,
        restart: config.restart,
    };
    let mut solution = config
        .start
        .unwrap_or_else(|| DMatrix::zeros(columns, sides));
    let is_preconditioned = config.preconditioner.is_some();
    let mut runs = ScaledRuns::new(a, config.preconditioner.as_ref(), settings)?;
    let watch = Watch::new(config.observer);
    let mut backward_errors = Vec::with_capacity(sides);
    let mut stagnations = Vec::new();
    let (mut reports, mut acceptances) = (Vec::with_capacity(sides), Vec::with_capacity(sides));
    let mut pairs = (b.chunks_exact(rows))
        .zip(solution.as_mut_slice().chunks_exact_mut(columns))
        .map(|(b, solution)| Side { b, solution });
    let mut group: SmallVec<[Side<'_, T>; 1]> = SmallVec::new();
    loop {
        group.clear();
        group.extend(pairs.by_ref().take(runs.most_together()));
        if group.is_empty() {
            break;
        }
        let found = runs.run(&mut group, &watch);
        let found = found.map_err(|(index, error)| in_column(error, reports.len() + index))?;
        for result in found {
            backward_errors.push(result.error);
            reports.push(result.report);
            acceptances.push(result.acceptance);
            stagnations.push(result.stagnation);
        }
    }
    drop(group);
    let failed = acceptances.iter().position(Option::is_none);
    let found = Solution {
        solution,
        backward_errors,
        acceptances,
        reports,
        norm_estimate: runs.norm_estimate(),
        condition_estimate: runs.condition_estimate(),
    };
    match failed {
        None => Ok(found),
        Some(column) => {
            let best = Box::new(found);
            Err(match stagnations[column] {
                Some(Stagnation::Cycle { ratio }) => SolveError::Stagnated {
                    column,
                    restart: settings.cycle(),
                    ratio,
                    best,
                },
                Some(Stagnation::Dependent { part }) => SolveError::Singular {
                    argument: if is_preconditioned {
                        "product of the matrix and the preconditioner"
                    } else {
                        "matrix"
                    },
                    column,
                    part,
                    best,
                },
                Some(Stagnation::NotFinite { steps }) => SolveError::ProductNotFinite {
                    steps,
                    best: Some(best),
                },
                None => failure(a, problem, column, best),
            })
        }
    }
}

/// The error for a column that passed no test.
fn failure<T: Real, A: LinearMap<T> + ?Sized>(
    a: &A,
    problem: SolveProblem,
    column: usize,
    best: Box<Solution<T>>,
) -> SolveError<T> {
    if problem == SolveProblem::PositiveDefinite {
        let asymmetry = estimate_asymmetry(a);
        // Less than this comes from rounding, and hardly hinders a descent.
        if asymmetry > T::EPSILON.sqrt() {
            return SolveError::NotSymmetric {
                asymmetry,
                column,
                best,
            };
        }
    }
    SolveError::NotConverged { column, best }
}

/// Adds the column to the error of a run.
fn in_column<T: Real>(error: SolveError<T>, column: usize) -> SolveError<T> {
    match error {
        SolveError::OutOfRange { row, .. } => SolveError::OutOfRange { row, column },
        other => other,
    }
}
