//! The tests of singular values, eigenpairs and roots.

use matrix_descent_tests as support;

mod eigen;
mod roots;
mod svd;
