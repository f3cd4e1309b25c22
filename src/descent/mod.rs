//! The loop: an optimizer walks an objective's gradient until a named reason ends it.
//!
//! Nothing here knows of matrices. [`minimize`] is the one call; [`Stepper`] is the loop under it,
//! to drive yourself, to stop and to resume.

mod checkpoint;
#[cfg(feature = "serde")]
mod checkpoint_error;
mod error;
pub(crate) mod history;
mod minimize;
mod observer;
mod report;
#[cfg(feature = "serde")]
mod saved;
mod stepper;
mod stopping;

pub use checkpoint::Checkpoint;
#[cfg(feature = "serde")]
pub use checkpoint_error::CheckpointError;
pub use error::{DescentError, ResumeError};
pub use minimize::minimize;
pub use observer::{Observer, Progress, Silent};
pub use report::{Minimization, Report, StopReason};
#[cfg(feature = "serde")]
pub use saved::SavedRun;
pub use stepper::Stepper;
pub use stopping::{Stall, Stopping};
