//! Square roots and inverse roots, against closed forms and double-double arithmetic.

mod checks;
mod errors;
mod gallery;
mod polar;
mod properties;
mod reference;

use matrix_descent::roots::RootOrder;
use matrix_descent::{
    MatrixRoot, Real, RootConfig, StopReason, inverse_root_by_descent, square_root_by_descent,
};
use nalgebra::{DMatrix, DVector, dmatrix};

use crate::support::gallery::random::orthogonal;
use crate::support::shapes::uniform;

use reference::{Eigen, relative_error};

const ORDERS: [RootOrder; 3] = [RootOrder::Square, RootOrder::Fourth, RootOrder::Eighth];

fn symmetric(a: &DMatrix<f64>) -> DMatrix<f64> {
    (a + a.transpose()) * 0.5
}

/// Eigenvalues from 1 down to 1/κ, evenly on a logarithmic axis.
fn with_condition(n: usize, kappa: f64) -> DMatrix<f64> {
    let q = orthogonal(n, 7);
    let last = (n.max(2) - 1) as f64;
    let values = DVector::from_fn(n, |i, _| kappa.powf(-(i as f64) / last));
    symmetric(&(&q * DMatrix::from_diagonal(&values) * q.transpose()))
}

/// Definite matrices of every kind, with their names.
fn definite() -> Vec<(String, DMatrix<f64>)> {
    let mut all = Vec::new();
    for n in [1, 2, 3, 5, 9, 14] {
        for exponent in [0, 2, 6, 10, 13] {
            let kappa = 10.0_f64.powi(exponent);
            all.push((
                format!("condition 1e{exponent}, {n}"),
                with_condition(n, kappa),
            ));
        }
        let g = uniform(n, n + 2, 19);
        all.push((format!("Gram {n}"), symmetric(&(&g * g.transpose()))));
        let lengths = |i: usize| 10.0_f64.powi(-((i % 4) as i32));
        let graded =
            with_condition(n, 10.0).map_with_location(|i, j, x| x * lengths(i) * lengths(j));
        all.push((format!("graded {n}"), symmetric(&graded)));
        let values = DVector::from_fn(n, |i, _| 10.0_f64.powi(i as i32 - 5));
        all.push((format!("diagonal {n}"), DMatrix::from_diagonal(&values)));
        let second = |i: usize, j: usize| [2.0, -1.0, 0.0][i.abs_diff(j).min(2)];
        all.push((
            format!("second differences {n}"),
            DMatrix::from_fn(n, n, second),
        ));
    }
    for n in 2..=8 {
        let hilbert = DMatrix::from_fn(n, n, |i, j| 1.0 / (i + j + 1) as f64);
        all.push((format!("Hilbert {n}"), hilbert));
    }
    let clustered = DMatrix::identity(7, 7) + symmetric(&uniform(7, 7, 3)) * 1e-9;
    all.push(("nearly I".into(), clustered));
    all
}

fn wide<T: Real>(a: &DMatrix<T>) -> DMatrix<f64> {
    a.map(T::to_f64)
}

fn root<T: Real>(name: &str, a: &DMatrix<T>) -> MatrixRoot<T> {
    match square_root_by_descent(a, RootConfig::default()) {
        Ok(root) => root,
        Err(error) => panic!("{name}: {error}"),
    }
}

fn check_root<T: Real>(name: &str, a: &DMatrix<T>) {
    let exact = Eigen::of(&wide(a));
    let found = root(name, a);
    assert_eq!(found.root, found.root.transpose(), "{name}");
    assert_eq!(found.inverse_root, found.inverse_root.transpose(), "{name}");
    assert_eq!(found.report.stop_reason, StopReason::Accuracy, "{name}");
    let certificate = &found.certificate;
    let error = relative_error(&wide(&found.root), &exact.root());
    let bound = certificate.relative_error_bound();
    assert!(error <= bound, "{name}: {error:e} > {bound:e}");
    let error = relative_error(&wide(&found.inverse_root), &exact.inverse_root(1));
    let bound = certificate.inverse_relative_error_bound();
    assert!(error <= bound, "{name}: inverse {error:e} > {bound:e}");
    let values = exact.values.iter().map(|&value| f64::from(value));
    let smallest = values.clone().fold(f64::INFINITY, f64::min);
    let kappa = values.fold(0.0, f64::max) / smallest;
    let bound = certificate.smallest_eigenvalue_bound();
    assert!(
        bound <= smallest && bound > 0.5 * smallest,
        "{name}: {bound:e}"
    );
    // The error of an eigendecomposition is some ε·√κ, too; the proof loses as much again.
    let epsilon = T::EPSILON.to_f64();
    let n = a.nrows() as f64;
    let error = relative_error(&wide(&found.root), &exact.root());
    let expected = epsilon + f64::EPSILON * n * kappa.sqrt();
    assert!(error <= 2.0 * expected, "{name}: {error:e}");
    let bound = certificate.relative_error_bound();
    assert!(
        bound <= 8.0 * epsilon + 16.0 * f64::EPSILON * n * kappa.sqrt(),
        "{name}: {bound:e}"
    );
}

#[test]
fn roots_are_within_their_bounds_of_the_exact_ones() {
    for (name, a) in definite() {
        check_root(&name, &a);
    }
}

#[test]
fn roots_in_single_precision_are_right_to_the_last_digit() {
    for (name, a) in definite() {
        let single = a.map(|x| x as f32);
        let smallest = Eigen::of(&wide(&single)).values.into_iter().map(f64::from);
        let smallest = smallest.fold(f64::INFINITY, f64::min);
        // Rounding to f32 may have made it indefinite.
        if smallest > 1e-12 * a.amax() {
            check_root(&name, &single);
        }
    }
}

#[test]
fn inverse_roots_are_within_their_bounds_of_the_exact_ones() {
    for (name, a) in definite() {
        let exact = Eigen::of(&a);
        for (order, square_roots) in ORDERS.into_iter().zip(1..) {
            let found = inverse_root_by_descent(&a, order, RootConfig::default());
            let found = match found {
                Ok(found) => found,
                // The proof loses ε·κ, and three digits have to be left.
                Err(error) if exact.size() > 0.9e13 * exact.smallest() => {
                    assert!(
                        error.to_string().contains("no inverse root"),
                        "{name}: {error}"
                    );
                    continue;
                }
                Err(error) => panic!("{name}: {error}"),
            };
            let y = &found.inverse_root;
            assert_eq!(*y, y.transpose(), "{name}");
            assert_eq!(found.reports.len(), square_roots, "{name}");
            let error = relative_error(y, &exact.inverse_root(square_roots));
            let bound = found.relative_error_bound();
            assert!(error <= bound, "{name}, {order:?}: {error:e} > {bound:e}");
        }
    }
}

#[test]
fn squares_of_integers_have_exact_roots() {
    for n in [1, 2, 4, 7] {
        // Diagonally dominant, and so definite; its square is exact.
        let x = DMatrix::from_fn(n, n, |i, j| {
            if i == j {
                4.0 * n as f64
            } else {
                ((i * j) % 5) as f64 - 2.0
            }
        });
        let found = root("integer", &(&x * &x));
        let error = (&found.root - &x).norm() / x.norm();
        assert!(error <= found.certificate.relative_error_bound());
        assert!(error <= 4.0 * f64::EPSILON, "{n}: {error:e}");
    }
}

#[test]
fn another_scale_gives_the_same_digits() {
    for (name, a) in definite() {
        if name.contains("1e13") {
            continue;
        }
        let here = root(&name, &a);
        for half in [-480, -100, 3, 200, 480] {
            let power = |exponent: i32| move |x: f64| x.scale_by_power_of_two(exponent);
            let there = root(&name, &a.map(power(2 * half)));
            assert_eq!(there.root, here.root.map(power(half)), "{name}, {half}");
            let inverse = here.inverse_root.map(power(-half));
            assert_eq!(there.inverse_root, inverse, "{name}, {half}");
            let bounds = [&here, &there].map(|root| root.certificate.relative_error_bound());
            assert_eq!(bounds[0], bounds[1], "{name}");
        }
    }
}

#[test]
fn large_roots_agree_with_their_definition() {
    for (n, kappa, most) in [
        (64, 1e2, 13.0),
        (64, 1e4, 15.0),
        (64, 1e6, 19.0),
        (64, 1e8, 23.0),
        (130, 1e4, 15.0),
    ] {
        let a = with_condition(n, kappa);
        let found = root("large", &a);
        let x = &found.root;
        let residual = (x * x - &a).norm() / a.norm();
        assert!(residual <= 1e-13, "{n}, {kappa:e}: {residual:e}");
        assert!((x * &found.inverse_root - DMatrix::identity(n, n)).norm() <= 1e-8);
        let bound = found.certificate.relative_error_bound();
        assert!(bound <= 1e-14 * kappa.sqrt(), "{n}, {kappa:e}: {bound:e}");
        let products = found.products.descent();
        assert!(products <= most, "{n}, {kappa:e}: {products}");
    }
}

/// V·diag(√λ)·Vᵀ by nalgebra.
fn root_by_eigenvectors(a: &DMatrix<f64>) -> DMatrix<f64> {
    let eigen = a.clone().symmetric_eigen();
    let roots = DMatrix::from_diagonal(&eigen.eigenvalues.map(f64::sqrt));
    &eigen.eigenvectors * roots * eigen.eigenvectors.transpose()
}

#[test]
fn errors_are_below_those_of_an_eigendecomposition() {
    for kappa in [1e2, 1e4, 1e6, 1e8] {
        let a = with_condition(40, kappa);
        let exact = Eigen::of(&a).root();
        let error = relative_error(&root("", &a).root, &exact);
        let by_eigenvectors = relative_error(&root_by_eigenvectors(&a), &exact);
        println!("κ = {kappa:e}: {error:.1e}, by eigenvectors {by_eigenvectors:.1e}");
        assert!(error <= by_eigenvectors, "{kappa:e}");
    }
}

#[test]
fn a_tolerance_is_proven_and_saves_products() {
    for kappa in [1e2, 1e6] {
        let a = with_condition(12, kappa);
        let full = root("full", &a);
        for tolerance in [1e-2, 1e-5, 1e-9] {
            let config = RootConfig::default().tolerance(tolerance);
            let found = square_root_by_descent(&a, config).expect("within reach");
            let error = relative_error(&found.root, &Eigen::of(&a).root());
            let bound = found.certificate.relative_error_bound();
            assert!(error <= bound && bound <= tolerance, "{error:e} {bound:e}");
            assert!(found.report.steps <= full.report.steps);
            let found = inverse_root_by_descent(&a, RootOrder::Square, config).expect("a proof");
            assert!(found.relative_error_bound() <= tolerance);
        }
        let coarse = square_root_by_descent(&a, RootConfig::default().tolerance(1e-2));
        assert!(coarse.expect("a proof").report.steps < full.report.steps);
    }
}

#[test]
fn the_history_shows_a_descent_to_the_orthogonal_factor() {
    let found = root::<f64>("history", &dmatrix![2.0, 1.0; 1.0, 3.0]);
    let losses = &found.report.losses;
    assert_eq!(losses.len(), found.report.steps + 1);
    assert!(losses.last().is_some_and(|&loss| loss < 1e-30));
    // X₀ = R has RᵀR = A at the scale that makes the largest entry 3.
    let departure: f64 = dmatrix![1.0, 1.0; 1.0, 2.0].norm() / 2.0;
    assert!((losses[0].sqrt() - departure).abs() < 1e-15);
}
