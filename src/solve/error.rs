//! How the solution of a linear system fails.

use super::solution::Solution;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;

/// Why a linear system was not solved, with the best iterates if there are any.
///
/// # Example
///
/// ```
/// use matrix_descent::solve::SolveError;
/// use matrix_descent::{solve_by_descent, SolveConfig, SolveProblem};
/// use nalgebra::{dmatrix, dvector};
///
/// let indefinite = dmatrix![1.0, 0.0; 0.0, -1.0];
/// let config = SolveConfig::default().problem(SolveProblem::PositiveDefinite);
/// let error = solve_by_descent(&indefinite, &dvector![0.0, 1.0], config).unwrap_err();
/// assert!(matches!(error, SolveError::NotPositiveDefinite { argument: "matrix", .. }));
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SolveError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// A matrix or preconditioner has to be symmetric positive definite and is not: its curvature
    /// along a direction is negative, or it is 0 and the function falls along it for ever.
    #[error(
        "the {argument} is not positive definite: \
         along one direction its curvature is {curvature:e} times its norm"
    )]
    NotPositiveDefinite {
        /// Which argument.
        argument: &'static str,
        /// pᵀ·A·p/(‖A‖·pᵀp) for a direction p that the descent met.
        curvature: T,
    },

    /// The solution overflows, or underflow costs it more than rounding does.
    #[error("the solution leaves the range of the number format in row {row}, column {column}")]
    OutOfRange {
        /// The row of the first such entry, from 0.
        row: usize,
        /// Its column, the first with such an entry, from 0.
        column: usize,
    },

    /// For a definite problem the matrix has to be symmetric and is not.
    #[error(
        "the matrix is not symmetric: for a random v, A·v and Aᵀ·v differ by {asymmetry:e} times \
         the length of A·v; column {column} of the right-hand side has no solution by descent"
    )]
    NotSymmetric {
        /// ‖A·v − Aᵀ·v‖/‖A·v‖ for a random vector v.
        asymmetry: T,
        /// The first column that did not converge, from 0.
        column: usize,
        /// The best iterates of all columns, with their backward errors and histories.
        best: Box<Solution<T>>,
    },

    /// The descent ended before a solution was good enough.
    ///
    /// What helps:
    ///
    /// - if the condition number is large because the unknowns have different units, or because a
    ///   column is nearly constant (time stamps, coordinates far from the origin): scale the
    ///   columns, or centre them by subtracting their means; the solver scales by itself where it
    ///   knows the lengths of the columns;
    /// - a [preconditioner](crate::solve::SolveConfig::preconditioner) or a
    ///   [ridge](crate::solve::SolveConfig::ridge);
    /// - for a small dense matrix, a QR factorisation;
    /// - for a [relative residual](crate::solve::SolveConfig::relative_residual) that the
    ///   least-squares solution does not have: a larger one.
    #[error(
        "no solution for column {column} of the right-hand side{}",
        end_of_column(best, *column)
    )]
    NotConverged {
        /// The first column that did not converge, from 0.
        column: usize,
        /// The best iterates of all columns, with their backward errors and histories.
        best: Box<Solution<T>>,
    },

    /// For a general system the residual no longer falls from one restart to the next.
    ///
    /// What helps: a longer [`restart`](crate::solve::SolveConfig::restart), up to n steps; a
    /// [preconditioner](crate::solve::SolveConfig::preconditioner); for a small dense matrix, an LU
    /// factorisation; if A·x = b has no solution,
    /// [`LeastSquares`](crate::solve::SolveProblem::LeastSquares).
    #[error(
        "the residual of column {column} of the right-hand side stagnates: the last restart of {} \
         left {ratio:.6} of it; raise the restart, or give a preconditioner{}",
        counted(*restart, "step"),
        end_of_column(best, *column)
    )]
    Stagnated {
        /// The first column that did not converge, from 0.
        column: usize,
        /// The steps from one restart to the next.
        restart: usize,
        /// ‖b − A·x‖ after the last restart divided by that before it.
        ratio: T,
        /// The best iterates of all columns, with their backward errors and histories.
        best: Box<Solution<T>>,
    },

    /// For a general system the directions are exhausted before the residual is small: A, or A·P with
    /// a preconditioner P, is singular to working precision, and x was not found among them.
    ///
    /// What helps: [`LeastSquares`](crate::solve::SolveProblem::LeastSquares), which takes matrices of
    /// any rank and finds the solution of minimum norm; another start, if A·x = b has a solution; if
    /// it is P that is singular, another preconditioner.
    #[error(
        "the {argument} is singular to working precision: along a combination of directions its \
         product is {part:e} times the longest; column {column} of the right-hand side has no \
         solution there{}; solve it by least squares{}",
        reached_in_column(best, *column),
        if *argument == "matrix" { "" } else { ", or with another preconditioner" }
    )]
    Singular {
        /// What is singular: `"matrix"`, or `"product of the matrix and the preconditioner"` where
        /// a preconditioner is given, either of which may be the cause.
        argument: &'static str,
        /// The first column that did not converge, from 0.
        column: usize,
        /// The length of the product with a combination of directions, divided by that of the longest
        /// with one direction. Directions are of length 1 before the preconditioner, and the
        /// combination is no shorter.
        part: T,
        /// The best iterates of all columns, with their backward errors and histories.
        best: Box<Solution<T>>,
    },

    /// A linear map, or a preconditioner, gave a product with entries that are NaN or infinite, for a
    /// vector of length 1.
    #[error("a product of the linear map is not finite, after {}", counted(*steps, "step"))]
    ProductNotFinite {
        /// The number of steps taken before that product.
        steps: usize,
        /// The best iterates of all columns, with their backward errors and histories; none if it was
        /// one of the products before the descents.
        best: Option<Box<Solution<T>>>,
    },

    /// The adjoint of a linear map is wrong: ⟨w, A·v⟩ and ⟨Aᵀ·w, v⟩ differ by more than rounding,
    /// for v and w of length 1.
    #[error(
        "the adjoint of the {argument} is wrong: ⟨w, A·v⟩ is {forward:e}, ⟨Aᵀ·w, v⟩ {adjoint:e}"
    )]
    AdjointMismatch {
        /// Which argument.
        argument: &'static str,
        /// ⟨w, A·v⟩.
        forward: T,
        /// ⟨Aᵀ·w, v⟩.
        adjoint: T,
    },
}

/// How the descent for a column ended, and what helps; empty if the caller removed that report.
fn end_of_column<T: Real>(best: &Solution<T>, column: usize) -> String {
    let reached = reached_in_column(best, column);
    if reached.is_empty() || best.condition_estimate < T::one() / T::EPSILON.sqrt() {
        return reached;
    }
    reached
        + ": scale or centre the columns, or take a QR factorisation if the matrix is small and dense"
}

/// How the descent for a column ended; empty if the caller removed that report.
fn reached_in_column<T: Real>(best: &Solution<T>, column: usize) -> String {
    let ends = best.reports.iter().zip(&best.backward_errors).nth(column);
    let Some((report, error)) = ends else {
        return String::new();
    };
    let (reason, steps) = (report.stop_reason, counted(report.steps, "step"));
    let condition = best.condition_estimate;
    format!(
        ": {reason} after {steps}; the best iterate has {error}; \
         the condition number is at least {condition:.1e}"
    )
}
