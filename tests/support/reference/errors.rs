//! Measures of how far an approximate inverse is from the true one.

use matrix_descent::Real;
use nalgebra::{DMatrix, DVector};

use super::ReferenceInverse;
use super::double_double::{DotProduct, DoubleDouble};
use super::scaled_float::{ScaledFloat, absolute_sum, euclidean_norm};

/// The same matrix in `f64`; exact. Every measure of this file serves `f32` matrices through it.
pub fn widen<T: Real>(matrix: &DMatrix<T>) -> DMatrix<f64> {
    matrix.map(Real::to_f64)
}

/// ‖X − M⁻¹‖ / ‖M⁻¹‖ in the Frobenius norm.
pub fn forward_error(x: &DMatrix<f64>, reference: &ReferenceInverse) -> f64 {
    let order = reference.order();
    let errors = (0..order * order).map(|k| entry_error(x, reference, k % order, k / order));
    euclidean_norm(errors).ratio(reference.norm())
}

/// ‖xⱼ − mⱼ‖ / ‖mⱼ‖ in the Euclidean norm for each column mⱼ of M⁻¹.
pub fn forward_error_of_columns(x: &DMatrix<f64>, reference: &ReferenceInverse) -> DVector<f64> {
    let order = reference.order();
    DVector::from_fn(order, |j, _| {
        let errors = (0..order).map(|i| entry_error(x, reference, i, j));
        let entries = (0..order).map(|i| reference.entry(i, j));
        euclidean_norm(errors).ratio(euclidean_norm(entries))
    })
}

/// ‖X − M⁻¹‖ / ‖M⁻¹‖ in the maximum absolute row sum.
pub fn forward_error_infinity(x: &DMatrix<f64>, reference: &ReferenceInverse) -> f64 {
    let unscaled = vec![0; reference.order()];
    let error = scaled_error_norm(x, reference, &unscaled, &unscaled);
    error.ratio(scaled_inverse_norm(reference, &unscaled, &unscaled))
}

/// ‖R(X − M⁻¹)C‖ in the maximum absolute row sum, where R and C are the diagonal matrices of
/// the powers of two with the given exponents.
pub fn error_norm_infinity(
    x: &DMatrix<f64>,
    reference: &ReferenceInverse,
    row_exponents: &[i32],
    column_exponents: &[i32],
) -> f64 {
    scaled_error_norm(x, reference, row_exponents, column_exponents).to_f64()
}

/// ‖R M⁻¹ C‖ in the maximum absolute row sum, R and C as in [`error_norm_infinity`].
pub fn inverse_norm_infinity(
    reference: &ReferenceInverse,
    row_exponents: &[i32],
    column_exponents: &[i32],
) -> f64 {
    scaled_inverse_norm(reference, row_exponents, column_exponents).to_f64()
}

/// ‖XM − I‖ and ‖MX − I‖ in the Frobenius norm; infinite where a product overflows.
pub fn residuals(matrix: &DMatrix<f64>, x: &DMatrix<f64>) -> (f64, f64) {
    (
        distance_from_identity(x, matrix),
        distance_from_identity(matrix, x),
    )
}

fn distance_from_identity(left: &DMatrix<f64>, right: &DMatrix<f64>) -> f64 {
    let difference = difference_from_identity(left, right);
    euclidean_norm(difference.iter().map(|&entry| ScaledFloat::new(entry, 0))).to_f64()
}

/// ‖XM − I‖ and ‖MX − I‖ in the maximum absolute row sum, where X is
/// scaled to C⁻¹XR⁻¹ and M to RMC with the diagonal matrices of the powers of two with the given
/// exponents.
pub fn scaled_residuals(
    matrix: &DMatrix<f64>,
    x: &DMatrix<f64>,
    row_exponents: &[i32],
    column_exponents: &[i32],
) -> (f64, f64) {
    let exponent = |i: usize, j: usize| row_exponents[i] + column_exponents[j];
    let scaled_matrix = DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |i, j| {
        matrix[(i, j)].scale_by_power_of_two(exponent(i, j))
    });
    let scaled_x = DMatrix::from_fn(x.nrows(), x.ncols(), |i, j| {
        x[(i, j)].scale_by_power_of_two(-exponent(j, i))
    });
    let norm = |difference: DMatrix<f64>| {
        let sums = difference.row_iter().map(|row| row.lp_norm(1));
        // A sum that is not a number must not be lost, as it would be in `f64::max`.
        sums.fold(
            0.0,
            |largest, sum| if sum <= largest { largest } else { sum },
        )
    };
    (
        norm(difference_from_identity(&scaled_x, &scaled_matrix)),
        norm(difference_from_identity(&scaled_matrix, &scaled_x)),
    )
}

/// The product less I, each entry rounded once.
fn difference_from_identity(left: &DMatrix<f64>, right: &DMatrix<f64>) -> DMatrix<f64> {
    let rows = left.transpose();
    DMatrix::from_fn(left.nrows(), left.nrows(), |i, j| {
        let mut sum = DotProduct::default();
        sum.add(if i == j { -1.0 } else { 0.0 });
        for (&a, &b) in rows.column(i).iter().zip(&right.column(j)) {
            sum.add_product(a, b);
        }
        sum.rounded()
    })
}

fn scaled_error_norm(
    x: &DMatrix<f64>,
    reference: &ReferenceInverse,
    row_exponents: &[i32],
    column_exponents: &[i32],
) -> ScaledFloat {
    largest_row_sum(row_exponents, column_exponents, |i, j| {
        entry_error(x, reference, i, j)
    })
}

fn scaled_inverse_norm(
    reference: &ReferenceInverse,
    row_exponents: &[i32],
    column_exponents: &[i32],
) -> ScaledFloat {
    largest_row_sum(row_exponents, column_exponents, |i, j| {
        reference.entry(i, j)
    })
}

fn largest_row_sum(
    row_exponents: &[i32],
    column_exponents: &[i32],
    entry: impl Fn(usize, usize) -> ScaledFloat,
) -> ScaledFloat {
    let row_sum = |i: usize| {
        absolute_sum(
            column_exponents
                .iter()
                .enumerate()
                .map(|(j, column_exponent)| {
                    let scale = ScaledFloat::new(1.0, row_exponents[i] + column_exponent);
                    entry(i, j).times(scale)
                }),
        )
    };
    (0..row_exponents.len())
        .map(row_sum)
        .fold(ScaledFloat::new(0.0, 0), ScaledFloat::max)
}

/// Entry (`row`, `column`) of X − M⁻¹.
pub fn entry_error(
    x: &DMatrix<f64>,
    reference: &ReferenceInverse,
    row: usize,
    column: usize,
) -> ScaledFloat {
    let parts = (reference.high[(row, column)], reference.low[(row, column)]);
    difference(x[(row, column)], parts, reference.exponent(row, column))
}

/// `approximate` − (`high` + `low`)·2^`exponent`.
pub fn difference(approximate: f64, (high, low): (f64, f64), exponent: i32) -> ScaledFloat {
    if !approximate.is_finite() {
        return ScaledFloat::new(f64::INFINITY, 0);
    }
    // Both numbers are brought near 1 before they are subtracted, as neither range nor trailing
    // digits are at risk there.
    let exact_exponent = high.binary_exponent().map(|own| own + exponent);
    let Some(common) = approximate.binary_exponent().max(exact_exponent) else {
        return ScaledFloat::new(0.0, 0);
    };
    let scaled_high = high.scale_by_power_of_two(exponent - common);
    let scaled_low = low.scale_by_power_of_two(exponent - common);
    let exact = DoubleDouble::new_add(scaled_high, scaled_low);
    let difference = approximate.scale_by_power_of_two(-common) - exact;
    ScaledFloat::new(difference.hi(), common)
}
