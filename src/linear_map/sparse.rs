//! Sparse matrices, stored by rows or by columns, as linear maps.

use nalgebra_sparse::{CscMatrix, CsrMatrix};

use super::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::validation::check_not_empty;

/// The most vectors that one pass over the entries serves.
const WIDEST_GROUP: usize = 8;

/// A matrix with fewer entries is small: it takes longer to bring the vectors together.
const FEWEST_ENTRIES: usize = 16_384;

/// The rows of a matrix stored by rows, or the columns of one stored by columns.
#[derive(Clone, Copy)]
struct Lanes<'a, T> {
    /// Where each lane begins, and the end of the last.
    offsets: &'a [usize],
    indices: &'a [usize],
    values: &'a [T],
}

impl<'a, T: Real> Lanes<'a, T> {
    fn of_rows(matrix: &'a CsrMatrix<T>) -> Self {
        let (offsets, indices, values) = matrix.csr_data();
        Self {
            offsets,
            indices,
            values,
        }
    }

    fn of_columns(matrix: &'a CscMatrix<T>) -> Self {
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

    /// See [`LinearMap::block_width`].
    fn block_width(self) -> usize {
        let is_small = self.values.len() < FEWEST_ENTRIES;
        if is_small { 1 } else { 2 * WIDEST_GROUP }
    }

    /// Writes the inner product of each lane with x to `image`.
    fn gather(self, x: &[T], image: &mut [T]) {
        for (entry, (indices, values)) in image.iter_mut().zip(self.iter()) {
            let stored = indices.iter().zip(values);
            *entry = stored.fold(T::zero(), |sum, (&j, &value)| sum + value * x[j]);
        }
    }

    /// Writes Σ yᵢ·(lane i) to `image`.
    fn scatter(self, y: &[T], image: &mut [T]) {
        image.fill(T::zero());
        for (&weight, (indices, values)) in y.iter().zip(self.iter()) {
            for (&j, &value) in indices.iter().zip(values) {
                image[j] += value * weight;
            }
        }
    }

    /// [`gather`](Self::gather) for vectors of `length` entries, one after another.
    fn gather_block(self, x: &[T], length: usize, images: &mut [T]) {
        let count = self.offsets.len() - 1;
        let mut pass = Pass::new((x, length), (images, count));
        while let Some((x, images)) = pass.group::<8>() {
            self.gather_group::<8>(x, length, images);
        }
        if let Some((x, images)) = pass.group::<4>() {
            self.gather_group::<4>(x, length, images);
        }
        if let Some((x, images)) = pass.group::<2>() {
            self.gather_group::<2>(x, length, images);
        }
        if let Some((x, image)) = pass.group::<1>() {
            self.gather(x, image);
        }
    }

    /// [`gather`](Self::gather) for N vectors.
    fn gather_group<const N: usize>(self, x: &[T], length: usize, images: &mut [T]) {
        let mut panel = vec![[T::zero(); N]; length];
        interleave(x, &mut panel);
        let count = self.offsets.len() - 1;
        for (i, (indices, values)) in self.iter().enumerate() {
            let mut sums = [T::zero(); N];
            for (&j, &value) in indices.iter().zip(values) {
                for (sum, &x) in sums.iter_mut().zip(&panel[j]) {
                    *sum += value * x;
                }
            }
            for (column, &sum) in sums.iter().enumerate() {
                images[column * count + i] = sum;
            }
        }
    }

    /// [`scatter`](Self::scatter) for images of `length` entries, one after another.
    fn scatter_block(self, y: &[T], length: usize, images: &mut [T]) {
        let count = self.offsets.len() - 1;
        let mut pass = Pass::new((y, count), (images, length));
        while let Some((y, images)) = pass.group::<8>() {
            self.scatter_group::<8>(y, length, images);
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

    /// [`scatter`](Self::scatter) for N images.
    fn scatter_group<const N: usize>(self, y: &[T], length: usize, images: &mut [T]) {
        let mut panel = vec![[T::zero(); N]; length];
        let count = self.offsets.len() - 1;
        for (i, (indices, values)) in self.iter().enumerate() {
            let weights: [T; N] = std::array::from_fn(|column| y[column * count + i]);
            for (&j, &value) in indices.iter().zip(values) {
                for (sum, &weight) in panel[j].iter_mut().zip(&weights) {
                    *sum += value * weight;
                }
            }
        }
        for (column, image) in images.chunks_exact_mut(length).enumerate() {
            for (to, from) in image.iter_mut().zip(&panel) {
                *to = from[column];
            }
        }
    }

    /// ‖lane i‖₂ for every i.
    fn own_norms(self) -> Vec<T> {
        let norms = self.iter().map(|(_, values)| euclidean_norm(values));
        norms.map(|norm| norm.min(T::MAX)).collect()
    }

    /// The lengths of the `count` vectors across the lanes.
    fn norms_across(self, count: usize) -> Vec<T> {
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

/// A sparse matrix in compressed row format; its products touch only the stored entries.
#[cfg_attr(docsrs, doc(cfg(feature = "sparse")))]
impl<T: Real> LinearMap<T> for CsrMatrix<T> {
    fn rows(&self) -> usize {
        self.nrows()
    }

    fn columns(&self) -> usize {
        self.ncols()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        Lanes::of_rows(self).gather(x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        Lanes::of_rows(self).scatter(y, image);
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        Lanes::of_rows(self).gather_block(x, self.ncols(), images);
    }

    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        Lanes::of_rows(self).scatter_block(y, self.ncols(), images);
    }

    fn block_width(&self) -> usize {
        Lanes::of_rows(self).block_width()
    }

    fn column_norms(&self) -> Option<Vec<T>> {
        Some(Lanes::of_rows(self).norms_across(self.ncols()))
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        check_not_empty(argument, self.nrows(), self.ncols())?;
        check_stored(argument, self.triplet_iter())
    }
}

/// A sparse matrix in compressed column format; its products touch only the stored entries.
#[cfg_attr(docsrs, doc(cfg(feature = "sparse")))]
impl<T: Real> LinearMap<T> for CscMatrix<T> {
    fn rows(&self) -> usize {
        self.nrows()
    }

    fn columns(&self) -> usize {
        self.ncols()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        Lanes::of_columns(self).scatter(x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        Lanes::of_columns(self).gather(y, image);
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        Lanes::of_columns(self).scatter_block(x, self.nrows(), images);
    }

    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        Lanes::of_columns(self).gather_block(y, self.nrows(), images);
    }

    fn block_width(&self) -> usize {
        Lanes::of_columns(self).block_width()
    }

    fn column_norms(&self) -> Option<Vec<T>> {
        Some(Lanes::of_columns(self).own_norms())
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        check_not_empty(argument, self.nrows(), self.ncols())?;
        check_stored(argument, self.triplet_iter())
    }
}

/// Accepts stored entries (row, column, value) that are all finite.
fn check_stored<'a, T: Real>(
    argument: &'static str,
    mut triplets: impl Iterator<Item = (usize, usize, &'a T)>,
) -> Result<(), InputError<T>> {
    let bad = triplets.find(|(_, _, value)| !value.is_finite());
    bad.map_or(Ok(()), |(row, column, &value)| {
        Err(InputError::NotFinite {
            argument,
            row,
            column,
            value,
        })
    })
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

/// Writes the entries with the same index of several vectors, which lie one after another, side by
/// side.
fn interleave<T: Real, const N: usize>(vectors: &[T], panel: &mut [[T; N]]) {
    for (column, vector) in vectors.chunks_exact(panel.len()).enumerate() {
        for (to, &from) in panel.iter_mut().zip(vector) {
            to[column] = from;
        }
    }
}
