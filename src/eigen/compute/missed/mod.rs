//! Searches for eigenvalues that were missed.

mod inertia;
mod second_look;
