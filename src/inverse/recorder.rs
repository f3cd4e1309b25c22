//! The history of a descent of the automatic method, and its observer.

use std::time::Duration;

use nalgebra::DMatrix;

use super::equilibration::Scaling;
use super::natural::{Estimate, Monitor, subtract_from_identity};
use crate::{Observer, Progress, Real, Report, StopReason};

/// Room for the history of any descent: its step limit, and the corrections of the finish.
const RESERVED_LOSSES: usize = 192;

/// Records losses, counts steps and shows each iterate to the observer, scaled back.
pub(super) struct Recorder<'a, T: Real, O> {
    matrix: &'a DMatrix<T>,
    scaling: &'a Scaling,
    max_steps: usize,
    observer: &'a mut O,
    shown: Option<Shown<T>>,
    losses: Vec<T>,
    step: usize,
}

/// What an observer is shown.
struct Shown<T> {
    parameters: DMatrix<T>,
    estimate_gradient: DMatrix<T>,
    gradient: DMatrix<T>,
}

impl<'a, T: Real, O: Observer<T>> Recorder<'a, T, O> {
    pub(super) fn new(
        matrix: &'a DMatrix<T>,
        scaling: &'a Scaling,
        max_steps: usize,
        observer: &'a mut O,
    ) -> Self {
        let zeros = || DMatrix::zeros(matrix.nrows(), matrix.nrows());
        let shown = observer.watches().then(|| Shown {
            parameters: zeros(),
            estimate_gradient: zeros(),
            gradient: zeros(),
        });
        Self {
            matrix,
            scaling,
            max_steps,
            observer,
            shown,
            losses: Vec::with_capacity(RESERVED_LOSSES),
            step: 0,
        }
    }

    pub(super) fn has_seen_last(&self) -> bool {
        self.losses.len() > self.step
    }

    pub(super) fn into_report(self, stop_reason: StopReason, elapsed: Duration) -> Report<T> {
        let mut best_step = 0;
        for (step, &loss) in self.losses.iter().enumerate() {
            if loss < self.losses[best_step] {
                best_step = step;
            }
        }
        Report {
            steps: self.step,
            evaluations: self.losses.len(),
            losses: self.losses,
            best_step,
            stop_reason,
            elapsed,
        }
    }

    fn show(&mut self, x: &DMatrix<T>, loss: T, estimate: Estimate<'_, T>) -> bool {
        let Some(shown) = &mut self.shown else {
            return false;
        };
        shown.update(x, estimate, self.matrix, self.scaling);
        let progress = Progress {
            step: self.step,
            loss,
            parameters: shown.parameters.as_slice(),
            gradient: shown.gradient.as_slice(),
        };
        self.observer.observe(&progress).is_break()
    }
}

impl<T: Real, O: Observer<T>> Monitor<T> for Recorder<'_, T, O> {
    fn see(&mut self, x: &DMatrix<T>, loss: f64, estimate: Estimate<'_, T>) -> Option<StopReason> {
        if self.has_seen_last() {
            return None;
        }
        let n = x.nrows() as f64;
        let loss = T::nearest(loss / (n * n));
        self.losses.push(loss);
        if self.show(x, loss, estimate) {
            return Some(StopReason::Observer);
        }
        (self.step >= self.max_steps).then_some(StopReason::StepLimit)
    }

    fn advance(&mut self) {
        self.step += 1;
    }

    fn restart(&mut self) {
        self.losses.clear();
        self.step = 0;
    }
}

impl<T: Real> Shown<T> {
    /// X = C·Xₛ·R, and the gradient 2/n²·(Xₛ·Mₛ − I)·Mₛᵀ with respect to X.
    fn update(
        &mut self,
        x: &DMatrix<T>,
        estimate: Estimate<'_, T>,
        matrix: &DMatrix<T>,
        scaling: &Scaling,
    ) {
        self.parameters.copy_from(x);
        scaling.unscale_inverse(&mut self.parameters);
        match estimate {
            Estimate::Image(image) => {
                self.estimate_gradient.copy_from(image);
                subtract_from_identity(&mut self.estimate_gradient);
            }
            Estimate::Residual(residual) => self.estimate_gradient.copy_from(residual),
        }
        let n = T::from_count(matrix.nrows());
        let factor = T::nearest(-2.0) / (n * n);
        let transpose = matrix.transpose();
        self.gradient
            .gemm(factor, &self.estimate_gradient, &transpose, T::zero());
        // Xₛ = C⁻¹·X·R⁻¹, and so by the chain rule.
        scaling.scale_inverse(&mut self.gradient);
    }
}
