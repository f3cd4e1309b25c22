//! The inverse of a square matrix by descent.

mod automatic;
mod by_optimizer;
mod config;
mod heavy_ball;
mod inversion;
mod method;
mod residual;
mod start;

pub use automatic::Automatic;
pub use by_optimizer::ByOptimizer;
pub use config::Config;
pub use heavy_ball::heavy_ball_for_inverse;
pub use inversion::Inversion;
pub use method::Method;
pub use start::Start;

use method::Problem;
use nalgebra::DMatrix;

use crate::validation::check_square;
use crate::{Error, Observer, Real, StopReason};

/// Inverts `matrix` by descent on the distance between an estimate of the identity and I.
///
/// The estimate is Y = X·M unless [`Config::side`] says otherwise, the loss mean((Y − I)²) over
/// the n² entries, its gradient 2/n²·(X·M − I)·Mᵀ. The result is `Ok` only if the residual,
/// computed again from `matrix` itself after the run, is within the tolerance.
///
/// A one-off inverse of a dense matrix is an LU factorisation's ground. Descent pays where one
/// wants to watch it, where a good start is known, or where the inverse sought is not the plain
/// one.
///
/// # Errors
///
/// - [`Error::Empty`], [`Error::NotSquare`], [`Error::NotFinite`], [`Error::ShapeMismatch`] (of a
///   given start), [`Error::InvalidSetting`] for bad input;
/// - [`Error::InverseOutOfRange`] if the entries of the inverse are too large for the format;
/// - [`Error::InverseDiverged`] if the loss exploded, mostly for a learning rate too large;
/// - [`Error::InverseNotConverged`] if the run ended above the tolerance.
///
/// The last two carry the best iterate with its residuals and history.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Config};
/// use nalgebra::{dmatrix, DMatrix};
///
/// let m = dmatrix![2.0, 1.0; 1.0, 3.0];
/// let inversion = invert_by_descent(&m, Config::default())?;
/// assert!((&inversion.inverse * &m - DMatrix::identity(2, 2)).norm() < 1e-7);
/// assert_eq!(inversion.report.losses.len(), inversion.report.steps + 1);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn invert_by_descent<T, M, O>(
    matrix: &DMatrix<T>,
    config: Config<T, M, O>,
) -> Result<Inversion<T>, Error<T>>
where
    T: Real,
    M: Method<T>,
    O: Observer<T>,
{
    check_square("matrix", matrix)?;
    config.validate()?;
    config.start.validate(matrix)?;
    let n = matrix.nrows();
    let tolerance = config.tolerance_for(n);
    let problem = Problem {
        matrix,
        start: config.start,
        side: config.side,
        seed: config.seed,
        tolerance,
        max_steps: config.max_steps,
    };
    let reached = config.method.descend(problem, config.observer)?;
    let last_loss = reached.report.losses[reached.report.steps];
    let best = Inversion::new(matrix, config.side, reached);
    if best.residual <= tolerance {
        return Ok(best);
    }
    let best = Box::new(best);
    Err(match best.report.stop_reason {
        StopReason::Diverged => Error::InverseDiverged {
            steps: best.report.steps,
            loss: last_loss,
            best,
        },
        _ => Error::InverseNotConverged { tolerance, best },
    })
}
