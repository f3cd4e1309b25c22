//! Hestenes' one-sided Jacobi method: coordinate descent on plane rotations.

mod decompose;
mod factorization;
mod householder;
mod pivoting;
mod range;
mod rotation;
mod sweeps;
mod triangular_start;

pub(super) use decompose::{decompose, decompose_small};
pub(super) use range::exponent_into_range;
