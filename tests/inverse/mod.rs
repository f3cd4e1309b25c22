//! The inverse: the notebook reproduced, and what the one call promises.

mod accuracy;
mod certificate;
mod limits;
mod singular;
mod solution;
mod structured;
mod tracker;
mod warm_start;

use std::ops::ControlFlow;

use approx::assert_relative_eq;
use matrix_descent::inverse::{InverseError, gradient_descent_for_inverse, heavy_ball_for_inverse};
use matrix_descent::{
    Accuracy, Config, ConjugateGradient, InverseObjective, Inversion, Lbfgs, MeanSquaredError,
    Minimization, Optimizer, Progress, Real, Sgd, Side, Silent, Start, StopReason, Stopping,
    invert_by_descent, minimize,
};
use nalgebra::{DMatrix, DVector, dmatrix};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::support::fixtures::{NotebookRun, matrix, notebook_runs, single_precision_run};
use crate::support::objectives::{SIDES, wavy};

fn replay(run: &NotebookRun) -> Minimization<f64> {
    let m = matrix(&run.m);
    let objective = InverseObjective::new(&m, run.side(), MeanSquaredError).unwrap();
    let rule = Sgd::new(run.learning_rate).momentum(run.momentum);
    let start = matrix(&run.x0).as_slice().to_vec();
    let stopping = Stopping::default().max_steps(run.steps);
    minimize(objective, rule, start, stopping, Silent).unwrap()
}

#[test]
fn the_six_runs_of_the_notebook_are_reproduced() {
    let runs = notebook_runs();
    assert_eq!(runs.len(), 6);
    for run in &runs {
        let name = format!("{}, {:?}", run.label, run.side());
        let reached = replay(run);
        let losses = &reached.report.losses;
        assert_eq!(reached.report.steps, 10_000, "{name}");
        for (&found, &expected) in losses.iter().zip(&run.first_100_losses) {
            assert_relative_eq!(found, expected, max_relative = 1e-10);
        }
        for (&found, &expected) in losses.iter().step_by(10).zip(&run.losses_every_10) {
            // The entries of Y − I are rounded at 10⁻¹⁶ however small they are.
            let (found, expected) = (found.sqrt(), expected.sqrt());
            let is_close = (found - expected).abs() <= 1e-9 * expected + 1e-14;
            assert!(is_close, "{name}: {found:e}, {expected:e}");
        }
        assert!(losses[9999] < 1e-28, "{name}: {:e}", losses[9999]);
        assert!(run.last_loss < 1e-28);
        let expected = matrix(&run.x);
        for (&found, &expected) in reached.parameters.iter().zip(&expected) {
            assert!(
                (found - expected).abs() <= 1e-12,
                "{name}: {found}, {expected}"
            );
        }
    }
}

#[test]
fn the_single_precision_run_is_reproduced() {
    let run = single_precision_run();
    let m = matrix(&run.m).cast::<f32>();
    let objective = InverseObjective::new(&m, Side::Left, MeanSquaredError).unwrap();
    let start = matrix(&run.x0).cast::<f32>().as_slice().to_vec();
    let rule = Sgd::new(0.9_f32).momentum(0.9);
    let reached = minimize(objective, rule, start, Stopping::default(), Silent).unwrap();
    let losses = &reached.report.losses;
    for (&found, &expected) in losses.iter().zip(&run.first_100_losses) {
        assert_relative_eq!(f64::from(found), expected, max_relative = 1e-4);
    }
    let floor = 10.0 * run.last_loss.max(f64::from(f32::EPSILON).powi(2));
    assert!(f64::from(losses[9999]) < floor, "{:e}", losses[9999]);
    for (&found, &expected) in reached.parameters.iter().zip(&matrix(&run.x)) {
        assert_relative_eq!(f64::from(found), expected, max_relative = 1e-4);
    }
}

/// Matrices of moderate condition, with entries near 1.
fn well_conditioned<T: Real>() -> Vec<(String, DMatrix<T>)> {
    let mut matrices = vec![
        (
            "1×1".to_owned(),
            DMatrix::from_element(1, 1, <T as Real>::from_f64(-3.0)),
        ),
        ("identity".to_owned(), DMatrix::identity(5, 5)),
        (
            "exchange".to_owned(),
            DMatrix::from_fn(4, 4, |i, j| {
                <T as Real>::from_f64(f64::from(u8::from(i + j == 3)))
            }),
        ),
        (
            "diagonal".to_owned(),
            DMatrix::from_diagonal(&DVector::from_fn(4, |i, _| T::from_count(i + 1))),
        ),
    ];
    for n in [2, 3, 4, 8, 9, 17] {
        let noise: DMatrix<T> = DMatrix::from_vec(n, n, wavy(n * n, 0.7));
        let shift = DMatrix::from_diagonal_element(n, n, T::from_count(n).sqrt());
        matrices.push((format!("shifted noise, n = {n}"), noise + shift));
    }
    matrices
}

fn check_inverse<T: Real>(name: &str, m: &DMatrix<T>, side: Side, inversion: &Inversion<T>) {
    let n = m.nrows();
    let identity = DMatrix::identity(n, n);
    let left = (&inversion.inverse * m - &identity).norm();
    let right = (m * &inversion.inverse - &identity).norm();
    let slack = <T as Real>::from_f64(64.0) * T::EPSILON * T::from_count(n);
    let expected = match side {
        Side::Left => left,
        Side::Right => right,
        _ => left.max(right),
    };
    assert!((expected - inversion.residual).abs() <= slack, "{name}");
    let tolerance = (T::from_count(n) * T::EPSILON).sqrt();
    assert!(
        inversion.residual <= tolerance,
        "{name}: {:e}",
        inversion.residual
    );
    let lu = m.clone().try_inverse().unwrap();
    let distance = (&inversion.inverse - &lu).norm() / lu.norm();
    assert!(
        distance <= slack * <T as Real>::from_f64(8.0),
        "{name}: {distance:e}"
    );
    assert_eq!(inversion.report.losses.len(), inversion.report.steps + 1);
    assert_eq!(inversion.report.stop_reason, StopReason::Accuracy, "{name}");
}

fn check_default_call<T: Real>() {
    for (name, m) in well_conditioned::<T>() {
        for side in SIDES {
            // Eigenvalues 1 and −1: the mean of both estimates has other solutions.
            if name == "exchange" && side == Side::Both {
                continue;
            }
            for start in [Start::ScaledTranspose, Start::RandomUniform] {
                let name = format!("{name}, {side:?}, {start:?}");
                let config = Config::default().side(side).start(start);
                let inversion = invert_by_descent(&m, config).expect(&name);
                check_inverse(&name, &m, side, &inversion);
            }
        }
    }
}

#[test]
fn the_default_call_inverts_every_well_conditioned_matrix() {
    check_default_call::<f64>();
    check_default_call::<f32>();
}

fn check_scales<T: Real>(exponents: impl Iterator<Item = i32>) {
    let m: DMatrix<T> = DMatrix::from_fn(3, 3, |i, j| T::from_count(1 + i * j + 4 * (i / (j + 1))));
    let inverse = invert_by_descent(&m, Config::default()).unwrap().inverse;
    for exponent in exponents {
        let scaled = m.map(|value| value.scale_by_power_of_two(exponent));
        let found = invert_by_descent(&scaled, Config::default())
            .unwrap()
            .inverse;
        let expected = inverse.map(|value| value.scale_by_power_of_two(-exponent));
        assert_eq!(found, expected, "2^{exponent}");
    }
}

#[test]
fn scaling_the_matrix_by_a_power_of_two_scales_the_inverse_exactly() {
    check_scales::<f64>((-1000..=1000).step_by(125));
    check_scales::<f32>((-120..=120).step_by(15));
}

#[test]
fn the_mean_of_both_estimates_is_not_trusted() {
    // X = diag(1, −1) + [[0, a], [b, 0]] gives (XM + MX)/2 = I for every a and b.
    let m = dmatrix![1.0, 0.0; 0.0, -1.0];
    let start = dmatrix![0.5, 3.0; -2.0, -0.5];
    let config = Config::default()
        .optimizer(Sgd::new(0.5))
        .side(Side::Both)
        .start(Start::Given(start));
    let Err(InverseError::NotConverged { best, .. }) = invert_by_descent(&m, config) else {
        panic!("accepted a matrix that is no inverse");
    };
    assert!(best.report.losses[best.report.steps] < 1e-20);
    assert!(best.residual > 1.0);
}

#[test]
fn a_singular_matrix_is_never_inverted() {
    let ones = DMatrix::from_element(3, 3, 1.0);
    let zero = DMatrix::zeros(3, 3);
    for (m, expected) in [(zero, 0), (ones, 1), (dmatrix![1.0, 2.0; 2.0, 4.0], 1)] {
        let Err(InverseError::Singular { rank, best }) = invert_by_descent(&m, Config::default())
        else {
            panic!("accepted a singular matrix");
        };
        assert_eq!(rank, expected);
        assert!(best.residual >= 0.99, "{}", best.residual);
        let config = Config::default().optimizer(Sgd::new(0.1)).max_steps(20_000);
        let Err(InverseError::NotConverged { best, .. }) = invert_by_descent(&m, config) else {
            panic!("accepted a singular matrix");
        };
        assert!(best.residual >= 0.99, "{}", best.residual);
    }
}

#[test]
fn a_learning_rate_too_large_is_divergence_with_the_best_iterate() {
    let m = DMatrix::from_diagonal_element(2, 2, 10.0);
    let config = Config::default()
        .optimizer(Sgd::new(0.9).momentum(0.9))
        .start(Start::RandomUniform);
    let result = invert_by_descent(&m, config);
    let Err(InverseError::Diverged {
        steps, loss, best, ..
    }) = result
    else {
        panic!("{result:?}");
    };
    let losses = &best.report.losses;
    assert_eq!((steps, loss), (best.report.steps, losses[losses.len() - 1]));
    assert!(loss > losses[0] / (f64::EPSILON * f64::EPSILON));
    let from_loss = 2.0 * losses[best.report.best_step].sqrt();
    assert_relative_eq!(best.residual, from_loss, max_relative = 1e-12);
}

#[test]
fn a_run_too_short_is_an_error_that_keeps_the_best_iterate() {
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let config = Config::default().max_steps(1);
    let result = invert_by_descent(&m, config);
    let Err(InverseError::NotConverged { tolerance, best }) = result else {
        panic!("{result:?}");
    };
    assert_eq!(tolerance, None);
    assert_eq!((best.report.steps, best.report.losses.len()), (1, 2));
    assert_eq!(best.report.stop_reason, StopReason::StepLimit);
    let residual = (&best.inverse * &m - DMatrix::identity(2, 2)).norm();
    assert_relative_eq!(best.residual, residual, max_relative = 1e-12);
    // What was reached serves as a start.
    let config = Config::default().start(Start::Given(best.inverse));
    assert!(invert_by_descent(&m, config).is_ok());
}

#[test]
fn the_exact_inverse_as_start_takes_no_step() {
    let m = dmatrix![4.0_f32, 1.0; 2.0, 1.0];
    let inverse = dmatrix![0.5_f32, -0.5; -1.0, 2.0];
    for side in SIDES {
        let config = Config::default()
            .side(side)
            .start(Start::Given(inverse.clone()))
            .tolerance(0.0);
        let inversion = invert_by_descent(&m, config).unwrap();
        assert_eq!(inversion.report.steps, 0);
        assert_eq!(inversion.inverse, inverse);
        assert_eq!(inversion.residual, 0.0);
    }
}

#[test]
fn the_seed_decides_a_random_start() {
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let first_iterate = |seed| {
        let mut start = Vec::new();
        let keep = |progress: &Progress<'_, f64>| {
            start.extend_from_slice(progress.parameters);
            ControlFlow::Break(())
        };
        let config = Config::default()
            .optimizer(Sgd::new(0.1))
            .start(Start::RandomUniform)
            .seed(seed)
            .observer(keep);
        let Err(InverseError::NotConverged { best, .. }) = invert_by_descent(&m, config) else {
            panic!("accepted a random matrix");
        };
        assert_eq!(best.report.stop_reason, StopReason::Observer);
        start
    };
    assert_eq!(first_iterate(1), first_iterate(1));
    assert_ne!(first_iterate(1), first_iterate(2));
    assert!(first_iterate(3).iter().all(|x| (0.0..1.0).contains(x)));
}

#[test]
fn the_starts_are_as_documented() {
    let m = dmatrix![2.0, 1.0; -3.0, 5.0];
    let first_iterate = |start| {
        let mut first = Vec::new();
        let keep = |progress: &Progress<'_, f64>| {
            first.extend_from_slice(progress.parameters);
            ControlFlow::Break(())
        };
        let config = Config::default()
            .optimizer(Sgd::new(0.01))
            .start(start)
            .seed(5)
            .observer(keep);
        assert!(invert_by_descent(&m, config).is_err());
        DMatrix::from_vec(2, 2, first)
    };
    // ‖M‖₁ = 6, ‖M‖∞ = 8.
    assert_relative_eq!(first_iterate(Start::ScaledTranspose), m.transpose() / 48.0);
    let given = dmatrix![1.0, 2.0; 3.0, 4.0];
    assert_eq!(first_iterate(Start::Given(given.clone())), given);
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(5);
    let uniform = DMatrix::from_fn(2, 2, |_, _| generator.random::<f64>());
    assert_eq!(first_iterate(Start::RandomUniform), uniform);
}

#[test]
fn every_iterate_is_shown_once() {
    // The mean of both estimates converges before its residuals do, so the goal is lowered.
    let m = dmatrix![1.0, 0.0; 0.0, -0.9];
    let mut shown = Vec::new();
    let config = Config::default()
        .optimizer(Sgd::new(0.5))
        .side(Side::Both)
        .start(Start::Given(dmatrix![0.5, 3.0; -2.0, -0.5]))
        .observer(|progress: &Progress<'_, f64>| {
            shown.push(progress.step);
            ControlFlow::Continue(())
        });
    let inversion = invert_by_descent(&m, config).unwrap();
    assert!(inversion.report.losses[inversion.report.steps] < 1e-17);
    assert_eq!(shown, (0..=inversion.report.steps).collect::<Vec<_>>());
}

#[test]
fn every_seed_serves_the_tuning() {
    // With this seed the random direction of a 1×1 matrix in f32 is drawn as exactly one half.
    let m = DMatrix::from_element(1, 1, 2.0_f32);
    let rule = heavy_ball_for_inverse(&m, 26_729_558).unwrap();
    assert!(rule.learning_rate > 0.0);
}

#[test]
fn the_observer_sees_iterates_of_the_matrix_itself() {
    // The default method works on a scaled matrix; what it shows is scaled back.
    let m = dmatrix![2.0, 1.0; 1.0, 3.0] * 1024.0;
    let mut last = Vec::new();
    let config = Config::default().observer(|progress: &Progress<'_, f64>| {
        last = progress.parameters.to_vec();
        let mut objective = InverseObjective::new(&m, Side::Left, MeanSquaredError).unwrap();
        let check =
            matrix_descent::objective::check_gradient(&mut objective, progress.parameters).unwrap();
        if progress.step == 0 {
            assert!((check.analytic - progress.gradient[check.index]).abs() < 1e-9);
        }
        ControlFlow::Continue(())
    });
    let inversion = invert_by_descent(&m, config).unwrap();
    assert_eq!(last, inversion.inverse.as_slice());
}

#[test]
fn the_tuned_heavy_ball_keeps_within_its_estimate_of_steps() {
    for condition_number in [3.0_f64, 30.0, 300.0] {
        let ratio = condition_number.powf(1.0 / 7.0);
        let m = DMatrix::from_diagonal(&DVector::from_fn(8, |i, _| ratio.powi(i as i32)));
        let config = Config::default()
            .optimizer(heavy_ball_for_inverse(&m, 0).unwrap())
            .tolerance(1e-8);
        let steps = invert_by_descent(&m, config).unwrap().report.steps as f64;
        let expected = condition_number / 2.0 * (1e8_f64).ln();
        assert!(
            steps < 2.0 * expected + 20.0,
            "κ = {condition_number}: {steps}"
        );
    }
}

#[test]
fn the_products_that_check_a_descent_are_counted() {
    let m = dmatrix![2.0, 0.5, 0.0; -0.25, 1.5, 0.25; 0.0, 0.125, 1.75];
    let rule = heavy_ball_for_inverse(&m, 0).unwrap();
    for (side, a_residual) in [(Side::Left, 1), (Side::Right, 1), (Side::Both, 2)] {
        let config = Config::default().optimizer(rule).side(side).tolerance(1e-3);
        let found = invert_by_descent(&m, config).unwrap();
        // The residual where the loss is low enough, as it will be judged, and at the end; two of the
        // certificate.
        let products = found.products;
        assert_eq!(products.verification, 3 * a_residual + 2, "{side:?}");
        assert_eq!(products.refinement, 0);
        assert_eq!(products.total(), products.descent + products.verification);
    }
}

#[test]
fn the_products_of_a_descent_are_counted() {
    let products = |n: usize, side| {
        let noise: DMatrix<f64> = DMatrix::from_vec(n, n, wavy(n * n, 0.7));
        let m = noise + DMatrix::from_diagonal_element(n, n, 9.0);
        let config = Config::default()
            .optimizer(heavy_ball_for_inverse(&m, 0).unwrap())
            .side(side);
        let found = invert_by_descent(&m, config).unwrap();
        (found.products.descent, found.report.losses.len())
    };
    for side in [Side::Left, Side::Right] {
        let (few, evaluations) = products(31, side);
        assert_eq!(few, 2 * evaluations, "{side:?}");
        // Half of the run by one product.
        let (few, evaluations) = products(32, side);
        assert!(few < 7 * evaluations / 4, "{side:?}: {few}, {evaluations}");
    }
    let (all, evaluations) = products(32, Side::Both);
    assert_eq!(all, 4 * evaluations);
}

#[test]
fn defaults_are_as_documented() {
    let default = Config::<f64>::default();
    let spelled_out = Config::default()
        .side(Side::Left)
        .start(Start::ScaledTranspose)
        .seed(0)
        .max_steps(100_000);
    assert_eq!(default, spelled_out);
}

/// Regular matrices that look singular on the way: one or two clusters of singular values far
/// apart.
fn deceptive<T: Real>() -> Vec<DMatrix<T>> {
    let two_by_two =
        |entries: [f64; 4]| DMatrix::from_column_slice(2, 2, &entries).map(<T as Real>::from_f64);
    let mut matrices = vec![
        two_by_two([-0.85639906, -0.11687113, 0.49715346, 0.07623561]),
        two_by_two([0.698993, -0.90097517, 0.67306185, -0.8958347]),
        two_by_two([-0.7280566, -0.98338586, 0.42692205, 0.5489919]),
    ];
    let half_the_digits = T::EPSILON.sqrt();
    for n in [3, 8, 17, 26] {
        let ones = DMatrix::from_element(n, n, T::one());
        let shift = half_the_digits * <T as Real>::from_f64(2.0);
        matrices.push(ones + DMatrix::from_diagonal_element(n, n, shift));
    }
    matrices
}

fn check_deceptive<T: Real>() {
    for (place, m) in deceptive::<T>().iter().enumerate() {
        for seed in 0..10 {
            let full = invert_by_descent(m, Config::default().seed(seed));
            let bound = full.map(|found| found.certificate.relative_error_bound());
            let is_rounded = bound
                .as_ref()
                .is_ok_and(|&b| b <= 64.0 * T::EPSILON.to_f64());
            assert!(is_rounded, "{place}, seed {seed}: {bound:?}");
            let working = Config::default().accuracy(Accuracy::Working).seed(seed);
            assert!(
                invert_by_descent(m, working).is_ok(),
                "{place}, seed {seed}"
            );
        }
    }
}

#[test]
fn a_regular_matrix_is_never_called_singular() {
    check_deceptive::<f64>();
    check_deceptive::<f32>();
}

#[test]
fn a_loose_tolerance_is_no_reason_to_call_a_matrix_singular() {
    let ratio = 1e-6_f64.powf(1.0 / 19.0);
    let diagonal = DMatrix::from_diagonal(&DVector::from_fn(20, |i, _| ratio.powi(i as i32)));
    let rotation = |phase| DMatrix::<f64>::from_vec(20, 20, wavy(400, phase)).qr().q();
    let m = rotation(0.2) * diagonal * rotation(0.9);
    for tolerance in [0.99, 0.5, 1e-2, 1e-6] {
        let found = invert_by_descent(&m, Config::default().tolerance(tolerance)).unwrap();
        assert!(found.residual <= tolerance);
        assert_eq!(found.report.stop_reason, StopReason::Loss);
    }
}

#[test]
fn an_inverse_beyond_the_range_is_an_error_of_its_own() {
    for n in [1, 3] {
        let m = DMatrix::from_diagonal_element(n, n, 1e-309);
        for accuracy in [Accuracy::Full, Accuracy::Working] {
            let config = Config::default().accuracy(accuracy);
            let expected = Err(InverseError::OutOfRange { row: 0, column: 0 });
            assert_eq!(invert_by_descent(&m, config), expected);
        }
        let rule = Config::default().optimizer(Sgd::new(0.1));
        assert!(invert_by_descent(&m, rule).is_err());
    }
}

#[test]
fn a_tolerance_reached_with_the_last_step_is_reached() {
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let needed = invert_by_descent(&m, Config::default().tolerance(1e-8)).unwrap();
    let config = Config::default().tolerance(1e-8);
    let again = invert_by_descent(&m, config.max_steps(needed.report.steps)).unwrap();
    assert!(again.residual <= 1e-8);
}

#[test]
fn large_entries_do_not_hide_the_ones_that_matter() {
    let unit: DMatrix<f64> = dmatrix![1.0, 1e20, 1e20; 0.0, 1.0, 1e20; 0.0, 0.0, 1.0];
    let graded = dmatrix![1e5, 0.0, 0.0; 1e8, 1e-6, 0.0; 1e-11, 1e10, 1e-2];
    for m in [
        unit.clone(),
        unit.transpose(),
        graded.clone(),
        graded.transpose(),
    ] {
        let found = invert_by_descent(&m, Config::default()).unwrap();
        assert!(found.certificate.relative_error_bound() < 1e-10, "{m}");
        let lu = m.clone().try_inverse().unwrap();
        for place in 0..9 {
            let bound = found.certificate.entry_error_bound(place % 3, place / 3);
            let difference = (found.inverse[place] - lu[place]).abs();
            assert!(difference <= 1e-6 * lu[place].abs() + bound, "{place}: {m}");
        }
    }
}

fn check_line_searches<T: Real>() {
    for (name, m) in well_conditioned::<T>() {
        for side in SIDES {
            // Eigenvalues 1 and −1: the mean of both estimates has other solutions.
            if name == "exchange" && side == Side::Both {
                continue;
            }
            let config = || Config::default().side(side).max_steps(2000);
            let found = [
                invert_by_descent(&m, config().optimizer(Lbfgs::default())),
                invert_by_descent(&m, config().optimizer(ConjugateGradient::default())),
            ];
            for inversion in found {
                let inversion =
                    inversion.unwrap_or_else(|error| panic!("{name}, {side:?}: {error}"));
                let tolerance = (T::from_count(m.nrows()) * T::EPSILON).sqrt();
                assert!(inversion.residual <= tolerance, "{name}, {side:?}");
                let report = &inversion.report;
                assert!(
                    report.evaluations >= report.losses.len(),
                    "{name}, {side:?}"
                );
                let products = if side == Side::Both { 4 } else { 2 };
                let expected = products * report.evaluations;
                assert_eq!(inversion.products.descent, expected, "{name}, {side:?}");
            }
        }
    }
}

#[test]
fn methods_with_a_line_search_invert_without_a_learning_rate() {
    check_line_searches::<f64>();
    check_line_searches::<f32>();
}

#[test]
fn a_line_search_takes_about_as_many_steps_as_the_condition_number() {
    let steps = |condition_number: f64| {
        let diagonal = DVector::from_fn(12, |i, _| condition_number.powf(-(i as f64) / 11.0));
        let rotation = DMatrix::<f64>::from_vec(12, 12, wavy(144, 0.7)).qr().q();
        let m = rotation.transpose() * DMatrix::from_diagonal(&diagonal) * rotation;
        let config = Config::default().optimizer(ConjugateGradient::default());
        invert_by_descent(&m, config).unwrap().report.steps
    };
    for condition_number in [10.0, 100.0, 1000.0] {
        let steps = steps(condition_number);
        assert!(
            steps as f64 <= 5.0 * condition_number,
            "{condition_number}: {steps}"
        );
    }
}

/// A diverged run names the limit of its learning rate, η < (1 + μ)·n²/σ₁², from below by at most
/// 6 %; one that may diverge for another reason names none.
#[test]
fn a_diverged_run_names_the_limit_of_its_learning_rate() {
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let sigma = m.singular_values().max();
    for side in SIDES {
        for momentum in [0.0, 0.5, 0.9] {
            let run = |rate| {
                let rule = Sgd::new(rate).momentum(momentum);
                invert_by_descent(&m, Config::default().optimizer(rule).side(side))
            };
            let exact = (1.0 + momentum) * 4.0 / (sigma * sigma);
            let found = run(10.0 * exact).unwrap_err();
            let InverseError::Diverged {
                learning_rate_limit: Some(limit),
                ..
            } = found
            else {
                panic!("{found:?}");
            };
            assert!(limit <= exact && limit > 0.94 * exact, "{limit}, {exact}");
            let message = found.to_string();
            let part = format!("; the learning rate has to be below {limit:e}; ");
            assert!(message.contains(&part), "{message}");
            assert!(run(0.99 * limit).is_ok(), "{side:?}, {momentum}");
        }
        let far = Start::Given(DMatrix::from_element(2, 2, 1e200));
        let config = Config::default().optimizer(Sgd::new(9.0)).side(side);
        let found = invert_by_descent(&m, config.start(far)).unwrap_err();
        let is_unknown = matches!(
            found,
            InverseError::Diverged {
                steps: 0,
                learning_rate_limit: None,
                ..
            }
        );
        assert!(is_unknown, "{found:?}");
    }
}

/// A residual within a loose tolerance may be no proof; the run goes on until there is one.
fn check_ladder<T: Real, M: Optimizer<T>>(name: &str, m: &DMatrix<T>, rule: &M) {
    for side in SIDES {
        let mut met = None;
        let digits = -T::EPSILON.log10().to_f64();
        // Down to a thousand roundings, in thirds of a power of ten, from the smallest on.
        for thirds in (0..=(3.0 * (digits - 3.0)) as i32).rev() {
            let tolerance = <T as Real>::from_f64(0.95 * 10.0_f64.powf(-f64::from(thirds) / 3.0));
            let config = Config::default().optimizer(rule).side(side);
            match invert_by_descent(m, config.tolerance(tolerance).max_steps(5000)) {
                Ok(found) => {
                    assert!(found.residual <= tolerance, "{name}, {side:?}");
                    assert!(found.certificate.relative_error_bound() < 1.0);
                    met = Some(tolerance);
                }
                Err(error) => assert!(met.is_none(), "{name}, {side:?}, {met:?}: {error}"),
            }
        }
        assert!(met.is_some(), "{name}, {side:?}");
    }
}

fn check_ladders<T: Real>() {
    let t = <T as Real>::from_f64;
    for m in [
        dmatrix![2.0, 0.0; 1.0, 1.0],
        dmatrix![2.0, 1.0; 1.0, 3.0],
        dmatrix![0.25335879, 0.40388897; 0.47130372, 0.1],
        dmatrix![4.0, -0.02, 0.0; 1.0, 0.5, 0.0; -2.0, 2.0, 3.0],
        dmatrix![0.01],
    ] {
        let m = m.map(t);
        check_ladder(&format!("l-bfgs, {m}"), &m, &Lbfgs::default());
        check_ladder(&format!("cg, {m}"), &m, &ConjugateGradient::default());
        let rule = heavy_ball_for_inverse(&m, 0).unwrap();
        check_ladder(&format!("heavy ball, {m}"), &m, &rule);
    }
}

#[test]
fn a_larger_tolerance_never_fails_where_a_smaller_one_succeeds() {
    check_ladders::<f64>();
    check_ladders::<f32>();
}

/// The loss for both sides is that of their mean, so a lower one may come with a larger residual.
#[test]
fn a_larger_tolerance_for_both_sides_is_met_too() {
    let m = dmatrix![
        2.755066676965126, -2.2908095596713967, 3.0901695915322818;
        0.0, 0.021172205845701942, 0.6826843754017216;
        -1.2002476839811975, 0.0, -2.729313322265493
    ];
    for tolerance in [1.9952623149688747e-13, 2.511886431509572e-13] {
        let config = Config::default().side(Side::Both).tolerance(tolerance);
        let config = config.optimizer(ConjugateGradient::default());
        let found = invert_by_descent(&m, config.max_steps(3000)).unwrap();
        assert!(found.residual <= tolerance, "{}", found.residual);
    }
}

/// The residual in working precision is within these tolerances one step before the accurate one.
#[test]
fn a_descent_ends_where_its_result_is_accepted() {
    let run = |m: &DMatrix<f32>, tolerance| {
        let rule = gradient_descent_for_inverse(m, 0).unwrap();
        let config = Config::default().tolerance(tolerance).max_steps(3000);
        invert_by_descent(m, config.optimizer(rule))
    };
    let small = dmatrix![-1.2603493, 1.5857059; 1.249555, -2.5742517];
    let large = dmatrix![
        0.008905093, 2.0159168, -3.0467813;
        0.0, -0.6845173, -0.009697011;
        -2.4854336, 1.9652578, 0.0
    ];
    for (m, tolerance) in [(small, 6.3095736e-6), (large, 3.981072e-5)] {
        let found = run(&m, tolerance).unwrap();
        assert!(found.residual <= tolerance, "{}", found.residual);
    }
}

#[test]
fn what_is_missing_is_told_where_the_tolerance_alone_is_met() {
    // ‖I − X‖ is 0.76 in the Frobenius norm, but 1.32 by rows.
    let mut start = DMatrix::identity(4, 4);
    (1..4).for_each(|column| start[(0, column)] = 0.44);
    let rule = Sgd::new(1e-6);
    let config = Config::default().tolerance(0.9).optimizer(rule);
    let (m, config) = (DMatrix::identity(4, 4), config.start(Start::Given(start)));
    let found = invert_by_descent(&m, config.max_steps(1)).unwrap_err();
    let message = found.to_string();
    assert!(message.contains("after 1 step;"), "{message}");
    assert!(
        message.ends_with(", but is not proven to be near the inverse"),
        "{message}"
    );
}

/// The start of this matrix is near enough to be proven invertible, and yet the run diverges.
fn check_divergence<T: Real>(learning_rate: f64) {
    let m = dmatrix![4.0, 1.0; 2.0, 3.0].map(<T as Real>::from_f64);
    let rule = Sgd::new(<T as Real>::from_f64(learning_rate));
    let found = invert_by_descent(&m, Config::default().optimizer(rule));
    let is_told = matches!(found, Err(InverseError::Diverged { .. }));
    assert!(is_told, "{learning_rate:e}: {found:?}");
}

#[test]
fn a_diverged_run_is_told_even_if_its_best_iterate_is_proven() {
    for learning_rate in [5.0, 1e3, 1e10, 1e30] {
        check_divergence::<f64>(learning_rate);
        check_divergence::<f32>(learning_rate);
    }
    check_divergence::<f64>(1e100);
}
