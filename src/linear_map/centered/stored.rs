//! Products with a stored matrix whose entries are centred as they are multiplied.
//!
//! The differences xᵢⱼ − μⱼ are formed in panels that stay in the processor's first cache, each for
//! all vectors of a block. The widest vector instructions are chosen when the program runs.

use nalgebra::DMatrix;
use pulp::{Arch, Simd, WithSimd};

use crate::numerics::norm::{add_multiple, dot, euclidean_norm};
use crate::numerics::product::{add_four_columns, four_columns, four_dots};
use crate::numerics::real::Real;

/// The size of a panel.
const ROWS: usize = 256;
const COLUMNS: usize = 8;

/// X and μ of X − 1·μᵀ.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a, T> {
    pub(super) matrix: &'a DMatrix<T>,
    pub(super) mean: &'a [T],
}

impl<T: Real> Stored<'_, T> {
    /// (X − 1·μᵀ)·V.
    pub(super) fn apply_block(self, x: &[T], images: &mut [T]) {
        let data = self;
        Arch::new().dispatch(Times { data, x, images });
    }

    /// (X − 1·μᵀ)ᵀ·Y.
    pub(super) fn apply_adjoint_block(self, y: &[T], images: &mut [T]) {
        let data = self;
        Arch::new().dispatch(TransposeTimes { data, y, images });
    }

    /// The lengths of the centred columns.
    pub(super) fn column_norms(self) -> Vec<T> {
        let mut centered = vec![T::zero(); self.matrix.nrows()];
        let columns = self.matrix.column_iter().zip(self.mean);
        columns
            .map(|(column, &mean)| {
                for (to, &from) in centered.iter_mut().zip(&column) {
                    *to = from - mean;
                }
                euclidean_norm(&centered).min(T::MAX)
            })
            .collect()
    }

    /// Calls `use_panel` with the centred entries of each panel, stored by columns, and the first
    /// row and column of it.
    #[inline(always)]
    fn by_panels(self, mut use_panel: impl FnMut(&[T], [usize; 2], [usize; 2])) {
        let (m, n) = self.matrix.shape();
        let entries = self.matrix.as_slice();
        let mut panel = [T::zero(); ROWS * COLUMNS];
        for row in (0..m).step_by(ROWS) {
            let rows = ROWS.min(m - row);
            for column in (0..n).step_by(COLUMNS) {
                let columns = COLUMNS.min(n - column);
                let panel = &mut panel[..rows * columns];
                for (j, to) in (column..).zip(panel.chunks_exact_mut(rows)) {
                    let first = j * m + row;
                    let mean = self.mean[j];
                    for (to, &from) in to.iter_mut().zip(&entries[first..first + rows]) {
                        *to = from - mean;
                    }
                }
                use_panel(panel, [row, column], [rows, columns]);
            }
        }
    }
}

struct Times<'a, T> {
    data: Stored<'a, T>,
    x: &'a [T],
    images: &'a mut [T],
}

impl<T: Real> WithSimd for Times<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { data, x, images } = self;
        let (m, n) = data.matrix.shape();
        images.fill(T::zero());
        data.by_panels(|panel, [row, column], [rows, columns]| {
            let of_vectors = x.chunks_exact(n).zip(images.chunks_exact_mut(m));
            for (x, image) in of_vectors {
                let image = &mut image[row..row + rows];
                let (fours, rest) = x[column..column + columns].as_chunks::<4>();
                let (blocks, last) = panel.split_at(4 * rows * fours.len());
                for (block, factors) in blocks.chunks_exact(4 * rows).zip(fours) {
                    add_four_columns(image, *factors, four_columns(block, rows));
                }
                for (values, &factor) in last.chunks_exact(rows).zip(rest) {
                    add_multiple(image, factor, values);
                }
            }
        });
    }
}

struct TransposeTimes<'a, T> {
    data: Stored<'a, T>,
    y: &'a [T],
    images: &'a mut [T],
}

impl<T: Real> WithSimd for TransposeTimes<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { data, y, images } = self;
        let (m, n) = data.matrix.shape();
        images.fill(T::zero());
        data.by_panels(|panel, [row, column], [rows, columns]| {
            let of_vectors = y.chunks_exact(m).zip(images.chunks_exact_mut(n));
            for (y, image) in of_vectors {
                let y = &y[row..row + rows];
                let (fours, rest) = image[column..column + columns].as_chunks_mut::<4>();
                let (blocks, last) = panel.split_at(4 * rows * fours.len());
                for (block, sums) in blocks.chunks_exact(4 * rows).zip(fours) {
                    let dots = four_dots(four_columns(block, rows), y);
                    for (sum, dot) in sums.iter_mut().zip(dots) {
                        *sum += dot;
                    }
                }
                for (values, sum) in last.chunks_exact(rows).zip(rest) {
                    *sum += dot(values, y);
                }
            }
        });
    }
}
