//! The solution of a linear system.

use std::fmt;

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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Solution<T: Real> {
    /// X, n×k.
    ///
    /// Each column is the best iterate, by backward error and loss, whose residual was computed
    /// again. If the noise, the step limit or the observer ended the run, it is the last iterate,
    /// unless an earlier one had a smaller loss.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub solution: DMatrix<T>,
    /// How good each column of X is.
    pub backward_errors: Vec<BackwardError<T>>,
    /// Which test each column of X passed; `None` in an error, for a column that passed none.
    pub acceptances: Vec<Option<Acceptance>>,
    /// How each column was found; of a column that was solved again without scaling the columns of
    /// A, the run whose result is kept.
    ///
    /// The times of columns that descended in lock step overlap: each is the time from the start of
    /// the column to its end, the others' steps included.
    ///
    /// The losses are ½‖A·x − b‖² + λ/2·‖x‖², from the residual that the descent carries along.
    ///
    /// The evaluations count the products A·v: one for each step, and one each time the residual is
    /// computed again, at the start and whenever the descent checks the residual it carries along.
    /// Not counted are the products with Aᵀ (as many, for least squares), those of a
    /// preconditioner, and the products before the first step, once for all columns: some 10 to 20
    /// each with A and Aᵀ for the norm and the adjoint, or 5 with A alone for a general system.
    pub reports: Vec<Report<T>>,
    /// An estimate of ‖A‖₂ from below, by the power method, for a general system by that without the
    /// adjoint; ∞ if the norm is beyond the range of the format.
    ///
    /// Where the backward errors are relative to it, they are therefore too large rather than too
    /// small.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub norm_estimate: T,
    /// A lower bound on the condition number: the largest singular value divided by the smallest
    /// nonzero one, of the matrix that the descent worked with.
    ///
    /// That is A with its columns scaled to similar lengths where the solver scaled them, A·P with
    /// a preconditioner P, and A itself otherwise. The bound comes from the step lengths of
    /// conjugate gradients, with room for their rounding, so that it is at most 1/(16·ε·√max(m, n));
    /// gradient descent gives 1. For a general system it comes from the images of the directions of a
    /// restart, and is that largest number if A is singular. Up to 1/√ε it is usually more than a third of the condition number,
    /// after however many steps. It is far too low where the descent ends before small singular
    /// values have counted: with a loose tolerance, or if b or the solution nearly lacks their
    /// vectors.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub condition_estimate: T,
}

/// The test by which a solution was accepted.
///
/// The numbers are those of [`BackwardError`], τ is the tolerance, or ε without one.
///
/// # Example
///
/// ```
/// use matrix_descent::solve::Acceptance;
/// use matrix_descent::{solve_by_descent, SolveConfig};
/// use nalgebra::{dmatrix, dvector};
///
/// let a = dmatrix![1.0, 0.0; 1.0, 1.0; 1.0, 2.0];
/// let on_a_line = solve_by_descent(&a, &dvector![1.0, 3.0, 5.0], SolveConfig::default())?;
/// assert_eq!(on_a_line.acceptances, [Some(Acceptance::System)]);
/// let scattered = solve_by_descent(&a, &dvector![1.0, 4.0, 5.0], SolveConfig::default())?;
/// assert_eq!(scattered.acceptances, [Some(Acceptance::LeastSquares)]);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Acceptance {
    /// The system is solved: `of_system` ≤ τ; without a tolerance, at the floor that rounding sets,
    /// ≤ 16·ε·√max(m, n).
    System,
    /// x is the least-squares solution: `of_least_squares` ≤ τ, or at the floor as above. Without a
    /// tolerance `of_system` must be at least ε/∛ε, so that rounding leaves the cosines of the
    /// angles between r and the columns known to ∛ε.
    LeastSquares,
    /// Without a tolerance, at the floor: the product of the two is at most 16·ε·√max(m, n),
    /// `of_least_squares` at most ∛ε, and `of_system` at least ε/∛ε.
    ///
    /// The rounding of r = b − A·x leaves the gradient no smaller if ‖r‖ is small beside ‖b‖. The
    /// answers of a QR factorisation pass this test, and not always the one before.
    RoundingFloor,
    /// ‖r‖ ≤ η·‖b‖, as
    /// [`SolveConfig::relative_residual`](crate::solve::SolveConfig::relative_residual) asks.
    RelativeResidual,
    /// ‖r‖ is within the [`noise`](crate::solve::SolveConfig::noise): x fits the data as well as
    /// they deserve, whether or not it is near the solution.
    Noise,
}

impl fmt::Display for Acceptance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::System => "the system is solved",
            Self::LeastSquares => "the least-squares problem is solved",
            Self::RoundingFloor => "solved as far as rounding allows",
            Self::RelativeResidual => "the relative residual is met",
            Self::Noise => "the residual is within the noise",
        })
    }
}

/// How much A and b would have to change to make a solution exact.
///
/// Here r = b − A·x and aⱼ is column j of A. Where the lengths of the columns are known
/// ([`LinearMap::column_norms`](crate::linear_map::LinearMap::column_norms): for matrices they
/// are), each column counts relative to its own length, so that other units for some unknowns
/// change nothing. For λ > 0 the errors are those of the system [A; √λ·I]·x ≈ [b; 0], whose
/// residual has the norm √(‖r‖² + λ‖x‖²) and whose columns have the lengths √(‖aⱼ‖² + λ). If either
/// error is small, x solves a nearby problem. How near x is to the solution x* of the given problem
/// depends on the condition number κ, the largest singular value divided by the smallest nonzero
/// one, of A with its columns scaled to the length 1. With the length of x measured as ‖x‖ =
/// √Σ(‖aⱼ‖·xⱼ)², to first order, for λ = 0,
///
/// - ‖x − x*‖ ≤ η·κ·√n·(‖x‖ + ‖b‖) with η = `of_system`, if A·x* = b;
/// - ‖x − x*‖ ≤ η·κ²·√n·‖r‖ with η = `of_least_squares`.
///
/// So if a residual remains, the error grows with κ² times that residual. The least-squares
/// solution itself moves that far if the last digits of A change, and no method avoids it (Wedin,
/// "Perturbation theory for pseudo-inverses", 1973). Without a tolerance η is a small multiple of
/// ε, and if both backward errors are somewhat larger
/// ([`Acceptance::RoundingFloor`]) the error is about ε·κ²·‖x‖: in `f64` half of the digits are
/// right at κ = 10⁴, and none beyond about 7·10⁷. In `f32` (ε = 1.2·10⁻⁷) half of the digits are
/// gone at κ = 50, and all of them near κ = 3000; in such cases, solve in `f64`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct BackwardError<T> {
    /// ‖r‖ = ‖b − A·x‖, without the Tikhonov term.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub residual: T,
    /// ‖r‖/‖b‖, or 0 if r is 0: what other libraries call the relative residual.
    ///
    /// It can be much larger than `of_system`: rounding x to the last digit alone may leave a
    /// residual of about ε·Σ‖aⱼ‖|xⱼ|.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub relative_residual: T,
    /// ‖r‖/(Σ‖aⱼ‖·|xⱼ| + ‖b‖); large if no x solves the system.
    ///
    /// x exactly solves a system whose columns and right-hand side differ from the given ones by
    /// this, relative to their lengths. If the lengths are not known, it is
    /// ‖r‖/(‖A‖·‖x‖ + ‖b‖), the same relative to the norm of A (Rigal and Gaches, "On the
    /// compatibility of a given solution with the data of a linear system", 1967).
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub of_system: T,
    /// maxⱼ |aⱼᵀr − λxⱼ|/(‖aⱼ‖·‖r‖), or 0 if the gradient is 0; `None` unless the problem is
    /// [`SolveProblem::LeastSquares`](crate::solve::SolveProblem::LeastSquares).
    ///
    /// It is the cosine of the angle between the residual and the column that is farthest from
    /// being orthogonal to it. If the lengths are not known, it is ‖Aᵀr − λx‖/(‖A‖·‖r‖): x is the
    /// least-squares solution for an A that differs from the given one by this, relative to its
    /// norm (Stewart, "Research, development and LINPACK", 1977).
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
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

impl<T: Real> fmt::Display for BackwardError<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "backward error {:e} as a system", self.of_system)?;
        if let Some(error) = self.of_least_squares {
            write!(formatter, ", {error:e} as least squares")?;
        }
        write!(
            formatter,
            "; relative residual {:e}",
            self.relative_residual
        )
    }
}
