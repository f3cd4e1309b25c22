//! A heavy ball with settings that fit the matrix.

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::{largest_exponent, scaled};
use crate::numerics::input_error::InputError;
use crate::numerics::lanczos::{Lanczos, RitzValue};
use crate::numerics::real::Real;
use crate::numerics::validation::check_square;
use crate::optimizer::Sgd;

/// The largest number of Lanczos steps, each of which takes one product of M and one of Mᵀ with a
/// vector.
pub(crate) const LANCZOS_STEPS: usize = 40;

/// The heavy ball tuned to the mean squared error of the inverse of the n×n matrix `matrix`.
///
/// The curvatures of that loss lie between ℓ = 2σₙ²/n² and L = 2σ₁²/n². Both ends are estimated by
/// up to 40 Lanczos steps on MᵀM with a random start from `seed`; the settings are then those of
/// [`Sgd::tuned_heavy_ball`]. L is estimated from above, which keeps the descent stable; ℓ may be
/// as well, which only slows it. Expect about κ/2·ln(1/ε) steps, κ = σ₁/σₙ, and several times as
/// many if ℓ is overestimated, as it is for κ in the thousands and n above 40.
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
/// use matrix_descent::{invert_by_descent, Config};
/// use matrix_descent::inverse::heavy_ball_for_inverse;
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![20.0, 10.0; 10.0, 30.0];
/// let config = Config::default().optimizer(heavy_ball_for_inverse(&m, 0)?);
/// assert!(invert_by_descent(&m, config)?.report.steps < 100);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn heavy_ball_for_inverse<T: Real>(
    matrix: &DMatrix<T>,
    seed: u64,
) -> Result<Sgd<T>, InputError<T>> {
    check_square("matrix", matrix)?;
    let n = T::from_count(matrix.nrows());
    let (smallest, largest) = squared_singular_value_range(matrix, seed);
    let scale = <T as Real>::from_f64(2.0) / (n * n);
    Sgd::tuned_heavy_ball(scale * smallest, scale * largest)
}

/// Estimates of σₙ² and σ₁², both from above.
pub(crate) fn squared_singular_value_range<T: Real>(matrix: &DMatrix<T>, seed: u64) -> (T, T) {
    let exponent = largest_exponent(matrix).unwrap_or_default();
    let matrix = scaled(matrix, -exponent);
    let mut ritz_values = Vec::with_capacity(LANCZOS_STEPS);
    Lanczos::new(matrix.ncols(), LANCZOS_STEPS, seed)
        .ritz_values_of_gram(&matrix, &mut ritz_values);
    range_of_spectrum(&ritz_values, 2 * exponent)
}

/// Estimates of the smallest and the largest eigenvalue, both from above, times 2^`exponent`.
pub(crate) fn range_of_spectrum<T: Real>(ritz_values: &[RitzValue], exponent: i32) -> (T, T) {
    let value = |ritz: Option<&RitzValue>| ritz.map_or(f64::NAN, |ritz| ritz.value);
    // The largest Ritz value is below σ₁² by at most 3 % at n = 1000 and 5 % at n = 10⁶, for all
    // but vanishingly few starts (Kuczyński and Woźniakowski, "Estimating the largest eigenvalue by
    // the power and Lanczos algorithms with a random start", 1992).
    let largest = 1.06 * value(ritz_values.last());
    // Rounding hides anything smaller.
    let smallest = value(ritz_values.first()).max(largest * T::EPSILON.to_f64());
    let scaled_back = |value: f64| <T as Real>::from_f64(value.scale_by_power_of_two(exponent));
    (scaled_back(smallest), scaled_back(largest))
}
