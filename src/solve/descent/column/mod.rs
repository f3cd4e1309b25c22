//! The descent for one right-hand side, which pauses at each product.

mod evaluation;
mod inner_iteration;
mod outer_iteration;
mod rank_probe;
mod recorder;
mod smoothed;
mod state;
mod status;

pub(crate) use outer_iteration::{ColumnResult, Stagnation};
pub(crate) use rank_probe::RankEvidence;
pub(crate) use recorder::Watch;
pub(super) use state::ColumnDescent;
