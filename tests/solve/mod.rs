//! Linear systems and least squares.

mod bounded;
mod general;
mod least_squares;
mod lock_step;
mod rules;

use std::cell::Cell;
use std::ops::ControlFlow;

use matrix_descent::objective::{LinearSystem, check_gradient};
use matrix_descent::solve::SolveError;
use matrix_descent::{
    Config, InputError, LinearMap, Progress, Real, Sgd, Silent, SolveConfig, SolveProblem,
    StopReason, Stopping, invert_by_descent, minimize, solve_by_descent,
};
use nalgebra::{DMatrix, DVector, dmatrix, dvector};

use crate::support::objectives::wavy;
use crate::support::systems::{Poisson, definite, random, reference, table, widened};

fn solves_the_table<T: Real>() {
    for (name, a, rank) in table::<T>() {
        let b = random::<T>(a.nrows(), 3, 0.4);
        let found = solve_by_descent(&a, &b, SolveConfig::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = reference(&a, &b, rank);
        let error = (widened(&found.solution) - &expected).norm();
        let allowed = 1e4 * T::EPSILON.to_f64() * (1.0 + expected.norm());
        assert!(error <= allowed, "{name}: {error:e} above {allowed:e}");
        assert_eq!((found.reports.len(), found.backward_errors.len()), (3, 3));
        let norm = widened(&a).singular_values().max();
        let estimate = found.norm_estimate.to_f64();
        let excess = 1.0 + 100.0 * T::EPSILON.to_f64();
        assert!(
            (0.5 * norm..=norm * excess).contains(&estimate),
            "{name}: {estimate} of {norm}"
        );
        for (column, report) in found.reports.iter().enumerate() {
            assert_eq!(report.stop_reason, StopReason::Accuracy, "{name}");
            assert_eq!(report.losses.len(), report.steps + 1, "{name}");
            let x = found.solution.column(column);
            let residual = (b.column(column) - &a * x).norm();
            let difference = (residual - found.backward_errors[column].residual).abs();
            let allowed = <T as Real>::from_f64(1e3) * T::EPSILON * (T::one() + residual);
            assert!(difference <= allowed, "{name}");
        }
    }
}

#[test]
fn the_solution_is_that_of_the_pseudo_inverse() {
    solves_the_table::<f32>();
    solves_the_table::<f64>();
}

#[test]
fn agrees_with_the_factorisations() {
    let a = random::<f64>(40, 40, 0.5) + DMatrix::identity(40, 40) * 6.0;
    let b = random(40, 2, 0.1);
    let found = solve_by_descent(&a, &b, SolveConfig::default()).unwrap();
    let expected = a.clone().lu().solve(&b).unwrap();
    assert!((&found.solution - &expected).norm() <= 1e-12 * expected.norm());
    let a = definite::<f64>(40);
    let config = SolveConfig::default().problem(SolveProblem::PositiveDefinite);
    let found = solve_by_descent(&a, &b, config).unwrap();
    let expected = a.cholesky().unwrap().solve(&b);
    assert!((&found.solution - &expected).norm() <= 1e-12 * expected.norm());
    assert_eq!(found.backward_errors[0].of_least_squares, None);
}

#[test]
fn the_ridge_is_that_of_the_closed_form() {
    for (name, a, _) in table::<f64>() {
        for ridge in [1e-2, 1.0, 100.0] {
            let b = random(a.nrows(), 2, 0.4);
            let n = a.ncols();
            let gram = a.transpose() * &a + DMatrix::identity(n, n) * ridge;
            let expected = gram.cholesky().unwrap().solve(&(a.transpose() * &b));
            let config = SolveConfig::default().ridge(ridge);
            let found = solve_by_descent(&a, &b, config).unwrap();
            let error = (found.solution - &expected).norm();
            assert!(
                error <= 1e-11 * (1.0 + expected.norm()),
                "{name}, {ridge}: {error:e}"
            );
        }
    }
}

#[test]
fn a_start_at_the_solution_ends_at_once() {
    let a = dmatrix![2.0, 1.0; 1.0, 3.0; 0.0, 1.0];
    let x = dmatrix![1.0, -4.0; 2.0, 5.0];
    let config = SolveConfig::default().start(x.clone());
    let found = solve_by_descent(&a, &(&a * &x), config).unwrap();
    assert_eq!(found.solution, x);
    assert!(found.reports.iter().all(|report| report.steps == 0));
}

#[test]
fn zero_gives_exact_zero() {
    for (name, a, _) in table::<f64>() {
        let found = solve_by_descent(&a, &DVector::zeros(a.nrows()), SolveConfig::default());
        let found = found.unwrap();
        assert!(found.solution.iter().all(|&x| x == 0.0), "{name}");
        assert_eq!(found.reports[0].steps, 0, "{name}");
    }
}

#[test]
fn powers_of_two_change_nothing_but_the_exponent() {
    let a = random::<f64>(6, 4, 0.3);
    let b = random::<f64>(6, 1, 0.8);
    let expected = solve_by_descent(&a, &b, SolveConfig::default()).unwrap();
    for (of_a, of_b) in [(-900, -900), (-400, 300), (0, -700), (900, 950), (500, 0)] {
        let scaled = |m: &DMatrix<f64>, e: i32| m.map(|value| value.scale_by_power_of_two(e));
        let found = solve_by_descent(&scaled(&a, of_a), &scaled(&b, of_b), SolveConfig::default());
        let found = scaled(&found.unwrap().solution, of_a - of_b);
        let error = (found - &expected.solution).norm();
        assert!(
            error <= 1e-13 * expected.solution.norm(),
            "{of_a}, {of_b}: {error:e}"
        );
    }
}

#[test]
fn a_solution_beyond_the_range_is_an_error() {
    for (a, b) in [(1e-200, 1e200), (1e200, 1e-200)] {
        let a = DMatrix::from_element(1, 1, a);
        let found = solve_by_descent(&a, &dvector![b], SolveConfig::default());
        let out_of_range = SolveError::OutOfRange { row: 0, column: 0 };
        assert_eq!(found.unwrap_err(), out_of_range);
    }
}

#[test]
fn badly_scaled_columns_are_no_wrong_answer() {
    for spread in [2, 4, 8, 16] {
        let scale = |i: usize| 10.0_f64.powi((i as i32 - 4) * spread / 4);
        let base = random::<f64>(9, 9, 0.5) + DMatrix::identity(9, 9) * 4.0;
        let a = DMatrix::from_fn(9, 9, |i, j| base[(i, j)] * scale(j));
        let x = DVector::from_fn(9, |j, _| 1.0 / scale(j));
        let b = &a * &x;
        let is_right = |found: &DMatrix<f64>| (&a * found - &b).norm() <= 1e-11 * b.norm();
        if let Ok(found) = solve_by_descent(&a, &b, SolveConfig::default()) {
            let r = &b - &a * &found.solution;
            let (norm, x_norm) = (found.norm_estimate, found.solution.norm());
            let of_system = r.norm() / (norm * x_norm + b.norm());
            let of_least_squares = (a.transpose() * &r).norm() / (norm * r.norm());
            // With κ beyond 1/ε the matrix is singular to working precision.
            let is_singular = spread >= 8;
            assert!(
                of_system <= 1e-13 || is_singular && of_least_squares <= 1e-13,
                "{spread}: {of_system:e}, {of_least_squares:e}"
            );
        }
        if spread > 8 {
            continue;
        }
        let p = invert_by_descent(&a, Config::default()).unwrap().inverse;
        let config = SolveConfig::default()
            .preconditioner(&p)
            .noise(1e-12 * b.norm());
        let found = solve_by_descent(&a, &b, config).unwrap();
        assert!(is_right(&found.solution), "{spread}");
        assert!(
            found.reports[0].steps <= 20,
            "{spread}: {}",
            found.reports[0].steps
        );
    }
}

#[test]
fn a_preconditioner_saves_steps() {
    let diagonal = DVector::from_fn(30, |i, _| 1.5_f64.powi(i as i32));
    let disturbance = definite::<f64>(30) * 0.05;
    let a = DMatrix::from_diagonal(&diagonal) + disturbance;
    let p = DMatrix::from_diagonal(&diagonal.map(f64::recip));
    let b = random(30, 1, 0.6);
    let config = SolveConfig::default()
        .problem(SolveProblem::PositiveDefinite)
        .tolerance(1e-12);
    let plain = solve_by_descent(&a, &b, config.clone()).unwrap();
    let helped = solve_by_descent(&a, &b, config.preconditioner(p)).unwrap();
    assert!(helped.reports[0].steps < plain.reports[0].steps / 2 + 1);
}

#[test]
fn poisson_on_a_grid_without_a_matrix() {
    let poisson = Poisson { side: 200 };
    let n = poisson.rows();
    let b = DVector::from_vec(wavy::<f64>(n, 0.3));
    let mut steps = 0;
    let info = allocation_counter::measure(|| {
        let config = SolveConfig::default()
            .problem(SolveProblem::PositiveDefinite)
            .noise(1e-10 * b.norm());
        let found = solve_by_descent(&poisson, &b, config).unwrap();
        let mut image = vec![0.0; n];
        poisson.apply(found.solution.as_slice(), &mut image);
        let residual = (DVector::from_vec(image) - &b).norm() / b.norm();
        assert!(residual <= 1e-10 * (1.0 + 1e-6), "{residual:e}");
        assert_eq!(found.reports[0].stop_reason, StopReason::Discrepancy);
        steps = found.reports[0].steps;
    });
    assert!(steps < 1000, "{steps} steps");
    let vectors = info.bytes_max as f64 / (8 * n) as f64;
    assert!(vectors < 14.0, "{vectors} vectors");
}

#[test]
fn an_early_end_sharpens_a_blurred_signal() {
    let n = 64;
    let blur = DMatrix::from_fn(n, n, |i, j| {
        (-0.125 * (i as f64 - j as f64).powi(2)).exp() / 5.0
    });
    let truth = DVector::from_fn(n, |i, _| if (20..40).contains(&i) { 1.0 } else { 0.0 });
    let noise = DVector::from_vec(wavy::<f64>(n, 0.3)) * 0.01;
    let b = &blur * &truth + &noise;
    let error = |x: &DMatrix<f64>| (x.column(0) - &truth).norm() / truth.norm();
    let config = SolveConfig::default().noise(noise.norm());
    let early = solve_by_descent(&blur, &b, config).unwrap();
    assert_eq!(early.reports[0].stop_reason, StopReason::Discrepancy);
    let residual = early.backward_errors[0].residual;
    assert!(residual <= noise.norm() && residual > 0.5 * noise.norm());
    let late = match solve_by_descent(&blur, &b, SolveConfig::default().max_steps(2000)) {
        Ok(found) => found,
        Err(SolveError::NotConverged { best, .. }) => *best,
        Err(other) => panic!("{other}"),
    };
    let (early, late) = (error(&early.solution), error(&late.solution));
    assert!(early < 0.3, "{early}");
    assert!(late > 3.0 * early, "{late}, {early}");
}

#[test]
fn what_is_not_definite_is_told() {
    let config = SolveConfig::default().problem(SolveProblem::PositiveDefinite);
    let a = DMatrix::from_diagonal(&dvector![1.0, -2.0]);
    let found = solve_by_descent(&a, &dvector![1.0, 1.0], config.clone());
    let found = found.unwrap_err();
    assert!(
        matches!(found, SolveError::NotPositiveDefinite { argument: "matrix", curvature } if curvature < 0.0)
    );
    let p = -DMatrix::<f64>::identity(2, 2);
    let found = solve_by_descent(
        &p.map(f64::abs),
        &dvector![1.0, 1.0],
        config.clone().preconditioner(p),
    );
    let found = found.unwrap_err();
    assert!(matches!(
        found,
        SolveError::NotPositiveDefinite {
            argument: "preconditioner",
            ..
        }
    ));
    // A rotation by 90°: every direction has curvature 0.
    let rotation = dmatrix![0.0, -1.0; 1.0, 0.0];
    let zero = DMatrix::zeros(2, 2);
    let half = dmatrix![0.0, 0.0; 0.0, 1.0];
    for (a, b) in [
        (&rotation, [1.0, 2.0]),
        // A·d = 0, and b has a part along d.
        (&zero, [0.0, 1e-3]),
        (&half, [1.0, 0.0]),
        (&half, [1.0, 1.0]),
        (&half, [1e-6, 1.0]),
    ] {
        let found = solve_by_descent(a, &DVector::from_row_slice(&b), config.clone());
        let is_told = matches!(
            found,
            Err(SolveError::NotPositiveDefinite {
                curvature: 0.0,
                argument: "matrix",
            })
        );
        assert!(is_told, "{a}, {b:?}: {found:?}");
    }
    let found = solve_by_descent(&half, &dvector![0.0, 3.0], config.clone()).unwrap();
    assert_eq!(found.solution.as_slice(), [0.0, 3.0]);
    let found = solve_by_descent(&zero, &dvector![0.0, 0.0], config).unwrap();
    assert_eq!(found.solution.as_slice(), [0.0, 0.0]);
}

#[test]
fn a_limit_is_an_error_with_the_best_iterate() {
    let a = random::<f64>(20, 20, 0.5);
    let b = random(20, 2, 0.1);
    let found = solve_by_descent(&a, &b, SolveConfig::default().max_steps(3)).unwrap_err();
    let SolveError::NotConverged { column, best } = found else {
        panic!("{found}");
    };
    assert_eq!(column, 0);
    for (k, report) in best.reports.iter().enumerate() {
        assert_eq!(
            (report.steps, report.stop_reason),
            (3, StopReason::StepLimit)
        );
        let residual = (b.column(k) - &a * best.solution.column(k)).norm();
        assert!((residual - best.backward_errors[k].residual).abs() < 1e-13);
        assert!(residual < b.column(k).norm());
    }
}

#[test]
fn every_answer_to_hard_systems_has_the_backward_error_it_claims() {
    let mut solved = 0;
    for exponent in 0..16 {
        let n = 20;
        let ratio = 10.0_f64.powf(-f64::from(exponent) / (n - 1) as f64);
        let u = random::<f64>(n, n, 0.2).qr().q();
        let v = random::<f64>(n, n, 0.8).qr().q();
        let sigma = DVector::from_fn(n, |i, _| ratio.powi(i as i32));
        let a = u * DMatrix::from_diagonal(&sigma) * v.transpose();
        let b = random::<f64>(n, 1, 0.1);
        let config = SolveConfig::default().max_steps(20_000);
        if let Ok(found) = solve_by_descent(&a, &b, config) {
            solved += 1;
            let r = (&a * &found.solution - &b).norm();
            let claimed = r / (found.solution.norm() + b.norm());
            assert!(claimed <= 1e-13, "κ = 1e{exponent}: {claimed:e}");
        }
    }
    assert!(solved >= 5, "{solved}");
}

struct Broken;

impl LinearMap<f64> for Broken {
    fn rows(&self) -> usize {
        3
    }

    fn columns(&self) -> usize {
        2
    }

    fn apply(&self, _x: &[f64], image: &mut [f64]) {
        image.fill(f64::NAN);
    }

    fn apply_adjoint(&self, _y: &[f64], image: &mut [f64]) {
        image.fill(f64::INFINITY);
    }
}

#[test]
fn a_map_that_gives_nonsense_is_an_error() {
    let b = dvector![1.0, 2.0, 3.0];
    let found = solve_by_descent(&Broken, &b, SolveConfig::default()).unwrap_err();
    assert_eq!(
        found,
        SolveError::ProductNotFinite {
            steps: 0,
            best: None
        }
    );
}

/// The solution of [a, c; c, a]·x = [b, 0], with entries and a norm at the end of the range.
fn solves_beyond_the_norms_range<T: Real>() {
    let (large, small) = (
        T::MAX * <T as Real>::from_f64(0.9),
        T::MAX * <T as Real>::from_f64(0.5),
    );
    let a = dmatrix![large, small; small, large];
    let b = dvector![T::MAX, T::zero()];
    let expected = dvector![0.9, -0.5] / (0.9 * 0.9 - 0.5 * 0.5);
    for method in [SolveProblem::PositiveDefinite, SolveProblem::LeastSquares] {
        let found = solve_by_descent(&a, &b, SolveConfig::default().problem(method)).unwrap();
        let error = (widened(&found.solution) - &expected).norm();
        assert!(error <= 100.0 * T::EPSILON.to_f64(), "{error:e}");
    }
}

#[test]
fn a_norm_beyond_the_range_is_no_wrong_answer() {
    solves_beyond_the_norms_range::<f32>();
    solves_beyond_the_norms_range::<f64>();
    let a = dmatrix![1.7e308, 1.0e308; 1.0e308, 1.7e308];
    let config = SolveConfig::default().problem(SolveProblem::PositiveDefinite);
    let found = solve_by_descent(&a, &dvector![1.0, 0.0], config).unwrap();
    let expected = dvector![1.7, -1.0] / 1.89;
    assert!((found.solution * 1e308 - expected).norm() < 1e-14);
}

/// A map one product of which is NaN, its adjoint by a factor.
struct Faulty {
    matrix: DMatrix<f64>,
    products_to_nan: Cell<Option<usize>>,
    adjoint_factor: f64,
}

impl Faulty {
    fn spoil(&self, image: &mut [f64]) {
        let left = self.products_to_nan.get();
        if left == Some(0) {
            image[0] = f64::NAN;
        }
        self.products_to_nan
            .set(left.and_then(|n| n.checked_sub(1)));
    }
}

impl LinearMap<f64> for Faulty {
    fn rows(&self) -> usize {
        self.matrix.nrows()
    }

    fn columns(&self) -> usize {
        self.matrix.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.matrix.apply(x, image);
        self.spoil(image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.matrix.apply_adjoint(y, image);
        image
            .iter_mut()
            .for_each(|value| *value *= self.adjoint_factor);
        self.spoil(image);
    }
}

#[test]
fn one_product_that_is_not_finite_is_no_wrong_answer() {
    let x = dmatrix![1.0; -2.0];
    for place in 0..20 {
        let map = Faulty {
            matrix: dmatrix![2.0, 1.0; 1.0, 3.0],
            products_to_nan: Cell::new(Some(place)),
            adjoint_factor: 1.0,
        };
        let b = &map.matrix * &x;
        let found = solve_by_descent(&map, &b, SolveConfig::default()).unwrap();
        assert!((found.solution - &x).norm() < 1e-14, "{place}");
    }
}

#[test]
fn a_wrong_adjoint_is_told() {
    let matrix = random::<f64>(10, 10, 0.5) + DMatrix::identity(10, 10) * 3.0;
    let b = random(10, 1, 0.1);
    for adjoint_factor in [0.0, -1.0, 1.0 + 1e-6] {
        let map = Faulty {
            matrix: matrix.clone(),
            products_to_nan: Cell::new(None),
            adjoint_factor,
        };
        let found = solve_by_descent(&map, &b, SolveConfig::default()).unwrap_err();
        let SolveError::AdjointMismatch {
            argument,
            forward,
            adjoint,
        } = found
        else {
            panic!("{found}");
        };
        assert_eq!(argument, "matrix");
        assert!((adjoint - adjoint_factor * forward).abs() < 1e-14 * forward);
        let config = SolveConfig::default().preconditioner(&map);
        let found = solve_by_descent(&matrix, &b, config).unwrap_err();
        assert!(matches!(
            found,
            SolveError::AdjointMismatch {
                argument: "preconditioner",
                ..
            }
        ));
    }
}

#[test]
fn an_error_that_alternates_at_its_floor_ends_the_run() {
    let a = dmatrix![1.0, -2.0, 0.0, 2.0];
    let ridge = 1e-7;
    let found = solve_by_descent(&a, &dvector![-1.0], SolveConfig::default().ridge(ridge));
    let found = found.unwrap();
    let expected = a.transpose() * (-1.0 / (9.0 + ridge));
    assert!((found.solution - expected).norm() < 1e-14);
    assert!(found.reports[0].steps < 100, "{}", found.reports[0].steps);
}

#[test]
fn bad_input_is_told() {
    let a = dmatrix![2.0, 1.0; 1.0, 3.0; 0.0, 1.0];
    let b = dvector![1.0, 2.0, 3.0];
    let default = SolveConfig::default;
    let error = |config| solve_by_descent(&a, &b, config).unwrap_err();
    let mismatch = |argument, rows, columns, expected_rows, expected_columns| {
        SolveError::Input(InputError::ShapeMismatch {
            argument,
            rows,
            columns,
            expected_rows,
            expected_columns,
        })
    };
    let setting = |name, value, requirement| {
        SolveError::Input(InputError::InvalidSetting {
            name,
            value,
            requirement,
        })
    };
    let short = solve_by_descent(&a, &dvector![1.0, 2.0], default()).unwrap_err();
    assert_eq!(short, mismatch("right-hand side", 2, 1, 3, 1));
    let found = error(default().start(DMatrix::zeros(3, 1)));
    assert_eq!(found, mismatch("start", 3, 1, 2, 1));
    let p = DMatrix::<f64>::identity(3, 3);
    let found = solve_by_descent(&a, &b, default().preconditioner(p)).unwrap_err();
    assert_eq!(found, mismatch("preconditioner", 3, 3, 2, 2));
    let found = error(default().problem(SolveProblem::PositiveDefinite));
    assert!(matches!(
        found,
        SolveError::Input(InputError::NotSquare {
            argument: "matrix",
            rows: 3,
            columns: 2
        })
    ));
    let found = solve_by_descent(&DMatrix::zeros(3, 0), &b, default()).unwrap_err();
    assert!(matches!(
        found,
        SolveError::Input(InputError::Empty {
            argument: "matrix",
            ..
        })
    ));
    let found = solve_by_descent(&a, &DMatrix::zeros(3, 0), default()).unwrap_err();
    assert!(matches!(
        found,
        SolveError::Input(InputError::Empty {
            argument: "right-hand side",
            ..
        })
    ));
    let at_least_zero = "finite and at least 0";
    assert_eq!(
        error(default().ridge(-1.0)),
        setting("ridge", -1.0, at_least_zero)
    );
    assert_eq!(
        error(default().noise(-1.0)),
        setting("noise", -1.0, at_least_zero)
    );
    let infinite = f64::INFINITY;
    assert_eq!(
        error(default().noise(infinite)),
        setting("noise", infinite, at_least_zero)
    );
    let below_one = "at least 0 and below 1";
    assert_eq!(
        error(default().tolerance(1.0)),
        setting("tolerance", 1.0, below_one)
    );
    assert_eq!(
        error(default().max_steps(0)),
        setting("max_steps", 0.0, "at least 1")
    );
    let square = DMatrix::<f64>::identity(2, 2);
    let config = default().problem(SolveProblem::PositiveDefinite).ridge(1.0);
    let found = solve_by_descent(&square, &dvector![1.0, 2.0], config).unwrap_err();
    assert_eq!(found, setting("ridge", 1.0, "0 for a definite matrix"));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let with = |argument| move |found: SolveError| matches!(found, SolveError::Input(InputError::NotFinite { argument: name, row: 1, column: 0, .. }) if name == argument);
        let mut broken = a.clone();
        broken[(1, 0)] = bad;
        let found = solve_by_descent(&broken, &b, default()).unwrap_err();
        assert!(with("matrix")(found));
        let found = solve_by_descent(&a, &dvector![1.0, bad, 2.0], default()).unwrap_err();
        assert!(with("right-hand side")(found));
        let found = error(default().start(dmatrix![1.0; bad]));
        assert!(with("start")(found));
        let p = dmatrix![1.0, 0.0; bad, 1.0];
        let found = solve_by_descent(&a, &b, default().preconditioner(p)).unwrap_err();
        assert!(with("preconditioner")(found));
    }
    assert!(LinearSystem::new(&a, &dvector![1.0, 2.0]).is_err());
    assert!(LinearSystem::new(&a, &dvector![1.0, f64::NAN, 2.0]).is_err());
}

#[test]
fn the_observer_sees_the_gradient_of_every_iterate() {
    let a = random::<f64>(6, 4, 0.3) * 1e60;
    let b = random(6, 1, 0.8);
    let mut objective = LinearSystem::new(&a, &b).unwrap();
    let (mut seen, mut gradient) = (0, vec![0.0; 4]);
    let config = SolveConfig::default().observer(|progress: &Progress<'_, f64>| {
        use matrix_descent::Objective;
        let loss = objective.value_and_gradient(progress.parameters, &mut gradient);
        assert!((loss - progress.loss).abs() < 1e-12, "{loss}");
        for (found, expected) in progress.gradient.iter().zip(&gradient) {
            assert!((found - expected).abs() < 1e-12 * 1e60);
        }
        seen += 1;
        ControlFlow::Continue(())
    });
    let found = solve_by_descent(&a, &b, config).unwrap();
    assert_eq!(seen, found.reports[0].steps + 1);
    let stop = |_: &Progress<'_, f64>| ControlFlow::Break(());
    let found = solve_by_descent(&a, &b, SolveConfig::default().observer(stop)).unwrap_err();
    let SolveError::NotConverged { best, .. } = found else {
        panic!("{found}");
    };
    assert_eq!(
        (best.reports[0].steps, best.reports[0].stop_reason),
        (0, StopReason::Observer)
    );
}

#[test]
fn nothing_is_allocated_in_the_loop() {
    let a = random::<f64>(40, 30, 0.3);
    let b = random(40, 1, 0.8);
    let run = |tolerance| {
        let mut steps = 0;
        let info = allocation_counter::measure(|| {
            let config = SolveConfig::default().tolerance(tolerance);
            steps = solve_by_descent(&a, &b, config).unwrap().reports[0].steps;
        });
        (steps, info.count_total)
    };
    let (few_steps, for_few) = run(1e-2);
    let (many_steps, for_many) = run(1e-12);
    assert!(many_steps >= few_steps + 10, "{many_steps}, {few_steps}");
    assert_eq!(for_many, for_few);
}

#[test]
fn any_optimizer_walks_the_same_system() {
    let a = random::<f64>(12, 5, 0.3);
    let b = random(12, 2, 0.8);
    let expected = solve_by_descent(&a, &b, SolveConfig::default())
        .unwrap()
        .solution;
    let sigma = a.singular_values();
    let (low, high) = (sigma.min().powi(2), sigma.max().powi(2));
    for rule in [
        Sgd::new(2.0 / (low + high)),
        Sgd::tuned_heavy_ball(low, high).unwrap(),
    ] {
        let mut objective = LinearSystem::new(&a, &b).unwrap();
        let check = check_gradient(&mut objective, &wavy::<f64>(10, 0.5)).unwrap();
        assert!(check.largest_relative_error < 1e-10, "{check:?}");
        let stopping = Stopping::default().gradient_norm(1e-12);
        let run = minimize(objective, rule, vec![0.0; 10], stopping, Silent).unwrap();
        let found = DMatrix::from_vec(5, 2, run.parameters);
        assert!((found - &expected).norm() < 1e-10, "{rule:?}");
    }
}
#[test]
fn sparse_rows_are_a_linear_map() {
    use nalgebra_sparse::CsrMatrix;

    let mut dense = random::<f64>(9, 6, 0.3);
    dense
        .iter_mut()
        .filter(|value| value.abs() < 0.5)
        .for_each(|value| *value = 0.0);
    let sparse = CsrMatrix::from(&dense);
    let b = random(9, 2, 0.8);
    let expected = solve_by_descent(&dense, &b, SolveConfig::default()).unwrap();
    let found = solve_by_descent(&sparse, &b, SolveConfig::default()).unwrap();
    assert!((found.solution - expected.solution).norm() < 1e-12);
    dense[(8, 5)] = f64::NAN;
    let found = solve_by_descent(&CsrMatrix::from(&dense), &b, SolveConfig::default());
    assert!(matches!(
        found,
        Err(SolveError::Input(InputError::NotFinite {
            argument: "matrix",
            row: 8,
            column: 5,
            ..
        }))
    ));
}

/// A product of length 1 vectors with this matrix may overflow on the way, but it has an adjoint.
#[test]
fn a_matrix_at_the_top_of_the_range_is_not_blamed_for_its_adjoint() {
    for largest in [f32::MAX, 0.9 * f32::MAX, 0.5 * f32::MAX] {
        let a = DMatrix::from_diagonal_element(2, 2, largest);
        let found = solve_by_descent(&a, &dvector![1.0, 2.0], SolveConfig::default());
        let is_blamed = matches!(found, Err(SolveError::AdjointMismatch { .. }));
        assert!(!is_blamed, "{largest:e}: {found:?}");
    }
}
