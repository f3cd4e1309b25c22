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
    product_error, slightly_more, underflow, underflow_of_sum, unit_roundoff,
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
            let absolute = slightly_more(residual / (1.0 - residual) * inverse_norm);
            if residual > 0.0 {
                // The product may underflow.
                absolute + underflow_of_sum(1)
            } else {
                absolute
            }
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
    // A subnormal number may be off by more than the enlargement.
    if true_norm >= f64::MIN_POSITIVE {
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
        let norms = [largest_row_sum(a), largest(b_sums.iter().copied())];
        let rows = absolute_row_sums(residual);
        Self::from_sums(&rows, &absolute_times(a, b_sums), norms)
    }

    /// From the row sums of |R̂| and of |A||B|, and ‖A‖ and ‖B‖; none of them rounded up.
    pub(crate) fn from_sums(rows: &[f64], products: &[f64], [a_norm, b_norm]: [f64; 2]) -> Self {
        let n = rows.len();
        let gamma = product_error(n);
        let roundings = rows.iter().zip(products);
        // In f64 a factor 1 + u would round to 1; the enlargement below has room for it.
        let roundings = roundings.map(|(row, p)| unit_roundoff() * row + gamma * p);
        let totals = roundings.clone().zip(rows).map(|(d, row)| row + d);
        let tiny = underflow(n, a_norm + b_norm);
        Self {
            residual: enlarge(largest(totals) + tiny, n),
            rounding: enlarge(largest(roundings) + tiny, n),
            a_norm: enlarge(a_norm, n),
            b_norm: enlarge(b_norm, n),
        }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};
    use num_rational::BigRational;
    use num_traits::{One, Zero};

    use super::{Proof, ResidualBounds, relative_to_inverse};
    use crate::numerics::exact::rational;
    use crate::numerics::rounding::{smallest_subnormal, unit_roundoff};

    /// A bound has to be at least the exact value, and not more than so many roundings above it.
    fn assert_barely_above(name: &str, found: f64, exact: &BigRational, roundings: usize) {
        let slack = rational(1.0 + roundings as f64 * f64::EPSILON);
        let found = rational(found);
        assert!(found >= *exact, "{name}: below");
        assert!(found <= exact * slack, "{name}: far above");
    }

    #[test]
    fn a_residual_below_one_bounds_the_error() {
        let one = BigRational::one();
        for residual in [0.0, 1e-50, 1e-16, 0.1, 0.5, 0.75, 0.9, 0.999] {
            for norm in [1e-200, 0.3, 1.0, 7.0, 1e200] {
                let name = format!("{residual:e}, {norm:e}");
                let proof = Proof::from_residual(residual, norm);
                let rho = rational(residual);
                let exact = &rho / (&one - &rho) * rational(norm);
                assert!(proof.is_proof());
                assert_eq!(proof.residual, residual);
                assert_barely_above(&name, proof.absolute, &exact, 12);
                // ‖M⁻¹ − X‖ ≤ ρ·‖M⁻¹‖ is at least as sharp as the way through ‖X‖.
                assert_eq!(proof.relative, residual.min(proof.relative), "{name}");
                assert!(proof.relative <= relative_to_inverse(proof.absolute, norm));
            }
        }
        for residual in [1.0, 1.0 + f64::EPSILON, 2.0, f64::INFINITY, f64::NAN] {
            let proof = Proof::from_residual(residual, 1.0);
            assert!(!proof.is_proof());
            assert_eq!(proof.relative, f64::INFINITY);
            assert!(proof.residual >= 1.0);
        }
        // Where the product underflows, the bound is above it all the same.
        for norm in [1e-300, 1e-308, 1e-320, f64::from_bits(1)] {
            let proof = Proof::from_residual(1e-16, norm);
            assert!(rational(proof.absolute) > rational(1e-16) * rational(norm));
            assert_eq!(proof.relative, 1e-16);
        }
        for norm in [f64::INFINITY, f64::NAN] {
            assert!(!Proof::from_residual(0.1, norm).is_proof());
            assert!(!Proof::from_bounds(0.1, 0.1, norm).is_proof());
        }
    }

    #[test]
    fn the_better_of_two_sources_bounds_the_error() {
        let alone = Proof::from_residual(0.1, 1.0);
        for better in [1e-9, 1e-3, 0.05] {
            let proof = Proof::from_bounds(0.1, better, 1.0);
            assert_eq!((proof.absolute, proof.residual), (better, 0.1));
            assert!(proof.relative <= relative_to_inverse(better, 1.0));
            let proven = Proof::from_bounds(5.0, better, 1.0);
            assert_eq!((proven.absolute, proven.residual), (better, 5.0));
            assert_eq!(proven.relative, relative_to_inverse(better, 1.0));
        }
        for worse in [1.0, f64::INFINITY, f64::NAN] {
            assert_eq!(Proof::from_bounds(0.1, worse, 1.0), alone);
        }
        let (left, right) = (
            Proof {
                residual: 1.0,
                absolute: 5.0,
                relative: 3.0,
            },
            Proof {
                residual: 2.0,
                absolute: 4.0,
                relative: 6.0,
            },
        );
        let tightest = Proof {
            residual: 1.0,
            absolute: 4.0,
            relative: 3.0,
        };
        assert_eq!(left.tightest(right), tightest);
        assert_eq!(right.tightest(left), tightest);
    }

    #[test]
    fn an_error_relative_to_the_inverse_allows_for_the_error_of_its_norm() {
        let kept = BigRational::one() - rational(1e-6);
        for (absolute, norm) in [
            (0.0, 1.0),
            (1e-20, 3.0),
            (0.1, 1.0),
            (0.9, 1.0),
            (5e200, 1e201),
        ] {
            let exact = rational(absolute) / (rational(norm) * &kept - rational(absolute));
            let found = relative_to_inverse(absolute, norm);
            let name = format!("{absolute:e}, {norm:e}");
            // A little more room, because 1 − 10⁻⁶ is rounded as well.
            assert_barely_above(&name, found, &exact, 50);
        }
        for (absolute, norm) in [
            (1.0, 1.0),
            (2.0, 1.0),
            (f64::INFINITY, 1.0),
            (0.0, 0.0),
            (0.0, 1e-310),
        ] {
            assert_eq!(relative_to_inverse(absolute, norm), f64::INFINITY);
        }
        assert_eq!(relative_to_inverse(1.0 - 1e-6, 1.0), f64::INFINITY);
    }

    #[test]
    fn a_moved_inverse_adds_the_distance_to_its_bounds() {
        let proof = Proof::from_residual(0.125, 2.0);
        for (distance, norm, matrix_norm) in [(0.0, 2.0, 5.0), (0.25, 1.75, 3.0), (1e-9, 2.0, 1e6)]
        {
            let moved = proof.moved(distance, norm, matrix_norm);
            let residual = rational(proof.residual) + rational(distance) * rational(matrix_norm);
            let absolute = rational(proof.absolute) + rational(distance);
            assert_barely_above("residual", moved.residual, &residual, 12);
            assert_barely_above("absolute", moved.absolute, &absolute, 12);
            assert_eq!(moved.relative, relative_to_inverse(moved.absolute, norm));
        }
        let unknown = proof.moved(f64::NAN, 2.0, 5.0);
        assert_eq!(unknown.residual, f64::INFINITY);
        assert!(!unknown.is_proof());
        assert!(!Proof::NOTHING.moved(0.0, 1.0, 1.0).is_proof());
    }

    /// The bounds, without rounding: the largest row of (1 + u)·|R̂|e + g·|A||B|e, and what
    /// underflow adds.
    fn exact_bounds(a: &DMatrix<f64>, b: &DMatrix<f64>, r: &DMatrix<f64>) -> [BigRational; 2] {
        let n = a.nrows();
        let unit = rational(unit_roundoff());
        let units = rational(n as f64) * &unit;
        let gamma = &units / (BigRational::one() - &units);
        let sums = |m: &DMatrix<f64>| -> Vec<BigRational> {
            (0..n)
                .map(|i| m.row(i).iter().map(|v| rational(v.abs())).sum())
                .collect()
        };
        let largest = |sums: &[BigRational]| sums.iter().max().expect("a row").clone();
        let (of_a, of_b, rows) = (sums(a), sums(b), sums(r));
        let products: Vec<BigRational> = (0..n)
            .map(|i| (0..n).map(|j| rational(a[(i, j)].abs()) * &of_b[j]).sum())
            .collect();
        let tiny = rational(smallest_subnormal::<f64>())
            * rational(n as f64)
            * (rational(n as f64) + largest(&of_a) + largest(&of_b));
        let roundings: Vec<BigRational> = (rows.iter().zip(&products))
            .map(|(row, product)| &unit * row + &gamma * product)
            .collect();
        let totals: Vec<BigRational> = rows.iter().zip(&roundings).map(|(r, d)| r + d).collect();
        [largest(&totals) + &tiny, largest(&roundings) + tiny]
    }

    #[test]
    fn the_bounds_of_a_residual_follow_their_formula() {
        let (a, b) = (
            dmatrix![1.0, -2.0; 0.5, 3.0],
            dmatrix![-0.25, 4.0; 1.0, 0.125],
        );
        let zero = DMatrix::zeros(2, 2);
        let residual = dmatrix![1.0, -1e-3; -5.0, 2.0];
        let tiny = DMatrix::from_element(2, 2, 1e-200);
        let cases = [
            (&a, &b, &residual),
            (&a, &b, &zero),
            (&zero, &zero, &residual),
            (&tiny, &tiny, &zero),
            (&zero, &(&a * 1e17), &zero),
            (&(&a * 1e17), &zero, &zero),
            (&zero, &zero, &zero),
        ];
        for (case, (a, b, residual)) in cases.into_iter().enumerate() {
            let sums = crate::numerics::rounding::absolute_row_sums(b);
            let bounds = ResidualBounds::new(a, &sums, residual);
            let [of_residual, of_rounding] = exact_bounds(a, b, residual);
            let roundings = 8 * 2 + 100 + 10;
            // Where |A||B| vanishes, the part of underflow stands for it.
            let smallest = rational(smallest_subnormal::<f64>());
            for (found, exact) in [
                (bounds.residual, of_residual),
                (bounds.rounding, of_rounding),
            ] {
                let name = format!("case {case}");
                assert!(rational(found) + &smallest >= exact, "{name}: below");
                let slack = rational(1.0 + f64::from(roundings) * f64::EPSILON);
                assert!(
                    rational(found) <= exact * slack + &smallest,
                    "{name}: far above"
                );
            }
            for (found, matrix) in [(bounds.a_norm, a), (bounds.b_norm, b)] {
                let rows = (0..2).map(|i| matrix.row(i).iter().map(|v| rational(v.abs())).sum());
                let exact = rows.fold(BigRational::zero(), Ord::max);
                assert_barely_above("norm", found, &exact, 126);
            }
        }
    }
}
