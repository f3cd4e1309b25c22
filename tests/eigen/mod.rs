//! Eigenpairs: closed forms, dense references, what other solvers stumble over, bad input.

mod closed_forms;
mod errors;
mod hard;
mod random;
mod watching;
