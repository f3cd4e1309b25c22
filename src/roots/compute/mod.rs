//! Roots step by step: the matrix, one square root, its proof, and the calls.

mod inverse_root;
mod one_root;
mod problem;
mod proof;
mod square;
mod square_root;

pub use inverse_root::{RootOrder, inverse_root_by_descent};
pub use square_root::square_root_by_descent;
