//! Mean and biases, and rows to come.

use matrix_descent::completion::{Baseline, Determination, ObservationError};
use matrix_descent::{Completion, CompletionConfig, complete_by_descent};
use nalgebra::DMatrix;

use super::{distance, low_rank, mask, observed};
use crate::support::shapes::uniform;

fn with_biases(rows: usize, columns: usize, rank: usize) -> DMatrix<f64> {
    let (of_rows, of_columns) = (uniform(rows, 1, 3), uniform(1, columns, 5));
    let sums = DMatrix::from_fn(rows, columns, |i, j| 3.0 + of_rows[i] + of_columns[j]);
    sums + low_rank(rows, columns, rank, 7)
}

fn config(ridge: f64) -> CompletionConfig<f64> {
    CompletionConfig::default()
        .baseline(Baseline::Biases)
        .ridge(ridge)
}

/// With biases the model of rank k holds all matrices of mean, biases and rank k.
#[test]
fn biases_and_factors_are_found_together() {
    let truth = with_biases(24, 18, 1);
    let known = mask(24, 18, 0.6, 9);
    let found = complete_by_descent(&observed(&truth, &known), 1, config(0.0)).unwrap();
    let error = distance(&found.fitted(), &truth);
    assert!(error < 1e-8, "{error:e}");
    assert!(matches!(
        found.determination,
        Determination::Determined { .. }
    ));
    assert_ne!(found.row_biases.norm() + found.column_biases.norm(), 0.0);
}

/// Some of the numbers of a completion.
type Numbers = fn(&mut Completion<f64>) -> &mut [f64];

/// The objective in its own words.
fn objective(
    found: &Completion<f64>,
    matrix: &DMatrix<f64>,
    weights: &DMatrix<f64>,
    ridge: f64,
) -> f64 {
    let fitted = (found.fitted() - matrix).map(|x| x * x);
    let squares = |m: &DMatrix<f64>| m.norm_squared();
    let biases = found.row_biases.norm_squared() + found.column_biases.norm_squared();
    let penalty = squares(&found.row_factors) + squares(&found.column_factors) + biases;
    fitted.component_mul(weights).sum() + ridge * penalty
}

#[test]
fn no_number_can_be_changed_for_the_better() {
    let (matrix, ridge) = (with_biases(10, 8, 2) + uniform(10, 8, 11), 0.4);
    let weights = mask(10, 8, 0.7, 13);
    let found = complete_by_descent(&observed(&matrix, &weights), 2, config(ridge)).unwrap();
    let mean = matrix.component_mul(&weights).sum() / weights.sum();
    assert!((found.mean / mean - 1.0).abs() < 1e-14);
    let least = objective(&found, &matrix, &weights, ridge);
    assert!((found.loss / least - 1.0).abs() < 1e-12);
    let change = 1e-4;
    let numbers: [Numbers; 4] = [
        |c| c.row_factors.as_mut_slice(),
        |c| c.column_factors.as_mut_slice(),
        |c| c.row_biases.as_mut_slice(),
        |c| c.column_biases.as_mut_slice(),
    ];
    for numbers in numbers {
        for at in 0..numbers(&mut found.clone()).len() {
            let moved = [change, -change].map(|change| {
                let mut other = found.clone();
                numbers(&mut other)[at] += change;
                objective(&other, &matrix, &weights, ridge)
            });
            let slope = (moved[0] - moved[1]) / (2.0 * change);
            assert!(slope.abs() < 1e-5, "{slope:e}");
            assert!(moved[0] > least && moved[1] > least);
        }
    }
}

#[test]
fn a_row_without_entries_gets_the_mean_and_the_other_bias() {
    let mut known = mask(9, 7, 0.8, 15);
    known.row_mut(3).fill(0.0);
    let found =
        complete_by_descent(&observed(&with_biases(9, 7, 1), &known), 1, config(0.2)).unwrap();
    for j in 0..7 {
        assert_eq!(
            found.predict(3, j),
            Some(found.mean + found.column_biases[j])
        );
    }
}

/// A row that is folded in is the one it would have in the matrix, where the others stay.
#[test]
fn a_known_row_folds_in_as_itself() {
    for ridge in [0.0, 0.3] {
        let (truth, known) = (with_biases(14, 10, 2), mask(14, 10, 0.8, 17));
        let found = complete_by_descent(&observed(&truth, &known), 2, config(ridge)).unwrap();
        let seen = (0..10).filter(|&j| known[(5, j)] > 0.0);
        let row = found.fold_in(seen.map(|j| (j, truth[(5, j)]))).unwrap();
        for j in 0..10 {
            let (new, old) = (
                found.predict_new(&row, j).unwrap(),
                found.predict(5, j).unwrap(),
            );
            assert!((new - old).abs() < 1e-6, "λ = {ridge}: {new}, {old}");
        }
        assert_eq!(found.predict_new(&row, 10), None);
        let none = found.fold_in([]).unwrap();
        assert_eq!(
            found.predict_new(&none, 2),
            Some(found.mean + found.column_biases[2])
        );
        let outside = found.fold_in([(10, 1.0)]);
        assert!(matches!(
            outside,
            Err(ObservationError::OutOfRange { column: 10, .. })
        ));
    }
}
