//! Products with a single vector.

use super::{Factor, MOST_PARTS, widened};
use crate::numerics::real::Real;
use crate::numerics::runs::{run_length, runs};
use crate::numerics::threads::{for_each, is_worth};
use crate::sparse_inverse::factored::sorted_rows::{CHUNK, SortedRows};

impl<T: Real, S: Real> Factor<'_, T, S> {
    /// Writes Gᵀ·G·x.
    ///
    /// Both ways take every sum in the same order.
    pub(in crate::sparse_inverse::factored) fn apply(self, x: &[T], image: &mut [T]) {
        if !is_worth(self.rows.stored()) {
            return self.apply_in_one_pass(x, image);
        }
        self.scratch.lend(x.len(), |middle| {
            let squared = |sum: T| sum * self.power * self.power;
            gather(self.rows, x, middle, squared);
            gather(self.columns(), middle, image, |sum| sum);
        });
    }

    /// One pass over G: with zᵢ = gᵢᵀ·x each row gᵢ adds zᵢ·gᵢ to the image.
    fn apply_in_one_pass(self, x: &[T], image: &mut [T]) {
        image.fill(T::zero());
        for (_, columns, values, length) in self.rows.groups_of(0..self.rows.chunk_count()) {
            let rows = columns
                .chunks_exact(length)
                .zip(values.chunks_exact(length));
            for (columns, values) in rows {
                let weight = dot(columns, values, x) * self.power * self.power;
                for (&column, &value) in columns.iter().zip(values) {
                    image[column as usize] += widened::<T, S>(value) * weight;
                }
            }
        }
    }
}

/// Writes what `last` makes of the inner product of each row with x.
fn gather<T: Real, S: Real>(
    rows: &SortedRows<S>,
    x: &[T],
    image: &mut [T],
    last: impl Fn(T) -> T + Send + Sync,
) {
    let chunks = rows.chunk_count();
    let length = run_length(chunks, 1, MOST_PARTS);
    let parts = runs(chunks, length).zip(image.chunks_mut(CHUNK * length));
    for_each(rows.stored(), parts, |(run, image)| {
        let first = run.start * CHUNK;
        for (rows, columns, values, length) in rows.groups_of(run) {
            let entries = columns
                .chunks_exact(length)
                .zip(values.chunks_exact(length));
            for (&row, (columns, values)) in rows.iter().zip(entries) {
                image[row as usize - first] = last(dot(columns, values, x));
            }
        }
    });
}

#[inline(always)]
fn dot<T: Real, S: Real>(columns: &[u32], values: &[S], x: &[T]) -> T {
    let mut sum = T::zero();
    for (&column, &value) in columns.iter().zip(values) {
        sum += widened::<T, S>(value) * x[column as usize];
    }
    sum
}
