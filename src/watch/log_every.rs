//! Lines in the log.

use std::ops::ControlFlow;

use log::Level;

use super::is_due;
use crate::descent::{Observer, Progress};
use crate::numerics::real::Real;

/// The target of its log lines.
const TARGET: &str = "matrix_descent";

/// Logs the progress of a run every so many steps, through the [`log`] facade.
///
/// Each line has the step, the loss and the norm of the gradient, under the target
/// `matrix_descent`. If its level is disabled when a run starts, the run ignores it.
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, MeanSquaredError, Sgd, Stopping};
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::watch::LogEvery;
///
/// let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
/// let watch = LogEvery::steps(100).level(log::Level::Debug);
/// minimize(objective, Sgd::new(0.25), vec![0.0], Stopping::default(), watch)?;
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEvery {
    every: usize,
    level: Level,
}

impl LogEvery {
    /// Logs the start and every `steps`-th iterate at [`Level::Info`]; 0 logs the start alone.
    #[must_use]
    pub fn steps(steps: usize) -> Self {
        Self {
            every: steps,
            level: Level::Info,
        }
    }

    /// Sets the level of the lines.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }
}

impl<T: Real> Observer<T> for LogEvery {
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        if is_due(progress.step, self.every) {
            log::log!(
                target: TARGET,
                self.level,
                "step {}: loss {:e}, gradient norm {:e}",
                progress.step,
                progress.loss,
                progress.gradient_norm()
            );
        }
        ControlFlow::Continue(())
    }

    fn watches(&self) -> bool {
        log::log_enabled!(target: TARGET, self.level)
    }
}
