//! What is proven about leading singular values.

mod evidence;
mod images;

pub use evidence::LeadingEvidence;

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::largest_exponent;
use crate::numerics::norm::{columns, euclidean_norm};
use crate::numerics::real::Real;
use crate::numerics::rounding::enlarge;
use crate::svd::certificate::{SMALLEST_EXPONENT, SvdCertificate, orthogonality, scale_up};
use images::{Images, images_of};

/// Bounds on the errors of k computed singular values σ̂ⱼ with their vectors uⱼ and vⱼ.
///
/// There are two separate claims. That each σ̂ⱼ is near to *some* singular value of M is proven
/// from residuals, whatever the rounding on the way. That they are near to the *largest* ones is
/// proven only sometimes: [`leading`](Self::leading) says what is known.
///
/// With r ≥ max(‖M·V − U·Σ̂‖, ‖Mᵀ·U − V·Σ̂‖) in the Frobenius norm, a ≥ ‖UᵀU − I‖_F and
/// b ≥ ‖VᵀV − I‖_F, both below 1, there are k different singular values σ_i(j) with
///
/// |σ_i(j) − σ̂ⱼ| ≤ (r + (a + b)·σ̂₁)/(1 − max(a, b)),
///
/// and for each j alone there is one for which the same holds with the residual and the value of
/// that j. If [`leading`](Self::leading) is [`LeadingEvidence::Proven`], i(j) = j. The bounds are
/// `f64`, and computed in `f64`, for `f32` matrices too; most of a bound allows for the rounding of
/// the products that it takes.
///
/// This is rigorous for a `DMatrix`, whose products are computed again. The products of any other
/// map are taken as if they were exact ([`is_proof`](Self::is_proof)).
///
/// Sources: Kahan, "Inclusion theorems for clusters of eigenvalues of Hermitian matrices", 1967;
/// Parrott, "On a quotient norm and the Sz.-Nagy–Foiaş lifting theorem", 1978.
///
/// # Example
///
/// ```
/// use matrix_descent::{svd_top_k, TopConfig};
/// use matrix_descent::svd::LeadingEvidence;
/// use nalgebra::DMatrix;
///
/// let m = DMatrix::from_fn(200, 100, |i, j| if i == j { 1.0 / (1 + i) as f64 } else { 0.0 });
/// let top = svd_top_k(&m, 3, TopConfig::default())?;
/// assert!((top.singular_values[2] - 1.0 / 3.0).abs() <= top.certificate.error_bound(2));
/// assert!(top.certificate.is_proof() && top.certificate.error_bound(2) < 1e-12);
/// let LeadingEvidence::Probable { shortfall, .. } = top.certificate.leading() else { panic!() };
/// assert!(shortfall < 0.2);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TopCertificate {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bounds"))]
    residuals: Vec<f64>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bounds"))]
    errors: Vec<f64>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    joint: f64,
    is_proof: bool,
    leading: LeadingEvidence,
}

impl TopCertificate {
    /// A bound on the distance from σ̂ⱼ to some singular value, j counted from 0; ∞ beyond the
    /// last.
    #[must_use]
    pub fn error_bound(&self, index: usize) -> f64 {
        self.errors.get(index).copied().unwrap_or(f64::INFINITY)
    }

    /// A bound on the distances from all σ̂ⱼ to as many different singular values.
    #[must_use]
    pub fn largest_error_bound(&self) -> f64 {
        self.joint
    }

    /// A bound on max(‖M·vⱼ − σ̂ⱼ·uⱼ‖, ‖Mᵀ·uⱼ − σ̂ⱼ·vⱼ‖), j counted from 0; ∞ beyond the last.
    #[must_use]
    pub fn residual_bound(&self, index: usize) -> f64 {
        self.residuals.get(index).copied().unwrap_or(f64::INFINITY)
    }

    /// Whether the bounds hold in spite of all rounding.
    ///
    /// If not, they hold except for the rounding of the products that the map returned.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.is_proof
    }

    /// Whether the values are the largest ones.
    #[must_use]
    pub fn leading(&self) -> LeadingEvidence {
        self.leading
    }

    /// For residuals and departures a and b from orthonormal that are bounds already.
    fn of_bounds(residuals: Vec<f64>, values: &[f64], (a, b): (f64, f64), is_proof: bool) -> Self {
        let joint = enlarge(euclidean_norm(&residuals), residuals.len());
        let largest = values.first().copied().unwrap_or_default();
        let pairs = residuals.iter().zip(values);
        Self {
            errors: pairs
                .map(|(&residual, &value)| error(residual, value, a, b))
                .collect(),
            joint: error(joint, largest, a, b),
            residuals,
            is_proof,
            leading: LeadingEvidence::Unknown,
        }
    }

    /// For vectors whose images are known; and the largest residual that was found.
    fn of_images(factors: &TopFactors<'_>, images: &Images) -> (Self, f64) {
        let TopFactors { u, values, v } = *factors;
        let (a, b) = (orthogonality(u), orthogonality(v));
        let right = residuals(&images.of_v, u, values);
        let left = residuals(&images.of_u, v, values);
        let measured: Vec<f64> = right.zip(left).map(|(x, y)| larger(x, y)).collect();
        let entries = u.nrows() + v.nrows();
        // ‖vⱼ‖ ≤ 1 + b.
        let rounding = images.rounding * (1.0 + a.max(b));
        let bound = |&residual: &f64| enlarge(residual + rounding, entries);
        let residuals: Vec<f64> = measured.iter().map(bound).collect();
        let certificate = Self::of_bounds(residuals, values, (a, b), true);
        (certificate, measured.into_iter().fold(0.0, larger))
    }

    /// For a matrix, in `f64` whatever its format; the products are computed here. And the largest
    /// residual that was found.
    pub(super) fn of_matrix<T: Real>(
        matrix: &DMatrix<T>,
        (u, values, v): (&DMatrix<T>, &[T], &DMatrix<T>),
    ) -> (Self, f64) {
        let exponent = largest_exponent(matrix).unwrap_or(SMALLEST_EXPONENT);
        let (u, v) = (u.map(T::to_f64), v.map(T::to_f64));
        let values: Vec<f64> = values
            .iter()
            .map(|value| value.to_f64().scale_by_power_of_two(-exponent))
            .collect();
        let images = images_of(matrix, -exponent, &u, &v);
        let factors = TopFactors {
            u: &u,
            values: &values,
            v: &v,
        };
        let (mut certificate, measured) = Self::of_images(&factors, &images);
        if certificate.proves_leading(&values, images.norm, matrix.len()) {
            certificate.leading = LeadingEvidence::Proven;
        }
        (
            certificate.scaled_up(exponent),
            scale_up(measured, exponent),
        )
    }

    /// For a map scaled by 2^−`exponent`, whose products are taken as exact: with the residuals and
    /// the departures of U and V from orthonormal as they were measured.
    pub(super) fn of_map<T: Real>(
        measured: &[T],
        values: &[T],
        departures: [T; 2],
        exponent: i32,
    ) -> Self {
        let wide = |values: &[T]| values.iter().map(|value| value.to_f64()).collect();
        let [a, b] = departures.map(T::to_f64);
        let values: Vec<f64> = wide(values);
        Self::of_bounds(wide(measured), &values, (a, b), false).scaled_up(exponent)
    }

    /// With what a search says about the largest ones, if that is not proven already: that no other
    /// singular value is above `largest` except with this probability.
    pub(super) fn with_search(mut self, last: f64, largest: f64, failure_probability: f64) -> Self {
        if self.leading == LeadingEvidence::Unknown {
            let known = last + self.joint;
            self.leading = LeadingEvidence::searched(known, largest, failure_probability);
        }
        self
    }

    /// For the first values of a whole decomposition, whose errors its certificate bounds better.
    pub(super) fn of_whole(self, whole: &SvdCertificate) -> Self {
        let indices = 0..self.residuals.len();
        let errors: Vec<f64> = indices.map(|index| whole.error_bound(index)).collect();
        Self {
            residuals: self.residuals,
            joint: whole.largest_error_bound(),
            errors,
            is_proof: true,
            leading: LeadingEvidence::Proven,
        }
    }

    /// Whether ‖M‖²_F leaves so little beside these values that all others are smaller.
    fn proves_leading(&self, values: &[f64], norm: f64, entries: usize) -> bool {
        let whole = enlarge(norm * norm, 2 * entries);
        let least = |value: &f64| (value - self.joint).max(0.0);
        let found: f64 = values.iter().map(|value| least(value).powi(2)).sum();
        let rest = enlarge(whole - found / (1.0 + 1e-12), 2).max(0.0);
        let last = values.last().map_or(0.0, least);
        rest < last * last * (1.0 - 1e-12)
    }

    fn scaled_up(mut self, exponent: i32) -> Self {
        for bound in self.residuals.iter_mut().chain(&mut self.errors) {
            *bound = scale_up(*bound, exponent);
        }
        self.joint = scale_up(self.joint, exponent);
        self
    }
}

struct TopFactors<'a> {
    u: &'a DMatrix<f64>,
    values: &'a [f64],
    v: &'a DMatrix<f64>,
}

/// The larger one; NaN if one is.
fn larger(x: f64, y: f64) -> f64 {
    if x >= y || x.is_nan() { x } else { y }
}

/// ‖yⱼ − σ̂ⱼ·xⱼ‖ for the columns y of `images` and x of `vectors`, with room for the rounding of
/// the product and the difference.
fn residuals(
    images: &DMatrix<f64>,
    vectors: &DMatrix<f64>,
    values: &[f64],
) -> impl Iterator<Item = f64> {
    columns(images)
        .zip(columns(vectors))
        .zip(values)
        .map(|((image, vector), &value)| {
            let difference = image.iter().zip(vector).map(|(y, x)| y - value * x);
            let difference: Vec<f64> = difference.collect();
            let size = value * euclidean_norm(vector);
            euclidean_norm(&difference) + f64::EPSILON * size
        })
}

/// (r + (a + b)·σ)/(1 − max(a, b)); ∞ where that proves nothing.
fn error(residual: f64, value: f64, left: f64, right: f64) -> f64 {
    let kept = 1.0 - left.max(right);
    if kept > 0.0 {
        enlarge((residual + (left + right) * value) / kept, 1)
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{Images, LeadingEvidence, TopCertificate, TopFactors, error, larger, residuals};

    fn of(m: &DMatrix<f64>, u: &DMatrix<f64>, value: f64, v: &DMatrix<f64>) -> TopCertificate {
        TopCertificate::of_matrix(m, (u, &[value], v)).0
    }

    #[test]
    fn what_is_wrong_is_seen() {
        let m = dmatrix![2.0, 0.0; 0.0, 1.0; 0.0, 0.0];
        let (first, second) = (dmatrix![1.0; 0.0], dmatrix![0.0; 1.0]);
        let (left, other) = (dmatrix![1.0; 0.0; 0.0], dmatrix![0.0; 1.0; 0.0]);
        let exact = of(&m, &left, 2.0, &first);
        assert!(exact.error_bound(0) < 1e-14);
        assert_eq!(exact.leading(), LeadingEvidence::Proven);
        assert_eq!(exact.error_bound(1), f64::INFINITY);
        // A singular value, but not the largest.
        let missed = of(&m, &other, 1.0, &second);
        assert!(missed.error_bound(0) < 1e-14);
        assert_eq!(missed.leading(), LeadingEvidence::Unknown);
        assert!(of(&m, &left, 1.5, &first).error_bound(0) >= 0.5);
        assert!(of(&m, &(left * 1.1), 2.0, &first).error_bound(0) >= 0.2);
        assert!(of(&m, &(other * 0.0), 1.0, &second).error_bound(0) >= 1.0);
    }

    #[test]
    fn all_of_an_identity_is_proven() {
        let identity = DMatrix::<f64>::identity(4, 4);
        let values = [1.0; 4];
        let factors = (&identity, values.as_slice(), &identity);
        let (certificate, _) = TopCertificate::of_matrix(&identity, factors);
        assert_eq!(certificate.leading(), LeadingEvidence::Proven);
        assert!(certificate.largest_error_bound() < 1e-13);
    }

    #[test]
    fn errors_follow_from_residuals_and_departures_from_orthonormal() {
        for (residual, value, left, right, expected) in [
            (0.5, 3.0, 0.1, 0.2, 1.75),
            (0.5, 3.0, 0.2, 0.1, 1.75),
            (0.25, 2.0, 0.5, 0.0, 2.5),
            (0.0, 0.0, 1.0, 0.0, f64::INFINITY),
            (0.1, 1.0, 0.0, 1.5, f64::INFINITY),
        ] {
            let found = error(residual, value, left, right);
            let is_near = found >= expected && found <= expected * (1.0 + 1e-13);
            assert!(is_near, "{residual}, {value}, {left}, {right}: {found}");
        }
    }

    #[test]
    fn the_larger_residual_counts_and_nan_stays() {
        assert_eq!((larger(1.0, 2.0), larger(2.0, 1.0)), (2.0, 2.0));
        assert!(larger(f64::NAN, 1.0).is_nan() && larger(1.0, f64::NAN).is_nan());
    }

    #[test]
    fn residuals_allow_for_the_rounding_of_their_terms() {
        let vectors = dmatrix![3.0, 0.5; 4.0, 0.0];
        let images = dmatrix![6.0, 2.0; 8.0, 1.0];
        let found: Vec<f64> = residuals(&images, &vectors, &[2.0, 4.0]).collect();
        assert_eq!(found, [10.0 * f64::EPSILON, 1.0 + 2.0 * f64::EPSILON]);
    }

    #[test]
    fn bounds_of_images_allow_for_their_rounding_and_the_lengths_of_the_vectors() {
        let (unit, long) = (dmatrix![1.0; 0.0], dmatrix![1.1; 0.0]);
        let [to_unit, to_long] = [&unit, &long].map(|vector| vector * 2.0);
        for (u, v, of_v, of_u) in [
            (&long, &unit, &to_long, &to_unit),
            (&unit, &long, &to_unit, &to_long),
        ] {
            let values = [2.0];
            let factors = TopFactors {
                u,
                values: &values,
                v,
            };
            let images = Images {
                of_v: of_v.clone(),
                of_u: of_u.clone(),
                rounding: 0.1,
                norm: 2.0,
            };
            let (found, measured) = TopCertificate::of_images(&factors, &images);
            assert!(measured < 1e-15);
            // ‖1.1²−1‖ = 0.21.
            let residual = 0.1 * 1.21;
            let expected = (residual + 0.21 * 2.0) / (1.0 - 0.21);
            for (found, expected) in [
                (found.residual_bound(0), residual),
                (found.error_bound(0), expected),
                (found.largest_error_bound(), expected),
            ] {
                let excess = found / expected - 1.0;
                assert!((0.0..1e-12).contains(&excess), "{found} for {expected}");
            }
            assert_eq!(found.residual_bound(1), f64::INFINITY);
            assert!(found.is_proof());
        }
        let taken = TopCertificate::of_map(&[0.1], &[2.0], [0.0, 0.0], 3);
        assert!(!taken.is_proof());
        assert!((0.8..0.8 + 1e-12).contains(&taken.error_bound(0)));
    }

    #[test]
    fn values_are_the_largest_if_the_rest_of_the_norm_is_below_the_last() {
        let proves = |joint: f64, values: &[f64], squared_norm: f64| {
            let certificate = TopCertificate {
                residuals: Vec::new(),
                errors: Vec::new(),
                joint,
                is_proof: true,
                leading: LeadingEvidence::Unknown,
            };
            certificate.proves_leading(values, squared_norm.sqrt(), 6)
        };
        for (joint, values, squared_norm, expected) in [
            (0.0, &[3.0, 2.0][..], 13.0 + 3.9, true),
            (0.0, &[3.0, 2.0], 13.0 + 4.1, false),
            // 2.9² + 1.9², and 1.9² = 3.61 is left for the rest.
            (0.1, &[3.0, 2.0], 12.02 + 3.5, true),
            (0.1, &[3.0, 2.0], 12.02 + 3.7, false),
            (0.1, &[3.0, 0.05], 8.41, false),
            (0.0, &[0.0], 0.0, false),
            (0.0, &[], 0.0, false),
            // Room of 1e-12 for the rounding of the sum and of the square.
            (0.0, &[1e6, 1.0], 1e12 + 1.0, false),
            (0.0, &[1.0], 2.0 - 1e-12, false),
            (0.0, &[1.0], 2.0 - 4e-12, true),
        ] {
            let found = proves(joint, values, squared_norm);
            assert_eq!(found, expected, "{joint}, {values:?}, {squared_norm}");
        }
    }
}
