//! Tables that every test walks: a new optimizer, loss, objective or matrix joins one list.

pub mod fixtures;
pub mod gallery;
pub mod losses;
pub mod lu;
pub mod objectives;
pub mod operations;
pub mod optimizers;
pub mod rational;
pub mod reference;
pub mod sets;
pub mod shapes;
pub mod spectra;
pub mod systems;
pub mod test_functions;
pub mod truth;
