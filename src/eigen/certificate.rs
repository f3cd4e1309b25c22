//! What is proven about eigenvalues at an end of a spectrum.

use std::fmt;

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::{largest_exponent, scaled};
use crate::numerics::norm::{columns, euclidean_norm, sum_of_squares};
use crate::numerics::product::{product, transposed_product};
use crate::numerics::real::Real;
use crate::numerics::rounding::{enlarge, product_error, smallest_subnormal};

/// Whether the eigenvalues that were found are the outermost ones.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum OutermostEvidence {
    /// They are, up to the error bounds: all eigenvalues were found.
    Proven,
    /// With a probability of at least 1 − `failure_probability` over the random start of the second
    /// search, no eigenvalue lies beyond λ_k by more than `shortfall`·(λ_max − λ_min) and the
    /// tolerance, apart from those that were found.
    ///
    /// It holds for exact arithmetic and any matrix that does not depend on the seed (Kuczyński and
    /// Woźniakowski 1992). Usually nothing is missed: the second search goes on until its own
    /// outermost value is seen not to lie beyond λ_k by more than the tolerance.
    Probable {
        /// As a fraction of the width of the spectrum.
        shortfall: f64,
        /// The probability that the statement is wrong.
        failure_probability: f64,
    },
    /// A second search from a random start in the complement found no eigenvalue beyond λ_k, but
    /// with a mass or a preconditioner no probability can be stated.
    Searched,
    /// Nothing is known: the search ended early.
    Unknown,
}

impl fmt::Display for OutermostEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proven => formatter.write_str("proven to be the outermost"),
            Self::Probable {
                shortfall,
                failure_probability,
            } => write!(
                formatter,
                "the outermost to {shortfall:.1e} of the spectrum's width, except with \
                 probability {failure_probability:.1e}"
            ),
            Self::Searched => formatter.write_str("the outermost as far as a second search found"),
            Self::Unknown => formatter.write_str("not known to be the outermost"),
        }
    }
}

/// Bounds on the errors of k computed eigenvalues θⱼ with their vectors xⱼ.
///
/// There are two separate claims: that each θⱼ is near to *some* eigenvalue, and that they are near
/// to the *outermost* ones; [`outermost`](Self::outermost) says what is known of the latter. Which
/// index an eigenvalue has cannot be told from residuals.
///
/// With R = A·X − X·Θ and a ≥ ‖XᵀX − I‖_F below 1, there are k different eigenvalues with
///
/// |λ_i(j) − θⱼ| ≤ (‖R‖_F + (max θ − min θ)·√(1 + a)·e)/√(1 − a), e = 1/√(1 − a) − 1,
///
/// and for each j alone there is one within ‖rⱼ‖/√(1 − a). For a `DMatrix` without a mass this is
/// rigorous in spite of all rounding ([`is_proof`](Self::is_proof)); the claim is about the
/// eigenvalues of (A + Aᵀ)/2, which differs from A by no more than rounding.
///
/// The products of any other map are taken as if they were exact. With a mass B the residuals are
/// divided by √λ_min(B)·‖xⱼ‖_B, where λ_min(B) is estimated, not proven, from a search of its own;
/// the bounds are ∞ if that found none.
///
/// Source: Kahan, "Inclusion theorems for clusters of eigenvalues of Hermitian matrices", 1967.
///
/// # Example
///
/// ```
/// use matrix_descent::{symmetric_eigen_k, EigenConfig};
/// use nalgebra::{DMatrix, DVector};
///
/// let a = DMatrix::from_diagonal(&DVector::from_fn(100, |i, _| (i + 1) as f64));
/// let found = symmetric_eigen_k(&a, 3, EigenConfig::smallest())?;
/// let bounds = &found.certificate;
/// assert!((found.eigenvalues[2] - 3.0).abs() <= bounds.error_bound(2));
/// assert!(bounds.is_proof() && bounds.largest_error_bound() < 1e-8);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EigenCertificate {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bounds"))]
    errors: Vec<f64>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    joint: f64,
    is_proof: bool,
    outermost: OutermostEvidence,
}

impl EigenCertificate {
    /// A bound on the distance from θⱼ to some eigenvalue, j counted from 0; ∞ beyond the last.
    #[must_use]
    pub fn error_bound(&self, index: usize) -> f64 {
        self.errors.get(index).copied().unwrap_or(f64::INFINITY)
    }

    /// A bound on the distances from all θⱼ to as many different eigenvalues.
    #[must_use]
    pub fn largest_error_bound(&self) -> f64 {
        self.joint
    }

    /// Whether the bounds hold in spite of all rounding.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.is_proof
    }

    /// Whether the values are the smallest, or the largest, ones.
    #[must_use]
    pub fn outermost(&self) -> OutermostEvidence {
        self.outermost
    }

    pub(super) fn with_evidence(mut self, outermost: OutermostEvidence) -> Self {
        self.outermost = outermost;
        self
    }

    /// The bounds of the first `count` pairs, and what holds for all of them together.
    pub(super) fn of_first(mut self, count: usize) -> Self {
        self.errors.truncate(count);
        // All eigenvalues pair with all θ, in order.
        for error in &mut self.errors {
            *error = error.max(self.joint);
        }
        self
    }

    /// From residual norms that are taken as exact, for vectors that are orthonormal up to
    /// `departure`; all residuals times `factor`, the values and the result times 2^`exponent`.
    pub(super) fn of_residuals(bounds: &ResidualBounds<'_>) -> Self {
        let a = bounds.departure;
        let kept = 1.0 - a;
        let (errors, joint) = if kept > 0.0 {
            let root = kept.sqrt();
            let single = |&residual: &f64| enlarge(residual / root, 2);
            // 1/√(1 − a) − 1 ≤ a/2·(1 − a)^(−3/2), its slope being that of a convex function.
            let distortion = 0.5 * a / (kept * root);
            let turned = bounds.spread * (1.0 + a).sqrt() * distortion;
            let norm = euclidean_norm(bounds.residuals);
            let joint = enlarge((norm + turned) / root, bounds.residuals.len() + 2);
            (bounds.residuals.iter().map(single).collect(), joint)
        } else {
            (vec![f64::INFINITY; bounds.residuals.len()], f64::INFINITY)
        };
        Self {
            errors,
            joint,
            is_proof: false,
            outermost: OutermostEvidence::Unknown,
        }
    }

    /// For a matrix, in `f64` whatever its format; the products are computed here.
    pub(super) fn of_matrix<T: Real>(matrix: &DMatrix<T>, values: &[T], x: &DMatrix<T>) -> Self {
        let exponent = largest_exponent(matrix).unwrap_or(SMALLEST_EXPONENT);
        let matrix = scaled(&matrix.map(T::to_f64), -exponent);
        let x = x.map(T::to_f64);
        let values: Vec<f64> = (values.iter())
            .map(|value| value.to_f64().scale_by_power_of_two(-exponent))
            .collect();
        let images = product(matrix.as_view(), x.as_view());
        let norm = enlarge(euclidean_norm(matrix.as_slice()), matrix.len());
        let skew = enlarge(skew_norm(&matrix), matrix.len());
        let departure = departure(&x);
        let smallest = smallest_subnormal::<f64>();
        let rounding = product_error(matrix.nrows()) * norm + smallest * (4 * matrix.len()) as f64;
        // ‖xⱼ‖ ≤ √(1 + a), and the asymmetry moves A·xⱼ by half of ‖A − Aᵀ‖ at most.
        let beside = (rounding + 0.5 * skew) * (1.0 + departure);
        let residuals: Vec<f64> = columns(&images)
            .zip(columns(&x))
            .zip(&values)
            .map(|((image, vector), &value)| {
                let difference = image.iter().zip(vector).map(|(y, x)| y - value * x);
                let difference: Vec<f64> = difference.collect();
                let size = value.abs() * euclidean_norm(vector);
                let norm = euclidean_norm(&difference) + f64::EPSILON * (size + norm);
                enlarge(norm + beside, vector.len())
            })
            .collect();
        let bounds = ResidualBounds {
            residuals: &residuals,
            spread: spread(&values),
            departure,
        };
        let mut found = Self::of_residuals(&bounds);
        found.is_proof = true;
        found.scaled_up(exponent)
    }

    pub(super) fn scaled_up(mut self, exponent: i32) -> Self {
        for bound in self.errors.iter_mut().chain([&mut self.joint]) {
            let result = bound.scale_by_power_of_two(exponent);
            // A subnormal result may have been rounded down.
            *bound = if result < f64::MIN_POSITIVE {
                result + f64::from_bits(1)
            } else {
                result
            };
        }
        self
    }
}

/// The exponent of the smallest subnormal number.
const SMALLEST_EXPONENT: i32 = -1074;

/// What the bounds follow from.
pub(super) struct ResidualBounds<'a> {
    /// ‖rⱼ‖ or more.
    pub(super) residuals: &'a [f64],
    /// max θ − min θ.
    pub(super) spread: f64,
    /// a ≥ ‖XᵀX − I‖_F.
    pub(super) departure: f64,
}

/// max θ − min θ.
pub(super) fn spread(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    (largest - smallest).max(0.0)
}

/// ‖A − Aᵀ‖_F.
fn skew_norm(matrix: &DMatrix<f64>) -> f64 {
    let mut sum = 0.0;
    for j in 0..matrix.ncols() {
        for i in 0..j {
            sum += (matrix[(i, j)] - matrix[(j, i)]).powi(2);
        }
    }
    (2.0 * sum).sqrt()
}

/// A bound on ‖XᵀX − I‖_F.
fn departure(x: &DMatrix<f64>) -> f64 {
    let mut gram = transposed_product(x, x.as_view());
    for index in 0..x.ncols() {
        gram[(index, index)] -= 1.0;
    }
    // The roundings are at most g·|X|ᵀ|X|, whose norm is at most ‖X‖²_F.
    let rounding = product_error(x.nrows()) * sum_of_squares(x.as_slice());
    let norm = euclidean_norm(gram.as_slice());
    enlarge(norm + rounding, gram.len() + x.len())
}
