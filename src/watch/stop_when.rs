//! Ending a run from outside.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::descent::{Observer, Progress};

/// Ends a run at the first iterate after a flag has been set, with
/// [`StopReason::Observer`](crate::descent::StopReason::Observer).
///
/// The flag may be set by another thread or by a handler of Ctrl-C; the example `watching` does the
/// latter.
///
/// # Example
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use matrix_descent::{minimize, MeanSquaredError, Sgd, StopReason, Stopping};
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::watch::StopWhen;
///
/// let flag = AtomicBool::new(false);
/// let run = std::thread::scope(|scope| {
///     scope.spawn(|| flag.store(true, Ordering::Relaxed));
///     let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
///     let stopping = Stopping::default().max_steps(usize::MAX);
///     minimize(objective, Sgd::new(1e-9), vec![0.0], stopping, StopWhen::set(&flag))
/// })?;
/// assert_eq!(run.report.stop_reason, StopReason::Observer);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StopWhen<'a> {
    flag: &'a AtomicBool,
}

impl<'a> StopWhen<'a> {
    /// Stops when `flag` is true.
    #[must_use]
    pub fn set(flag: &'a AtomicBool) -> Self {
        Self { flag }
    }
}

impl<T> Observer<T> for StopWhen<'_> {
    fn observe(&mut self, _progress: &Progress<'_, T>) -> ControlFlow<()> {
        super::stop_if(self.flag.load(Ordering::Relaxed))
    }
}
