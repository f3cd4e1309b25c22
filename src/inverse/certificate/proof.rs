//! Proofs that an inverse is near the true one, in floating point.
//!
//! With R = I − XM and ρ ≥ ‖R‖∞, ρ < 1: M is invertible, M⁻¹ = (I − R)⁻¹X, so
//! ‖M⁻¹ − X‖∞ ≤ ρ/(1 − ρ)·‖X‖∞ and ‖M⁻¹ − X‖∞ ≤ ρ·‖M⁻¹‖∞. The same holds with R = I − MX.
//! The rounding of the computed R is bounded by the usual model, valid for any order of summation
//! and with fused multiply-add (S. M. Rump, "Verification methods", 2010; H. D. Nguyen and
//! N. Revol, "Solving and certifying the solution of a linear system", 2011; C.-P. Jeannerod and
//! S. M. Rump, "Improved error bounds for inner products", 2013).
//!
//! Bounds are summed in f64 from non-negative terms and enlarged once at the end: a sum or product
//! tree of depth d over non-negative numbers loses at most a factor 1 − d·u.

use crate::numerics::matrix::subtract_from_identity;
use crate::numerics::product::counter::ProductCounter;
use nalgebra::DMatrix;

use crate::numerics::rounding::{
    absolute_row_sums, absolute_times, enlarge, largest, largest_row_sum, or_infinity,
    product_error, slightly_more, underflow, unit_roundoff,
};

/// Proven bounds for an approximate inverse X of M; ∞ where nothing is proven, never NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Proof {
    /// ρ ≥ ‖I − XM‖∞ (left) or ‖I − MX‖∞ (right). Below 1, M is proven invertible.
    pub residual: f64,
    /// An upper bound of ‖M⁻¹ − X‖∞, the largest row sum of the error.
    pub absolute: f64,
    /// An upper bound of ‖M⁻¹ − X‖∞/‖M⁻¹‖∞.
    pub relative: f64,
}

/// More than rounding up enlarges a norm, for any order that fits in memory.
const ENLARGEMENT: f64 = 1e-6;

/// Which residual is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// I − XM.
    InverseFirst,
    /// I − MX.
    MatrixFirst,
}

impl Proof {
    /// Nothing is proven.
    pub(crate) const NOTHING: Self = Self {
        residual: f64::INFINITY,
        absolute: f64::INFINITY,
        relative: f64::INFINITY,
    };

    /// Is M proven invertible and the error bounded?
    pub(crate) fn is_proof(&self) -> bool {
        self.absolute.is_finite()
    }

    /// From bounds ρ of the residual and ‖X‖∞ of the inverse, both already rounded up.
    pub(crate) fn from_residual(residual: f64, inverse_norm: f64) -> Self {
        Self::from_bounds(residual, f64::INFINITY, inverse_norm)
    }

    /// As [`Self::from_residual`], with a second upper bound of ‖M⁻¹ − X‖∞ from another source; if
    /// finite, it proves by itself that M is invertible.
    pub(crate) fn from_bounds(residual: f64, absolute: f64, inverse_norm: f64) -> Self {
        let residual = or_infinity(residual);
        let from_residual = if residual < 1.0 {
            slightly_more(residual / (1.0 - residual) * inverse_norm)
        } else {
            f64::INFINITY
        };
        let absolute = or_infinity(from_residual).min(or_infinity(absolute));
        let is_proof = absolute.is_finite() && inverse_norm.is_finite();
        if !is_proof {
            return Self {
                residual,
                ..Self::NOTHING
            };
        }
        // ‖M⁻¹ − X‖ = ‖R·M⁻¹‖ ≤ ρ·‖M⁻¹‖.
        Self {
            residual,
            absolute,
            relative: relative_to_inverse(absolute, inverse_norm).min(residual),
        }
    }

    /// The proof for another X of norm `inverse_norm` at this distance, in ‖·‖∞, from the X of this
    /// proof; the norms are rounded up.
    pub(crate) fn moved(self, distance: f64, inverse_norm: f64, matrix_norm: f64) -> Self {
        let absolute = slightly_more(self.absolute + distance);
        Self {
            residual: or_infinity(slightly_more(self.residual + distance * matrix_norm)),
            absolute,
            relative: relative_to_inverse(absolute, inverse_norm),
        }
    }

    /// The better of two proofs for the same X, bound by bound.
    pub(crate) fn tightest(self, other: Self) -> Self {
        Self {
            residual: self.residual.min(other.residual),
            absolute: self.absolute.min(other.absolute),
            relative: self.relative.min(other.relative),
        }
    }
}

/// ‖M⁻¹ − X‖/‖M⁻¹‖, where ‖M⁻¹‖ ≥ ‖X‖ − ‖M⁻¹ − X‖; ∞ if that says nothing.
fn relative_to_inverse(absolute: f64, inverse_norm: f64) -> f64 {
    let true_norm = inverse_norm * (1.0 - ENLARGEMENT) - absolute;
    if true_norm > 0.0 {
        slightly_more(absolute / true_norm)
    } else {
        f64::INFINITY
    }
}

/// The proof from one plain product; `residual` is overwritten with I − XM or I − MX.
///
/// ρ = max over rows of |R̂|e·(1 + u) + g·|A|(|B|e) + underflow, g = nu/(1 − nu), where the
/// residual is I − A·B.
pub(crate) fn plain_proof(
    matrix: &DMatrix<f64>,
    x: &DMatrix<f64>,
    order: Order,
    residual: &mut DMatrix<f64>,
    counter: &mut ProductCounter,
) -> Proof {
    let (a, b) = match order {
        Order::InverseFirst => (x, matrix),
        Order::MatrixFirst => (matrix, x),
    };
    counter.multiply(residual, a, b);
    subtract_from_identity(residual);
    let bounds = ResidualBounds::new(a, &absolute_row_sums(b), residual);
    let inverse_norm = match order {
        Order::InverseFirst => bounds.a_norm,
        Order::MatrixFirst => bounds.b_norm,
    };
    Proof::from_residual(bounds.residual, inverse_norm)
}

/// Bounds of I − A·B from a computed residual R̂ = fl(I − A·B); all norms are ‖·‖∞, rounded up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResidualBounds {
    /// A bound of ‖I − A·B‖.
    pub(crate) residual: f64,
    /// A bound of ‖R̂ − (I − A·B)‖.
    pub(crate) rounding: f64,
    pub(crate) a_norm: f64,
    pub(crate) b_norm: f64,
}

impl ResidualBounds {
    /// From R̂, computed by a plain product, and the row sums of |B|.
    pub(crate) fn new(a: &DMatrix<f64>, b_sums: &[f64], residual: &DMatrix<f64>) -> Self {
        let n = a.nrows();
        let (a_norm, b_norm) = (largest_row_sum(a), largest(b_sums.iter().copied()));
        let gamma = product_error(n);
        let rows = absolute_row_sums(residual);
        let products = absolute_times(a, b_sums);
        let roundings = rows.iter().zip(&products);
        // In f64 a factor 1 + u would round to 1; the enlargement below has room for it.
        let roundings = roundings.map(|(row, p)| unit_roundoff() * row + gamma * p);
        let totals = roundings.clone().zip(&rows).map(|(d, row)| row + d);
        let tiny = underflow(n, a_norm + b_norm);
        Self {
            residual: enlarge(largest(totals) + tiny, n),
            rounding: enlarge(largest(roundings) + tiny, n),
            a_norm: enlarge(a_norm, n),
            b_norm: enlarge(b_norm, n),
        }
    }
}
