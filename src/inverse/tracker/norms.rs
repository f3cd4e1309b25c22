//! The norm in which a tracker's bound holds, and the sizes that an update needs.

use nalgebra::DMatrix;

use crate::inverse::scaling::Scaling;
use crate::numerics::norm::{columns, largest_product};
use crate::numerics::real::Real;
use crate::numerics::real::sealed::Sealed;
use crate::numerics::rounding::{enlarge, underflow_of_sum};

/// The weights of ‖·‖∞ of the equilibrated matrices, and the sizes of M and X in it.
///
/// With Mₛ = R·M·C and Xₛ = C⁻¹·X·R⁻¹, R = diag(2^rᵢ), C = diag(2^cⱼ), nothing has to be scaled:
/// ‖I − Xₛ·Mₛ‖∞ = maxᵢ 2^−cᵢ·Σⱼ|I − X·M|ᵢⱼ·2^cⱼ. A weight that leaves the range of the format is NaN,
/// and makes every bound ∞.
#[derive(Clone, Debug)]
pub(super) struct Norms {
    /// 2^rᵢ.
    pub(super) rows: Vec<f64>,
    /// 2^−rⱼ, the weights of the columns of X.
    pub(super) inverse_rows: Vec<f64>,
    /// 2^cⱼ.
    pub(super) columns: Vec<f64>,
    /// 2^−cᵢ, the weights of the rows of X.
    pub(super) inverse_columns: Vec<f64>,
    /// Σⱼ|mᵢⱼ|·2^cⱼ for each row, not rounded up, but with what underflow may take from it.
    pub(super) matrix_sums: Vec<f64>,
    /// ‖Xₛ‖∞, rounded up.
    pub(super) inverse_norm: f64,
}

impl Norms {
    pub(super) fn new<T: Real>(
        matrix: &DMatrix<T>,
        inverse: &DMatrix<T>,
        scaling: &Scaling,
    ) -> Self {
        let weights = |exponents: &[i32], sign: i32| -> Vec<f64> {
            let weight = |e: &i32| f64::power_of_two(sign * e).unwrap_or(f64::NAN);
            exponents.iter().map(weight).collect()
        };
        let mut norms = Self {
            rows: weights(scaling.row_exponents(), 1),
            inverse_rows: weights(scaling.row_exponents(), -1),
            columns: weights(scaling.column_exponents(), 1),
            inverse_columns: weights(scaling.column_exponents(), -1),
            matrix_sums: vec![underflow_of_sum(matrix.nrows()); matrix.nrows()],
            inverse_norm: f64::NAN,
        };
        add_weighted_row_sums(&mut norms.matrix_sums, matrix, &norms.columns);
        norms.measure_inverse(inverse, &mut vec![0.0; inverse.nrows()]);
        norms
    }

    /// Computes ‖Xₛ‖∞; `sums` is memory for n numbers.
    pub(super) fn measure_inverse<T: Real>(&mut self, inverse: &DMatrix<T>, sums: &mut [f64]) {
        sums.fill(underflow_of_sum(sums.len()));
        add_weighted_row_sums(sums, inverse, &self.inverse_rows);
        self.inverse_norm = self.norm_of_inverse(sums);
    }

    /// ‖Xₛ‖∞, rounded up, from Σⱼ|xᵢⱼ|·2^−rⱼ.
    pub(super) fn norm_of_inverse(&self, sums: &[f64]) -> f64 {
        let norm = largest_product(sums, &self.inverse_columns);
        enlarge(norm, sums.len())
    }

    /// ‖Mₛ‖∞, rounded up.
    pub(super) fn norm_of_matrix(&self) -> f64 {
        let norm = largest_product(&self.matrix_sums, &self.rows);
        enlarge(norm, self.rows.len())
    }
}

fn add_weighted_row_sums<T: Real>(sums: &mut [f64], matrix: &DMatrix<T>, weights: &[f64]) {
    for (column, weight) in columns(matrix).zip(weights) {
        for (sum, value) in sums.iter_mut().zip(column) {
            *sum += weight * value.to_f64().abs();
        }
    }
}
