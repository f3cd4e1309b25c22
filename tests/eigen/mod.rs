//! Eigenpairs: closed forms, dense references, what other solvers stumble over, bad input.

mod closed_forms;
mod errors;
mod generalised;
mod hard;
mod hidden;
mod ill_conditioned_masses;
mod random;
mod watching;
