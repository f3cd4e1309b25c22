//! What is proven about singular values.

use std::fmt;

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::{largest_exponent, scale};
use crate::numerics::norm::{columns, euclidean_norm, sum_of_squares};
use crate::numerics::product::transposed_product;
use crate::numerics::real::Real;
use crate::numerics::rounding::{enlarge, product_error, smallest_subnormal};

/// The exponent of the smallest subnormal number.
pub(super) const SMALLEST_EXPONENT: i32 = -1074;

/// Rigorous bounds on the errors of computed singular values σ̂ᵢ.
///
/// They hold in spite of all rounding on the way, for the numbers of M, U, σ̂ and V as they are
/// stored; the columns of U and V are the singular vectors. With r ≥ ‖M − U·diag(σ̂)·Vᵀ‖_F, a ≥
/// ‖UᵀU − I‖_F and b ≥ ‖VᵀV − I‖_F:
///
/// |σᵢ − σ̂ᵢ| ≤ r + η·σ̂ᵢ, η = max(√((1+a)(1+b)) − 1, 1 − √((1−a)(1−b))),
///
/// by Weyl's and Ostrowski's inequalities. U (m×k) and V (n×k) are the thin factors here, whichever
/// vectors the call returns. For an `f64` matrix most of a bound allows for the rounding of the
/// three products that it takes, so that it is larger than the true error by a factor of some n or
/// more. The bounds are `f64`, and computed in `f64`, for `f32` matrices too. A bound is ∞ if
/// nothing is proven.
///
/// They assume rounding to nearest in the format itself (no x87 extended precision) and gradual
/// underflow, and no fast matrix multiplication of Strassen's kind.
///
/// Sources: Ostrowski, "A quantitative formulation of Sylvester's law of inertia", 1959; Rump,
/// "Verified bounds for singular values, in particular for the spectral norm of a matrix and its
/// inverse", 2011.
///
/// # Example
///
/// ```
/// use matrix_descent::{svd_by_descent, SvdConfig};
/// use nalgebra::DMatrix;
///
/// let ones = DMatrix::from_element(3, 5, 1.0);
/// let svd = svd_by_descent(&ones, SvdConfig::default())?;
/// let error = (svd.singular_values[0] - 15.0_f64.sqrt()).abs();
/// assert!(error <= svd.certificate.error_bound(0));
/// assert!(svd.certificate.error_bound(0) < 1e-13);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SvdCertificate {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    residual: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    left_orthogonality: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    right_orthogonality: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bounds"))]
    errors: Vec<f64>,
}

impl fmt::Display for SvdCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = self.largest_error_bound();
        if bound.is_finite() {
            write!(formatter, "singular values proven to {bound:.1e}")
        } else {
            formatter.write_str("singular values not proven")
        }
    }
}

impl SvdCertificate {
    /// A bound on ‖M − U·diag(σ̂)·Vᵀ‖_F.
    #[must_use]
    pub fn residual_bound(&self) -> f64 {
        self.residual
    }

    /// A bound on ‖UᵀU − I‖_F.
    #[must_use]
    pub fn left_orthogonality_bound(&self) -> f64 {
        self.left_orthogonality
    }

    /// A bound on ‖VᵀV − I‖_F.
    #[must_use]
    pub fn right_orthogonality_bound(&self) -> f64 {
        self.right_orthogonality
    }

    /// A bound on |σᵢ − σ̂ᵢ| for the singular value with this index, counted from 0 at the largest;
    /// ∞ beyond the last.
    #[must_use]
    pub fn error_bound(&self, index: usize) -> f64 {
        self.errors.get(index).copied().unwrap_or(f64::INFINITY)
    }

    /// A bound on the error of every singular value.
    #[must_use]
    pub fn largest_error_bound(&self) -> f64 {
        self.error_bound(0)
    }

    /// For the thin SVD U·diag(σ̂)·Vᵀ of `matrix`, σ̂ descending.
    pub(super) fn of<T: Real>(
        matrix: &DMatrix<T>,
        u: &DMatrix<T>,
        singular_values: &[T],
        v: &DMatrix<T>,
    ) -> Self {
        // A zero matrix loses nothing at any scale; at the smallest scale its bounds are nearest
        // to 0.
        let exponent = largest_exponent(matrix).unwrap_or(SMALLEST_EXPONENT);
        let (u, v) = (u.map(T::to_f64), v.map(T::to_f64));
        // Exact except for underflow, for which `residual_in_range` allows.
        let mut matrix = matrix.map(T::to_f64);
        scale(matrix.as_mut_slice(), -exponent);
        let values: Vec<f64> = singular_values
            .iter()
            .map(|value| value.to_f64().scale_by_power_of_two(-exponent))
            .collect();
        let residual = residual_in_range(matrix, &u, &values, &v);
        let (left, right) = (orthogonality(&u), orthogonality(&v));
        let distortion = distortion(left, right);
        let error = |&value: &f64| enlarge(residual + distortion * value, 1);
        Self {
            residual: scale_up(residual, exponent),
            left_orthogonality: left,
            right_orthogonality: right,
            errors: values
                .iter()
                .map(|value| scale_up(error(value), exponent))
                .collect(),
        }
    }
}

/// A bound on ‖M − U·diag(σ̂)·Vᵀ‖_F, where M and σ̂ may be off by half the smallest subnormal.
///
/// With k terms and one rounding for U·diag(σ̂), the computed product is off by at most g·|U|Σ|V|ᵀ,
/// g = (k+1)u/(1 − (k+1)u), whose norm is at most Σσ̂ₗ·‖uₗ‖·‖vₗ‖.
fn residual_in_range(
    matrix: DMatrix<f64>,
    u: &DMatrix<f64>,
    values: &[f64],
    v: &DMatrix<f64>,
) -> f64 {
    let terms = values.len();
    let mut weighted = u.clone();
    for (mut column, &value) in weighted.column_iter_mut().zip(values) {
        column *= value;
    }
    let residual = matrix - weighted * v.transpose();
    let lengths = columns(u).zip(columns(v)).zip(values);
    let sizes: f64 = lengths
        .map(|((x, y), value)| value * euclidean_norm(x) * euclidean_norm(y))
        .sum();
    let rounding = product_error(terms + 1) * sizes;
    let vectors = euclidean_norm(u.as_slice()) + euclidean_norm(v.as_slice()) + 1.0;
    let smallest = smallest_subnormal::<f64>();
    let underflow = smallest * (residual.len() * (terms + 4)) as f64 * vectors * vectors;
    let norm = euclidean_norm(residual.as_slice());
    enlarge(
        norm + rounding + underflow,
        residual.len() + u.len() + v.len(),
    )
}

/// A bound on ‖AᵀA − I‖_F.
pub(crate) fn orthogonality(a: &DMatrix<f64>) -> f64 {
    let mut gram = transposed_product(a, a.as_view());
    for index in 0..a.ncols() {
        gram[(index, index)] -= 1.0;
    }
    // The roundings are at most g·|A|ᵀ|A|, whose norm is at most ‖A‖²_F.
    let rounding = product_error(a.nrows()) * sum_of_squares(a.as_slice());
    let norm = euclidean_norm(gram.as_slice());
    // Underflow is nothing beside these: a short A is far from orthonormal, and any other leaves
    // u/2 or more of rounding.
    enlarge(norm + rounding, gram.len() + a.len())
}

/// η for these departures from orthogonality; ∞ if one is.
fn distortion(left: f64, right: f64) -> f64 {
    if !(left + right).is_finite() {
        return f64::INFINITY;
    }
    let above = 0.5 * (left + right + left * right);
    // 1 − √((1−a)(1−b)) without cancellation, (1−a)(1−b) ≥ 1 − a − b.
    let lost = (left + right).min(1.0);
    let below = lost / (1.0 + (1.0 - lost).sqrt());
    enlarge(above.max(below), 1)
}

/// A bound times 2^exponent, enlarged if the result is subnormal, where it may have been rounded
/// down.
pub(super) fn scale_up(bound: f64, exponent: i32) -> f64 {
    let result = bound.scale_by_power_of_two(exponent);
    if result < f64::MIN_POSITIVE {
        result + f64::from_bits(1)
    } else {
        result
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{SvdCertificate, distortion, orthogonality, residual_in_range, scale_up};
    use crate::numerics::real::Real;
    use crate::numerics::rounding::{smallest_subnormal, unit_roundoff};

    /// A bound has to be at least this value, and not more than rounding up above it.
    fn assert_barely_above(name: &str, bound: f64, value: f64) {
        assert!(bound >= value, "{name}: {bound:e} < {value:e}");
        assert!(
            bound <= value * (1.0 + 1e-11),
            "{name}: {bound:e} > {value:e}"
        );
    }

    /// nu/(1 − nu).
    fn product_share(terms: usize) -> f64 {
        let units = terms as f64 * unit_roundoff();
        units / (1.0 - units)
    }

    #[test]
    fn the_bound_of_orthogonality_is_the_distance_and_the_rounding() {
        for (rows, columns) in [(1, 1), (3, 2), (5, 5), (40, 7)] {
            let a = DMatrix::<f64>::identity(rows, columns);
            let name = format!("{rows}×{columns}");
            // All columns are exact unit vectors: only the rounding is left.
            let rounding = product_share(rows) * columns as f64;
            assert_barely_above(&name, orthogonality(&a), rounding);
            // AᵀA − I = −¾·I.
            let distance = 0.75 * (columns as f64).sqrt();
            assert_barely_above(&name, orthogonality(&(a * 0.5)), distance);
        }
        // AᵀA − I = (0, 0.5; 0.5, 0.25).
        let skew = dmatrix![1.0, 0.5; 0.0, 1.0];
        assert_barely_above("skew", orthogonality(&skew), 0.5625_f64.sqrt());
    }

    #[test]
    fn the_bound_of_a_residual_is_the_distance_and_the_rounding() {
        let values = [2.0, 1.0];
        for (rows, columns) in [(2, 2), (5, 3), (3, 40)] {
            let (u, v) = (DMatrix::identity(rows, 2), DMatrix::identity(columns, 2));
            let exact: DMatrix<f64> =
                &u * DMatrix::from_diagonal(&values.to_vec().into()) * v.transpose();
            let name = format!("{rows}×{columns}");
            let bound = residual_in_range(exact.clone(), &u, &values, &v);
            assert_barely_above(&name, bound, product_share(3) * 3.0);
            // Longer vectors weigh the rounding.
            let bound = residual_in_range(&exact * 8.0, &(&u * 2.0), &values, &(&v * 4.0));
            assert_barely_above(&name, bound, product_share(3) * 3.0 * 8.0);
            let mut off = exact.clone();
            off[(1, 0)] += 0.75;
            off[(0, 1)] -= 1.0;
            let bound = residual_in_range(off, &u, &values, &v);
            assert_barely_above(&name, bound, 1.25 + product_share(3) * 3.0);
        }
        // A zero matrix leaves nothing but underflow: 4·6·(√2 + √2 + 1)² of the smallest.
        let (zero, one) = (DMatrix::zeros(2, 2), DMatrix::identity(2, 2));
        let bound = residual_in_range(zero, &one, &[0.0, 0.0], &one);
        let length = 1.0 + 8.0_f64.sqrt();
        let count = bound / smallest_subnormal::<f64>();
        assert!((count - 24.0 * length * length).abs() < 3.0, "{count}");
    }

    #[test]
    fn the_bounds_follow_the_matrix_at_any_scale() {
        let skew = dmatrix![1.0, 0.5; 0.0, 1.0];
        let one = DMatrix::identity(2, 2);
        let off = dmatrix![2.0, 0.75; 1.0, 1.0];
        for exponent in [0, 3, -3, 900, -900] {
            let at_scale = |value: f64| value.scale_by_power_of_two(exponent);
            let m = off.map(at_scale);
            let values = [2.0, 1.0].map(at_scale);
            let found = SvdCertificate::of(&m, &one, &values, &one);
            let residual = at_scale(1.25 + product_share(3) * 3.0);
            assert_barely_above("residual", found.residual_bound(), residual);
            assert_barely_above(
                "left",
                found.left_orthogonality_bound(),
                product_share(2) * 2.0,
            );
            assert_barely_above(
                "right",
                found.right_orthogonality_bound(),
                product_share(2) * 2.0,
            );
            // UΣVᵀ = (2, 0.5; 0, 1) for the skew U.
            let found = SvdCertificate::of(&off.map(at_scale), &skew, &values, &one);
            let departure = found.left_orthogonality_bound();
            assert_barely_above("left", departure, 0.5625_f64.sqrt());
            let other = found.right_orthogonality_bound();
            for (index, value) in values.into_iter().enumerate() {
                let error = found.residual_bound() + distortion(departure, other) * value;
                assert_barely_above("value", found.error_bound(index), error * (1.0 - 1e-14));
            }
            let found = SvdCertificate::of(&off.map(at_scale), &one, &values, &skew);
            assert_barely_above(
                "right",
                found.right_orthogonality_bound(),
                0.5625_f64.sqrt(),
            );
        }
    }

    #[test]
    fn a_bound_that_becomes_subnormal_is_rounded_up() {
        let smallest = smallest_subnormal::<f64>();
        assert_eq!(scale_up(3.0, 4), 48.0);
        assert_eq!(scale_up(f64::MIN_POSITIVE, 0), f64::MIN_POSITIVE);
        assert_eq!(scale_up(1.0, -1022), f64::MIN_POSITIVE);
        assert_eq!(scale_up(1.0, -1030), 2.0_f64.powi(-1030) + smallest);
        assert_eq!(scale_up(1e-300, -1000), smallest);
        assert_eq!(scale_up(0.0, 5), smallest);
    }

    #[test]
    fn errors_show_in_the_bounds() {
        let (u, v) = (dmatrix![1.0, 0.0; 0.0, 1.0], dmatrix![1.0, 0.0; 0.0, 1.0]);
        let m = dmatrix![2.0, 0.0; 0.0, 1.0];
        let exact = SvdCertificate::of(&m, &u, &[2.0, 1.0], &v);
        assert!(exact.largest_error_bound() < 1e-14);
        let wrong_value = SvdCertificate::of(&m, &u, &[2.0, 0.75], &v);
        assert!(wrong_value.error_bound(1) >= 0.25);
        let largest = (0..2).map(|index| wrong_value.error_bound(index));
        assert_eq!(
            wrong_value.largest_error_bound(),
            largest.fold(0.0, f64::max)
        );
        let skew = dmatrix![1.0, 0.1; 0.0, 1.0];
        let wrong_vector = SvdCertificate::of(&m, &skew, &[2.0, 1.0], &v);
        assert!(wrong_vector.left_orthogonality_bound() >= 0.1);
        assert!(wrong_vector.residual_bound() >= 0.1);
        assert_eq!(exact.error_bound(2), f64::INFINITY);
    }

    #[test]
    fn the_distortion_agrees_with_its_formula() {
        for (a, b) in [(0.0, 0.0), (0.1, 0.2), (0.5, 0.5), (3.0, 0.0)] {
            let above = ((1.0_f64 + a) * (1.0 + b)).sqrt() - 1.0;
            let kept = (1.0_f64 - a).max(0.0) * (1.0_f64 - b).max(0.0);
            let formula = above.max(1.0 - kept.sqrt());
            let bound = distortion(a, b);
            assert!(bound >= formula, "{a}, {b}: {bound} < {formula}");
            assert!(bound <= 2.1 * formula, "{a}, {b}: {bound} > {formula}");
        }
        assert_eq!(distortion(f64::INFINITY, 0.0), f64::INFINITY);
        // η = max(½(a + b + ab), 1 − √(1 − min(a + b, 1))).
        for (a, b) in [
            (0.1, 0.2),
            (0.05, 0.0),
            (0.5, 0.5),
            (0.0, 0.75),
            (3.0, 0.0),
            (2.0, 1.0),
        ] {
            let above: f64 = 0.5 * (a + b + a * b);
            let formula = above.max(1.0 - (1.0 - f64::min(a + b, 1.0)).sqrt());
            assert_barely_above("distortion", distortion(a, b), formula * (1.0 - 1e-13));
        }
        for (a, b) in [(1e-10, 2e-10), (0.0, 3e-16), (1e-200, 1e-200)] {
            let sum: f64 = a + b;
            let series = sum / 2.0 + sum * sum / 8.0;
            assert_barely_above("distortion", distortion(a, b), series * (1.0 - 1e-13));
        }
    }
}
