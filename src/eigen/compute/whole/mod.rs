//! All pairs of a small problem.

mod all_pairs;
mod below;
mod by_whole;
