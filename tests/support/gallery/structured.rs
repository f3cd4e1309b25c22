//! Diagonal, permutation, tridiagonal and Toeplitz matrices.

use std::f64::consts::PI;

use nalgebra::{DMatrix, DVector};

use super::{Named, family};

/// The structured families.
pub fn all() -> Vec<Named> {
    let families = [
        family("identity", &[2, 16, 64], |order| {
            DMatrix::identity(order, order)
        }),
        family("permutation", &[5, 16, 63], permutation),
        family("second difference", &[16, 64, 256], second_difference),
        family("KMS 0.5", &[8, 64], |order| kac_murdock_szego(order, 0.5)),
        family("KMS 0.99", &[64], |order| kac_murdock_szego(order, 0.99)),
        family("prolate 0.25", &[8, 12, 16], |order| prolate(order, 0.25)),
        family("Grcar", &[16, 100], grcar),
    ];
    [families.concat(), diagonals()].concat()
}

fn diagonals() -> Vec<Named> {
    let diagonals: [(&str, &[f64]); 6] = [
        ("diagonal 1 to 5", &[1.0, 2.0, 3.0, 4.0, 5.0]),
        ("diagonal 1, -1", &[1.0, -1.0]),
        ("diagonal 1e-200", &[1e-200, 1e-200]),
        ("diagonal 1e-120", &[1e-120, 1e-120, 1e-120]),
        ("diagonal 1e±100", &[1e100, 1e-100, -1e100, 1.0, 1e-100]),
        ("diagonal 1e±300", &[1e300, 1e-300]),
    ];
    let build = |&(name, entries): &(&str, &[f64])| {
        (
            name.to_owned(),
            DMatrix::from_diagonal(&DVector::from_row_slice(entries)),
        )
    };
    diagonals.iter().map(build).collect()
}

/// The permutation i ↦ 2i + 1 modulo the order, which must be odd, or modulo the order + 1.
pub fn permutation(order: usize) -> DMatrix<f64> {
    let mut matrix = DMatrix::zeros(order, order);
    for column in 0..order {
        let row = if order % 2 == 1 {
            (2 * column + 1) % order
        } else {
            even_image(column, order)
        };
        matrix[(row, column)] = 1.0;
    }
    matrix
}

/// Doubling 1, …, `order` modulo `order` + 1, counted from 0.
fn even_image(index: usize, order: usize) -> usize {
    (2 * (index + 1)) % (order + 1) - 1
}

/// 2 on the diagonal and −1 beside it: the discrete Laplacian on an interval with fixed ends.
pub fn second_difference(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| match i.abs_diff(j) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    })
}

/// The inverse of [`second_difference`]: min(i, j)·(n + 1 − max(i, j)) / (n + 1).
pub fn second_difference_inverse(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| {
        let (smaller, larger) = (i.min(j) + 1, i.max(j) + 1);
        (smaller * (order + 1 - larger)) as f64 / (order + 1) as f64
    })
}

/// ρ^|i−j| (Kac, Murdock and Szegő, "On the eigenvalues of certain Hermitian forms", 1953).
pub fn kac_murdock_szego(order: usize, ratio: f64) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| ratio.powi(i.abs_diff(j) as i32))
}

/// The inverse of [`kac_murdock_szego`]: tridiagonal, with −ρ beside a diagonal of 1 + ρ² that
/// has 1 at its ends, all over 1 − ρ².
pub fn kac_murdock_szego_inverse(order: usize, ratio: f64) -> DMatrix<f64> {
    let square = ratio * ratio;
    DMatrix::from_fn(order, order, |i, j| match i.abs_diff(j) {
        0 if i == 0 || i + 1 == order => 1.0,
        0 => 1.0 + square,
        1 => -ratio,
        _ => 0.0,
    }) / (1.0 - square)
}

/// The Toeplitz matrix with 2w on the diagonal and sin(2πwk)/(πk) at distance k from it (Varah,
/// "The prolate matrix", 1993).
pub fn prolate(order: usize, bandwidth: f64) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| match i.abs_diff(j) {
        0 => 2.0 * bandwidth,
        distance => {
            let angle = PI * distance as f64;
            (2.0 * bandwidth * angle).sin() / angle
        }
    })
}

/// −1 below the diagonal, 1 on it and on three diagonals above (Grcar, "Operator coefficient
/// methods for linear equations", 1989).
pub fn grcar(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| match j as i64 - i as i64 {
        -1 => -1.0,
        0..=3 => 1.0,
        _ => 0.0,
    })
}
