//! What a certificate claims, held against the truth.

use std::fmt::Debug;

use matrix_descent::{Certificate, Inversion, Real, Side};
use nalgebra::DMatrix;

use super::gallery::GalleryMatrix;
use super::reference::{
    ReferenceInverse, ScaledFloat, absolute_sum, entry_error, error_norm_infinity,
    inverse_norm_infinity, residuals, scaled_residuals, widen,
};

/// The relative accuracy of a reference: an exact zero of an inverse may be as large as this.
const DUST: f64 = 1e-28;
/// The rounding of the measures themselves.
const MEASURE: f64 = 1e-12;

/// Panics if the certificate of `x` claims anything that is not so.
pub fn assert_true<T: Real>(
    name: &str,
    certificate: &Certificate,
    entry: &GalleryMatrix,
    x: &DMatrix<T>,
) {
    let claims = false_claims(certificate, &entry.matrix, &widen(x), &entry.inverse);
    assert!(claims.is_empty(), "{name}: {claims:#?}");
}

/// The relative error of an inverse in the norm of its certificate.
pub fn relative_error<T: Real>(found: &Inversion<T>, reference: &ReferenceInverse) -> f64 {
    let (rows, columns) = exponents_of_inverse(&found.certificate);
    let x = widen(&found.inverse);
    let error = error_norm_infinity(&x, reference, &rows, &columns);
    error / inverse_norm_infinity(reference, &rows, &columns)
}

/// Whether the certificate proves what working accuracy promises, a relative error of 4·n·ε·κ or
/// 0.1 if that is less, where κ = ‖M‖∞·‖M⁻¹‖∞ in the norm of the certificate.
pub fn is_working_accuracy<T: Real>(
    found: &Inversion<T>,
    matrix: &DMatrix<f64>,
    reference: &ReferenceInverse,
) -> bool {
    let certificate = &found.certificate;
    let (rows, columns) = exponents_of_inverse(certificate);
    let scaled = DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |i, j| {
        matrix[(i, j)].scale_by_power_of_two(-(columns[i] + rows[j]))
    });
    let norm = scaled
        .row_iter()
        .map(|row| row.lp_norm(1))
        .fold(0.0, f64::max);
    let condition = norm * inverse_norm_infinity(reference, &rows, &columns);
    let order = T::from_count(matrix.nrows()).to_f64();
    let allowed = 4.0 * order * T::EPSILON.to_f64() * condition;
    certificate.relative_error_bound() <= (1.0 + MEASURE) * allowed.min(0.1)
}

/// The residual on this side, each entry rounded once.
pub fn residual_on(side: Side, matrix: &DMatrix<f64>, x: &DMatrix<f64>) -> f64 {
    let (left, right) = residuals(matrix, x);
    match side {
        Side::Left => left,
        Side::Right => right,
        _ => left.max(right),
    }
}

/// The exponents that scale the rows and the columns of the inverse as the certificate does.
fn exponents_of_inverse(certificate: &Certificate) -> (Vec<i32>, Vec<i32>) {
    let negated = |exponents: &[i32]| exponents.iter().map(|e| -e).collect();
    let rows = negated(certificate.column_exponents());
    (rows, negated(certificate.row_exponents()))
}

/// Each claim of the certificate of `x` that is not so, with the numbers.
pub fn false_claims(
    certificate: &Certificate,
    matrix: &DMatrix<f64>,
    x: &DMatrix<f64>,
    reference: &ReferenceInverse,
) -> Vec<String> {
    let (rows, columns) = exponents_of_inverse(certificate);
    let error = error_norm_infinity(x, reference, &rows, &columns);
    let norm = inverse_norm_infinity(reference, &rows, &columns);
    let (left, right) = scaled_residuals(
        matrix,
        x,
        certificate.row_exponents(),
        certificate.column_exponents(),
    );
    let claims = [
        (
            "absolute error",
            certificate.absolute_error_bound(),
            error,
            norm,
        ),
        (
            "relative error",
            certificate.relative_error_bound(),
            error / norm,
            1.0,
        ),
        (
            "left residual",
            certificate.left_residual_bound(),
            left,
            1.0,
        ),
        (
            "right residual",
            certificate.right_residual_bound(),
            right,
            1.0,
        ),
    ];
    let is_false = |&(_, bound, truth, size): &(&str, f64, f64, f64)| {
        let truth_is_nan = truth.is_nan() && bound < f64::INFINITY;
        bound.is_nan() || truth_is_nan || bound < truth * (1.0 - MEASURE) - DUST * size
    };
    let describe =
        |(claim, bound, truth, _): (&str, f64, f64, f64)| format!("{claim} {truth:e} > {bound:e}");
    let norms = claims.into_iter().filter(is_false).map(describe);
    norms
        .chain(false_entries(certificate, x, reference, norm))
        .collect()
}

fn false_entries(
    certificate: &Certificate,
    x: &DMatrix<f64>,
    reference: &ReferenceInverse,
    norm: f64,
) -> Option<String> {
    let order = x.nrows();
    (0..order * order).find_map(|k| {
        let (row, column) = (k % order, k / order);
        let exponent = certificate.column_exponents()[row] + certificate.row_exponents()[column];
        let dust = ScaledFloat::new(DUST * norm, exponent);
        let claim = certificate.entry_error_bound(row, column);
        let bound = absolute_sum([ScaledFloat::new(claim, 0), dust].into_iter());
        let error = entry_error(x, reference, row, column).absolute();
        let is_false = claim.is_nan() || error.ratio(bound) > 1.0 + MEASURE;
        is_false.then(|| format!("entry ({row}, {column}): {:e} > {claim:e}", error.to_f64()))
    })
}

/// Panics if the history of a run contradicts itself, or if its loss ever rises by more than
/// rounding may raise it: the entries of XM carry errors of u·κ/√n or so.
pub fn assert_history<T: Real>(name: &str, condition_number: f64, inversion: &Inversion<T>) {
    let report = &inversion.report;
    assert_eq!(report.losses.len(), report.steps + 1, "{name}");
    let unit_roundoff = T::EPSILON.to_f64() / 2.0;
    let order = T::from_count(inversion.inverse.nrows()).to_f64();
    let rounding = (unit_roundoff * condition_number).powi(2) / order;
    for (before, after) in report.losses.iter().zip(&report.losses[1..]) {
        let (before, after) = (before.to_f64(), after.to_f64());
        let allowed = before * (1.0 + 4.0 * unit_roundoff) + rounding;
        assert!(
            after <= allowed,
            "{name}: {before:e}, then {after:e} > {allowed:e}"
        );
    }
}

/// Panics with all of them if there are any.
pub fn assert_none<E: Debug>(violations: impl IntoIterator<Item = E>) {
    let violations: Vec<E> = violations.into_iter().collect();
    assert!(
        violations.is_empty(),
        "{}: {violations:#?}",
        violations.len()
    );
}
