//! One correction by an accurate residual, and the proof of what it leaves.

use nalgebra::DMatrix;

use super::NEGLIGIBLE;
use crate::Real;
use crate::inverse::certificate::proof::{
    Proof, absolute_row_sums, absolute_times, enlarge, largest, largest_row_sum, product_error,
    underflow, unit_roundoff,
};
use crate::inverse::natural::{ProductCounter, Workspace};

/// X⁺ = fl(X + fl(R̂·Y)) with Y = X (order two) or Y = fl(X + fl(R̂·X)) (order three).
///
/// R̂ = R − δ is in the workspace's `image`, X in `best`, fl(R̂X) in `momentum`, and Y, for order
/// three, in `direction`. With Δ the rounding of X⁺ and Δ′ that of Y,
///
/// order two: I − X⁺M = δ + R̂R − ΔM, M⁻¹ − X⁺ = δX + R(I − R)⁻¹·RX − Δ;
/// order three: I − X⁺M = δ + R̂δ + R̂²R − (R̂Δ′ + Δ)M,
/// M⁻¹ − X⁺ = δX + (Rδ + δR̂)X + R²(I − R)⁻¹·RX − R̂Δ′ − Δ.
pub(super) struct Correction {
    third_order: bool,
    /// Bounds of the row sums of |δ|.
    rounding: Vec<f64>,
    /// ‖R̂X‖_F/‖X‖_F: the relative error of X that was found.
    found: f64,
}

impl Correction {
    pub(super) fn apply<T: Real>(
        matrix: &DMatrix<T>,
        x: &mut DMatrix<T>,
        w: &mut Workspace<T>,
        counter: &mut ProductCounter,
        rounding: Vec<f64>,
        size: f64,
    ) -> Self {
        debug_assert_eq!(matrix.shape(), x.shape());
        w.best.copy_from(x);
        counter.multiply(&mut w.momentum, &w.image, x);
        let found = w.momentum.norm().to_f64() / x.norm().to_f64();
        let enough = size * found <= NEGLIGIBLE * unit_roundoff::<T>();
        if enough {
            *x += &w.momentum;
        } else {
            w.direction.copy_from(x);
            w.direction += &w.momentum;
            counter.multiply(&mut w.momentum_image, &w.image, &w.direction);
            *x += &w.momentum_image;
        }
        Self {
            third_order: !enough,
            rounding,
            found,
        }
    }

    /// An estimate of ‖M⁻¹ − X⁺‖_F/‖M⁻¹‖_F, the rounding of X⁺ aside.
    pub(super) fn remaining_error(&self, size: f64) -> f64 {
        let powers = if self.third_order { size * size } else { size };
        powers * self.found
    }

    pub(super) fn proof<T: Real>(
        &self,
        matrix: &DMatrix<T>,
        corrected: &DMatrix<T>,
        w: &Workspace<T>,
    ) -> Proof {
        let n = matrix.nrows();
        let residual = &w.image;
        let rows: Vec<f64> = absolute_row_sums(residual)
            .iter()
            .zip(&self.rounding)
            .map(|(r, d)| r + d)
            .collect();
        let rho = enlarge(max(&rows), n);
        // False for NaN too.
        let is_proof = rho < 1.0;
        if !is_proof {
            return Proof::NOTHING;
        }
        let tiny = underflow::<T>(residual, &w.best) + underflow::<T>(corrected, matrix);
        let delta = max(&self.rounding);
        let matrix_sums = absolute_row_sums(matrix);
        let ones = vec![1.0; n];

        let image_roundings = self.rounding_of_step(corrected, w, &matrix_sums);
        let square = absolute_times(residual, &rows);
        let powers = if self.third_order {
            absolute_times(residual, &square)
        } else {
            square
        };
        let growth = if self.third_order { 1.0 + rho } else { 1.0 };
        let residuals = (0..n).map(|i| self.rounding[i] + powers[i] + image_roundings[i]);
        let beyond_own_row = if self.third_order { rho * delta } else { 0.0 };
        let new_rho = largest(residuals) + beyond_own_row + tiny * (1.0 + max(&matrix_sums));

        let norm = max(&absolute_row_sums(&w.best));
        let roundings = self.rounding_of_step(corrected, w, &ones);
        let first_product = absolute_times(residual, &absolute_row_sums(&w.best));
        let found = max(&absolute_row_sums(&w.momentum))
            + product_error::<T>(n) * max(&first_product)
            + delta * norm
            + tiny;
        let tail = growth_of_tail(rho, self.third_order) * found;
        let from_delta = delta * norm * growth * growth;
        let absolute = max(&roundings) + from_delta + tail + tiny;
        let corrected_norm = enlarge(largest_row_sum(corrected), n);
        Proof::from_bounds(enlarge(new_rho, n), enlarge(absolute, n), corrected_norm)
    }

    /// (|Δ| + |R̂||Δ′|)·v by rows: |Δ| ≤ g·|R̂||Y| + u·|X⁺|, |Δ′| ≤ g·|R̂||X| + u·|Y|.
    fn rounding_of_step<T: Real>(
        &self,
        corrected: &DMatrix<T>,
        w: &Workspace<T>,
        v: &[f64],
    ) -> Vec<f64> {
        let n = corrected.nrows();
        let (u, gamma) = (unit_roundoff::<T>(), product_error::<T>(n));
        let factor = if self.third_order {
            &w.direction
        } else {
            &w.best
        };
        let factor_sums = absolute_times(factor, v);
        let product = absolute_times(&w.image, &factor_sums);
        let sums = absolute_times(corrected, v);
        let mut bounds: Vec<f64> = product
            .iter()
            .zip(&sums)
            .map(|(p, s)| gamma * p + u * s)
            .collect();
        if self.third_order {
            let inner = absolute_times(&w.image, &absolute_times(&w.best, v));
            let of_factor: Vec<f64> = inner
                .iter()
                .zip(&factor_sums)
                .map(|(p, s)| gamma * p + u * s)
                .collect();
            let carried = absolute_times(&w.image, &of_factor);
            bounds
                .iter_mut()
                .zip(carried)
                .for_each(|(bound, c)| *bound += c);
        }
        bounds
    }
}

/// A bound of ‖R^k(I − R)⁻¹‖, k = 1 or 2.
fn growth_of_tail(rho: f64, third_order: bool) -> f64 {
    let power = if third_order { rho * rho } else { rho };
    power / (1.0 - rho)
}

fn max(values: &[f64]) -> f64 {
    largest(values.iter().copied())
}
