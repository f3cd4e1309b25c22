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

use crate::inverse::natural::{ProductCounter, subtract_from_identity};
use crate::numerics::norm::columns;
use crate::numerics::real::Real;
use nalgebra::DMatrix;
use smallvec::SmallVec;

/// What is proven of an approximate inverse X of M; ∞ where nothing is, never NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Proof {
    /// ρ ≥ ‖I − XM‖∞ (left) or ‖I − MX‖∞ (right). Below 1, M is proven invertible.
    pub residual: f64,
    /// An upper bound of ‖M⁻¹ − X‖∞, the largest row sum of the error.
    pub absolute: f64,
    /// An upper bound of ‖M⁻¹ − X‖∞/‖M⁻¹‖∞.
    pub relative: f64,
}

/// More than a norm is enlarged by when it is rounded up, for any order that fits in a memory.
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

    /// As [`Self::from_residual`], with a second upper bound of ‖M⁻¹ − X‖∞ found otherwise; a finite
    /// one proves M invertible by itself.
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

    /// Of another X of norm `inverse_norm` at this distance, in ‖·‖∞, from the one that it is of; the
    /// norms are rounded up.
    pub(crate) fn moved(self, distance: f64, inverse_norm: f64, matrix_norm: f64) -> Self {
        let absolute = slightly_more(self.absolute + distance);
        Self {
            residual: or_infinity(slightly_more(self.residual + distance * matrix_norm)),
            absolute,
            relative: relative_to_inverse(absolute, inverse_norm),
        }
    }

    /// The better of two certificates of the same X, bound by bound.
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

/// The certificate from one plain product; `residual` is overwritten with I − XM or I − MX.
///
/// ρ = max over rows of |R̂|e·(1 + u) + g·|A|(|B|e) + underflow, g = nu/(1 − nu), where the residual
/// is I − A·B.
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

/// What a computed residual R̂ = fl(I − A·B) says of I − A·B; all norms are ‖·‖∞, rounded up.
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
    /// From R̂ as a plain product gave it, and the row sums of |B|.
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

/// u, the largest relative error of one rounding.
pub(crate) fn unit_roundoff() -> f64 {
    0.5 * f64::EPSILON
}

/// g = nu/(1 − nu): |fl(A·B) − A·B| ≤ g·|A||B| for n terms, or ∞ where that says nothing.
pub(crate) fn product_error(n: usize) -> f64 {
    let units = n as f64 * unit_roundoff();
    if units < 0.1 {
        units / (1.0 - units) * (1.0 + 4.0 * f64::EPSILON)
    } else {
        f64::INFINITY
    }
}

/// A bound, per row sum, of what underflow adds to a product A·B of order n, were A and B off by half
/// the smallest subnormal in every entry besides (after a scaling that was not quite exact); `norms`
/// is ‖A‖∞ + ‖B‖∞.
pub(crate) fn underflow(n: usize, norms: f64) -> f64 {
    let smallest = f64::MIN_POSITIVE * f64::EPSILON;
    smallest * n as f64 * (n as f64 + norms)
}

/// One number per row; those of small matrices need no allocation.
pub(crate) type RowSums = SmallVec<[f64; 16]>;

/// The row sums of |a|.
pub(crate) fn absolute_row_sums<T: Real>(a: &DMatrix<T>) -> RowSums {
    let mut sums = RowSums::from_elem(0.0, a.nrows());
    for column in columns(a) {
        for (sum, v) in sums.iter_mut().zip(column) {
            *sum += v.to_f64().abs();
        }
    }
    sums
}

/// |a|·v.
pub(crate) fn absolute_times(a: &DMatrix<f64>, v: &[f64]) -> RowSums {
    let mut sums = RowSums::from_elem(0.0, a.nrows());
    for (column, factor) in columns(a).zip(v) {
        for (sum, entry) in sums.iter_mut().zip(column) {
            *sum += entry.abs() * factor;
        }
    }
    sums
}

/// ‖a‖∞, not rounded up.
pub(crate) fn largest_row_sum(a: &DMatrix<f64>) -> f64 {
    largest(absolute_row_sums(a).into_iter())
}

/// The largest value; ∞ if one is NaN.
pub(crate) fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.map(or_infinity).fold(0.0, f64::max)
}

/// A bound for a non-negative number that was computed in f64 with at most 8n + 100 roundings in a
/// row.
pub(crate) fn enlarge(value: f64, n: usize) -> f64 {
    or_infinity(value * (1.0 + (8 * n + 100) as f64 * f64::EPSILON))
}

pub(crate) fn slightly_more(value: f64) -> f64 {
    value * (1.0 + 8.0 * f64::EPSILON)
}

fn or_infinity(value: f64) -> f64 {
    if value.is_nan() { f64::INFINITY } else { value }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{
        absolute_row_sums, absolute_times, enlarge, largest_row_sum, product_error, underflow,
    };
    use crate::inverse::certificate::exact::{
        Exact, assert_bounded, exact, exact_row_sums, rational,
    };
    use crate::inverse::natural::ProductCounter;
    use crate::numerics::real::Real;

    fn wavy(n: usize, frequency: f64, exponent: i32) -> DMatrix<f64> {
        let wave = |i: usize, j: usize| ((i * n + j + 1) as f64 * frequency).sin();
        DMatrix::from_fn(n, n, |i, j| wave(i, j).scale_by_power_of_two(exponent))
    }

    /// What a computed product may be off by, row by row.
    fn product_bounds(a: &DMatrix<f64>, b: &DMatrix<f64>) -> Vec<f64> {
        let n = a.nrows();
        let tiny = underflow(n, largest_row_sum(a) + largest_row_sum(b));
        let sizes = absolute_times(a, &absolute_row_sums(b)).into_iter();
        sizes
            .map(|size| enlarge(product_error(n) * size + tiny, n))
            .collect()
    }

    fn product(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
        let mut product = DMatrix::zeros(a.nrows(), a.nrows());
        ProductCounter::new().multiply(&mut product, a, b);
        product
    }

    #[test]
    fn rounding_and_underflow_of_a_product_are_within_their_bounds() {
        for n in [1, 2, 5, 9, 17] {
            // At the end every product vanishes, and underflow is the only error.
            for exponent in [0, -300, -500, -525, -530, -535, -538, -545] {
                let (a, b) = (wavy(n, 0.7, exponent), wavy(n, 1.9, exponent));
                let error = exact(&product(&a, &b)) - exact(&a) * exact(&b);
                let name = format!("n = {n}, 2^{exponent}");
                assert_bounded(&name, &exact_row_sums(&error), &product_bounds(&a, &b));
            }
        }
    }

    #[test]
    fn entries_that_a_scaling_took_to_zero_are_within_the_bound_of_underflow() {
        let half_the_smallest = rational(f64::from_bits(1)) * rational(0.5);
        for n in [1, 3, 8] {
            let (large, zero) = (wavy(n, 0.7, 900), DMatrix::zeros(n, n));
            let lost = Exact::from_element(n, n, half_the_smallest.clone());
            for (error, a, b) in [
                (exact(&large) * &lost, &large, &zero),
                (&lost * exact(&large), &zero, &large),
            ] {
                assert_bounded("lost", &exact_row_sums(&error), &product_bounds(a, b));
            }
        }
    }
}
