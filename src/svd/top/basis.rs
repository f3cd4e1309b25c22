//! Orthonormal vectors that grow by blocks.

use std::cmp::Ordering;

use nalgebra::{DMatrix, DMatrixView};

use crate::numerics::norm::{columns, dot, euclidean_norm};
use crate::numerics::product::{product, subtract_product, transposed_product};
use crate::numerics::random::gaussian;
use crate::numerics::real::Real;
use crate::svd::orthonormal::index_of_largest;

/// Orthonormal columns.
pub(super) struct Basis<T: Real> {
    vectors: DMatrix<T>,
}

/// A block in terms of a basis: F = B·`along` + `vectors`·`own`, up to what is negligible.
pub(super) struct Extension<T: Real> {
    /// Orthonormal, and orthogonal to the basis; fewer than F has columns where those depend on
    /// each other and the basis.
    pub(super) vectors: DMatrix<T>,
    pub(super) along: DMatrix<T>,
    pub(super) own: DMatrix<T>,
}

impl<T: Real> Basis<T> {
    pub(super) fn empty(rows: usize) -> Self {
        Self {
            vectors: DMatrix::zeros(rows, 0),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.vectors.ncols()
    }

    /// The last `count` of the vectors.
    pub(super) fn last(&self, count: usize) -> DMatrix<T> {
        self.vectors.columns_range(self.count() - count..).into()
    }

    /// Adds orthonormal vectors that are orthogonal to those there.
    pub(super) fn append(&mut self, vectors: &DMatrix<T>) {
        let (count, added) = (self.count(), vectors.ncols());
        let old = std::mem::replace(&mut self.vectors, DMatrix::zeros(0, 0));
        self.vectors = old.resize_horizontally(count + added, T::zero());
        self.vectors.columns_mut(count, added).copy_from(vectors);
    }

    /// The vectors B·`coefficients`.
    pub(super) fn combined(&self, coefficients: DMatrixView<'_, T>) -> DMatrix<T> {
        product(self.vectors.as_view(), coefficients)
    }

    /// Replaces the vectors by B·`coefficients`, which has orthonormal columns.
    pub(super) fn replace(&mut self, coefficients: DMatrixView<'_, T>) {
        self.vectors = self.combined(coefficients);
    }

    /// What `block` adds, directions shorter than `negligible` left out.
    ///
    /// Block Gram–Schmidt, done twice (Barlow and Smoktunowicz, "Reorthogonalized block classical
    /// Gram–Schmidt", 2013).
    pub(super) fn extension(&self, mut block: DMatrix<T>, negligible: T) -> Extension<T> {
        let most = block.nrows() - self.count();
        let first = self.project(&mut block);
        let first_own = orthonormalise(&mut block, negligible, most);
        let second = self.project(&mut block);
        // A column that was mostly noise is shorter than this after the noise is gone.
        let second_own = orthonormalise(&mut block, <T as Real>::from_f64(0.1), most);
        Extension {
            vectors: block,
            along: first + second * &first_own,
            own: second_own * first_own,
        }
    }

    /// Takes the components along the basis out of `block`, and returns them.
    fn project(&self, block: &mut DMatrix<T>) -> DMatrix<T> {
        let along = transposed_product(&self.vectors, block.as_view());
        subtract_product(block, self.vectors.as_view(), along.as_view());
        along
    }
}

/// Replaces the columns of F by at most `most` orthonormal Q, and returns R of F = Q·R; by
/// Gram–Schmidt, which leaves out what is `negligible`.
///
/// The longest column that is left comes first: normalised, its rounding errors grow the least, and
/// what it leaves of the others is theirs.
fn orthonormalise<T: Real>(block: &mut DMatrix<T>, negligible: T, most: usize) -> DMatrix<T> {
    let (rows, count) = block.shape();
    let mut own = DMatrix::zeros(count, count);
    let mut order: Vec<usize> = (0..count).collect();
    let mut kept = 0;
    while kept < count.min(most) {
        let lengths: Vec<T> = columns(block).skip(kept).map(euclidean_norm).collect();
        let longest = index_of_largest(&lengths);
        let length = lengths[longest];
        // Not for NaN either.
        if !matches!(length.partial_cmp(&negligible), Some(Ordering::Greater)) {
            break;
        }
        block.swap_columns(kept, kept + longest);
        order.swap(kept, kept + longest);
        let (done, rest) = block.as_mut_slice().split_at_mut((kept + 1) * rows);
        let axis = &mut done[kept * rows..];
        for value in &mut *axis {
            *value /= length;
        }
        own[(kept, order[kept])] = length;
        for (other, &index) in rest.chunks_exact_mut(rows).zip(&order[kept + 1..]) {
            let component = dot(axis, other);
            for (value, &direction) in other.iter_mut().zip(&*axis) {
                *value -= component * direction;
            }
            own[(kept, index)] = component;
        }
        kept += 1;
    }
    let whole = std::mem::replace(block, DMatrix::zeros(0, 0));
    *block = whole.resize_horizontally(kept, T::zero());
    own.resize_vertically(kept, T::zero())
}

/// `width` columns of which the first are those of `given` that are not zero.
pub(super) fn completed<T: Real>(given: &DMatrix<T>, width: usize, seed: u64) -> DMatrix<T> {
    let mut start = gaussian(given.nrows(), width, seed);
    for (mut column, known) in start.column_iter_mut().zip(given.column_iter()) {
        if let Some(exponent) = known.amax().binary_exponent() {
            column.copy_from(&known);
            column.apply(|value| *value = value.scale_by_power_of_two(-exponent));
        }
    }
    start
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::Basis;

    fn block(columns: usize, phase: f64) -> DMatrix<f64> {
        DMatrix::from_fn(12, columns, |i, j| {
            ((i * i + 3) as f64 * 0.7 * (j + 1) as f64 + phase).sin()
        })
    }

    #[test]
    fn a_block_is_what_its_extension_says() {
        let mut basis = Basis::empty(12);
        for (columns, phase) in [(3, 0.0), (4, 1.0), (2, 2.0)] {
            let block = block(columns, phase);
            let extension = basis.extension(block.clone(), 1e-12);
            let before = basis.combined(extension.along.as_view());
            let again = before + &extension.vectors * &extension.own;
            assert!((again - block).norm() < 1e-14);
            basis.append(&extension.vectors);
            let gram = basis.vectors.tr_mul(&basis.vectors);
            let identity = DMatrix::identity(basis.count(), basis.count());
            assert!((gram - identity).norm() < 1e-14);
        }
    }

    #[test]
    fn dependent_columns_are_left_out() {
        let mut basis = Basis::empty(12);
        let three = block(3, 0.0);
        let doubled = DMatrix::from_fn(12, 6, |i, j| three[(i, j / 2)]);
        let extension = basis.extension(doubled, 1e-12);
        assert_eq!(extension.own.shape(), (3, 6));
        basis.append(&extension.vectors);
        assert_eq!(basis.extension(three, 1e-12).vectors.ncols(), 0);
    }
}
