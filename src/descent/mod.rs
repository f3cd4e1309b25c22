//! The loop: an optimizer walks an objective's gradient until a named reason ends it.
//!
//! Nothing here knows of matrices. [`minimize`] is the one call; [`Stepper`] is the loop under it,
//! for who wants to drive it, stop it and go on.

mod minimize;
mod observer;
mod report;
mod stepper;
mod stopping;

pub use minimize::minimize;
pub use observer::{Observer, Progress, Silent};
pub use report::{Minimization, Report, StopReason};
pub use stepper::{Checkpoint, Stepper};
pub use stopping::{Stall, Stopping};
