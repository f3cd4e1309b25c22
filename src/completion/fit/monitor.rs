//! What is shown and recorded of a fit, from all starts.

use std::time::Instant;

use crate::completion::fit::problem::Point;
use crate::completion::fit::side::Side;
use crate::descent::{Observer, Progress, Report, StopReason};
use crate::numerics::real::Real;

/// Records losses and asks the observer.
pub struct Monitor<T, O> {
    observer: O,
    losses: Vec<T>,
    max_steps: usize,
    started: Instant,
    /// f of the zero matrix, which losses are relative to.
    unit: T,
    is_transposed: bool,
    /// Both sides without padding, rows of the matrix first.
    parameters: Vec<T>,
    gradient: Vec<T>,
}

/// A point with the gradient there, of the same layout.
pub(in crate::completion) struct Shown<'a, T> {
    pub(in crate::completion) loss: T,
    pub(in crate::completion) long: &'a Side<T>,
    pub(in crate::completion) short: &'a Side<T>,
    /// Empty where it is 0.
    pub(in crate::completion) long_gradient: &'a [T],
    pub(in crate::completion) short_gradient: &'a [T],
}

impl<T: Real, O: Observer<T>> Monitor<T, O> {
    pub(in crate::completion) fn new(observer: O, max_steps: usize, is_transposed: bool) -> Self {
        Self {
            observer,
            losses: Vec::new(),
            max_steps,
            started: Instant::now(),
            unit: T::one(),
            is_transposed,
            parameters: Vec::new(),
            gradient: Vec::new(),
        }
    }

    /// Losses are relative to `total` from here on, unless it is 0.
    pub(in crate::completion) fn measure(&mut self, total: T) {
        self.unit = if total > T::zero() { total } else { T::one() };
    }

    /// Records a step; a reason if it is the last.
    pub(in crate::completion) fn show(&mut self, shown: &Shown<'_, T>) -> Option<StopReason> {
        let loss = shown.loss / self.unit;
        self.losses.push(loss);
        let step = self.losses.len() - 1;
        let mut wish = std::ops::ControlFlow::Continue(());
        if self.observer.watches() {
            self.assemble(shown);
            wish = self.observer.observe(&Progress {
                step,
                loss,
                parameters: &self.parameters,
                gradient: &self.gradient,
            });
        }
        if wish.is_break() {
            Some(StopReason::Observer)
        } else {
            (step >= self.max_steps).then_some(StopReason::StepLimit)
        }
    }

    /// The steps recorded so far.
    pub(in crate::completion) fn steps(&self) -> usize {
        self.losses.len()
    }

    fn assemble(&mut self, shown: &Shown<'_, T>) {
        self.parameters.clear();
        self.gradient.clear();
        let long = (shown.long, shown.long_gradient);
        let short = (shown.short, shown.short_gradient);
        let sides = if self.is_transposed {
            [short, long]
        } else {
            [long, short]
        };
        for (side, gradient) in sides {
            let (width, stride) = (side.layout.width(), side.layout.stride());
            for (at, row) in side.rows().enumerate() {
                self.parameters.extend_from_slice(row);
                match gradient.get(at * stride..) {
                    Some(rest) if rest.len() >= width => {
                        let of_row = rest[..width].iter();
                        self.gradient.extend(of_row.map(|&entry| entry / self.unit));
                    }
                    _ => self.gradient.extend(row.iter().map(|_| T::zero())),
                }
            }
        }
    }

    /// The record of all that was shown.
    pub(in crate::completion) fn report(self, stop_reason: StopReason) -> Report<T> {
        let losses = self.losses;
        let smallest = |best: usize, at: usize| {
            if losses[at] < losses[best] { at } else { best }
        };
        Report {
            best_step: (0..losses.len()).fold(0, smallest),
            steps: losses.len().saturating_sub(1),
            evaluations: losses.len(),
            losses,
            stop_reason,
            elapsed: self.started.elapsed(),
        }
    }
}

/// How a fit from one start ended.
#[derive(Clone, Debug)]
pub struct Ended<T> {
    pub(in crate::completion) point: Point<T>,
    pub(in crate::completion) reason: StopReason,
}
