//! Only ratios count: entries, weights and the ridge in other units give the same matrix.

use matrix_descent::{CompletionConfig, Real, complete_by_descent};
use nalgebra::DMatrix;

use super::{distance, low_rank, mask, observed};
use crate::support::shapes::uniform;

fn run(matrix: &DMatrix<f64>, weights: &DMatrix<f64>, ridge: f64) -> DMatrix<f64> {
    let config = CompletionConfig::default().ridge(ridge);
    let found = complete_by_descent(&observed(matrix, weights), 2, config);
    found.unwrap().fitted()
}

#[test]
fn units_of_entries_weights_and_ridge_do_not_matter() {
    let truth = low_rank(20, 15, 2, 57) + uniform(20, 15, 59) * 0.05;
    let weights = mask(20, 15, 0.6, 61).zip_map(&uniform(20, 15, 63), |w, x| w * (1.5 + x));
    let power = |exponent: i32| 1.0.scale_by_power_of_two(exponent);
    for ridge in [0.0, 0.5] {
        let plain = run(&truth, &weights, ridge);
        for (value, weight) in [
            (0, 3),
            (0, 900),
            (0, -900),
            (500, 0),
            (-500, 0),
            (490, -480),
            (2, 1),
        ] {
            let scaled = run(
                &(&truth * power(value)),
                &(&weights * power(weight)),
                ridge * power(value) * power(weight),
            );
            let error = distance(&(scaled * power(-value)), &plain);
            assert!(
                error < 1e-7,
                "2^{value}, 2^{weight}, λ = {ridge}: {error:e}"
            );
        }
    }
}

#[test]
fn single_precision_has_the_same_units() {
    let truth = low_rank(12, 9, 1, 57).map(f32::from_f64);
    let known = mask(12, 9, 0.7, 61).map(f32::from_f64);
    for exponent in [-60, 0, 60] {
        let scaled = truth.map(|x| x.scale_by_power_of_two(exponent));
        let found = complete_by_descent(&observed(&scaled, &known), 1, CompletionConfig::default());
        let fitted = found
            .unwrap()
            .fitted()
            .map(|x| x.scale_by_power_of_two(-exponent));
        let error = distance(&fitted.map(f64::from), &truth.map(f64::from));
        assert!(error < 1e-5, "2^{exponent}: {error:e}");
    }
}

/// Exact entries are recovered whatever their weights.
#[test]
fn weights_of_a_wide_range_change_no_exact_matrix() {
    let truth = low_rank(16, 12, 2, 91);
    let weights =
        mask(16, 12, 0.7, 93).zip_map(&uniform(16, 12, 95), |w, x| w * 10.0_f64.powf(8.0 * x));
    let error = distance(&run(&truth, &weights, 0.0), &truth);
    assert!(error < 1e-8, "{error:e}");
}
