//! The descent on one right-hand side.

mod curvature;
mod pace;
mod standing;
mod walk;

use super::operator::{Operator, scale};
use super::recorder::{Exponents, Recorder};
use super::{BackwardError, SolveMethod, SolveProblem};
use crate::descent::{Observer, Report, StopReason};
use crate::linear_map::LinearMap;
use crate::numerics::norm::{all_finite, euclidean_norm};
use crate::numerics::real::Real;
use crate::solve::error::SolveError;
use curvature::Earlier;
use pace::Pace;
use standing::Standing;
use walk::{Least, Pause};

/// A descent that begins afresh this often without halving the backward error is at the floor that
/// rounding sets.
const IDLE_STARTS: usize = 2;

/// As often without halving the best backward error, for errors that go up and down at the floor.
/// With less patience for a definite matrix, many a slow descent would end too early.
const IDLE_WALKS: usize = 10;
const IDLE_WALKS_FOR_DEFINITE: usize = 60;

/// The function that is walked, and by which rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task<T> {
    pub(super) problem: SolveProblem,
    pub(super) method: SolveMethod<T>,
    pub(super) ridge: T,
}

/// What ends a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits<T> {
    pub(super) noise: Option<T>,
    pub(super) tolerance: Option<T>,
    pub(super) max_steps: usize,
}

/// The vectors of a descent, made once for all right-hand sides.
///
/// All is scaled by powers of two: A to a norm near 1 and b to entries near 1, so that no square
/// leaves the range of the format.
#[derive(Debug)]
pub(super) struct Descent<'a, T, A, P> {
    operator: Operator<'a, T, A>,
    preconditioner: Option<Operator<'a, T, P>>,
    problem: SolveProblem,
    pace: Pace<T>,
    limits: Limits<T>,
    ridge: T,
    /// ‖A‖, with the ridge √(‖A‖² + λ).
    norm: T,
    /// The room for rounding in a backward error.
    rounding: T,
    b: Vec<T>,
    b_norm: T,
    /// A residual above that of x = 0 and of the start is no solution.
    useful_residual: T,
    x: Vec<T>,
    best_x: Vec<T>,
    least: Least<T>,
    /// r = b − A·x.
    residual: Vec<T>,
    /// Aᵀr − λx, or r for a definite matrix.
    downhill: Vec<T>,
    /// `downhill` in the metric of the preconditioner, and halfway there.
    preconditioned: Vec<T>,
    halfway: Vec<T>,
    direction: Vec<T>,
    /// What the preconditioner makes the direction from, if curvatures are measured in its metric.
    accumulated: Vec<T>,
    /// A times the direction.
    image: Vec<T>,
    /// The direction before, where curvatures are measured.
    earlier: Earlier<T>,
}

/// What a run reached.
#[derive(Debug)]
pub(super) struct Run<T> {
    pub(super) error: BackwardError<T>,
    pub(super) report: Report<T>,
    pub(super) is_accepted: bool,
}

impl<'a, T: Real, A: LinearMap<T>, P: LinearMap<T>> Descent<'a, T, A, P> {
    pub(super) fn new(
        map: &'a A,
        preconditioner: Option<&'a P>,
        task: Task<T>,
        limits: Limits<T>,
    ) -> Result<Self, SolveError<T>> {
        let Task {
            problem,
            method,
            ridge,
        } = task;
        let operator = Operator::new(map, ridge, "matrix")?;
        let preconditioner = preconditioner
            .map(|p| Operator::new(p, T::zero(), "preconditioner"))
            .transpose()?;
        let (m, n) = (operator.rows(), operator.columns());
        let ridge = ridge.scale_by_power_of_two(-2 * operator.exponent());
        let norm = euclidean_norm(&[operator.norm(), ridge.sqrt()]);
        let zeros = |length| vec![T::zero(); length];
        let preconditioned = if preconditioner.is_some() { n } else { 0 };
        let of_preconditioner = preconditioner.as_ref().map_or(0, Operator::exponent);
        let exponent = operator.exponent() + of_preconditioner;
        let pace = match problem {
            SolveProblem::LeastSquares => Pace::new(method, 2 * exponent),
            SolveProblem::PositiveDefinite => Pace::new(method, exponent),
        };
        let (accumulated, earlier) = match (pace.is_tuned(), problem) {
            (false, _) => (0, Earlier::new(0, 0, 0)),
            (true, SolveProblem::LeastSquares) => {
                (preconditioned, Earlier::new(n, m, preconditioned))
            }
            (true, SolveProblem::PositiveDefinite) => {
                (preconditioned, Earlier::new(n, 0, preconditioned))
            }
        };
        let mut descent = Self {
            preconditioner,
            problem,
            pace,
            limits,
            ridge,
            norm,
            rounding: <T as Real>::from_f64(16.0) * T::EPSILON * T::from_count(m.max(n)).sqrt(),
            b: zeros(m),
            b_norm: T::zero(),
            useful_residual: T::zero(),
            x: zeros(n),
            best_x: zeros(n),
            least: Least::new(n),
            residual: zeros(m),
            downhill: zeros(n),
            preconditioned: zeros(preconditioned),
            halfway: zeros(preconditioned),
            direction: zeros(n),
            accumulated: zeros(accumulated),
            image: zeros(m),
            earlier,
            operator,
        };
        if pace.is_tuned() {
            let greatest = descent.greatest_curvature()?;
            descent
                .pace
                .tune(greatest * <T as Real>::from_f64(pace::MARGIN));
        }
        Ok(descent)
    }

    /// ‖A‖₂, estimated from below; ∞ beyond the range of the format.
    pub(super) fn norm_estimate(&self) -> T {
        let exponent = self.operator.exponent();
        self.operator.norm().scale_by_power_of_two(exponent)
    }

    /// Descends from `solution` for the right-hand side `b`, and leaves the best iterate in
    /// `solution`.
    pub(super) fn run<O: Observer<T>>(
        &mut self,
        b: &[T],
        solution: &mut [T],
        observer: &mut O,
    ) -> Result<Run<T>, SolveError<T>> {
        self.pace.restart();
        let b_exponent = self.enter(b, solution);
        let noise = self.limits.noise;
        let noise = noise.map(|noise| noise.scale_by_power_of_two(-b_exponent));
        let (dimension, max_steps) = (solution.len(), self.limits.max_steps);
        let exponents = self.exponents(b_exponent);
        let mut recorder = Recorder::new(observer, max_steps, dimension, exponents);
        let start_norm = euclidean_norm(&self.x);
        let mut standing = self.look_afresh(&mut recorder);
        self.useful_residual =
            self.b_norm.max(standing.error.residual) * (T::one() + self.rounding);
        let mut best = standing;
        self.best_x.copy_from_slice(&self.x);
        let mut limit = recorder.see(&self.x, standing.loss, &self.downhill);
        let (mut idle_starts, mut idle_walks, mut is_at_floor) = (0, 0, false);
        let patience = match self.problem {
            SolveProblem::LeastSquares => IDLE_WALKS,
            SolveProblem::PositiveDefinite => IDLE_WALKS_FOR_DEFINITE,
        };
        let stop_reason = loop {
            if let Some(reason) = self.goal(&standing, noise) {
                best = standing;
                self.best_x.copy_from_slice(&self.x);
                break reason;
            }
            if let Some(reason) = limit {
                break reason;
            }
            if idle_starts == IDLE_STARTS || idle_walks == patience {
                is_at_floor = true;
                break StopReason::Stalled;
            }
            let before = standing;
            let pause = self.walk(noise, &mut recorder)?;
            standing = self.look_without_start(start_norm, &mut recorder);
            if !standing.loss.is_finite() || !all_finite(&self.x) {
                break StopReason::Diverged;
            }
            let is_far_better = standing.has_halved(&best);
            idle_walks = if is_far_better { 0 } else { idle_walks + 1 };
            let is_limit = matches!(pause, Pause::Limit(_));
            // NaN is worse than anything.
            if self.is_better(&standing, &best)
                || (is_limit && standing.loss <= best.loss)
                || !best.loss.is_finite()
            {
                best = standing;
                self.best_x.copy_from_slice(&self.x);
            }
            match pause {
                Pause::Limit(reason) => limit = Some(reason),
                Pause::Idle => limit = Some(StopReason::Stalled),
                Pause::Claim | Pause::Breakdown => {
                    idle_starts = if standing.has_halved(&before) {
                        0
                    } else {
                        idle_starts + 1
                    };
                }
            }
        };
        let is_accepted = stop_reason.is_convergence() || self.accepts(&best.error, is_at_floor);
        let stop_reason = match stop_reason {
            StopReason::Discrepancy => StopReason::Discrepancy,
            _ if is_accepted => StopReason::Accuracy,
            other => other,
        };
        let report = recorder.into_report(stop_reason);
        self.leave(solution, b_exponent - self.operator.exponent())?;
        let mut error = best.error;
        error.residual = error.residual.scale_by_power_of_two(b_exponent);
        Ok(Run {
            error,
            report,
            is_accepted,
        })
    }

    fn exponents(&self, of_b: i32) -> Exponents {
        Exponents {
            loss: of_b.saturating_mul(2),
            solution: of_b - self.operator.exponent(),
            gradient: match self.problem {
                SolveProblem::LeastSquares => of_b.saturating_add(self.operator.exponent()),
                SolveProblem::PositiveDefinite => of_b,
            },
        }
    }

    /// Looks afresh; from x = 0 where x is no more than the rounding of a start of this norm.
    fn look_without_start<O: Observer<T>>(
        &mut self,
        start_norm: T,
        recorder: &mut Recorder<'_, T, O>,
    ) -> Standing<T> {
        let standing = self.look_afresh(recorder);
        let is_rounding = euclidean_norm(&self.x) <= self.rounding * start_norm;
        if !is_rounding || standing.error.residual < self.b_norm {
            return standing;
        }
        self.x.fill(T::zero());
        self.look_afresh(recorder)
    }

    /// Takes in b and x, scaled, and returns the exponent of b's scale.
    fn enter(&mut self, b: &[T], start: &[T]) -> i32 {
        let largest = |values: &[T]| {
            let magnitudes = values.iter().map(|value| value.abs());
            magnitudes.fold(T::zero(), T::max).binary_exponent()
        };
        let a_exponent = self.operator.exponent();
        let of_image = largest(start).map(|exponent| exponent.saturating_add(a_exponent));
        let of_b = largest(b);
        // A start so far away that b would vanish beside it says nothing.
        let far = T::MAX.binary_exponent().unwrap_or_default() / 2;
        let is_far = of_b
            .zip(of_image)
            .is_some_and(|(b, start)| start.saturating_sub(b) > far);
        let of_image = of_image.filter(|_| !is_far);
        let exponent = of_b.max(of_image).unwrap_or(0);
        self.b.copy_from_slice(b);
        scale(&mut self.b, -exponent);
        self.b_norm = euclidean_norm(&self.b);
        if is_far {
            self.x.fill(T::zero());
        } else {
            self.x.copy_from_slice(start);
            scale(&mut self.x, a_exponent - exponent);
        }
        exponent
    }

    /// Gives the best x, scaled back.
    fn leave(&mut self, solution: &mut [T], exponent: i32) -> Result<(), SolveError<T>> {
        solution.copy_from_slice(&self.best_x);
        scale(solution, exponent);
        if let Some(row) = solution.iter().position(|value| !value.is_finite()) {
            return Err(SolveError::OutOfRange { row, column: 0 });
        }
        // Entries lost to underflow matter only if they are not small beside the others.
        for (lost, (&given, &kept)) in (self.x.iter_mut()).zip(solution.iter().zip(&self.best_x)) {
            *lost = given.scale_by_power_of_two(-exponent) - kept;
        }
        if euclidean_norm(&self.x) <= self.rounding * euclidean_norm(&self.best_x) {
            return Ok(());
        }
        let row = self.x.iter().position(|&lost| lost != T::zero());
        Err(SolveError::OutOfRange {
            row: row.unwrap_or(0),
            column: 0,
        })
    }
}
