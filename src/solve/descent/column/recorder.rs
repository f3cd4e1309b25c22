//! The history of a descent on a linear system, and its observer.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use crate::descent::history::LossHistory;
use crate::descent::{Observer, Progress, Report, StopReason};
use crate::numerics::real::Real;

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

    /// Whether the observer looks at the iterates.
    pub(super) fn looks<T: Real>(&self) -> bool
    where
        O: Observer<T>,
    {
        self.observer.borrow().watches()
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
    /// Whether the observer of any part of the map looks at the iterates.
    is_watched: bool,
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
    /// `history` brings the room of an earlier run, whatever it holds.
    pub(super) fn new(
        watch: &'o Watch<O>,
        is_watched: bool,
        mut history: LossHistory<T>,
        max_steps: usize,
        dimension: usize,
        exponents: Exponents,
        exponent_of: impl Fn(usize) -> i32,
    ) -> Self {
        history.clear();
        let shown = watch.looks().then(|| ShownIterate {
            of_columns: (0..dimension).map(exponent_of).collect(),
            parameters: vec![T::zero(); dimension],
            gradient: vec![T::zero(); dimension],
        });
        Self {
            watch,
            max_steps,
            history,
            started: Instant::now(),
            shown,
            is_watched,
            exponents,
            products: 0,
        }
    }

    /// Whether an observer looks at the iterates, on any part of the map.
    pub(super) fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// The number of steps so far.
    pub(super) fn steps(&self) -> usize {
        self.history.len().saturating_sub(1)
    }

    /// Records an iterate with its downhill direction, and returns why the run has to end, if it
    /// does.
    ///
    /// `is_wish_of_any` tells whether any part of the map wishes what this one does or does not:
    /// if one ends, all have to.
    pub(super) fn see(
        &mut self,
        x: &[T],
        loss: T,
        downhill: &[T],
        is_wish_of_any: impl FnOnce(bool) -> bool,
    ) -> Option<StopReason> {
        let step = self.history.len();
        let of_b = self.exponents.of_b;
        let loss = loss.scale_by_power_of_two(of_b.saturating_mul(2));
        self.history.push(loss);
        if self.watch.has_stopped() {
            return Some(StopReason::Observer);
        }
        if self.is_watched {
            let wishes_to_stop = self.show(step, x, loss, downhill);
            if is_wish_of_any(wishes_to_stop) {
                self.watch.has_stopped.set(true);
                return Some(StopReason::Observer);
            }
        }
        (step >= self.max_steps).then_some(StopReason::StepLimit)
    }

    /// Shows an iterate to the observer, if it looks, and returns whether it wishes to stop.
    fn show(&mut self, step: usize, x: &[T], loss: T, downhill: &[T]) -> bool {
        let Some(shown) = &mut self.shown else {
            return false;
        };
        let of_b = self.exponents.of_b;
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
        let mut observer = self.watch.observer.borrow_mut();
        observer.observe(&progress).is_break()
    }

    /// The report, and the history as room for another run.
    pub(super) fn into_report(self, stop_reason: StopReason) -> (Report<T>, LossHistory<T>) {
        let steps = self.history.len() - 1;
        let elapsed = self.started.elapsed();
        // A copy has no room to spare.
        let copy = self.history.clone();
        let report = copy.into_report(steps, self.products, stop_reason, elapsed);
        (report, self.history)
    }
}
