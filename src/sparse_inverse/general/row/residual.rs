//! The residual of a row, from the stored numbers.

use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::rounding::{enlarge, product_error, underflow_of_sum, unit_roundoff};
use crate::sparse_inverse::general::row::accumulator::Accumulator;

/// The residual xᵀ·A − eᵢᵀ of row i.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::sparse_inverse::general) struct RowResidual {
    /// Its length, as computed.
    pub(in crate::sparse_inverse::general) norm: f64,
    /// A bound of its length.
    pub(in crate::sparse_inverse::general) norm_bound: f64,
    /// A bound of the sum of its absolute values.
    pub(in crate::sparse_inverse::general) sum_bound: f64,
}

impl RowResidual {
    /// For the entries of x, each with its row of A; `values` is overwritten.
    ///
    /// A column of the residual is a sum of at most t + 1 terms, for t entries of x, so that all
    /// together are off by at most γ·(Σ|xₖ||aₖⱼ| + 1), γ = (t + 1)u/(1 − (t + 1)u). Entries of
    /// `f32` have exact products.
    pub(super) fn of<'a, T: Real>(
        row: usize,
        entries: impl ExactSizeIterator<Item = (T, (&'a [usize], &'a [T]))>,
        sums: &mut Accumulator,
        values: &mut Vec<f64>,
    ) -> Self {
        let terms = entries.len() + 1;
        let (mut sizes, mut products) = (1.0, 1);
        sums.clear();
        sums.add(row, -1.0);
        for (x, (columns, of_matrix)) in entries {
            let x = x.to_f64();
            products += columns.len();
            for (&column, &value) in columns.iter().zip(of_matrix) {
                let product = x * value.to_f64();
                sizes += product.abs();
                sums.add(column, product);
            }
        }
        values.clear();
        values.extend(sums.touched().iter().map(|&column| sums.value(column)));
        let norm = euclidean_norm(values);
        let sum: f64 = values.iter().map(|value| value.abs()).sum();
        let error = unit_roundoff() * sum + product_error(terms) * sizes;
        let error = error + underflow_of_sum(products);
        Self {
            norm,
            norm_bound: enlarge(norm + error, products),
            sum_bound: enlarge(sum + error, products),
        }
    }
}
