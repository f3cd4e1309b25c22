//! The sums over the observations of one row: Σ w·z·zᵀ, Σ w·r·z and Σ w·r².

use crate::completion::fit::side::{BLOCK, Features};
use crate::completion::observations::Lane;
use crate::numerics::real::Real;

/// The observations that are brought together at a time; with their features they stay in the cache.
const TOGETHER: usize = 64;

/// The sums, and memory to form them; z is the feature of an observation and r its residual.
pub(super) struct RowSums<T> {
    /// Σ w·z·zᵀ by rows of `stride` entries, the lower triangle and what is in the blocks across
    /// the diagonal.
    pub(super) gram: Vec<T>,
    /// Σ w·r·z.
    pub(super) slope: Vec<T>,
    /// Σ w·r².
    pub(super) loss: T,
    /// √w·z of some observations.
    panel: Vec<T>,
    /// √w·r of the same.
    residuals: [T; TOGETHER],
}

impl<T: Real> RowSums<T> {
    pub(super) fn new(stride: usize) -> Self {
        Self {
            gram: vec![T::zero(); stride * stride],
            slope: vec![T::zero(); stride],
            loss: T::zero(),
            panel: vec![T::zero(); stride * TOGETHER],
            residuals: [T::zero(); TOGETHER],
        }
    }

    /// Forms the sums over the observations of `lane` for a row of the padded numbers `row`.
    #[inline(always)]
    pub(super) fn form(&mut self, lane: Lane<'_, T>, features: &Features<T>, row: &[T]) {
        self.gram.fill(T::zero());
        self.slope.fill(T::zero());
        self.loss = T::zero();
        let indices = lane.indices.chunks(TOGETHER);
        for ((part, indices), values) in indices.enumerate().zip(lane.values.chunks(TOGETHER)) {
            let weights = lane.weights.get(part * TOGETHER..).unwrap_or(&[]);
            let together = Lane {
                indices,
                values,
                weights: &weights[..weights.len().min(indices.len())],
            };
            self.gather(together, features, row);
            self.add(indices.len());
        }
    }

    /// Brings features and residuals of some observations together.
    #[inline(always)]
    fn gather(&mut self, lane: Lane<'_, T>, features: &Features<T>, row: &[T]) {
        let stride = row.len();
        let places = self.panel.chunks_exact_mut(stride);
        let places = places.zip(&mut self.residuals);
        let observations = lane.indices.iter().zip(lane.values).enumerate();
        for ((at, (&index, &value)), (place, to)) in observations.zip(places) {
            let index = index as usize;
            let feature = &features.values[index * stride..][..stride];
            let predicted = features.offsets[index] + short_dot(feature, row);
            let residual = value - predicted;
            match lane.weights.get(at) {
                None => {
                    place.copy_from_slice(feature);
                    *to = residual;
                }
                Some(weight) => {
                    let root = weight.sqrt();
                    for (entry, &of_feature) in place.iter_mut().zip(feature) {
                        *entry = root * of_feature;
                    }
                    *to = root * residual;
                }
            }
        }
    }

    /// Adds what was gathered to the sums.
    #[inline(always)]
    fn add(&mut self, count: usize) {
        let stride = self.slope.len();
        let residuals = &self.residuals[..count];
        self.loss = residuals.iter().fold(self.loss, |sum, &r| sum + r * r);
        let rows = self.panel.chunks_exact(stride);
        for (z, &residual) in rows.zip(residuals) {
            for (slope, &entry) in self.slope.iter_mut().zip(z) {
                *slope += residual * entry;
            }
        }
        let (blocks, _) = self.panel[..count * stride].as_chunks::<BLOCK>();
        let across = stride / BLOCK;
        for i in 0..across {
            for j in 0..=i {
                add_block(&mut self.gram, blocks, (i, j), across);
            }
        }
    }
}

/// ⟨x, y⟩ of padded rows.
#[inline(always)]
fn short_dot<T: Real>(x: &[T], y: &[T]) -> T {
    let (xs, _) = x.as_chunks::<BLOCK>();
    let (ys, _) = y.as_chunks::<BLOCK>();
    let mut sums = [T::zero(); BLOCK];
    for (x, y) in xs.iter().zip(ys) {
        for lane in 0..BLOCK {
            sums[lane] += x[lane] * y[lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// Adds Σ z·zᵀ of the blocks i and j of each z, which has `across` blocks.
#[inline(always)]
fn add_block<T: Real>(
    gram: &mut [T],
    blocks: &[[T; BLOCK]],
    (i, j): (usize, usize),
    across: usize,
) {
    let mut sums = [[T::zero(); BLOCK]; BLOCK];
    for z in blocks.chunks_exact(across) {
        let (of_row, of_column) = (z[i], z[j]);
        for (sums, &factor) in sums.iter_mut().zip(&of_row) {
            for lane in 0..BLOCK {
                sums[lane] += factor * of_column[lane];
            }
        }
    }
    let stride = across * BLOCK;
    for (row, sums) in sums.iter().enumerate() {
        let to = &mut gram[(i * BLOCK + row) * stride + j * BLOCK..][..BLOCK];
        for lane in 0..BLOCK {
            to[lane] += sums[lane];
        }
    }
}
