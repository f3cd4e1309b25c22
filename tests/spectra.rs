//! The tests of singular values and eigenpairs.

use matrix_descent_tests as support;

mod eigen;
mod svd;
