//! The products that a certificate computes again, in `f64` and without a copy of the matrix.

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::scale;
use crate::numerics::norm::sum_of_squares;
use crate::numerics::product::transposed_product;
use crate::numerics::real::Real;
use crate::numerics::rounding::{enlarge, product_error, smallest_subnormal};

/// The images of singular vectors.
pub(super) struct Images {
    /// A·V.
    pub(super) of_v: DMatrix<f64>,
    /// Aᵀ·U.
    pub(super) of_u: DMatrix<f64>,
    /// How far rounding may have put a column off, relative to the length of the vector.
    pub(super) rounding: f64,
    /// ‖A‖_F.
    pub(super) norm: f64,
}

/// A tile has at most so many rows and columns: 1 MB, which stays in the cache.
const ROWS: usize = 256;
const COLUMNS: usize = 512;

/// The images under A = M·2^`exponent`, tile by tile.
pub(super) fn images_of<T: Real>(
    matrix: &DMatrix<T>,
    exponent: i32,
    u: &DMatrix<f64>,
    v: &DMatrix<f64>,
) -> Images {
    let (m, n) = matrix.shape();
    let mut of_v = DMatrix::zeros(m, v.ncols());
    let mut of_u = DMatrix::zeros(n, u.ncols());
    let mut squares = 0.0;
    for row in (0..m).step_by(ROWS) {
        let height = ROWS.min(m - row);
        for column in (0..n).step_by(COLUMNS) {
            let width = COLUMNS.min(n - column);
            let part = matrix.view((row, column), (height, width));
            let mut tile = part.map(T::to_f64);
            scale(tile.as_mut_slice(), exponent);
            squares += sum_of_squares(tile.as_slice());
            let of_tile = v.rows(column, width);
            let mut images = of_v.rows_mut(row, height);
            images.gemm(1.0, &tile, &of_tile, 1.0);
            let of_tile = u.rows(row, height).into_owned();
            let mut images = of_u.rows_mut(column, width);
            images += transposed_product(&tile, of_tile.as_view());
        }
    }
    let norm = squares.sqrt();
    Images {
        of_v,
        of_u,
        rounding: rounding_of_images((m, n), norm),
        norm,
    }
}

/// A bound on the rounding of A·x and Aᵀ·y for vectors of length 1, even if the entries of A are
/// off by half the smallest subnormal: g·‖A‖_F·‖x‖, since ‖|A||x|‖ ≤ ‖A‖_F·‖x‖.
fn rounding_of_images((m, n): (usize, usize), norm: f64) -> f64 {
    let entries = m * n;
    let smallest = smallest_subnormal::<f64>();
    product_error(m.max(n)) * enlarge(norm, entries) + smallest * (4 * entries) as f64
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{images_of, rounding_of_images};

    #[test]
    fn the_rounding_of_images_grows_with_the_norm_and_the_underflow_with_the_entries() {
        assert_eq!(rounding_of_images((2, 3), 0.0), f64::from_bits(24));
        // Three products each, with a roundoff of ε/2.
        let found = rounding_of_images((2, 3), 100.0) / (150.0 * f64::EPSILON);
        assert!((1.0..1.0 + 1e-13).contains(&found), "{found}");
    }

    /// Small integers, so that all sums are exact.
    #[test]
    fn images_by_tiles_are_the_products() {
        for (m, n) in [(1, 1), (7, 3), (300, 20), (20, 600), (513, 1025)] {
            let matrix = DMatrix::from_fn(m, n, |i, j| ((3 * i + 5 * j) % 7) as f64 - 3.0);
            let u = DMatrix::from_fn(m, 3, |i, j| ((i + j) % 5) as f64);
            let v = DMatrix::from_fn(n, 3, |i, j| ((i * j) % 3) as f64 - 1.0);
            let found = images_of(&matrix, 2, &u, &v);
            assert_eq!(found.of_v, &matrix * &v * 4.0, "{m}×{n}");
            assert_eq!(found.of_u, matrix.tr_mul(&u) * 4.0, "{m}×{n}");
            assert_eq!(found.norm, matrix.norm() * 4.0);
        }
    }
}
