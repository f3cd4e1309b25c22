//! The descent on the Rayleigh quotient over a basis with memory.

mod davidson;
mod forecast;
pub(super) mod goal;
mod krylov;
mod pace;
mod residuals;
mod restart;
mod run;
pub(super) mod subspace;
