//! The inverse of a square matrix by descent.

mod automatic;
mod by_optimizer;
mod certificate;
mod config;
mod error;
mod invert;
mod method;
mod polish;
pub(crate) mod residual;
mod result;
mod scaling;
mod solution;
mod start;
mod tracker;

pub use by_optimizer::gradient_descent::gradient_descent_for_inverse;
pub use by_optimizer::heavy_ball::heavy_ball_for_inverse;
pub use by_optimizer::structured::heavy_ball_for_structured_inverse;
pub use certificate::{Certificate, certify};
pub use config::Config;
pub use error::InverseError;
pub use invert::invert_by_descent;
pub use method::{Accuracy, Automatic, ByOptimizer, Method};
pub use polish::polish_inverse;
pub use result::{Inversion, Optimality, Products, Route};
pub use solution::ProvenSolution;
pub use solution::error::SolutionError;
pub use start::Start;
pub use tracker::{InverseTracker, TrackerUpdate, TrackerWork};
