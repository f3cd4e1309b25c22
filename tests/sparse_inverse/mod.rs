//! Sparse approximate inverses.

mod factored;
mod general;
