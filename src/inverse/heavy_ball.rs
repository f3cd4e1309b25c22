//! A heavy ball whose settings fit the matrix.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::validation::check_square;
use crate::{Error, Optimizer, Real, Sgd};

/// The most Lanczos steps, each of which takes one product of M and one of Mᵀ with a vector.
const LANCZOS_STEPS: usize = 40;

/// The heavy ball tuned to the mean squared error of the inverse of `matrix`.
///
/// The curvatures of that loss lie between ℓ = 2σₙ²/n² and L = 2σ₁²/n². Both ends are estimated
/// by up to 40 Lanczos steps on MᵀM with a random start from `seed`; the settings are then those
/// of [`Sgd::tuned_heavy_ball`]. L is estimated from above, which keeps the descent stable; so may
/// be ℓ, which only slows it. Expect about κ/2·ln(1/ε) steps, κ = σ₁/σₙ, and several times as many
/// where ℓ is overestimated, as it is for κ in the thousands and n above 40.
///
/// # Errors
///
/// [`Error::Empty`], [`Error::NotSquare`] or [`Error::NotFinite`] for the matrix;
/// [`Error::InvalidSetting`] if no learning rate fits: the matrix is zero, or the squares of its
/// singular values leave the range of the format.
///
/// # Example
///
/// ```
/// use matrix_descent::{heavy_ball_for_inverse, invert_by_descent, Config};
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![20.0, 10.0; 10.0, 30.0];
/// let config = Config::default().optimizer(heavy_ball_for_inverse(&m, 0)?);
/// assert!(invert_by_descent(&m, config)?.report.steps < 100);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn heavy_ball_for_inverse<T: Real>(matrix: &DMatrix<T>, seed: u64) -> Result<Sgd<T>, Error<T>> {
    check_square("matrix", matrix)?;
    let n = T::from_count(matrix.nrows());
    let (smallest, largest) = squared_singular_value_range(matrix, seed);
    let scale = T::nearest(2.0) / (n * n);
    let rule = Sgd::tuned_heavy_ball(scale * smallest, scale * largest);
    rule.validate()?;
    Ok(rule)
}

/// Estimates of σₙ² and σ₁², both from above.
fn squared_singular_value_range<T: Real>(matrix: &DMatrix<T>, seed: u64) -> (T, T) {
    let tridiagonal = lanczos(matrix, random_direction(matrix.ncols(), seed));
    // A bounded number of iterations, so that no matrix can hold it up; without convergence the
    // diagonal still lies within the spectrum.
    let diagonal = tridiagonal.diagonal();
    let iterations = 100 * LANCZOS_STEPS;
    let ritz_values = SymmetricEigen::try_new(tridiagonal, T::EPSILON, iterations)
        .map_or(diagonal, |eigen| eigen.eigenvalues);
    // The largest Ritz value falls short of σ₁² by 3 % at n = 1000 and 5 % at n = 10⁶ at the most,
    // for all but vanishingly few starts (Kuczyński and Woźniakowski, "Estimating the largest
    // eigenvalue by the power and Lanczos algorithms with a random start", 1992).
    let largest = T::nearest(1.06) * ritz_values.max();
    // Rounding hides whatever is smaller.
    let smallest = ritz_values.min().max(largest * T::EPSILON);
    (smallest, largest)
}

/// The tridiagonal matrix of MᵀM in its Krylov space from `start`, a unit vector (Lanczos, "An
/// iteration method for the solution of the eigenvalue problem of linear differential and integral
/// operators", 1950), with full reorthogonalisation.
fn lanczos<T: Real>(matrix: &DMatrix<T>, start: DVector<T>) -> DMatrix<T> {
    let transpose = matrix.transpose();
    let mut basis = vec![start];
    let (mut diagonal, mut off_diagonal) = (Vec::new(), Vec::new());
    loop {
        let direction = &basis[basis.len() - 1];
        let mut next = &transpose * (matrix * direction);
        let image_norm = next.norm();
        diagonal.push(direction.dot(&next));
        // Twice is enough to leave nothing but rounding.
        for vector in basis.iter().chain(&basis) {
            next.axpy(-vector.dot(&next), vector, T::one());
        }
        let norm = next.norm();
        let limit = LANCZOS_STEPS.min(matrix.ncols());
        let is_invariant = norm <= T::EPSILON * T::nearest(8.0) * image_norm;
        if diagonal.len() == limit || is_invariant || !norm.is_finite() {
            break;
        }
        off_diagonal.push(norm);
        basis.push(next / norm);
    }
    let size = diagonal.len();
    DMatrix::from_fn(size, size, |i, j| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => off_diagonal[i.min(j)],
        _ => T::zero(),
    })
}

/// A unit vector with entries of random sign and comparable size.
fn random_direction<T: Real>(n: usize, seed: u64) -> DVector<T> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    let half = T::nearest(0.5);
    // The draws are multiples of ε/2, so that this offset keeps every entry from being zero.
    let offset = half - T::EPSILON / T::nearest(4.0);
    DVector::from_fn(n, |_, _| T::random_unit(&mut generator) - offset).normalize()
}
