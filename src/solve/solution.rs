//! The solution of a linear system.

use nalgebra::DMatrix;

use crate::descent::Report;
use crate::numerics::real::Real;

/// The solution X of A·X ≈ B, how good each of its columns is, and how it was found.
///
/// The lists have one entry for each column of B. The residuals were computed again from A, b and
/// the solution after the last step.
///
/// # Example
///
/// ```
/// use matrix_descent::{solve_by_descent, SolveConfig};
/// use nalgebra::{dmatrix, dvector};
///
/// let a = dmatrix![2.0, 0.0; 0.0, 4.0];
/// let found = solve_by_descent(&a, &dvector![2.0, 8.0], SolveConfig::default())?;
/// assert!((&found.solution - dvector![1.0, 2.0]).norm() < 1e-13);
/// assert!(found.backward_errors[0].smallest() < 1e-14);
/// assert!(found.reports[0].steps <= 2);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Solution<T: Real> {
    /// X, n×k.
    ///
    /// Each column is the best iterate, by backward error and loss, whose residual was computed
    /// again. If the noise, the step limit or the observer ended the run, it is the last iterate,
    /// unless an earlier one had a smaller loss.
    pub solution: DMatrix<T>,
    /// How good each column of X is.
    pub backward_errors: Vec<BackwardError<T>>,
    /// How each column was found.
    ///
    /// The losses are ½‖A·x − b‖² + λ/2·‖x‖², from the residual that the descent carries along.
    ///
    /// The evaluations count the products A·v: one for each step, and one each time the residual is
    /// computed again, at the start and whenever the descent checks the residual it carries along.
    /// Not counted are the products with Aᵀ (as many, for least squares), those of a
    /// preconditioner, and the products before the first step, once for all columns: some 10 to 20
    /// each with A and Aᵀ for the norm and the adjoint.
    pub reports: Vec<Report<T>>,
    /// An estimate of ‖A‖₂ from below, by the power method; ∞ if the norm is beyond the range of
    /// the format.
    ///
    /// The backward errors are relative to it, and therefore too large rather than too small.
    pub norm_estimate: T,
}

/// How much A and b would have to change to make a solution exact.
///
/// Here r = b − A·x. For λ > 0 the errors are those of the system [A; √λ·I]·x ≈ [b; 0], whose
/// residual has the norm √(‖r‖² + λ‖x‖²) and whose matrix has a norm of about √(‖A‖² + λ). If
/// either error is small, x solves a nearby problem. How near x is to the solution x* of the given
/// problem depends on the condition number κ = ‖A‖/σ, where σ is the smallest nonzero singular
/// value. To first order, for λ = 0,
///
/// - ‖x − x*‖ ≤ η·κ·(‖x‖ + ‖b‖/‖A‖) with η = `of_system`, if A·x* = b;
/// - ‖x − x*‖ ≤ η·κ²·‖r‖/‖A‖ with η = `of_least_squares`.
///
/// So if a residual remains, the error grows with κ² times that residual. The least-squares
/// solution itself moves that far if the last digits of A change, and no method avoids it (Wedin,
/// "Perturbation theory for pseudo-inverses", 1973). Without a tolerance η is a small multiple of
/// ε, and if both backward errors are somewhat larger
/// ([`SolveConfig::tolerance`](crate::solve::SolveConfig::tolerance)) the error is about ε·κ²·‖x‖:
/// in `f64` half of the digits are right at κ = 10⁴, and none beyond about 7·10⁷. In `f32` (ε =
/// 1.2·10⁻⁷) half of the digits are gone at κ = 50, and all of them near κ = 3000; in such cases,
/// solve in `f64`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct BackwardError<T> {
    /// ‖r‖ = ‖b − A·x‖, without the Tikhonov term.
    pub residual: T,
    /// ‖r‖/(‖A‖·‖x‖ + ‖b‖); large if no x solves the system.
    ///
    /// x exactly solves a system whose A and b differ from the given ones by this, relative to
    /// their norms (Rigal and Gaches, "On the compatibility of a given solution with the data of a
    /// linear system", 1967).
    pub of_system: T,
    /// ‖Aᵀr − λx‖/(‖A‖·‖r‖), or 0 if the gradient is 0; `None` for
    /// [`SolveProblem::PositiveDefinite`](crate::solve::SolveProblem::PositiveDefinite).
    ///
    /// x is the least-squares solution for an A that differs from the given one by this, relative
    /// to its norm (Stewart, "Research, development and LINPACK", 1977).
    pub of_least_squares: Option<T>,
}

impl<T: Real> BackwardError<T> {
    /// The smaller of the two backward errors, which is compared with the tolerance.
    #[must_use]
    pub fn smallest(&self) -> T {
        match self.of_least_squares {
            Some(other) if other < self.of_system => other,
            _ => self.of_system,
        }
    }
}
