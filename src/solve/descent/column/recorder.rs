//! The history of a descent on a linear system, and its observer.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use crate::descent::history::LossHistory;
use crate::descent::{Observer, Progress, Report, StopReason};
use crate::numerics::real::Real;

/// Room for the histories of all columns that descend together; longer ones grow by doubling.
const RESERVED_LOSSES: usize = 4096;

/// The observer of all columns; once it has asked to stop, none of them goes on.
pub(crate) struct Watch<O> {
    observer: RefCell<O>,
    has_stopped: Cell<bool>,
}

impl<O> Watch<O> {
    pub(crate) fn new(observer: O) -> Self {
        Self {
            observer: RefCell::new(observer),
            has_stopped: Cell::new(false),
        }
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.has_stopped.get()
    }
}

/// Records losses, counts steps and products, and shows each iterate to the observer, scaled back.
pub(super) struct SystemRecorder<'o, T, O> {
    watch: &'o Watch<O>,
    max_steps: usize,
    history: LossHistory<T>,
    started: Instant,
    shown: Option<ShownIterate<T>>,
    exponents: Exponents,
    pub(super) products: usize,
}

/// The true values are the scaled ones times powers of two.
pub(super) struct Exponents {
    /// The exponent of b and the residual; twice that for the loss.
    pub(super) of_b: i32,
    /// How often the gradient has the factor of its column.
    pub(super) of_gradient: i32,
}

/// What an observer is shown.
struct ShownIterate<T> {
    /// The exponent of each column of A.
    of_columns: Vec<i32>,
    parameters: Vec<T>,
    gradient: Vec<T>,
}

impl<'o, T: Real, O: Observer<T>> SystemRecorder<'o, T, O> {
    pub(super) fn new(
        (watch, columns): (&'o Watch<O>, usize),
        max_steps: usize,
        dimension: usize,
        exponents: Exponents,
        exponent_of: impl Fn(usize) -> i32,
    ) -> Self {
        let reserved = RESERVED_LOSSES / columns;
        let shown = watch.observer.borrow().watches().then(|| ShownIterate {
            of_columns: (0..dimension).map(exponent_of).collect(),
            parameters: vec![T::zero(); dimension],
            gradient: vec![T::zero(); dimension],
        });
        Self {
            watch,
            max_steps,
            history: LossHistory::with_capacity(reserved.min(max_steps.saturating_add(1))),
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
        let of_b = self.exponents.of_b;
        let loss = loss.scale_by_power_of_two(of_b.saturating_mul(2));
        self.history.push(loss);
        if self.watch.has_stopped() {
            return Some(StopReason::Observer);
        }
        if let Some(shown) = &mut self.shown {
            let of_columns = &shown.of_columns;
            for ((to, &from), exponent) in shown.parameters.iter_mut().zip(x).zip(of_columns) {
                *to = from.scale_by_power_of_two(of_b - exponent);
            }
            let of_gradient = self.exponents.of_gradient;
            for ((to, &from), exponent) in shown.gradient.iter_mut().zip(downhill).zip(of_columns) {
                *to = -from.scale_by_power_of_two(of_b.saturating_add(of_gradient * exponent));
            }
            let progress = Progress {
                step,
                loss,
                parameters: &shown.parameters,
                gradient: &shown.gradient,
            };
            if (self.watch.observer.borrow_mut())
                .observe(&progress)
                .is_break()
            {
                self.watch.has_stopped.set(true);
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
