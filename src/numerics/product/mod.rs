//! The matrix product, where a descent spends its time.

pub(crate) mod counter;
mod dense;
pub(crate) mod fused;
pub(crate) mod low_rank;
mod small;
mod symmetric;
pub(crate) mod tall;
mod vector;

pub(crate) use dense::{product, subtract_product, transposed_product, write_transposed_product};
pub(crate) use symmetric::{column_gram, multiply_symmetric, row_gram};
pub(crate) use vector::{
    add_four_columns, four_columns, four_dots, times_vector, transpose_times_vector,
};

use nalgebra::{DMatrixView, DMatrixViewMut};

use crate::numerics::real::Real;
use small::{Itself, Zero, small_product};

/// C = A·B for n×n matrices stored by columns.
///
/// # Panics
///
/// If a slice is not n² long.
#[inline]
pub(crate) fn multiply<T: Real>(c: &mut [T], a: &[T], b: &[T], n: usize) {
    if !small_product::<T, Zero>(c, a, b, n) {
        general_product(c, a, b, n, T::zero());
    }
}

/// C ← C + A·B for n×n matrices stored by columns.
///
/// # Panics
///
/// If a slice is not n² long.
#[inline]
pub(crate) fn add_product<T: Real>(c: &mut [T], a: &[T], b: &[T], n: usize) {
    if !small_product::<T, Itself>(c, a, b, n) {
        general_product(c, a, b, n, T::one());
    }
}

/// C ← own·C + A·B.
fn general_product<T: Real>(c: &mut [T], a: &[T], b: &[T], n: usize, own: T) {
    DMatrixViewMut::from_slice(c, n, n).gemm(
        T::one(),
        &DMatrixView::from_slice(a, n, n),
        &DMatrixView::from_slice(b, n, n),
        own,
    );
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{add_product, column_gram, multiply, multiply_symmetric, row_gram};

    /// Integers, so that sums are exact in any order.
    fn factors(n: usize) -> [DMatrix<f64>; 2] {
        let a = DMatrix::from_fn(n, n, |i, j| ((3 * i + j) % 17) as f64);
        let b = DMatrix::from_fn(n, n, |i, j| ((i * i) % 23) as f64 - 2.0 * j as f64);
        [a, b]
    }

    #[test]
    fn agree_with_nalgebra_at_every_size() {
        for n in (1..=20).chain([63, 64, 65, 130]) {
            let [a, b] = factors(n);
            let mut c = DMatrix::from_element(n, n, 1.0);
            let expected = &c + &a * &b;
            add_product(c.as_mut_slice(), a.as_slice(), b.as_slice(), n);
            assert_eq!(c, expected, "n = {n}");
            multiply(c.as_mut_slice(), a.as_slice(), b.as_slice(), n);
            assert_eq!(c, a * b, "n = {n}");
        }
    }

    #[test]
    fn half_of_a_symmetric_product_gives_all_of_it() {
        for n in (1..=20).chain([63, 64, 65, 130, 255]) {
            let [a, _] = factors(n);
            let b = a.transpose();
            let mut c = DMatrix::from_element(n, n, 1.0);
            multiply_symmetric(c.as_mut_slice(), a.as_slice(), b.as_slice(), n);
            assert_eq!(c, a * b, "n = {n}");
        }
    }

    #[test]
    fn gram_matrices_agree_with_nalgebra_in_every_shape() {
        for short in (1..=20).chain([63, 64, 65, 130]) {
            for long in [1, 2, 7, 8, 9, 64, 200] {
                let x = DMatrix::from_fn(short, long, |i, j| ((3 * i + 5 * j) % 17) as f64 - 8.0);
                let expected = &x * x.transpose();
                let mut c = DMatrix::from_element(short, short, 1.0);
                row_gram(c.as_mut_slice(), x.as_slice(), short, long);
                assert_eq!(c, expected, "{short}×{long}");
                let turned = x.transpose();
                c.fill(1.0);
                column_gram(c.as_mut_slice(), turned.as_slice(), long, short);
                assert_eq!(c, expected, "{long}×{short}");
            }
        }
    }
}
