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

/// What a run for one column reached.
#[derive(Debug)]
pub(crate) struct ColumnResult<T> {
    pub(crate) error: BackwardError<T>,
    pub(crate) report: Report<T>,
    /// The test that the solution passed, if any.
    pub(crate) acceptance: Option<Acceptance>,
}

/// How a descent ended, in its own scale.
struct Ending<T> {
    best: Status<T>,
    stop_reason: StopReason,
    acceptance: Option<Acceptance>,
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
        self.useful_residual =
            self.b_norm.max(status.error.residual) * (T::one() + self.system.rounding);
        let mut best = status;
        self.best_x.copy_from_slice(&self.x);
        let mut limit = self.see(&status, recorder);
        let (mut idle_starts, mut idle_iterations) = (0, 0);
        let patience = match self.system.settings.problem {
            SolveProblem::LeastSquares => IDLE_ITERATIONS,
            SolveProblem::PositiveDefinite => IDLE_ITERATIONS_FOR_DEFINITE,
        };
        loop {
            if let Some(acceptance) = self.goal(&status, noise) {
                self.best_x.copy_from_slice(&self.x);
                return Ok(Ending {
                    best: status,
                    stop_reason: StopReason::Accuracy,
                    acceptance: Some(acceptance),
                });
            }
            if let Some(reason) = limit {
                return Ok(self.ending(reason, best));
            }
            let is_at_floor = idle_starts == IDLE_STARTS || idle_iterations == patience;
            if is_at_floor || self.is_out_of_reach(&status.error) {
                return Ok(self.ending(StopReason::Stalled, best));
            }
            let before = status;
            let reason = self.inner_iteration(&before, noise, recorder).await?;
            status = self.recompute_without_start(size_of_start, recorder).await;
            let x_norm = Space::Domain.norm(self.map(), &self.x);
            if !status.loss.is_finite() || !x_norm.is_finite() {
                return Ok(self.ending(StopReason::Diverged, best));
            }
            let is_better = self.is_better(&status, &best);
            let has_halved = is_better && status.has_halved(&best);
            idle_iterations = if has_halved { 0 } else { idle_iterations + 1 };
            let is_limit = matches!(reason, RestartReason::Limit(_));
            // NaN is worse than anything.
            if is_better || (is_limit && status.loss <= best.loss) || !best.loss.is_finite() {
                best = status;
                self.best_x.copy_from_slice(&self.x);
            }
            match reason {
                RestartReason::Limit(met) => limit = Some(met),
                RestartReason::Idle => limit = Some(StopReason::Stalled),
                RestartReason::Claim | RestartReason::Breakdown => {
                    let has_halved = status.has_halved(&before);
                    idle_starts = if has_halved { 0 } else { idle_starts + 1 };
                }
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
        }
    }

    /// Recomputes the status, without an x that is no more than the rounding error of a start of this
    /// size.
    async fn recompute_without_start<O: Observer<T>>(
        &mut self,
        size_of_start: T,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Status<T> {
        let status = self.recompute(recorder).await;
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
