//! Linear systems and least squares by descent.

mod bounded;
mod by_columns;
mod condition;
mod config;
mod descent;
mod error;
mod method;
mod operator;
mod scaled_runs;
mod solution;

pub use bounded::{BoundedConfig, BoundedError, BoundedSolution, Optimality, solve_in_bounds};
pub use by_columns::solve_by_descent;
pub use config::{SolveConfig, SolveProblem};
pub use error::SolveError;
pub use method::SolveMethod;
pub use solution::{Acceptance, BackwardError, Solution};
