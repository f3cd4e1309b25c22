//! [`matrix_descent`] on several processes and machines, by MPI: rows that do not fit one machine,
//! and losses summed over data that are shared out.
//!
//! | item | what it is |
//! |---|---|
//! | [`together`] | the part of a program that runs on several processes |
//! | [`Processes`] | what they exchange: sums, agreements, neighbours' values |
//! | [`SplitRows`] | a map of this process's rows, for least squares, ridge and singular values |
//! | [`SplitSquare`] | the same of a square matrix, for definite systems and eigenpairs |
//! | [`AllReduced`] | an objective summed over all processes: training with shared-out data |
//! | [`save`], [`restore`] | a run saved by process 0, resumed on any number of processes |
//! | [`AgreedObserver`], [`OnFirst`] | observers that stop all, or watch on process 0 only |
//!
//! The README says what is split and what is whole, and what a step costs.

#![deny(missing_docs)]
#![forbid(unsafe_code)]
#![warn(unreachable_pub, clippy::unwrap_used)]

mod all_reduced;
mod failure;
mod fingerprint;
mod observers;
mod processes;
mod saved;
mod split_rows;
mod split_square;
mod together;

pub use all_reduced::AllReduced;
pub use failure::{AgreedError, Failure};
pub use observers::{AgreedObserver, OnFirst};
pub use processes::Processes;
pub use processes::number::Number;
pub use processes::traffic::Traffic;
pub use saved::{SaveError, restore, save};
pub use split_rows::SplitRows;
pub use split_square::SplitSquare;
pub use together::together;

/// The bindings of MPI, in the version used here.
pub use mpi;
