//! The search for leading singular values: bidiagonalisation, a second look, a last check.

mod bidiagonal;
pub(super) mod candidate;
mod forecast;
mod goal;
mod look;
pub(super) mod operator;
pub(super) mod run;
mod steps;
pub(super) mod watch;
