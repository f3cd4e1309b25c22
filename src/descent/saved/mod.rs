//! A run on its way to another process: saved in any format of serde, and resumed.

mod run;
mod save;

pub use run::SavedRun;
