//! All pairs of a small problem.

mod all_pairs;
mod by_whole;
