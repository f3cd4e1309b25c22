//! The tests of the inverse: its folder, the gallery of matrices, and properties of random ones.

use matrix_descent_tests as support;

mod gallery;
mod inverse;
mod properties;
