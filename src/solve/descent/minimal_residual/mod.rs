//! The span of the directions that a descent of the residual has seen, and the lowest point in it.

mod small_system;
mod space;

pub(super) use space::{Growth, ResidualSpace};
