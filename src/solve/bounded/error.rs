//! How a solution within bounds fails.

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::wording::counted;
use crate::solve::bounded::solution::BoundedSolution;
use crate::solve::error::SolveError;

/// Why a linear system was not solved within bounds, with what was reached.
///
/// ```
/// use matrix_descent::set::Bounds;
/// use matrix_descent::solve::BoundedError;
/// use matrix_descent::{solve_in_bounds, BoundedConfig};
/// use nalgebra::{dmatrix, dvector};
///
/// let (a, b) = (dmatrix![1.0], dvector![1.0]);
/// let error = solve_in_bounds(&a, &b, &Bounds::new(2.0, 1.0), BoundedConfig::default());
/// assert!(matches!(error, Err(BoundedError::Input(_))));
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BoundedError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// The map can't be used: its products are not finite, or not those of a map and its adjoint.
    #[error(transparent)]
    Map(SolveError<T>),

    /// The solution overflows, or underflow costs it more than rounding does.
    #[error("the solution leaves the range of the number format in column {column}")]
    OutOfRange {
        /// The first such column, from 0.
        column: usize,
        /// What all columns reached: for such a column the nearest numbers of the format, or the
        /// point within the bounds nearest to 0, with an infinite residual, if the format loses the
        /// right-hand side beside it.
        reached: Box<BoundedSolution<T>>,
    },

    /// A descent ended before its column was optimal within the bounds.
    #[error(
        "no solution within the bounds for column {column} of the right-hand side{}",
        end_of_column(reached, *column)
    )]
    NotConverged {
        /// The first column that is not optimal, from 0.
        column: usize,
        /// What all columns reached.
        reached: Box<BoundedSolution<T>>,
    },
}

impl<T: Real> From<SolveError<T>> for BoundedError<T> {
    fn from(error: SolveError<T>) -> Self {
        match error {
            SolveError::Input(error) => Self::Input(error),
            other => Self::Map(other),
        }
    }
}

/// How the descent for a column ended; empty if the caller removed that report.
fn end_of_column<T: Real>(reached: &BoundedSolution<T>, column: usize) -> String {
    let ends = reached
        .reports
        .iter()
        .zip(&reached.optimalities)
        .nth(column);
    ends.map_or_else(String::new, |(report, optimality)| {
        let (reason, steps) = (report.stop_reason, counted(report.steps, "step"));
        format!(
            ": {reason} after {steps}; the KKT residual is {:e}",
            optimality.kkt_residual
        )
    })
}
