//! Orthonormal vectors that grow by blocks and may be in parts.

use std::cmp::Ordering;
use std::ops::Range;

use nalgebra::DMatrix;

use crate::krylov::blocks::{add_combination, overlaps, rotate};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;

/// Columns W in terms of those before them, V: W = V·`along` + Q·`own` with orthonormal Q, up to
/// what is negligible.
pub(crate) struct Split<T: Real> {
    pub(crate) along: DMatrix<T>,
    pub(crate) own: DMatrix<T>,
}

/// Columns of `rows` entries, with room for more.
#[derive(Clone, Debug)]
pub(crate) struct Basis<T> {
    rows: usize,
    values: Vec<T>,
}

impl<T: Real> Basis<T> {
    pub(crate) fn with_capacity(rows: usize, columns: usize) -> Self {
        Self {
            rows,
            values: Vec::with_capacity(rows.saturating_mul(columns)),
        }
    }

    pub(crate) fn from_columns(rows: usize, values: Vec<T>) -> Self {
        Self { rows, values }
    }

    pub(crate) fn into_columns(self) -> Vec<T> {
        self.values
    }

    pub(crate) fn count(&self) -> usize {
        self.values.len() / self.rows
    }

    pub(crate) fn columns(&self, range: Range<usize>) -> &[T] {
        &self.values[range.start * self.rows..range.end * self.rows]
    }

    pub(crate) fn all(&self) -> &[T] {
        &self.values
    }

    pub(crate) fn append(&mut self, columns: &[T]) {
        self.values.extend_from_slice(columns);
    }

    /// Adds `count` columns of zeros, and returns them.
    pub(crate) fn append_zeros(&mut self, count: usize) -> &mut [T] {
        let before = self.values.len();
        self.values.resize(before + count * self.rows, T::zero());
        &mut self.values[before..]
    }

    /// The columns before `place`, and those from it on, to be changed.
    pub(crate) fn split_at_mut(&mut self, place: usize) -> (&[T], &mut [T]) {
        let (before, after) = self.values.split_at_mut(place * self.rows);
        (before, after)
    }

    /// Makes the last `count` columns W orthonormal and orthogonal to the columns V before them, in
    /// place, and returns R of W = V·(…) + Q·R; directions no longer than `negligible` are left out,
    /// and Q has fewer columns then.
    pub(crate) fn orthonormalise_last<A: LinearMap<T> + ?Sized>(
        &mut self,
        whole: (Space, &A),
        count: usize,
        negligible: T,
    ) -> DMatrix<T> {
        self.split_last(whole, count, negligible).own
    }

    /// The same, with the components along V as well.
    ///
    /// Classical Gram–Schmidt against V for all columns at once, and again only for columns of which
    /// much was cancelled (Daniel, Gragg, Kaufman and Stewart, "Reorthogonalization and stable
    /// algorithms for updating the Gram–Schmidt QR factorization", 1976).
    pub(crate) fn split_last<A: LinearMap<T> + ?Sized>(
        &mut self,
        whole: (Space, &A),
        count: usize,
        negligible: T,
    ) -> Split<T> {
        let rows = self.rows;
        let known = self.count() - count;
        let (before, block) = self.values.split_at_mut(known * rows);
        let lengths: Vec<T> = block
            .chunks_exact(rows)
            .map(|column| whole.0.norm(whole.1, column))
            .collect();
        let mut along = DMatrix::zeros(known, count);
        if known > 0 {
            along = overlaps(whole, before, block, rows);
            add_combination(block, -T::one(), before, &along, rows);
        }
        let mut own = DMatrix::zeros(count, count);
        let mut kept = 0;
        for (index, &length) in lengths.iter().enumerate() {
            let place = known + kept;
            let from = (known + index) * rows;
            self.values.copy_within(from..from + rows, place * rows);
            let (others, rest) = self.values.split_at_mut(place * rows);
            let column = &mut rest[..rows];
            let (mut along, mut own_column) = (along.column_mut(index), own.column_mut(index));
            let left =
                orthogonalise(
                    whole,
                    (others, known),
                    column,
                    length,
                    |place, value| match place.checked_sub(known) {
                        None => along[place] += value,
                        Some(place) => own_column[place] += value,
                    },
                );
            // Not for NaN either.
            if left > negligible && left.is_finite() {
                let inverse = T::one() / left;
                column.iter_mut().for_each(|value| *value *= inverse);
                own[(kept, index)] = left;
                kept += 1;
            }
        }
        self.values.truncate((known + kept) * rows);
        let own = own.resize_vertically(kept, T::zero());
        Split { along, own }
    }

    /// Replaces the columns in `range` by their combinations, of which there are fewer; those after
    /// them move up.
    pub(crate) fn replace(&mut self, range: Range<usize>, coefficients: &DMatrix<T>) {
        let (first, last) = (range.start * self.rows, range.end * self.rows);
        rotate(&mut self.values[first..last], coefficients, self.rows);
        let kept = first + coefficients.ncols() * self.rows;
        self.values.drain(kept..last);
    }
}

/// Takes the components along `others` out of a column that is already nearly orthogonal to the first
/// `known` of them, and returns the length that is left, 0 if that is mostly noise; `add` is given the
/// places of the components that were taken out, and these.
fn orthogonalise<T: Real, A: LinearMap<T> + ?Sized>(
    whole: (Space, &A),
    (others, known): (&[T], usize),
    column: &mut [T],
    length: T,
    mut add: impl FnMut(usize, T),
) -> T {
    let rows = column.len();
    let (space, map) = whole;
    let fresh = &others[known * rows..];
    if !fresh.is_empty() {
        let along = overlaps(whole, fresh, column, rows);
        add_combination(column, -T::one(), fresh, &along, rows);
        along
            .iter()
            .enumerate()
            .for_each(|(i, &value)| add(known + i, value));
    }
    let left = space.norm(map, column);
    if others.is_empty() || left >= <T as Real>::from_f64(MUCH_IS_LEFT) * length {
        return left;
    }
    let along = overlaps(whole, others, column, rows);
    add_combination(column, -T::one(), others, &along, rows);
    along
        .iter()
        .enumerate()
        .for_each(|(i, &value)| add(i, value));
    let again = space.norm(map, column);
    if again > left * <T as Real>::from_f64(MOSTLY_NOISE) {
        again
    } else {
        T::zero()
    }
}

/// A column of which a projection leaves this part is orthogonal to working precision.
const MUCH_IS_LEFT: f64 = 0.7;

/// What a block W adds to a basis V: W = V·(…) + Q·`own`, up to what is negligible.
pub(crate) struct Extension<T: Real> {
    /// Q: orthonormal, orthogonal to V.
    pub(crate) vectors: Vec<T>,
    /// B·Q, if the inner product is x ↦ xᵀ·B·x; otherwise empty.
    pub(crate) images: Vec<T>,
    pub(crate) own: DMatrix<T>,
    /// The least ⟨w, w⟩/‖w‖² that the inner product gave, in spite of rounding.
    pub(crate) least_curvature: Option<T>,
}

/// X ↦ B·X.
pub(crate) type Metric<'a, T> = &'a mut dyn FnMut(&[T], &mut [T]);

/// An inner product: that of a space, or xᵀ·B·y.
pub(crate) struct InnerProduct<'a, T, A: ?Sized> {
    pub(crate) space: Space,
    pub(crate) map: &'a A,
    pub(crate) metric: Option<Metric<'a, T>>,
}

/// Columns shorter than this after a second pass were mostly rounding errors.
const MOSTLY_NOISE: f64 = 0.1;

/// By how many roundings a vector and its image may part in projections.
const ROUNDINGS: f64 = 100.0;

/// What `block` adds to a basis V with images B·V (V itself without B); directions no longer than
/// `negligible` are left out.
///
/// Block Gram–Schmidt, done twice (Barlow and Smoktunowicz, "Reorthogonalized block classical
/// Gram–Schmidt", 2013).
pub(crate) fn extension<T: Real, A: LinearMap<T> + ?Sized>(
    mut product: InnerProduct<'_, T, A>,
    (basis, images): (&[T], Option<&[T]>),
    mut block: Vec<T>,
    rows: usize,
    negligible: T,
) -> Extension<T> {
    let whole = (product.space, product.map);
    let dual = images.unwrap_or(basis);
    let along = overlaps(whole, dual, &block, rows);
    add_combination(&mut block, -T::one(), basis, &along, rows);
    let mut of_block = Vec::new();
    if let Some(metric) = &mut product.metric {
        of_block.resize(block.len(), T::zero());
        metric(&block, &mut of_block);
    }
    let mut least = product.metric.is_some().then_some(T::MAX);
    let mut pair = Pair {
        vectors: block,
        images: of_block,
        rows,
    };
    let own = pair.orthonormalise(whole, negligible, &mut least);
    let second = overlaps(whole, dual, &pair.vectors, rows);
    add_combination(&mut pair.vectors, -T::one(), basis, &second, rows);
    if let Some(metric) = &mut product.metric {
        // Carried along instead, the images would drift from the vectors.
        metric(&pair.vectors, &mut pair.images);
    }
    let own_again = pair.orthonormalise(whole, <T as Real>::from_f64(MOSTLY_NOISE), &mut least);
    Extension {
        own: own_again * own,
        vectors: pair.vectors,
        images: pair.images,
        least_curvature: least,
    }
}

/// Columns W and, with B, their images B·W.
struct Pair<T> {
    vectors: Vec<T>,
    images: Vec<T>,
    rows: usize,
}

impl<T: Real> Pair<T> {
    fn dual(&self) -> &[T] {
        if self.images.is_empty() {
            &self.vectors
        } else {
            &self.images
        }
    }

    /// Replaces the columns by orthonormal Q and returns R of W = Q·R, by Gram–Schmidt; the longest
    /// column that is left comes first, and what is `negligible` is left out.
    fn orthonormalise<A: LinearMap<T> + ?Sized>(
        &mut self,
        whole: (Space, &A),
        negligible: T,
        least: &mut Option<T>,
    ) -> DMatrix<T> {
        let rows = self.rows;
        let count = self.vectors.len() / rows;
        let mut own = DMatrix::zeros(count, count);
        let mut order: Vec<usize> = (0..count).collect();
        let mut kept = 0;
        let rounding = self.rounding(whole);
        while kept < count {
            // At first, the images are new products.
            let doubt = if kept == 0 { T::zero() } else { rounding };
            let lengths = self.lengths(whole, kept, (doubt, &mut *least));
            let longest = index_of_largest(&lengths);
            let length = lengths[longest];
            // Not for NaN either.
            if !matches!(length.partial_cmp(&negligible), Some(Ordering::Greater)) {
                break;
            }
            self.swap(kept, kept + longest);
            order.swap(kept, kept + longest);
            own[(kept, order[kept])] = length;
            let inverse = T::one() / length;
            for values in [&mut self.vectors, &mut self.images] {
                let column = values.iter_mut().skip(kept * rows).take(rows);
                column.for_each(|value| *value *= inverse);
            }
            let axis = &self.dual()[kept * rows..(kept + 1) * rows];
            let rest = &self.vectors[(kept + 1) * rows..];
            let components = overlaps(whole, axis, rest, rows);
            for values in [&mut self.vectors, &mut self.images] {
                if !values.is_empty() {
                    let (done, rest) = values.split_at_mut((kept + 1) * rows);
                    let axis = &done[kept * rows..];
                    add_combination(rest, -T::one(), axis, &components, rows);
                }
            }
            for (index, &component) in order[kept + 1..].iter().zip(components.iter()) {
                own[(kept, *index)] = component;
            }
            kept += 1;
        }
        self.vectors.truncate(kept * rows);
        self.images.truncate(kept * rows);
        own.resize_vertically(kept, T::zero())
    }

    /// What projections may put between a vector and its image, for longer pivots come first and so
    /// nothing gets longer than the longest column.
    fn rounding<A: LinearMap<T> + ?Sized>(&self, (space, map): (Space, &A)) -> T {
        let (mut longest, mut norm) = (T::zero(), T::zero());
        let images = self.images.chunks_exact(self.rows);
        for (vector, image) in self.vectors.chunks_exact(self.rows).zip(images) {
            let length = space.norm(map, vector);
            if length > T::zero() {
                longest = longest.max(length);
                norm = norm.max(space.norm(map, image) / length);
            }
        }
        <T as Real>::from_f64(ROUNDINGS) * T::EPSILON * norm * longest
    }

    /// The lengths of the columns from `first` on, whose images may be wrong by `doubt`: a curvature
    /// is at most so much larger.
    fn lengths<A: LinearMap<T> + ?Sized>(
        &self,
        (space, map): (Space, &A),
        first: usize,
        (doubt, least): (T, &mut Option<T>),
    ) -> Vec<T> {
        let vectors = self.vectors.chunks_exact(self.rows).skip(first);
        if self.images.is_empty() {
            return vectors.map(|vector| space.norm(map, vector)).collect();
        }
        let images = self.images.chunks_exact(self.rows).skip(first);
        vectors
            .zip(images)
            .map(|(vector, image)| {
                let square = space.dot(map, vector, image);
                let length = space.norm(map, vector);
                if length > T::zero() {
                    let curvature = square / length / length + doubt / length;
                    *least = least.map(|least| least.min(curvature));
                }
                square.max(T::zero()).sqrt()
            })
            .collect()
    }

    fn swap(&mut self, i: usize, j: usize) {
        if i == j {
            return;
        }
        for values in [&mut self.vectors, &mut self.images] {
            if !values.is_empty() {
                let (before, after) = values.split_at_mut(j * self.rows);
                before[i * self.rows..][..self.rows].swap_with_slice(&mut after[..self.rows]);
            }
        }
    }
}

/// NaN counts as the smallest.
fn index_of_largest<T: Real>(values: &[T]) -> usize {
    let mut largest = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[largest] {
            largest = index;
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::Basis;
    use crate::linear_map::sums::Space;

    const ROWS: usize = 12;

    fn block(columns: usize, phase: f64) -> DMatrix<f64> {
        DMatrix::from_fn(ROWS, columns, |i, j| {
            ((i * i + 3) as f64 * 0.7 * (j + 1) as f64 + phase * i as f64).sin()
        })
    }

    fn appended(basis: &mut Basis<f64>, block: &DMatrix<f64>) -> DMatrix<f64> {
        let whole = DMatrix::<f64>::zeros(ROWS, ROWS);
        basis.append(block.as_slice());
        basis.orthonormalise_last((Space::Domain, &whole), block.ncols(), 1e-12)
    }

    fn all(basis: &Basis<f64>) -> DMatrix<f64> {
        DMatrix::from_column_slice(ROWS, basis.count(), basis.all())
    }

    #[test]
    fn the_last_columns_become_orthonormal_in_place() {
        let mut basis = Basis::with_capacity(ROWS, ROWS);
        for (columns, phase) in [(3, 0.0), (4, 1.0), (2, 2.0)] {
            let known = basis.count();
            let block = block(columns, phase);
            let own = appended(&mut basis, &block);
            let v = all(&basis);
            let gram = v.tr_mul(&v) - DMatrix::identity(known + columns, known + columns);
            assert!(gram.norm() < 1e-14);
            // What is left of the block outside the others.
            let before = v.columns(0, known);
            let rest = &block - before * before.tr_mul(&block);
            assert!((rest - v.columns(known, columns) * own).norm() < 1e-14);
        }
    }

    #[test]
    fn dependent_columns_are_left_out_and_noise_too() {
        let mut basis = Basis::with_capacity(ROWS, ROWS);
        let three = block(3, 0.0);
        let doubled = DMatrix::from_fn(ROWS, 6, |i, j| three[(i, j / 2)]);
        let own = appended(&mut basis, &doubled);
        assert_eq!((own.shape(), basis.count()), ((3, 6), 3));
        assert!((all(&basis) * own - doubled).norm() < 1e-14);
        assert_eq!(appended(&mut basis, &three).nrows(), 0);
        let nan = DMatrix::from_element(ROWS, 1, f64::NAN);
        assert_eq!(appended(&mut basis, &nan).nrows(), 0);
        assert_eq!(basis.count(), 3);
    }
}
