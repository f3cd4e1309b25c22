//! The call: a search, second looks in the complement of what was found, and a last check.

mod by_descent;
mod call;
mod candidate;
mod missed;
mod norms;
mod outcome;
mod reached;
pub(super) mod symmetric_eigen_k;
mod vectors;
mod whole;
