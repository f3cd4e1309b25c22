//! The matrix product, on which the time of every descent is spent.

use nalgebra::{DMatrixView, DMatrixViewMut};

use crate::Real;

/// C ← C + A·B for n×n matrices stored by columns.
///
/// Up to 8×8 the loops have constant bounds, so that the compiler unrolls them into vector
/// instructions; a general product would spend more time on set-up than on arithmetic.
///
/// # Panics
///
/// If a slice is not n² long.
pub(crate) fn add_product<T: Real>(c: &mut [T], a: &[T], b: &[T], n: usize) {
    match n {
        1 => add_small_product::<T, 1>(c, a, b),
        2 => add_small_product::<T, 2>(c, a, b),
        3 => add_small_product::<T, 3>(c, a, b),
        4 => add_small_product::<T, 4>(c, a, b),
        5 => add_small_product::<T, 5>(c, a, b),
        6 => add_small_product::<T, 6>(c, a, b),
        7 => add_small_product::<T, 7>(c, a, b),
        8 => add_small_product::<T, 8>(c, a, b),
        _ => DMatrixViewMut::from_slice(c, n, n).gemm(
            T::one(),
            &DMatrixView::from_slice(a, n, n),
            &DMatrixView::from_slice(b, n, n),
            T::one(),
        ),
    }
}

fn add_small_product<T: Real, const N: usize>(c: &mut [T], a: &[T], b: &[T]) {
    let (a, b) = (columns::<T, N>(a), columns::<T, N>(b));
    for (c_column, b_column) in c.as_chunks_mut::<N>().0.iter_mut().zip(b) {
        let mut sums = *c_column;
        for (a_column, &weight) in a.iter().zip(b_column) {
            for row in 0..N {
                sums[row] += a_column[row] * weight;
            }
        }
        *c_column = sums;
    }
}

fn columns<T, const N: usize>(matrix: &[T]) -> &[[T; N]; N] {
    matrix
        .as_chunks()
        .0
        .try_into()
        .expect("an N×N matrix has N columns")
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::add_product;

    #[test]
    fn agrees_with_nalgebra_at_every_size() {
        for n in 1..=20 {
            let a = DMatrix::from_fn(n, n, |i, j| (3 * i + j) as f64);
            let b = DMatrix::from_fn(n, n, |i, j| (i * i) as f64 - 2.0 * j as f64);
            let mut c = DMatrix::from_element(n, n, 1.0);
            let expected = &c + &a * &b;
            add_product(c.as_mut_slice(), a.as_slice(), b.as_slice(), n);
            assert_eq!(c, expected, "n = {n}");
        }
    }
}
