//! A run on its way to another process: saved in any format of serde, and taken up again.

mod checksum;
mod run;
mod save;

pub use run::SavedRun;
