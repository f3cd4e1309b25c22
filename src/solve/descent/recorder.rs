//! The history of a descent on a linear system, and its observer.

use std::time::Instant;

use crate::descent::history::LossHistory;
use crate::descent::{Observer, Progress, Report, StopReason};
use crate::numerics::binary_scaling::scale;
use crate::numerics::real::Real;

/// Room for the history; a longer one grows by doubling.
const RESERVED_LOSSES: usize = 4096;

/// Records losses, counts steps and products, and shows each iterate to the observer, scaled back.
pub(super) struct SystemRecorder<'o, T, O> {
    observer: &'o mut O,
    max_steps: usize,
    history: LossHistory<T>,
    started: Instant,
    shown: Option<ShownIterate<T>>,
    exponents: Exponents,
    pub(super) products: usize,
}

/// The true values are the scaled ones times 2 to these powers.
pub(super) struct Exponents {
    pub(super) loss: i32,
    pub(super) solution: i32,
    pub(super) gradient: i32,
}

/// What an observer is shown.
struct ShownIterate<T> {
    parameters: Vec<T>,
    gradient: Vec<T>,
}

impl<'o, T: Real, O: Observer<T>> SystemRecorder<'o, T, O> {
    pub(super) fn new(
        observer: &'o mut O,
        max_steps: usize,
        dimension: usize,
        exponents: Exponents,
    ) -> Self {
        let shown = observer.watches().then(|| ShownIterate {
            parameters: vec![T::zero(); dimension],
            gradient: vec![T::zero(); dimension],
        });
        Self {
            observer,
            max_steps,
            history: LossHistory::with_capacity(RESERVED_LOSSES.min(max_steps.saturating_add(1))),
            started: Instant::now(),
            shown,
            exponents,
            products: 0,
        }
    }

    /// Records an iterate with its downhill direction, and returns why the run has to end, if it
    /// does.
    pub(super) fn see(&mut self, x: &[T], loss: T, downhill: &[T]) -> Option<StopReason> {
        let step = self.history.len();
        let loss = loss.scale_by_power_of_two(self.exponents.loss);
        self.history.push(loss);
        if let Some(shown) = &mut self.shown {
            shown.parameters.copy_from_slice(x);
            scale(&mut shown.parameters, self.exponents.solution);
            for (to, &from) in shown.gradient.iter_mut().zip(downhill) {
                *to = -from;
            }
            scale(&mut shown.gradient, self.exponents.gradient);
            let progress = Progress {
                step,
                loss,
                parameters: &shown.parameters,
                gradient: &shown.gradient,
            };
            if self.observer.observe(&progress).is_break() {
                return Some(StopReason::Observer);
            }
        }
        (step >= self.max_steps).then_some(StopReason::StepLimit)
    }

    pub(super) fn into_report(mut self, stop_reason: StopReason) -> Report<T> {
        self.history.shrink_to_fit();
        let steps = self.history.len() - 1;
        (self.history).into_report(steps, self.products, stop_reason, self.started.elapsed())
    }
}
