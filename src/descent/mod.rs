//! The loop: an optimizer follows an objective's gradient until a named reason ends it.
//!
//! Nothing here knows about matrices. [`minimize`] does it all in one call; [`Stepper`] is the loop
//! under it, which you can drive yourself, stop and resume.

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
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub use checkpoint_error::CheckpointError;
pub use error::{DescentError, ResumeError};
pub use minimize::minimize;
pub use observer::{Observer, Progress, Silent};
pub use report::{Minimization, Report, StopReason};
#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub use saved::SavedRun;
pub use stepper::Stepper;
pub use stopping::{Stall, Stopping};
