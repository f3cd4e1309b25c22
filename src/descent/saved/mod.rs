//! A run on its way to another process: saved in any format of serde, and taken up again.

mod checksum;
mod error;
mod run;
mod save;

pub use error::CheckpointError;
pub use run::SavedRun;
