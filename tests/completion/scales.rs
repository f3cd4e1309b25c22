//! Only ratios count: entries, weights and the ridge in other units give the same matrix.

use matrix_descent::completion::{CompletionError, Observations};
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

/// f in the units of the data: of squares of entries, times weights.
#[test]
fn the_loss_has_the_units_of_the_data() {
    let matrix = low_rank(14, 10, 2, 57) + uniform(14, 10, 59) * 0.05;
    let weights = mask(14, 10, 0.7, 61).zip_map(&uniform(14, 10, 63), |w, x| w * (1.5 + x));
    let power = |exponent: i32| 1.0.scale_by_power_of_two(exponent);
    for ridge in [0.0, 0.5] {
        for (value, weight) in [(0, 0), (3, 5), (0, 600), (-200, 0), (400, -300)] {
            let (matrix, weights) = (&matrix * power(value), &weights * power(weight));
            let ridge = ridge * power(value) * power(weight);
            let config = CompletionConfig::default().ridge(ridge);
            let found = complete_by_descent(&observed(&matrix, &weights), 2, config).unwrap();
            let missed = (found.fitted() - &matrix) * power(-value);
            let squares = missed
                .map(|x| x * x)
                .component_mul(&(&weights * power(-weight)));
            let factors = found.row_factors.norm_squared() + found.column_factors.norm_squared();
            let penalty = factors * power(-value) * (ridge * power(-value) * power(-weight));
            let expected = squares.sum() + penalty;
            let loss = found.loss * power(-2 * value - weight);
            assert!(
                (loss / expected - 1.0).abs() < 1e-9,
                "{value}, {weight}: {loss}, {expected}"
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

/// Where no fit is exact, weights count: more weight on an entry that is all but met changes
/// nothing, or the precision does not suffice and the weights are refused.
#[test]
fn uneven_weights_are_honoured_or_refused() {
    let matrix = uniform(8, 6, 7);
    let light = |weight: f64| {
        let mut weights = DMatrix::from_element(8, 6, 1.0);
        weights[(0, 0)] = weight;
        let found =
            complete_by_descent(&observed(&matrix, &weights), 1, CompletionConfig::default());
        found.map(|found| {
            weights[(0, 0)] = 0.0;
            let missed = (found.fitted() - &matrix).map(|x| x * x);
            missed.component_mul(&weights).sum()
        })
    };
    let expected = light(1e7).unwrap();
    let error = (light(1e10).unwrap() / expected - 1.0).abs();
    assert!(error < 1e-5, "{error:e}");
    for weight in [1e16, 1e32, 1e100, 1e300] {
        let found = light(weight);
        let Err(CompletionError::UnevenWeights { weights, .. }) = found else {
            panic!("{weight:e}: {found:?}");
        };
        assert_eq!(weights, [1.0, weight]);
    }
}

/// A column of light entries gets the factor that fits them best, and changes no other.
#[test]
fn a_light_column_is_fitted_as_well() {
    let matrix = uniform(8, 5, 9);
    let mut weights = DMatrix::from_element(8, 5, 1.0);
    weights.column_mut(3).fill(1e-10);
    for ridge in [0.0, 1e-10] {
        let config = CompletionConfig::default().ridge(ridge);
        let found = complete_by_descent(&observed(&matrix, &weights), 1, config).unwrap();
        let rows = found.row_factors.column(0);
        let best = 1e-10 * rows.dot(&matrix.column(3)) / (1e-10 * rows.norm_squared() + ridge);
        let error = (found.column_factors[(3, 0)] - best).abs();
        assert!(error < 1e-6 * best.abs(), "λ = {ridge:e}: {error:e}");
    }
}

/// A single entry next to 0 counts as 0.
#[test]
fn a_tiny_entry_outweighs_nothing() {
    let run = |rows: usize, tiny: f64| {
        let others = (1..6).flat_map(|i| (0..5).map(move |j| (i, j)));
        let others = others.map(|(i, j)| (i, j, 1.0 + ((3 * i + 2 * j) % 5) as f64 / 4.0));
        let entries = [(0, 0, 1.0), (0, 1, tiny)].into_iter().chain(others);
        let observations = Observations::from_triplets(rows, 5, entries).unwrap();
        complete_by_descent(&observations, 1, CompletionConfig::default()).unwrap()
    };
    let expected = run(6, 0.0).fit_error;
    for (rows, tiny) in [(6, 1e-20), (6, 1e-60), (7, 1e-60), (6, 1e-140)] {
        let error = (run(rows, tiny).fit_error / expected - 1.0).abs();
        assert!(error < 1e-6, "{tiny:e}: {error:e}");
    }
}

/// Entries that no scaling of rows and columns brings together: an answer or a reason, never NaN.
#[test]
fn no_range_of_entries_ends_in_nan() {
    for tiny in [1e-100, 1e-200, 1e-300] {
        let matrix = DMatrix::from_fn(3, 3, |i, j| if i == j { 1.0 } else { tiny });
        let known = matrix.map(|_| 1.0);
        match complete_by_descent(&observed(&matrix, &known), 1, CompletionConfig::default()) {
            // The best of rank 1 leaves two of three equal singular values.
            Ok(found) => assert!((found.fit_error - 2.0_f64.sqrt() / 3.0).abs() < 1e-8),
            Err(CompletionError::Input(error)) => panic!("{tiny:e}: {error}"),
            Err(_) => {}
        }
    }
}

#[test]
fn a_new_row_has_the_units_of_the_matrix() {
    for scale in [1e300, 1.0, 1e-150, 1e-220, 1e-300] {
        let matrix = DMatrix::from_fn(5, 4, |i, j| scale * ((1 + i) * (1 + j)) as f64);
        let known = matrix.map(|_| 1.0);
        let found = complete_by_descent(&observed(&matrix, &known), 1, CompletionConfig::default());
        let found = found.unwrap();
        let row = found.fold_in([(1, 2.0 * scale), (3, 4.0 * scale)]).unwrap();
        let error = (found.predict_new(&row, 0).unwrap() / scale - 1.0).abs();
        assert!(error < 1e-12, "{scale:e}: {error:e}");
    }
    for scale in [1e26_f32, 1e-32] {
        let matrix = DMatrix::from_fn(5, 4, |i, j| scale * ((1 + i) * (1 + j)) as f32);
        let known = matrix.map(|_| 1.0);
        let found = complete_by_descent(&observed(&matrix, &known), 1, CompletionConfig::default());
        let found = found.unwrap();
        let row = found.fold_in([(1, 2.0 * scale), (3, 4.0 * scale)]).unwrap();
        let error = (found.predict_new(&row, 0).unwrap() / scale - 1.0).abs();
        assert!(error < 1e-5, "{scale:e}: {error:e}");
    }
}
