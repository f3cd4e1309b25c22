//! Products that are known to be symmetric: half of the entries suffice.

use nalgebra::{DMatrixView, DMatrixViewMut};

use super::multiply;
use crate::numerics::real::Real;

/// Below this order the parts are too small to gain anything (measured: 0.8 of the time of the
/// whole product at 64, 0.7 from 128 up).
const SMALLEST: usize = 64;

/// Block columns; more of them save more entries, but make the products smaller.
const BLOCKS: usize = 5;

/// The side of the tiles in which a triangle is mirrored, so that both tiles stay in the cache.
const TILE: usize = 16;

/// C = A·B for n×n matrices stored by columns, where C is known to be symmetric: the lower triangle
/// is computed, the upper one copied from it.
///
/// # Panics
///
/// If a slice is not n² long.
pub(crate) fn multiply_symmetric<T: Real>(c: &mut [T], a: &[T], b: &[T], n: usize) {
    if n < SMALLEST {
        multiply(c, a, b, n);
        return;
    }
    let width = n.div_ceil(BLOCKS).next_multiple_of(8);
    let (a, b) = (
        DMatrixView::from_slice(a, n, n),
        DMatrixView::from_slice(b, n, n),
    );
    let mut lower = DMatrixViewMut::from_slice(&mut *c, n, n);
    for first in (0..n).step_by(width) {
        let columns = width.min(n - first);
        lower.view_mut((first, first), (n - first, columns)).gemm(
            T::one(),
            &a.rows(first, n - first),
            &b.columns(first, columns),
            T::zero(),
        );
    }
    mirror_lower_triangle(c, n);
}

/// cᵢⱼ = cⱼᵢ for i < j, tile by tile.
fn mirror_lower_triangle<T: Copy>(c: &mut [T], n: usize) {
    for first_column in (0..n).step_by(TILE) {
        let end = (first_column + TILE).min(n);
        for column in first_column..end {
            for row in first_column..column {
                c[column * n + row] = c[row * n + column];
            }
        }
        for below in (end..n).step_by(TILE) {
            for row in below..(below + TILE).min(n) {
                // The tile's row `row` becomes part of column `row` above the diagonal.
                for column in first_column..end {
                    c[row * n + column] = c[column * n + row];
                }
            }
        }
    }
}
