//! Least squares within bounds, against all active sets tried one after another.

use std::ops::ControlFlow;

use matrix_descent::set::{Bounds, BoxSet, EntryBounds, NonNegative};
use matrix_descent::solve::{BoundedError, BoundedSolution};
use matrix_descent::{
    BoundedConfig, ConvexSet, InputError, LinearMap, Progress, Real, SolveConfig, StopReason,
    solve_by_descent, solve_in_bounds,
};
use nalgebra::{DMatrix, DVector, dmatrix, dvector};

use crate::support::parts::{Rows, on_each_part};
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

/// A problem near 1, and its least residual.
struct Case {
    a: DMatrix<f64>,
    b: DVector<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    least: f64,
}

impl Case {
    /// With entries that `T` holds.
    fn new<T: Real>(case: usize) -> Self {
        let (rows, columns) = (1 + case % 7, 1 + case / 7 % 5);
        let held = |value: f64| <T as Real>::from_f64(value).to_f64();
        let a = hard_matrix(case % 5, rows, columns, 0.1 + case as f64).map(held);
        let b = random::<f64>(rows, 1, 0.7 + case as f64).map(held);
        let b = b.column(0).into_owned();
        let (lower, upper) = bounds(case % 4, columns);
        let held_by = |bounds: Vec<f64>| bounds.into_iter().map(held).collect();
        let (lower, upper): (Vec<f64>, Vec<f64>) = (held_by(lower), held_by(upper));
        let least = brute_force(&a, &b, &lower, &upper);
        Self {
            a,
            b,
            lower,
            upper,
            least,
        }
    }

    /// Solves it with A times 2^`of_a` and b times 2^`of_b`; A is wrapped by `wrap`.
    fn is_solved<T: Real, A: LinearMap<T>>(
        &self,
        name: &str,
        (of_a, of_b): (i32, i32),
        wrap: impl Fn(DMatrix<T>) -> A,
    ) {
        let of_x = of_b - of_a;
        let scaled = |value: f64, power| <T as Real>::from_f64(value * 2.0_f64.powi(power));
        let map = wrap(self.a.map(|value| scaled(value, of_a)));
        let of_bounds = |bounds: &[f64]| -> Vec<T> {
            (bounds.iter()).map(|&bound| scaled(bound, of_x)).collect()
        };
        let (lower, upper) = (of_bounds(&self.lower), of_bounds(&self.upper));
        let set = EntryBounds::new(&lower, &upper);
        let b = self.b.map(|value| scaled(value, of_b));
        let found = solve_in_bounds(&map, &b, &set, BoundedConfig::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let columns = self.a.ncols();
        let x = found.solution.column(0);
        for j in 0..columns {
            assert!(lower[j] <= x[j] && x[j] <= upper[j], "{name}: {x}");
        }
        let optimality = found.optimalities[0];
        let at_bounds = (0..columns).filter(|&j| x[j] == lower[j] || x[j] == upper[j]);
        assert_eq!(optimality.at_bounds, at_bounds.count(), "{name}");
        let epsilon = T::EPSILON.to_f64();
        let x = DVector::from_fn(columns, |j, _| x[j].to_f64() * 2.0_f64.powi(-of_x));
        let terms: f64 = (0..columns)
            .map(|j| self.a.column(j).norm() * x[j].abs())
            .sum();
        let terms = terms + self.b.norm();
        let residual = (&self.b - &self.a * x).norm();
        let excess = residual - self.least;
        assert!(excess <= 4500.0 * epsilon * terms, "{name}: {excess:e}");
        let told = optimality.residual.to_f64() * 2.0_f64.powi(-of_b);
        assert!((told - residual).abs() <= 450.0 * epsilon * terms, "{name}");
        if map.column_norms().is_none() {
            return;
        }
        // What rounding leaves of the residual, if columns nearly cancel.
        let allowed = 450.0 * epsilon * residual + 4.5 * epsilon * terms;
        let violation = optimality.kkt_residual.to_f64() * residual;
        let is_solved = optimality.relative_residual.to_f64() < 450.0 * epsilon;
        assert!(violation <= allowed || is_solved, "{name}: {optimality:?}");
    }
}

#[test]
fn no_choice_of_active_entries_is_better() {
    for index in 0..240 {
        let case = Case::new::<f64>(index);
        case.is_solved::<f64, _>(&format!("{index}"), (0, 0), |a| a);
        case.is_solved::<f64, _>(&format!("{index}, opaque"), (0, 0), Opaque);
        let far = [
            (498, 0),
            (-498, 0),
            (0, 498),
            (0, -498),
            (498, 498),
            (-498, -498),
        ];
        let powers = far[index % far.len()];
        case.is_solved::<f64, _>(&format!("{index}, {powers:?}"), powers, |a| a);
    }
    for index in (0..240).step_by(2) {
        let case = Case::new::<f32>(index);
        case.is_solved::<f32, _>(&format!("{index}, single"), (0, 0), |a| a);
        case.is_solved::<f32, _>(&format!("{index}, single, opaque"), (0, 0), Opaque);
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
struct Opaque<T: Real>(DMatrix<T>);
impl<T: Real> LinearMap<T> for Opaque<T> {
    fn rows(&self) -> usize {
        self.0.nrows()
    }

    fn columns(&self) -> usize {
        self.0.ncols()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        LinearMap::apply(&self.0, x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
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
    assert!(matches!(
        error,
        Err(BoundedError::OutOfRange { column: 0, .. })
    ));
    let within = solve_in_bounds(&a, &b, &Bounds::new(0.0, 1e300), BoundedConfig::default());
    assert_eq!(within.unwrap().solution[0], 1e300);
}

#[test]
fn a_column_out_of_range_leaves_the_others() {
    let (a, b) = (dmatrix![1e-200], dmatrix![1e-200, 1e200, 3e-200]);
    let found = solve_in_bounds(&a, &b, &NonNegative, BoundedConfig::default());
    let Err(BoundedError::OutOfRange { column: 1, reached }) = found else {
        panic!("{found:?}");
    };
    for (column, expected) in [1.0, f64::MAX, 3.0].into_iter().enumerate() {
        let (x, optimality) = (reached.solution[column], reached.optimalities[column]);
        assert!((x / expected - 1.0).abs() < 1e-15, "{column}: {x:e}");
        assert_eq!(optimality.is_accepted, column != 1, "{column}");
    }
    // The best that the format holds removes next to nothing of b.
    assert!((reached.optimalities[1].residual / 1e200 - 1.0).abs() < 1e-15);
    // Nothing is known of a column that the format loses beside the bounds.
    let (a, b) = (dmatrix![1.0, -1.0], dmatrix![1.0, 1e169]);
    let set = EntryBounds::new(&[1e170, 1e170], &[f64::INFINITY; 2]);
    let found = solve_in_bounds(&a, &b, &set, BoundedConfig::default());
    let Err(BoundedError::OutOfRange { column: 0, reached }) = found else {
        panic!("{found:?}");
    };
    assert_eq!(reached.solution.column(0), dvector![1e170, 1e170]);
    assert_eq!(reached.optimalities[0].residual, f64::INFINITY);
    assert!(reached.optimalities[1].is_accepted);
    assert!((reached.solution[(0, 1)] / 1.1e170 - 1.0).abs() < 1e-14);
}

/// Small columns whose products with the residual underflow.
#[test]
fn what_underflow_hides_is_not_accepted() {
    let a = dmatrix![1e38_f32, 0.0; 0.0, 1e-42; 0.0, 3e-42];
    let b = dvector![1.0_f32, 1e-5, 3e-5];
    let found = solve_in_bounds(&a, &b, &NonNegative, BoundedConfig::default());
    let Ok(found) = found else {
        return;
    };
    // 1e37, as far as such entries have digits.
    assert!((found.solution[1] / 1e37 - 1.0).abs() < 1e-2, "{found:?}");
}

#[test]
fn observers_see_points_within_the_bounds() {
    // The bounds underflow in the scaled problem, and the first entry changes nothing.
    let a = dmatrix![0.0, 1.0, 0.0; 0.0, 0.5, 1.0];
    let b = dvector![1e20, -1e20];
    let lower = [1e200, 1e-310, 1e-310];
    let mut seen = 0;
    let watch = |progress: &Progress<'_, f64>| {
        seen += 1;
        let mut entries = progress.parameters.iter().zip(lower);
        assert!(entries.all(|(&x, lower)| x >= lower));
        ControlFlow::Continue(())
    };
    let set = EntryBounds::new(&lower, &[f64::INFINITY; 3]);
    let config = BoundedConfig::default().observer(watch);
    let found = solve_in_bounds(&a, &b, &set, config).unwrap();
    assert_eq!((found.solution[0], found.solution[2]), (1e200, 1e-310));
    assert!(seen > 1);
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
    for (x, expected) in found.solution.iter().zip([1e-9_f64, 1e9, 0.0]) {
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

/// A matrix by its products and the lengths of its columns, without its entries.
struct Hidden(DMatrix<f64>);

impl LinearMap<f64> for Hidden {
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

    fn column_norms(&self) -> Option<Vec<f64>> {
        LinearMap::column_norms(&self.0)
    }
}

#[test]
fn factorisations_save_products() {
    // Condition number 1e6.
    let [left, right] = [(60, 0.3), (40, 0.8)].map(|(rows, phase)| {
        let factors = random::<f64>(rows, 40, phase).qr();
        factors.q()
    });
    let sizes = DVector::from_fn(40, |j, _| 10.0_f64.powf(-6.0 * j as f64 / 39.0));
    let a = left * DMatrix::from_diagonal(&sizes) * right.transpose();
    let b = random::<f64>(60, 1, 0.4);
    let config = || BoundedConfig::default().max_steps(3000);
    let products = |found: Result<_, BoundedError>| match found {
        Ok(BoundedSolution { reports, .. }) => reports[0].evaluations,
        Err(BoundedError::NotConverged { reached, .. }) => reached.reports[0].evaluations,
        Err(error) => panic!("{error}"),
    };
    for lower in [0.0, -f64::INFINITY] {
        let set = Bounds::new(lower, f64::INFINITY);
        let with = solve_in_bounds(&a, &b, &set, config()).unwrap();
        let without = products(solve_in_bounds(&Hidden(a.clone()), &b, &set, config()));
        let with = with.reports[0].evaluations;
        assert!(3 * with < without, "{lower}: {with}, {without}");
    }
}

/// Conjugate gradients take thousands of steps, single exchanges one for each entry or more.
#[test]
fn exchanges_of_many_entries_end_at_the_minimum() {
    for condition in [1e4_f64, 1e8] {
        let (m, n) = (160, 80);
        let left = random::<f64>(m, n, 0.3).qr().q();
        let right = random::<f64>(n, n, 0.8).qr().q();
        let sizes = DVector::from_fn(n, |j, _| condition.powf(-(j as f64) / (n - 1) as f64));
        let a = left * DMatrix::from_diagonal(&sizes) * right.transpose();
        let truth = random::<f64>(n, 1, 0.4).map(|value| value.max(0.0));
        let b = &a * truth + random::<f64>(m, 1, 0.9) * 1e-3;
        for upper in [f64::INFINITY, 0.3] {
            let set = Bounds::new(0.0, upper);
            let found = solve_in_bounds(&a, &b, &set, BoundedConfig::default()).unwrap();
            let steps = found.reports[0].steps;
            assert!(steps < 2 * n, "{condition:e}, {upper}: {steps}");
            let x = found.solution;
            let residual = &a * &x - &b;
            let slopes = a.tr_mul(&residual) / residual.norm();
            for (x, slope) in x.iter().zip(&slopes) {
                let violation = if *x == 0.0 {
                    -slope
                } else if *x == upper {
                    *slope
                } else {
                    slope.abs()
                };
                assert!(violation < 1e-12, "{condition:e}, {upper}: {violation:e}");
            }
        }
    }
}

/// 1e9 beside 1e-9 times the matrix with 2 on the diagonal and −1 beside it.
struct LongAndShort(usize);

impl LinearMap<f64> for LongAndShort {
    fn rows(&self) -> usize {
        self.0
    }

    fn columns(&self) -> usize {
        self.0
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        image[0] = 1e9 * x[0];
        for i in 1..self.0 {
            let before = if i > 1 { x[i - 1] } else { 0.0 };
            let after = x.get(i + 1).unwrap_or(&0.0);
            image[i] = 1e-9 * (2.0 * x[i] - before - after);
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }
}

/// The least residual is 0, which takes far more steps, and there is no room for a factorisation.
#[test]
fn short_columns_of_unknown_length_are_not_given_up() {
    let b = random::<f64>(2100, 1, 0.3);
    let everything = Bounds::new(f64::NEG_INFINITY, f64::INFINITY);
    let config = BoundedConfig::default().max_steps(7000);
    let found = solve_in_bounds(&LongAndShort(2100), &b, &everything, config);
    let Err(BoundedError::NotConverged { reached, .. }) = found else {
        panic!("{found:?}");
    };
    assert_eq!(reached.reports[0].stop_reason, StopReason::StepLimit);
    assert!(reached.optimalities[0].residual > 1e-6 * b.norm());
}

/// Rows whose products with the adjoint are never 0, so that descents stall.
struct Coarse(Rows);

impl LinearMap<f64> for Coarse {
    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn columns(&self) -> usize {
        self.0.columns()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.0.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.0.apply_adjoint(y, image);
        let digits = 2.0_f64.powi(36);
        for value in image {
            *value = ((*value * digits).floor() + 0.5) / digits;
        }
    }

    fn sum_over_image(&self, partial: &mut [f64]) {
        self.0.sum_over_image(partial);
    }

    fn image_offset(&self) -> usize {
        self.0.image_offset()
    }

    fn column_norms(&self) -> Option<Vec<f64>> {
        self.0.column_norms()
    }
}

#[test]
fn rows_in_parts_end_everywhere_alike() {
    let (a, b) = (random::<f64>(14, 6, 0.3), random::<f64>(14, 2, 0.8));
    let set = Bounds::new(0.0, 0.3);
    let whole = solve_in_bounds(&a, &b, &set, BoundedConfig::default()).unwrap();
    let of_part = |b: &DMatrix<f64>, rows: &Rows| b.rows_range(rows.place.clone()).into_owned();
    let cuts = [0, 1, 4, 14];
    let parts = on_each_part(&a, &cuts, false, |rows| {
        solve_in_bounds(&rows, &of_part(&b, &rows), &set, BoundedConfig::default()).unwrap()
    });
    for part in &parts {
        assert!((&part.solution - &whole.solution).norm() < 1e-12);
        assert_eq!(part.solution, parts[0].solution);
        assert_eq!(part.optimalities, parts[0].optimalities);
    }
    // Fewer rows than columns in one part, and more in the other.
    let parts = on_each_part(&a, &[0, 2, 14], false, |rows| {
        let b = of_part(&b, &rows);
        solve_in_bounds(&Coarse(rows), &b, &set, BoundedConfig::default())
    });
    let ends = parts.into_iter().map(|part| match part {
        Err(BoundedError::NotConverged { reached, .. }) => {
            let steps = reached.reports.iter();
            let steps: Vec<_> = steps.map(|r| (r.steps, r.stop_reason)).collect();
            (reached.solution, steps)
        }
        other => panic!("{other:?}"),
    });
    let ends: Vec<_> = ends.collect();
    assert_eq!(ends[0], ends[1]);
    let (steps, reason) = ends[0].1[0];
    assert_eq!(reason, StopReason::Stalled);
    assert!(steps > 1000, "{steps}");
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
            matches!(found, Err(BoundedError::OutOfRange { column: 0, .. })),
            "{found:?}"
        );
    }
}
