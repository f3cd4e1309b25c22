//! Ending a run by the clock.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::descent::{Observer, Progress};

/// Ends a run at the first iterate after a given time, with
/// [`StopReason::Observer`](crate::descent::StopReason::Observer).
///
/// The clock starts at the first iterate and is never reset, so one budget covers a run in several
/// parts, or all columns of a linear system. A step that has begun is not cut short. Pass it by
/// reference, `&mut budget`, to call [`is_spent`](Self::is_spent) after the run.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use matrix_descent::{minimize, MeanSquaredError, Sgd, StopReason, Stopping};
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::watch::TimeBudget;
///
/// let mut budget = TimeBudget::new(Duration::from_millis(5));
/// let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
/// let stopping = Stopping::default().max_steps(usize::MAX);
/// let run = minimize(objective, Sgd::new(1e-9), vec![0.0], stopping, &mut budget)?;
/// assert_eq!(run.report.stop_reason, StopReason::Observer);
/// assert!(budget.is_spent());
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeBudget {
    budget: Duration,
    started: Option<Instant>,
    is_spent: bool,
}

impl TimeBudget {
    /// A budget of this duration; zero ends a run at its start.
    #[must_use]
    pub fn new(budget: Duration) -> Self {
        Self {
            budget,
            started: None,
            is_spent: false,
        }
    }

    /// Whether the time was up at the last iterate seen, so that this ended the run.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.is_spent
    }

    fn look(&mut self) -> ControlFlow<()> {
        let started = self.started.get_or_insert_with(Instant::now);
        self.is_spent = started.elapsed() >= self.budget;
        super::stop_if(self.is_spent)
    }
}

impl<T> Observer<T> for TimeBudget {
    fn observe(&mut self, _progress: &Progress<'_, T>) -> ControlFlow<()> {
        self.look()
    }
}

impl<T> Observer<T> for &mut TimeBudget {
    fn observe(&mut self, _progress: &Progress<'_, T>) -> ControlFlow<()> {
        self.look()
    }
}
