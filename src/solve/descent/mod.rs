//! The descents for the right-hand sides, several in lock step.

mod block;
mod column;
mod mailbox;
mod system;
mod together;

pub(super) use column::{ColumnResult, RankEvidence, Watch};
pub(super) use system::SystemSettings;
pub(super) use together::{Side, SystemDescent, Together};
