//! Products of a stored symmetric matrix in `f64`, with what rounding may have moved.

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::{largest_exponent, scale};
use crate::numerics::norm::sum_of_squares;
use crate::numerics::product::product;
use crate::numerics::real::Real;
use crate::numerics::rounding::{enlarge, product_error, smallest_subnormal};

/// The columns that are converted at a time, so that no second matrix is stored.
const PANEL: usize = 64;

/// The exponent of the smallest subnormal number.
const SMALLEST_EXPONENT: i32 = -1074;

/// S·X for the symmetric part S of A·2^−`exponent`, whose largest entry is in [1, 2).
pub(super) struct Images {
    pub(super) values: DMatrix<f64>,
    /// How far a column of `values` may be from S·x, divided by ‖x‖.
    pub(super) error: f64,
}

/// The exponent by which a matrix is scaled.
pub(super) fn exponent_of<T: Real>(matrix: &DMatrix<T>) -> i32 {
    largest_exponent(matrix).unwrap_or(SMALLEST_EXPONENT)
}

impl Images {
    pub(super) fn new<T: Real>(matrix: &DMatrix<T>, exponent: i32, x: &DMatrix<f64>) -> Self {
        let (order, size) = (matrix.nrows(), matrix.len());
        let mut values = DMatrix::zeros(order, x.ncols());
        let mut squares = 0.0;
        for first in (0..order).step_by(PANEL) {
            let width = PANEL.min(order - first);
            let mut panel = matrix.columns(first, width).map(T::to_f64);
            scale(panel.as_mut_slice(), -exponent);
            squares += sum_of_squares(panel.as_slice());
            let rows = x.rows(first, width).into_owned();
            values += product(panel.as_view(), rows.as_view());
        }
        let norm = enlarge(squares.sqrt(), size);
        let underflow = smallest_subnormal::<f64>() * (4 * size) as f64;
        // The asymmetry moves A·x by half of ‖A − Aᵀ‖ at most.
        let skew = enlarge(skew_norm(matrix, exponent), size);
        Self {
            values,
            error: enlarge(product_error(order) * norm + underflow + 0.5 * skew, 1),
        }
    }
}

/// ‖A − Aᵀ‖_F of the scaled matrix, tile by tile.
fn skew_norm<T: Real>(matrix: &DMatrix<T>, exponent: i32) -> f64 {
    let order = matrix.nrows();
    let entry = |i: usize, j: usize| matrix[(i, j)].to_f64().scale_by_power_of_two(-exponent);
    let mut sum = 0.0;
    for left in (0..order).step_by(PANEL) {
        for top in (0..=left).step_by(PANEL) {
            for j in left..order.min(left + PANEL) {
                for i in top..j.min(top + PANEL) {
                    if matrix[(i, j)] != matrix[(j, i)] {
                        sum += (entry(i, j) - entry(j, i)).powi(2);
                    }
                }
            }
        }
    }
    (2.0 * sum).sqrt()
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{Images, exponent_of};
    use crate::numerics::exact::{Exact, exact, rational};
    use crate::numerics::real::Real;

    /// The symmetric part times X, exactly, against what was computed.
    #[test]
    fn images_are_within_their_bound() {
        for (n, exponent) in [(1, 0), (5, 900), (70, -1000), (130, 0)] {
            let wave = |i: usize, j: usize| ((i * n + j) as f64 * 0.7).sin();
            let matrix = DMatrix::from_fn(n, n, |i, j| {
                let value: f64 = wave(i.min(j), i.max(j)) + 1e-9 * wave(i, j);
                value.scale_by_power_of_two(exponent)
            });
            let x = DMatrix::from_fn(n, 1, |i, _| (1.9 * i as f64).cos());
            let scale = exponent_of(&matrix);
            let found = Images::new(&matrix, scale, &x);
            let scaled = matrix.map(|value| value.scale_by_power_of_two(-scale));
            let both: Exact = exact(&scaled) + exact(&scaled.transpose());
            let half = (both * exact(&x)).map(|value| value * rational(0.5));
            let error = exact(&found.values) - half;
            let squares = error
                .iter()
                .map(|e| e * e)
                .sum::<num_rational::BigRational>();
            let allowed = rational(found.error) * rational(x.norm() * (1.0 + 1e-12));
            assert!(squares <= &allowed * &allowed, "{n}, {exponent}");
        }
    }
}
