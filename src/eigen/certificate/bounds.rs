//! Bounds on the errors of eigenvalues.

use crate::eigen::certificate::evidence::OutermostEvidence;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::rounding::enlarge;

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
/// and for each j alone there is one within ‖rⱼ‖/√(1 − a). With a mass B these are R = A·X − B·X·Θ
/// and a ≥ ‖XᵀBX − I‖_F, and ‖R‖_F and ‖rⱼ‖ are divided by √λ_min(B).
///
/// If A is a `DMatrix`, and so is B if there is one, the bounds hold in spite of all rounding
/// ([`is_proof`](Self::is_proof)), with a lower bound of λ_min(B) that Cholesky's factorisation
/// proves; the claim is about the eigenvalues of (A + Aᵀ)/2, and (B + Bᵀ)/2, which differ from A and
/// B by no more than rounding. If λ_min(B) is so near to 0 that no bound can be proven, they are no
/// proof.
///
/// The products of any other map are taken as if they were exact, although their rounding, about
/// ε·‖A‖, moves the eigenvalues as much: add it. What is rounded after the products is in the bounds,
/// estimated as ε·(‖A·x‖ + |θ|·‖B·x‖) for a residual and ε·√n for sums; and λ_min(B) is then estimated
/// from a search of its own. The bounds are ∞ where nothing is known.
///
/// # Sources
///
/// Kahan, "Inclusion theorems for clusters of eigenvalues of Hermitian matrices", 1967; Rump,
/// "Verification of positive definiteness", 2006.
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

    pub(in crate::eigen) fn with_evidence(mut self, outermost: OutermostEvidence) -> Self {
        self.outermost = outermost;
        self
    }

    /// The bounds of the first `count` pairs of all, whose values may be off by this much more.
    pub(super) fn of_first(mut self, count: usize, more: f64) -> Self {
        self.joint = enlarge(self.joint + more, 1);
        self.errors = vec![self.joint; count];
        self
    }

    pub(super) fn proven(mut self) -> Self {
        self.is_proof = true;
        self
    }

    /// From bounds on residual norms, for vectors that are orthonormal up to `departure`.
    pub(in crate::eigen) fn of_residuals(bounds: &ResidualBounds<'_>) -> Self {
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

    pub(in crate::eigen) fn scaled_up(mut self, exponent: i32) -> Self {
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

/// What the bounds follow from.
pub(in crate::eigen) struct ResidualBounds<'a> {
    /// ‖rⱼ‖ or more.
    pub(in crate::eigen) residuals: &'a [f64],
    /// max θ − min θ.
    pub(in crate::eigen) spread: f64,
    /// a ≥ ‖XᵀX − I‖_F.
    pub(in crate::eigen) departure: f64,
}

/// max θ − min θ.
pub(in crate::eigen) fn spread(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    (largest - smallest).max(0.0)
}
