//! Products with the stored entries of a sparse matrix.

use std::array;
use std::ops::Range;

use nalgebra_sparse::{CscMatrix, CsrMatrix};

use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::runs::{pieces, run_length, runs};
use crate::numerics::threads::{for_each, sum_of_parts};

/// The most parts of a product that need nothing of each other.
const MOST_PARTS: usize = 128;

/// The most sums that are formed on their own and then added up.
const MOST_SUMS: usize = 16;

/// The stored entries for each entry of such a sum, at least.
const ENTRIES_FOR_A_SUM: usize = 16;

/// The entries of a panel that are treated at a time, at least.
const PANEL: usize = 1024;

/// The most vectors that one pass over the entries serves.
const WIDEST_GROUP: usize = 8;

/// A matrix with fewer entries is small: it takes longer to bring the vectors together.
const FEWEST_ENTRIES: usize = 16_384;

/// With fewer entries than this times the sum of the numbers of rows and columns, a block saves less
/// than it takes to go through the vectors of several descents instead of one. Measured: at 2.5 (the
/// Laplacian of a grid) 1.6 times slower, at 8.3 (random rows of ten entries) 1.2 times faster.
const FEWEST_PER_LENGTH: usize = 8;

/// The rows of a matrix stored by rows, or the columns of one stored by columns.
#[derive(Clone, Copy)]
pub(super) struct Lanes<'a, T> {
    /// Where each lane begins, and the end of the last.
    offsets: &'a [usize],
    indices: &'a [usize],
    values: &'a [T],
}

impl<'a, T: Real> Lanes<'a, T> {
    pub(super) fn of_rows(matrix: &'a CsrMatrix<T>) -> Self {
        let (offsets, indices, values) = matrix.csr_data();
        Self {
            offsets,
            indices,
            values,
        }
    }

    pub(super) fn of_columns(matrix: &'a CscMatrix<T>) -> Self {
        let (offsets, indices, values) = matrix.csc_data();
        Self {
            offsets,
            indices,
            values,
        }
    }

    /// The indices and values of each lane.
    fn iter(self) -> impl Iterator<Item = (&'a [usize], &'a [T])> {
        self.offsets.windows(2).map(move |bounds| {
            let range = bounds[0]..bounds[1];
            (&self.indices[range.clone()], &self.values[range])
        })
    }

    fn count(self) -> usize {
        self.offsets.len() - 1
    }

    /// [`LinearMap::block_width`](crate::linear_map::LinearMap::block_width) for vectors and images
    /// that have so many entries together.
    pub(super) fn block_width(self, lengths: usize) -> usize {
        let entries = self.stored();
        if entries < FEWEST_ENTRIES || entries / FEWEST_PER_LENGTH < lengths {
            1
        } else {
            2 * WIDEST_GROUP
        }
    }

    /// The number of entries.
    fn stored(self) -> usize {
        self.offsets[self.count()] - self.offsets[0]
    }

    /// Some of the lanes.
    fn range(self, range: Range<usize>) -> Self {
        Self {
            offsets: &self.offsets[range.start..=range.end],
            ..self
        }
    }

    /// Writes the inner product of each lane with x to `image`.
    pub(super) fn gather(self, x: &[T], image: &mut [T]) {
        let size = run_length(self.count(), 1, MOST_PARTS);
        let parts = image.chunks_mut(size).enumerate();
        for_each(self.stored(), parts, |(part, image)| {
            let lanes = self.range(part * size..part * size + image.len());
            for (entry, (indices, values)) in image.iter_mut().zip(lanes.iter()) {
                let stored = indices.iter().zip(values);
                *entry = stored.fold(T::zero(), |sum, (&j, &value)| sum + value * x[j]);
            }
        });
    }

    /// Writes Σ yᵢ·(lane i) to `image`.
    pub(super) fn scatter(self, y: &[T], image: &mut [T]) {
        self.scatter_panel(y, image.as_chunks_mut::<1>().0);
    }

    /// [`gather`](Self::gather) for vectors of `length` entries, one after another.
    pub(super) fn gather_block(self, x: &[T], length: usize, images: &mut [T]) {
        let mut pass = Pass::new((x, length), (images, self.count()));
        while let Some((x, images)) = pass.group::<WIDEST_GROUP>() {
            self.gather_panel(&interleaved::<T, WIDEST_GROUP>(x, length), images);
        }
        if let Some((x, images)) = pass.group::<4>() {
            self.gather_panel(&interleaved::<T, 4>(x, length), images);
        }
        if let Some((x, images)) = pass.group::<2>() {
            self.gather_panel(&interleaved::<T, 2>(x, length), images);
        }
        if let Some((x, image)) = pass.group::<1>() {
            self.gather(x, image);
        }
    }

    /// [`scatter`](Self::scatter) for images of `length` entries, one after another.
    pub(super) fn scatter_block(self, y: &[T], length: usize, images: &mut [T]) {
        let mut pass = Pass::new((y, self.count()), (images, length));
        while let Some((y, images)) = pass.group::<WIDEST_GROUP>() {
            self.scatter_group::<WIDEST_GROUP>(y, length, images);
        }
        if let Some((y, images)) = pass.group::<4>() {
            self.scatter_group::<4>(y, length, images);
        }
        if let Some((y, images)) = pass.group::<2>() {
            self.scatter_group::<2>(y, length, images);
        }
        if let Some((y, image)) = pass.group::<1>() {
            self.scatter(y, image);
        }
    }

    /// Adds the inner products of each lane with x to `image`, z, and writes Σ zᵢ·(lane i) to `back`,
    /// for vectors x and `back` of `length` entries, one after another.
    ///
    /// One pass over the entries serves both.
    pub(super) fn gather_and_scatter(
        self,
        x: &[T],
        length: usize,
        images: &mut [T],
        back: &mut [T],
    ) {
        let mut pass = Pass::new((x, length), (images, self.count()));
        let mut rest = back;
        while let Some(group) = pass.group::<WIDEST_GROUP>() {
            self.both_of_group::<WIDEST_GROUP>(group, length, &mut rest);
        }
        if let Some(group) = pass.group::<4>() {
            self.both_of_group::<4>(group, length, &mut rest);
        }
        if let Some(group) = pass.group::<2>() {
            self.both_of_group::<2>(group, length, &mut rest);
        }
        if let Some(group) = pass.group::<1>() {
            self.both_of_group::<1>(group, length, &mut rest);
        }
    }

    /// The same for N vectors, and the next N of those to be written.
    fn both_of_group<const N: usize>(
        self,
        (x, images): (&[T], &mut [T]),
        length: usize,
        back: &mut &mut [T],
    ) {
        let Some(back) = back.split_off_mut(..N * length) else {
            return;
        };
        if N == 1 {
            return self.both_of_panel(x.as_chunks::<1>().0, images, back.as_chunks_mut::<1>().0);
        }
        let mut panel = vec![[T::zero(); N]; length];
        self.both_of_panel(&interleaved::<T, N>(x, length), images, &mut panel);
        separated(&panel, back);
    }

    /// The same for N vectors side by side.
    fn both_of_panel<const N: usize>(self, x: &[[T; N]], images: &mut [T], back: &mut [[T; N]]) {
        let runs = self.runs_of_scatter(back.len());
        let parts = pieces(
            images,
            self.count(),
            (0..runs).map(|run| self.run(run, runs)),
        );
        let sums = back.as_flattened_mut();
        sum_of_parts(
            2 * N * self.stored(),
            parts,
            sums,
            |(run, mut images), back| {
                let back = back.as_chunks_mut::<N>().0;
                for (i, (indices, values)) in self.range(run).iter().enumerate() {
                    let mut sums: [T; N] = array::from_fn(|column| images[column][i]);
                    for (&j, &value) in indices.iter().zip(values) {
                        for (sum, &x) in sums.iter_mut().zip(&x[j]) {
                            *sum += value * x;
                        }
                    }
                    for (image, &sum) in images.iter_mut().zip(&sums) {
                        image[i] = sum;
                    }
                    for (&j, &value) in indices.iter().zip(values) {
                        for (back, &weight) in back[j].iter_mut().zip(&sums) {
                            *back += value * weight;
                        }
                    }
                }
            },
        );
    }

    /// [`gather`](Self::gather) for N vectors side by side.
    fn gather_panel<const N: usize>(self, panel: &[[T; N]], images: &mut [T]) {
        let count = self.count();
        let runs = runs(count, run_length(count, 1, MOST_PARTS));
        let parts = pieces(images, count, runs);
        for_each(N * self.stored(), parts, |(run, mut images)| {
            for (i, (indices, values)) in self.range(run).iter().enumerate() {
                let mut sums = [T::zero(); N];
                for (&j, &value) in indices.iter().zip(values) {
                    for (sum, &x) in sums.iter_mut().zip(&panel[j]) {
                        *sum += value * x;
                    }
                }
                for (image, sum) in images.iter_mut().zip(sums) {
                    image[i] = sum;
                }
            }
        });
    }

    /// [`scatter`](Self::scatter) for N images.
    fn scatter_group<const N: usize>(self, y: &[T], length: usize, images: &mut [T]) {
        let mut panel = vec![[T::zero(); N]; length];
        self.scatter_panel(y, &mut panel);
        separated(&panel, images);
    }

    /// [`scatter`](Self::scatter) for N images side by side.
    ///
    /// Each run of lanes has a sum of its own.
    fn scatter_panel<const N: usize>(self, y: &[T], panel: &mut [[T; N]]) {
        let (count, length) = (self.count(), panel.len());
        let runs = self.runs_of_scatter(length);
        let parts = (0..runs).map(|run| self.run(run, runs));
        let images = panel.as_flattened_mut();
        sum_of_parts(N * self.stored(), parts, images, |run, images| {
            let panel = images.as_chunks_mut::<N>().0;
            for (i, (indices, values)) in run.clone().zip(self.range(run).iter()) {
                let weights: [T; N] = array::from_fn(|column| y[column * count + i]);
                for (&j, &value) in indices.iter().zip(values) {
                    for (sum, &weight) in panel[j].iter_mut().zip(&weights) {
                        *sum += value * weight;
                    }
                }
            }
        });
    }

    /// The number of runs that a scatter into this many entries is done in: few enough that adding
    /// up their sums takes little time and memory beside the matrix, and a power of two, so that few
    /// threads have as many each.
    fn runs_of_scatter(self, length: usize) -> usize {
        let most = self.stored() / (ENTRIES_FOR_A_SUM * length.max(1));
        1 << most.clamp(1, MOST_SUMS).ilog2()
    }

    /// The lanes of one of the runs, which have about as many entries each.
    fn run(self, run: usize, runs: usize) -> Range<usize> {
        let starts = &self.offsets[..self.count()];
        let lane = |run: usize| {
            let entries = (self.stored() as u128 * run as u128 / runs as u128) as usize;
            starts.partition_point(|&offset| offset < self.offsets[0] + entries)
        };
        let end = if run + 1 == runs {
            self.count()
        } else {
            lane(run + 1)
        };
        lane(run)..end
    }

    /// ‖lane i‖₂ for every i.
    pub(super) fn own_norms(self) -> Vec<T> {
        let norms = self.iter().map(|(_, values)| euclidean_norm(values));
        norms.map(|norm| norm.min(T::MAX)).collect()
    }

    /// The lengths of the `count` vectors across the lanes.
    pub(super) fn norms_across(self, count: usize) -> Vec<T> {
        let mut largest = vec![T::zero(); count];
        for (&j, value) in self.indices.iter().zip(self.values) {
            largest[j] = largest[j].max(value.abs());
        }
        let exponent = |magnitude: T| magnitude.binary_exponent().unwrap_or(0);
        let exponents: Vec<i32> = largest.into_iter().map(exponent).collect();
        let mut sums = vec![T::zero(); count];
        for (&j, value) in self.indices.iter().zip(self.values) {
            let scaled = value.scale_by_power_of_two(-exponents[j]);
            sums[j] += scaled * scaled;
        }
        let norms = sums.into_iter().zip(exponents);
        norms
            .map(|(sum, exponent)| sum.sqrt().scale_by_power_of_two(exponent).min(T::MAX))
            .collect()
    }
}

/// Several vectors and room for their images, both one after another, of which a pass over the
/// entries of a matrix serves a group.
///
/// The entries of a group with the same index are brought together, so that an access fetches all
/// of them.
struct Pass<'a, T> {
    vectors: &'a [T],
    length: usize,
    images: &'a mut [T],
    image_length: usize,
}

impl<'a, T> Pass<'a, T> {
    fn new(
        (vectors, length): (&'a [T], usize),
        (images, image_length): (&'a mut [T], usize),
    ) -> Self {
        Self {
            vectors,
            length,
            images,
            image_length,
        }
    }

    /// Takes the next N vectors and images off, if as many are left.
    fn group<const N: usize>(&mut self) -> Option<(&'a [T], &'a mut [T])> {
        let vectors = self.vectors.split_off(..N * self.length)?;
        let images = self.images.split_off_mut(..N * self.image_length)?;
        Some((vectors, images))
    }
}

/// Writes the vectors of a panel one after another.
fn separated<T: Real, const N: usize>(panel: &[[T; N]], vectors: &mut [T]) {
    let columns = vectors.chunks_exact_mut(panel.len()).enumerate();
    for_each(N * panel.len(), columns, |(column, vector)| {
        for (to, from) in vector.iter_mut().zip(panel) {
            *to = from[column];
        }
    });
}

/// The entries with the same index of N vectors of `length` entries, side by side.
fn interleaved<T: Real, const N: usize>(vectors: &[T], length: usize) -> Vec<[T; N]> {
    let mut panel = vec![[T::zero(); N]; length];
    let size = run_length(length, PANEL, MOST_PARTS);
    for_each(
        vectors.len(),
        panel.chunks_mut(size).enumerate(),
        |(part, panel)| {
            for (column, vector) in vectors.chunks_exact(length).enumerate() {
                for (to, &from) in panel.iter_mut().zip(&vector[part * size..]) {
                    to[column] = from;
                }
            }
        },
    );
    panel
}
