//! Products with several vectors, whose entries of the same index are brought together, so that an
//! access fetches all of them.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::{Factor, MOST_PARTS, WIDEST_GROUP, widened};
use crate::numerics::real::Real;
use crate::numerics::runs::{pieces, run_length, runs};
use crate::numerics::threads::for_each;
use crate::sparse_inverse::factored::sorted_rows::{CHUNK, SortedRows};

impl<T: Real, S: Real> Factor<'_, T, S> {
    /// Writes Gᵀ·G·X for vectors one after another.
    pub(in crate::sparse_inverse::factored) fn apply_block(self, x: &[T], images: &mut [T]) {
        let order = self.rows.count();
        let (mut x, mut images) = (x, images);
        let mut group = |count: usize| {
            let vectors = x.split_off(..count * order)?;
            Some((vectors, images.split_off_mut(..count * order)?))
        };
        while let Some((x, images)) = group(WIDEST_GROUP) {
            self.apply_group::<WIDEST_GROUP>(x, images);
        }
        if let Some((x, images)) = group(4) {
            self.apply_group::<4>(x, images);
        }
        if let Some((x, images)) = group(2) {
            self.apply_group::<2>(x, images);
        }
        if let Some((x, image)) = group(1) {
            self.apply(x, image);
        }
    }

    /// The same for N vectors.
    fn apply_group<const N: usize>(self, x: &[T], images: &mut [T]) {
        let order = self.rows.count();
        self.scratch.lend(2 * N * order, |memory| {
            let (panel, middle) = memory.split_at_mut(N * order);
            let (panel, middle) = (panel.as_chunks_mut::<N>().0, middle.as_chunks_mut::<N>().0);
            interleave(x, panel);
            self.to_middle(panel, middle);
            self.to_images(middle, images);
        });
    }

    /// 2^2e·S·X.
    fn to_middle<const N: usize>(self, panel: &[[T; N]], middle: &mut [[T; N]]) {
        let length = run_length(self.rows.chunk_count(), 1, MOST_PARTS);
        let runs = runs(self.rows.chunk_count(), length);
        let parts = runs.zip(middle.chunks_mut(CHUNK * length));
        for_each(N * self.rows.stored(), parts, |(chunks, middle)| {
            let gather = Gather {
                rows: self.rows,
                chunks,
                panel,
            };
            Arch::new().dispatch(ToPanel {
                gather,
                images: middle,
                power: self.power,
            });
        });
    }

    /// Sᵀ·Z.
    fn to_images<const N: usize>(self, middle: &[[T; N]], images: &mut [T]) {
        let rows = self.columns();
        let length = CHUNK * run_length(rows.chunk_count(), 1, MOST_PARTS);
        let parts = pieces(images, rows.count(), runs(rows.count(), length));
        for_each(N * rows.stored(), parts, |(run, mut images)| {
            let gather = Gather {
                rows,
                chunks: run.start / CHUNK..run.end.div_ceil(CHUNK),
                panel: middle,
            };
            Arch::new().dispatch(ToVectors {
                gather,
                images: &mut images,
            });
        });
    }
}

/// Brings the entries of N vectors, one after another, with the same index together.
fn interleave<T: Real, const N: usize>(vectors: &[T], panel: &mut [[T; N]]) {
    let order = panel.len();
    let parts = panel.chunks_mut(CHUNK).enumerate();
    for_each(vectors.len(), parts, |(part, panel)| {
        for (column, vector) in vectors.chunks_exact(order).enumerate() {
            for (to, &from) in panel.iter_mut().zip(&vector[part * CHUNK..]) {
                to[column] = from;
            }
        }
    });
}

/// Inner products of the rows of some chunks with N vectors side by side.
struct Gather<'a, T, S, const N: usize> {
    rows: &'a SortedRows<S>,
    chunks: Range<usize>,
    panel: &'a [[T; N]],
}

impl<T: Real, S: Real, const N: usize> Gather<'_, T, S, N> {
    /// Hands `write` the place of each row among those of the chunks, and its inner products.
    #[inline(always)]
    fn each(self, mut write: impl FnMut(usize, [T; N])) {
        let first = self.chunks.start * CHUNK;
        for (rows, columns, values, length) in self.rows.groups_of(self.chunks) {
            let entries = columns
                .chunks_exact(length)
                .zip(values.chunks_exact(length));
            for (&row, (columns, values)) in rows.iter().zip(entries) {
                let mut sums = [T::zero(); N];
                for (&column, &value) in columns.iter().zip(values) {
                    let (value, x) = (widened::<T, S>(value), &self.panel[column as usize]);
                    for k in 0..N {
                        sums[k] += value * x[k];
                    }
                }
                write(row as usize - first, sums);
            }
        }
    }
}

/// Compiled for the widest vectors of the processor.
struct ToPanel<'a, T, S, const N: usize> {
    gather: Gather<'a, T, S, N>,
    images: &'a mut [[T; N]],
    power: T,
}

impl<T: Real, S: Real, const N: usize> WithSimd for ToPanel<'_, T, S, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<V: Simd>(self, _: V) {
        let power = self.power;
        self.gather.each(
            #[inline(always)]
            |row, sums| self.images[row] = sums.map(|sum| sum * power * power),
        );
    }
}

/// The same for images one after another.
struct ToVectors<'a, 'v, T, S, const N: usize> {
    gather: Gather<'a, T, S, N>,
    images: &'a mut [&'v mut [T]],
}

impl<T: Real, S: Real, const N: usize> WithSimd for ToVectors<'_, '_, T, S, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<V: Simd>(self, _: V) {
        let images = self.images;
        self.gather.each(
            #[inline(always)]
            |row, sums| {
                for (image, sum) in images.iter_mut().zip(sums) {
                    image[row] = sum;
                }
            },
        );
    }
}
