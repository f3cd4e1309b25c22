//! A run on its way to another process: saved in any format of serde, and resumed.

mod error;
mod run;
mod save;

pub use error::CheckpointError;
pub use run::SavedRun;
