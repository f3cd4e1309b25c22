//! Matrices of every shape that are hard on a singular value decomposition.

use matrix_descent::Real;
use nalgebra::{DMatrix, DVector};

use super::gallery::{classical, prescribed, random};

/// All of them; small enough for a reference in twice the working precision.
pub fn hard_matrices() -> Vec<(String, DMatrix<f64>)> {
    let named = |name: &str, matrix| (name.to_owned(), matrix);
    let mut all = vec![
        named("1×1", DMatrix::from_element(1, 1, -3.0)),
        named("1×1 zero", DMatrix::zeros(1, 1)),
        named("1×7", uniform(1, 7, 1)),
        named("7×1", uniform(7, 1, 2)),
        named("zero 4×4", DMatrix::zeros(4, 4)),
        named("zero 9×3", DMatrix::zeros(9, 3)),
        named("zero 3×9", DMatrix::zeros(3, 9)),
        named("identity", DMatrix::identity(8, 8)),
        named("tall identity", DMatrix::identity(9, 4)),
        named("orthogonal, equal values", random::orthogonal(10, 3)),
        named("equal values, wide", with_equal_values()),
        named(
            "exchange",
            DMatrix::from_fn(6, 6, |i, j| f64::from(u8::from(i + j == 5))),
        ),
        named("tall", uniform(40, 6, 4)),
        named("wide", uniform(6, 40, 5)),
        named("nearly square", uniform(9, 8, 6)),
        named("uniform", uniform(12, 12, 7)),
        named("Hilbert", classical::hilbert(12)),
        named("Kahan", classical::kahan(12, 1.2)),
        named("Cauchy", classical::cauchy(10)),
        named("graded columns", graded(10, 10, 100.0)),
        named("graded columns, tall", graded(30, 8, 100.0)),
        named("one subnormal entry", with_tiny_corner()),
        named("Läuchli", lauchli()),
        named("graded rows", graded(10, 10, 100.0).transpose()),
        named(
            "graded both",
            graded(8, 8, 10.0) * graded(8, 8, 10.0).transpose(),
        ),
        named("one large entry", with_corner(1e200)),
        named("one small row", with_corner(1e-200)),
        named(
            "upper triangular ones",
            DMatrix::from_fn(9, 9, |i, j| f64::from(u8::from(i <= j))),
        ),
        named(
            "nilpotent",
            DMatrix::from_fn(7, 7, |i, j| f64::from(u8::from(i + 1 == j))),
        ),
    ];
    all.extend(clusters());
    all.extend(ranks());
    all.extend(scales());
    all
}

/// Independent entries in [−1, 1).
pub fn uniform(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    let square = random::uniform(rows.max(columns), seed);
    square.view((0, 0), (rows, columns)).into_owned()
}

/// Independent entries, the columns of sizes from 1 down to 10^−`decades`.
pub fn graded(rows: usize, columns: usize, decades: f64) -> DMatrix<f64> {
    let mut matrix = uniform(rows, columns, 11);
    for (index, mut column) in matrix.column_iter_mut().enumerate() {
        column *= 10_f64.powf(-decades * index as f64 / (columns - 1) as f64);
    }
    matrix
}

/// Orthonormal rows.
fn with_equal_values() -> DMatrix<f64> {
    random::orthogonal(11, 20).rows(0, 5).into_owned()
}

/// The smallest subnormal number, and zeros.
fn with_tiny_corner() -> DMatrix<f64> {
    let mut matrix = DMatrix::zeros(5, 4);
    matrix[(3, 2)] = f64::from_bits(1);
    matrix
}

/// A row of ones above a tiny diagonal, all of which is lost in the Gram matrix (Läuchli 1961).
fn lauchli() -> DMatrix<f64> {
    DMatrix::from_fn(7, 6, |i, j| match (i, j) {
        (0, _) => 1.0,
        (i, j) if i == j + 1 => 1e-9,
        _ => 0.0,
    })
}

fn with_corner(value: f64) -> DMatrix<f64> {
    let mut matrix = uniform(6, 6, 12);
    matrix[(0, 5)] = value;
    matrix
}

fn clusters() -> Vec<(String, DMatrix<f64>)> {
    [1e-3, 1e-8, 1e-14, 1e-16]
        .into_iter()
        .map(|gap| {
            let values = DVector::from_fn(10, |i, _| 1.0 + gap * (i % 5) as f64 + (i / 5) as f64);
            let matrix = prescribed::with_singular_values(&values, 13);
            (format!("clusters {gap:e} wide"), matrix)
        })
        .collect()
}

fn ranks() -> Vec<(String, DMatrix<f64>)> {
    let mut all = Vec::new();
    for (rows, columns) in [(8, 8), (20, 6), (5, 9)] {
        for rank in [1, rows.min(columns) - 1] {
            let integers = |r, c, seed| random::integers(r, c, 3, seed);
            let matrix = integers(rows, rank, 14) * integers(rank, columns, 15);
            all.push((format!("rank {rank}, exact, {rows}×{columns}"), matrix));
            let matrix = uniform(rows, rank, 16) * uniform(rank, columns, 17);
            all.push((format!("rank {rank}, rounded, {rows}×{columns}"), matrix));
        }
    }
    let mut with_zeros = uniform(8, 6, 18);
    with_zeros.column_mut(0).fill(0.0);
    with_zeros.column_mut(3).fill(0.0);
    all.push(("zero columns".to_owned(), with_zeros.clone()));
    all.push(("zero rows".to_owned(), with_zeros.transpose()));
    all
}

fn scales() -> Vec<(String, DMatrix<f64>)> {
    let exponents = [1015, 600, -600, -1015, -1060, -1073];
    let shapes = [(6, 6), (12, 4), (3, 8)];
    let each = exponents
        .into_iter()
        .flat_map(|e| shapes.map(|shape| (e, shape)));
    each.map(|(exponent, (rows, columns))| {
        let matrix = uniform(rows, columns, 19).map(|x| x.scale_by_power_of_two(exponent));
        (format!("times 2^{exponent}, {rows}×{columns}"), matrix)
    })
    .collect()
}
