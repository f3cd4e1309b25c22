//! MᵀM as a map, its preconditioner, and what vectors of its space say about M.

pub(super) mod diagonal;
pub(super) mod map;
pub(super) mod triplets;
