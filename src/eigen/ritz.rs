//! The eigenvalues of small symmetric matrices.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::numerics::real::Real;

/// The eigenvalues of a small symmetric matrix, ascending, and its vectors.
pub(super) struct Ritz<T: Real> {
    pub(super) values: Vec<T>,
    pub(super) vectors: DMatrix<T>,
}

/// `None` if the iteration does not converge.
pub(super) fn decompose<T: Real>(matrix: &DMatrix<T>) -> Option<Ritz<T>> {
    let order = matrix.nrows();
    if order == 0 {
        return Some(Ritz {
            values: Vec::new(),
            vectors: DMatrix::zeros(0, 0),
        });
    }
    let most = 200 * order + 1000;
    let found = SymmetricEigen::try_new(matrix.clone(), T::EPSILON, most)?;
    let places = ascending(found.eigenvalues.as_slice());
    Some(Ritz {
        values: places
            .iter()
            .map(|&place| found.eigenvalues[place])
            .collect(),
        vectors: found.eigenvectors.select_columns(&places),
    })
}

/// The places of values in ascending order.
pub(super) fn ascending<T: Real>(values: &[T]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..values.len()).collect();
    let key = |&place: &usize| values[place].to_f64();
    places.sort_by(|x, y| key(x).total_cmp(&key(y)));
    places
}

pub(super) fn symmetric_part<T: Real>(matrix: &DMatrix<T>) -> DMatrix<T> {
    (matrix + matrix.transpose()) * <T as Real>::from_f64(0.5)
}

/// ‖A‖₂ of a small symmetric matrix.
pub(super) fn norm_of<T: Real>(matrix: &DMatrix<T>) -> T {
    let values = decompose(&symmetric_part(matrix)).map(|ritz| ritz.values);
    let values = values.unwrap_or_default().into_iter();
    values.fold(T::zero(), |norm, value| norm.max(value.abs()))
}

/// How far from symmetric a small matrix is, VᵀAW against (WᵀAV)ᵀ: the largest difference.
pub(super) fn largest_difference<T: Real>(x: &DMatrix<T>, y: &DMatrix<T>) -> T {
    let pairs = x.iter().zip(y.iter());
    pairs.fold(T::zero(), |largest, (&x, &y)| largest.max((x - y).abs()))
}
