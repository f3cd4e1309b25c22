//! Least squares within bounds, against all active sets tried one after another.

use std::ops::ControlFlow;

use matrix_descent::set::{Bounds, BoxSet, EntryBounds, NonNegative};
use matrix_descent::solve::BoundedError;
use matrix_descent::{
    BoundedConfig, ConvexSet, InputError, LinearMap, Progress, Real, SolveConfig, StopReason,
    solve_by_descent, solve_in_bounds,
};
use nalgebra::{DMatrix, DVector, dmatrix, dvector};

use crate::support::systems::{random, widened};

/// The least residual within bounds: of the least-squares solutions for every choice of entries at
/// their bounds, the best that is within them.
fn brute_force(a: &DMatrix<f64>, b: &DVector<f64>, lower: &[f64], upper: &[f64]) -> f64 {
    let n = a.ncols();
    let mut least = f64::INFINITY;
    for code in 0..3_usize.pow(n as u32) {
        let choice = |j: usize| code / 3_usize.pow(j as u32) % 3;
        let fixed = |j: usize| match choice(j) {
            0 => 0.0,
            1 => lower[j],
            _ => upper[j],
        };
        let mut x = DVector::from_fn(n, |j, _| fixed(j));
        if x.iter().any(|value| !value.is_finite()) {
            continue;
        }
        let free: Vec<usize> = (0..n).filter(|&j| choice(j) == 0).collect();
        if !free.is_empty() {
            let lengths: Vec<f64> = free.iter().map(|&j| a.column(j).norm()).collect();
            let columns =
                DMatrix::from_fn(a.nrows(), free.len(), |i, j| a[(i, free[j])] / lengths[j]);
            let svd = columns.svd(true, true);
            let negligible = 1e-13 * svd.singular_values.max();
            let found = svd.solve(&(b - a * &x), negligible).unwrap();
            for (i, &j) in free.iter().enumerate() {
                x[j] = found[i] / lengths[i];
            }
        }
        let is_within = (0..n).all(|j| lower[j] <= x[j] && x[j] <= upper[j]);
        if is_within {
            least = least.min((b - a * x).norm());
        }
    }
    least
}

/// Random, with lengths from 1e-9 to 1e9, dependent, nearly dependent, and with a positive mean.
fn hard_matrix(kind: usize, rows: usize, columns: usize, seed: f64) -> DMatrix<f64> {
    let mut a = random::<f64>(rows, columns, seed);
    let last = columns - 1;
    for j in 0..columns {
        match kind {
            1 => a
                .column_mut(j)
                .scale_mut(10.0_f64.powi((7 * j as i32 + 3) % 19 - 9)),
            2 if j == last && j > 0 => {
                let twice = a.column(0) * 2.0;
                a.set_column(j, &twice);
            }
            3 if j == last && j > 0 => {
                let near = a.column(0) + a.column(j) * 1e-6;
                a.set_column(j, &near);
            }
            4 => a.column_mut(j).add_scalar_mut(2.0),
            _ => {}
        }
    }
    a
}

fn bounds(kind: usize, n: usize) -> (Vec<f64>, Vec<f64>) {
    let infinite = f64::INFINITY;
    match kind {
        0 => (vec![0.0; n], vec![infinite; n]),
        1 => (vec![-0.3; n], vec![0.2; n]),
        2 => {
            let lower = |j: usize| if j.is_multiple_of(2) { -infinite } else { 0.1 };
            let upper = |j: usize| if j.is_multiple_of(3) { 0.1 } else { 1.0 };
            ((0..n).map(lower).collect(), (0..n).map(upper).collect())
        }
        _ => (vec![-infinite; n], vec![infinite; n]),
    }
}

#[test]
fn no_choice_of_active_entries_is_better() {
    for case in 0..240 {
        let (rows, columns) = (1 + case % 7, 1 + case / 7 % 5);
        let a = hard_matrix(case % 5, rows, columns, 0.1 + case as f64);
        let b = random::<f64>(rows, 1, 0.7 + case as f64)
            .column(0)
            .into_owned();
        let (lower, upper) = bounds(case % 4, columns);
        let set = EntryBounds::new(&lower, &upper);
        let name = format!("case {case}: {rows}×{columns}");
        let found = solve_in_bounds(&a, &b, &set, BoundedConfig::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let x = found.solution.column(0);
        for j in 0..columns {
            assert!(lower[j] <= x[j] && x[j] <= upper[j], "{name}: {x}");
        }
        let terms: f64 = (0..columns).map(|j| a.column(j).norm() * x[j].abs()).sum();
        let residual = (&b - &a * x).norm();
        let excess = residual - brute_force(&a, &b, &lower, &upper);
        assert!(excess <= 1e-12 * (terms + b.norm()), "{name}: {excess:e}");
        let optimality = found.optimalities[0];
        assert!((optimality.residual - residual).abs() <= 1e-13 * (terms + b.norm()));
        assert!(optimality.is_accepted, "{name}");
        let at_bounds = (0..columns).filter(|&j| x[j] == lower[j] || x[j] == upper[j]);
        assert_eq!(optimality.at_bounds, at_bounds.count(), "{name}");
        // What rounding leaves of the residual, if columns nearly cancel.
        let allowed = 1e-13 * residual + 1e-15 * (terms + b.norm());
        let violation = optimality.kkt_residual * residual;
        let is_solved = optimality.relative_residual < 1e-13;
        assert!(violation <= allowed || is_solved, "{name}: {optimality:?}");
    }
}

/// The answer is known: with aⱼ orthogonal, each entry is the nearest within its bounds.
fn solves_orthogonal_columns<T: Real>() {
    let value = |value: f64| <T as Real>::from_f64(value);
    let sizes = [1e9, 1.0, 1e-9, 3e4];
    let a = DMatrix::from_fn(
        5,
        4,
        |i, j| if i == j { value(sizes[j]) } else { T::zero() },
    );
    let b = DMatrix::from_column_slice(5, 1, &[2.0, -3.0, 4.0, 0.0, 1.0].map(value));
    let found = solve_in_bounds(&a, &b, &NonNegative, BoundedConfig::default()).unwrap();
    let expected = [2.0 / sizes[0], 0.0, 4.0 / sizes[2], 0.0];
    for (&x, expected) in found.solution.iter().zip(expected) {
        let error = (x.to_f64() - expected).abs();
        assert!(
            error <= 4.0 * T::EPSILON.to_f64() * expected,
            "{x:e}, {expected:e}"
        );
    }
    let optimality = found.optimalities[0];
    let residual = optimality.residual.to_f64();
    assert!((residual - 10.0_f64.sqrt()).abs() < 8.0 * T::EPSILON.to_f64());
    assert!(optimality.kkt_residual.to_f64() <= 40.0 * T::EPSILON.to_f64());
    assert_eq!(found.reports[0].stop_reason, StopReason::Accuracy);
}

#[test]
fn orthogonal_columns_of_any_length_are_solved_to_rounding() {
    solves_orthogonal_columns::<f64>();
    solves_orthogonal_columns::<f32>();
}

#[test]
fn a_solution_at_a_vertex_is_found_to_the_last_bit() {
    let a = random::<f64>(30, 12, 0.3).add_scalar(1.0);
    // Uphill in every direction that is allowed.
    let b = DVector::from_element(30, -1.0);
    let found = solve_in_bounds(&a, &b, &NonNegative, BoundedConfig::default()).unwrap();
    assert_eq!(found.solution, DVector::zeros(12));
    assert_eq!(
        (found.reports[0].steps, found.optimalities[0].at_bounds),
        (0, 12)
    );
    assert_eq!(found.optimalities[0].kkt_residual, 0.0);
    // The same vertex from elsewhere.
    let config = BoundedConfig::default().start(DMatrix::from_element(12, 1, 3.0));
    let found = solve_in_bounds(&a, &b, &NonNegative, config).unwrap();
    assert_eq!(found.solution, DVector::zeros(12));
}

#[test]
fn without_bounds_it_is_least_squares() {
    let (a, b) = (random::<f64>(40, 15, 0.3), random::<f64>(40, 3, 0.8));
    let everything = Bounds::new(f64::NEG_INFINITY, f64::INFINITY);
    let found = solve_in_bounds(&a, &b, &everything, BoundedConfig::default()).unwrap();
    let expected = solve_by_descent(&a, &b, SolveConfig::default())
        .unwrap()
        .solution;
    assert!((found.solution - expected).norm() < 1e-12);
}

/// A map that knows no lengths of columns.
struct Opaque(DMatrix<f64>);
impl LinearMap<f64> for Opaque {
    fn rows(&self) -> usize {
        self.0.nrows()
    }

    fn columns(&self) -> usize {
        self.0.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        LinearMap::apply(&self.0, x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        LinearMap::apply_adjoint(&self.0, y, image);
    }
}

#[test]
fn any_map_and_any_number_of_sides_give_the_same() {
    let (a, b) = (random::<f64>(30, 20, 0.3), random::<f64>(30, 4, 0.8));
    let box_of_all = Bounds::new(-0.05, 0.1);
    let config = BoundedConfig::default;
    let found = solve_in_bounds(&a, &b, &box_of_all, config())
        .unwrap()
        .solution;
    let opaque = Opaque(a.clone());
    let other = solve_in_bounds(&opaque, &b, &box_of_all, config())
        .unwrap()
        .solution;
    assert!((&found - other).norm() < 1e-12);
    for j in 0..4 {
        let side = b.column(j).into_owned();
        let alone = solve_in_bounds(&a, &side, &box_of_all, config()).unwrap();
        assert_eq!(alone.solution.column(0), found.column(j));
    }
}

#[test]
fn the_smallest_problems_and_special_right_sides() {
    let solve = |a: f64, b: f64, lower: f64, upper: f64| {
        let (a, b) = (dmatrix![a], dvector![b]);
        let found = solve_in_bounds(&a, &b, &Bounds::new(lower, upper), BoundedConfig::default());
        found.unwrap().solution[0]
    };
    assert_eq!(solve(2.0, 6.0, 0.0, f64::INFINITY), 3.0);
    assert_eq!(solve(2.0, 6.0, 0.0, 1.0), 1.0);
    assert_eq!(solve(2.0, -6.0, -1.0, 1.0), -1.0);
    assert_eq!(solve(2.0, 6.0, 0.25, 0.25), 0.25);
    assert_eq!(solve(2.0, 0.0, 1.0, 5.0), 1.0);
    assert_eq!(solve(0.0, 7.0, 1.0, 5.0), 1.0);
    for size in [1e300, 1e-300] {
        let error = (solve(size, 6.0 * size, 0.0, 10.0) / 6.0 - 1.0).abs();
        assert!(error < 1e-15, "{size:e}: {error:e}");
    }
    let a = random::<f64>(9, 5, 0.2);
    let found = solve_in_bounds(
        &a,
        &DVector::zeros(9),
        &NonNegative,
        BoundedConfig::default(),
    );
    assert_eq!(found.unwrap().solution, DVector::zeros(5));
}

#[test]
fn bad_input_is_refused() {
    let (a, b) = (random::<f64>(4, 3, 0.2), random::<f64>(4, 1, 0.3));
    let config = BoundedConfig::default;
    let refused = |result: Result<_, BoundedError>| match result {
        Err(BoundedError::Input(error)) => error,
        other => panic!("{other:?}"),
    };
    let set = Bounds::new(2.0, 1.0);
    let error = refused(solve_in_bounds(&a, &b, &set, config()));
    assert!(
        matches!(error, InputError::InvalidSetting { .. }),
        "{error}"
    );
    let error = refused(solve_in_bounds(
        &a,
        &b,
        &Bounds::new(f64::NAN, 1.0),
        config(),
    ));
    assert!(
        matches!(error, InputError::InvalidSetting { .. }),
        "{error}"
    );
    let set = EntryBounds::new(&[0.0; 2], &[1.0; 2]);
    let error = refused(solve_in_bounds(&a, &b, &set, config()));
    assert!(matches!(
        error,
        InputError::DimensionMismatch {
            expected: 2,
            found: 3
        }
    ));
    let empty = DMatrix::<f64>::zeros(4, 0);
    let error = refused(solve_in_bounds(&empty, &b, &NonNegative, config()));
    assert!(matches!(error, InputError::Empty { .. }));
    let error = refused(solve_in_bounds(
        &a,
        &(&b * f64::NAN),
        &NonNegative,
        config(),
    ));
    assert!(matches!(error, InputError::NotFinite { .. }));
    let error = refused(solve_in_bounds(
        &(&a * f64::NAN),
        &b,
        &NonNegative,
        config(),
    ));
    assert!(matches!(error, InputError::NotFinite { .. }));
    let start = config().start(DMatrix::zeros(2, 1));
    let error = refused(solve_in_bounds(&a, &b, &NonNegative, start));
    assert!(matches!(error, InputError::ShapeMismatch { .. }));
    let error = refused(solve_in_bounds(&a, &b, &NonNegative, config().max_steps(0)));
    assert!(matches!(error, InputError::InvalidSetting { .. }));
    let error = refused(solve_in_bounds(
        &a,
        &b,
        &NonNegative,
        config().tolerance(1.0),
    ));
    assert!(matches!(error, InputError::InvalidSetting { .. }));
}

#[test]
fn what_the_format_does_not_hold_is_an_error() {
    let (a, b) = (dmatrix![1e-200], dvector![1e200]);
    let error = solve_in_bounds(&a, &b, &NonNegative, BoundedConfig::default());
    assert_eq!(error, Err(BoundedError::OutOfRange { column: 0 }));
    let within = solve_in_bounds(&a, &b, &Bounds::new(0.0, 1e300), BoundedConfig::default());
    assert_eq!(within.unwrap().solution[0], 1e300);
}

/// A limit and a break keep what was reached, within the bounds.
#[test]
fn an_early_end_keeps_what_was_reached() {
    let (a, b) = (
        random::<f64>(40, 30, 0.2).add_scalar(0.4),
        random::<f64>(40, 2, 0.3),
    );
    let limited = solve_in_bounds(&a, &b, &NonNegative, BoundedConfig::default().max_steps(2));
    let Err(BoundedError::NotConverged { column: 0, reached }) = limited else {
        panic!("{limited:?}");
    };
    assert_eq!(reached.reports[0].stop_reason, StopReason::StepLimit);
    assert_eq!(reached.reports[0].steps, 2);
    assert!(reached.solution.iter().all(|&x| x >= 0.0));
    assert!(reached.optimalities[0].kkt_residual > 1e-6);
    let x = reached.solution.column(0);
    let residual = (b.column(0) - &a * x).norm();
    assert!((reached.optimalities[0].residual - residual).abs() < 1e-13);

    let mut steps = Vec::new();
    let watch = |progress: &Progress<'_, f64>| {
        let x = DVector::from_column_slice(progress.parameters);
        let residual = &a * &x - b.column(0);
        assert!((progress.loss - 0.5 * residual.norm_squared()).abs() < 1e-12);
        let gradient = a.tr_mul(&residual);
        let shown = DVector::from_column_slice(progress.gradient);
        assert!((gradient - shown).norm() < 1e-11);
        steps.push(progress.step);
        match progress.step {
            3 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    };
    let stopped = solve_in_bounds(
        &a,
        &b,
        &NonNegative,
        BoundedConfig::default().observer(watch),
    );
    let Err(BoundedError::NotConverged { reached, .. }) = stopped else {
        panic!("{stopped:?}");
    };
    assert_eq!(steps, [0, 1, 2, 3]);
    for report in &reached.reports {
        assert_eq!(report.stop_reason, StopReason::Observer);
    }
}

/// Large: the conditions are checked here, from the data.
fn is_optimal_when_large<T: Real>() {
    let a = random::<T>(120, 80, 0.2);
    let b = random::<T>(120, 1, 0.6);
    let found = solve_in_bounds(&a, &b, &NonNegative, BoundedConfig::default()).unwrap();
    let (a, b, x) = (widened(&a), widened(&b), widened(&found.solution));
    let residual = &b - &a * &x;
    let gradient = -a.tr_mul(&residual);
    let allowed = 1e3 * T::EPSILON.to_f64() * residual.norm();
    let mut at_bounds = 0;
    for j in 0..80 {
        let length = a.column(j).norm();
        if x[j] == 0.0 {
            at_bounds += 1;
            assert!(gradient[j] >= -allowed * length, "{j}");
        } else {
            assert!(x[j] > 0.0 && gradient[j].abs() <= allowed * length, "{j}");
        }
    }
    assert_eq!(found.optimalities[0].at_bounds, at_bounds);
    assert!((20..60).contains(&at_bounds));
}

#[test]
fn large_problems_meet_the_conditions() {
    is_optimal_when_large::<f32>();
    is_optimal_when_large::<f64>();
}

#[test]
fn short_columns_of_unknown_length_are_solved_too() {
    let a = dmatrix![1e9, 0.0, 0.0; 0.0, 1e-9, 0.0; 0.0, 0.0, 1.0];
    let b = dvector![1.0, 1.0, -1.0];
    let found = solve_in_bounds(&Opaque(a), &b, &NonNegative, BoundedConfig::default()).unwrap();
    for (x, expected) in found.solution.iter().zip([1e-9, 1e9, 0.0]) {
        assert!((x - expected).abs() <= 1e-13 * expected, "{x:e}");
    }
    // Columns of zeros have no length either.
    let a = Opaque(dmatrix![0.0, 2.0; 0.0, 0.0]);
    let found = solve_in_bounds(
        &a,
        &dvector![4.0, 1.0],
        &NonNegative,
        BoundedConfig::default(),
    );
    assert!((found.unwrap().solution - dvector![0.0, 2.0]).norm() < 1e-14);
}

/// Bounds that nobody has checked.
struct Unchecked([f64; 2]);

impl ConvexSet<f64> for Unchecked {
    fn project(&self, _point: &mut [f64]) {}
}

impl BoxSet<f64> for Unchecked {
    fn bounds_of(&self, _index: usize) -> (f64, f64) {
        let [lower, upper] = self.0;
        (lower, upper)
    }
}

#[test]
fn bounds_of_other_sets_are_checked() {
    let (a, b) = (dmatrix![1.0], dvector![1.0]);
    let solve = |bounds| solve_in_bounds(&a, &b, &Unchecked(bounds), BoundedConfig::default());
    let infinite = f64::INFINITY;
    for bounds in [
        [2.0, 1.0],
        [f64::NAN, 1.0],
        [0.0, f64::NAN],
        [infinite; 2],
        [-infinite; 2],
    ] {
        let found = solve(bounds);
        assert!(
            matches!(found, Err(BoundedError::Input(_))),
            "{bounds:?}: {found:?}"
        );
    }
    // The start is outside, and the set does not move it.
    assert_eq!(solve([2.0, 3.0]).unwrap().solution[0], 2.0);
}

#[test]
fn what_is_far_larger_hides_nothing() {
    let config = BoundedConfig::default;
    // Large fixed entries that cancel.
    let a = dmatrix![1.0, -1.0, 0.0; 0.0, 0.0, 1.0];
    let set = EntryBounds::new(&[1e20, 1e20, 0.0], &[1e20, 1e20, 5.0]);
    let found = solve_in_bounds(&a, &dvector![0.0, 1.0], &set, config()).unwrap();
    assert_eq!(found.solution, dvector![1e20, 1e20, 1.0]);
    // An entry that changes nothing.
    let a = dmatrix![0.0, 1.0];
    let set = EntryBounds::new(&[1e200, 0.0], &[1e200, 5.0]);
    let found = solve_in_bounds(&a, &dvector![3.0], &set, config()).unwrap();
    assert_eq!(found.solution, dvector![1e200, 3.0]);
    // A start beside which b is nothing.
    let start = config().start(dmatrix![1e300; 1e300]);
    let a = dmatrix![1.0, 0.5; 0.0, 1.0];
    let found = solve_in_bounds(&a, &dvector![3.0, 2.0], &NonNegative, start).unwrap();
    assert!((found.solution - dvector![2.0, 2.0]).norm() < 1e-14);
}

/// Gaussian bumps that overlap.
#[test]
fn nearly_dependent_columns_meet_the_conditions() {
    let bump = |i: usize, j: usize| (-((i as f64 / 3.0 - j as f64) / 2.0).powi(2)).exp();
    let a = DMatrix::from_fn(120, 40, bump);
    let expected = DVector::from_fn(40, |j, _| if (10..15).contains(&j) { 1.0 } else { 0.0 });
    let b = &a * &expected + random::<f64>(120, 1, 0.4).column(0) * 1e-3;
    let found = solve_in_bounds(&a, &b, &NonNegative, BoundedConfig::default()).unwrap();
    let x = found.solution.column(0);
    let residual = &a * x - &b;
    let gradient = a.tr_mul(&residual);
    for j in 0..40 {
        let allowed = 1e-10 * a.column(j).norm() * residual.norm();
        assert!(x[j] >= 0.0 && gradient[j] >= -allowed, "{j}");
        assert!(x[j] == 0.0 || gradient[j] <= allowed, "{j}");
    }
}

#[test]
fn what_cancels_solves_nothing() {
    let config = BoundedConfig::<f64>::default;
    // Fixed entries that cancel beside a system that is not solved.
    let block = random::<f64>(12, 6, 0.3);
    let mut a = DMatrix::zeros(13, 8);
    (a[(0, 0)], a[(0, 1)]) = (1.0, -1.0);
    a.view_mut((1, 2), (12, 6)).copy_from(&block);
    let b = random::<f64>(13, 1, 0.7).column(0).into_owned();
    let expected = solve_in_bounds(&block, &b.rows(1, 12).into_owned(), &NonNegative, config());
    let expected = expected.unwrap().solution;
    let (mut lower, mut upper) = ([0.0; 8], [f64::INFINITY; 8]);
    (lower[0], lower[1], upper[0], upper[1]) = (1e15, 1e15, 1e15, 1e15);
    let set = EntryBounds::new(&lower, &upper);
    let found = solve_in_bounds(&a, &b, &set, config()).unwrap().solution;
    assert!((found.rows(2, 6) - expected).norm() < 1e-12);
    // A start that cancels.
    let start = config().start(dmatrix![1e17; 1e17]);
    let found = solve_in_bounds(&dmatrix![1.0, -1.0], &dvector![1.0], &NonNegative, start);
    assert!((found.unwrap().solution - dvector![1.0, 0.0]).norm() < 1e-14);
    // Bounds so far away that b is out of range beside them.
    for (a, b, lower) in [
        (dmatrix![1e150, -1e150], 1e-10, [1e150, 0.0]),
        (dmatrix![1.0, -1.0], 1.0, [1e170, 1e170]),
    ] {
        let set = EntryBounds::new(&lower, &[f64::INFINITY; 2]);
        let found = solve_in_bounds(&a, &dvector![b], &set, config());
        assert!(
            matches!(found, Err(BoundedError::OutOfRange { column: 0 })),
            "{found:?}"
        );
    }
}
