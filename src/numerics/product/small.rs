//! Products of matrices up to 8×8.
//!
//! The loops have constant bounds, so that the compiler unrolls them into vector instructions; a
//! general product would spend more time on set-up than on arithmetic.

use crate::numerics::real::Real;

/// The largest order that has its own loops.
const LARGEST: usize = 8;

/// What a product is added to.
pub(super) trait Base {
    /// The start of the sum for an entry: the base plus the first term of the product.
    fn plus<T: Real>(result: T, first_term: T) -> T;
}

/// Nothing: C = A·B.
pub(super) struct Zero;

impl Base for Zero {
    #[inline(always)]
    fn plus<T: Real>(_result: T, first_term: T) -> T {
        first_term
    }
}

/// The result itself: C ← C + A·B.
pub(super) struct Itself;

impl Base for Itself {
    #[inline(always)]
    fn plus<T: Real>(result: T, first_term: T) -> T {
        result + first_term
    }
}

/// C ← base + A·B for n×n matrices stored by columns, if n is small; otherwise returns false and
/// leaves C unchanged.
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
    let c: &mut [[T; N]; N] = c.as_chunks_mut().0.try_into().expect(N_COLUMNS);
    for column in 0..N {
        let weights = b[column];
        let mut sums = c[column];
        for row in 0..N {
            sums[row] = B::plus(sums[row], a[0][row] * weights[0]);
        }
        for term in 1..N {
            for row in 0..N {
                sums[row] += a[term][row] * weights[term];
            }
        }
        c[column] = sums;
    }
}

const N_COLUMNS: &str = "an N×N matrix has N columns";

fn columns<T, const N: usize>(matrix: &[T]) -> &[[T; N]; N] {
    matrix.as_chunks().0.try_into().expect(N_COLUMNS)
}
