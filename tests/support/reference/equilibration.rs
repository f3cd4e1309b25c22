//! Exact scaling of rows and columns by powers of two.

use matrix_descent::Real;
use nalgebra::DMatrix;

/// A matrix whose entry (i, j) is that of the original times 2^(`row_exponents[i]` +
/// `column_exponents[j]`). Every row and column that is not zero has its largest entry in
/// [1, 2).
#[derive(Clone, Debug)]
pub struct Equilibrated {
    pub matrix: DMatrix<f64>,
    pub row_exponents: Vec<i32>,
    pub column_exponents: Vec<i32>,
}

/// Scales the rows, then the columns, so that the largest entry of each is in [1, 2).
///
/// The second scaling leaves the first intact: no column becomes smaller by it, and the column
/// of a row's largest entry stays as it is.
///
/// # Panics
///
/// If an entry underflows, so that the scaling would not be exact.
pub fn equilibrate(matrix: &DMatrix<f64>) -> Equilibrated {
    let exponents = matrix.map(Real::binary_exponent);
    let row_exponents: Vec<i32> = exponents
        .row_iter()
        .map(|row| -row.iter().flatten().max().copied().unwrap_or(0))
        .collect();
    let column_exponents: Vec<i32> = exponents
        .column_iter()
        .map(|column| {
            let scaled = column.iter().zip(&row_exponents);
            let present = scaled.filter_map(|(entry, row)| entry.map(|entry| entry + row));
            -present.max().unwrap_or(0)
        })
        .collect();
    let scaled = scale(matrix, &row_exponents, &column_exponents);
    Equilibrated {
        matrix: scaled,
        row_exponents,
        column_exponents,
    }
}

fn scale(matrix: &DMatrix<f64>, rows: &[i32], columns: &[i32]) -> DMatrix<f64> {
    DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |i, j| {
        let exponent = rows[i] + columns[j];
        let entry = matrix[(i, j)].scale_by_power_of_two(exponent);
        let restored = entry.scale_by_power_of_two(-exponent);
        assert_eq!(
            restored,
            matrix[(i, j)],
            "scaling by powers of two is exact"
        );
        entry
    })
}
