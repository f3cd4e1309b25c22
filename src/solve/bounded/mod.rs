//! Least squares within bounds.

mod call;
mod config;
mod descent;
mod error;
mod exchange;
mod face;
mod optimality;
mod scaling;
mod solution;

pub use call::solve_in_bounds;
pub use config::BoundedConfig;
pub use error::BoundedError;
pub use solution::{BoundedSolution, Optimality};
