//! Products of matrices up to 8×8.
//!
//! The loops have constant bounds, so that the compiler unrolls them into vector instructions; a
//! general product would spend more time on set-up than on arithmetic.

use crate::Real;

/// The largest order with loops of its own.
const LARGEST: usize = 8;

/// What a product is added to.
pub(super) trait Base {
    /// A column of it, given that of the result so far.
    fn column<T: Real, const N: usize>(result: &[T; N]) -> [T; N];
}

/// Nothing: C = A·B.
pub(super) struct Zero;

impl Base for Zero {
    #[inline(always)]
    fn column<T: Real, const N: usize>(_result: &[T; N]) -> [T; N] {
        [T::zero(); N]
    }
}

/// The result itself: C ← C + A·B.
pub(super) struct Itself;

impl Base for Itself {
    #[inline(always)]
    fn column<T: Real, const N: usize>(result: &[T; N]) -> [T; N] {
        *result
    }
}

/// C ← base + A·B for n×n matrices stored by columns, if n is small; false, and C as it is, if not.
#[inline]
pub(super) fn small_product<T: Real, B: Base>(c: &mut [T], a: &[T], b: &[T], n: usize) -> bool {
    match n {
        1 => product_of_order::<T, B, 1>(c, a, b),
        2 => product_of_order::<T, B, 2>(c, a, b),
        3 => product_of_order::<T, B, 3>(c, a, b),
        4 => product_of_order::<T, B, 4>(c, a, b),
        5 => product_of_order::<T, B, 5>(c, a, b),
        6 => product_of_order::<T, B, 6>(c, a, b),
        7 => product_of_order::<T, B, 7>(c, a, b),
        LARGEST => product_of_order::<T, B, LARGEST>(c, a, b),
        _ => return false,
    }
    true
}

fn product_of_order<T: Real, B: Base, const N: usize>(c: &mut [T], a: &[T], b: &[T]) {
    let (a, b) = (columns::<T, N>(a), columns::<T, N>(b));
    for (c_column, b_column) in c.as_chunks_mut::<N>().0.iter_mut().zip(b) {
        let mut sums = B::column(c_column);
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
