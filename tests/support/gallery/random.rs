//! Matrices with independent random entries, and random orthogonal ones.

use nalgebra::DMatrix;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

use super::integer::wilkinson_growth;
use super::{Named, family};

/// The random families.
pub fn all() -> Vec<Named> {
    [
        family("uniform", &[4, 128], |order| uniform(order, 1)),
        family("gaussian", &[4, 16, 64, 128, 256], |order| {
            gaussian(order, 2)
        }),
        family("orthogonal", &[3, 16, 64, 128], |order| {
            orthogonal(order, 3)
        }),
        family("skew-symmetric", &[4, 32, 64], |order| {
            skew_symmetric(order, 4)
        }),
        family("growth with random last column", &[40, 60, 128], |order| {
            random_growth(order, 5)
        }),
    ]
    .concat()
}

/// Entries evenly distributed over [−1, 1).
pub fn uniform(order: usize, seed: u64) -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    DMatrix::from_fn(order, order, |_, _| generator.random_range(-1.0..1.0))
}

/// Entries from the standard normal distribution; the condition number is of the size of the
/// order (Edelman, "Eigenvalues and condition numbers of random matrices", 1988).
pub fn gaussian(order: usize, seed: u64) -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    DMatrix::from_fn(order, order, |_, _| generator.sample(StandardNormal))
}

/// The orthogonal factor of a Gaussian matrix (Stewart, "The efficient generation of random
/// orthogonal matrices", 1980, without his correction of the signs).
pub fn orthogonal(order: usize, seed: u64) -> DMatrix<f64> {
    gaussian(order, seed).qr().q()
}

/// G − Gᵀ for a Gaussian G; regular for even orders only.
pub fn skew_symmetric(order: usize, seed: u64) -> DMatrix<f64> {
    let random = gaussian(order, seed);
    &random - random.transpose()
}

/// Wilkinson's growth matrix with a uniform last column. Its own entries only ever become powers
/// of two, so that elimination is exact; here the growth costs digits (Wright, "A collection of
/// problems for which Gaussian elimination with partial pivoting is unstable", 1993, has others
/// that arise in practice).
pub fn random_growth(order: usize, seed: u64) -> DMatrix<f64> {
    let mut matrix = wilkinson_growth(order);
    matrix.set_column(order - 1, &uniform(order, seed).column(0));
    matrix
}

/// Integer entries from −`bound` to `bound`.
pub fn integers(rows: usize, columns: usize, bound: i32, seed: u64) -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    DMatrix::from_fn(rows, columns, |_, _| {
        f64::from(generator.random_range(-bound..=bound))
    })
}
