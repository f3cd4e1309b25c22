//! Least squares whose columns have different lengths: `Ok` by a named test, or an honest error.

use matrix_descent::set::NonNegative;
use matrix_descent::solve::{Acceptance, BoundedError, SolveError};
use matrix_descent::{
    BoundedConfig, LinearMap, Real, Solution, SolveConfig, SolveProblem, StopReason,
    solve_by_descent, solve_in_bounds,
};
use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use proptest::prelude::*;

use crate::support::cases::config;
use crate::support::fixtures::{least_squares_sets, matrix};
use crate::support::gallery::random::{orthogonal, uniform};
use crate::support::reference::double_double::DotProduct;
use crate::support::reference::widen;
use crate::support::systems::{diffusion, of_rank, random};

/// What the tests of an answer compare: the residual beside the sizes of the terms, and the largest
/// cosine between the residual and a column. From a residual to more than twice the digits.
struct Judged {
    of_system: f64,
    of_least_squares: f64,
    relative_residual: f64,
}

fn judged(a: &DMatrix<f64>, b: &DVector<f64>, x: &DVector<f64>) -> Judged {
    let (rows, columns) = a.shape();
    let residual = DVector::from_fn(rows, |i, _| {
        let mut sum = DotProduct::default();
        sum.add(b[i]);
        (0..columns).for_each(|j| sum.add_product(-a[(i, j)], x[j]));
        sum.rounded()
    });
    let size: f64 = (0..columns).map(|j| a.column(j).norm() * x[j].abs()).sum();
    let cosine = |j: usize| {
        let mut sum = DotProduct::default();
        (0..rows).for_each(|i| sum.add_product(a[(i, j)], residual[i]));
        let (sum, length) = (sum.rounded().abs(), a.column(j).norm());
        if sum == 0.0 {
            0.0
        } else {
            sum / (length * residual.norm())
        }
    };
    let ratio = |size: f64| {
        if residual.norm() == 0.0 {
            0.0
        } else {
            residual.norm() / size
        }
    };
    Judged {
        of_system: ratio(size + b.norm()),
        of_least_squares: (0..columns).map(cosine).fold(0.0, f64::max),
        relative_residual: ratio(b.norm()),
    }
}

impl Judged {
    /// Whether an answer passes the tests without a tolerance, for a format with this ε; `room` for
    /// the rounding of the residual that the solver itself computes.
    fn is_at_floor(&self, epsilon: f64, (rows, columns): (usize, usize), room: f64) -> bool {
        let floor = 16.0 * epsilon * (rows.max(columns) as f64).sqrt() * room;
        self.of_system <= floor
            || self.of_least_squares <= floor
            || (self.of_system * self.of_least_squares <= floor
                && self.of_least_squares <= epsilon.cbrt() * room)
    }
}

fn largest_relative_error(found: &DVector<f64>, expected: &DVector<f64>) -> f64 {
    let errors = found.iter().zip(expected.iter());
    errors.map(|(x, y)| ((x - y) / y).abs()).fold(0.0, f64::max)
}

fn by_qr(a: &DMatrix<f64>, b: &DVector<f64>) -> DVector<f64> {
    let (q, r) = a.clone().qr().unpack();
    r.solve_upper_triangular(&(q.transpose() * b)).unwrap()
}

/// The digits that NIST's sets leave to a solver in `f64`, beside those of a QR factorisation.
#[test]
fn certified_sets_are_solved_as_well_as_a_factorisation_solves_them() {
    for (name, set) in least_squares_sets() {
        let a = matrix(&set.matrix);
        let b = DVector::from_vec(set.right_hand_side);
        let exact = DVector::from_vec(set.solution);
        let factored = by_qr(&a, &b);
        assert!(
            judged(&a, &b, &factored).is_at_floor(f64::EPSILON, a.shape(), 1.0),
            "{name}"
        );
        let reached = largest_relative_error(&factored, &exact).max(1e-14);
        let found = solve_by_descent(&a, &b, SolveConfig::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let x = found.solution.column(0).into_owned();
        assert!(
            judged(&a, &b, &x).is_at_floor(f64::EPSILON, a.shape(), 1.1),
            "{name}"
        );
        let error = largest_relative_error(&x, &exact);
        println!(
            "{name}: {error:.1e}, QR {reached:.1e}, {:?}",
            found.acceptances[0]
        );
        assert!(
            error <= 100.0 * reached,
            "{name}: {error:e}, QR {reached:e}"
        );
    }
}

/// Systems that were solved wrongly by solvers which take a short column for zero.
#[test]
fn short_columns_count_as_much_as_long_ones() {
    let a = dmatrix![1.0, 2e-20; 3.0, 1e-20; 2.0, 5e-20];
    let found = solve_by_descent(&a, &dvector![5.0, 5.0, 12.0], SolveConfig::default()).unwrap();
    let error =
        largest_relative_error(&found.solution.column(0).into_owned(), &dvector![1.0, 2e20]);
    assert!(error < 1e-14, "{error:e}");
    assert_eq!(found.acceptances, [Some(Acceptance::System)]);
    // Two time stamps in milliseconds.
    let a = dmatrix![1.7e12, 1.0; 1.7e12 + 1000.0, 1.0];
    let found = solve_by_descent(&a, &dvector![0.0, 1.0], SolveConfig::default()).unwrap();
    let error = largest_relative_error(
        &found.solution.column(0).into_owned(),
        &dvector![1e-3, -1.7e9],
    );
    assert!(error < 1e-6, "{error:e}");
    assert!(
        (1e8..1e10).contains(&found.condition_estimate),
        "{:e}",
        found.condition_estimate
    );
    // Julian days in single precision: what the data allow.
    let days = dmatrix![2_459_580.5_f32, 1.0; 2_459_680.5, 1.0; 2_459_880.5, 1.0];
    let found = solve_by_descent(&days, &dvector![1.0, 2.0, 4.0], SolveConfig::default()).unwrap();
    assert!(
        (found.solution[0] - 0.01).abs() < 1e-4,
        "{}",
        found.solution[0]
    );
}

#[test]
fn a_zero_column_has_the_unknown_zero() {
    let a = dmatrix![1.0, 0.0, 100.0; 1.0, 0.0, 3.0; 2.0, 0.0, 1.0];
    for ridge in [0.0, 0.5] {
        let config = SolveConfig::default().ridge(ridge);
        let found = solve_by_descent(&a, &dvector![1.0, 1.0, 2.0], config).unwrap();
        assert_eq!(found.solution[1], 0.0);
    }
}

/// The solution of minimum norm depends on the units, so it must not be that of scaled columns.
#[test]
fn dependent_columns_keep_the_solution_of_minimum_norm() {
    let base = random::<f64>(12, 5, 0.4);
    let sizes = [1.0, 30.0, 1e3, 0.02, 5.0];
    let full = DMatrix::from_fn(12, 5, |i, j| base[(i, j)] * sizes[j]);
    let repeated = DMatrix::from_fn(12, 6, |i, j| {
        full[(i, j.min(4))] * if j == 5 { 40.0 } else { 1.0 }
    });
    let table = [
        ("wide", dmatrix![1.0, 10.0]),
        ("one direction", dmatrix![1.0, 10.0; 1.0, 10.0]),
        ("a column repeated", repeated),
        (
            "differences",
            dmatrix![1.0, -1.0, 0.0; 0.0, 20.0, -20.0; 300.0, 0.0, -300.0],
        ),
    ];
    for (name, a) in table {
        let b = random::<f64>(a.nrows(), 1, 0.7);
        let expected = a.clone().pseudo_inverse(1e-12 * a.norm()).unwrap() * &b;
        let found = solve_by_descent(&a, &b, SolveConfig::default()).unwrap();
        let error = (&found.solution - &expected).norm() / expected.norm();
        assert!(error < 1e-9, "{name}: {error:e}");
    }
}

/// Scaled, the first unknown would be half of 10^150/10^−200.
#[test]
fn dependent_columns_of_extreme_lengths_are_solved_where_the_minimum_norm_is_in_range() {
    let a = dmatrix![1e-200, 1.0; 1e-200, 1.0];
    let found = solve_by_descent(&a, &dvector![1e150, 1e150], SolveConfig::default()).unwrap();
    assert!((found.solution[0] / 1e-50 - 1.0_f64).abs() < 1e-13);
    assert!((found.solution[1] / 1e150 - 1.0_f64).abs() < 1e-13);
}

/// A ridge makes the solution unique, so that the columns of a wide matrix may be scaled too; as they
/// are, this takes more than a thousand steps.
#[test]
fn a_ridge_lets_a_wide_matrix_be_scaled() {
    let size = |j: usize| 10.0_f64.powf(3.0 * ((j * 5 % 12) as f64 / 6.0 - 1.0));
    let a = DMatrix::from_fn(8, 12, |i, j| {
        ((i * 13 + j * 7 + i * j) as f64 * 0.7).sin() * size(j)
    });
    let b = DVector::from_fn(8, |i, _| (i as f64 + 0.5).cos());
    let found = solve_by_descent(&a, &b, SolveConfig::default().ridge(0.01)).unwrap();
    let gram = a.transpose() * &a + DMatrix::identity(12, 12) * 0.01;
    let allowed = 1e-12 * gram.norm() * found.solution.norm();
    let gradient = a.transpose() * &b - gram * &found.solution;
    assert!(gradient.norm() < allowed, "{:e}", gradient.norm());
    assert!(found.reports[0].steps < 100, "{}", found.reports[0].steps);
}

#[test]
fn independent_columns_whose_solution_is_out_of_range_are_told() {
    let a = dmatrix![1e-200, 0.0; 0.0, 1.0];
    let found = solve_by_descent(&a, &dvector![1e200, 1.0], SolveConfig::default());
    let is_told = matches!(found, Err(SolveError::OutOfRange { row: 0, column: 0 }));
    assert!(is_told, "{found:?}");
}

/// A right-hand side that needs no or few steps says little about the columns.
#[test]
fn a_simple_right_hand_side_first_does_not_hide_dependent_columns() {
    let nodes = 60;
    let size = |j: usize| 10.0_f64.powf(2.0 * (7.0 * j as f64).sin());
    let a = DMatrix::from_fn(nodes, nodes, |i, j| {
        if j == i {
            size(j)
        } else if j == (i + 1) % nodes {
            -size(j)
        } else {
            0.0
        }
    });
    let null = DVector::from_fn(nodes, |j, _| 1.0 / size(j)).normalize();
    let mut b = random::<f64>(nodes, 2, 0.3);
    b.column_mut(0).fill(0.0);
    let config = SolveConfig::default().tolerance(1e-9);
    let found = solve_by_descent(&a, &b, config).unwrap();
    let x = found.solution.column(1);
    assert!(x.dot(&null).abs() < 1e-9 * x.norm());
}

/// The loss underflows on the way to 0, while nothing of the start has to leave the zero columns.
#[test]
fn a_start_beside_zero_columns_and_a_zero_right_hand_side_ends() {
    for size in [1.0, 1.4e-284] {
        let a = dmatrix![0.0, 0.0, size];
        for start in [1e-18, 0.7, 1e10] {
            let start = dmatrix![0.3; -0.8; 0.9] * start;
            let config = SolveConfig::default().tolerance(1e-15).start(start.clone());
            let found = solve_by_descent(&a, &dvector![0.0], config).unwrap();
            let expected = dvector![start[0], start[1], 0.0];
            assert_eq!(found.solution.column(0), expected);
        }
    }
}

/// With x near 10^98 in reach, the part of the gradient along the short columns underflowed beside a
/// far start, and a residual along them passed for the optimum.
#[test]
fn a_gradient_that_underflows_is_no_optimum() {
    for (long, short) in [(1e133, 1e-98), (1e173, 1e-178)] {
        let a = dmatrix![long, 2.0 * short, short; long, short, 3.0 * short];
        let b = dvector![1.0, 2.0];
        for start in [0.0, 1e-20, 1.0, 1e20] {
            let config = SolveConfig::default().start(DMatrix::from_element(3, 1, start));
            if let Ok(found) = solve_by_descent(&a, &b, config) {
                let x = found.solution;
                let residual = &b - &a * x;
                assert!(residual.norm() < 1e-12, "{long:e}, {start:e}: {residual}");
            }
        }
    }
}

#[test]
fn a_zero_column_leaves_the_others_scaled() {
    let a = DMatrix::from_fn(30, 6, |i, j| {
        let value = ((7 * i + 3 * j + i * j) as f64).sin();
        if j == 5 {
            0.0
        } else {
            value * 10.0_f64.powi(3 * j as i32)
        }
    });
    let b = DVector::from_fn(30, |i, _| (i as f64).cos());
    let found = solve_by_descent(&a, &b, SolveConfig::default()).unwrap();
    assert_eq!(found.solution[5], 0.0);
    assert!(found.reports[0].steps < 100);
}

#[test]
fn a_relative_residual_is_met_or_told() {
    let a = random::<f64>(20, 20, 0.5) + DMatrix::identity(20, 20) * 4.0;
    let b = DVector::from_fn(20, |i, _| (i as f64).sin());
    for ratio in [1e-2, 1e-6, 1e-12] {
        let config = SolveConfig::default().relative_residual(ratio);
        let found = solve_by_descent(&a, &b, config).unwrap();
        let x = found.solution.column(0).into_owned();
        assert!(judged(&a, &b, &x).relative_residual <= ratio * (1.0 + 1e-3));
        assert_eq!(found.acceptances, [Some(Acceptance::RelativeResidual)]);
        assert_eq!(found.reports[0].stop_reason, StopReason::Accuracy);
    }
    // Only x = 0 meets it for b = 0.
    let start = DMatrix::from_fn(20, 1, |i, _| (i as f64).cos());
    for problem in [SolveProblem::LeastSquares, SolveProblem::PositiveDefinite] {
        for ratio in [0.0, 1e-8] {
            let config = SolveConfig::default().problem(problem);
            let config = config.relative_residual(ratio).start(start.clone());
            let found = solve_by_descent(&a, &DVector::zeros(20), config).unwrap();
            assert_eq!(found.solution, DMatrix::zeros(20, 1));
            assert_eq!(found.acceptances, [Some(Acceptance::RelativeResidual)]);
            assert_eq!(
                (found.reports[0].steps, found.reports[0].evaluations),
                (0, 1)
            );
        }
    }
    // No x comes nearer to b than the least-squares solution.
    let tall = random::<f64>(20, 4, 0.5);
    let config = SolveConfig::default().relative_residual(1e-3);
    let Err(SolveError::NotConverged { best, .. }) = solve_by_descent(&tall, &b, config) else {
        panic!("an impossible residual was met");
    };
    assert_eq!(best.acceptances, [None]);
    let expected = by_qr(&tall, &b);
    assert!((best.solution.column(0) - expected).norm() < 1e-12);
}

/// A map that tells these lengths of its columns, or none.
struct Claiming(DMatrix<f64>, Option<Vec<f64>>);

impl LinearMap<f64> for Claiming {
    fn rows(&self) -> usize {
        self.0.nrows()
    }

    fn columns(&self) -> usize {
        self.0.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.0.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.0.apply_adjoint(y, image);
    }

    fn column_norms(&self) -> Option<Vec<f64>> {
        self.1.clone()
    }
}

#[test]
fn unknown_lengths_leave_the_test_by_norms() {
    let a = random::<f64>(9, 4, 0.3);
    let b = random(9, 1, 0.8);
    let plain = solve_by_descent(&a, &b, SolveConfig::default()).unwrap();
    let found = solve_by_descent(&Claiming(a, None), &b, SolveConfig::default()).unwrap();
    assert!((found.solution - plain.solution).norm() < 1e-13);
    let short = Claiming(dmatrix![1.0, 2e-20; 3.0, 1e-20; 2.0, 5e-20], None);
    let found = solve_by_descent(&short, &dvector![5.0, 5.0, 12.0], SolveConfig::default());
    assert_eq!(found.unwrap().acceptances, [Some(Acceptance::LeastSquares)]);
}

#[test]
fn lengths_that_cannot_be_are_told() {
    let a = random::<f64>(5, 2, 0.3);
    let b = random(5, 1, 0.8);
    for lengths in [
        vec![1.0],
        vec![1.0, f64::NAN],
        vec![-1.0, 1.0],
        vec![f64::INFINITY, 1.0],
    ] {
        let found = solve_by_descent(
            &Claiming(a.clone(), Some(lengths.clone())),
            &b,
            SolveConfig::default(),
        );
        assert!(matches!(found, Err(SolveError::Input(_))), "{found:?}");
        let map = Claiming(a.clone(), Some(lengths));
        let found = solve_in_bounds(&map, &b, &NonNegative, BoundedConfig::default());
        assert!(matches!(found, Err(BoundedError::Input(_))), "{found:?}");
    }
}

#[test]
fn lengths_that_products_contradict_are_told() {
    let a = random::<f64>(5, 2, 0.3);
    let b = random(5, 1, 0.8);
    let norms = LinearMap::column_norms(&a).unwrap();
    for scale in [1.0, 1e170, 1e-170] {
        for (factors, is_right) in [
            ([1.0, 1.0], true),
            ([1.1, 0.9], true),
            ([1e5, 1.0], false),
            ([1.0, 1e20], false),
            ([1e20, 1e20], false),
            ([0.0, 1.0], false),
            ([0.0, 0.0], false),
            ([1.0, 1e-3], false),
            ([1e-20, 1.0], false),
            ([1e-80, 1e-80], false),
        ] {
            let lengths = [0, 1].map(|j| factors[j] * (norms[j] * scale));
            let map = Claiming(&a * scale, Some(lengths.to_vec()));
            let whole = solve_by_descent(&map, &b, SolveConfig::default());
            let bounded = solve_in_bounds(&map, &b, &NonNegative, BoundedConfig::default());
            if is_right {
                whole.unwrap();
                bounded.unwrap();
            } else {
                let name = format!("{scale:e}, {factors:?}");
                assert!(
                    matches!(whole, Err(SolveError::Input(_))),
                    "{name}, {whole:?}"
                );
                assert!(
                    matches!(bounded, Err(BoundedError::Input(_))),
                    "{name}, {bounded:?}"
                );
            }
        }
    }
}

/// A random problem: singular vectors, spectrum, sizes of the columns, how far b is from the range.
#[derive(Clone, Copy, Debug)]
struct Recipe {
    rows: usize,
    columns: usize,
    condition: f64,
    spread: f64,
    misfit: f64,
    seed: u64,
}

fn recipes() -> impl Strategy<Value = Recipe> {
    (
        1_usize..9,
        0_usize..7,
        0.0..13.0,
        0.0..20.0,
        -12.0..1.0,
        0_u64..u64::MAX / 2,
    )
        .prop_map(|(columns, more, condition, spread, misfit, seed)| Recipe {
            rows: columns + more,
            columns,
            condition: 10_f64.powf(condition),
            spread,
            misfit: if more % 3 == 0 {
                0.0
            } else {
                10_f64.powf(misfit)
            },
            seed,
        })
}

impl Recipe {
    /// The matrix before its columns are scaled.
    fn base(&self) -> DMatrix<f64> {
        let (left, right) = (
            orthogonal(self.rows, self.seed),
            orthogonal(self.columns, self.seed + 1),
        );
        let last = self.columns.saturating_sub(1).max(1) as f64;
        let value = |i: usize| self.condition.powf(-(i as f64) / last);
        let sigma = DMatrix::from_fn(
            self.rows,
            self.columns,
            |i, j| if i == j { value(i) } else { 0.0 },
        );
        left * sigma * right
    }

    /// 10^(±spread) at random.
    fn sizes(&self, most: f64) -> Vec<f64> {
        let places = uniform(self.columns, self.seed + 2);
        let spread = self.spread.min(most);
        (0..self.columns)
            .map(|j| 10_f64.powf(spread * places[j]))
            .collect()
    }

    fn right_hand_side(&self, base: &DMatrix<f64>) -> DVector<f64> {
        let noise = uniform(self.rows.max(self.columns), self.seed + 3);
        let x = DVector::from_fn(self.columns, |j, _| noise[(j, 0)]);
        let away = DVector::from_fn(self.rows, |i, _| noise[(i, noise.ncols() - 1)]);
        base * x + away * self.misfit
    }
}

/// Whether a problem with columns of these sizes is solved, or rounding may keep every answer from
/// passing a test; panics if it is not solved and `Ok` says so.
///
/// A test may be out of reach if the condition number is large, or if the residual is neither at
/// the level of rounding nor far above, so that the rounding of x alone spoils its angles.
fn is_solved_or_hard<T: Real>(recipe: &Recipe, most: f64) -> bool {
    let (base, sizes) = (recipe.base(), recipe.sizes(most));
    let a = DMatrix::from_fn(recipe.rows, recipe.columns, |i, j| base[(i, j)] * sizes[j]);
    let a: DMatrix<T> = a.map(<T as Real>::from_f64);
    let b: DVector<T> = recipe.right_hand_side(&base).map(<T as Real>::from_f64);
    let found: Solution<T> = match solve_by_descent(&a, &b, SolveConfig::default()) {
        Ok(found) => found,
        Err(SolveError::NotConverged { best, .. }) => {
            assert_eq!(best.acceptances, [None]);
            let x = best.solution.column(0).map(Real::to_f64);
            let size = judged(&widen(&a), &b.map(Real::to_f64), &x).of_system;
            let epsilon = T::EPSILON.to_f64();
            let between = epsilon..100.0 * epsilon.powf(2.0 / 3.0);
            return recipe.condition > 0.1 / epsilon.sqrt() || between.contains(&size);
        }
        Err(other) => panic!("{recipe:?}: {other}"),
    };
    let x = found.solution.column(0).map(Real::to_f64);
    let judged = judged(&widen(&a), &b.map(Real::to_f64), &x);
    // The residual of the solver has rounding errors of its own.
    let is_right = judged.is_at_floor(T::EPSILON.to_f64(), a.shape(), 2.0);
    assert!(
        is_right,
        "{recipe:?}: {:?} with {:e} and {:e}",
        found.acceptances, judged.of_system, judged.of_least_squares
    );
    true
}

/// σ from 1 down to 1/κ in equal ratios, `rank` of them, and zeros.
fn graded(rows: usize, columns: usize, rank: usize, condition: f64) -> DMatrix<f64> {
    let ratio = condition.powf(-1.0 / (rank - 1) as f64);
    let sigma = DMatrix::from_fn(rows, columns, |i, j| {
        if i == j && i < rank {
            ratio.powi(i as i32)
        } else {
            0.0
        }
    });
    orthogonal(rows, 5) * sigma * orthogonal(columns, 6)
}

/// The largest singular value divided by the smallest nonzero one.
fn condition(a: &DMatrix<f64>) -> f64 {
    let sigma = a.singular_values();
    let nonzero = sigma.iter().filter(|&&s| s > 1e-12 * sigma.max());
    sigma.max() / nonzero.fold(f64::INFINITY, |least, &s| least.min(s))
}

/// The columns with lengths between 1/√2 and √2, by powers of two.
fn balanced(mut a: DMatrix<f64>) -> DMatrix<f64> {
    for mut column in a.column_iter_mut() {
        column *= 2.0_f64.powi(-column.norm().log2().round() as i32);
    }
    a
}

/// Rounding errors of the last steps are no part of the spectrum, and the loss of orthogonality over
/// many steps hides none of it.
#[test]
fn the_condition_estimate_is_below_the_condition_number_and_near_it() {
    let mut with_zero_column = random::<f64>(6, 4, 0.9);
    with_zero_column.column_mut(2).fill(0.0);
    for (name, a) in [
        ("zero column", with_zero_column),
        ("tall", random(12, 5, 0.2)),
        ("square", random(8, 8, 0.6)),
        ("rank 3", of_rank(9, 7, 3)),
        ("wide", random(5, 9, 0.4)),
        ("κ = 1e3, rank 10", graded(30, 20, 10, 1e3)),
        ("κ = 1e6, rank 5", graded(12, 12, 5, 1e6)),
        ("κ = 1e3", balanced(graded(30, 20, 20, 1e3))),
        ("κ = 1e6", balanced(graded(25, 25, 25, 1e6))),
        ("diffusion", diffusion(10)),
    ] {
        let b = random::<f64>(a.nrows(), 2, 0.7);
        let is_definite = name == "diffusion";
        let definite = SolveConfig::default().problem(SolveProblem::PositiveDefinite);
        let truth = condition(&a);
        let of_balanced = if is_definite {
            condition(&balanced(a.clone()))
        } else {
            truth
        };
        for (config, truth, reaches_all) in [
            (SolveConfig::default(), of_balanced, true),
            (SolveConfig::default().tolerance(3.9e-17), of_balanced, true),
            (
                SolveConfig::default().relative_residual(1e-17),
                of_balanced,
                true,
            ),
            (SolveConfig::default().tolerance(1e-4), of_balanced, false),
            (SolveConfig::default().noise(1e-17), truth, true),
            (definite.clone(), truth, true),
            (definite.clone().tolerance(3.9e-17), truth, true),
        ] {
            let asks_definite = config == config.clone().problem(SolveProblem::PositiveDefinite);
            if asks_definite && !is_definite {
                continue;
            }
            let case = format!("{name}, {config:?}");
            let estimate = match solve_by_descent(&a, &b, config) {
                Ok(found) => found.condition_estimate,
                Err(SolveError::NotConverged { best, .. }) => best.condition_estimate,
                Err(other) => panic!("{case}: {other}"),
            };
            assert!(
                estimate <= truth * (1.0 + 1e-9),
                "{case}: {estimate} above {truth}"
            );
            if reaches_all {
                assert!(3.0 * estimate >= truth, "{case}: {estimate} of {truth}");
            }
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_wrong_least_squares_whatever_the_sizes_of_the_columns(recipe in recipes()) {
        prop_assert!(is_solved_or_hard::<f64>(&recipe, 20.0), "{:?}", recipe);
        let single = Recipe { condition: recipe.condition.min(1e6), ..recipe };
        prop_assert!(is_solved_or_hard::<f32>(&single, 8.0), "{:?}", single);
    }
}
