//! The one error type.

use crate::completion::Completion;
#[cfg(feature = "serde")]
use crate::descent::CheckpointError;
use crate::descent::Minimization;
use crate::inverse::Inversion;
use crate::numerics::real::Real;
use crate::solve::Solution;
use crate::svd::{Svd, TopSvd};

/// Everything that can go wrong, with the numbers that say how.
///
/// Where a run ended short of its goal, the error carries what it reached.
///
/// ```
/// use matrix_descent::{invert_by_descent, Config, Error};
/// use nalgebra::DMatrix;
///
/// let error = invert_by_descent(&DMatrix::<f64>::zeros(2, 3), Config::default()).unwrap_err();
/// assert_eq!(error, Error::NotSquare { argument: "matrix", rows: 2, columns: 3 });
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error<T: Real = f64> {
    /// A matrix has to be square and is not.
    #[error("the {argument} has {rows} rows and {columns} columns, but has to be square")]
    NotSquare {
        /// Which argument.
        argument: &'static str,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
    },

    /// A matrix has no entries.
    #[error("the {argument} is empty: it has {rows} rows and {columns} columns")]
    Empty {
        /// Which argument.
        argument: &'static str,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
    },

    /// An entry is NaN, ∞ or −∞.
    #[error("the {argument} holds {value} in row {row}, column {column} (counted from 0)")]
    NotFinite {
        /// Which argument; a flat vector of parameters counts as one column.
        argument: &'static str,
        /// The row of the first such entry in column order, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
        /// The entry.
        value: T,
    },

    /// A matrix has not the shape that another argument demands.
    #[error("the {argument} is {rows}×{columns}, but has to be {expected_rows}×{expected_columns}")]
    ShapeMismatch {
        /// Which argument.
        argument: &'static str,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// The rows it has to have.
        expected_rows: usize,
        /// The columns it has to have.
        expected_columns: usize,
    },

    /// A flat vector of parameters has not the objective's dimension.
    #[error("{found} parameters were given for an objective of dimension {expected}")]
    DimensionMismatch {
        /// The objective's dimension.
        expected: usize,
        /// The number of parameters given.
        found: usize,
    },

    /// A checkpoint was to be resumed with an objective that is not the one it comes from.
    #[error("the checkpoint records a loss of {recorded:e}, but the objective's is {found:e}")]
    DifferentObjective {
        /// The loss in the checkpoint.
        recorded: T,
        /// The objective's at the same parameters.
        found: T,
    },

    /// A checkpoint can't be saved or resumed.
    #[cfg(feature = "serde")]
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),

    /// A setting makes no sense.
    #[error("{name} is {value}, but has to be {requirement}")]
    InvalidSetting {
        /// The setting's name.
        name: &'static str,
        /// The value it has.
        value: T,
        /// What it has to be.
        requirement: &'static str,
    },

    /// A minimisation exploded: its loss stopped being finite or grew beyond the limit.
    #[error("the descent diverged: the loss was {loss:e} after {steps} steps")]
    Diverged {
        /// The steps taken.
        steps: usize,
        /// The last loss.
        loss: T,
        /// What was reached, the best parameters among it.
        reached: Box<Minimization<T>>,
    },

    /// The inverse, or the scaled transpose from which its search starts, has entries beyond the
    /// range of the format: the entries of the matrix are too small.
    #[error("the inverse leaves the range of the number format in row {row}, column {column}")]
    InverseOutOfRange {
        /// The row of the first such entry in column order, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
    },

    /// The search for an inverse exploded.
    ///
    /// With an optimizer of one's own this mostly means that the learning rate is too large for
    /// the matrix; if no step was taken, that the start is too far off.
    #[error(
        "the search for the inverse diverged: the loss was {loss:e} after {steps} steps; \
         the best iterate has residual {:e}", best.residual
    )]
    InverseDiverged {
        /// The steps taken.
        steps: usize,
        /// The last loss.
        loss: T,
        /// The best iterate, with its residuals and the history.
        best: Box<Inversion<T>>,
    },

    /// The matrix has no inverse to working precision.
    #[error(
        "the matrix is singular to working precision: rank {rank} of {}; \
         the best iterate has residual {:e}",
        best.inverse.nrows(), best.residual
    )]
    Singular {
        /// The numerical rank of the equilibrated matrix: the diagonal entries of R in its QR
        /// factorisation with column pivoting that exceed n·ε times the largest, and n − 1 at the
        /// most.
        rank: usize,
        /// The last iterate, with its residual and the history. Where the small singular values of
        /// the equilibrated matrix are zero it tends to the pseudo-inverse of that; where they are
        /// noise, some of the noise may have been inverted. By an optimizer with a set it is in the
        /// set.
        best: Box<Inversion<T>>,
    },

    /// The search for an inverse ended before the residual was within the tolerance and the
    /// inverse proven.
    #[error(
        "no proven inverse {}: {} after {} steps; the best iterate has residual {:e}",
        tolerance.map_or("to the accuracy asked for".to_owned(), |t| format!("within tolerance {t:e}")),
        best.report.stop_reason, best.report.steps, best.residual
    )]
    InverseNotConverged {
        /// The tolerance, if there was one.
        tolerance: Option<T>,
        /// The best iterate, with its residuals and the history.
        best: Box<Inversion<T>>,
    },

    /// A matrix or preconditioner has to be symmetric positive definite and is not.
    #[error(
        "the {argument} is not positive definite: a direction has curvature {curvature:e} of its norm"
    )]
    NotPositiveDefinite {
        /// Which argument.
        argument: &'static str,
        /// pᵀ·A·p/(‖A‖·pᵀp) of a direction p that the descent met.
        curvature: T,
    },

    /// The solution of a system has entries beyond the range of the format, or loses to underflow
    /// more than rounding.
    #[error("the solution leaves the range of the number format in row {row}, column {column}")]
    SolutionOutOfRange {
        /// The row of the first such entry, from 0.
        row: usize,
        /// Its column, the first that has one, from 0.
        column: usize,
    },

    /// The descent on a linear system ended before its backward error was within the tolerance.
    #[error(
        "no solution for column {column} of the right-hand side{}",
        end_of_column(best, *column)
    )]
    SystemNotConverged {
        /// The first column that fell short, from 0.
        column: usize,
        /// The best iterates of all columns, with their backward errors and histories.
        best: Box<Solution<T>>,
    },

    /// The largest singular value exceeds the largest number of the format, by a factor of at most
    /// √(m·n) for an m×n matrix.
    #[error("with entries up to {largest_entry:e} a singular value leaves the range of the format")]
    SingularValueOutOfRange {
        /// The largest absolute value of the entries.
        largest_entry: T,
    },

    /// A singular value decomposition is not orthogonal to working precision, or not proven to half
    /// of the digits, after the sweeps allowed.
    #[error(
        "no proven singular values: {} after {} sweeps; the loss is {:e}, the error bound {:e}",
        reached.stop_reason, reached.sweeps,
        reached.losses.last().copied().unwrap_or_default(),
        reached.certificate.largest_error_bound()
    )]
    SvdNotConverged {
        /// What was reached, with its certificate and history.
        reached: Box<Svd<T>>,
    },

    /// The descent to a matrix of low rank ended before its gradient vanished.
    #[error(
        "no completion: {} after {} steps; the loss is {:e}",
        reached.report.stop_reason, reached.report.steps,
        reached.report.losses.get(reached.report.best_step).copied().unwrap_or_default()
    )]
    CompletionNotConverged {
        /// The best that was reached, with its history.
        reached: Box<Completion<T>>,
    },

    /// The search for leading singular values ended before their residuals were within the tolerance.
    #[error(
        "no {} leading singular values after {} steps: the residual is {residual:e}, allowed are {allowed:e}",
        reached.singular_values.len(),
        reached.steps
    )]
    TopSvdNotConverged {
        /// max(‖M·vⱼ − σⱼ·uⱼ‖, ‖Mᵀ·uⱼ − σⱼ·vⱼ‖), computed again from M.
        residual: f64,
        /// What it may be.
        allowed: f64,
        /// What was reached, with its certificate and history.
        reached: Box<TopSvd<T>>,
    },

    /// A linear map gave a product with entries that are NaN or infinite, for vectors of length 1.
    #[error("a product of the linear map is not finite, after {steps} steps")]
    ProductNotFinite {
        /// The steps taken before.
        steps: usize,
    },

    /// The adjoint of a linear map is not its adjoint: ⟨w, A·v⟩ and ⟨Aᵀ·w, v⟩ differ by more than
    /// rounding, for v and w of length 1.
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

/// How the descent for a column ended; nothing where its owner has taken the record away.
fn end_of_column<T: Real>(best: &Solution<T>, column: usize) -> String {
    let ends = best.reports.iter().zip(&best.backward_errors).nth(column);
    ends.map_or_else(String::new, |(report, error)| {
        let (reason, steps) = (report.stop_reason, report.steps);
        format!(
            ": {reason} after {steps} steps; the best iterate has backward error {:e}",
            error.smallest()
        )
    })
}

/// Turns a failed check of a setting into its error.
pub(crate) fn require<T: Real>(
    is_met: bool,
    name: &'static str,
    value: T,
    requirement: &'static str,
) -> Result<(), Error<T>> {
    if is_met {
        Ok(())
    } else {
        Err(Error::InvalidSetting {
            name,
            value,
            requirement,
        })
    }
}
