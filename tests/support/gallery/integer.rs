//! Matrices of integers, many of them with integer inverses.

use nalgebra::DMatrix;

use super::random::integers;
use super::{Named, family};

/// The integer families.
pub fn all() -> Vec<Named> {
    [
        family("scaled Hilbert", &[5, 8, 10], scaled_hilbert),
        family("Pascal", &[4, 5, 6, 7, 8, 9, 10, 11, 12], pascal),
        family("integer Vandermonde", &[6, 8, 10], integer_vandermonde),
        family("Frank", &[5, 8, 12], frank),
        family("shifted Rosser", &[8], |_| shifted_rosser()),
        family("companion", &[5, 10], companion),
        family("Hadamard", &[2, 4, 16, 64], hadamard),
        family("Clement", &[10, 32], clement),
        family("Moler", &[6, 12], moler),
        family("minij", &[8, 32, 128], minij),
        family("Wilkinson growth", &[16, 40, 60, 128], wilkinson_growth),
        family("triangular Golub", &[6, 8, 10], |order| {
            triangular_golub(order, 7)
        }),
        family("Golub", &[4, 6], |order| golub(order, 8)),
    ]
    .concat()
}

/// The Hilbert matrix times the least common multiple of its denominators.
pub fn scaled_hilbert(order: usize) -> DMatrix<f64> {
    let multiple = hilbert_denominator(order);
    DMatrix::from_fn(order, order, |i, j| (multiple / (i + j + 1) as u64) as f64)
}

/// The least common multiple of 1, …, 2n − 1.
pub fn hilbert_denominator(order: usize) -> u64 {
    (1..2 * order as u64).fold(1, |multiple, next| {
        multiple / greatest_common_divisor(multiple, next) * next
    })
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// The inverse of the Hilbert matrix, all integers (Choi, "Tricks or treats with the Hilbert
/// matrix", 1983); exact in `f64` up to order 10.
pub fn hilbert_inverse(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |row, column| {
        let (n, i, j) = (order as u64, row as u64 + 1, column as u64 + 1);
        let magnitude = (i + j - 1)
            * binomial(n + i - 1, n - j)
            * binomial(n + j - 1, n - i)
            * binomial(i + j - 2, i - 1).pow(2);
        if (i + j) % 2 == 0 {
            magnitude as f64
        } else {
            -(magnitude as f64)
        }
    })
}

/// The binomial coefficients C(i + j, i), i and j from 0 (Higham, "Accuracy and Stability of
/// Numerical Algorithms", 2002, section 28.4).
pub fn pascal(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| {
        binomial((i + j) as u64, i as u64) as f64
    })
}

/// The inverse of [`pascal`]: as the matrix is L Lᵀ with L = (C(i, j)), and L⁻¹ is L with
/// alternating signs, it is (−1)^(i+j) Σₖ C(k, i) C(k, j).
pub fn pascal_inverse(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| {
        let terms = (0..order as u64).map(|k| binomial(k, i as u64) * binomial(k, j as u64));
        let magnitude = terms.sum::<u64>() as f64;
        if (i + j) % 2 == 0 {
            magnitude
        } else {
            -magnitude
        }
    })
}

/// The number of ways to choose `k` out of `n`.
fn binomial(n: u64, k: u64) -> u64 {
    if k > n {
        return 0;
    }
    (0..k).fold(1, |product, i| product * (n - i) / (i + 1))
}

/// iʲ for i from 1 and j from 0.
pub fn integer_vandermonde(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| ((i + 1) as f64).powi(j as i32))
}

/// n + 1 − max(i, j) on and above the diagonal and next below it; the determinant is 1 (Frank,
/// "Computing eigenvalues of complex matrices by determinant evaluation and by methods of
/// Danilewski and Wielandt", 1958).
pub fn frank(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| {
        if i <= j + 1 {
            (order - i.max(j)) as f64
        } else {
            0.0
        }
    })
}

/// The matrix of Rosser, Lanczos, Hestenes and Karush, "Separation of close eigenvalues of a real
/// symmetric matrix" (1951). Its rank is 7.
pub fn rosser() -> DMatrix<f64> {
    #[rustfmt::skip]
    let entries = [
        611.0, 196.0, -192.0, 407.0, -8.0, -52.0, -49.0, 29.0,
        196.0, 899.0, 113.0, -192.0, -71.0, -43.0, -8.0, -44.0,
        -192.0, 113.0, 899.0, 196.0, 61.0, 49.0, 8.0, 52.0,
        407.0, -192.0, 196.0, 611.0, 8.0, 44.0, 59.0, -23.0,
        -8.0, -71.0, 61.0, 8.0, 411.0, -599.0, 208.0, 208.0,
        -52.0, -43.0, 49.0, 44.0, -599.0, 411.0, 208.0, 208.0,
        -49.0, -8.0, 8.0, 59.0, 208.0, 208.0, 99.0, -911.0,
        29.0, -44.0, 52.0, -23.0, 208.0, 208.0, -911.0, 99.0,
    ];
    DMatrix::from_row_slice(8, 8, &entries)
}

/// [`rosser`] + I: regular, as the eigenvalue 0 becomes 1.
pub fn shifted_rosser() -> DMatrix<f64> {
    rosser() + DMatrix::identity(8, 8)
}

/// The companion matrix of (x − 1)(x − 2)…(x − n), coefficients in the first row (the polynomial
/// of Wilkinson, "The evaluation of the zeros of ill-conditioned polynomials", 1959).
pub fn companion(order: usize) -> DMatrix<f64> {
    let coefficients = polynomial_with_roots_up_to(order);
    DMatrix::from_fn(order, order, |i, j| match i {
        0 => -coefficients[j + 1],
        _ if i == j + 1 => 1.0,
        _ => 0.0,
    })
}

/// The coefficients of (x − 1)(x − 2)…(x − n), the leading one first.
fn polynomial_with_roots_up_to(degree: usize) -> Vec<f64> {
    (1..=degree).fold(vec![1.0], |mut coefficients, root| {
        coefficients.push(0.0);
        for k in (1..coefficients.len()).rev() {
            coefficients[k] -= root as f64 * coefficients[k - 1];
        }
        coefficients
    })
}

/// (−1)^(number of common binary digits of i and j) for an order that is a power of two
/// (Sylvester, "Thoughts on inverse orthogonal matrices", 1867). The inverse is Hᵀ/n.
pub fn hadamard(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| {
        if (i & j).count_ones() % 2 == 0 {
            1.0
        } else {
            -1.0
        }
    })
}

/// Tridiagonal with a zero diagonal, 1, …, n − 1 above it and n − 1, …, 1 below; regular for
/// even orders (Clement, "A class of triple-diagonal matrices for test purposes", 1959).
pub fn clement(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| match j as i64 - i as i64 {
        1 => j as f64,
        -1 => (order - i) as f64,
        _ => 0.0,
    })
}

/// min(i, j) − 2 beside a diagonal of i: L Lᵀ, L having 1 on the diagonal and −1 below (Moler's
/// matrix in Nash, "Compact Numerical Methods for Computers", 1979).
pub fn moler(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| {
        if i == j {
            (i + 1) as f64
        } else {
            i.min(j) as f64 - 1.0
        }
    })
}

/// min(i, j); the inverse is tridiagonal (Higham, "Accuracy and Stability of Numerical
/// Algorithms", 2002, chapter 28).
pub fn minij(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| (i.min(j) + 1) as f64)
}

/// The inverse of [`minij`]: the second difference with 1 at the end of the diagonal.
pub fn minij_inverse(order: usize) -> DMatrix<f64> {
    let mut inverse = super::structured::second_difference(order);
    inverse[(order - 1, order - 1)] = 1.0;
    inverse
}

/// 1 on the diagonal and in the last column, −1 below: elimination with partial pivoting doubles
/// the last column at each step (Wilkinson, "Error analysis of direct methods of matrix
/// inversion", 1961).
pub fn wilkinson_growth(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| match i.cmp(&j) {
        std::cmp::Ordering::Equal => 1.0,
        std::cmp::Ordering::Less if j + 1 == order => 1.0,
        std::cmp::Ordering::Less => 0.0,
        std::cmp::Ordering::Greater => -1.0,
    })
}

/// Upper triangular with 1 on the diagonal and random integers above; badly conditioned
/// (Viswanath and Trefethen, "Condition numbers of random triangular matrices", 1998).
pub fn triangular_golub(order: usize, seed: u64) -> DMatrix<f64> {
    let mut matrix = integers(order, order, 10, seed).upper_triangle();
    matrix.fill_diagonal(1.0);
    matrix
}

/// The product of a lower and an upper [`triangular_golub`] matrix, whose determinant is 1: an
/// idea of Golub's (Moler, "Golub matrices, deceptively ill conditioned", 2015).
pub fn golub(order: usize, seed: u64) -> DMatrix<f64> {
    triangular_golub(order, seed).transpose() * triangular_golub(order, seed + 100)
}
