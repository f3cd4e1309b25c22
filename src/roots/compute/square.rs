//! The residual A − X² of symmetric matrices, accurate, with a bound.

use nalgebra::DMatrix;

use crate::inverse::residual::slices::{SlicePart, cut_columns};
use crate::numerics::norm::{columns, euclidean_norm};
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::product::{column_gram, write_transposed_product};
use crate::numerics::rounding::{
    absolute_row_sums, enlarge, exact_sum, largest_row_sum, or_infinity, product_error, underflow,
    unit_roundoff,
};
use crate::roots::symmetric::symmetrise;

/// A bound of ‖A − X²‖_F for symmetric A and X, from products of about one and a half times the
/// working precision.
///
/// X = S + R for an S whose columns have so few bits that SᵀS is exact (Ozaki and others, 2012), so that
/// X² = SᵀS + HᵀR + RᵀH with H = S + R/2: one and a half products, where factors that are not the
/// same take three.
pub(super) fn square_residual_bound(
    a: &DMatrix<f64>,
    x: &DMatrix<f64>,
    counter: &mut ProductCounter,
) -> f64 {
    let n = x.nrows();
    let [mut left, mut rest, mut square, mut across] = [(); 4].map(|()| DMatrix::zeros(n, n));
    cut_columns(&mut left, x, SlicePart::Slice(1));
    cut_columns(&mut rest, x, SlicePart::Rest(1));
    column_gram(square.as_mut_slice(), left.as_slice(), n, n);
    left.zip_apply(&rest, |slice, rest| *slice += 0.5 * rest);
    write_transposed_product(across.as_view_mut(), &left, rest.as_view());
    counter.count(2);
    symmetrise(&mut across);
    subtract_sum(&mut square, a, &across);
    let norm = euclidean_norm(square.as_slice());
    let rounding = rounding(a, x, &left, &rest) + unit_roundoff() * norm;
    or_infinity(enlarge(norm + rounding, n * n))
}

/// S ← A − S − 2·C, with the errors of the two differences added.
fn subtract_sum(square: &mut DMatrix<f64>, a: &DMatrix<f64>, across: &DMatrix<f64>) {
    let entries = square.as_mut_slice().iter_mut();
    let entries = entries.zip(a.as_slice()).zip(across.as_slice());
    for ((square, &a), &across) in entries {
        let (first, of_first) = exact_sum(a, -*square);
        let (second, of_second) = exact_sum(first, -2.0 * across);
        *square = second + (of_first + of_second);
    }
}

/// A bound in ‖·‖_F of all but the last rounding of the residual.
///
/// HᵀR is off by (n + 4)·u·|H|ᵀ|R|, the rounding of H and of the sum with its transpose included. What
/// the errors of the differences lose is at most 4u² times the sizes of A and of all partial sums,
/// |A| + 8·|X|².
fn rounding(a: &DMatrix<f64>, x: &DMatrix<f64>, left: &DMatrix<f64>, rest: &DMatrix<f64>) -> f64 {
    let n = x.nrows();
    let sums = absolute_row_sums(rest);
    // The 2-norm of a row is at most the sum of its absolute values.
    let rows: Vec<f64> = columns(left)
        .map(|column| column.iter().zip(&sums).map(|(h, sum)| h.abs() * sum).sum())
        .collect();
    let of_products = 2.0 * product_error(n + 4) * euclidean_norm(&rows);
    let size = euclidean_norm(x.as_slice());
    let second_order = euclidean_norm(a.as_slice()) + 8.0 * size * size;
    let tiny = 4.0 * n as f64 * underflow(n, 2.0 * largest_row_sum(x));
    of_products + 4.0 * unit_roundoff().powi(2) * second_order + tiny
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::square_residual_bound;
    use crate::numerics::exact::{exact, rational};
    use crate::numerics::product::counter::ProductCounter;
    use crate::numerics::real::Real;

    /// Symmetric, with rows and columns that are 2^`step` times smaller than those before.
    fn graded(n: usize, step: i32) -> DMatrix<f64> {
        DMatrix::from_fn(n, n, |i, j| {
            let wave = ((i.min(j) * n + i.max(j) + 1) as f64 * 0.7).sin();
            wave.scale_by_power_of_two(-step * (i + j) as i32)
        })
    }

    #[test]
    fn the_bound_lies_above_the_exact_residual_and_barely_so() {
        for n in [1, 2, 9, 17] {
            for step in [0, 1, 5] {
                let x = graded(n, step);
                // The rounded square, and matrices near it and far away.
                let square = &x * &x;
                let square = (&square + square.transpose()) * 0.5;
                for shift in [0.0, 1e-10, 1.0] {
                    let a = &square + DMatrix::identity(n, n) * shift;
                    let residual = exact(&a) - exact(&x) * exact(&x);
                    let squares = residual.iter().map(|entry| entry * entry);
                    let norm_squared = squares.fold(rational(0.0), |sum, value| sum + value);
                    let bound = square_residual_bound(&a, &x, &mut ProductCounter::new());
                    let name = format!("n = {n}, step {step}, shift {shift:e}: {bound:e}");
                    assert!(rational(bound) * rational(bound) >= norm_squared, "{name}");
                    let size = 1e-20 * (x.norm().powi(2) + a.norm()) * n as f64;
                    let allowed = rational(bound * (1.0 - 1e-9) - size);
                    assert!(
                        allowed < rational(0.0) || &allowed * &allowed <= norm_squared,
                        "{name}"
                    );
                }
            }
        }
    }
}
