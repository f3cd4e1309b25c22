//! The rules by which a solution is walked to.

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_above_zero, check_fraction};

/// How [`solve_by_descent`](crate::solve::solve_by_descent) steps along the gradient.
///
/// All are one recurrence, with its own learning rate η and momentum μ for each rule: with g the
/// negative gradient of the function that [`SolveProblem`](crate::solve::SolveProblem) names, and d the direction,
///
/// d ← g + μ·d, x ← x + η·d.
///
/// H is the Hessian, AᵀA + λI or A, and κ_H the quotient of its largest and its smallest eigenvalue that
/// is not zero: κ² for least squares, κ for a definite matrix. With a preconditioner g is taken in its
/// metric, and H likewise. Each step takes the same products, whatever the rule.
///
/// | rule | steps for an accuracy of δ, about |
/// |---|---|
/// | [`ConjugateGradients`](Self::ConjugateGradients) | at most √κ_H/2·ln(2/δ), and no more than H has different eigenvalues, rounding aside |
/// | [`HeavyBall`](Self::HeavyBall) | √κ_H/2·ln(1/δ), and some to find κ_H |
/// | [`GradientDescent`](Self::GradientDescent) | κ_H/2·ln(1/δ) |
///
/// The first is the choice for all but lessons and comparisons: its η and μ are the best there are at
/// each step, and cost nothing.
///
/// # Example
///
/// ```
/// use matrix_descent::{solve_by_descent, SolveConfig, SolveMethod};
/// use nalgebra::{dmatrix, dvector};
///
/// let (a, b) = (dmatrix![3.0, 0.0; 4.0, 50.0], dvector![3.0, 54.0]);
/// let steps = |rule| {
///     let config = SolveConfig::default().method(rule).tolerance(1e-12);
///     let found = solve_by_descent(&a, &b, config)?;
///     assert!((found.solution - dvector![1.0, 1.0]).norm() < 1e-9);
///     Ok::<usize, matrix_descent::Error>(found.reports[0].steps)
/// };
/// let conjugate = steps(SolveMethod::ConjugateGradients)?;
/// let heavy = steps(SolveMethod::HeavyBall)?;
/// let plain = steps(SolveMethod::Constant { learning_rate: 1.0 / 2516.0, momentum: 0.0 })?;
/// assert!(conjugate < heavy && heavy < plain);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum SolveMethod<T> {
    /// η = gᵀg/dᵀHd, μ = gᵀg/(gᵀg one step before); the default. Of all points that are reached by
    /// adding multiples of the gradients so far, x is the lowest.
    ///
    /// Source: Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", 1952.
    #[default]
    ConjugateGradients,
    /// η = gᵀg/gᵀHg, μ = 0: to the lowest point along the gradient.
    ///
    /// Source: Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées", 1847.
    GradientDescent,
    /// η = (2/(√L + √ℓ))², μ = ((√L − √ℓ)/(√L + √ℓ))²: Polyak's heavy ball, tuned to the curvatures ℓ and
    /// L, the least and the greatest that it met.
    ///
    /// Before the first step the power method, of 10 products with H, estimates L from below, to which
    /// a tenth is added; ℓ begins at L, where the rule is gradient descent. Then each step takes in the
    /// curvature dᵀHd/dᵀd of its own direction, and the two Ritz values of H in the plane of that direction
    /// and the one before. Where ℓ is still too large the flattest directions last longest, and where L is
    /// too small the steepest ones, so that d turns into them and shows them. ℓ is at least ε·L.
    ///
    /// Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964, for
    /// the settings.
    HeavyBall,
    /// Settings of one's own: plain gradient descent with μ = 0, the heavy ball with μ > 0.
    ///
    /// It converges if η < 2(1 + μ)/L, L the largest eigenvalue of H; otherwise the run ends
    /// as diverged or stalled.
    Constant {
        /// η: the length of a step as a multiple of the direction; above 0.
        learning_rate: T,
        /// μ: how much of the last direction stays; in [0, 1).
        momentum: T,
    },
}

impl<T: Real> SolveMethod<T> {
    pub(super) fn validate(self) -> Result<(), InputError<T>> {
        let Self::Constant {
            learning_rate,
            momentum,
        } = self
        else {
            return Ok(());
        };
        check_above_zero("learning_rate", learning_rate)?;
        check_fraction("momentum", momentum)
    }
}
