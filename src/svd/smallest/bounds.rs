//! Bounds of singular values from residuals.

use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::rounding::enlarge;

/// What was measured of k triplets σ̂ⱼ, uⱼ, vⱼ, σ̂ ascending.
#[derive(Clone, Debug)]
pub(super) struct Measures {
    pub(super) values: Vec<f64>,
    /// ‖M·vⱼ − σ̂ⱼ·uⱼ‖ or more.
    pub(super) right: Vec<f64>,
    /// ‖Mᵀ·uⱼ − σ̂ⱼ·vⱼ‖ or more.
    pub(super) left: Vec<f64>,
    /// ‖UᵀU − I‖_F or more.
    pub(super) departure_of_u: f64,
    /// ‖VᵀV − I‖_F or more.
    pub(super) departure_of_v: f64,
    /// σ₁, as far as known.
    pub(super) norm: f64,
}

impl Measures {
    /// Bounds of the smallest singular values from above: for the span of the first vectors,
    /// ‖M·V·x‖ ≤ (σ̂ⱼ·√(1 + a) + ‖E‖)·‖x‖ with E = M·V − U·Σ̂, and ‖V·x‖ ≥ √(1 − b)·‖x‖.
    pub(super) fn upper(&self) -> Vec<f64> {
        let stretched = (1.0 + self.departure_of_u).sqrt();
        let kept = 1.0 - self.departure_of_v;
        let each = (1..=self.values.len()).map(|count| {
            let off = euclidean_norm(&self.right[..count]);
            let bound = (self.values[count - 1] * stretched + off) / kept.sqrt();
            enlarge(bound, count)
        });
        each.map(|bound| if kept > 0.0 { bound } else { f64::INFINITY })
            .collect()
    }

    /// A bound of the largest singular value from below, ‖M·v‖/‖v‖ for the last vector.
    pub(super) fn below_largest(&self) -> f64 {
        let (Some(value), Some(right)) = (self.values.last(), self.right.last()) else {
            return 0.0;
        };
        let shortened = (1.0 - self.departure_of_u).max(0.0).sqrt();
        let bound = (value * shortened - right) / (1.0 + self.departure_of_v).sqrt();
        (bound * (1.0 - ROOM)).max(0.0)
    }

    /// A bound of the largest singular value from above, if λ_max(MᵀM) ≤ θ + `slack` on the
    /// complement of v: σ₁² ≤ θ + `slack` + ‖r‖ for an eigenpair θ, v of MᵀM with
    /// r = σ̂·(Mᵀ·u − σ̂·v) + Mᵀ·(M·v − σ̂·u); and at least `norm`.
    pub(super) fn above_largest(&self, slack: f64) -> f64 {
        let (Some(value), Some(left), Some(right)) =
            (self.values.last(), self.left.last(), self.right.last())
        else {
            return f64::INFINITY;
        };
        let departure = self.departure_of_u + self.departure_of_v;
        let square = value * value + value * left + self.norm * right;
        let bound = (square * (1.0 + 2.0 * departure) + slack).sqrt();
        enlarge(bound.max(self.norm), 1)
    }

    /// Bounds of the smallest singular values from below, if λ_min(MᵀM) ≥ σ̂_k² − `slack` on the
    /// complement of V.
    ///
    /// Without E = M·V − U·Σ̂, which moves no singular value by more than ‖E‖, and in a basis that
    /// begins with V, MᵀM = [Σ̂², Σ̂·B; (Σ̂·B)ᵀ, D] with ‖B‖ = ‖R‖ and D ≥ β². Σ̂ and √D taken out
    /// on both sides leave [I, F; Fᵀ, I] with ‖F‖ ≤ ‖R‖/β, whose eigenvalues are at least 1 − ‖F‖
    /// (Ostrowski). Rows of Σ̂·B may be left out before that, at the cost of their norm (Weyl):
    /// those of values so small that their part of R is large.
    pub(super) fn lower(&self, slack: f64) -> Vec<f64> {
        let (a, b) = (self.departure_of_u, self.departure_of_v);
        let mut best = vec![0.0_f64; self.values.len()];
        if a.max(b) >= 0.5 {
            return best;
        }
        let off = euclidean_norm(&self.right) / (1.0 - b).sqrt();
        let residuals: Vec<f64> = self.left.iter().map(|left| left + off).collect();
        let pairs = residuals.iter().zip(&self.values);
        let of_gram: Vec<f64> = pairs.map(|(residual, value)| residual * value).collect();
        let largest = self.values.last().copied().unwrap_or_default();
        let least_beside = largest * largest - slack - self.norm * off;
        for split in 0..=best.len() {
            let mixed = b * euclidean_norm(&of_gram);
            let added = (euclidean_norm(&of_gram[..split]) + mixed) / (1.0 - b);
            let factor = if split == best.len() {
                1.0
            } else {
                let rest = euclidean_norm(&residuals[split..]);
                1.0 - rest / ((1.0 - a) * least_beside.max(0.0)).sqrt()
            };
            if factor.is_nan() || factor <= 0.0 {
                continue;
            }
            for (bound, value) in best.iter_mut().zip(&self.values) {
                let along = value * value * (1.0 - a) / (1.0 + b);
                let square = factor * along.min(least_beside) - added * (1.0 + ROOM);
                let root = (square * (1.0 - ROOM)).max(0.0).sqrt() - off * (1.0 + ROOM);
                *bound = bound.max(root);
            }
        }
        best
    }
}

/// Room for the rounding of the bounds themselves, which are computed in `f64`.
const ROOM: f64 = 64.0 * f64::EPSILON;

/// A lower bound times 2^`exponent`, lowered if it becomes subnormal.
pub(super) fn scaled_lower(bound: f64, exponent: i32) -> f64 {
    let result = bound.scale_by_power_of_two(exponent);
    if result < f64::MIN_POSITIVE {
        (result - f64::from_bits(1)).max(0.0)
    } else {
        result
    }
}

#[cfg(test)]
mod tests {
    use super::{Measures, scaled_lower};

    fn measures(values: &[f64], left: &[f64]) -> Measures {
        Measures {
            values: values.to_vec(),
            right: vec![0.0; values.len()],
            left: left.to_vec(),
            departure_of_u: 0.0,
            departure_of_v: 0.0,
            norm: 2.0,
        }
    }

    #[test]
    fn the_best_splitting_bounds_each_value_from_below() {
        // All rows by their ratio, the first ones by their norm, or all by their norm.
        for (values, left, slack, expected) in [
            ([1.0, 2.0], [0.0, 0.0], 0.0, [1.0, 2.0]),
            ([1.0, 2.0], [0.0, 0.0], 3.0, [1.0, 1.0]),
            ([1.0, 2.0], [0.0, 0.0], 5.0, [0.0, 0.0]),
            (
                [1.0, 2.0],
                [0.1, 0.2],
                0.0,
                [
                    (1.0 - 0.05_f64.sqrt() / 2.0).sqrt(),
                    (4.0 - 0.17_f64.sqrt()).sqrt(),
                ],
            ),
            (
                [1e-9, 1.0],
                [2.0, 1e-3],
                0.0,
                [0.0, (1.0 - 1e-3_f64.hypot(2e-9)).sqrt()],
            ),
            ([1e-9, 1.0], [1e-2, 0.0], 0.0, [1e-9 * 0.99_f64.sqrt(), 1.0]),
        ] {
            let found = measures(&values, &left).lower(slack);
            for (found, expected) in found.into_iter().zip(expected) {
                let is_near = found <= expected && found >= expected * (1.0 - 1e-6) - 1e-13;
                assert!(is_near, "{values:?}, {left:?}: {found} {expected}");
            }
        }
    }

    #[test]
    fn what_products_and_vectors_lack_counts_in_every_bound() {
        let exact = measures(&[1.0, 2.0], &[0.0, 0.0]);
        for (right, u, v) in [(0.1, 0.0, 0.0), (0.0, 0.1, 0.0), (0.0, 0.0, 0.1)] {
            let off = Measures {
                right: vec![right; 2],
                departure_of_u: u,
                departure_of_v: v,
                ..exact.clone()
            };
            let name = format!("{right}, {u}, {v}");
            for (off, exact) in off.upper().into_iter().zip(exact.upper()) {
                assert!(off > exact + 0.04, "{name}: {off} {exact}");
            }
            for (off, exact) in off.lower(0.0).into_iter().zip(exact.lower(0.0)) {
                assert!(off < exact - 0.04, "{name}: {off} {exact}");
            }
            assert!(off.below_largest() < exact.below_largest() - 0.04, "{name}");
            assert!(
                off.above_largest(0.0) > exact.above_largest(0.0) + 0.04,
                "{name}"
            );
        }
        let dependent = Measures {
            departure_of_v: 1.0,
            ..exact
        };
        assert_eq!(dependent.upper(), [f64::INFINITY; 2]);
        assert_eq!(dependent.lower(0.0), [0.0; 2]);
    }

    #[test]
    fn the_largest_value_is_bounded_as_closely_as_the_complement_was_searched() {
        let close = Measures {
            norm: 1.0,
            ..measures(&[1.0, 2.0], &[0.0, 0.5])
        };
        for (slack, norm, expected) in
            [(0.0, 1.0, 5.0_f64.sqrt()), (4.0, 1.0, 3.0), (4.0, 3.5, 3.5)]
        {
            let found = Measures {
                norm,
                ..close.clone()
            };
            let found = found.above_largest(slack);
            assert!(found >= expected && found < expected * (1.0 + 1e-12));
        }
    }

    #[test]
    fn a_lower_bound_that_becomes_subnormal_is_rounded_down() {
        assert_eq!(scaled_lower(3.0, -2), 0.75);
        assert_eq!(scaled_lower(1.0, -1074), 0.0);
        assert_eq!(scaled_lower(0.0, 5), 0.0);
    }
}
