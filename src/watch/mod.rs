//! Ready-made observers: progress bar, log, table, time budget, stop flag.
//!
//! | observer | what it does | feature |
//! |---|---|---|
//! | `ProgressBar` | draws a bar on the terminal | `progress` |
//! | `LogEvery` | logs the progress every so many steps, through the `log` facade | `log` |
//! | [`Csv`] | writes the history as comma-separated values | |
//! | [`TimeBudget`] | ends the run after a given time | |
//! | [`StopWhen`] | ends the run when a flag is set, for example by Ctrl-C | |
//!
//! A pair of observers is an observer: each sees every iterate, in order, and the run ends if
//! either requests it. Pairs nest, and a closure is an observer as well.
//!
//! ```
//! use std::ops::ControlFlow;
//! use std::time::Duration;
//! use matrix_descent::{invert_by_descent, Config, Progress};
//! use matrix_descent::watch::{Csv, TimeBudget};
//! use nalgebra::dmatrix;
//!
//! let mut history = Csv::new(Vec::new());
//! let mut smallest = f64::INFINITY;
//! let remember = |progress: &Progress<'_, f64>| {
//!     smallest = progress.loss.min(smallest);
//!     ControlFlow::Continue(())
//! };
//! let observers = (&mut history, (TimeBudget::new(Duration::from_secs(60)), remember));
//! let config = Config::default().observer(observers);
//! let inversion = invert_by_descent(&dmatrix![2.0, 1.0; 1.0, 3.0], config)?;
//! assert_eq!(smallest, inversion.report.losses[inversion.report.best_step]);
//! let table = String::from_utf8(history.finish()?)?;
//! assert_eq!(table.lines().count(), 1 + inversion.report.losses.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod csv;
#[cfg(feature = "log")]
mod log_every;
#[cfg(feature = "progress")]
mod progress_bar;
mod stop_when;
mod time_budget;
mod together;

pub use csv::Csv;
#[cfg(feature = "log")]
#[cfg_attr(docsrs, doc(cfg(feature = "log")))]
pub use log_every::LogEvery;
#[cfg(feature = "progress")]
#[cfg_attr(docsrs, doc(cfg(feature = "progress")))]
pub use progress_bar::ProgressBar;
pub use stop_when::StopWhen;
pub use time_budget::TimeBudget;

use std::ops::ControlFlow;

/// Whether `step` is a multiple of `every`; if that is 0, only the start is.
fn is_due(step: usize, every: usize) -> bool {
    step.is_multiple_of(every)
}

fn stop_if(is_time: bool) -> ControlFlow<()> {
    if is_time {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}
