//! Hestenes' one-sided Jacobi method: coordinate descent on plane rotations.

mod decompose;
mod factorization;
mod pivoting;
mod planes;
mod rotation;
mod sweeps;
mod triangular_start;
mod watch;

pub(super) use decompose::{decompose, decompose_small};
pub(super) use watch::Watch;
