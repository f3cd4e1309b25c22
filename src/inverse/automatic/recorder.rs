//! Recording the history of the automatic method and showing it to the observer.

use std::time::Duration;

use nalgebra::DMatrix;

use crate::descent::history::LossHistory;
use crate::descent::{Observer, Progress, Report, StopReason};
use crate::inverse::automatic::iteration::monitor::{Estimate, Monitor};
use crate::inverse::scaling::Scaling;
use crate::numerics::matrix::subtract_from_identity;
use crate::numerics::real::Real;

/// Room for the history of any descent: its step limit and the corrections of the refinement.
const RESERVED_LOSSES: usize = 192;

/// Records losses, counts steps and shows each iterate to the observer, scaled back.
pub(crate) struct Recorder<'a, T: Real, O> {
    matrix: &'a DMatrix<f64>,
    scaling: &'a Scaling,
    max_steps: usize,
    observer: &'a mut O,
    shown: Option<Shown<T>>,
    history: LossHistory<T>,
    last_squared_distance: f64,
    step: usize,
    /// Steps before the descent started again.
    steps_before: usize,
}

/// The matrices that an observer is shown.
struct Shown<T> {
    residual: DMatrix<f64>,
    wide_gradient: DMatrix<f64>,
    parameters: DMatrix<T>,
    gradient: DMatrix<T>,
}

impl<'a, T: Real, O: Observer<T>> Recorder<'a, T, O> {
    pub(crate) fn new(
        matrix: &'a DMatrix<f64>,
        scaling: &'a Scaling,
        max_steps: usize,
        observer: &'a mut O,
    ) -> Self {
        let n = matrix.nrows();
        let shown = observer.watches().then(|| Shown {
            residual: DMatrix::zeros(n, n),
            wide_gradient: DMatrix::zeros(n, n),
            parameters: DMatrix::zeros(n, n),
            gradient: DMatrix::zeros(n, n),
        });
        Self {
            matrix,
            scaling,
            max_steps,
            observer,
            shown,
            history: LossHistory::with_capacity(RESERVED_LOSSES),
            last_squared_distance: f64::INFINITY,
            step: 0,
            steps_before: 0,
        }
    }

    pub(crate) fn has_seen_last(&self) -> bool {
        self.history.len() > self.step
    }

    pub(crate) fn into_report(self, stop_reason: StopReason, elapsed: Duration) -> Report<T> {
        let evaluations = self.history.len();
        (self.history).into_report(self.step, evaluations, stop_reason, elapsed)
    }

    /// ‖I − XM‖²_F of the last iterate, if the recorder has seen that.
    pub(crate) fn last_squared_distance(&self) -> Option<f64> {
        self.has_seen_last().then_some(self.last_squared_distance)
    }

    /// The steps so far, including those before the descent started again.
    pub(crate) fn steps(&self) -> usize {
        self.steps_before + self.step
    }

    fn record(&mut self, squared_distance: f64) -> T {
        let n = self.matrix.nrows() as f64;
        let loss = <T as Real>::from_f64(squared_distance / (n * n));
        self.last_squared_distance = squared_distance;
        self.history.push(loss);
        loss
    }

    fn limit(&self) -> Option<StopReason> {
        (self.steps() >= self.max_steps).then_some(StopReason::StepLimit)
    }
}

impl<T: Real, O: Observer<T>> Monitor<f64> for Recorder<'_, T, O> {
    fn see(
        &mut self,
        x: &DMatrix<f64>,
        loss: f64,
        estimate: Estimate<'_, f64>,
    ) -> Option<StopReason> {
        if self.has_seen_last() {
            return None;
        }
        let loss = self.record(loss);
        if let Some(shown) = &mut self.shown {
            shown.update(x, estimate, self.matrix, self.scaling);
            let progress = Progress {
                step: self.step,
                loss,
                parameters: shown.parameters.as_slice(),
                gradient: shown.gradient.as_slice(),
            };
            if self.observer.observe(&progress).is_break() {
                return Some(StopReason::Observer);
            }
        }
        self.limit()
    }

    fn see_loss(&mut self, loss: f64) -> Option<StopReason> {
        if self.has_seen_last() {
            return None;
        }
        self.record(loss);
        self.limit()
    }

    fn watches(&self) -> bool {
        self.shown.is_some()
    }

    fn advance(&mut self) {
        self.step += 1;
    }

    fn restart(&mut self) {
        self.history.clear();
        self.steps_before += self.step;
        self.step = 0;
    }
}

impl<T: Real> Shown<T> {
    /// X = C·Xₛ·R, and the gradient 2/n²·(Xₛ·Mₛ − I)·Mₛᵀ with respect to X.
    fn update(
        &mut self,
        x: &DMatrix<f64>,
        estimate: Estimate<'_, f64>,
        matrix: &DMatrix<f64>,
        scaling: &Scaling,
    ) {
        round(&mut self.parameters, x);
        // An entry that leaves the range is shown as it is stored.
        scaling.unscale_inverse(&mut self.parameters);
        match estimate {
            Estimate::Image(image) => {
                self.residual.copy_from(image);
                subtract_from_identity(&mut self.residual);
            }
            Estimate::Residual(residual) => self.residual.copy_from(residual),
        }
        let n = matrix.nrows() as f64;
        let transpose = matrix.transpose();
        self.wide_gradient
            .gemm(-2.0 / (n * n), &self.residual, &transpose, 0.0);
        // Xₛ = C⁻¹·X·R⁻¹; the chain rule scales the gradient likewise.
        round(
            &mut self.gradient,
            &scaling.scale_inverse(&self.wide_gradient),
        );
    }
}

fn round<T: Real>(to: &mut DMatrix<T>, from: &DMatrix<f64>) {
    for (t, &f) in to.as_mut_slice().iter_mut().zip(from.as_slice()) {
        *t = <T as Real>::from_f64(f);
    }
}
