//! Matrices with missing entries.

mod bad_input;
mod biases;
mod closed_forms;
mod ending;
mod exact;
mod fold_in;
mod kinds;
mod non_negative;
mod scales;

use matrix_descent::completion::Observations;
use matrix_descent::{Completion, CompletionConfig, Real, complete_by_descent};
use nalgebra::DMatrix;

use crate::support::shapes::uniform;

/// 1 for about this share of the entries, 0 for the others.
fn mask(rows: usize, columns: usize, known: f64, seed: u64) -> DMatrix<f64> {
    let draw = uniform(rows, columns, seed);
    draw.map(|x| f64::from(u8::from(0.5 * (x + 1.0) < known)))
}

fn low_rank(rows: usize, columns: usize, rank: usize, seed: u64) -> DMatrix<f64> {
    uniform(rows, rank, seed) * uniform(rank, columns, seed + 1)
}

/// The entries of weight 0 hidden as NaN.
fn observed<T: Real>(matrix: &DMatrix<T>, weights: &DMatrix<T>) -> Observations<T> {
    let nan = <T as Real>::from_f64(f64::NAN);
    let seen = matrix.zip_map(weights, |x, w| if w == T::zero() { nan } else { x });
    Observations::from_matrix(&seen, weights).unwrap()
}

fn whole(matrix: &DMatrix<f64>) -> Observations<f64> {
    observed(matrix, &matrix.map(|_| 1.0))
}

fn completed(observations: &Observations<f64>, rank: usize, ridge: f64) -> Completion<f64> {
    let config = CompletionConfig::default().ridge(ridge);
    complete_by_descent(observations, rank, config).unwrap()
}

/// ‖found − expected‖_F/‖expected‖_F.
fn distance(found: &DMatrix<f64>, expected: &DMatrix<f64>) -> f64 {
    (found - expected).norm() / expected.norm()
}
