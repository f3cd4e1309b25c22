//! Linear systems by each method.

use matrix_descent::solve::{BackwardError, SolveError};
use matrix_descent::{
    LinearMap, Real, Silent, Solution, SolveConfig, SolveMethod, SolveProblem, StopReason,
    solve_by_descent,
};
use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::support::objectives::wavy;
use crate::support::systems::{
    Counting, Poisson, definite, pseudo_inverse_of_tall, random, reference, table, widened,
};

const METHODS: [SolveMethod; 2] = [
    SolveMethod::ConjugateGradients,
    SolveMethod::GradientDescent,
];

fn is_near<T: Real>(found: &DMatrix<T>, expected: &DMatrix<f64>) -> bool {
    let error = (widened(found) - expected).norm();
    error <= 1e4 * T::EPSILON.to_f64() * (1.0 + expected.norm())
}

fn every_method_solves_the_table<T: Real>() {
    for (name, a, rank) in table::<T>() {
        let b = random::<T>(a.nrows(), 3, 0.4);
        let expected = reference(&a, &b, rank);
        for rule in METHODS {
            let found = solve_by_descent(&a, &b, SolveConfig::default().method(rule))
                .unwrap_or_else(|error| panic!("{name}, {rule:?}: {error}"));
            let error = (widened(&found.solution) - &expected).norm();
            assert!(
                is_near(&found.solution, &expected),
                "{name}, {rule:?}: {error:e}"
            );
        }
    }
}

#[test]
fn the_solution_is_that_of_the_pseudo_inverse_by_every_method() {
    every_method_solves_the_table::<f32>();
    every_method_solves_the_table::<f64>();
}

fn every_method_solves_a_definite_system<T: Real>() {
    let a = definite::<T>(12);
    let b = random::<T>(12, 2, 0.4);
    let expected = widened(&a).cholesky().unwrap().solve(&widened(&b));
    let p = DMatrix::from_diagonal(&a.diagonal().map(|value| T::one() / value));
    for rule in METHODS {
        let definite = SolveConfig::default()
            .problem(SolveProblem::PositiveDefinite)
            .method(rule);
        let plain = solve_by_descent(&a, &b, definite.clone()).unwrap();
        assert!(is_near(&plain.solution, &expected), "{rule:?}");
        let helped = solve_by_descent(&a, &b, definite.preconditioner(&p)).unwrap();
        assert!(is_near(&helped.solution, &expected), "{rule:?}");
    }
}

#[test]
fn definite_systems_by_every_method() {
    every_method_solves_a_definite_system::<f32>();
    every_method_solves_a_definite_system::<f64>();
}

#[test]
fn the_ridge_is_that_of_the_closed_form_by_every_method() {
    for (name, a, _) in table::<f64>() {
        let (n, b) = (a.ncols(), random(a.nrows(), 1, 0.4));
        for ridge in [1e-2, 100.0] {
            let gram = a.transpose() * &a + DMatrix::identity(n, n) * ridge;
            let expected = gram.cholesky().unwrap().solve(&(a.transpose() * &b));
            for rule in METHODS {
                let config = SolveConfig::default().ridge(ridge).method(rule);
                let found = solve_by_descent(&a, &b, config)
                    .unwrap_or_else(|error| panic!("{name}, {ridge}, {rule:?}: {error}"));
                assert!(
                    is_near(&found.solution, &expected),
                    "{name}, {ridge}, {rule:?}"
                );
            }
        }
    }
}

/// Singular values from 1 down to 1/κ, evenly spaced.
fn with_condition_number(n: usize, condition_number: f64) -> DMatrix<f64> {
    let share = |i: usize| i as f64 / (n - 1) as f64;
    let values = DVector::from_fn(n, |i, _| 1.0 - share(i) * (1.0 - 1.0 / condition_number));
    let u = random::<f64>(n, n, 0.2).qr().q();
    let v = random::<f64>(n, n, 0.8).qr().q();
    u * DMatrix::from_diagonal(&values) * v.transpose()
}

fn steps_of(found: Result<Solution<f64>, SolveError>) -> f64 {
    found.unwrap().reports[0].steps as f64
}

/// How many times as many steps twice the condition number takes, and the steps, by each rule.
fn growth(steps: impl Fn(SolveMethod, f64) -> f64) -> [(f64, f64); 2] {
    METHODS.map(|rule| {
        let (before, after) = (steps(rule, 20.0), steps(rule, 40.0));
        (after / before, after)
    })
}

/// κ_H for gradient descent, its root for conjugate gradients.
fn assert_growth([conjugate, plain]: [(f64, f64); 2]) {
    assert!((1.5..2.5).contains(&conjugate.0), "{conjugate:?}");
    assert!((3.0..5.0).contains(&plain.0), "{plain:?}");
    assert!(10.0 * conjugate.1 <= plain.1, "{conjugate:?}, {plain:?}");
}

#[test]
fn least_squares_take_as_many_steps_as_the_theory_says() {
    let steps = |rule, condition_number| {
        let a = with_condition_number(200, condition_number);
        let b = DVector::from_vec(wavy(200, 0.3));
        let config = SolveConfig::default().method(rule).tolerance(1e-10);
        steps_of(solve_by_descent(&a, &b, config))
    };
    assert_growth(growth(steps));
}

/// The Laplacian of a square with s points on a side has κ = cot²(π/(2s + 2)).
#[test]
fn definite_systems_take_as_many_steps_as_the_theory_says() {
    let steps = |rule, root: f64| {
        let side = (std::f64::consts::PI / (2.0 * (1.0 / root).atan())).round() as usize - 1;
        let grid = Poisson { side };
        let b = DVector::from_vec(wavy(grid.rows(), 0.3));
        let config = SolveConfig::default()
            .problem(SolveProblem::PositiveDefinite)
            .method(rule)
            .tolerance(1e-10);
        steps_of(solve_by_descent(&grid, &b, config))
    };
    assert_growth(growth(steps));
}

#[test]
fn a_preconditioner_saves_steps_by_every_method() {
    let diagonal = DVector::from_fn(30, |i, _| 1.2_f64.powi(i as i32));
    // Turned, so that the columns have similar lengths.
    let q = random::<f64>(30, 30, 0.2).qr().q();
    let turned = |values: &DVector<f64>| &q * DMatrix::from_diagonal(values) * q.transpose();
    let a = turned(&diagonal) + definite::<f64>(30) * 0.05;
    let p = turned(&diagonal.map(f64::recip));
    let b = random(30, 1, 0.6);
    for problem in [SolveProblem::LeastSquares, SolveProblem::PositiveDefinite] {
        for rule in METHODS {
            let config = SolveConfig::default().problem(problem).method(rule);
            let config = config.tolerance(1e-10);
            let plain = match solve_by_descent(&a, &b, config.clone()) {
                Err(SolveError::NotConverged { best, .. }) => *best,
                other => other.unwrap(),
            };
            let helped = solve_by_descent(&a, &b, config.preconditioner(&p)).unwrap();
            let (plain, helped) = (plain.reports[0].steps, helped.reports[0].steps);
            assert!(
                helped < plain / 2 + 1,
                "{problem:?}, {rule:?}: {helped}, {plain}"
            );
        }
    }
}

#[test]
fn a_residual_within_the_noise_ends_the_run_by_every_method() {
    let a = with_condition_number(40, 1e6);
    let truth = DVector::from_vec(wavy::<f64>(40, 0.7));
    let b = &a * &truth + DVector::from_vec(wavy::<f64>(40, 0.3)) * 0.01;
    let noise = 0.01 * DVector::from_vec(wavy::<f64>(40, 0.3)).norm();
    for rule in METHODS {
        let config = SolveConfig::default().noise(noise).method(rule);
        let found = solve_by_descent(&a, &b, config).unwrap();
        assert_eq!(found.reports[0].stop_reason, StopReason::Discrepancy);
        let residual = (&a * &found.solution - &b).norm();
        assert!(residual <= noise * (1.0 + 1e-12), "{rule:?}: {residual:e}");
        assert!(residual > 0.5 * noise, "{rule:?}: {residual:e}");
    }
}

#[test]
fn powers_of_two_change_nothing_but_the_exponent_by_any_method() {
    let a = random::<f64>(6, 4, 0.3);
    let b = random::<f64>(6, 1, 0.8);
    for rule in METHODS {
        let expected = solve_by_descent(&a, &b, SolveConfig::default().method(rule)).unwrap();
        for (of_a, of_b) in [(-400, -900), (-400, 300), (400, -300), (500, 500)] {
            let scaled = |m: &DMatrix<f64>, e: i32| m.map(|value| value.scale_by_power_of_two(e));
            let config = SolveConfig::default().method(rule);
            let found = solve_by_descent(&scaled(&a, of_a), &scaled(&b, of_b), config).unwrap();
            let found = scaled(&found.solution, of_a - of_b);
            let error = (found - &expected.solution).norm();
            assert!(
                error <= 1e-12 * expected.solution.norm(),
                "{rule:?}, {of_a}, {of_b}: {error:e}"
            );
        }
    }
}

/// One step by hand, from the formula.
#[test]
fn the_first_step_is_that_of_the_formula() {
    let a = dmatrix![2.0, 1.0; 0.0, 1.0; 1.0, 0.0];
    let b = dvector![1.0, 2.0, -1.0];
    let g = a.transpose() * &b;
    let length: f64 = g.norm_squared() / (&a * &g).norm_squared();
    let expected: DVector<f64> = g * length;
    for rule in METHODS {
        let config = SolveConfig::default().method(rule).max_steps(1);
        let Err(SolveError::NotConverged { best, .. }) = solve_by_descent(&a, &b, config) else {
            panic!("{rule:?}");
        };
        let error = (best.solution.column(0) - &expected).norm();
        assert!(error < 1e-14, "{rule:?}: {error:e}");
    }
}

fn recomputed(a: &DMatrix<f64>, b: &DMatrix<f64>, found: &Solution<f64>) -> f64 {
    let r = b - a * &found.solution;
    let (norm, x_norm) = (a.norm(), found.solution.norm());
    let of_system = r.norm() / (norm * x_norm + b.norm());
    let of_least_squares = (a.transpose() * &r).norm() / (norm * r.norm());
    if r.norm() == 0.0 {
        0.0
    } else {
        of_system.min(of_least_squares)
    }
}

#[test]
fn no_method_gives_a_wrong_answer_to_hard_systems() {
    let mut solved = [0; 2];
    for exponent in 0..12 {
        let n = 20;
        let ratio = 10.0_f64.powf(-f64::from(exponent) / (n - 1) as f64);
        let sigma = DVector::from_fn(n, |i, _| ratio.powi(i as i32));
        let u = random::<f64>(n, n, 0.2).qr().q();
        let v = random::<f64>(n, n, 0.8).qr().q();
        let a = u * DMatrix::from_diagonal(&sigma) * v.transpose();
        let b = random::<f64>(n, 1, 0.1);
        for (rule, solved) in METHODS.into_iter().zip(&mut solved) {
            let config = SolveConfig::default().method(rule).max_steps(20_000);
            match solve_by_descent(&a, &b, config) {
                Ok(found) => {
                    *solved += 1;
                    let error = recomputed(&a, &b, &found);
                    assert!(error <= 1e-13, "{rule:?}, κ = 1e{exponent}: {error:e}");
                }
                Err(SolveError::NotConverged { best, .. }) => {
                    let of_best: BackwardError<f64> = best.backward_errors[0];
                    assert!(of_best.residual <= b.norm() * (1.0 + 1e-14));
                }
                Err(other) => panic!("{rule:?}: {other}"),
            }
        }
    }
    assert!(solved[0] >= solved[1] && solved[1] >= 2, "{solved:?}");
}

#[test]
fn no_method_allocates_in_the_loop() {
    let a = random::<f64>(40, 30, 0.3);
    let p = DMatrix::identity(30, 30);
    let b = random(40, 1, 0.8);
    for rule in METHODS {
        let run = |tolerance| {
            let mut steps = 0;
            let info = allocation_counter::measure(|| {
                let config = SolveConfig::default().method(rule).tolerance(tolerance);
                let config = config.preconditioner(&p);
                steps = solve_by_descent(&a, &b, config).unwrap().reports[0].steps;
            });
            (steps, info.count_total)
        };
        let ((few_steps, for_few), (many_steps, for_many)) = (run(1e-2), run(1e-8));
        assert!(
            many_steps >= few_steps + 5,
            "{rule:?}: {many_steps}, {few_steps}"
        );
        assert_eq!(for_many, for_few, "{rule:?}");
    }
}

#[test]
fn what_is_not_definite_is_told_by_every_method() {
    let a = DMatrix::from_diagonal(&dvector![1.0, -2.0]);
    for rule in METHODS {
        let config = SolveConfig::default()
            .problem(SolveProblem::PositiveDefinite)
            .method(rule);
        let found = solve_by_descent(&a, &dvector![1.0, 1.0], config);
        assert!(found.is_err(), "{rule:?}: {found:?}");
    }
}

#[test]
fn evaluations_are_the_products_after_the_norm_estimate() {
    let b = random(12, 3, 0.8);
    for rule in METHODS {
        let map = Counting::new(random(12, 7, 0.3));
        let config = SolveConfig::default().method(rule).tolerance(1e-9);
        let found = solve_by_descent(&map, &b, config).unwrap();
        let counted: usize = found.reports.iter().map(|report| report.evaluations).sum();
        assert_eq!(map.products.get(), counted + 11, "{rule:?}");
        assert_eq!(map.of_adjoint.get(), counted + 11, "{rule:?}");
        for report in &found.reports {
            assert!(report.evaluations > report.steps, "{rule:?}");
        }
    }
}

#[test]
fn ridge_runs_end() {
    // With this one the error goes up and down at its floor.
    let mut matrices = table::<f64>();
    matrices.push(("1×4", dmatrix![1.0, -2.0, 0.0, 2.0], 1));
    for (name, a, _) in matrices {
        let b = random(a.nrows(), 1, 0.4);
        for exponent in -14..=14 {
            let ridge = 10.0_f64.powi(exponent);
            let config = SolveConfig::default().ridge(ridge);
            let (steps, reason) = match solve_by_descent(&a, &b, config) {
                Ok(found) => (found.reports[0].steps, found.reports[0].stop_reason),
                Err(SolveError::NotConverged { best, .. }) => {
                    (best.reports[0].steps, best.reports[0].stop_reason)
                }
                Err(other) => panic!("{name}, {ridge:e}: {other}"),
            };
            assert_eq!(reason, StopReason::Accuracy, "{name}, {ridge:e}");
            assert!(steps <= 40 * a.ncols() + 40, "{name}, {ridge:e}: {steps}");
        }
    }
}

/// A = U·diag(σ)·Vᵀ with an x* and a residual of the norm ρ, to which AᵀA·x* = Aᵀb holds exactly.
fn errors_of_least_squares<T: Real>(condition_number: f64, residual: f64) -> (f64, f64) {
    let (m, n) = (30, 10);
    let ratio = condition_number.powf(-1.0 / (n - 1) as f64);
    let sigma = DVector::from_fn(n, |i, _| ratio.powi(i as i32));
    let u = random::<f64>(m, n + 1, 0.2).qr().q();
    let v = random::<f64>(n, n, 0.8).qr().q();
    let a = u.columns(0, n) * DMatrix::from_diagonal(&sigma) * v.transpose();
    let b = &a * random::<f64>(n, 1, 0.5) + u.columns(n, 1) * residual;
    // What the rounding to the format leaves is the system.
    let (a, b): (DMatrix<T>, DMatrix<T>) =
        (a.map(<T as Real>::from_f64), b.map(<T as Real>::from_f64));
    let expected = widened(&a)
        .svd(true, true)
        .solve(&widened(&b), 0.0)
        .unwrap();
    let found = solve_by_descent(&a, &b, SolveConfig::default()).unwrap();
    let x = widened(&found.solution);
    let error = (&x - &expected).norm();
    let left = (widened(&b) - widened(&a) * &x).norm();
    let of_system = condition_number * (expected.norm() + b.map(Real::to_f64).norm());
    let bound = of_system.max(condition_number * condition_number * left);
    // 16·ε·√30 is the accuracy that is accepted.
    (error, 16.0 * T::EPSILON.to_f64() * 30.0_f64.sqrt() * bound)
}

#[test]
fn least_squares_are_as_accurate_as_documented() {
    for residual in [0.0, 1e-3, 1.0] {
        for condition_number in [10.0, 100.0, 1e3] {
            let (error, bound) = errors_of_least_squares::<f32>(condition_number, residual);
            assert!(
                error <= bound,
                "f32, {condition_number:e}, {residual:e}: {error:e}, {bound:e}"
            );
            let (error, bound) = errors_of_least_squares::<f64>(condition_number, residual);
            assert!(
                error <= bound,
                "{condition_number:e}, {residual:e}: {error:e}, {bound:e}"
            );
        }
    }
}

/// The line through points that lie a quarter above and below it by turns.
#[test]
fn long_columns_in_single_precision_lose_no_digits() {
    let m = 100_000;
    let place = |i: usize| (i % 7) as f32;
    let a = DMatrix::from_fn(m, 2, |i, j| if j == 0 { 1.0 } else { place(i) });
    let noise = |i: usize| if i.is_multiple_of(2) { 0.25 } else { -0.25 };
    let b = DMatrix::from_fn(m, 1, |i, _| 3.0 + 0.5 * place(i) + noise(i));
    let expected = pseudo_inverse_of_tall(&widened(&a)) * widened(&b);
    for rule in METHODS {
        let found = solve_by_descent(&a, &b, SolveConfig::default().method(rule)).unwrap();
        let error = (widened(&found.solution) - &expected).norm();
        assert!(error < 2e-4, "{rule:?}: {error:e}");
        let residual = f64::from(found.backward_errors[0].residual);
        let exact = (widened(&a) * widened(&found.solution) - widened(&b)).norm();
        assert!(
            (residual / exact - 1.0).abs() < 1e-6,
            "{rule:?}: {residual}, {exact}"
        );
    }
}

/// Up to 6×6: whole numbers, low ranks, graded columns, zeros, at any scale.
fn random_system(generator: &mut Xoshiro256PlusPlus) -> (DMatrix<f64>, DMatrix<f64>) {
    let (m, n) = (generator.random_range(1..=6), generator.random_range(1..=6));
    let mut entry = || generator.random_range(-1.0..1.0_f64);
    let entries = DMatrix::from_fn(m, n, |_, _| entry());
    let rank_one = DMatrix::from_fn(m, 1, |_, _| entry()) * DMatrix::from_fn(1, n, |_, _| entry());
    let b = DMatrix::from_fn(m, 1, |_, _| entry());
    let a = match generator.random_range(0..5) {
        0 => entries.map(|x| (3.0 * x).round()),
        1 => rank_one,
        2 => DMatrix::from_fn(m, n, |i, j| entries[(i, j)] * 10.0_f64.powi(-(j as i32))),
        3 => entries.map(|x| if x > 0.3 { x } else { 0.0 }),
        _ => entries,
    };
    let sizes = [-15, 0, 0, 15].map(|exponent| 10.0_f64.powi(exponent));
    let of_a = sizes[generator.random_range(0..4)];
    let of_b = of_a * 10.0_f64.powi(generator.random_range(-3..=3));
    (a * of_a, b * of_b)
}

/// Whether x has the backward error that `Ok` stands for, with room for the rounding of this check.
fn is_what_ok_means<T: Real>(a: &DMatrix<T>, b: &DMatrix<T>, x: &DMatrix<T>) -> bool {
    let (a, b, x) = (widened(a), widened(b), widened(x));
    let size = a.amax();
    if size == 0.0 || b.amax() == 0.0 {
        return x.amax() == 0.0;
    }
    let (a, b, x) = (&a / size, &b / b.amax(), x * (size / b.amax()));
    let r = &b - &a * &x;
    let norm = a.norm();
    let of_system = r.norm() / (norm * x.norm() + b.norm());
    let of_least_squares = a.tr_mul(&r).norm() / (norm * r.norm()).max(f64::MIN_POSITIVE);
    let epsilon = T::EPSILON.to_f64();
    let rounding = 3.0 * 16.0 * epsilon * (a.nrows().max(a.ncols()) as f64).sqrt();
    of_system.min(of_least_squares) <= rounding
        || of_least_squares <= 2.0 * epsilon.cbrt() && of_system * of_least_squares <= rounding
}

/// How many of them were solved by each method.
fn solved_of_random_systems<T: Real>(cases: usize) -> [usize; 2] {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(271);
    let mut solved = [0; 2];
    for case in 0..cases {
        let (a, b) = random_system(&mut generator);
        let (a, b): (DMatrix<T>, DMatrix<T>) =
            (a.map(<T as Real>::from_f64), b.map(<T as Real>::from_f64));
        for (rule, solved) in METHODS.into_iter().zip(&mut solved) {
            let config = SolveConfig::default().method(rule).max_steps(3000);
            match solve_by_descent(&a, &b, config) {
                Ok(found) => {
                    let is_right = is_what_ok_means(&a, &b, &found.solution);
                    assert!(is_right, "number {case}, {rule:?}: {a:?}, {b:?}");
                    *solved += 1;
                }
                Err(SolveError::NotConverged { .. }) => {}
                Err(other) => panic!("number {case}, {rule:?}: {other}"),
            }
        }
    }
    solved
}

/// `MATRIX_DESCENT_CASES=100000 cargo test --release random_small_systems` tries more of them.
#[test]
fn random_small_systems_have_no_wrong_answer() {
    let wanted = std::env::var("MATRIX_DESCENT_CASES").ok();
    let cases = wanted.map_or(300, |text| {
        text.parse().expect("MATRIX_DESCENT_CASES is a number")
    });
    for solved in [
        solved_of_random_systems::<f32>(cases),
        solved_of_random_systems::<f64>(cases),
    ] {
        println!("{solved:?} of {cases}");
        let [conjugate, plain] = solved.map(|count| count as f64 / cases as f64);
        assert!(conjugate > 0.97 && plain > 0.5, "{solved:?}");
    }
}

#[test]
fn the_documented_defaults() {
    let documented = SolveConfig::<f64>::default()
        .problem(SolveProblem::LeastSquares)
        .method(SolveMethod::ConjugateGradients)
        .ridge(0.0)
        .max_steps(100_000)
        .observer(Silent);
    assert_eq!(SolveConfig::default(), documented);
}

/// No x is near to solving these: a huge one has a small backward error alone.
#[test]
fn a_huge_vector_near_the_null_space_is_no_solution() {
    let (a, b) = (dmatrix![1.0, -1.0; -1.0, 1.0], dvector![1.0, 2.0]);
    let definite = SolveConfig::default().problem(SolveProblem::PositiveDefinite);
    for rule in METHODS {
        let found = solve_by_descent(&a, &b, definite.clone().method(rule).max_steps(10_000));
        assert!(found.is_err(), "{rule:?}: {found:?}");
    }
}

/// With b = 0, or next to it, all of the start has to go.
#[test]
fn a_start_far_from_the_solution_is_forgotten() {
    let a = dmatrix![1.0, 0.3; 0.3, 2.0];
    let expected = a.clone().try_inverse().unwrap() * dvector![1.0, 2.0];
    for size in [0.0, 1e-300, 1e-100, 1e-30, 1.0] {
        for rule in METHODS {
            for problem in [SolveProblem::LeastSquares, SolveProblem::PositiveDefinite] {
                let config = SolveConfig::default().method(rule).problem(problem);
                let config = config.start(dmatrix![1.0; 1.0]);
                let found = solve_by_descent(&a, &(dvector![1.0, 2.0] * size), config);
                let found = found.unwrap_or_else(|error| panic!("{size:e} {rule:?}: {error}"));
                let error = (&found.solution - &expected * size).norm();
                assert!(
                    error <= 1e-10 * size,
                    "{size:e} {rule:?} {problem:?}: {error:e}"
                );
            }
        }
    }
    let far = SolveConfig::default().start(dmatrix![1e300]);
    let found = solve_by_descent(&dmatrix![1.0], &dvector![1e-300], far).unwrap();
    assert_eq!(found.solution[0], 1e-300);
}

#[test]
fn a_run_that_is_ended_gives_what_was_seen() {
    let a = dmatrix![1.0, 0.0, 0.0; 0.0, 0.3, 0.0; 0.0, 0.0, 0.1];
    let b = dvector![0.05, 0.3, 1.0];
    for steps in 1..4 {
        let mut last = f64::NAN;
        let watch = |progress: &matrix_descent::Progress<'_, f64>| {
            last = progress.loss;
            std::ops::ControlFlow::Continue(())
        };
        let config = SolveConfig::default().max_steps(steps).observer(watch);
        let x = match solve_by_descent(&a, &b, config) {
            Ok(found) => found.solution,
            Err(SolveError::NotConverged { best, .. }) => best.solution,
            Err(other) => panic!("{other}"),
        };
        let loss = 0.5 * (&a * x - &b).norm_squared();
        // The last step leaves rounding errors alone.
        let allowed = last * (1.0 + 1e-12) + 4.0 * f64::EPSILON.powi(2);
        assert!(loss <= allowed, "{steps}: {loss:e} after {last:e}");
    }
}

#[test]
fn the_gradient_shown_is_that_of_the_function() {
    for size in [1e10, 1.0, 1e-10] {
        let a = dmatrix![2.0, 0.5; 0.5, 1.0] * size;
        let b = dvector![1.0, -1.0];
        for problem in [SolveProblem::LeastSquares, SolveProblem::PositiveDefinite] {
            let mut worst = 0.0_f64;
            let watch = |progress: &matrix_descent::Progress<'_, f64>| {
                let x = DVector::from_column_slice(progress.parameters);
                let residual = &a * x - &b;
                let expected = match problem {
                    SolveProblem::LeastSquares => a.tr_mul(&residual),
                    _ => residual,
                };
                let shown = DVector::from_column_slice(progress.gradient);
                if progress.step == 0 {
                    worst = worst.max((shown - &expected).norm() / expected.norm());
                }
                std::ops::ControlFlow::Continue(())
            };
            let config = SolveConfig::default().problem(problem).observer(watch);
            solve_by_descent(&a, &b, config).unwrap();
            assert!(worst < 1e-14, "{size:e} {problem:?}: {worst:e}");
        }
    }
}

/// x ↦ (x, 0), with a wrong adjoint that is right for the images.
struct BlindAdjoint;

impl LinearMap<f64> for BlindAdjoint {
    fn rows(&self) -> usize {
        2
    }

    fn columns(&self) -> usize {
        1
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        image.copy_from_slice(&[x[0], 0.0]);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        image[0] = y[0] + 5.0 * y[1];
    }
}

#[test]
fn an_adjoint_that_is_right_for_images_alone_is_refused() {
    let found = solve_by_descent(&BlindAdjoint, &dvector![1.0, 1.0], SolveConfig::default());
    assert!(
        matches!(found, Err(SolveError::AdjointMismatch { .. })),
        "{found:?}"
    );
}
