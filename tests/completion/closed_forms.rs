//! Minima that are known in closed form.

use matrix_descent::{CompletionConfig, complete_by_descent};
use nalgebra::{DMatrix, dmatrix};

use super::{completed, distance, observed, whole};
use crate::support::shapes::uniform;

/// Where nothing is missing, the singular values are lowered by λ, but not below 0.
#[test]
fn without_missing_entries_singular_values_are_lowered() {
    for (rows, columns, rank) in [(9, 6, 6), (5, 12, 5), (8, 8, 3), (1, 1, 1), (6, 1, 1)] {
        let matrix = uniform(rows, columns, 55);
        let exact = matrix.clone().svd(true, true);
        for ridge in [0.0, 0.01, 0.5] {
            let found = completed(&whole(&matrix), rank, ridge);
            let (u, v) = (exact.u.as_ref().unwrap(), exact.v_t.as_ref().unwrap());
            let mut expected = DMatrix::zeros(rows, columns);
            for a in 0..rank {
                let value = (exact.singular_values[a] - ridge).max(0.0);
                expected += u.column(a) * v.row(a) * value;
            }
            let error = (found.fitted() - &expected).norm();
            // f is flat along the singular values that are nearly equal at the cut.
            assert!(
                error < 1e-5,
                "{rows}×{columns}, rank {rank}, λ = {ridge}: {error:e}"
            );
            let sizes = found.component_sizes();
            for (a, &size) in sizes.iter().enumerate() {
                let value = (exact.singular_values[a] - ridge).max(0.0);
                assert!((size - value).abs() < 1e-6, "{size}, {value}");
            }
        }
    }
}

/// Rank one with weights: at the minimum each number is the weighted quotient of the others.
#[test]
fn at_the_minimum_each_row_solves_its_own_equation() {
    let matrix = uniform(7, 5, 61).add_scalar(2.0);
    let weights = uniform(7, 5, 63).map(|x| if x < -0.4 { 0.0 } else { 1.5 + x });
    let ridge = 0.3;
    let found = completed(&observed(&matrix, &weights), 1, ridge);
    let (l, r) = (&found.row_factors, &found.column_factors);
    for i in 0..7 {
        let sum = |f: &dyn Fn(usize) -> f64| -> f64 { (0..5).map(f).sum() };
        let above = sum(&|j| weights[(i, j)] * matrix[(i, j)] * r[(j, 0)]);
        let below = ridge + sum(&|j| weights[(i, j)] * r[(j, 0)] * r[(j, 0)]);
        assert!((l[(i, 0)] - above / below).abs() < 1e-7);
    }
    for j in 0..5 {
        let sum = |f: &dyn Fn(usize) -> f64| -> f64 { (0..7).map(f).sum() };
        let above = sum(&|i| weights[(i, j)] * matrix[(i, j)] * l[(i, 0)]);
        let below = ridge + sum(&|i| weights[(i, j)] * l[(i, 0)] * l[(i, 0)]);
        assert!((r[(j, 0)] - above / below).abs() < 1e-7);
    }
}

/// A large weight makes an entry count as often: as many copies of its row.
#[test]
fn a_weight_counts_as_so_many_observations() {
    let matrix = uniform(6, 5, 65);
    let mut weights = DMatrix::from_element(6, 5, 1.0);
    weights.row_mut(5).fill(3.0);
    let twice = |m: &DMatrix<f64>| {
        let mut more = m.clone().resize_vertically(8, 0.0);
        for row in 6..8 {
            more.set_row(row, &m.row(5));
        }
        more
    };
    let weighted = completed(&observed(&matrix, &weights), 2, 0.0);
    let copied = completed(&whole(&twice(&matrix)), 2, 0.0);
    let error = distance(&twice(&weighted.fitted()), &copied.fitted());
    assert!(error < 1e-7, "{error:e}");
}

/// The fit error is the root of the weighted mean square.
#[test]
fn the_fit_error_is_that_of_the_known_entries() {
    let (matrix, weights) = (
        uniform(12, 9, 73),
        uniform(12, 9, 75).map(|x| (x + 0.3).max(0.0)),
    );
    let found = completed(&observed(&matrix, &weights), 3, 0.1);
    let squares = (found.fitted() - &matrix)
        .map(|x| x * x)
        .component_mul(&weights)
        .sum();
    let expected = (squares / weights.sum()).sqrt();
    assert!((found.fit_error / expected - 1.0).abs() < 1e-10);
    let (l, r) = (&found.row_factors, &found.column_factors);
    // L = U·√Σ and R = V·√Σ.
    let (left, right) = (l.tr_mul(l), r.tr_mul(r));
    assert!((&left - &right).norm() < 1e-12 * left.norm());
    assert!((&left - DMatrix::from_diagonal(&left.diagonal())).norm() < 1e-12 * left.norm());
}

#[test]
fn zeros_are_completed_by_zeros() {
    let known = dmatrix![1.0, 0.0, 1.0; 1.0, 1.0, 0.0; 0.0, 1.0, 1.0];
    let config = CompletionConfig::default;
    let zeros = observed(&DMatrix::zeros(3, 3), &known);
    for ridge in [0.0, 0.1] {
        let found = complete_by_descent(&zeros, 2, config().ridge(ridge)).unwrap();
        assert!(found.fitted().norm() < 1e-12);
    }
}
