//! Matrices with missing entries: exact recovery, closed forms where nothing is missing, and noise.

use std::ops::ControlFlow;

use matrix_descent::completion::CompletionError;
use matrix_descent::{
    CompletionConfig, InputError, Lbfgs, Progress, Real, Sgd, Silent, StopReason,
    complete_by_descent,
};
use nalgebra::{DMatrix, DVector};

use crate::support::gallery::random;
use crate::support::shapes::uniform;

/// 1 for about `known` of 10 entries, 0 for the others.
fn mask(rows: usize, columns: usize, known: f64, seed: u64) -> DMatrix<f64> {
    let draw = uniform(rows, columns, seed);
    draw.map(|x| f64::from(u8::from(0.5 * (x + 1.0) < known)))
}

fn low_rank(rows: usize, columns: usize, rank: usize, seed: u64) -> DMatrix<f64> {
    uniform(rows, rank, seed) * uniform(rank, columns, seed + 1)
}

fn hidden(matrix: &DMatrix<f64>, weights: &DMatrix<f64>) -> DMatrix<f64> {
    matrix.zip_map(weights, |x, w| if w == 0.0 { f64::NAN } else { x })
}

/// The relative error in the entries of weight 0.
fn held_out_error(fitted: &DMatrix<f64>, truth: &DMatrix<f64>, weights: &DMatrix<f64>) -> f64 {
    let held_out = weights.map(|weight| if weight == 0.0 { 1.0 } else { 0.0 });
    let error = (fitted - truth).component_mul(&held_out).norm();
    error / truth.component_mul(&held_out).norm()
}

#[test]
fn exact_entries_determine_the_others() {
    for (rows, columns, rank, known) in [(40, 30, 3, 0.5), (30, 40, 1, 0.4), (25, 25, 2, 0.6)] {
        let truth = low_rank(rows, columns, rank, 51);
        let weights = mask(rows, columns, known, 53);
        let config = CompletionConfig::default().ridge(0.0).tolerance(1e-11);
        let seen = hidden(&truth, &weights);
        let completion = complete_by_descent(&seen, &weights, rank, config).unwrap();
        let error = held_out_error(&completion.fitted, &truth, &weights);
        assert!(error < 1e-8, "{rows}×{columns}: {error:e}");
        assert!(completion.fit_error < 1e-9);
    }
}

#[test]
fn exact_entries_determine_the_others_in_single_precision() {
    let truth = low_rank(40, 30, 3, 51);
    let weights = mask(40, 30, 0.5, 53);
    let (seen, of_seen) = (
        hidden(&truth, &weights).map(f32::from_f64),
        weights.map(f32::from_f64),
    );
    let config = CompletionConfig::default().ridge(0.0);
    let completion = complete_by_descent(&seen, &of_seen, 3, config).unwrap();
    let error = held_out_error(&completion.fitted.map(f64::from), &truth, &weights);
    assert!(error < 1e-2, "{error:e}");
}

/// Where nothing is missing the minimum is known: singular values lowered by λ·‖M‖_F, down to 0.
#[test]
fn without_missing_entries_singular_values_are_lowered() {
    for (rows, columns, rank) in [(9, 6, 6), (5, 12, 5), (8, 8, 3)] {
        let matrix = uniform(rows, columns, 55);
        let exact = matrix.clone().svd(true, true);
        for ridge in [0.0, 0.01, 0.2] {
            let config = CompletionConfig::default().ridge(ridge).tolerance(1e-9);
            let ones = DMatrix::from_element(rows, columns, 1.0);
            let completion = complete_by_descent(&matrix, &ones, rank, config).unwrap();
            let found = &completion.factors.singular_values;
            for (index, &value) in found.iter().enumerate() {
                let lowered = exact.singular_values[index] - ridge * matrix.norm();
                let error = (value - lowered.max(0.0)).abs();
                assert!(
                    error < 1e-6,
                    "{rows}×{columns}, {ridge}, {index}: {error:e}"
                );
            }
        }
    }
}

fn assert_near(found: &DMatrix<f64>, expected: &DMatrix<f64>, tolerance: f64) {
    let error = (found - expected).norm() / expected.norm();
    assert!(error < tolerance, "{error:e}");
}

#[test]
fn only_ratios_of_weights_and_of_entries_count() {
    let truth = low_rank(20, 15, 2, 57) + uniform(20, 15, 59) * 0.05;
    let weights = mask(20, 15, 0.6, 61).zip_map(&uniform(20, 15, 63), |w, x| w * (1.5 + x));
    let run = |matrix: &DMatrix<f64>, weights: &DMatrix<f64>| {
        complete_by_descent(
            matrix,
            weights,
            2,
            CompletionConfig::default().tolerance(1e-10),
        )
        .unwrap()
        .fitted
    };
    let plain = run(&truth, &weights);
    assert_near(&run(&truth, &(&weights * 7.0)), &plain, 1e-7);
    for exponent in [-900, -300, 300, 900] {
        let scale = |m: &DMatrix<f64>, e| m.map(|x: f64| x.scale_by_power_of_two(e));
        let fitted = run(&scale(&truth, exponent), &weights);
        assert_near(&scale(&fitted, -exponent), &plain, 1e-7);
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
    let config = || CompletionConfig::default().ridge(0.0).tolerance(1e-11);
    let weighted = complete_by_descent(&matrix, &weights, 2, config()).unwrap();
    let ones = DMatrix::from_element(8, 5, 1.0);
    let copied = complete_by_descent(&twice(&matrix), &ones, 2, config()).unwrap();
    assert_near(&twice(&weighted.fitted), &copied.fitted, 1e-7);
}

/// The cut-off decomposition of the known entries with zeros for the others, at its best rank.
fn zero_filled_error(seen: &DMatrix<f64>, truth: &DMatrix<f64>, weights: &DMatrix<f64>) -> f64 {
    let filled = seen.map(|x| if x.is_nan() { 0.0 } else { x });
    let mut svd = filled.svd(true, true);
    let count = svd.singular_values.len();
    let errors = (0..count).rev().map(|rank| {
        svd.singular_values[rank] = 0.0;
        held_out_error(&svd.clone().recompose().unwrap(), truth, weights)
    });
    errors.fold(f64::INFINITY, f64::min)
}

#[test]
fn with_noise_the_error_is_that_of_the_noise() {
    let (rows, columns, rank) = (80, 60, 3);
    let truth = low_rank(rows, columns, rank, 67);
    let size = truth.norm() / ((rows * columns) as f64).sqrt();
    let weights = mask(rows, columns, 0.35, 69);
    let noise = random::uniform(80, 71).columns(0, columns) * (0.1 * size * 3.0_f64.sqrt());
    let seen = hidden(&(&truth + noise), &weights);
    let error = |components, ridge| {
        let config = CompletionConfig::default().ridge(ridge);
        let completion = complete_by_descent(&seen, &weights, components, config).unwrap();
        held_out_error(&completion.fitted, &truth, &weights)
    };
    let of_default = error(rank, 0.005);
    assert!(of_default < 0.1, "{of_default}");
    // With twice the components it is worse, but not wild.
    assert!(error(2 * rank, 0.01) < 0.25);
    let baseline = zero_filled_error(&seen, &truth, &weights);
    assert!(baseline > 5.0 * of_default, "{baseline}, {of_default}");
}

#[test]
fn the_result_is_consistent() {
    let matrix = uniform(12, 9, 73);
    let weights = mask(12, 9, 0.7, 75);
    let completion =
        complete_by_descent(&matrix, &weights, 3, CompletionConfig::default()).unwrap();
    let factors = &completion.factors;
    assert_eq!(factors.u.shape(), (12, 3));
    assert_eq!(factors.v.shape(), (9, 3));
    let identity = DMatrix::identity(3, 3);
    assert!((factors.u.tr_mul(&factors.u) - &identity).norm() < 1e-13);
    assert!((factors.v.tr_mul(&factors.v) - &identity).norm() < 1e-13);
    assert_eq!(factors.reconstruct(), completion.fitted);
    let residual = (&completion.fitted - &matrix)
        .component_mul(&weights)
        .norm();
    let expected = residual / weights.sum().sqrt();
    assert!((completion.fit_error / expected - 1.0).abs() < 1e-10);
    assert_eq!(completion.report.stop_reason, StopReason::GradientNorm);
}

#[test]
fn a_row_without_entries_becomes_zero() {
    let matrix = uniform(8, 6, 77);
    let mut weights = DMatrix::from_element(8, 6, 1.0);
    weights.row_mut(3).fill(0.0);
    let config = CompletionConfig::default().tolerance(1e-10);
    let completion = complete_by_descent(&matrix, &weights, 2, config).unwrap();
    assert!(completion.fitted.row(3).norm() < 1e-6);
}

#[test]
fn zeros_are_completed_by_zeros() {
    let weights = mask(5, 4, 0.6, 79);
    let zeros = DMatrix::<f64>::zeros(5, 4);
    let completion = complete_by_descent(&zeros, &weights, 2, CompletionConfig::default()).unwrap();
    assert!(completion.fitted.norm() < 1e-5);
}

#[test]
fn other_rules_find_the_same() {
    let matrix = low_rank(10, 8, 2, 81) + uniform(10, 8, 83) * 0.1;
    let weights = mask(10, 8, 0.8, 85);
    let by_lbfgs = complete_by_descent(&matrix, &weights, 2, CompletionConfig::default()).unwrap();
    let config = CompletionConfig::default().optimizer(Sgd::new(1.0).momentum(0.95));
    let by_momentum = complete_by_descent(&matrix, &weights, 2, config).unwrap();
    assert_near(&by_momentum.fitted, &by_lbfgs.fitted, 1e-5);
    let other_start = CompletionConfig::default().seed(5);
    let other = complete_by_descent(&matrix, &weights, 2, other_start).unwrap();
    assert_near(&other.fitted, &by_lbfgs.fitted, 1e-5);
}

#[test]
fn a_run_that_ends_short_is_an_error_that_carries_what_was_reached() {
    let matrix = uniform(12, 9, 87);
    let ones = DMatrix::from_element(12, 9, 1.0);
    let found = complete_by_descent(&matrix, &ones, 3, CompletionConfig::default().max_steps(4));
    let Err(CompletionError::NotConverged { reached }) = found else {
        panic!("{found:?}");
    };
    assert_eq!(reached.report.stop_reason, StopReason::StepLimit);
    assert_eq!((reached.report.steps, reached.report.losses.len()), (4, 5));
    assert_eq!(reached.factors.reconstruct(), reached.fitted);
    let mut seen = Vec::new();
    let watch = |progress: &Progress<'_, f64>| {
        seen.push(progress.step);
        if progress.step < 2 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let found = complete_by_descent(
        &matrix,
        &ones,
        3,
        CompletionConfig::default().observer(watch),
    );
    let Err(CompletionError::NotConverged { reached }) = found else {
        panic!("{found:?}");
    };
    assert_eq!(reached.report.stop_reason, StopReason::Observer);
    assert_eq!(seen, [0, 1, 2]);
}

#[test]
fn a_rule_that_explodes_is_an_error() {
    let matrix = uniform(6, 6, 89);
    let ones = DMatrix::from_element(6, 6, 1.0);
    let config = CompletionConfig::default().optimizer(Sgd::new(1e3));
    let found = complete_by_descent(&matrix, &ones, 2, config);
    assert!(matches!(found, Err(CompletionError::Diverged { .. })));
}

#[test]
fn the_documented_defaults() {
    let documented = CompletionConfig::<f64>::default()
        .ridge(0.005)
        .optimizer(Lbfgs::default())
        .seed(0)
        .tolerance(f64::EPSILON.sqrt())
        .max_steps(5000)
        .observer(Silent);
    assert_eq!(CompletionConfig::default(), documented);
}

fn refused(matrix: &DMatrix<f64>, weights: &DMatrix<f64>, rank: usize) -> CompletionError {
    complete_by_descent(matrix, weights, rank, CompletionConfig::default()).unwrap_err()
}

#[test]
fn bad_matrices_and_weights_are_refused() {
    for (rows, columns) in [(0, 0), (0, 3), (3, 0)] {
        let empty = DMatrix::zeros(rows, columns);
        assert!(matches!(
            refused(&empty, &empty, 1),
            CompletionError::Input(InputError::Empty {
                argument: "matrix",
                ..
            })
        ));
    }
    let (matrix, ones) = (uniform(4, 3, 91), DMatrix::from_element(4, 3, 1.0));
    let mismatch = refused(&matrix, &ones.transpose(), 1);
    assert!(matches!(
        mismatch,
        CompletionError::Input(InputError::ShapeMismatch {
            argument: "weights",
            rows: 3,
            columns: 4,
            ..
        })
    ));
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut bad = matrix.clone();
        bad[(2, 1)] = value;
        let error = refused(&bad, &ones, 1);
        assert!(matches!(
            error,
            CompletionError::Input(InputError::NotFinite {
                argument: "matrix",
                row: 2,
                column: 1,
                ..
            })
        ));
        let mut bad = ones.clone();
        bad[(2, 1)] = value;
        let error = refused(&matrix, &bad, 1);
        assert!(matches!(
            error,
            CompletionError::Input(InputError::InvalidSetting {
                name: "weights",
                ..
            })
        ));
    }
    let error = refused(&matrix, &(&ones * -1.0), 1);
    assert!(matches!(
        error,
        CompletionError::Input(InputError::InvalidSetting {
            name: "weights",
            value: -1.0,
            ..
        })
    ));
    let error = refused(&matrix, &(&ones * 0.0), 1);
    assert!(matches!(
        error,
        CompletionError::Input(InputError::InvalidSetting {
            name: "the sum of the weights",
            ..
        })
    ));
    let huge = DMatrix::from_element(4, 3, f64::MAX);
    assert!(matches!(
        refused(&huge, &ones, 1),
        CompletionError::Input(InputError::EntriesTooLarge { .. })
    ));
}

#[test]
fn bad_ranks_and_settings_are_refused() {
    let (matrix, ones) = (uniform(4, 3, 91), DMatrix::from_element(4, 3, 1.0));
    for rank in [0, 4] {
        let error = refused(&matrix, &ones, rank);
        assert!(matches!(
            error,
            CompletionError::Input(InputError::RankOutOfRange {
                name: "rank",
                largest: 3,
                ..
            })
        ));
    }
    let settings = [
        ("ridge", CompletionConfig::default().ridge(-1.0)),
        ("ridge", CompletionConfig::default().ridge(f64::NAN)),
        ("tolerance", CompletionConfig::default().tolerance(0.0)),
        (
            "tolerance",
            CompletionConfig::default().tolerance(f64::INFINITY),
        ),
        ("max_steps", CompletionConfig::default().max_steps(0)),
        // Finite, but not within f.
        ("ridge", CompletionConfig::default().ridge(f64::MAX)),
        ("tolerance", CompletionConfig::default().tolerance(f64::MAX)),
    ];
    for (expected, config) in settings {
        let error = complete_by_descent(&matrix, &ones, 1, config).unwrap_err();
        assert!(
            matches!(error, CompletionError::Input(InputError::InvalidSetting { name, .. }) if name == expected)
        );
    }
}

/// Components beyond the rank are harmless where a penalty holds them down.
#[test]
fn spare_components_vanish() {
    let values = DVector::from_vec(vec![3.0, 2.0]);
    let matrix = random::orthogonal(7, 93).columns(0, 2)
        * DMatrix::from_diagonal(&values)
        * random::orthogonal(7, 95).rows(0, 2);
    let ones = DMatrix::from_element(7, 7, 1.0);
    let completion = complete_by_descent(&matrix, &ones, 6, CompletionConfig::default()).unwrap();
    assert!(completion.factors.singular_values[2] < 1e-3);
}

#[test]
fn only_the_ratios_of_the_weights_count() {
    let matrix = low_rank(10, 8, 2, 97) + uniform(10, 8, 99) * 0.1;
    let weights = uniform(10, 8, 101).map(|x| if x < -0.5 { 0.0 } else { 1.5 + x });
    let seen = hidden(&matrix, &weights);
    let run = |weights: &DMatrix<f64>| {
        complete_by_descent(&seen, weights, 2, CompletionConfig::default()).unwrap()
    };
    let expected = run(&weights);
    for size in [1e-307, 1e-300, 1e300, 4e307] {
        let found = run(&(&weights * size));
        assert_near(&found.fitted, &expected.fitted, 1e-9);
        assert!(
            (found.fit_error / expected.fit_error - 1.0).abs() < 1e-9,
            "{size:e}"
        );
    }
    // By a power of two not even the rounding.
    let power = 1.0_f64.scale_by_power_of_two(900);
    assert_eq!(run(&(&weights * power)).fitted, expected.fitted);
}

#[test]
fn the_errors_name_what_was_set() {
    let (matrix, ones) = (uniform(4, 3, 91), DMatrix::from_element(4, 3, 1.0));
    for ridge in [1e300, f64::MAX * 0.5] {
        let config = CompletionConfig::default().ridge(ridge);
        let found = complete_by_descent(&matrix, &ones, 1, config);
        if let Err(CompletionError::Input(InputError::InvalidSetting { name, value, .. })) = found {
            assert_eq!((name, value), ("ridge", ridge));
        }
    }
    let one = DMatrix::from_element(1, 1, 1.0);
    for config in [
        CompletionConfig::default().ridge(f64::MAX * 0.75),
        CompletionConfig::default().tolerance(f64::MAX * 0.75),
    ] {
        let found = complete_by_descent(&one, &one, 1, config).unwrap_err();
        let CompletionError::Input(InputError::InvalidSetting { name, value, .. }) = found else {
            panic!("{found}");
        };
        assert!(name == "ridge" || name == "tolerance", "{name}");
        assert_eq!(value, f64::MAX * 0.75);
    }
}
