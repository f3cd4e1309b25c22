//! Saving a run in any format of serde, to resume it in another process.

mod run;
mod save;

pub use run::SavedRun;
