//! Products with the factors of a matrix of low rank, of any shape and stored by columns.
//!
//! Each product passes over the large matrix once, by columns, while the thin factors stay in the
//! cache; unlike blocked products, none allocates.

use crate::numerics::norm::{add_multiple, dot};
use crate::numerics::real::Real;

/// C = A·B for the m×n matrix A, `rows` = m, and B of n rows.
pub(crate) fn product<T: Real>(c: &mut [T], a: &[T], b: &[T], rows: usize) {
    c.fill(T::zero());
    let inner = a.len() / rows;
    for (index, column) in a.chunks_exact(rows).enumerate() {
        let factors = b.iter().skip(index).step_by(inner);
        for (c, &factor) in c.chunks_exact_mut(rows).zip(factors) {
            add_multiple(c, factor, column);
        }
    }
}

/// C = A·Bᵀ for A of `rows` rows and B of as many columns.
pub(crate) fn product_with_transpose<T: Real>(c: &mut [T], a: &[T], b: &[T], rows: usize) {
    c.fill(T::zero());
    let columns = c.len() / rows;
    for (index, c) in c.chunks_exact_mut(rows).enumerate() {
        let factors = b.iter().skip(index).step_by(columns);
        for (column, &factor) in a.chunks_exact(rows).zip(factors) {
            add_multiple(c, factor, column);
        }
    }
}

/// C = Aᵀ·B for A and B of `inner` rows.
pub(crate) fn product_of_transpose<T: Real>(c: &mut [T], a: &[T], b: &[T], inner: usize) {
    let rows = a.len() / inner;
    for (index, column) in a.chunks_exact(inner).enumerate() {
        let row = c.iter_mut().skip(index).step_by(rows);
        for (c, other) in row.zip(b.chunks_exact(inner)) {
            *c = dot(column, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{product, product_of_transpose, product_with_transpose};

    /// Integers, so that sums are exact in any order.
    fn integers(rows: usize, columns: usize) -> DMatrix<f64> {
        DMatrix::from_fn(rows, columns, |i, j| {
            ((7 * i + 3 * j * j) % 19) as f64 - 9.0
        })
    }

    #[test]
    fn agree_with_nalgebra_at_every_shape() {
        for (m, n, k) in [
            (1, 1, 1),
            (2, 5, 3),
            (4, 3, 1),
            (7, 4, 4),
            (9, 20, 6),
            (40, 7, 33),
        ] {
            let (a, b) = (integers(m, k), integers(k, n));
            let expected = &a * &b;
            let mut c = DMatrix::from_element(m, n, f64::NAN);
            product(c.as_mut_slice(), a.as_slice(), b.as_slice(), m);
            assert_eq!(c, expected);
            c.fill(f64::NAN);
            product_with_transpose(c.as_mut_slice(), a.as_slice(), b.transpose().as_slice(), m);
            assert_eq!(c, expected);
            c.fill(f64::NAN);
            product_of_transpose(c.as_mut_slice(), a.transpose().as_slice(), b.as_slice(), k);
            assert_eq!(c, expected);
        }
    }
}
