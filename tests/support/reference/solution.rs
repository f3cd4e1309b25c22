//! Solutions of linear systems with about thirty correct digits.

use matrix_descent::Real;
use nalgebra::{DMatrix, DVector};

use super::ReferenceInverse;
use super::double_double::{DotProduct, DoubleDouble};
use super::equilibration::equilibrate;
use super::errors::difference;
use super::scaled_float::ScaledFloat;

/// The solution with components (`high` + `low`)·2^`exponents`.
pub struct ReferenceSolution {
    high: DVector<f64>,
    low: DVector<f64>,
    exponents: Vec<i32>,
}

/// The relative size of a correction after which another one would change nothing that counts.
const CONVERGED: f64 = 1e-31;
const MOST_CORRECTIONS: usize = 12;

impl ReferenceSolution {
    /// Component i, rounded.
    pub fn component(&self, i: usize) -> ScaledFloat {
        ScaledFloat::new(self.high[i], self.exponents[i])
    }

    /// x − component i.
    pub fn error(&self, i: usize, x: f64) -> ScaledFloat {
        difference(x, (self.high[i], self.low[i]), self.exponents[i])
    }
}

/// The solution of `matrix`·x = `b`, by corrections whose residual is accumulated in three parts.
///
/// # Panics
///
/// If the corrections do not converge.
pub fn reference_solution(
    matrix: &DMatrix<f64>,
    inverse: &ReferenceInverse,
    b: &DVector<f64>,
) -> ReferenceSolution {
    let scaled = equilibrate(matrix);
    let rows = scaled.row_exponents.iter();
    let exponents = b.iter().zip(rows.clone());
    let largest = exponents.filter_map(|(b, r)| b.binary_exponent().map(|e| e + r));
    let largest = largest.max().unwrap_or(0);
    let parts = b.iter().zip(rows);
    let parts = parts.map(|(b, r)| b.scale_by_power_of_two(r - largest));
    let b = DVector::from_iterator(b.len(), parts);
    let transposed = scaled.matrix.transpose();
    let (mut high, mut low) = (DVector::zeros(b.len()), DVector::zeros(b.len()));
    for _ in 0..MOST_CORRECTIONS {
        let change = &inverse.high * residual(&transposed, &high, &low, &b);
        for ((high, low), &change) in high.iter_mut().zip(low.iter_mut()).zip(&change) {
            let sum = DoubleDouble::new_add(*high, *low) + change;
            (*high, *low) = sum.into();
        }
        if change.amax() <= CONVERGED * high.amax() {
            let exponents = scaled.column_exponents.iter().map(|c| c + largest);
            return ReferenceSolution {
                high,
                low,
                exponents: exponents.collect(),
            };
        }
    }
    panic!("the reference solution does not converge");
}

/// b − M(high + low), rounded once, from the transpose of M.
fn residual(
    transposed: &DMatrix<f64>,
    high: &DVector<f64>,
    low: &DVector<f64>,
    b: &DVector<f64>,
) -> DVector<f64> {
    DVector::from_fn(b.len(), |i, _| {
        let mut sum = DotProduct::default();
        sum.add(-b[i]);
        for ((&entry, &high), &low) in transposed.column(i).iter().zip(high).zip(low) {
            sum.add_product(entry, high);
            sum.add_small_product(entry, low);
        }
        -sum.rounded()
    })
}
