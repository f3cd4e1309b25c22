//! The descent for one right-hand side: inner iterations until a goal is confirmed or a limit is
//! reached.

use std::mem::take;

use crate::descent::{Observer, Report, StopReason};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;
use crate::solve::config::SolveProblem;
use crate::solve::descent::column::inner_iteration::RestartReason;
use crate::solve::descent::column::recorder::{SystemRecorder, Watch};
use crate::solve::descent::column::state::ColumnDescent;
use crate::solve::descent::column::status::Status;
use crate::solve::descent::multiplier::Multiplier;
use crate::solve::error::SolveError;
use crate::solve::solution::{Acceptance, BackwardError};

/// After this many restarts without halving the backward error, a descent is at the floor that
/// rounding sets.
const IDLE_STARTS: usize = 2;

/// The same for inner iterations that do not halve the best backward error, since errors can go up
/// and down at the floor.
///
/// With less patience, many a slow descent on a definite matrix would end too early.
const IDLE_ITERATIONS: usize = 10;
const IDLE_ITERATIONS_FOR_DEFINITE: usize = 60;

/// The same for cycles of minimal residuals, and for the steps in short ones.
const IDLE_CYCLES: usize = 60;
const IDLE_STEPS_IN_CYCLES: usize = 2000;

/// A cycle of minimal residuals that lowers the residual by less than this part of it makes no
/// progress: no number of cycles that have patience would halve it.
const LEAST_PROGRESS: f64 = 1e-4;

/// What a run for one column reached.
#[derive(Debug)]
pub(crate) struct ColumnResult<T> {
    pub(crate) error: BackwardError<T>,
    pub(crate) report: Report<T>,
    /// The test that the solution passed, if any.
    pub(crate) acceptance: Option<Acceptance>,
    /// If it passed none, why minimal residuals went no lower.
    pub(crate) stagnation: Option<Stagnation<T>>,
}

/// How minimal residuals went no lower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stagnation<T> {
    /// The last cycle left this part of the residual.
    Cycle { ratio: T },
    /// The image of a direction was a combination of the earlier ones, but for this part of the
    /// longest.
    Dependent { part: T },
    /// The product after so many steps is not finite.
    NotFinite { steps: usize },
}

/// How a descent ended, in its own scale.
struct Ending<T> {
    best: Status<T>,
    stop_reason: StopReason,
    acceptance: Option<Acceptance>,
    stagnation: Option<Stagnation<T>>,
}

impl<T> Ending<T> {
    /// The same with the stagnation that led to it, if it is a failure to go lower.
    fn with(mut self, stagnation: Option<Stagnation<T>>) -> Self {
        let is_limit = matches!(
            self.stop_reason,
            StopReason::StepLimit | StopReason::Observer
        );
        if self.acceptance.is_none() && !is_limit {
            self.stagnation = stagnation;
        }
        self
    }
}

/// Whether a cycle of minimal residuals was worth its steps.
fn has_progressed<T: Real>(status: &Status<T>, before: &Status<T>) -> bool {
    let least = T::one() - <T as Real>::from_f64(LEAST_PROGRESS);
    status.error.residual <= least * before.error.residual
}

/// Why minimal residuals may go no lower, after an inner iteration that ended for this reason.
fn stagnation_of<T: Real>(
    reason: &RestartReason<T>,
    status: &Status<T>,
    before: &Status<T>,
) -> Option<Stagnation<T>> {
    match *reason {
        RestartReason::Cycle => Some(Stagnation::Cycle {
            ratio: status.error.residual / before.error.residual,
        }),
        RestartReason::Dependent { part } => Some(Stagnation::Dependent { part }),
        RestartReason::NotFinite { steps } => Some(Stagnation::NotFinite { steps }),
        _ => None,
    }
}

impl<T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>, M: Multiplier<T>>
    ColumnDescent<'_, T, A, P, M>
{
    /// Descends from `solution` for the right-hand side `b`, and leaves the best iterate in
    /// `solution`.
    pub(crate) async fn run<O: Observer<T>>(
        &mut self,
        b: &[T],
        solution: &mut [T],
        watch: &Watch<O>,
    ) -> Result<ColumnResult<T>, SolveError<T>> {
        let b_exponent = self.enter(b, solution);
        let noise = self.system.settings.noise;
        let noise = noise.map(|noise| noise.scale_by_power_of_two(-b_exponent));
        let (dimension, max_steps) = (solution.len(), self.system.settings.max_steps);
        let exponents = self.exponents(b_exponent);
        let exponent_of = |column| self.system.operator.map.exponent_of(column);
        let mut recorder = SystemRecorder::new(
            watch,
            self.is_true_of_any_part(watch.looks()),
            take(&mut self.history),
            max_steps,
            dimension,
            exponents,
            exponent_of,
        );
        let ending = self.descend(noise, &mut recorder).await?;
        let acceptance = ending.acceptance;
        let stop_reason = match acceptance {
            Some(Acceptance::Noise) => StopReason::Discrepancy,
            Some(_) => StopReason::Accuracy,
            None => ending.stop_reason,
        };
        let report;
        (report, self.history) = recorder.into_report(stop_reason);
        self.leave(solution, b_exponent)?;
        let mut error = ending.best.error;
        error.residual = error.residual.scale_by_power_of_two(b_exponent);
        Ok(ColumnResult {
            error,
            report,
            acceptance,
            stagnation: ending.stagnation,
        })
    }

    /// Descends from x, and leaves the best iterate in `best_x`.
    async fn descend<O: Observer<T>>(
        &mut self,
        noise: Option<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Result<Ending<T>, SolveError<T>> {
        let size_of_start = self.size_of_terms();
        let mut status = self.recompute(recorder).await;
        self.useful_residual = self.useful_residual(status.error.residual);
        let mut best = status;
        self.best_x.copy_from_slice(&self.x);
        let mut limit = self.see(&status, recorder);
        // The best iterate, or for a general matrix the last whose residual had halved: short cycles
        // lower it little by little.
        let mut halved = status;
        let (mut idle_starts, mut idle_iterations) = (0, 0);
        let patience = match self.system.settings.problem {
            SolveProblem::LeastSquares => IDLE_ITERATIONS,
            SolveProblem::PositiveDefinite => IDLE_ITERATIONS_FOR_DEFINITE,
            SolveProblem::General => {
                IDLE_CYCLES.max(IDLE_STEPS_IN_CYCLES / self.system.settings.cycle())
            }
        };
        let is_general = self.system.settings.problem == SolveProblem::General;
        let mut stagnation = None;
        loop {
            if let Some(acceptance) = self.goal(&status, noise) {
                self.best_x.copy_from_slice(&self.x);
                return Ok(Ending {
                    best: status,
                    stop_reason: StopReason::Accuracy,
                    acceptance: Some(acceptance),
                    stagnation: None,
                });
            }
            if let Some(reason) = limit {
                return Ok(self.ending(reason, best).with(stagnation));
            }
            let is_at_floor = idle_starts == IDLE_STARTS || idle_iterations == patience;
            if is_at_floor || self.is_out_of_reach(&status.error) {
                return Ok(self.ending(StopReason::Stalled, best).with(stagnation));
            }
            let before = status;
            let mut reason = self.inner_iteration(&before, noise, recorder).await?;
            status = self.recompute(recorder).await;
            let is_finite = !matches!(reason, RestartReason::NotFinite { .. });
            if is_general && is_finite {
                status = self
                    .leave_out_dependent(status, &mut reason, recorder)
                    .await;
            }
            status = self.without_start(status, size_of_start, recorder).await;
            stagnation = stagnation_of(&reason, &status, &before);
            let x_norm = Space::Domain.norm(self.map(), &self.x);
            if !status.loss.is_finite() || !x_norm.is_finite() {
                let ending = self.ending(StopReason::Diverged, best);
                return Ok(ending.with(stagnation.filter(|_| !is_finite)));
            }
            let is_better = self.is_better(&status, &best);
            let has_halved = is_better && self.has_halved(&status, &halved);
            idle_iterations = if has_halved { 0 } else { idle_iterations + 1 };
            let is_limit = matches!(reason, RestartReason::Limit(_));
            // NaN is worse than anything.
            if is_better || (is_limit && status.loss <= best.loss) || !best.loss.is_finite() {
                best = status;
                self.best_x.copy_from_slice(&self.x);
            }
            if has_halved || !is_general {
                halved = best;
            }
            match reason {
                RestartReason::Limit(met) => limit = Some(met),
                RestartReason::NotFinite { .. } => limit = Some(StopReason::Diverged),
                RestartReason::Idle => limit = Some(StopReason::Stalled),
                RestartReason::Cycle => {
                    if !has_progressed(&status, &before) {
                        limit = Some(StopReason::Stalled);
                    }
                }
                RestartReason::Claim
                | RestartReason::Breakdown
                | RestartReason::Dependent { .. } => {
                    let has_halved = self.has_halved(&status, &before);
                    idle_starts = if has_halved { 0 } else { idle_starts + 1 };
                }
            }
            // From the same x the next cycle would be the same.
            if is_general && !is_better {
                limit = limit.or(Some(StopReason::Stalled));
            }
        }
    }

    /// The end without a goal that was met: the best iterate may be as good as rounding allows.
    fn ending(&self, stop_reason: StopReason, best: Status<T>) -> Ending<T> {
        let acceptance = match stop_reason {
            StopReason::Stalled => self.acceptance_at_floor(&best.error),
            _ => self.acceptance_by_rounding(&best.error),
        };
        Ending {
            best,
            stop_reason,
            acceptance,
            stagnation: None,
        }
    }

    /// Drops an x with this recomputed status that is no more than the rounding error of a start of
    /// this size.
    async fn without_start<O: Observer<T>>(
        &mut self,
        status: Status<T>,
        size_of_start: T,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Status<T> {
        let is_rounding = || self.size_of_terms() <= self.system.rounding * size_of_start;
        if status.error.residual < self.b_norm || !is_rounding() {
            return status;
        }
        match &self.system.operator.lengths {
            Some(columns) => {
                // What a zero column leaves of the start stays.
                let of_columns = self.x.iter_mut().zip(&columns.lengths);
                for (x, _) in of_columns.filter(|(_, length)| **length > T::zero()) {
                    *x = T::zero();
                }
            }
            None => self.x.fill(T::zero()),
        }
        self.recompute(recorder).await
    }
}
