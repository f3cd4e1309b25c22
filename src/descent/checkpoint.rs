//! What is needed to resume a run.

use std::fmt;
use std::time::Duration;

use super::report::Ends;

/// All that is needed to resume a run: parameters, optimizer state, history and best iterate.
///
/// Made by [`Stepper::into_checkpoint`](crate::descent::Stepper::into_checkpoint), resumed by
/// [`Stepper::resume`](crate::descent::Stepper::resume). To write it to a file, use `SavedRun`
/// (feature `serde`), which detects damage and keeps every bit in any format. The `Debug` form
/// abbreviates the history, like that of a [`Report`](crate::descent::Report).
#[derive(Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Checkpoint<T, S> {
    pub(super) parameters: Vec<T>,
    pub(super) state: S,
    pub(super) losses: Vec<T>,
    pub(super) best_parameters: Vec<T>,
    pub(super) best_step: usize,
    pub(super) evaluations: usize,
    /// Whether the optimizer reported that no further step can lower the loss.
    pub(super) is_exhausted: bool,
    pub(super) elapsed: Duration,
}

impl<T: fmt::Debug, S: fmt::Debug> fmt::Debug for Checkpoint<T, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Checkpoint")
            .field("parameters", &self.parameters)
            .field("state", &self.state)
            .field("losses", &Ends(&self.losses))
            .field("best_parameters", &self.best_parameters)
            .field("best_step", &self.best_step)
            .field("evaluations", &self.evaluations)
            .field("is_exhausted", &self.is_exhausted)
            .field("elapsed", &self.elapsed)
            .finish()
    }
}

impl<T, S> Checkpoint<T, S> {
    /// The parameters.
    #[must_use]
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The optimizer's state.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.state
    }

    /// The loss after 0, 1, 2, … steps.
    #[must_use]
    pub fn losses(&self) -> &[T] {
        &self.losses
    }
}
