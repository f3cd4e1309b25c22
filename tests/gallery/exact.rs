//! The reference inverse against inverses in rational arithmetic, and exact ranks.

use nalgebra::DMatrix;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::support::gallery::{gallery, singular_gallery};
use crate::support::reference::ReferenceInverse;

const LARGEST_ORDER: usize = 12;
const ACCURACY: f64 = 1e-29;

#[test]
fn reference_inverse_agrees_with_rational_arithmetic() {
    let is_small = |order: usize| order <= LARGEST_ORDER;
    for entry in gallery()
        .iter()
        .filter(|entry| is_small(entry.inverse.order()))
    {
        let exact = rational_inverse(&entry.matrix);
        let error = relative_error(&entry.inverse, &exact);
        assert!(error < ACCURACY, "{}: {error:e}", entry.name);
    }
}

#[test]
fn stated_ranks_are_exact() {
    for (name, matrix, rank) in singular_gallery() {
        if matrix.nrows() <= 16 {
            let mut rows = rational_rows(&matrix);
            assert_eq!(eliminate(&mut rows, matrix.ncols()), rank, "{name}");
        }
    }
}

type Rows = Vec<Vec<BigRational>>;

fn rational_rows(matrix: &DMatrix<f64>) -> Rows {
    let rational = |entry: &f64| BigRational::from_float(*entry).expect("the entries are finite");
    matrix
        .row_iter()
        .map(|row| row.iter().map(rational).collect())
        .collect()
}

fn rational_inverse(matrix: &DMatrix<f64>) -> Rows {
    let order = matrix.nrows();
    let mut rows = rational_rows(matrix);
    for (index, row) in rows.iter_mut().enumerate() {
        let unit = |i| {
            if i == index {
                BigRational::one()
            } else {
                BigRational::zero()
            }
        };
        row.extend((0..order).map(unit));
    }
    assert_eq!(eliminate(&mut rows, order), order, "the matrix is regular");
    rows.into_iter().map(|row| row[order..].to_vec()).collect()
}

/// Brings the first `columns` columns to reduced row echelon form and returns their rank.
fn eliminate(rows: &mut Rows, columns: usize) -> usize {
    let mut rank = 0;
    for column in 0..columns {
        let Some(pivot) = (rank..rows.len()).find(|&row| !rows[row][column].is_zero()) else {
            continue;
        };
        rows.swap(rank, pivot);
        let pivot_row: Vec<_> = rows[rank]
            .iter()
            .map(|entry| entry / &rows[rank][column])
            .collect();
        for row in rows.iter_mut() {
            let factor = row[column].clone();
            if !factor.is_zero() {
                subtract_multiple(row, &pivot_row, &factor);
            }
        }
        rows[rank] = pivot_row;
        rank += 1;
    }
    rank
}

fn subtract_multiple(row: &mut [BigRational], other: &[BigRational], factor: &BigRational) {
    for (entry, subtrahend) in row.iter_mut().zip(other) {
        *entry -= subtrahend * factor;
    }
}

/// The largest error over the largest entry.
fn relative_error(reference: &ReferenceInverse, exact: &Rows) -> f64 {
    let mut largest_error = BigRational::zero();
    let mut largest_entry = BigRational::zero();
    for (i, row) in exact.iter().enumerate() {
        for (j, entry) in row.iter().enumerate() {
            largest_error = largest_error.max((reference_entry(reference, i, j) - entry).abs());
            largest_entry = largest_entry.max(entry.abs());
        }
    }
    (largest_error / largest_entry)
        .to_f64()
        .expect("the quotient is small")
}

fn reference_entry(reference: &ReferenceInverse, row: usize, column: usize) -> BigRational {
    let parts = [reference.high[(row, column)], reference.low[(row, column)]];
    let sum: BigRational = parts
        .iter()
        .map(|&part| BigRational::from_float(part).expect("finite"))
        .sum();
    sum * power_of_two(reference.exponent(row, column))
}

fn power_of_two(exponent: i32) -> BigRational {
    let magnitude = BigRational::from_integer(BigInt::from(2).pow(exponent.unsigned_abs()));
    if exponent < 0 {
        magnitude.recip()
    } else {
        magnitude
    }
}
