//! The descent for each right-hand side in turn.

mod curvature;
mod evaluation;
mod inner_iteration;
mod outer_iteration;
mod rank_probe;
mod recorder;
mod smoothed;
mod state;
mod status;

pub(super) use outer_iteration::ColumnResult;
pub(super) use rank_probe::RankEvidence;
pub(super) use state::{SystemDescent, SystemSettings};
