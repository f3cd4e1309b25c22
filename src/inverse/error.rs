//! The errors of an inversion.

use nalgebra::DMatrix;

use crate::inverse::result::Inversion;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::first_out_of_range;
use crate::numerics::wording::counted;

/// Why no inverse was found, with the best iterate if there is one.
///
/// # Example
///
/// ```
/// use matrix_descent::inverse::InverseError;
/// use matrix_descent::{invert_by_descent, Config};
/// use nalgebra::dmatrix;
///
/// match invert_by_descent(&dmatrix![1.0, 2.0; 2.0, 4.0], Config::default()) {
///     Err(InverseError::Singular { rank, .. }) => assert_eq!(rank, 1),
///     other => unreachable!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InverseError<T: Real = f64> {
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError<T>),

    /// The inverse, or the scaled transpose from which its search starts, overflows because the
    /// entries of the matrix are too small; or entries of the inverse underflow, and what is left
    /// of them is not the inverse to the accuracy set, in the norm of the certificate.
    #[error("the inverse leaves the range of the number format in row {row}, column {column}")]
    OutOfRange {
        /// The row of the first entry that overflows or underflows, in column order, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
    },

    /// The loss stopped being finite or grew beyond the limit.
    ///
    /// With an optimizer, this usually means that its learning rate is too large for the matrix; if
    /// no step was taken, that the start is too far off.
    #[error(
        "the search for the inverse diverged: the loss was {loss:e} after {}; {}\
         the best iterate has residual {:e}",
        counted(*steps, "step"),
        learning_rate_limit.map_or(String::new(), |limit| format!(
            "the learning rate has to be below {limit:e}; "
        )),
        best.residual
    )]
    Diverged {
        /// The number of steps taken.
        steps: usize,
        /// The last loss.
        loss: T,
        /// The limit that the learning rate exceeds, if that is known:
        /// [`Optimizer::exceeded_limit`](crate::optimizer::Optimizer::exceeded_limit) for the
        /// largest curvature of the loss, 2σ₁²/n², which is estimated from above.
        learning_rate_limit: Option<T>,
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
        /// The numerical rank of the equilibrated matrix: the number of diagonal entries of R in
        /// its QR factorisation with column pivoting that exceed n·ε times the largest, at most n −
        /// 1.
        rank: usize,
        /// The last iterate, with its residual and the history. If the small singular values of the
        /// equilibrated matrix are zero, it tends to the pseudo-inverse of that matrix, but the
        /// search may end long before, as soon as the singularity is shown; if they are noise, some
        /// of the noise may have been inverted. If the optimizer keeps its iterates in a set, it is
        /// in the set.
        best: Box<Inversion<T>>,
    },

    /// The search ended before the residual was within the tolerance and the inverse proven.
    #[error(
        "no proven inverse {}: {} after {}; the best iterate has residual {:e}{}",
        tolerance.map_or("to the accuracy set".to_owned(), |t| format!("within tolerance {t:e}")),
        best.report.stop_reason,
        counted(best.report.steps, "step"),
        best.residual,
        lack_of_proof(best, *tolerance)
    )]
    NotConverged {
        /// The tolerance, if there was one.
        tolerance: Option<T>,
        /// The best iterate, with its residuals and the history.
        best: Box<Inversion<T>>,
    },
}

impl<T: Real> InverseError<T> {
    /// The best iterate, if there is one.
    pub(super) fn best(&self) -> Option<&Inversion<T>> {
        match self {
            Self::Diverged { best, .. }
            | Self::Singular { best, .. }
            | Self::NotConverged { best, .. } => Some(best),
            Self::Input(_) | Self::OutOfRange { .. } => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn best_mut(&mut self) -> Option<&mut Inversion<T>> {
        match self {
            Self::Diverged { best, .. }
            | Self::Singular { best, .. }
            | Self::NotConverged { best, .. } => Some(best),
            Self::Input(_) | Self::OutOfRange { .. } => None,
        }
    }
}

/// Accepts an inverse, or the start of one, whose entries the format can hold.
pub(super) fn check_in_range<T: Real>(inverse: &DMatrix<T>) -> Result<(), InverseError<T>> {
    match first_out_of_range(inverse) {
        None => Ok(()),
        Some((row, column)) => Err(InverseError::OutOfRange { row, column }),
    }
}

/// What is missing if the residual is within the tolerance.
fn lack_of_proof<T: Real>(best: &Inversion<T>, tolerance: Option<T>) -> &'static str {
    let is_within = tolerance.is_some_and(|tolerance| best.residual <= tolerance);
    if is_within && !best.certificate.is_proof() {
        ", but is not proven to be near the inverse"
    } else {
        ""
    }
}
