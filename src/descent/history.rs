//! The losses of a run that does not use the stepper, and its report.

use std::time::Duration;

use crate::descent::report::{Report, StopReason};
use crate::numerics::real::Real;

/// The losses from the start on, one for each iterate.
#[derive(Clone, Debug, Default)]
pub(crate) struct LossHistory<T> {
    losses: Vec<T>,
}

impl<T: Real> LossHistory<T> {
    /// An empty history with room for this many losses.
    pub(crate) fn with_capacity(losses: usize) -> Self {
        Self {
            losses: Vec::with_capacity(losses),
        }
    }

    /// Makes room for this many losses in all.
    pub(crate) fn reserve(&mut self, losses: usize) {
        self.losses
            .reserve_exact(losses.saturating_sub(self.losses.len()));
    }

    /// The number of losses so far.
    pub(crate) fn len(&self) -> usize {
        self.losses.len()
    }

    pub(crate) fn push(&mut self, loss: T) {
        self.losses.push(loss);
    }

    /// Clears the history for a run that starts over.
    pub(crate) fn clear(&mut self) {
        self.losses.clear();
    }

    /// The report; its best step is the first one with the smallest loss.
    pub(crate) fn into_report(
        self,
        steps: usize,
        evaluations: usize,
        stop_reason: StopReason,
        elapsed: Duration,
    ) -> Report<T> {
        let mut best_step = 0;
        for (step, &loss) in self.losses.iter().enumerate() {
            if loss < self.losses[best_step] {
                best_step = step;
            }
        }
        Report {
            steps,
            evaluations,
            losses: self.losses,
            best_step,
            stop_reason,
            elapsed,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::LossHistory;
    use crate::descent::report::StopReason;

    #[test]
    fn the_best_step_is_the_first_with_the_least_loss() {
        for (losses, best) in [
            (vec![1.0, 2.0, 3.0], 0),
            (vec![3.0, 1.0, 1.0, 2.0], 1),
            (vec![3.0, 2.0, 1.0], 2),
        ] {
            let mut history = LossHistory::with_capacity(losses.len());
            losses.iter().for_each(|&loss| history.push(loss));
            assert_eq!(history.len(), losses.len());
            let steps = losses.len() - 1;
            let report = history.into_report(steps, 9, StopReason::Stalled, Duration::ZERO);
            assert_eq!((report.best_step, report.steps), (best, steps));
            assert_eq!((report.losses, report.evaluations), (losses, 9));
        }
    }
}
