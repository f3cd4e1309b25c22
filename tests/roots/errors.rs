//! What is refused, and with which numbers.

use std::ops::ControlFlow;

use matrix_descent::roots::{RootError, RootOrder};
use matrix_descent::{
    InputError, Progress, RootConfig, StopReason, inverse_root_by_descent, square_root_by_descent,
};
use nalgebra::{DMatrix, dmatrix};

fn refused(a: &DMatrix<f64>) -> RootError {
    let of_root = square_root_by_descent(a, RootConfig::default()).expect_err("a bad matrix");
    for order in [RootOrder::Square, RootOrder::Fourth, RootOrder::Eighth] {
        let found = inverse_root_by_descent(a, order, RootConfig::default());
        let of_inverse = found.expect_err("a bad matrix");
        assert_eq!(
            std::mem::discriminant(&of_root),
            std::mem::discriminant(&of_inverse)
        );
    }
    of_root
}

#[test]
fn inputs_that_are_no_symmetric_matrices_are_refused() {
    let not_square = refused(&DMatrix::zeros(2, 3));
    assert!(matches!(
        not_square,
        RootError::Input(InputError::NotSquare { rows: 2, .. })
    ));
    let empty = refused(&DMatrix::zeros(0, 0));
    assert!(matches!(empty, RootError::Input(InputError::Empty { .. })));
    for bad in [f64::NAN, f64::INFINITY] {
        let found = refused(&dmatrix![1.0, 0.0; 0.0, bad]);
        assert!(matches!(
            found,
            RootError::Input(InputError::NotFinite { row: 1, .. })
        ));
    }
    match refused(&dmatrix![2.0, 1.0; 0.0, 2.0]) {
        RootError::NotSymmetric { asymmetry, allowed } => {
            assert_eq!((asymmetry, allowed), (0.5, 8.0 * f64::EPSILON));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn the_asymmetry_of_rounding_is_allowed() {
    let exact = dmatrix![5.0, 4.0; 4.0, 5.0];
    let mut nearly = exact.clone();
    nearly[(0, 1)] += 4.0 * f64::EPSILON;
    let found = square_root_by_descent(&nearly, RootConfig::default()).expect("definite");
    let error = (&found.root - dmatrix![2.0, 1.0; 1.0, 2.0]).norm();
    assert!(error < 1e-14, "{error:e}");
}

#[test]
fn settings_outside_their_range_are_refused() {
    let a = DMatrix::identity(2, 2);
    for config in [
        RootConfig::default().tolerance(0.0),
        RootConfig::default().tolerance(1.0),
        RootConfig::default().tolerance(f64::NAN),
        RootConfig::default().max_steps(0),
    ] {
        let found = square_root_by_descent(&a, config);
        assert!(matches!(
            found,
            Err(RootError::Input(InputError::InvalidSetting { .. }))
        ));
    }
}

#[test]
fn matrices_that_are_not_definite_are_told_by_their_smallest_eigenvalue() {
    for scale in [1.0, 2.0_f64.powi(-900), 2.0_f64.powi(900)] {
        match refused(&(dmatrix![1.0, 2.0; 2.0, 1.0] * scale)) {
            RootError::Indefinite { smallest, largest } => {
                assert!((smallest / scale + 1.0).abs() < 1e-14);
                assert!((largest / scale - 3.0).abs() < 1e-14);
            }
            other => panic!("{other}"),
        }
        match refused(&(dmatrix![1.0, 1.0; 1.0, 1.0] * scale)) {
            RootError::Singular { smallest, largest } => {
                assert!((smallest / scale).abs() < 1e-15);
                assert!((largest / scale - 2.0).abs() < 1e-14);
            }
            other => panic!("{other}"),
        }
    }
    // Indefinite by so little that only its sign of 0 is left.
    let barely = dmatrix![1.0, 0.0; 0.0, -1e-17];
    assert!(matches!(refused(&barely), RootError::Singular { .. }));
    assert!(matches!(
        refused(&DMatrix::zeros(3, 3)),
        RootError::Singular { .. }
    ));
    assert!(matches!(
        refused(&dmatrix![-4.0]),
        RootError::Indefinite { .. }
    ));
    // A Gram matrix of rank 3.
    let g = DMatrix::from_fn(6, 3, |i, j| ((3 * i + j * j) as f64).sin());
    let gram = &g * g.transpose();
    let gram = (&gram + gram.transpose()) * 0.5;
    assert!(matches!(refused(&gram), RootError::Singular { .. }));
}

#[test]
fn runs_that_end_early_have_what_was_reached() {
    let a = dmatrix![4.0, 1.0; 1.0, 0.01] + DMatrix::identity(2, 2) * 0.3;
    let config = RootConfig::default().max_steps(1);
    match square_root_by_descent(&a, config) {
        Err(RootError::NotConverged { reached, .. }) => {
            assert_eq!(reached.report.stop_reason, StopReason::StepLimit);
            assert_eq!(reached.report.steps, 1);
        }
        other => panic!("{other:?}"),
    }
    let stop = |progress: &Progress<'_, f64>| {
        if progress.step == 2 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    match square_root_by_descent(&a, RootConfig::default().observer(stop)) {
        Err(RootError::NotConverged { reached, .. }) => {
            assert_eq!(reached.report.stop_reason, StopReason::Observer);
        }
        other => panic!("{other:?}"),
    }
    // Rounding alone is larger than this.
    match square_root_by_descent(&a, RootConfig::default().tolerance(1e-18)) {
        Err(RootError::NotConverged { allowed, reached }) => {
            assert_eq!(allowed, 1e-18);
            assert!(reached.certificate.relative_error_bound() < 1e-13);
        }
        other => panic!("{other:?}"),
    }
    match inverse_root_by_descent(&a, RootOrder::Eighth, RootConfig::default().max_steps(1)) {
        Err(RootError::InverseNotConverged { reached, .. }) => {
            assert_eq!(reached.reports.len(), 1);
            assert_eq!(reached.relative_error_bound(), f64::INFINITY);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn eigenvalues_far_below_rounding_are_singular_without_a_step() {
    for smallest in [1e-40, 1e-100, 1e-200, 1e-300, 5e-324] {
        for n in [2, 3, 16] {
            let mut a = DMatrix::identity(n, n);
            a[(n - 1, n - 1)] = smallest;
            let mut steps = 0;
            let count = |_: &Progress<'_, f64>| {
                steps += 1;
                ControlFlow::Continue(())
            };
            let found = square_root_by_descent(&a, RootConfig::default().observer(count));
            match found {
                Err(RootError::Singular {
                    smallest: found, ..
                }) => assert_eq!(found, smallest),
                other => panic!("{smallest:e}, {n}: {other:?}"),
            }
            assert_eq!(steps, 0, "{smallest:e}, {n}");
        }
    }
}

#[test]
fn messages_say_how_the_descent_ended_even_without_reports() {
    let a = dmatrix![4.0, 1.0; 1.0, 0.31];
    let error = square_root_by_descent(&a, RootConfig::default().tolerance(1e-18)).unwrap_err();
    assert!(error.to_string().contains("rounding ended the descent"));
    let config = RootConfig::default().max_steps(1);
    match inverse_root_by_descent(&a, RootOrder::Eighth, config).unwrap_err() {
        RootError::InverseNotConverged {
            allowed,
            mut reached,
        } => {
            reached.reports.clear();
            let error = RootError::InverseNotConverged { allowed, reached };
            assert!(error.to_string().contains("nothing is known"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn tolerances_near_one_are_reached_by_all_orders() {
    for ratio in [1.2, 1.27, 2.0, 5.0] {
        let a = dmatrix![1.0, 0.0; 0.0, ratio];
        for order in [RootOrder::Square, RootOrder::Fourth, RootOrder::Eighth] {
            for tolerance in [0.5, 0.85, 0.9836] {
                let config = RootConfig::default().tolerance(tolerance);
                let found = inverse_root_by_descent(&a, order, config);
                let found = found.unwrap_or_else(|error| panic!("{ratio}, {order:?}: {error}"));
                assert!(found.relative_error_bound() <= tolerance);
            }
        }
    }
}
