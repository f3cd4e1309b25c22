//! The methods by which a solution is approached.

use std::fmt;

/// How [`solve_by_descent`](crate::solve::solve_by_descent) steps along the gradient.
///
/// Both methods are the same recurrence. With g the negative gradient of the function that
/// [`SolveProblem`](crate::solve::SolveProblem) selects, d the direction and H the Hessian (AᵀA +
/// λI or A),
///
/// d ← g + μ·d, x ← x + η·d, η = gᵀg/dᵀHd,
///
/// so that each step goes to the lowest point along d. κ_H is the largest eigenvalue of H divided
/// by the smallest nonzero one: κ² for least squares, κ for a definite matrix. With a
/// preconditioner, g and H are taken in its metric. Both methods take the same products per step.
/// For [`SolveProblem::General`](crate::solve::SolveProblem::General) there is no gradient without Aᵀ:
/// the first method is that of minimal residuals, the second is the same with a restart after every
/// step.
///
/// | method | μ | steps for an accuracy of δ, about |
/// |---|---|---|
/// | [`ConjugateGradients`](Self::ConjugateGradients) | gᵀg/(gᵀg one step before) | at most √κ_H/2·ln(2/δ), and no more than H has different eigenvalues, rounding aside |
/// | [`GradientDescent`](Self::GradientDescent) | 0 | κ_H/2·ln(1/δ) |
///
/// # Other optimizers
///
/// Any [`Optimizer`](crate::optimizer::Optimizer) can minimise the same function as a
/// [`LinearSystem`](crate::objective::LinearSystem); the example there uses the heavy ball with the
/// learning rate and momentum that theory gives for the curvatures of A
/// ([`Sgd::tuned_heavy_ball`](crate::optimizer::Sgd::tuned_heavy_ball)).
///
/// # Example
///
/// ```
/// use matrix_descent::{solve_by_descent, SolveConfig, SolveMethod};
/// use nalgebra::{dmatrix, dvector};
///
/// let (a, b) = (dmatrix![3.0, 0.0; 4.0, 50.0], dvector![3.0, 54.0]);
/// let steps = |method| {
///     let config = SolveConfig::default().method(method).tolerance(1e-12);
///     let found = solve_by_descent(&a, &b, config)?;
///     assert!((found.solution - dvector![1.0, 1.0]).norm() < 1e-9);
///     Ok::<usize, matrix_descent::Error>(found.reports[0].steps)
/// };
/// assert!(steps(SolveMethod::ConjugateGradients)? < steps(SolveMethod::GradientDescent)?);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum SolveMethod {
    /// The default: each x is the lowest of all points that adding multiples of the gradients so
    /// far can reach.
    ///
    /// For least squares the run ends, if that is earlier, at the combination of the iterates with
    /// the shortest gradient, which is the iterate of LSMR (Fong and Saunders, "LSMR: an iterative
    /// algorithm for sparse least-squares problems", 2011); an observer is not shown it.
    ///
    /// Source: Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems",
    /// 1952.
    #[default]
    ConjugateGradients,
    /// Each step goes to the lowest point along the gradient; for teaching and comparisons.
    ///
    /// Source: Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées",
    /// 1847.
    GradientDescent,
}

impl fmt::Display for SolveMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ConjugateGradients => "conjugate gradients",
            Self::GradientDescent => "gradient descent",
        })
    }
}
