//! The best approximate inverse with a structure, against independent references.

use std::ops::ControlFlow;

use matrix_descent::inverse::{
    InverseError, gradient_descent_for_inverse, heavy_ball_for_inverse,
    heavy_ball_for_structured_inverse,
};
use matrix_descent::optimizer::Iterate;
use matrix_descent::set::{
    Banded, Bounds, NonNegative, Pattern, Subspace, Symmetric, Toeplitz, UnitBall,
};
use matrix_descent::{
    Accuracy, Compose, Config, ConvexSet, InputError, Inversion, Objective, Optimizer, Progress,
    Real, Sgd, Side, Start, StopReason, invert_by_descent,
};
use nalgebra::{DMatrix, DVector, dmatrix};
use num_rational::BigRational;

use crate::support::objectives::wavy;
use crate::support::sets::{LOWER, UPPER, sets};

const ONE_SIDED: [Side; 2] = [Side::Left, Side::Right];
const SIZES: [usize; 5] = [1, 2, 3, 5, 9];

/// A matrix without structure, of moderate condition.
fn noise(n: usize) -> DMatrix<f64> {
    let shift = DMatrix::from_diagonal_element(n, n, 0.8 * (n as f64).sqrt());
    DMatrix::from_vec(n, n, wavy(n * n, 0.7)) + shift
}

fn residual(x: &DMatrix<f64>, m: &DMatrix<f64>, side: Side) -> f64 {
    let product = if side == Side::Left { x * m } else { m * x };
    (product - DMatrix::identity(m.nrows(), m.nrows())).norm()
}

/// The best matrix of the space that the basis spans, by least squares.
fn best_of_span(basis: &[DMatrix<f64>], m: &DMatrix<f64>, side: Side) -> DMatrix<f64> {
    let n = m.nrows();
    let image = |b: &DMatrix<f64>| if side == Side::Left { b * m } else { m * b };
    let columns: Vec<_> = basis
        .iter()
        .map(|b| DVector::from_column_slice(image(b).as_slice()))
        .collect();
    let a = DMatrix::from_columns(&columns);
    let identity = DMatrix::<f64>::identity(n, n);
    let target = DVector::from_column_slice(identity.as_slice());
    let qr = a.qr();
    let weights = qr
        .r()
        .solve_upper_triangular(&(qr.q().transpose() * target));
    let weights = weights.expect("a basis");
    let zero = DMatrix::zeros(n, n);
    basis
        .iter()
        .zip(&weights)
        .fold(zero, |sum, (b, &weight)| sum + b * weight)
}

/// The matrices with ones where `class` has the same value; none where it has none.
fn basis_of(n: usize, class: impl Fn(usize, usize) -> Option<usize>) -> Vec<DMatrix<f64>> {
    let entry = |class: Option<usize>, k| if class == Some(k) { 1.0 } else { 0.0 };
    (0..n * n)
        .map(|k| DMatrix::from_fn(n, n, |i, j| entry(class(i, j), k)))
        .filter(|b| b.norm() > 0.0)
        .collect()
}

fn check_optimum(
    name: &str,
    m: &DMatrix<f64>,
    side: Side,
    found: &Inversion<f64>,
    reference: &DMatrix<f64>,
) {
    let least = residual(reference, m, side);
    let optimality = found.optimality.expect(name);
    let reached = found.residual;
    if least < 1e-12 {
        // The inverse itself has the structure.
        assert_eq!(found.report.stop_reason, StopReason::Loss, "{name}");
        assert!(found.certificate.is_proof(), "{name}");
        return;
    }
    assert!(found.is_constrained_optimum(), "{name}");
    assert!(found.report.stop_reason.is_convergence());
    let bound = optimality.least_residual;
    assert!(bound <= least * (1.0 + 1e-13), "{name}: {bound} > {least}");
    assert!(
        reached >= least * (1.0 - 1e-13),
        "{name}: {reached} < {least}"
    );
    // The stated residual is computed again, with roundings of its own.
    assert!(
        reached - bound <= 1.01e-11 * reached,
        "{name}: {optimality:?}"
    );
    assert!(optimality.stationarity <= 1e-11, "{name}: {optimality:?}");
    let distance = (&found.inverse - reference).norm() / reference.norm();
    assert!(distance <= 1e-6, "{name}: {distance:e}");
    assert_eq!(found.report.losses.len(), found.report.steps + 1);
}

fn tight<R>(rule: R, side: Side) -> Config<f64, matrix_descent::inverse::ByOptimizer<R>> {
    Config::default()
        .optimizer(rule)
        .side(side)
        .tolerance(1e-11)
}

fn check_subspace<S>(name: &str, set: &S, basis: impl Fn(usize) -> Vec<DMatrix<f64>>)
where
    S: Subspace<f64> + Clone,
{
    for n in SIZES {
        for side in ONE_SIDED {
            if set.check_dimension(n * n).is_err() {
                continue;
            }
            let m = noise(n);
            let reference = best_of_span(&basis(n), &m, side);
            let tuned = heavy_ball_for_structured_inverse(&m, side, set.clone(), 1).unwrap();
            let plain = gradient_descent_for_inverse(&m, 1).unwrap();
            let ball = heavy_ball_for_inverse(&m, 1).unwrap();
            let nesterov = Sgd::new(0.5 * plain.learning_rate).nesterov_momentum(0.5);
            let rules = [
                ("tuned", tuned.rule),
                ("plain", plain),
                ("heavy ball", ball),
                ("Nesterov", nesterov),
            ];
            for (kind, rule) in rules {
                let name = format!("{name}, {kind}, n = {n}, {side:?}");
                let config = tight(rule.projected(set), side);
                let found = invert_by_descent(&m, config).expect(&name);
                check_optimum(&name, &m, side, &found, &reference);
            }
        }
    }
}

#[test]
fn the_best_matrix_of_every_linear_structure_is_found() {
    let place = |n: usize| move |i: usize, j: usize| j * n + i;
    check_subspace("diagonal", &Banded::new(0, 0), |n| {
        basis_of(n, |i, j| (i == j).then_some(i))
    });
    check_subspace("banded", &Banded::new(1, 2), |n| {
        basis_of(n, |i, j| (i <= j + 1 && j <= i + 2).then(|| place(n)(i, j)))
    });
    check_subspace("symmetric", &Symmetric, |n| {
        basis_of(n, |i, j| Some(place(n)(i.max(j), i.min(j))))
    });
    check_subspace("Toeplitz", &Toeplitz, |n| {
        basis_of(n, |i, j| Some(n - 1 + i - j))
    });
    for n in SIZES {
        let is_in = |i: usize, j: usize| i == j || (2 * i + 3 * j) % 4 == 1;
        check_subspace("pattern", &Pattern::of_matrix(n, is_in), |n| {
            basis_of(n, |i, j| is_in(i, j).then(|| place(n)(i, j)))
        });
    }
}

#[test]
fn a_pattern_decouples_into_least_squares_of_each_row() {
    let n = 12;
    let m = noise(n);
    let set = Banded::new(2, 1);
    let rule = heavy_ball_for_structured_inverse(&m, Side::Left, set, 0).unwrap();
    let found = invert_by_descent(&m, tight(rule, Side::Left)).unwrap();
    for row in 0..n {
        let columns: Vec<usize> = (row.saturating_sub(2)..(row + 2).min(n)).collect();
        let a = m.select_rows(&columns).transpose();
        let target = DVector::from_fn(n, |i, _| f64::from(u8::from(i == row)));
        let normal = (a.transpose() * &a).cholesky().unwrap();
        let expected = normal.solve(&(a.transpose() * target));
        for (&column, expected) in columns.iter().zip(&expected) {
            let difference = (found.inverse[(row, column)] - expected).abs();
            assert!(difference < 1e-8, "({row}, {column}): {difference:e}");
        }
    }
}

/// The best row without negative entries: of all supports, the one whose least squares is.
fn best_non_negative_row(m: &DMatrix<f64>, row: usize) -> DVector<f64> {
    let n = m.nrows();
    let target = DVector::from_fn(n, |i, _| f64::from(u8::from(i == row)));
    let mut best = (target.norm(), DVector::zeros(n));
    for support in 1..1_usize << n {
        let places: Vec<usize> = (0..n).filter(|k| support >> k & 1 == 1).collect();
        let a = m.select_rows(&places).transpose();
        let normal = (a.transpose() * &a).cholesky().unwrap();
        let values = normal.solve(&(a.transpose() * &target));
        let distance = (&a * &values - &target).norm();
        if values.iter().all(|&value| value >= 0.0) && distance < best.0 {
            let mut x = DVector::zeros(n);
            for (&place, &value) in places.iter().zip(&values) {
                x[place] = value;
            }
            best = (distance, x);
        }
    }
    best.1
}

#[test]
fn the_best_matrix_without_negative_entries_is_found() {
    for n in [1, 2, 3, 5, 7] {
        let m = noise(n);
        let rows: Vec<_> = (0..n)
            .map(|row| best_non_negative_row(&m, row).transpose())
            .collect();
        let reference = DMatrix::from_rows(&rows);
        for (kind, rule) in [
            ("plain", gradient_descent_for_inverse(&m, 0).unwrap()),
            ("heavy ball", heavy_ball_for_inverse(&m, 0).unwrap()),
        ] {
            let name = format!("{kind}, n = {n}");
            let config = tight(rule.projected(NonNegative), Side::Left);
            let found = invert_by_descent(&m, config).expect(&name);
            check_optimum(&name, &m, Side::Left, &found, &reference);
            assert!(found.inverse.iter().all(|&x| x >= 0.0));
        }
    }
}

#[test]
fn the_conditions_of_a_minimum_in_a_box_hold() {
    for n in SIZES {
        let m = noise(n);
        let set = Bounds::new(LOWER, UPPER);
        let rule = gradient_descent_for_inverse(&m, 0).unwrap().projected(set);
        let found = invert_by_descent(&m, tight(rule, Side::Left)).unwrap();
        let x = &found.inverse;
        let gradient = (x * &m - DMatrix::identity(n, n)) * m.transpose();
        for (&x, &g) in x.iter().zip(&gradient) {
            let slack = 1e-8;
            let holds = match x {
                LOWER => g >= -slack,
                UPPER => g <= slack,
                _ => g.abs() <= slack && (LOWER..=UPPER).contains(&x),
            };
            assert!(holds, "n = {n}: {x}, {g:e}");
        }
    }
}

#[test]
fn the_best_matrix_of_the_unit_ball_is_found() {
    for n in [2, 3, 5, 9] {
        // Small, so that the inverse is far outside.
        let m = noise(n) * 0.1;
        // X·(M·Mᵀ + λ·I) = Mᵀ with ‖X‖_F = 1, λ by bisection.
        let at = |shift: f64| {
            let a = &m * m.transpose() + DMatrix::from_diagonal_element(n, n, shift);
            a.cholesky().unwrap().solve(&m).transpose()
        };
        let (mut low, mut high) = (0.0, 100.0);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if at(middle).norm() > 1.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        let rule = gradient_descent_for_inverse(&m, 0).unwrap();
        let found = invert_by_descent(&m, tight(rule.projected(UnitBall), Side::Left)).unwrap();
        let name = format!("n = {n}");
        check_optimum(&name, &m, Side::Left, &found, &at(high));
    }
}

fn check_any_scale<T: Real>(scales: &[f64]) {
    let relative = |x: f64, y: f64| (x - y).abs() <= 1e-2 * y;
    for &scale in scales {
        let m = noise(4).map(|value| <T as Real>::from_f64(value * scale));
        let rule = heavy_ball_for_structured_inverse(&m, Side::Left, Symmetric, 0).unwrap();
        let found = invert_by_descent(&m, Config::default().optimizer(rule)).unwrap();
        assert!(found.is_constrained_optimum(), "{scale:e}");
        let reference = noise(4);
        let rule = heavy_ball_for_structured_inverse(&reference, Side::Left, Symmetric, 0).unwrap();
        let expected = invert_by_descent(&reference, Config::default().optimizer(rule)).unwrap();
        let (reached, expected) = (found.residual.to_f64(), expected.residual);
        assert!(
            relative(reached, expected),
            "{scale:e}: {reached}, {expected}"
        );
    }
}

#[test]
fn the_test_does_not_depend_on_the_scale_of_the_matrix() {
    check_any_scale::<f64>(&[1.0, 1e-100, 1e-30, 1e30, 1e100]);
    check_any_scale::<f32>(&[1.0, 1e-12, 1e12]);
}

#[test]
fn a_structure_that_the_inverse_has_gives_the_inverse() {
    let m = dmatrix![4.0, 1.0, 0.5; 1.0, 3.0, -1.0; 0.5, -1.0, 5.0];
    let rule = heavy_ball_for_structured_inverse(&m, Side::Left, Symmetric, 0).unwrap();
    let found = invert_by_descent(&m, Config::default().optimizer(rule)).unwrap();
    assert!(!found.is_constrained_optimum());
    assert_eq!(found.report.stop_reason, StopReason::Loss);
    assert!(found.certificate.relative_error_bound() < 1e-6);
    assert_eq!(found.inverse, found.inverse.transpose());
}

/// Rules that end anywhere on the way, by a loose tolerance: what they claim is true all the same.
#[test]
fn the_least_residual_is_a_lower_bound_at_any_tolerance() {
    for n in [2, 5, 9] {
        let m = noise(n);
        let basis = basis_of(n, |i, j| (i.abs_diff(j) <= 1).then_some(j * n + i));
        let least = residual(&best_of_span(&basis, &m, Side::Left), &m, Side::Left);
        for tolerance in [0.9, 0.5, 0.1, 1e-2, 1e-4, 1e-7] {
            let rule = gradient_descent_for_inverse(&m, 0).unwrap();
            let config = Config::default()
                .optimizer(rule.projected(Banded::new(1, 1)))
                .tolerance(tolerance);
            let Ok(found) = invert_by_descent(&m, config) else {
                // The certificate may be missing where the residual is within the tolerance.
                assert!(tolerance > least);
                continue;
            };
            let bound = found.optimality.unwrap().least_residual;
            let reached = found.residual;
            assert!(bound <= least && least <= reached * (1.0 + 1e-14));
            if found.is_constrained_optimum() {
                assert!(reached - bound <= tolerance * reached, "{tolerance:e}");
            }
        }
    }
}

fn rational<T: Real>(value: T) -> BigRational {
    BigRational::from_float(value.to_f64()).unwrap()
}

/// ‖X·M − I‖²_F or ‖M·X − I‖²_F, exactly.
fn exact_square<T: Real>(x: &DMatrix<T>, m: &DMatrix<T>, side: Side) -> BigRational {
    let (x, m) = (x.map(rational), m.map(rational));
    let product = if side == Side::Left { x * m } else { m * x };
    let identity = DMatrix::<BigRational>::identity(product.nrows(), product.nrows());
    let squares = (product - identity).map(|entry| &entry * &entry);
    squares.iter().sum()
}

/// X is in the set, so that a bound of all its residuals is at most that of X.
fn check_least_residual_of_sets<T: Real>() {
    for n in [2, 7] {
        let m = noise(n).map(|value| <T as Real>::from_f64(value));
        for named in sets::<T>(n) {
            for side in ONE_SIDED {
                let rule = gradient_descent_for_inverse(&m, 0).unwrap();
                let config = Config::default()
                    .optimizer(rule.projected(&*named.set))
                    .side(side);
                let found = invert_by_descent(&m, config).unwrap();
                let least = rational(found.optimality.unwrap().least_residual);
                let reached = exact_square(&found.inverse, &m, side);
                assert!(
                    &least * &least <= reached,
                    "{}, {side:?}, n = {n}",
                    named.name
                );
            }
        }
    }
}

#[test]
fn the_least_residual_is_at_most_that_of_a_member() {
    check_least_residual_of_sets::<f32>();
    check_least_residual_of_sets::<f64>();
}

/// The matrix that has the lower bound in every entry has the least residual of the box, a sum of
/// nearly equal squares.
fn check_least_residual_of_a_box<T: Real>(sizes: &[usize]) {
    for &n in sizes {
        let lower = <T as Real>::from_f64(1.17);
        let set = Bounds::new(lower, <T as Real>::from_f64(10.0));
        let m = DMatrix::<T>::identity(n, n);
        let rule = gradient_descent_for_inverse(&m, 0).unwrap();
        let found = invert_by_descent(&m, Config::default().optimizer(rule.projected(set)));
        let found = found.unwrap();
        assert_eq!(found.inverse, DMatrix::from_element(n, n, lower));
        let bound = found.optimality.unwrap().least_residual;
        // ‖X − I‖² of the n entries on the diagonal and the others.
        let (entries, one) = (rational(lower), rational(T::one()));
        let (on, off) = (&entries - one, entries);
        let count = |count: usize| rational(T::from_count(count));
        let least = count(n) * (&on * &on) + count(n * n - n) * (&off * &off);
        let bound_squared = rational(bound) * rational(bound);
        assert!(bound_squared <= least, "n = {n}: {bound:e}");
        let unit = T::from_count(n) * T::EPSILON;
        let loosest = found.residual * (T::one() - <T as Real>::from_f64(16.0) * unit);
        assert!(bound >= loosest, "n = {n}: {bound:e}");
    }
}

#[test]
fn the_least_residual_of_a_box_is_not_above_that_of_its_corner() {
    check_least_residual_of_a_box::<f32>(&[10, 50, 200]);
    check_least_residual_of_a_box::<f64>(&[10, 50, 200]);
}

#[test]
fn slow_progress_is_no_optimum() {
    // The inverse is symmetric, but plain descent would take 10¹⁸ steps: the gradient is small
    // beside the residual all the same.
    for smallest in [1e-5, 1e-9, 1e-13] {
        let m = dmatrix![1.0, 0.0; 0.0, smallest];
        let rule = Sgd::new(1.0).projected(Symmetric);
        let config = Config::default().optimizer(rule).max_steps(1000);
        let result = invert_by_descent(&m, config);
        let Err(InverseError::NotConverged { best, .. }) = result else {
            panic!("{smallest:e}: {result:?}");
        };
        assert!(best.residual > 0.9);
        let optimality = best.optimality.unwrap();
        assert!(optimality.stationarity <= smallest * 1.1 + 1e-14);
        assert!(optimality.least_residual < 0.5, "{optimality:?}");
        assert!(!best.is_constrained_optimum());
    }
}

#[test]
fn a_run_too_short_is_an_error_that_carries_the_best_of_its_iterates() {
    let m = noise(6);
    let rule = gradient_descent_for_inverse(&m, 0).unwrap();
    let config = Config::default()
        .optimizer(rule.projected(Symmetric))
        .max_steps(3);
    let Err(InverseError::NotConverged { best, .. }) = invert_by_descent(&m, config) else {
        panic!("accepted after three steps");
    };
    assert_eq!(best.report.stop_reason, StopReason::StepLimit);
    assert_eq!(best.inverse, best.inverse.transpose());
    let optimality = best.optimality.unwrap();
    assert!(optimality.stationarity > 1e-6);
    assert_eq!(optimality.least_residual, 0.0);
    // One that ends just in time is none.
    let whole = |steps| {
        let config = Config::default().optimizer(rule.projected(Symmetric));
        invert_by_descent(&m, config.max_steps(steps))
    };
    let needed = whole(100_000).unwrap().report.steps;
    assert!(whole(needed).unwrap().is_constrained_optimum());
    assert!(whole(needed - 1).is_err());
}

#[test]
fn a_learning_rate_too_large_diverges_in_a_set_as_well() {
    let m = noise(4);
    let config = Config::default().optimizer(Sgd::new(1e3).projected(Symmetric));
    assert!(matches!(
        invert_by_descent(&m, config),
        Err(InverseError::Diverged { .. })
    ));
    // In a bounded set the loss can't explode; the run ends by a limit.
    let config = Config::default()
        .optimizer(Sgd::new(1e3).projected(UnitBall))
        .max_steps(200);
    assert!(matches!(
        invert_by_descent(&m, config),
        Err(InverseError::NotConverged { .. })
    ));
}

/// Runs whose residual or gradient overflows: no optimum, and never a stationarity of NaN.
fn check_overflow<T: Real, S: ConvexSet<T> + Copy>(name: &str, set: S, cases: &[(f64, f64)]) {
    let t = <T as Real>::from_f64;
    for side in [Side::Left, Side::Right, Side::Both] {
        for &(scale, rate) in cases {
            let m = dmatrix![2.0, 1.0; 1.0, 3.0].map(|entry| t(scale * entry));
            let rule = Sgd::new(t(rate)).projected(set);
            let config = Config::default().optimizer(rule).side(side).max_steps(500);
            let (optimality, residual) = match invert_by_descent(&m, config) {
                Ok(found) => panic!("{name}, {side:?}, {scale:e}, {rate:e}: {found:?}"),
                Err(
                    InverseError::Diverged { best, .. } | InverseError::NotConverged { best, .. },
                ) => (best.optimality.unwrap(), best.residual),
                Err(other) => panic!("{name}, {side:?}: {other}"),
            };
            let optimality = [optimality.stationarity, optimality.least_residual];
            assert!(
                optimality.iter().all(|&value| value >= t(0.0)),
                "{optimality:?}"
            );
            // The zero matrix has √2, and the start is nearer.
            assert!(
                residual < t(1.42),
                "{name}, {side:?}, {scale:e}, {rate:e}: {residual:e}"
            );
        }
    }
}

#[test]
fn an_overflow_is_no_optimum() {
    let single = [(1e12, 0.1), (1e15, 1e4), (1.0, 1e25), (1.0, 1e38)];
    check_overflow::<f32, _>("non-negative", NonNegative, &single);
    check_overflow::<f32, _>("symmetric", Symmetric, &single);
    check_overflow::<f32, _>("diagonal", Banded::new(0, 0), &single);
    let double = [(1.0, 1e155), (1e80, 1.0), (1e150, 1e10), (1.0, 1e308)];
    check_overflow::<f64, _>("non-negative", NonNegative, &double);
    check_overflow::<f64, _>("symmetric", Symmetric, &double);
    check_overflow::<f64, _>("Toeplitz", Toeplitz, &double);
}

#[test]
fn a_singular_matrix_is_an_error_in_a_set_as_well() {
    for (m, expected) in [
        (DMatrix::zeros(3, 3), 0),
        (DMatrix::from_element(3, 3, 1.0), 1),
        (dmatrix![1.0, 2.0; 2.0, 4.0], 1),
    ] {
        let config = Config::default().optimizer(Sgd::new(0.1).projected(Banded::new(0, 0)));
        let Err(InverseError::Singular { rank, best }) = invert_by_descent(&m, config) else {
            panic!("accepted a singular matrix");
        };
        assert_eq!(rank, expected);
        assert_eq!(best.report.stop_reason, StopReason::Stalled);
        assert_eq!(
            best.inverse,
            DMatrix::from_diagonal(&best.inverse.diagonal())
        );
    }
}

/// Says after every step that the gradient has vanished.
struct Liar;

impl Optimizer<f64> for Liar {
    type State = ();

    fn init(&self, _parameters: &[f64]) {}

    fn step(&self, (): &mut (), _parameters: &mut [f64], _gradient: &mut [f64]) {}

    fn advance<F>(
        &self,
        (): &mut (),
        _objective: &mut F,
        at: &mut Iterate<'_, f64>,
    ) -> ControlFlow<()>
    where
        F: Objective<f64> + ?Sized,
    {
        at.gradient.fill(0.0);
        ControlFlow::Continue(())
    }

    fn constraint(&self) -> Option<&dyn ConvexSet<f64>> {
        Some(&Symmetric)
    }
}

/// Claims a set in which its steps do not end.
struct Stray;

impl Optimizer<f64> for Stray {
    type State = ();

    fn init(&self, _parameters: &[f64]) {}

    fn step(&self, (): &mut (), parameters: &mut [f64], gradient: &mut [f64]) {
        Sgd::new(0.2).step(&mut Sgd::new(0.2).init(parameters), parameters, gradient);
    }

    fn constraint(&self) -> Option<&dyn ConvexSet<f64>> {
        Some(&UnitBall)
    }
}

#[test]
fn an_optimizer_is_not_taken_at_its_word() {
    let m = dmatrix![2.0, 1.0; 0.5, 3.0];
    let liar = invert_by_descent(&m, Config::default().optimizer(Liar));
    let Err(InverseError::NotConverged { best, .. }) = liar else {
        panic!("{liar:?}");
    };
    assert!(best.optimality.unwrap().stationarity > 0.1);
    let m = m * 0.5;
    // The inverse itself is outside of the set, and proven all the same.
    let stray = invert_by_descent(&m, Config::default().optimizer(Stray)).unwrap();
    assert!(!stray.is_constrained_optimum() && stray.inverse.norm() > 1.0);
}

#[test]
fn for_both_sides_only_the_inverse_itself_is_accepted() {
    let m = noise(4);
    let rule = gradient_descent_for_inverse(&m, 0).unwrap();
    let run = |m: &DMatrix<f64>| {
        let config = Config::default()
            .optimizer(rule.projected(Symmetric))
            .side(Side::Both)
            .max_steps(2000);
        invert_by_descent(m, config)
    };
    let Err(InverseError::NotConverged { best, .. }) = run(&m) else {
        panic!("accepted without a bound");
    };
    assert_eq!(best.optimality.unwrap().least_residual, 0.0);
    let symmetric = &m + m.transpose();
    let rule = gradient_descent_for_inverse(&symmetric, 0).unwrap();
    let config = Config::default()
        .optimizer(rule.projected(Symmetric))
        .side(Side::Both);
    assert!(
        invert_by_descent(&symmetric, config)
            .unwrap()
            .certificate
            .is_proof()
    );
}

#[test]
fn the_search_begins_in_the_set_and_never_leaves_it() {
    let m = noise(5);
    for start in [
        Start::ScaledTranspose,
        Start::RandomUniform,
        Start::Given(DMatrix::from_vec(5, 5, wavy(25, 0.1))),
    ] {
        let mut steps = Vec::new();
        let watch = |progress: &Progress<'_, f64>| {
            steps.push(progress.step);
            let x = DMatrix::from_column_slice(5, 5, progress.parameters);
            assert_eq!(x, x.transpose());
            ControlFlow::Continue(())
        };
        let rule = heavy_ball_for_structured_inverse(&m, Side::Left, Symmetric, 0).unwrap();
        let config = Config::default()
            .optimizer(rule)
            .start(start)
            .observer(watch);
        let found = invert_by_descent(&m, config).unwrap();
        assert_eq!(steps, (0..=found.report.steps).collect::<Vec<_>>());
    }
}

#[test]
fn the_optimum_as_start_takes_no_step() {
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let start = Start::Given(dmatrix![0.4, 7.0; -7.0, 0.3]);
    let config = Config::default()
        .optimizer(Sgd::new(0.1).projected(Banded::new(0, 0)))
        .start(start);
    let found = invert_by_descent(&m, config).unwrap();
    assert!(found.is_constrained_optimum());
    assert_eq!(found.report.steps, 0);
    assert_eq!(found.inverse, dmatrix![0.4, 0.0; 0.0, 0.3]);
}

#[test]
fn without_a_set_there_is_no_optimality() {
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let plain = invert_by_descent(&m, Config::default().optimizer(Sgd::new(0.2))).unwrap();
    assert_eq!(plain.optimality, None);
    assert_eq!(
        invert_by_descent(&m, Config::default()).unwrap().optimality,
        None
    );
}

#[test]
fn an_observer_may_end_the_search() {
    let m = noise(4);
    let stop = |_: &Progress<'_, f64>| ControlFlow::Break(());
    let rule = heavy_ball_for_structured_inverse(&m, Side::Left, Symmetric, 0).unwrap();
    let config = Config::default().optimizer(rule).observer(stop);
    let Err(InverseError::NotConverged { best, .. }) = invert_by_descent(&m, config) else {
        panic!("accepted the start");
    };
    assert_eq!(best.report.stop_reason, StopReason::Observer);
}

#[test]
fn single_precision_finds_the_same_optimum() {
    for n in SIZES {
        let m = noise(n);
        let basis = basis_of(n, |i, j| (i.abs_diff(j) <= 1).then_some(j * n + i));
        let least = residual(&best_of_span(&basis, &m, Side::Left), &m, Side::Left);
        let single = m.map(|value| value as f32);
        let set = Banded::new(1, 1);
        let rule = heavy_ball_for_structured_inverse(&single, Side::Left, set, 0).unwrap();
        let found = invert_by_descent(&single, Config::default().optimizer(rule)).unwrap();
        if least < 1e-6 {
            assert!(found.certificate.is_proof(), "n = {n}");
            continue;
        }
        assert!(found.is_constrained_optimum(), "n = {n}");
        let reached = f64::from(found.residual);
        assert!(
            (reached - least).abs() <= 2e-3 * least,
            "n = {n}: {reached}, {least}"
        );
    }
}

#[test]
fn the_tuning_refuses_what_it_cannot_tune() {
    let zero = DMatrix::<f64>::zeros(2, 2);
    assert!(gradient_descent_for_inverse(&zero, 0).is_err());
    assert!(heavy_ball_for_structured_inverse(&zero, Side::Left, Symmetric, 0).is_err());
    let wide = DMatrix::<f64>::zeros(2, 3);
    let not_square = InputError::NotSquare {
        argument: "matrix",
        rows: 2,
        columns: 3,
    };
    assert_eq!(
        gradient_descent_for_inverse(&wide, 0),
        Err(not_square.clone())
    );
    let result = heavy_ball_for_structured_inverse(&wide, Side::Left, Symmetric, 0);
    assert_eq!(result, Err(not_square));
    let m = noise(2);
    let other = Pattern::of_matrix(3, |_, _| true);
    let result = heavy_ball_for_structured_inverse(&m, Side::Left, other, 0);
    let mismatch = InputError::DimensionMismatch {
        expected: 9,
        found: 4,
    };
    assert_eq!(result, Err(mismatch));
    let empty = Pattern::of_matrix(2, |_, _| false);
    assert!(heavy_ball_for_structured_inverse(&m, Side::Left, empty, 0).is_err());
}

#[test]
fn the_tuning_serves_every_side() {
    let m = noise(6);
    for side in [Side::Left, Side::Right, Side::Both] {
        let rule = heavy_ball_for_structured_inverse(&m, side, Symmetric, 0).unwrap();
        rule.validate().unwrap();
        let config = Config::default().optimizer(rule).side(side).max_steps(300);
        match invert_by_descent(&m, config) {
            Ok(found) => assert!(found.is_constrained_optimum()),
            Err(InverseError::NotConverged { best, .. }) => {
                assert_eq!(side, Side::Both);
                assert!(best.optimality.unwrap().stationarity < 1e-6);
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn the_products_of_the_bound_are_counted_once() {
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let rule = Sgd::new(0.2).projected(NonNegative);
    let best = invert_by_descent(&m, Config::default().optimizer(rule)).unwrap();
    assert!(best.is_constrained_optimum());
    // The bound needs ‖M⁻¹‖, from an inverse of working accuracy.
    let working = Config::default().accuracy(Accuracy::Working);
    let inversion = invert_by_descent(&m, working).unwrap().products;
    let spent = best.products.verification;
    assert!(spent > inversion.descent + inversion.refinement, "{spent}");
    assert!(
        spent < 2 * (inversion.descent + inversion.refinement) + 6,
        "{spent}"
    );
}
