//! Gaussian matrices whose rows, columns or all entries are of extreme size.

use nalgebra::DMatrix;

use super::Named;
use super::random::{gaussian, integers};

const ORDER: usize = 32;

/// The badly scaled matrices.
pub fn all() -> Vec<Named> {
    [
        ("rows 1e±8", badly_scaled(8, 0)),
        ("columns 1e±8", badly_scaled(0, 8)),
        ("rows and columns 1e±8", badly_scaled(8, 8)),
        ("rows 1e±150", badly_scaled(150, 0)),
        ("columns 1e±150", badly_scaled(0, 150)),
        ("rows and columns 1e±150", badly_scaled(150, 150)),
        ("all 1e-300", gaussian(ORDER, 14) * 1e-300),
        ("all 1e300", gaussian(ORDER, 15) * 1e300),
    ]
    .map(|(name, matrix)| (format!("{name} {ORDER}"), matrix))
    .to_vec()
}

/// A Gaussian matrix with rows and columns multiplied by random powers of ten, the exponents up
/// to the given ones in absolute value.
pub fn badly_scaled(row_decades: i32, column_decades: i32) -> DMatrix<f64> {
    let rows = integers(ORDER, 1, row_decades, 11);
    let columns = integers(ORDER, 1, column_decades, 12);
    let random = gaussian(ORDER, 13);
    DMatrix::from_fn(ORDER, ORDER, |i, j| {
        random[(i, j)] * 10.0_f64.powf(rows[i]) * 10.0_f64.powf(columns[j])
    })
}
