//! Classical matrices with entries that are not integers.

use std::f64::consts::PI;

use nalgebra::DMatrix;

use super::{Named, family};

/// The classical families.
pub fn all() -> Vec<Named> {
    [
        family("Hilbert", &[3, 4, 5, 6, 7, 8, 9, 10], hilbert),
        family("Cauchy", &[4, 8, 10], cauchy),
        family("Vandermonde", &[6, 10, 12], |order| {
            vandermonde(&evenly_spaced_nodes(order))
        }),
        family("Chebyshev-Vandermonde at zeros", &[16, 64], |order| {
            chebyshev_vandermonde(&chebyshev_nodes(order))
        }),
        family(
            "Chebyshev-Vandermonde evenly spaced",
            &[10, 20, 30],
            |order| chebyshev_vandermonde(&evenly_spaced_nodes(order)),
        ),
        family("Kahan 1.2", &[16, 64], |order| kahan(order, 1.2)),
        family("Lehmer", &[8, 64], lehmer),
    ]
    .concat()
}

/// 1/(i + j − 1) (Hilbert, "Ein Beitrag zur Theorie des Legendre'schen Polynoms", 1894).
pub fn hilbert(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| 1.0 / (i + j + 1) as f64)
}

/// 1/(xᵢ + yⱼ) with xᵢ = i and yⱼ = j + 1/2 (Cauchy, "Mémoire sur les fonctions alternées et sur
/// les sommes alternées", 1841).
pub fn cauchy(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| {
        1.0 / ((i + 1) as f64 + (j + 1) as f64 + 0.5)
    })
}

/// xᵢʲ for j from 0 (Björck and Pereyra, "Solution of Vandermonde systems of equations", 1970).
pub fn vandermonde(nodes: &[f64]) -> DMatrix<f64> {
    DMatrix::from_fn(nodes.len(), nodes.len(), |i, j| nodes[i].powi(j as i32))
}

/// Tᵢ(xⱼ) with the Chebyshev polynomials of degrees from 0 (Gautschi, "The condition of
/// Vandermonde-like matrices involving orthogonal polynomials", 1983).
pub fn chebyshev_vandermonde(nodes: &[f64]) -> DMatrix<f64> {
    DMatrix::from_fn(nodes.len(), nodes.len(), |i, j| {
        (i as f64 * nodes[j].acos()).cos()
    })
}

/// From −1 to 1.
pub fn evenly_spaced_nodes(order: usize) -> Vec<f64> {
    (0..order)
        .map(|i| 2.0 * i as f64 / (order - 1) as f64 - 1.0)
        .collect()
}

/// The zeros of the Chebyshev polynomial whose degree is the order.
pub fn chebyshev_nodes(order: usize) -> Vec<f64> {
    (0..order)
        .map(|i| (PI * (i as f64 + 0.5) / order as f64).cos())
        .collect()
}

/// Upper triangular: sⁱ⁻¹ on the diagonal and −c·sⁱ⁻¹ right of it, with s = sin θ and c = cos θ
/// (Kahan, "Numerical linear algebra", 1966).
pub fn kahan(order: usize, angle: f64) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| {
        let scale = angle.sin().powi(i as i32);
        match i.cmp(&j) {
            std::cmp::Ordering::Less => -angle.cos() * scale,
            std::cmp::Ordering::Equal => scale,
            std::cmp::Ordering::Greater => 0.0,
        }
    })
}

/// min(i, j) / max(i, j) (Lehmer, "Problem E710", American Mathematical Monthly, 1946).
pub fn lehmer(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |i, j| {
        (i.min(j) + 1) as f64 / (i.max(j) + 1) as f64
    })
}

/// The inverse of [`lehmer`], which is tridiagonal: 4i³/(4i² − 1) on the diagonal, but n²/(2n − 1)
/// at its end, and −i(i + 1)/(2i + 1) beside it.
pub fn lehmer_inverse(order: usize) -> DMatrix<f64> {
    DMatrix::from_fn(order, order, |row, column| {
        let i = (row.min(column) + 1) as f64;
        match row.abs_diff(column) {
            0 if row + 1 == order => i * i / (2.0 * i - 1.0),
            0 => 4.0 * i * i * i / (4.0 * i * i - 1.0),
            1 => -i * (i + 1.0) / (2.0 * i + 1.0),
            _ => 0.0,
        }
    })
}
