//! The settings of a solution.

use std::fmt;

use nalgebra::DMatrix;

use crate::descent::{Observer, Silent};
use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{
    check_at_least_one, check_at_least_zero, check_finite, check_fraction, check_shape, require,
};
use crate::solve::method::SolveMethod;

/// Which function is minimised; [`SolveMethod`] says how.
///
/// | A | choose | a step takes | memory, in vectors |
/// |---|---|---|---|
/// | any shape and rank, or A·x = b has no solution | [`LeastSquares`](Self::LeastSquares) | A and Aᵀ | about 10 |
/// | symmetric positive definite | [`PositiveDefinite`](Self::PositiveDefinite) | A | about 10 |
/// | square, nonsingular, not symmetric or not definite | [`General`](Self::General) | A | about 10, and one for each step of a [restart](SolveConfig::restart) |
///
/// κ is the condition number of A: its largest singular value divided by the smallest nonzero one.
/// The numbers of steps are those of conjugate gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum SolveProblem {
    /// ½‖A·x − b‖² + λ/2·‖x‖², for any shape and rank; the default.
    ///
    /// The method is CGLS: each step applies A once and Aᵀ once, and AᵀA is never formed. It takes
    /// about κ/2·ln(2/δ) steps for an accuracy of δ, or one for each distinct singular value.
    ///
    /// **If A is symmetric positive definite, choose
    /// [`PositiveDefinite`](Self::PositiveDefinite)**: for a diffusion on a 30×30 grid with
    /// coefficients from 1 to 10⁴ and a relative residual of 10⁻⁸, that took 811 steps where this
    /// one took 9055.
    #[default]
    LeastSquares,
    /// ½·xᵀ·A·x − bᵀ·x, for a symmetric positive definite A: one product per step, and about √κ
    /// steps.
    ///
    /// A may be semidefinite if A·x = b has a solution. With any other kind of matrix the run ends
    /// in an error: the residual is checked, and if a run fails, so is the symmetry of A.
    PositiveDefinite,
    /// ½‖A·x − b‖² for a square A, not symmetric or not definite, by its products alone: Aᵀ is
    /// neither used nor checked.
    ///
    /// Each x has the least residual of all points that the directions since the last restart can
    /// reach: r, A·r, A²·r, … for the residual r computed there. That is GMRES with
    /// [restarts](SolveConfig::restart), at which the residual is computed again from A and b. One
    /// step takes one product with A, and one with the [preconditioner](SolveConfig::preconditioner).
    ///
    /// **Choose it if A has no zero or tiny singular values and its eigenvalues lie on one side of
    /// 0**, as for a flow with diffusion: it then takes far fewer products than
    /// [`LeastSquares`](Self::LeastSquares), whose steps grow with κ. There is no such bound here:
    /// for a permutation, say, the residual may stay as it is for n − 1 steps, and with a shorter
    /// restart for ever. A descent that goes no lower ends in
    /// [`SolveError::Stagnated`](crate::solve::SolveError::Stagnated); where A·x = b has no solution,
    /// in an error as well. With [`SolveMethod::GradientDescent`] every step is a restart.
    ///
    /// So that a huge x near the null space of a singular A is not taken for a solution, the residual
    /// also has to be at most max(√τ, ∛ε)·‖b‖, for the tolerance τ, unless b is 0; if the lengths of
    /// the columns are known, with ε·(Σ‖aⱼ‖|xⱼ| + ‖b‖) added for rounding. If there are several
    /// solutions, the one that is found need not have minimum norm.
    ///
    /// For a singular A and a b out of its reach, rounding in A·x can outweigh what the last
    /// directions lower; at the restart they are left out again, so that more steps do not make the
    /// answer worse. The losses that a run carries along in between do not show that rounding.
    ///
    /// Sources: Saad and Schultz, "GMRES: a generalized minimal residual algorithm for solving
    /// nonsymmetric linear systems", 1986; Eisenstat, Elman and Schultz, "Variational iterative
    /// methods for nonsymmetric systems of linear equations", 1983; Saad, "A flexible inner-outer
    /// preconditioned GMRES algorithm", 1993.
    ///
    /// ```
    /// use matrix_descent::{solve_by_descent, SolveConfig, SolveProblem};
    /// use nalgebra::{dmatrix, dvector};
    ///
    /// let flow = dmatrix![2.0, -0.1, 0.0; -1.9, 2.0, -0.1; 0.0, -1.9, 2.0];
    /// let config = SolveConfig::default().problem(SolveProblem::General);
    /// let found = solve_by_descent(&flow, &dvector![1.9, 0.0, 0.1], config)?;
    /// assert!(found.solution.iter().all(|x| (x - 1.0_f64).abs() < 1e-13));
    /// assert!(found.reports[0].steps <= 3);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    General,
}

impl fmt::Display for SolveProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LeastSquares => "least squares",
            Self::PositiveDefinite => "positive definite",
            Self::General => "general",
        })
    }
}

/// How good a solution has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
pub(crate) enum SolveTarget<T> {
    /// As good as rounding allows.
    RoundingFloor,
    /// The smaller backward error is at most this.
    BackwardError(#[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))] T),
    /// ‖A·x − b‖ is at most this times ‖b‖.
    RelativeResidual(
        #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))] T,
    ),
}

/// How [`solve_by_descent`](crate::solve::solve_by_descent) works; every setting has a default.
///
/// | setting | default |
/// |---|---|
/// | [`problem`](Self::problem) | [`SolveProblem::LeastSquares`] |
/// | [`method`](Self::method) | [`SolveMethod::ConjugateGradients`] |
/// | [`start`](Self::start) | 0, which leads to the solution of minimum norm, except for [`SolveProblem::General`] |
/// | [`ridge`](Self::ridge) | λ = 0 |
/// | [`noise`](Self::noise) | none |
/// | [`preconditioner`](Self::preconditioner) | none |
/// | [`tolerance`](Self::tolerance), a backward error, or [`relative_residual`](Self::relative_residual) | neither: descend as far as rounding allows |
/// | [`max_steps`](Self::max_steps) | 100 000 for each column of B |
/// | [`restart`](Self::restart) | 30 steps, for [`SolveProblem::General`] |
/// | [`observer`](Self::observer) | [`Silent`] |
///
/// With the feature `serde` a configuration is saved without its preconditioner and its observer.
///
/// # Example
///
/// ```
/// use matrix_descent::{solve_by_descent, SolveConfig, SolveProblem};
/// use nalgebra::{dmatrix, dvector};
///
/// let config = SolveConfig::default().problem(SolveProblem::PositiveDefinite).tolerance(1e-12);
/// let found = solve_by_descent(&dmatrix![2.0, 1.0; 1.0, 3.0], &dvector![3.0, 4.0], config)?;
/// assert!((found.solution - dvector![1.0, 1.0]).norm() < 1e-11);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        deny_unknown_fields,
        bound(serialize = "T: Real", deserialize = "T: Real, O: Default")
    )
)]
#[must_use]
pub struct SolveConfig<T: Real, P = DMatrix<T>, O = Silent> {
    pub(super) problem: SolveProblem,
    pub(super) method: SolveMethod,
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::numerics::saved::optional_matrix")
    )]
    pub(super) start: Option<DMatrix<T>>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub(super) ridge: T,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
    pub(super) noise: Option<T>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) preconditioner: Option<P>,
    pub(super) target: SolveTarget<T>,
    pub(super) max_steps: usize,
    #[cfg_attr(feature = "serde", serde(default = "steps_of_cycle"))]
    pub(super) restart: usize,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) observer: O,
}

/// The steps from one restart to the next.
fn steps_of_cycle() -> usize {
    30
}

/// The only `Default`, so that `SolveConfig::default()` needs no type annotations.
impl<T: Real> Default for SolveConfig<T> {
    fn default() -> Self {
        Self {
            problem: SolveProblem::default(),
            method: SolveMethod::default(),
            start: None,
            ridge: T::zero(),
            noise: None,
            preconditioner: None,
            target: SolveTarget::RoundingFloor,
            max_steps: 100_000,
            restart: steps_of_cycle(),
            observer: Silent,
        }
    }
}

impl<T: Real, P, O> SolveConfig<T, P, O> {
    /// Sets which function is minimised.
    pub fn problem(mut self, problem: SolveProblem) -> Self {
        self.problem = problem;
        self
    }

    /// Sets the method: conjugate gradients or gradient descent.
    pub fn method(mut self, method: SolveMethod) -> Self {
        self.method = method;
        self
    }

    /// Sets where the descent begins, n×k like the solution.
    ///
    /// If there are several solutions, the descent finds the one nearest to the start, except for
    /// [`SolveProblem::General`], which finds any of them. A start so far away that the right-hand
    /// side would be lost beside it, by half of the exponent range of the format, is ignored.
    pub fn start(mut self, start: DMatrix<T>) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets λ of the Tikhonov term λ/2·‖x‖² in the least-squares problem, so that
    /// x = (AᵀA + λI)⁻¹·Aᵀ·b; at least 0, and 0 for [`SolveProblem::PositiveDefinite`] and
    /// [`SolveProblem::General`].
    ///
    /// Source: Tikhonov, "Solution of incorrectly formulated problems and the regularization
    /// method", 1963.
    pub fn ridge(mut self, ridge: T) -> Self {
        self.ridge = ridge;
        self
    }

    /// Sets δ ≥ 0, the norm of the noise in a column of B: the descent ends at the first iterate
    /// with ‖A·x − b‖ ≤ δ.
    ///
    /// The data are no more accurate than that (Morozov, "On the solution of functional equations
    /// by the method of regularization", 1966).
    ///
    /// For ill-posed problems, stopping early is the regularisation: further steps fit the noise.
    /// If the residual never falls to δ, the descent ends as if no noise were given. Since the
    /// answer depends on the path, the columns of A are then not scaled. To ask for a small
    /// residual of a well-posed problem, set [`relative_residual`](Self::relative_residual).
    ///
    /// ```
    /// use matrix_descent::{solve_by_descent, SolveConfig, StopReason};
    /// use nalgebra::{dmatrix, dvector};
    ///
    /// let (a, b) = (dmatrix![1.0, 0.0; 0.0, 1e-6], dvector![1.0, 0.01]);
    /// let found = solve_by_descent(&a, &b, SolveConfig::default().noise(0.02))?;
    /// assert_eq!(found.reports[0].stop_reason, StopReason::Discrepancy);
    /// assert!(found.solution.norm() < 1.1);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn noise(mut self, noise: T) -> Self {
        self.noise = Some(noise);
        self
    }

    /// Sets a preconditioner P ≈ A⁻¹, n×n: a matrix, a reference to one, or any other
    /// [`LinearMap`].
    ///
    /// For [`SolveProblem::PositiveDefinite`] it has to be symmetric positive definite. For
    /// [`SolveProblem::General`] any map with A·P near a multiple of the identity serves, applied on
    /// the right, so that the residual is that of A·x = b; its adjoint is not used. For least
    /// squares it is applied on the right: the descent is over y in x = P·y and, if there are
    /// several solutions, finds the one with the least ‖y‖; any nonsingular P will do.
    ///
    /// An approximate inverse from this crate will do, as will the inverse of a nearby matrix:
    ///
    /// ```
    /// use matrix_descent::{invert_by_descent, solve_by_descent, Config, SolveConfig};
    /// use nalgebra::{dmatrix, dvector};
    ///
    /// let nearby = dmatrix![1000.0, 1.0; 1.0, 0.01];
    /// let p = invert_by_descent(&nearby, Config::default())?.inverse;
    /// let a = dmatrix![1001.0, 1.0; 1.0, 0.0101];
    /// let config = SolveConfig::default().preconditioner(&p);
    /// let found = solve_by_descent(&a, &dvector![1002.0, 1.0101], config)?;
    /// assert!((found.solution - dvector![1.0, 1.0]).norm() < 1e-9);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn preconditioner<Q: LinearMap<T>>(self, preconditioner: Q) -> SolveConfig<T, Q, O> {
        SolveConfig {
            problem: self.problem,
            method: self.method,
            start: self.start,
            ridge: self.ridge,
            noise: self.noise,
            preconditioner: Some(preconditioner),
            target: self.target,
            max_steps: self.max_steps,
            restart: self.restart,
            observer: self.observer,
        }
    }

    /// Sets the backward error τ
    /// ([`BackwardError::smallest`](crate::solve::BackwardError::smallest)) at which a solution is
    /// accepted and the descent ends; in [0, 1).
    ///
    /// **A backward error is not a relative residual.** It compares ‖r‖ with Σ‖aⱼ‖|xⱼ| + ‖b‖, or
    /// the gradient with ‖r‖. If x is large, ‖r‖/‖b‖ may still be far above τ: 8·10⁻⁶ for τ = 10⁻⁸
    /// and a diffusion on a 30×30 grid with coefficients from 1 to 10⁴. For the test of PETSc and
    /// SciPy, ‖r‖ ≤ η·‖b‖, set [`relative_residual`](Self::relative_residual); the setting made
    /// last counts.
    ///
    /// The residual must also be at most the larger of those at x = 0 and at the start: a huge x
    /// that A maps nearly to zero has a tiny backward error. For [`SolveProblem::General`] it must be
    /// at most max(√τ, ∛ε)·‖b‖ instead, unless b is 0.
    ///
    /// Without a tolerance the descent goes on until rounding stops it, and the solution is then
    /// accepted by one of the tests of [`Acceptance`](crate::solve::Acceptance), which
    /// [`Solution::acceptances`](crate::solve::Solution::acceptances) names.
    pub fn tolerance(mut self, tolerance: T) -> Self {
        self.target = SolveTarget::BackwardError(tolerance);
        self
    }

    /// Sets η, so that a solution is accepted, and the descent ends, once ‖A·x − b‖ ≤ η·‖b‖ for
    /// each column b of B; in [0, 1).
    ///
    /// It replaces the [`tolerance`](Self::tolerance). If no x comes so near to b, which is usual
    /// for more equations than unknowns, the run ends in an error with the least-squares solution
    /// as its best iterate. The residual is computed again from A, b and x before it is accepted.
    /// For a b of zeros x is 0 at once, whatever the start.
    ///
    /// ```
    /// use matrix_descent::solve::Acceptance;
    /// use matrix_descent::{solve_by_descent, SolveConfig};
    /// use nalgebra::{dmatrix, dvector};
    ///
    /// let (a, b) = (dmatrix![3.0, 1.0; 1.0, 2.0], dvector![5.0, 5.0]);
    /// let found = solve_by_descent(&a, &b, SolveConfig::default().relative_residual(1e-8))?;
    /// assert_eq!(found.acceptances[0], Some(Acceptance::RelativeResidual));
    /// assert!((a * found.solution - &b).norm() <= 1e-8 * b.norm());
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn relative_residual(mut self, ratio: T) -> Self {
        self.target = SolveTarget::RelativeResidual(ratio);
        self
    }

    /// Sets the number of steps for each column of B after which the run ends at the latest; at
    /// least 1. A column that is solved again, without scaling the columns of A, has as many again,
    /// and so has the search for dependent columns.
    ///
    /// It ends as stalled if the backward error has not fallen by a hundredth within 1000 + 20·n
    /// steps; with [`SolveMethod::GradientDescent`] that happens if κ² (κ for a definite matrix)
    /// exceeds about 2·10⁵ + 4000·n. [`SolveProblem::General`] ends as stalled if a whole
    /// [restart](Self::restart) lowers the residual by less than a part of 10⁻⁴, or if the residual
    /// has not been halved in 60 of them, or in 2000 steps if those take more restarts. It also ends
    /// as stalled at a restart that does not lower the residual.
    pub fn max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }

    /// Sets the number of steps after which [`SolveProblem::General`] computes its residual again and
    /// begins with new directions; at least 1. A column keeps a vector for each step of a restart, and
    /// two with a preconditioner.
    ///
    /// More save steps where a descent would stagnate, up to n, at which it ends but for rounding. A
    /// step gets longer with each, by two or three passes over all vectors since the restart.
    ///
    /// ```
    /// use matrix_descent::solve::SolveError;
    /// use matrix_descent::{solve_by_descent, SolveConfig, SolveProblem};
    /// use nalgebra::{DMatrix, DVector};
    ///
    /// // A cyclic shift: the residual stays as it is up to the last of 40 steps.
    /// let shift = DMatrix::from_fn(40, 40, |i, j| if i == (j + 1) % 40 { 1.0 } else { 0.0 });
    /// let b = DVector::from_fn(40, |i, _| if i == 0 { 1.0 } else { 0.0 });
    /// let config = SolveConfig::default().problem(SolveProblem::General);
    /// let error = solve_by_descent(&shift, &b, config.clone()).unwrap_err();
    /// assert!(matches!(error, SolveError::Stagnated { restart: 30, .. }));
    /// let found = solve_by_descent(&shift, &b, config.restart(40))?;
    /// assert_eq!(found.reports[0].steps, 40);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn restart(mut self, steps: usize) -> Self {
        self.restart = steps;
        self
    }

    /// Sets what watches the run: a closure or any other [`Observer`].
    ///
    /// It sees x, the loss ½‖A·x − b‖² + λ/2·‖x‖² as the descent carries it along, and the gradient
    /// of the function that is minimised; for [`SolveProblem::General`] the residual A·x − b in its
    /// place, since the gradient takes Aᵀ. The steps begin again at 0 for each column of B, and if a
    /// column is solved again without scaling the columns of A. Where several columns descend in
    /// lock step, it sees one iterate of each that has not ended, in the order of the columns, then
    /// the next of each; to watch a single column, solve for it alone. A `Break` ends all columns,
    /// each at the iterate that it has reached, those that have not begun at their start; nothing
    /// is shown after it. Where the vectors of the map are in parts, each part has its own observer,
    /// and a `Break` on one ends the descents on all, at the same iterate.
    pub fn observer<W: Observer<T>>(self, observer: W) -> SolveConfig<T, P, W> {
        SolveConfig {
            problem: self.problem,
            method: self.method,
            start: self.start,
            ridge: self.ridge,
            noise: self.noise,
            preconditioner: self.preconditioner,
            target: self.target,
            max_steps: self.max_steps,
            restart: self.restart,
            observer,
        }
    }
}

impl<T: Real, P: LinearMap<T>, O> SolveConfig<T, P, O> {
    /// Checks the settings for `rows` unknowns in each of `columns` columns.
    pub(super) fn validate(&self, rows: usize, columns: usize) -> Result<(), InputError<T>> {
        check_at_least_zero("ridge", self.ridge)?;
        if self.problem == SolveProblem::PositiveDefinite {
            let is_met = self.ridge == T::zero();
            require(is_met, "ridge", self.ridge, "0 for a definite matrix")?;
        }
        if self.problem == SolveProblem::General {
            let is_met = self.ridge == T::zero();
            require(is_met, "ridge", self.ridge, "0 for a general system")?;
        }
        check_at_least_one("restart", self.restart)?;
        if let Some(noise) = self.noise {
            check_at_least_zero("noise", noise)?;
        }
        match self.target {
            SolveTarget::RoundingFloor => {}
            SolveTarget::BackwardError(tolerance) => check_fraction("tolerance", tolerance)?,
            SolveTarget::RelativeResidual(ratio) => check_fraction("relative_residual", ratio)?,
        }
        check_at_least_one("max_steps", self.max_steps)?;
        if let Some(start) = &self.start {
            check_shape("start", start.shape(), (rows, columns))?;
            check_finite("start", start)?;
        }
        if let Some(preconditioner) = &self.preconditioner {
            let shape = (preconditioner.rows(), preconditioner.columns());
            check_shape("preconditioner", shape, (rows, rows))?;
            preconditioner.validate("preconditioner")?;
        }
        Ok(())
    }
}
