//! The ready observers, seen through real runs of every operation.

mod csv;
#[cfg(feature = "log")]
mod log_every;
#[cfg(feature = "progress")]
mod progress_bar;
mod stopping;
mod together;
