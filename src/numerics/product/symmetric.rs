//! Products that are known to be symmetric: half of the entries suffice.

use nalgebra::{DMatrixView, DMatrixViewMut};

use super::dense::{SMALL, Strided, strided, transposed, write_product_of_transpose};
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
    multiply_lower_half(c, strided(a, n, n), strided(b, n, n), n);
}

/// C = X·Xᵀ for an m×n matrix X stored by columns, `rows` = m.
///
/// # Panics
///
/// If X is shorter than m·n or C than m².
pub(crate) fn row_gram<T: Real>(c: &mut [T], x: &[T], rows: usize, columns: usize) {
    let turned = transposed(x, rows, columns);
    if rows < SMALLEST {
        let x = DMatrixView::from_slice(x, rows, columns);
        DMatrixViewMut::from_slice(c, rows, rows).gemm(T::one(), &x, &turned, T::zero());
    } else {
        multiply_lower_half(c, strided(x, rows, columns), turned, rows);
    }
}

/// C = Xᵀ·X for an m×n matrix X stored by columns, `rows` = m.
///
/// # Panics
///
/// If X is shorter than m·n or C than n².
pub(crate) fn column_gram<T: Real>(c: &mut [T], x: &[T], rows: usize, columns: usize) {
    if columns < SMALLEST || rows <= SMALL {
        let c = DMatrixViewMut::from_slice(c, columns, columns);
        let view = DMatrixView::from_slice(x, rows, columns);
        write_product_of_transpose(c, x, (rows, columns), view);
    } else {
        let turned = transposed(x, rows, columns);
        multiply_lower_half(c, turned, strided(x, rows, columns), columns);
    }
}

/// C = A·B, n×n and known to be symmetric, from its lower block columns.
fn multiply_lower_half<T: Real>(c: &mut [T], a: Strided<'_, T>, b: Strided<'_, T>, n: usize) {
    let width = n.div_ceil(BLOCKS).next_multiple_of(8);
    let mut lower = DMatrixViewMut::from_slice(&mut *c, n, n);
    let mut first = 0;
    while first < n {
        let left = n - first;
        // No block is as narrow as the products that take columns for slices without gaps.
        let columns = if left <= width + SMALL { left } else { width };
        lower.view_mut((first, first), (left, columns)).gemm(
            T::one(),
            &a.rows(first, left),
            &b.columns(first, columns),
            T::zero(),
        );
        first += columns;
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
