//! Tables that every test walks: a new optimizer, loss or objective joins one list.

pub mod fixtures;
pub mod losses;
pub mod objectives;
pub mod optimizers;
