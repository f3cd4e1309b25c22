//! Plain gradient descent with a learning rate that fits the matrix.

use nalgebra::DMatrix;

use crate::inverse::by_optimizer::heavy_ball::squared_singular_value_range;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_square;
use crate::optimizer::{Optimizer, Sgd};

/// Gradient descent without momentum, tuned to the mean squared error of the inverse of the n×n
/// matrix `matrix`.
///
/// The learning rate is η = 2/(L + ℓ), where ℓ and L are the ends of the range of curvatures,
/// 2σₙ²/n² and 2σ₁²/n², estimated as for
/// [`heavy_ball_for_inverse`](crate::inverse::heavy_ball_for_inverse). Each step multiplies the
/// error by at most (κ² − 1)/(κ² + 1), κ = σ₁/σₙ, and lowers the loss.
///
/// # When to use
///
/// In a convex set, where that holds as well and no momentum is certain to converge. In a
/// [`Subspace`](crate::set::Subspace), and without a set, the heavy ball needs far fewer steps.
///
/// # Errors
///
/// [`InputError::Empty`], [`InputError::NotSquare`] or [`InputError::NotFinite`] for the matrix;
/// [`InputError::InvalidSetting`] if no learning rate fits: the matrix is zero, or the squares of
/// its singular values leave the range of the format.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Compose, Config};
/// use matrix_descent::inverse::gradient_descent_for_inverse;
/// use matrix_descent::set::NonNegative;
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![20.0, 10.0; 10.0, 30.0];
/// let rule = gradient_descent_for_inverse(&m, 0)?.projected(NonNegative);
/// let best = invert_by_descent(&m, Config::default().optimizer(rule))?;
/// assert!(best.is_constrained_optimum() && best.report.steps < 100);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn gradient_descent_for_inverse<T: Real>(
    matrix: &DMatrix<T>,
    seed: u64,
) -> Result<Sgd<T>, InputError<T>> {
    check_square("matrix", matrix)?;
    let n = T::from_count(matrix.nrows());
    let (smallest, largest) = squared_singular_value_range(matrix, seed);
    let rule = Sgd::new(n * n / (smallest + largest));
    rule.validate()?;
    Ok(rule)
}
