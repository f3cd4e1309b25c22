//! Products with a stored matrix whose entries are centred as they are multiplied.
//!
//! The differences xᵢⱼ − μⱼ are formed in panels that stay in the processor's first cache, each for
//! all vectors of a block. The widest vector instructions are chosen when the program runs.

use std::ops::Range;

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

    /// Z ← Z + (X − 1·μᵀ)·V and (X − 1·μᵀ)ᵀ·Z, in one pass over X while a band of its rows stays in
    /// the cache.
    pub(super) fn apply_and_adjoint_block(self, x: &[T], images: &mut [T], back: &mut [T]) {
        Arch::new().dispatch(TimesAndBack {
            data: self,
            x,
            images,
            back,
        });
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

    /// The first rows of the bands, each of `ROWS` rows or what is left.
    fn bands(self) -> impl Iterator<Item = usize> {
        (0..self.matrix.nrows()).step_by(ROWS)
    }

    /// Calls `use_panel` with the centred entries of each panel of the band from `row` on, stored by
    /// columns, and the columns of it.
    #[inline(always)]
    fn by_panels(
        self,
        row: usize,
        room: &mut Panel<T>,
        mut use_panel: impl FnMut(&[T], Range<usize>),
    ) {
        let (m, n) = self.matrix.shape();
        let entries = self.matrix.as_slice();
        let rows = ROWS.min(m - row);
        for column in (0..n).step_by(COLUMNS) {
            let columns = column..n.min(column + COLUMNS);
            let panel = &mut room[..rows * columns.len()];
            for (j, to) in columns.clone().zip(panel.chunks_exact_mut(rows)) {
                let first = j * m + row;
                let mean = self.mean[j];
                for (to, &from) in to.iter_mut().zip(&entries[first..first + rows]) {
                    *to = from - mean;
                }
            }
            use_panel(panel, columns);
        }
    }

    /// Adds the products of the band from `row` on to these entries of the images.
    #[inline(always)]
    fn add_times(self, row: usize, room: &mut Panel<T>, x: &[T], images: &mut [T]) {
        let (m, n) = self.matrix.shape();
        let rows = ROWS.min(m - row);
        self.by_panels(row, room, |panel, columns| {
            for (x, image) in x.chunks_exact(n).zip(images.chunks_exact_mut(m)) {
                let image = &mut image[row..row + rows];
                let (fours, rest) = x[columns.clone()].as_chunks::<4>();
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

    /// Adds the part of the products with the transpose that the band from `row` on has.
    #[inline(always)]
    fn add_transpose_times(self, row: usize, room: &mut Panel<T>, y: &[T], images: &mut [T]) {
        let (m, n) = self.matrix.shape();
        let rows = ROWS.min(m - row);
        self.by_panels(row, room, |panel, columns| {
            for (y, image) in y.chunks_exact(m).zip(images.chunks_exact_mut(n)) {
                let y = &y[row..row + rows];
                let (fours, rest) = image[columns.clone()].as_chunks_mut::<4>();
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

/// Room for the centred entries of a panel.
type Panel<T> = [T; ROWS * COLUMNS];

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
        let mut room = [T::zero(); ROWS * COLUMNS];
        images.fill(T::zero());
        for row in data.bands() {
            data.add_times(row, &mut room, x, images);
        }
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
        let mut room = [T::zero(); ROWS * COLUMNS];
        images.fill(T::zero());
        for row in data.bands() {
            data.add_transpose_times(row, &mut room, y, images);
        }
    }
}

struct TimesAndBack<'a, T> {
    data: Stored<'a, T>,
    x: &'a [T],
    images: &'a mut [T],
    back: &'a mut [T],
}

impl<T: Real> WithSimd for TimesAndBack<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            data,
            x,
            images,
            back,
        } = self;
        let mut room = [T::zero(); ROWS * COLUMNS];
        back.fill(T::zero());
        for row in data.bands() {
            data.add_times(row, &mut room, x, images);
            data.add_transpose_times(row, &mut room, images, back);
        }
    }
}
