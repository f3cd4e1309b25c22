//! Random matrices, the same in every run.

use nalgebra::DMatrix;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

/// Independent entries of the standard normal distribution.
pub fn gaussian(n: usize, seed: u64) -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    DMatrix::from_fn(n, n, |_, _| generator.sample(StandardNormal))
}

/// U Σ Vᵀ with random orthogonal U and V, and the singular values κ^(−i/(n−1)), i < n.
#[allow(dead_code, reason = "not every bench inverts")]
pub fn log_spaced(n: usize, condition_number: f64) -> DMatrix<f64> {
    let orthogonal = |seed| gaussian(n, seed).qr().q();
    let mut scaled = orthogonal(1);
    for (i, mut column) in scaled.column_iter_mut().enumerate() {
        column *= condition_number.powf(-(i as f64) / (n - 1) as f64);
    }
    scaled * orthogonal(2).transpose()
}
