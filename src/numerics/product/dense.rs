//! Products of dense matrices of any shape, usually with few columns.

use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut, Dyn, MatrixView};

use crate::numerics::real::Real;

/// Up to this size nalgebra multiplies column by column, and takes columns for slices without gaps.
pub(super) const SMALL: usize = 8;

/// A·B.
pub(crate) fn product<T: Real>(a: DMatrixView<'_, T>, b: DMatrixView<'_, T>) -> DMatrix<T> {
    let mut c = DMatrix::zeros(a.nrows(), b.ncols());
    c.gemm(T::one(), &a, &b, T::zero());
    c
}

/// Aᵀ·B.
pub(crate) fn transposed_product<T: Real>(a: &DMatrix<T>, b: DMatrixView<'_, T>) -> DMatrix<T> {
    let mut c = DMatrix::zeros(a.ncols(), b.ncols());
    write_transposed_product(c.as_view_mut(), a, b);
    c
}

/// C = Aᵀ·B.
pub(crate) fn write_transposed_product<T: Real>(
    c: DMatrixViewMut<'_, T>,
    a: &DMatrix<T>,
    b: DMatrixView<'_, T>,
) {
    write_product_of_transpose(c, a.as_slice(), a.shape(), b);
}

/// C = Aᵀ·B for A of this shape, stored by columns.
///
/// Aᵀ is read from A by strides, so that the product is blocked; nalgebra's own transposed product
/// computes one entry of the result at a time (measured: 3 to 7 times slower).
pub(super) fn write_product_of_transpose<T: Real>(
    mut c: DMatrixViewMut<'_, T>,
    a: &[T],
    (rows, columns): (usize, usize),
    b: DMatrixView<'_, T>,
) {
    if rows.min(columns).min(b.ncols()) <= SMALL {
        let a = DMatrixView::from_slice(a, rows, columns);
        c.gemm_tr(T::one(), &a, &b, T::zero());
    } else {
        c.gemm(T::one(), &transposed(a, rows, columns), &b, T::zero());
    }
}

/// C − A·B.
pub(crate) fn subtract_product<T: Real>(
    c: &mut DMatrix<T>,
    a: DMatrixView<'_, T>,
    b: DMatrixView<'_, T>,
) {
    c.gemm(-T::one(), &a, &b, T::one());
}

/// A matrix that is read by strides.
pub(super) type Strided<'a, T> = MatrixView<'a, T, Dyn, Dyn, Dyn, Dyn>;

/// A as it is, for A of this shape, stored by columns.
pub(super) fn strided<T: Real>(a: &[T], rows: usize, columns: usize) -> Strided<'_, T> {
    let (one, stride) = (Dyn(1), Dyn(rows.max(1)));
    MatrixView::from_slice_with_strides_generic(a, Dyn(rows), Dyn(columns), one, stride)
}

/// Aᵀ for A of this shape, stored by columns.
pub(super) fn transposed<T: Real>(a: &[T], rows: usize, columns: usize) -> Strided<'_, T> {
    let (one, stride) = (Dyn(1), Dyn(rows.max(1)));
    MatrixView::from_slice_with_strides_generic(a, Dyn(columns), Dyn(rows), stride, one)
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{product, subtract_product, transposed_product};

    #[test]
    fn agree_with_nalgebra_in_every_shape() {
        for (rows, inner, columns) in [(1, 1, 1), (9, 4, 3), (30, 7, 12), (5, 0, 2), (0, 3, 2)] {
            let a = DMatrix::from_fn(rows, inner, |i, j| ((3 * i + j) % 7) as f64);
            let b = DMatrix::from_fn(inner, columns, |i, j| (i as f64) - 2.0 * (j as f64));
            let expected = &a * &b;
            assert_eq!(product(a.as_view(), b.as_view()), expected);
            let turned = a.transpose();
            assert_eq!(transposed_product(&turned, b.as_view()), expected);
            let mut c = expected.clone();
            subtract_product(&mut c, a.as_view(), b.as_view());
            assert_eq!(c, DMatrix::zeros(rows, columns));
        }
    }
}
