//! The tests of linear systems, of completion and of maps; the memory and the errors of all operations.

use matrix_descent_tests as support;

mod allocations;
mod bad_input;
mod completion;
mod linear_map;
mod solve;
mod sparse_inverse;
