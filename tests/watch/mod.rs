//! The ready observers, seen through real runs of every operation.

mod csv;
mod log_every;
mod progress_bar;
mod stopping;
mod together;
