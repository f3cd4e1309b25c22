//! Filling in the missing entries of a matrix, by descent on two thin factors.

mod complete;
mod config;
mod determination;
mod error;
mod finish;
mod fit;
mod fold_in;
mod method;
mod observations;
mod result;
mod search;
mod start;

pub use complete::complete_by_descent;
pub use config::{Baseline, CompletionConfig};
pub use determination::Determination;
pub use error::CompletionError;
pub use fold_in::{NewColumn, NewRow};
pub use method::{Alternating, Method};
pub use observations::{ObservationError, Observations};
pub use result::{Completion, FactorForm};
