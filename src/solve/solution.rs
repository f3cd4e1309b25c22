//! The solution of a linear system.

use nalgebra::DMatrix;

use crate::descent::Report;
use crate::numerics::real::Real;

/// Solutions of A·X ≈ B, how good they are, and how they were found; one entry for each column of
/// B.
///
/// The residuals were computed again from A, b and the solution after the last step.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Solution<T: Real> {
    /// X, n×k. Each column is the best iterate whose residual was computed again, by backward error
    /// and loss; but the last one where the noise, the step limit or the observer ended the run,
    /// unless an earlier one had a smaller loss.
    pub solution: DMatrix<T>,
    /// How good each column is.
    pub backward_errors: Vec<BackwardError<T>>,
    /// How each column was found. The losses are ½‖A·x − b‖² + λ/2·‖x‖², as the descent carries the
    /// residual along.
    ///
    /// The evaluations are the products A·v: one for each step, and one for each time that the
    /// residual is computed again, at the start and wherever the descent pauses to confirm what it
    /// carries along. Least squares take as many products with Aᵀ, which are not counted; nor are
    /// those of a preconditioner, nor those of all columns together before the first step: some 10
    /// to 20 each of A and Aᵀ for the norm and the adjoint.
    pub reports: Vec<Report<T>>,
    /// An estimate of ‖A‖₂ from below, by the power method: the measure of the backward errors,
    /// which are therefore rather too large than too small; ∞ where the norm leaves the range.
    pub norm_estimate: T,
}

/// How much A and b would have to change for a solution to be exact.
///
/// With r = b − A·x, and with λ > 0 for the system [A; √λ·I]·x ≈ [b; 0], whose residual has the
/// norm √(‖r‖² + λ‖x‖²) and whose matrix about √(‖A‖² + λ). Either one small means that x solves a
/// nearby problem; how near x is to the solution x* of the given one is up to the condition number
/// κ = ‖A‖/σ, σ the smallest singular value that is not zero. To first order, for λ = 0,
///
/// - ‖x − x*‖ ≤ η·κ·(‖x‖ + ‖b‖/‖A‖) with η = `of_system`, where A·x* = b;
/// - ‖x − x*‖ ≤ η·κ²·‖r‖/‖A‖ with η = `of_least_squares`.
///
/// So where a residual remains, κ² counts, as much as the residual is large: that is how far least
/// squares themselves move if the last digits of A do, and no method avoids it (Wedin,
/// "Perturbation theory for pseudo-inverses", 1973). Without a tolerance η is a small multiple of
/// ε, and where both are somewhat larger
/// ([`SolveConfig::tolerance`](crate::solve::SolveConfig::tolerance)) the error is about ε·κ²·‖x‖:
/// half of the digits at κ = 10⁴ in `f64`, and none beyond about 7·10⁷. In `f32` (ε = 1.2·10⁻⁷)
/// half of the digits are gone at κ = 50, and all of them near κ = 3000; there, solve in `f64`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct BackwardError<T> {
    /// ‖r‖ = ‖b − A·x‖, without the Tikhonov term.
    pub residual: T,
    /// ‖r‖/(‖A‖·‖x‖ + ‖b‖): x solves a system exactly whose A and b differ by this relative to
    /// their norms (Rigal and Gaches, "On the compatibility of a given solution with the data of a
    /// linear system", 1967). Large where no x solves the system.
    pub of_system: T,
    /// ‖Aᵀr − λx‖/(‖A‖·‖r‖): x is the least-squares solution for an A that differs by this relative
    /// to its norm (Stewart, "Research, development and LINPACK", 1977); 0 where the gradient is
    /// 0. None for
    ///    [`SolveProblem::PositiveDefinite`](crate::solve::SolveProblem::PositiveDefinite).
    pub of_least_squares: Option<T>,
}

impl<T: Real> BackwardError<T> {
    /// The smaller of the two, which is compared with the tolerance.
    #[must_use]
    pub fn smallest(&self) -> T {
        match self.of_least_squares {
            Some(other) if other < self.of_system => other,
            _ => self.of_system,
        }
    }
}
