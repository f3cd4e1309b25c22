//! Matrices with a known condition number.

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, StandardNormal};

/// U·Σ·Vᵀ of order `n` with singular values from 1 to 1/κ in equal ratios; U and V are the
/// orthogonal factors of matrices of normal numbers.
pub fn matrix_of_condition(n: usize, condition_number: f64, seed: u64) -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut orthogonal = || -> DMatrix<f64> {
        let mut normal = |_, _| StandardNormal.sample(&mut generator);
        DMatrix::from_fn(n, n, &mut normal).qr().q()
    };
    let exponent = |i: usize| -(i as f64) / (n.max(2) - 1) as f64;
    let singular_values = DVector::from_fn(n, |i, _| condition_number.powf(exponent(i)));
    orthogonal() * DMatrix::from_diagonal(&singular_values) * orthogonal().transpose()
}
