//! What is proven about a polar decomposition.

use std::fmt;

use nalgebra::DMatrix;

use crate::numerics::cholesky::smallest_eigenvalue_bound;
use crate::numerics::matrix::infinity_norm;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::product::{product, subtract_product};
use crate::numerics::rounding::{enlarge, or_infinity, product_error, slightly_more, underflow};
use crate::svd::orthogonality;

/// Rigorous bounds on the errors of a computed polar decomposition Q·H of M.
///
/// They hold in spite of all rounding on the way, for the numbers of M, Q and H as they are stored.
/// With η ≥ ‖QᵀQ − I‖_F (‖QQᵀ − I‖_F if M is wide) there is an exactly orthonormal Q₀ with ‖Q −
/// Q₀‖_F ≤ η, and e ≥ ‖M − Q·H‖_F + η·‖H‖₂ bounds ‖M − Q₀·H‖_F. With H proven definite, λ_min(H) ≥
/// c > e, by Cholesky's factorisation and a bound of its rounding, and the exact factors M = U·P:
///
/// ‖Q − U‖_F ≤ 2e/(2c − e) + η, ‖H − P‖_F ≤ √2·e.
///
/// A bound is ∞ if nothing is proven, as for a matrix without full rank, whose U is not unique. If
/// M is wide, all this is done for Mᵀ.
///
/// They assume rounding to nearest in the format itself (no x87 extended precision) and gradual
/// underflow, and no fast matrix multiplication of Strassen's kind.
///
/// Sources: Li, "New perturbation bounds for the unitary polar factor", 1995; Li and Sun,
/// "Perturbation bounds for unitary and subunitary polar factors", 2002; Araki and Yamagami, "An
/// inequality for Hilbert–Schmidt norm", 1981; Rump, "Verification of positive definiteness", 2006.
///
/// # Example
///
/// ```
/// use matrix_descent::polar_decomposition;
/// use nalgebra::dmatrix;
///
/// let polar = polar_decomposition(&dmatrix![0.0, -3.0; 2.0, 0.0])?;
/// let error = (&polar.orthogonal - dmatrix![0.0, -1.0; 1.0, 0.0]).norm();
/// assert!(error <= polar.certificate.orthogonal_error_bound());
/// assert!(polar.certificate.orthogonal_error_bound() < 1e-13);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PolarCertificate {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    pub(super) orthogonality: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    pub(super) residual: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    pub(super) orthogonal: f64,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::bound"))]
    pub(super) positive: f64,
}

impl PolarCertificate {
    /// A bound of ‖QᵀQ − I‖_F, or ‖QQᵀ − I‖_F if M is wide.
    #[must_use]
    pub fn orthogonality_bound(&self) -> f64 {
        self.orthogonality
    }

    /// A bound of ‖M − Q·H‖_F/‖M‖_F.
    #[must_use]
    pub fn residual_bound(&self) -> f64 {
        self.residual
    }

    /// A bound of ‖Q − U‖_F for the exact factor U.
    #[must_use]
    pub fn orthogonal_error_bound(&self) -> f64 {
        self.orthogonal
    }

    /// A bound of ‖H − P‖_F/‖M‖_F for the exact factor P = (MᵀM)^½.
    #[must_use]
    pub fn positive_error_bound(&self) -> f64 {
        self.positive
    }
}

impl fmt::Display for PolarCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.orthogonal.is_finite() {
            write!(
                formatter,
                "orthogonal factor proven to {:.1e}",
                self.orthogonal
            )
        } else {
            formatter.write_str("orthogonal factor not proven")
        }
    }
}

/// The shares of the estimated smallest eigenvalue of H that are tried as proven lower bounds.
const SHARES: [f64; 3] = [0.95, 0.5, 0.1];

/// What is proven about M = Q·H with m ≥ n, at a moderate scale; `smallest` estimates λ_min(H).
pub(super) struct TallProof {
    pub(super) orthogonality: f64,
    pub(super) residual: f64,
    pub(super) orthogonal: f64,
    pub(super) positive: f64,
}

impl TallProof {
    pub(super) fn of(m: &DMatrix<f64>, q: &DMatrix<f64>, h: &DMatrix<f64>, smallest: f64) -> Self {
        let orthogonality = orthogonality(q);
        let residual = residual(m, q, h);
        let largest = enlarge(infinity_norm(h), h.len());
        let distance = slightly_more(residual + slightly_more(orthogonality * largest));
        let mut shares = SHARES.into_iter();
        let lowest = shares.find_map(|share| smallest_eigenvalue_bound(h, share * smallest));
        let (orthogonal, positive) = match lowest {
            Some(lowest) if lowest > distance => {
                let gap = (2.0 * lowest - distance) * (1.0 - 4.0 * f64::EPSILON);
                let orthogonal = slightly_more(2.0 * distance / gap) + orthogonality;
                let positive = distance * std::f64::consts::SQRT_2;
                (slightly_more(orthogonal), slightly_more(positive))
            }
            _ => (f64::INFINITY, f64::INFINITY),
        };
        Self {
            orthogonality,
            residual,
            orthogonal: or_infinity(orthogonal),
            positive: or_infinity(positive),
        }
    }
}

/// A bound of ‖M − Q·H‖_F from a plain product: |δ| ≤ g·|Q||H|, of norm ‖Q‖_F·‖H‖_F at most.
pub(super) fn residual(m: &DMatrix<f64>, q: &DMatrix<f64>, h: &DMatrix<f64>) -> f64 {
    let mut difference = m.clone();
    subtract_product(&mut difference, q.as_view(), h.as_view());
    let sizes = euclidean_norm(q.as_slice()) * euclidean_norm(h.as_slice());
    let norm = euclidean_norm(difference.as_slice());
    let terms = q.ncols();
    let tiny = underflow(m.len().max(terms), sizes);
    or_infinity(enlarge(
        norm + product_error(terms + 2) * (sizes + euclidean_norm(m.as_slice())) + tiny,
        m.len() + q.len(),
    ))
}

/// A bound of ‖H − Q·B·Qᵀ‖_F for the H of a wide matrix, whose transpose has the factors Q, m×n,
/// and B.
pub(super) fn turned_residual(h: &DMatrix<f64>, q: &DMatrix<f64>, b: &DMatrix<f64>) -> f64 {
    let half = product(q.as_view(), b.as_view());
    let sizes = euclidean_norm(q.as_slice()).powi(2) * euclidean_norm(b.as_slice());
    let rest = residual(h, &half, &q.transpose());
    or_infinity(enlarge(
        rest + product_error(2 * q.ncols() + 2) * sizes,
        q.len(),
    ))
}
