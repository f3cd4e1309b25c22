//! The descents for the right-hand sides, several in lock step.

mod block;
mod column;
mod mailbox;
mod minimal_residual;
mod multiplier;
mod system;
mod together;

pub(super) use column::{ColumnResult, RankEvidence, Stagnation, Watch};
pub(super) use system::SystemSettings;
pub(super) use together::{ColumnResults, Side, SystemDescent, Together};
