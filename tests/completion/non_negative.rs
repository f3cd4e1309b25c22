//! Non-negative factors.

use matrix_descent::completion::Baseline;
use matrix_descent::{CompletionConfig, complete_by_descent};
use nalgebra::DMatrix;

use super::{mask, observed};
use crate::support::shapes::uniform;

/// The conditions of Karush, Kuhn and Tucker: no factor below 0, no slope downwards from it, and a
/// slope of 0 above it.
#[test]
fn no_factor_can_be_improved() {
    let matrix = uniform(12, 9, 21) * 2.0 + uniform(12, 1, 22) * uniform(1, 9, 23);
    let weights = mask(12, 9, 0.7, 25);
    for ridge in [0.1, 1.0] {
        let config = CompletionConfig::default()
            .non_negative()
            .ridge(ridge)
            .tolerance(1e-13);
        let found = complete_by_descent(&observed(&matrix, &weights), 3, config).unwrap();
        let residual = (found.fitted() - &matrix).component_mul(&weights);
        let (l, r) = (&found.row_factors, &found.column_factors);
        let of_rows: DMatrix<f64> = (&residual * r + l * ridge) * 2.0;
        let of_columns: DMatrix<f64> = (residual.transpose() * l + r * ridge) * 2.0;
        for (factors, gradient) in [(l, &of_rows), (r, &of_columns)] {
            for (&factor, &slope) in factors.iter().zip(gradient.iter()) {
                assert!(factor >= 0.0, "{factor}");
                assert!(slope > -1e-4, "λ = {ridge}: {slope:e}");
                assert!(
                    factor * slope.abs() < 1e-4,
                    "λ = {ridge}: {factor:e}, {slope:e}"
                );
            }
        }
        assert!(l.iter().chain(r.iter()).any(|&factor| factor == 0.0));
    }
}

/// A matrix of non-negative factors, some entries missing, is found again.
#[test]
fn exact_entries_of_non_negative_factors_decide_the_others() {
    let (l, r) = (uniform(20, 2, 31).abs(), uniform(2, 15, 33).abs());
    let truth = l * r;
    let known = mask(20, 15, 0.7, 35);
    let config = CompletionConfig::default().non_negative();
    let found = complete_by_descent(&observed(&truth, &known), 2, config).unwrap();
    let error = (found.fitted() - &truth).norm() / truth.norm();
    assert!(error < 1e-5, "{error:e}");
}

#[test]
fn biases_keep_their_signs_and_new_rows_are_not_negative() {
    let matrix = uniform(10, 8, 41);
    let config = CompletionConfig::default()
        .non_negative()
        .baseline(Baseline::Biases)
        .ridge(0.2);
    let known = mask(10, 8, 0.8, 43);
    let found = complete_by_descent(&observed(&matrix, &known), 2, config).unwrap();
    assert!(found.row_biases.iter().any(|&bias| bias < 0.0));
    let row = found.fold_in([(0, 1.0), (3, -1.0), (5, 0.5)]).unwrap();
    assert!(row.factors.iter().all(|&factor| factor >= 0.0));
}
