//! Square systems that are neither symmetric nor definite, by minimal residuals.

use std::cell::Cell;
use std::ops::ControlFlow;

use matrix_descent::solve::{Acceptance, SolveError};
use matrix_descent::{
    InputError, LinearMap, Progress, Real, Solution, SolveConfig, SolveMethod, SolveProblem,
    StopReason, solve_by_descent,
};
use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use nalgebra_sparse::CsrMatrix;

use crate::support::parts::in_parts;
use crate::support::systems::{of_rank, random, widened};

fn general<T: Real>() -> SolveConfig<T> {
    SolveConfig::default().problem(SolveProblem::General)
}

/// −Δu + p·∇u on a square grid, upwind, with the flow along both axes.
fn flow<T: Real>(side: usize, p: f64) -> DMatrix<T> {
    let n = side * side;
    DMatrix::from_fn(n, n, |k, l| {
        let (row, column) = ((k / side, k % side), (l / side, l % side));
        let value = match (row.0.abs_diff(column.0), row.1.abs_diff(column.1)) {
            (0, 0) => 4.0 + 1.5 * p,
            (0, 1) if column.1 < row.1 => -1.0 - p,
            (1, 0) if column.0 > row.0 => -1.0 - 0.5 * p,
            (0, 1) | (1, 0) => -1.0,
            _ => 0.0,
        };
        <T as Real>::from_f64(value)
    })
}

fn grcar<T: Real>(n: usize) -> DMatrix<T> {
    DMatrix::from_fn(n, n, |i, j| {
        <T as Real>::from_f64(match j as i64 - i as i64 {
            -1 => -1.0,
            0..=3 => 1.0,
            _ => 0.0,
        })
    })
}

fn shift(n: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i, j| if i == (j + 1) % n { 1.0 } else { 0.0 })
}

/// With the eigenvalues about √n·1.5.
fn shifted<T: Real>(n: usize) -> DMatrix<T> {
    let middle = <T as Real>::from_f64(1.5 * (n as f64).sqrt());
    random::<T>(n, n, 0.3) + DMatrix::identity(n, n) * middle
}

/// Matrices with the restart that each needs.
fn table<T: Real>() -> Vec<(&'static str, DMatrix<T>, usize)> {
    let skew = random::<T>(24, 24, 0.5);
    vec![
        (
            "1×1",
            DMatrix::from_element(1, 1, <T as Real>::from_f64(-3.0)),
            30,
        ),
        (
            "exchange",
            dmatrix![T::zero(), T::one(); T::one(), T::zero()],
            30,
        ),
        ("dense", random(12, 12, 0.3), 30),
        ("dense, shifted", shifted(60), 30),
        ("flow", flow(9, 0.5), 30),
        ("strong flow", flow(9, 40.0), 30),
        ("diffusion", flow(9, 0.0), 30),
        ("short restarts", flow(6, 2.0), 4),
        ("Grcar", grcar(40), 40),
        (
            "skew",
            &skew - skew.transpose() + DMatrix::identity(24, 24),
            30,
        ),
        (
            "nonnormal",
            DMatrix::from_fn(20, 20, |i, j| {
                <T as Real>::from_f64(if i == j {
                    1.0
                } else if j == i + 1 {
                    0.9
                } else {
                    0.0
                })
            }),
            30,
        ),
    ]
}

fn solves_the_table<T: Real>() {
    for (name, a, restart) in table::<T>() {
        let b = random::<T>(a.nrows(), 3, 0.4);
        let wide = widened(&a);
        let expected = wide.clone().lu().solve(&widened(&b)).unwrap();
        let sigma = wide.singular_values();
        let condition = sigma.max() / sigma.min();
        for config in [
            general().restart(restart),
            general().restart(restart).tolerance(T::EPSILON.sqrt()),
        ] {
            let found = solve_by_descent(&a, &b, config.clone())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let error = (widened(&found.solution) - &expected).norm() / expected.norm();
            let accuracy = if config == general().restart(restart) {
                40.0 * T::EPSILON.to_f64() * (a.nrows() as f64).sqrt()
            } else {
                T::EPSILON.sqrt().to_f64() * (a.nrows() as f64).sqrt() * 4.0
            };
            assert!(
                error <= accuracy * condition,
                "{name}: {error:e}, κ = {condition:e}"
            );
            for (j, error) in found.backward_errors.iter().enumerate() {
                let r = widened(&b).column(j) - &wide * widened(&found.solution).column(j);
                let off = (error.residual.to_f64() - r.norm()).abs();
                let rounding = T::EPSILON.to_f64() * wide.norm() * expected.column(j).norm();
                assert!(off <= 20.0 * rounding, "{name}: {off:e} off");
                assert_eq!(error.of_least_squares, None, "{name}");
                assert_eq!(found.acceptances[j], Some(Acceptance::System), "{name}");
                assert_eq!(found.reports[j].stop_reason, StopReason::Accuracy, "{name}");
            }
            let estimate = found.condition_estimate.to_f64();
            assert!(
                estimate <= condition * (1.0 + 1e-3) + 1.0,
                "{name}: {estimate} above {condition}"
            );
            let norm = found.norm_estimate.to_f64();
            assert!(
                norm <= sigma.max() * (1.0 + 1e-5) && norm > 0.2 * sigma.max(),
                "{name}: {norm}"
            );
        }
    }
}

#[test]
fn the_solution_is_that_of_an_lu_factorisation() {
    solves_the_table::<f32>();
    solves_the_table::<f64>();
}

/// A map without an adjoint, whose lengths of columns are not known.
struct Forward(DMatrix<f64>);

impl LinearMap<f64> for Forward {
    fn rows(&self) -> usize {
        self.0.nrows()
    }

    fn columns(&self) -> usize {
        self.0.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.0.apply(x, image);
    }

    fn apply_adjoint(&self, _: &[f64], _: &mut [f64]) {
        panic!("the adjoint was asked for");
    }
}

#[test]
fn the_adjoint_is_never_asked_for() {
    for (name, a, restart) in table::<f64>() {
        let b = random::<f64>(a.nrows(), 2, 0.4);
        let expected = a.clone().lu().solve(&b).unwrap();
        let condition = a.clone().singular_values();
        let condition = condition.max() / condition.min();
        let p = Forward(DMatrix::identity(a.nrows(), a.nrows()));
        for found in [
            solve_by_descent(&Forward(a.clone()), &b, general().restart(restart)),
            solve_by_descent(
                &Forward(a.clone()),
                &b,
                general().restart(restart).preconditioner(p),
            ),
        ] {
            let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
            let error = (&found.solution - &expected).norm() / expected.norm();
            assert!(error <= 1e-13 * condition, "{name}: {error:e}");
        }
    }
    // Not where a run fails either.
    let found = solve_by_descent(
        &Forward(shift(40)),
        &DVector::from_fn(40, |i, _| f64::from(i == 0)),
        general(),
    );
    assert!(
        matches!(found, Err(SolveError::Stagnated { .. })),
        "{found:?}"
    );
}

/// The least ‖b − A·x‖ for x in x₀ + span{P·r, P·A·P·r, …} with so many directions, and its x.
fn least(
    a: &DMatrix<f64>,
    p: &DMatrix<f64>,
    b: &DVector<f64>,
    start: &DVector<f64>,
    count: usize,
) -> DVector<f64> {
    let r = b - a * start;
    let mut directions = Vec::new();
    let mut v = r.clone();
    for _ in 0..count {
        directions.push(p * &v);
        v = a * p * v;
        v /= v.norm();
    }
    let z = DMatrix::from_columns(&directions).qr().q();
    let image = (a * &z).qr();
    let y = image
        .r()
        .solve_upper_triangular(&image.q().tr_mul(&r))
        .unwrap();
    start + z * y
}

#[test]
fn each_residual_is_the_least_over_the_directions_so_far() {
    let n = 14;
    let a = shifted::<f64>(n);
    let p = random::<f64>(n, n, 0.8) * 0.1 + DMatrix::identity(n, n);
    let b = DVector::from_column_slice(random::<f64>(n, 1, 0.6).as_slice());
    let start = DVector::from_column_slice(random::<f64>(n, 1, 0.2).as_slice());
    let identity = DMatrix::identity(n, n);
    for restart in [3, 30] {
        for (name, p) in [("plain", None), ("preconditioned", Some(&p))] {
            let mut x = start.clone();
            for steps in 1..=6 {
                let name = format!("{name}, {restart}, {steps}");
                let config = general()
                    .restart(restart)
                    .max_steps(steps)
                    .start(DMatrix::from_column_slice(n, 1, start.as_slice()));
                let found = match p {
                    Some(p) => solve_by_descent(&a, &b, config.preconditioner(p)),
                    None => solve_by_descent(&a, &b, config),
                };
                let Err(SolveError::NotConverged { best, .. }) = found else {
                    panic!("{name}: {found:?}");
                };
                let in_cycle = (steps - 1) % restart + 1;
                let expected = least(&a, p.unwrap_or(&identity), &b, &x, in_cycle);
                if in_cycle == restart {
                    x = expected.clone();
                }
                let error = (best.solution.column(0) - &expected).norm();
                assert!(error < 1e-10, "{name}: {error:e}");
                let report = &best.reports[0];
                assert_eq!(
                    (report.steps, report.stop_reason),
                    (steps, StopReason::StepLimit),
                    "{name}"
                );
                let loss = 0.5 * (&b - &a * &expected).norm_squared();
                assert!((report.losses[steps] - loss).abs() < 1e-10 * loss, "{name}");
                assert!(report.losses.is_sorted_by(|x, y| y <= x), "{name}");
            }
        }
    }
}

#[test]
fn an_inverse_as_preconditioner_takes_a_step_or_two() {
    for (name, a, restart) in table::<f64>() {
        let inverse = a.clone().try_inverse().unwrap();
        let b = random::<f64>(a.nrows(), 1, 0.4);
        let plain = solve_by_descent(&a, &b, general().restart(restart).tolerance(1e-13)).unwrap();
        let helped =
            solve_by_descent(&a, &b, general().tolerance(1e-13).preconditioner(&inverse)).unwrap();
        let steps = helped.reports[0].steps;
        assert!(steps <= 2, "{name}: {steps}");
        assert!(
            (&helped.solution - &plain.solution).norm() < 1e-9 * plain.solution.norm(),
            "{name}"
        );
        // A rough one that is not symmetric.
        let rough = inverse.map(|value| (value * 64.0).round() / 64.0)
            + DMatrix::identity(a.nrows(), a.nrows()) * 1e-3;
        let sparse = CsrMatrix::from(&rough);
        let found = solve_by_descent(
            &a,
            &b,
            general()
                .restart(restart)
                .tolerance(1e-13)
                .preconditioner(&sparse),
        )
        .unwrap();
        assert!(
            (&found.solution - &plain.solution).norm() < 1e-9 * plain.solution.norm(),
            "{name}"
        );
    }
    let a = flow::<f64>(12, 3.0);
    let b = random::<f64>(144, 1, 0.4);
    let rough = a
        .clone()
        .try_inverse()
        .unwrap()
        .map(|value| if value.abs() < 5e-3 { 0.0 } else { value });
    let steps = |found: Result<Solution<f64>, SolveError>| found.unwrap().reports[0].steps;
    let plain = steps(solve_by_descent(&a, &b, general()));
    let helped = steps(solve_by_descent(
        &a,
        &b,
        general().preconditioner(CsrMatrix::from(&rough)),
    ));
    assert!(3 * helped < plain, "{helped} of {plain}");
}

/// A map that changes with every product.
struct Unsteady(Cell<f64>);

impl LinearMap<f64> for Unsteady {
    fn rows(&self) -> usize {
        60
    }

    fn columns(&self) -> usize {
        60
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.0.set(self.0.get() + 1.0);
        for (i, (image, x)) in image.iter_mut().zip(x).enumerate() {
            *image = x * (1.0 + 0.3 * (self.0.get() + i as f64).sin());
        }
    }

    fn apply_adjoint(&self, _: &[f64], _: &mut [f64]) {
        panic!("the adjoint was asked for");
    }
}

#[test]
fn a_preconditioner_need_not_stay_the_same() {
    let a = shifted::<f64>(60);
    let b = random::<f64>(60, 1, 0.4);
    let expected = a.clone().lu().solve(&b).unwrap();
    let config = general().preconditioner(Unsteady(Cell::new(0.0)));
    let found = solve_by_descent(&a, &b, config).unwrap();
    assert!((&found.solution - &expected).norm() < 1e-12 * expected.norm());
    assert!(found.reports[0].steps < 60);
}

#[test]
fn a_residual_that_stays_as_it_is_is_told() {
    for n in [31, 40, 100] {
        let a = shift(n);
        let b = DVector::from_fn(n, |i, _| f64::from(i == 0));
        let Err(SolveError::Stagnated {
            column: 0,
            restart,
            ratio,
            best,
        }) = solve_by_descent(&a, &b, general())
        else {
            panic!("{n}");
        };
        assert_eq!((restart, ratio), (30, 1.0), "{n}");
        let report = &best.reports[0];
        assert_eq!(
            (report.steps, report.stop_reason),
            (30, StopReason::Stalled),
            "{n}"
        );
        let text = solve_by_descent(&a, &b, general()).unwrap_err().to_string();
        assert!(
            text.contains("raise the restart") && text.contains("30 steps"),
            "{text}"
        );
        let found = solve_by_descent(&a, &b, general().restart(n)).unwrap();
        assert_eq!(found.reports[0].steps, n);
        assert_eq!(found.solution[n - 1], 1.0);
    }
    // Within the restart.
    let b = DVector::from_fn(30, |i, _| f64::from(i == 0));
    assert!(solve_by_descent(&shift(30), &b, general()).is_ok());
    // Skew: A·r is orthogonal to r.
    let skew = dmatrix![0.0, 1.0; -1.0, 0.0];
    let found = solve_by_descent(&skew, &dvector![1.0, 2.0], general().restart(1)).unwrap_err();
    assert!(
        matches!(
            found,
            SolveError::Stagnated {
                restart: 1,
                ratio: 1.0,
                ..
            }
        ),
        "{found:?}"
    );
    let slow = general().method(SolveMethod::GradientDescent);
    let found = solve_by_descent(&skew, &dvector![1.0, 2.0], slow).unwrap_err();
    assert!(
        matches!(found, SolveError::Stagnated { restart: 1, .. }),
        "{found:?}"
    );
    let found = solve_by_descent(&skew, &dvector![1.0, 2.0], general()).unwrap();
    assert!((found.solution - dvector![-2.0, 1.0]).norm() < 1e-15);
}

#[test]
fn gradient_descent_takes_one_direction_at_a_time() {
    let a = shifted::<f64>(20);
    let b = random::<f64>(20, 1, 0.4);
    let expected = a.clone().lu().solve(&b).unwrap();
    let slow = general().method(SolveMethod::GradientDescent);
    let found = solve_by_descent(&a, &b, slow).unwrap();
    assert!((&found.solution - &expected).norm() < 1e-12 * expected.norm());
    let same = solve_by_descent(&a, &b, general().restart(1)).unwrap();
    assert_eq!(found.solution, same.solution);
}

#[test]
fn singular_systems_are_solved_if_they_can_be_and_told_if_not() {
    let mut solved = 0;
    for n in [2, 3, 5, 8, 13, 24, 40] {
        for rank in [1, n / 2, n - 1] {
            let rank = rank.max(1);
            let turned = of_rank::<f64>(n, n, rank);
            // Whose null space meets its range in 0 alone: like a Laplacian's.
            let mut laplacian = flow::<f64>(3, 0.7);
            for i in 0..9 {
                let sum: f64 = laplacian.row(i).sum();
                laplacian[(i, i)] -= sum;
            }
            for (name, a) in [("random", turned), ("Laplacian", laplacian)] {
                let size = a.nrows();
                let name = format!("{name}, {n}, {rank}");
                let x = random::<f64>(size, 1, 0.4);
                let consistent = &a * &x;
                for restart in [size, 5] {
                    match solve_by_descent(&a, &consistent, general().restart(restart)) {
                        Ok(found) => {
                            solved += 1;
                            let r = (&consistent - &a * &found.solution).norm();
                            assert!(r <= 1e-9 * consistent.norm(), "{name}: {r:e}");
                        }
                        Err(error) => assert_honest(&name, &error),
                    }
                    let b = random::<f64>(size, 1, 0.9);
                    // The part that no A·x reaches.
                    let left = &b - &a * a.clone().pseudo_inverse(1e-10 * a.norm()).unwrap() * &b;
                    if left.norm() < 1e-3 * b.norm() {
                        continue;
                    }
                    let configs = [
                        general(),
                        general().tolerance(1e-10),
                        general().relative_residual(1e-4),
                    ];
                    for config in configs {
                        let found = solve_by_descent(&a, &b, config.restart(restart));
                        assert_honest(&name, &found.expect_err(&name));
                    }
                }
            }
        }
    }
    assert!(solved > 40, "{solved}");
    let a = dmatrix![1.0, -1.0; -1.0, 1.0];
    for start in [0.0, 1e17] {
        let config = general().start(DMatrix::from_element(2, 1, start));
        let found = solve_by_descent(&a, &dvector![1.0, 2.0], config);
        assert_honest("null space", &found.expect_err("no solution"));
    }
    for (name, a) in [
        ("nilpotent", dmatrix![0.0, 1.0; 0.0, 0.0]),
        ("zero", DMatrix::zeros(2, 2)),
    ] {
        let found = solve_by_descent(&a, &dvector![1.0, 1.0], general());
        assert_honest(name, &found.expect_err("no solution"));
    }
}

/// An error with an iterate no worse than 0.
fn assert_honest(name: &str, error: &SolveError) {
    match error {
        SolveError::Singular { best, .. }
        | SolveError::Stagnated { best, .. }
        | SolveError::NotConverged { best, .. } => {
            let relative = best.backward_errors[0].relative_residual;
            assert!(relative <= 1.0 + 1e-12, "{name}: {relative}");
            assert_eq!(best.reports[0].stop_reason, StopReason::Stalled, "{name}");
            assert!(
                best.reports[0].steps < 20_000,
                "{name}: {}",
                best.reports[0].steps
            );
        }
        other => panic!("{name}: {other}"),
    }
}

#[test]
fn units_and_scales_make_no_difference() {
    let n = 20;
    let a = shifted::<f64>(n);
    let b = random::<f64>(n, 1, 0.4);
    let expected = a.clone().lu().solve(&b).unwrap();
    for (of_a, of_b) in [
        (1e150, 1e150),
        (1e150, 1e-150),
        (1e-150, 1e150),
        (1e-150, 1e-150),
        (1e-280, 1e-200),
    ] {
        let found = solve_by_descent(&(&a * of_a), &(&b * of_b), general()).unwrap();
        let found = found.solution / (of_b / of_a);
        let error = (&found - &expected).norm() / expected.norm();
        assert!(error < 1e-12, "{of_a:e}, {of_b:e}: {error:e}");
    }
    let unit = |j: usize| 10.0_f64.powf(-9.0 + 18.0 * j as f64 / (n - 1) as f64);
    let columns = DMatrix::from_fn(n, n, |i, j| a[(i, j)] * unit(j));
    let found = solve_by_descent(&columns, &b, general()).unwrap();
    for j in 0..n {
        let error = (found.solution[j] * unit(j) - expected[j]).abs();
        assert!(error < 1e-12 * expected.norm(), "{j}: {error:e}");
    }
}

#[test]
fn hard_systems_have_small_residuals_or_are_told() {
    let mut solved = 0;
    for exponent in 0..16 {
        let n = 20;
        let ratio = 10.0_f64.powf(-f64::from(exponent) / (n - 1) as f64);
        let sigma = DVector::from_fn(n, |i, _| ratio.powi(i as i32));
        let u = random::<f64>(n, n, 0.2).qr().q();
        let v = random::<f64>(n, n, 0.8).qr().q();
        let a = u * DMatrix::from_diagonal(&sigma) * v.transpose();
        let b = random::<f64>(n, 1, 0.1);
        match solve_by_descent(&a, &b, general()) {
            Ok(found) => {
                solved += 1;
                let r = (&b - &a * &found.solution).norm();
                assert!(r <= 1e-5 * b.norm(), "κ = 1e{exponent}: {r:e}");
                let backward = r / (a.norm() * found.solution.norm() + b.norm());
                assert!(backward <= 1e-14, "κ = 1e{exponent}: {backward:e}");
            }
            Err(error) => assert_honest(&format!("κ = 1e{exponent}"), &error),
        }
    }
    assert!(solved >= 8, "{solved}");
}

#[test]
fn a_right_side_of_zeros_and_an_exact_start_take_no_steps() {
    let a = shifted::<f64>(8);
    let x = random::<f64>(8, 1, 0.4);
    let zeros = DVector::zeros(8);
    let found = solve_by_descent(&a, &zeros, general()).unwrap();
    assert_eq!((found.solution.norm(), found.reports[0].steps), (0.0, 0));
    let found = solve_by_descent(&a, &zeros, general().start(x.clone())).unwrap();
    assert!(
        found.solution.norm() < 1e-13 * x.norm(),
        "{:e}",
        found.solution.norm()
    );
    let found = solve_by_descent(&a, &(&a * &x), general().start(x.clone())).unwrap();
    assert!(found.reports[0].steps <= 1);
    assert!((&found.solution - &x).norm() < 1e-13 * x.norm());
    // Far away.
    let far = general().start(&x * 1e12);
    let found = solve_by_descent(&a, &(&a * &x), far).unwrap();
    assert!((&found.solution - &x).norm() < 1e-12 * x.norm());
}

#[test]
fn the_observer_sees_every_iterate_and_its_residual() {
    let a = flow::<f64>(5, 1.0);
    let b = random::<f64>(25, 1, 0.4);
    for restart in [4, 30] {
        for unit in [1.0, 1e80] {
            let (a, mut seen) = (&a * unit, 0);
            let p = DMatrix::identity(25, 25) + random::<f64>(25, 25, 0.4) * 0.02;
            let config = general()
                .restart(restart)
                .tolerance(1e-9)
                .preconditioner(&p)
                .observer(|progress: &Progress<'_, f64>| {
                    let x = DVector::from_column_slice(progress.parameters);
                    let r = &a * x - &b;
                    let loss = 0.5 * r.norm_squared();
                    assert!(
                        (loss - progress.loss).abs() <= 1e-9 * loss + 1e-20,
                        "{loss:e}"
                    );
                    let shown = DVector::from_column_slice(progress.gradient);
                    assert!((&shown - &r).norm() <= 1e-9 * r.norm() + 1e-12);
                    assert_eq!(progress.step, seen);
                    seen += 1;
                    ControlFlow::Continue(())
                });
            let found = solve_by_descent(&a, &b, config).unwrap();
            assert_eq!(seen, found.reports[0].steps + 1);
            // Watching changes nothing.
            let silent = general()
                .restart(restart)
                .tolerance(1e-9)
                .preconditioner(&p);
            let silent = solve_by_descent(&a, &b, silent).unwrap();
            assert_eq!(silent.reports[0].steps, found.reports[0].steps);
            assert_eq!(silent.solution, found.solution);
        }
    }
    let stop = |progress: &Progress<'_, f64>| match progress.step {
        3 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let found = solve_by_descent(&a, &b, general().observer(stop)).unwrap_err();
    let SolveError::NotConverged { best, .. } = found else {
        panic!("{found}");
    };
    let report = &best.reports[0];
    assert_eq!(
        (report.steps, report.stop_reason),
        (3, StopReason::Observer)
    );
    let loss = 0.5 * (&b - &a * &best.solution).norm_squared();
    assert!((loss - report.losses[3]).abs() < 1e-12 * loss);
}

#[test]
fn targets_are_met_by_the_residual_itself() {
    let a = flow::<f64>(7, 1.0);
    let b = random::<f64>(49, 1, 0.4);
    let residual = |found: &Solution<f64>| (&b - &a * &found.solution).norm();
    let found = solve_by_descent(&a, &b, general().relative_residual(1e-6)).unwrap();
    assert_eq!(found.acceptances[0], Some(Acceptance::RelativeResidual));
    assert!(residual(&found) <= 1e-6 * b.norm());
    assert!(residual(&found) >= 1e-8 * b.norm());
    let found = solve_by_descent(&a, &b, general().noise(1e-3)).unwrap();
    assert_eq!(found.reports[0].stop_reason, StopReason::Discrepancy);
    assert!(residual(&found) <= 1e-3 && residual(&found) > 1e-5);
    // The step before was not yet there.
    let steps = found.reports[0].steps;
    assert!((2.0 * found.reports[0].losses[steps - 1]).sqrt() > 1e-3);
    // Beyond what rounding allows.
    let found = solve_by_descent(&a, &b, general().relative_residual(1e-18)).unwrap_err();
    assert_honest("out of reach", &found);
}

#[test]
fn evaluations_are_the_products() {
    struct Counting(DMatrix<f64>, Cell<usize>);
    impl LinearMap<f64> for Counting {
        fn rows(&self) -> usize {
            self.0.nrows()
        }
        fn columns(&self) -> usize {
            self.0.ncols()
        }
        fn apply(&self, x: &[f64], image: &mut [f64]) {
            self.1.set(self.1.get() + 1);
            self.0.apply(x, image);
        }
        fn apply_adjoint(&self, _: &[f64], _: &mut [f64]) {
            panic!("the adjoint was asked for");
        }
    }
    let b = random::<f64>(49, 2, 0.4);
    for restart in [5, 30] {
        let map = Counting(flow(7, 1.0), Cell::new(0));
        let p = Counting(DMatrix::identity(49, 49), Cell::new(0));
        let found =
            solve_by_descent(&map, &b, general().restart(restart).preconditioner(&p)).unwrap();
        let evaluations: usize = found.reports.iter().map(|report| report.evaluations).sum();
        let steps: usize = found.reports.iter().map(|report| report.steps).sum();
        assert_eq!(map.1.get(), evaluations + 5, "{restart}");
        assert_eq!(p.1.get(), steps + 5, "{restart}");
        // One for each step, at the start and at each restart.
        let restarts: usize = found
            .reports
            .iter()
            .map(|report| report.steps.div_ceil(restart))
            .sum();
        assert!(
            evaluations <= steps + restarts + 8,
            "{restart}: {evaluations}, {steps}"
        );
    }
}

#[test]
fn nothing_is_allocated_in_the_loop() {
    let side = 40;
    // Longer than a run of rows.
    let a = CsrMatrix::from(&flow::<f64>(side, 1.0));
    let p = CsrMatrix::from(&DMatrix::from_diagonal_element(
        side * side,
        side * side,
        0.2,
    ));
    let b = random::<f64>(side * side, 1, 0.4);
    for restart in [7, 30] {
        let run = |tolerance| {
            let mut steps = 0;
            let info = allocation_counter::measure(|| {
                let config = general()
                    .restart(restart)
                    .relative_residual(tolerance)
                    .preconditioner(&p);
                steps = solve_by_descent(&a, &b, config).unwrap().reports[0].steps;
            });
            (steps, info.count_total)
        };
        let ((few_steps, for_few), (many_steps, for_many)) = (run(1e-1), run(1e-9));
        assert!(
            many_steps >= few_steps + 30,
            "{restart}: {many_steps}, {few_steps}"
        );
        assert_eq!(for_many, for_few, "{restart}");
    }
}

#[test]
fn parts_of_a_map_find_what_the_whole_finds() {
    let a = flow::<f64>(5, 1.0);
    let b = random::<f64>(25, 3, 0.4);
    for config in [general(), general().restart(6), general().tolerance(1e-8)] {
        let whole = solve_by_descent(&a, &b, config.clone()).unwrap();
        let mut first = 0;
        for found in in_parts(&a, &b, &[0, 4, 15, 25], true, &config) {
            let x = found.unwrap().solution;
            let expected = whole.solution.rows(first, x.nrows());
            first += x.nrows();
            assert!((&x - expected).norm() < 1e-7 * whole.solution.norm());
        }
    }
    let found = in_parts(
        &shift(40),
        &DMatrix::from_fn(40, 1, |i, _| f64::from(i == 0)),
        &[0, 9, 40],
        true,
        &general(),
    );
    for found in found {
        assert!(
            matches!(found, Err(SolveError::Stagnated { ratio: 1.0, .. })),
            "{found:?}"
        );
    }
}

#[test]
fn bad_input_is_told() {
    let b = dvector![1.0, 2.0];
    let found = solve_by_descent(&dmatrix![1.0; 2.0], &b, general()).unwrap_err();
    assert!(matches!(
        found,
        SolveError::Input(InputError::NotSquare {
            argument: "matrix",
            rows: 2,
            columns: 1
        })
    ));
    let square = DMatrix::identity(2, 2);
    let setting = |name, value, requirement| {
        SolveError::Input(InputError::InvalidSetting {
            name,
            value,
            requirement,
        })
    };
    let found = solve_by_descent(&square, &b, general().ridge(1.0)).unwrap_err();
    assert_eq!(found, setting("ridge", 1.0, "0 for a general system"));
    let found = solve_by_descent(&square, &b, general().restart(0)).unwrap_err();
    assert_eq!(found, setting("restart", 0.0, "at least 1"));
    // Whole memories of directions are not reserved.
    assert!(solve_by_descent(&square, &b, general().restart(usize::MAX)).is_ok());
    assert_eq!(general::<f64>(), general().restart(30));
}

/// A map that fails after so many products.
struct Failing(DMatrix<f64>, Cell<usize>);
impl LinearMap<f64> for Failing {
    fn rows(&self) -> usize {
        self.0.nrows()
    }
    fn columns(&self) -> usize {
        self.0.ncols()
    }
    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.0.apply(x, image);
        match self.1.get() {
            0 => image[1] = f64::NAN,
            left => self.1.set(left - 1),
        }
    }
    fn apply_adjoint(&self, _: &[f64], _: &mut [f64]) {
        panic!("the adjoint was asked for");
    }
}

#[test]
fn a_product_that_is_not_finite_is_told() {
    let b = random::<f64>(25, 1, 0.4);
    // Five for the norm and one for the residual at the start.
    for (products, steps) in [(0, 0), (6, 0), (9, 3)] {
        let map = Failing(flow(5, 1.0), Cell::new(products));
        let found = solve_by_descent(&map, &b, general()).unwrap_err();
        let SolveError::ProductNotFinite { steps: told, best } = found else {
            panic!("{products}: {found}");
        };
        assert_eq!(told, steps, "{products}");
        // The residual cannot be computed again, so that the start is the best.
        assert_eq!(best.is_some(), products > 0, "{products}");
        assert!(best.is_none_or(|best| best.solution.norm() == 0.0));
    }
}

/// A path of n nodes with the flow along it and no ends, so that the rows add up to 0.
fn closed_path(n: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i, j| {
        let lower = if i > 0 { 1.5 } else { 0.0 };
        let upper = if i + 1 < n { 0.5 } else { 0.0 };
        match j as i64 - i as i64 {
            0 => lower + upper,
            -1 => -lower,
            1 => -upper,
            _ => 0.0,
        }
    })
}

/// The best iterate, also of an error.
fn best_of(name: &str, found: Result<Solution<f64>, SolveError>) -> Solution<f64> {
    match found {
        Ok(found) => found,
        Err(
            SolveError::Singular { best, .. }
            | SolveError::Stagnated { best, .. }
            | SolveError::NotConverged { best, .. },
        ) => *best,
        Err(other) => panic!("{name}: {other}"),
    }
}

#[test]
fn no_further_step_makes_the_answer_worse() {
    for n in [2, 3, 5, 8, 13, 20, 29] {
        let mut two_equal = random::<f64>(n, n, 0.7);
        let first = two_equal.column(0).into_owned();
        two_equal.set_column(n - 1, &first);
        for (name, a) in [
            ("closed path", closed_path(n)),
            ("rank", of_rank::<f64>(n, n, n.div_ceil(2))),
            ("equal columns", two_equal),
            ("regular", random::<f64>(n, n, 0.3)),
            ("shifted", shifted::<f64>(n)),
        ] {
            let b = DVector::from_fn(n, |i, _| ((i * 37 + 11) % 17) as f64 - 8.0);
            let mut least = b.norm();
            for steps in 1..n + 4 {
                let name = format!("{name}, {n}, {steps} steps");
                let config = general().restart(n + 5).max_steps(steps);
                let best = best_of(&name, solve_by_descent(&a, &b, config));
                let residual = (&b - &a * &best.solution).norm();
                let size = a.norm() * best.solution.norm() + b.norm();
                let rounding = n as f64 * f64::EPSILON * size;
                assert!(
                    residual <= 1.000_001 * least + rounding,
                    "{name}: {residual:e}, {least:e} before"
                );
                least = least.min(residual);
            }
        }
    }
}

#[test]
fn a_singular_system_without_solution_ends_at_its_least_squares() {
    for n in [2, 5, 10, 20, 29, 40] {
        let a = closed_path(n);
        let b = DVector::from_fn(n, |i, _| ((i * 37 + 11) % 17) as f64 - 8.0);
        let left = &b - &a * a.clone().pseudo_inverse(1e-10).unwrap() * &b;
        let found = solve_by_descent(&a, &b, general().restart(n + 5)).unwrap_err();
        let SolveError::Singular { best, part, .. } = &found else {
            panic!("{n}: {found}");
        };
        assert!(*part < 1e-12, "{n}: {part:e}");
        let residual = (&b - &a * &best.solution).norm();
        assert!(
            residual <= 1.0001 * left.norm(),
            "{n}: {residual:e}, not {:e}",
            left.norm()
        );
        let stated = best.backward_errors[0].residual;
        assert!((stated - residual).abs() < 1e-6 * residual, "{n}");
        // The advice for columns of different lengths would not help.
        let text = found.to_string();
        assert!(
            text.contains("least squares") && !text.contains("QR"),
            "{text}"
        );
    }
}

#[test]
fn watching_changes_nothing() {
    let mut solved = 0;
    let watch = |_: &Progress<'_, f64>| ControlFlow::Continue(());
    let table = [
        ("regular", random::<f64>(12, 12, 0.3)),
        ("shifted", shifted::<f64>(12)),
        ("path", closed_path(12)),
        ("rank", of_rank::<f64>(12, 12, 9)),
        ("nonnormal", grcar::<f64>(12)),
    ];
    for (name, a) in table {
        for sides in [0.1, 0.3, 0.5, 0.7, 0.9] {
            let b = random::<f64>(12, 1, sides);
            for tolerance in [0.3, 0.1, 0.03, 0.01, 1e-3, 1e-6, 0.0] {
                for restart in [3, 5, 30] {
                    let name = format!("{name}, {sides}, {tolerance:e}, {restart}");
                    let config = general().restart(restart).tolerance(tolerance);
                    let silent = solve_by_descent(&a, &b, config.clone());
                    let watched = solve_by_descent(&a, &b, config.observer(watch));
                    assert_eq!(silent.is_ok(), watched.is_ok(), "{name}");
                    solved += usize::from(silent.is_ok());
                    let (silent, watched) = (best_of(&name, silent), best_of(&name, watched));
                    assert_eq!(silent.solution, watched.solution, "{name}");
                    assert_eq!(
                        silent.reports[0].losses, watched.reports[0].losses,
                        "{name}"
                    );
                }
            }
        }
    }
    assert!(solved > 100, "{solved}");
}

#[test]
fn a_run_ends_at_the_first_iterate_that_is_good_enough() {
    for hides_lengths in [false, true] {
        for tolerance in [0.3, 0.1, 0.03, 1e-3, 1e-6] {
            for sides in [0.1, 0.4, 0.7] {
                let name = format!("{tolerance:e}, {sides}, {hides_lengths}");
                let a = random::<f64>(12, 12, 0.3);
                let p = random::<f64>(12, 12, 0.6) * 0.1 + DMatrix::identity(12, 12);
                let b = random::<f64>(12, 1, sides);
                let mut good = Vec::new();
                let meets = |progress: &Progress<'_, f64>| {
                    let x = DVector::from_column_slice(progress.parameters);
                    let terms: f64 = (0..12).map(|j| a.column(j).norm() * x[j].abs()).sum();
                    let residual = (&b - &a * x).norm();
                    let is_good = residual <= tolerance * (terms + b.norm())
                        && residual <= tolerance.sqrt() * b.norm();
                    good.push(is_good);
                    ControlFlow::Continue(())
                };
                let config = general().tolerance(tolerance).preconditioner(&p);
                let found = if hides_lengths {
                    solve_by_descent(&Forward(a.clone()), &b, config.observer(meets))
                } else {
                    solve_by_descent(&a, &b, config.observer(meets))
                };
                let steps = found.expect(&name).reports[0].steps;
                assert!(good[steps] || hides_lengths, "{name}: {good:?}");
                let first = good.iter().position(|&is_good| is_good);
                // Without the lengths of the columns the terms are other ones.
                if !hides_lengths {
                    assert_eq!(first, Some(steps), "{name}");
                }
            }
        }
    }
}

#[test]
fn a_singular_preconditioner_is_told() {
    let a = DMatrix::identity(3, 3) * 2.0;
    let b = dvector![1.0, 2.0, 3.0];
    let zero = DMatrix::<f64>::zeros(3, 3);
    let error = solve_by_descent(&a, &b, general().preconditioner(&zero)).unwrap_err();
    let product = "product of the matrix and the preconditioner";
    assert!(
        matches!(error, SolveError::Singular { argument, .. } if argument == product),
        "{error:?}"
    );
    assert!(error.to_string().contains(product), "{error}");
    let error = solve_by_descent(&zero, &b, general()).unwrap_err();
    assert!(
        matches!(
            error,
            SolveError::Singular {
                argument: "matrix",
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn several_solutions_are_not_told_apart_by_their_norms() {
    let (a, b) = (dmatrix![1.0, 1.0; 0.0, 0.0], dvector![1.0, 0.0]);
    let found = solve_by_descent(&a, &b, general()).unwrap();
    assert_eq!(found.solution.as_slice(), [1.0, 0.0]);
    let found = solve_by_descent(&a, &b, SolveConfig::default()).unwrap();
    assert!((found.solution - dvector![0.5, 0.5]).norm() < 1e-15);
}

#[test]
fn short_restarts_have_as_much_patience_as_long_ones() {
    let b = dvector![1.0, 2.0];
    let turn = |cosine: f64| {
        let sine = (1.0 - cosine * cosine).sqrt();
        dmatrix![cosine, -sine; sine, cosine]
    };
    // A step leaves the sine of the residual: it takes 3466 and 1540 steps to halve it.
    let slow = general().restart(1).relative_residual(0.1);
    let found = solve_by_descent(&turn(0.02), &b, slow.clone()).unwrap_err();
    let best = best_of("slow", Err(found));
    assert_eq!(best.reports[0].steps, 2000);
    assert!(solve_by_descent(&turn(0.03), &b, slow).is_ok());
    assert!(solve_by_descent(&turn(0.02), &b, general().restart(2)).is_ok());
}

#[test]
fn a_preconditioner_that_fails_leaves_the_best_iterate() {
    let a = shifted::<f64>(25);
    let b = random::<f64>(25, 2, 0.4);
    for restart in [3, 30] {
        let p = Failing(DMatrix::identity(25, 25), Cell::new(5 + 7));
        let config = general().restart(restart);
        let found = solve_by_descent(&a, &b, config.clone().preconditioner(&p)).unwrap_err();
        let SolveError::ProductNotFinite { steps, best } = found else {
            panic!("{restart}: {found}");
        };
        assert_eq!(steps, 7, "{restart}");
        let best = best.unwrap();
        assert_eq!(best.reports[0].stop_reason, StopReason::Diverged);
        let expected = solve_by_descent(&a, &b, config.max_steps(7)).unwrap_err();
        let expected = best_of("expected", Err(expected));
        let error = (best.solution.column(0) - expected.solution.column(0)).norm();
        assert!(error < 1e-14, "{restart}: {error:e}");
        // The next column had no step.
        assert_eq!(best.reports[1].steps, 0, "{restart}");
        assert_eq!(best.solution.column(1).norm(), 0.0, "{restart}");
    }
}
