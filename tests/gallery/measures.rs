//! The measures of error, on errors that are known.

use nalgebra::DMatrix;

use crate::support::gallery::{gallery, random};
use crate::support::reference::{
    ReferenceInverse, error_norm_infinity, forward_error, forward_error_infinity,
    forward_error_of_columns, inverse_norm_infinity, reference_inverse, residuals, widen,
};

const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;

fn assert_close(value: f64, expected: f64, tolerance: f64) {
    assert!(
        (value / expected - 1.0).abs() <= tolerance,
        "{value:e}, not {expected:e}"
    );
}

#[test]
fn the_rounded_reference_is_correct_to_rounding() {
    for entry in gallery() {
        let (x, reference) = (entry.inverse.rounded(), &entry.inverse);
        let error = forward_error(&x, reference);
        assert!(error <= UNIT_ROUNDOFF, "{}: {error:e}", entry.name);
        assert!(forward_error_of_columns(&x, reference).max() <= UNIT_ROUNDOFF);
        assert!(forward_error_infinity(&x, reference) <= UNIT_ROUNDOFF);
    }
}

fn half_identity() -> (DMatrix<f64>, ReferenceInverse) {
    let matrix = DMatrix::identity(4, 4) * 2.0;
    let reference = reference_inverse(&matrix);
    (matrix, reference)
}

#[test]
fn a_known_error_is_measured() {
    let (matrix, reference) = half_identity();
    let mut x = DMatrix::identity(4, 4) * 0.5;
    x[(1, 2)] = 3e-20;
    assert_close(forward_error(&x, &reference), 3e-20, 1e-15);
    assert_close(forward_error_infinity(&x, &reference), 6e-20, 1e-15);
    assert_close(forward_error_of_columns(&x, &reference)[2], 6e-20, 1e-15);
    assert_eq!(forward_error_of_columns(&x, &reference)[1], 0.0);
    let (left, right) = residuals(&matrix, &x);
    assert_close(left, 6e-20, 1e-15);
    assert_close(right, 6e-20, 1e-15);
}

#[test]
fn scaled_norms_count_rows_and_columns() {
    let (_, reference) = half_identity();
    let mut x = DMatrix::identity(4, 4) * 0.5;
    x[(1, 2)] = -2.0_f64.powi(-40);
    x[(1, 3)] = 2.0_f64.powi(-40);
    let (rows, columns) = ([0, 10, 0, 0], [0, 0, 20, 0]);
    let expected = 2.0_f64.powi(-10) + 2.0_f64.powi(-30);
    assert_eq!(
        error_norm_infinity(&x, &reference, &rows, &columns),
        expected
    );
    assert_eq!(
        inverse_norm_infinity(&reference, &rows, &columns),
        2.0_f64.powi(19)
    );
}

#[test]
fn extreme_scales_do_not_overflow() {
    for scale in [1e-300, 1e300] {
        let matrix = random::gaussian(8, 5) * scale;
        let reference = reference_inverse(&matrix);
        let x = reference.rounded() * 1.25;
        assert_close(forward_error(&x, &reference), 0.25, 1e-14);
        let zero = DMatrix::zeros(8, 8);
        assert_eq!(forward_error(&zero, &reference), 1.0);
        assert_close(residuals(&matrix, &x).0, 0.25 * 8.0_f64.sqrt(), 1e-13);
    }
}

#[test]
fn values_that_are_not_finite_are_infinitely_wrong() {
    let (matrix, reference) = half_identity();
    for value in [f64::NAN, f64::INFINITY] {
        let x = DMatrix::from_element(4, 4, value);
        assert_eq!(forward_error(&x, &reference), f64::INFINITY);
        assert_eq!(forward_error_infinity(&x, &reference), f64::INFINITY);
        assert_eq!(residuals(&matrix, &x).0, f64::INFINITY);
    }
}

#[test]
fn single_precision_is_measured_after_widening() {
    let matrix = random::gaussian(16, 9).cast::<f32>();
    let reference = reference_inverse(&widen(&matrix));
    let inverse = matrix.try_inverse().expect("a Gaussian matrix is regular");
    let error = forward_error(&widen(&inverse), &reference);
    assert!(error > 1e-8 && error < 1e-4, "{error:e}");
}

#[test]
#[should_panic(expected = "singular")]
fn a_singular_matrix_has_no_reference() {
    reference_inverse(&DMatrix::from_element(2, 2, 1.0));
}

/// The nearest number to 1/3 is short of it by a third of 2⁻⁵⁴, which only the trailing part of
/// the reference can tell.
#[test]
fn the_error_of_rounding_is_measured() {
    let reference = reference_inverse(&DMatrix::from_element(1, 1, 3.0));
    let x = DMatrix::from_element(1, 1, 1.0 / 3.0);
    assert_close(forward_error(&x, &reference), 2.0_f64.powi(-54), 1e-14);
}
