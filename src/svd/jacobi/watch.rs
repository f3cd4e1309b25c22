//! Showing the sweeps to an observer.

use crate::descent::{Observer, Progress};
use crate::numerics::real::Real;

/// The observer of a decomposition, over all descents that it takes.
pub(crate) struct Watch<'o, T> {
    observer: &'o mut dyn Observer<T>,
    sweeps: usize,
    begun: bool,
    stopped: bool,
    columns: Vec<T>,
    gradient: Vec<T>,
}

impl<'o, T: Real> Watch<'o, T> {
    pub(crate) fn new(observer: &'o mut dyn Observer<T>) -> Self {
        Self {
            observer,
            sweeps: 0,
            begun: false,
            stopped: false,
            columns: Vec::new(),
            gradient: Vec::new(),
        }
    }

    /// Whether the observer asked to stop.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Shows the start, unless an earlier descent did.
    pub(super) fn begin(&mut self, state: impl FnOnce(&mut Vec<T>, &mut Vec<T>) -> T) {
        if !self.begun {
            self.begun = true;
            self.show(state);
        }
    }

    /// Shows what one more sweep left.
    pub(super) fn see(&mut self, state: impl FnOnce(&mut Vec<T>, &mut Vec<T>) -> T) {
        self.sweeps += 1;
        self.show(state);
    }

    /// Shows a state, which fills W and the gradient and returns the loss; computed only for an
    /// observer that watches.
    fn show(&mut self, state: impl FnOnce(&mut Vec<T>, &mut Vec<T>) -> T) {
        if !self.observer.watches() {
            return;
        }
        self.columns.clear();
        self.gradient.clear();
        let loss = state(&mut self.columns, &mut self.gradient);
        let progress = Progress {
            step: self.sweeps,
            loss,
            parameters: &self.columns,
            gradient: &self.gradient,
        };
        self.stopped |= self.observer.observe(&progress).is_break();
    }
}
