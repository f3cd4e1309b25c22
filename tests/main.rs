//! The tests, a file for each folder of the library.

mod support;

mod allocations;
mod bad_input;
mod descent;
mod gallery;
mod inverse;
mod loss;
mod objective;
mod optimizer;
