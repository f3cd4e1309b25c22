//! Tables that every test walks: a new optimizer, loss, objective or matrix joins one list. A library of
//! its own, which the test programs share.

#![allow(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "what a test ignores is its own business"
)]

pub mod cases;
pub mod fixtures;
pub mod gallery;
pub mod losses;
pub mod lu;
pub mod objectives;
pub mod operations;
pub mod optimizers;
pub mod parts;
pub mod rational;
pub mod reference;
pub mod sets;
pub mod shapes;
pub mod spectra;
pub mod systems;
pub mod test_functions;
pub mod truth;
