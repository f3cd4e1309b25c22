//! The descent for each right-hand side in turn.

mod curvature;
mod evaluation;
mod inner_iteration;
mod least_error;
mod operator;
mod outer_iteration;
mod recorder;
mod state;
mod status;

pub(super) use state::{SystemDescent, SystemSettings};
