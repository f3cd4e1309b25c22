//! A rigorous bound of the residual after an update of low rank, in O(n²·k) operations.
//!
//! In the letters of [`change`](super::change), whatever the stored numbers A, W and G are,
//!
//! I − X₁·M₁ = (1 − μλ)·I + μλ·(I − X·M) − D·Rᵀ − λ·A·Qᵀ,
//!
//! where X₁ = μX − A·Wᵀ and M₁ = λM + L·Rᵀ are exact, D = μ·X·L − A·H with H = λGᵀ + WᵀL, and
//! Q = R·G − MᵀW. D and Q are small, because A and W nearly solve their equations, and are computed
//! with a bound of their own rounding. The stored X′ = X₁ + ΔX and M′ = M₁ + ΔM are rounded:
//! I − X′·M′ = I − X₁·M₁ − X₁·ΔM − ΔX·M′. All norms are those of the equilibrated matrices.

use crate::inverse::tracker::change::Change;
use crate::inverse::tracker::norms::Norms;
use crate::inverse::tracker::passes::{roundings_of_dot, roundings_of_image};
use crate::numerics::norm::{largest_product, sum_of_absolute_products};
use crate::numerics::real::Real;
use crate::numerics::rounding::{
    enlarge, product_error, smallest_subnormal, underflow, unit_roundoff,
};

/// Room for terms of second order beside the sums of roundings.
const SECOND_ORDER: f64 = 1.01;

/// A residual so many times as large as the rounding of a product X·M has drifted: a correction
/// would lower it.
const DRIFT: f64 = 4.0;

/// What is known of the residual after an update.
#[derive(Clone, Copy, Debug)]
pub(super) struct UpdatedResidual {
    /// A bound of ‖I − Xₛ′·Mₛ′‖∞; ∞ if nothing is known.
    pub(super) bound: f64,
    /// Whether the residual itself, of which Q = (I − X·M)ᵀ·R shows a part, has grown large.
    pub(super) has_drifted: bool,
}

/// The sizes of the factors of a change; each of k numbers.
#[derive(Clone, Debug, Default)]
struct FactorSizes {
    /// Σⱼ|rⱼ|·2^cⱼ of the columns of R.
    right: Vec<f64>,
    /// maxᵢ|lᵢ|·2^rᵢ of the columns of L.
    left: Vec<f64>,
    /// Σᵢ|wᵢ|·Σⱼ|mᵢⱼ|·2^cⱼ of the columns of W.
    coimage: Vec<f64>,
    /// The same with the sizes of M′.
    next_coimage: Vec<f64>,
    /// A bound of Σⱼ|qⱼ|·2^cⱼ of the columns of Q.
    remainder: Vec<f64>,
    /// Σᵢ|wᵢₘ|·|lᵢₗ|, k×k.
    capacitance: Vec<f64>,
}

/// What a bound needs beside the change itself.
#[derive(Clone, Debug, Default)]
pub(super) struct ResidualBound {
    sizes: FactorSizes,
    /// A bound of Σⱼ|m′ᵢⱼ|·2^cⱼ for each row, and of what underflow may add.
    matrix_sums: Vec<f64>,
}

impl ResidualBound {
    /// Bounds the row sums of M′ before it is computed: these are the weights of the rounding of
    /// X.
    pub(super) fn predict_sums<T: Real>(&mut self, change: &Change, norms: &Norms) -> &[f64] {
        let (n, k) = (change.order, change.rank);
        let tiny = n as f64 * smallest_subnormal::<f64>();
        let sizes = &mut self.sizes;
        sizes.resize(k);
        for l in 0..k {
            let columns = l * n..(l + 1) * n;
            sizes.right[l] = weighted(&change.right[columns.clone()], &norms.columns);
            sizes.left[l] = largest_product(&change.left[columns], &norms.rows) + tiny;
        }
        // So much that a relative error of u covers the underflow of an entry.
        let least = T::to_f64(smallest_subnormal::<T>()) / unit_roundoff();
        let least = least * (norms.columns.iter().sum::<f64>() + n as f64);
        self.matrix_sums.clear();
        let own = norms.matrix_sums.iter();
        self.matrix_sums
            .extend(own.map(|sum| change.factor * sum + least));
        for (column, size) in change.left.chunks_exact(n).zip(&sizes.right) {
            for (sum, value) in self.matrix_sums.iter_mut().zip(column) {
                *sum += value.abs() * size;
            }
        }
        &self.matrix_sums
    }

    /// A bound of ‖I − Xₛ′·Mₛ′‖∞ from that of ‖I − Xₛ·Mₛ‖∞, after both passes that read X and M.
    pub(super) fn after<T: Real>(
        &mut self,
        change: &mut Change,
        norms: &Norms,
        residual: f64,
    ) -> UpdatedResidual {
        let (n, k) = (change.order, change.rank);
        let sampled = self.measure_factors(change, norms);
        self.write_rounding_of_d(change);
        let sizes = &self.sizes;
        let (lambda, mu) = (change.factor, change.inverse_factor);
        let storing = if T::MANTISSA_DIGITS < f64::MANTISSA_DIGITS {
            0.5 * T::EPSILON.to_f64()
        } else {
            0.0
        };
        let is_scaled = lambda != 1.0;
        let roundings = (k + 1 + usize::from(is_scaled)) as f64 * unit_roundoff() + storing;
        let roundings = 2.0 * SECOND_ORDER * roundings;
        let rounding_of_product = (product_error(n) + 2.0 * storing)
            * largest_product(&change.row, &norms.inverse_columns);
        // As for M′: what the underflow of an entry of X may add.
        let least = T::to_f64(smallest_subnormal::<T>()) / unit_roundoff();
        let least = least * self.matrix_sums.iter().sum::<f64>();
        let least = least + n as f64 * smallest_subnormal::<f64>();
        for sum in &mut change.row {
            *sum = roundings * (mu * *sum + least);
        }
        for l in 0..k {
            let columns = l * n..(l + 1) * n;
            let of_a = lambda * sizes.remainder[l] + roundings * sizes.next_coimage[l];
            let entries = change.coefficients[columns.clone()].iter();
            let rounding = &change.rounding[columns];
            for ((sum, a), d) in change.row.iter_mut().zip(entries).zip(rounding) {
                *sum += a.abs() * of_a + d * sizes.right[l];
            }
        }
        let growth = largest_product(&change.row, &norms.inverse_columns);
        // The rounding of X·L, in norms.
        let images = sizes.left.iter().zip(&sizes.right).map(|(l, r)| l * r);
        let images =
            product_error(roundings_of_image(n)) * mu * norms.inverse_norm * images.sum::<f64>();
        let kept = if is_scaled {
            residual * (1.0 + 4.0 * unit_roundoff()) + 2.0 * unit_roundoff()
        } else {
            residual
        };
        UpdatedResidual {
            bound: enlarge(kept + growth + images + underflow(n + k, 1.0), n + k),
            has_drifted: sampled > DRIFT * rounding_of_product,
        }
    }

    /// The sizes of W and Q; returns the largest ‖q‖/‖r‖ for columns r of R·G.
    fn measure_factors(&mut self, change: &Change, norms: &Norms) -> f64 {
        let mut sampled = 0.0_f64;
        let (n, k) = (change.order, change.rank);
        let smallest = smallest_subnormal::<f64>();
        let sizes = &mut self.sizes;
        let rounding = product_error(roundings_of_dot(n) + k + 1);
        let lost = (n + k) as f64 * smallest * (norms.columns.iter().sum::<f64>() + n as f64);
        for l in 0..k {
            let columns = l * n..(l + 1) * n;
            let w = &change.coimage[columns.clone()];
            sizes.coimage[l] = weighted(w, &norms.matrix_sums);
            sizes.next_coimage[l] = weighted(w, &self.matrix_sums);
            let turned = change.turn[l * k..(l + 1) * k].iter().zip(&sizes.right);
            let turned = turned.map(|(g, size)| g.abs() * size).sum::<f64>();
            let remainder = weighted(&change.remainder[columns], &norms.columns);
            sampled = sampled.max(remainder / turned);
            sizes.remainder[l] = remainder + rounding * (turned + sizes.coimage[l]) + lost;
            for m in 0..k {
                sizes.capacitance[l * k + m] = weighted(
                    &change.coimage[m * n..(m + 1) * n],
                    &change.left[l * n..(l + 1) * n],
                );
            }
        }
        sampled
    }

    /// |D| as computed, with its rounding except for that of X·L, into `rounding`.
    fn write_rounding_of_d(&self, change: &mut Change) {
        let (n, k) = (change.order, change.rank);
        let (lambda, mu) = (change.factor, change.inverse_factor);
        let of_sum = product_error(k + 3);
        let of_dot = product_error(roundings_of_dot(n) + 2);
        let smallest = (n + k + 2) as f64 * smallest_subnormal::<f64>();
        for l in 0..k {
            let columns = l * n..(l + 1) * n;
            let image = &change.image[columns.clone()];
            // D itself in `column`.
            for (d, value) in change.column.iter_mut().zip(image) {
                *d = mu * value;
            }
            let bounds = &mut change.rounding[columns];
            for (bound, value) in bounds.iter_mut().zip(image) {
                *bound = of_sum * mu * value.abs() + smallest * (1.0 + mu);
            }
            for m in 0..k {
                let h = change.capacitance[l * k + m];
                let size =
                    lambda * change.turn[m * k + l].abs() + self.sizes.capacitance[l * k + m];
                let of_entry = of_sum * h.abs() + of_dot * size + smallest;
                let a = &change.coefficients[m * n..(m + 1) * n];
                for ((d, bound), a) in change.column.iter_mut().zip(&mut *bounds).zip(a) {
                    *d -= a * h;
                    *bound += a.abs() * of_entry;
                }
            }
            for (bound, d) in bounds.iter_mut().zip(&change.column) {
                *bound += d.abs();
            }
        }
    }
}

impl FactorSizes {
    fn resize(&mut self, k: usize) {
        for sizes in [
            &mut self.right,
            &mut self.left,
            &mut self.coimage,
            &mut self.next_coimage,
            &mut self.remainder,
        ] {
            sizes.resize(k, 0.0);
        }
        self.capacitance.resize(k * k, 0.0);
    }
}

/// Σ|vᵢ·wᵢ|, with what underflow may take from it.
fn weighted(values: &[f64], weights: &[f64]) -> f64 {
    let tiny = values.len() as f64 * smallest_subnormal::<f64>();
    sum_of_absolute_products(values, weights) + tiny
}
