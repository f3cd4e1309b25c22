//! The answers beside those of faer, on the matrices of the numerical tests.

use faer::Mat;
use faer::linalg::solvers::DenseSolveCore;
use matrix_descent::{Config, SvdConfig, certify, invert_by_descent, svd_by_descent};
use nalgebra::DMatrix;

use support::gallery::{GalleryMatrix, gallery};
use support::reference::{forward_error, residuals, singular_values};
use support::shapes::{graded, uniform};
use support::truth::assert_true;

#[allow(
    dead_code,
    unused_imports,
    reason = "the tests of the crate use all of it"
)]
#[path = "../../tests/support"]
mod support {
    pub mod gallery;
    pub mod reference;
    pub mod shapes;
    pub mod truth;
}

/// The largest equilibrated condition number of the comparisons.
const CONDITION_LIMIT: f64 = 1e12;
/// Above the rounding of the inverse to `f64`, by less than a factor of two.
const ROUNDED: f64 = 2e-16;

fn to_faer(matrix: &DMatrix<f64>) -> Mat<f64> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[(i, j)])
}

/// By LU decomposition; infinities or NaN where a pivot is 0. One thread, since faer is built
/// without its `rayon` feature.
fn inverse(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let inverse = to_faer(matrix).partial_piv_lu().inverse();
    DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |i, j| inverse[(i, j)])
}

fn values(matrix: &DMatrix<f64>) -> Vec<f64> {
    to_faer(matrix).singular_values().expect("finite")
}

fn regular() -> impl Iterator<Item = &'static GalleryMatrix> {
    let is_regular =
        |entry: &&GalleryMatrix| entry.equilibrated_condition_number <= CONDITION_LIMIT;
    gallery().iter().filter(is_regular)
}

fn is_finite(x: &DMatrix<f64>) -> bool {
    x.iter().all(|value| value.is_finite())
}

#[test]
fn errors_are_a_tenth_of_those_of_lu() {
    for entry in regular() {
        let ours = invert_by_descent(&entry.matrix, Config::default()).expect(&entry.name);
        let ours = forward_error(&ours.inverse, &entry.inverse);
        let by_lu = forward_error(&inverse(&entry.matrix), &entry.inverse);
        // Not a number where faer met a pivot of 0.
        let is_better = by_lu.is_nan() || ours <= (by_lu / 10.0).max(ROUNDED);
        assert!(is_better, "{}: {ours:e} beside {by_lu:e}", entry.name);
    }
}

/// The larger residual beside the smaller one of LU, integers aside, which LU may invert exactly.
#[test]
fn residuals_are_a_quarter_of_those_of_lu_on_average() {
    let mut logarithms = Vec::new();
    for entry in regular().filter(|entry| !entry.integer && entry.condition_number <= 1e6) {
        let ours = invert_by_descent(&entry.matrix, Config::default()).expect(&entry.name);
        let (left, right) = residuals(&entry.matrix, &ours.inverse);
        let (lu_left, lu_right) = residuals(&entry.matrix, &inverse(&entry.matrix));
        let (ours, by_lu) = (left.max(right), lu_left.min(lu_right));
        if ours > 0.0 && by_lu > 0.0 {
            logarithms.push((ours / by_lu).ln());
        }
    }
    let mean = (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp();
    println!(
        "geometric mean of the ratios over {}: {mean:.3}",
        logarithms.len()
    );
    assert!(mean <= 0.25, "{mean}");
}

#[test]
fn certificates_of_its_inverses_are_true() {
    for entry in gallery().iter().filter(|entry| entry.matrix.nrows() <= 32) {
        let x = inverse(&entry.matrix);
        match certify(&entry.matrix, &x) {
            Ok(certificate) => assert_true(&entry.name, &certificate, entry, &x),
            Err(error) => assert!(!is_finite(&x), "{}: {error}", entry.name),
        }
    }
}

#[test]
fn its_singular_values_state_the_condition_numbers() {
    for entry in gallery() {
        let found = values(&support::reference::equilibration::equilibrate(&entry.matrix).matrix);
        let stated = entry.equilibrated_condition_number;
        let tolerance = 1e-14 + found.len() as f64 * f64::EPSILON * stated;
        let difference = (found[0] / found[found.len() - 1] / stated - 1.0).abs();
        assert!(difference <= tolerance, "{}: {stated:e}", entry.name);
    }
}

#[test]
fn singular_values_agree() {
    for (rows, columns) in [(64, 64), (100, 100), (150, 40), (40, 150), (90, 80)] {
        let matrix = uniform(rows, columns, 21);
        let ours = svd_by_descent(&matrix, SvdConfig::default()).expect("finite");
        let by_faer = values(&matrix);
        for (value, other) in ours.singular_values.iter().zip(&by_faer) {
            assert!(
                (value - other).abs() <= 1e-13 * by_faer[0],
                "{rows}×{columns}"
            );
        }
    }
}

/// `cargo test -p matrix-descent-peers --test faer graded -- --nocapture` prints the largest
/// relative errors beside faer's, which does not promise more than ε·σ₁ for any value.
#[test]
fn graded_columns_keep_their_digits() {
    println!("   shape  decades  descent     faer");
    for (rows, columns) in [(10, 10), (30, 8), (50, 40)] {
        for decades in [5.0, 10.0, 30.0, 100.0] {
            let matrix = graded(rows, columns, decades);
            let reference = singular_values(&matrix);
            let largest = |values: &[f64]| {
                let each = values.iter().enumerate();
                each.map(|(index, &value)| reference.relative_error(index, value))
                    .fold(0.0, f64::max)
            };
            let svd = svd_by_descent(&matrix, SvdConfig::default()).expect("finite");
            let ours = largest(svd.singular_values.as_slice());
            let by_faer = largest(&values(&matrix));
            let shape = format!("{rows}×{columns}");
            println!("{shape:>8}  {decades:>7}  {ours:>7.0e}  {by_faer:>7.0e}");
            assert!(ours <= 1e-14, "{shape}, {decades}: {ours:e}");
        }
    }
}
