//! Solutions of linear systems in integers, to hold proven bounds against.

use matrix_descent::Real;
use nalgebra::DMatrix;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};

use super::reference::equilibration::equilibrate;

/// The number `numerator`/`denominator`·2^`exponent`.
pub struct ExactComponent {
    numerator: BigInt,
    denominator: BigInt,
    exponent: i32,
}

impl ExactComponent {
    /// Whether |x − this| ≤ `bound`, without any rounding.
    pub fn is_within(&self, x: f64, bound: f64) -> bool {
        if bound == f64::INFINITY {
            return true;
        }
        let (bound, bound_exponent) = decoded(bound);
        let (difference, shift) = self.difference(x, bound_exponent);
        difference <= (bound * self.denominator.abs()) << (bound_exponent + shift)
    }

    /// |x − this|, rounded.
    pub fn error(&self, x: f64) -> f64 {
        let (difference, shift) = self.difference(x, 0);
        let denominator = self.denominator.abs() << shift;
        let quotient = BigRational::new_raw(difference, denominator);
        quotient.to_f64().unwrap_or(f64::NAN)
    }

    /// |x − this|·|denominator|·2^shift as an integer, where the shift makes one of 2^`other` too.
    fn difference(&self, x: f64, other: i32) -> (BigInt, i32) {
        let (x, exponent) = decoded(x);
        let shift = -self.exponent.min(exponent).min(other).min(0);
        let exact = &self.numerator << (self.exponent + shift);
        let found = (x * &self.denominator) << (exponent + shift);
        ((exact - found).abs(), shift)
    }
}

/// The exact solution of `matrix`·x = `b`, or `None` for a singular matrix.
///
/// Rows and columns are brought to integers by powers of two, and these are eliminated without
/// fractions (Bareiss, "Sylvester's identity and multistep integer-preserving Gaussian
/// elimination", 1968).
pub fn exact_solution(matrix: &DMatrix<f64>, b: &[f64]) -> Option<Vec<ExactComponent>> {
    let scaled = equilibrate(matrix);
    let of_b = b.iter().zip(&scaled.row_exponents);
    let of_b = of_b.filter_map(|(value, r)| value.binary_exponent().map(|e| e + r));
    let exponent = of_b.max().unwrap_or(0);
    let order = matrix.nrows();
    let mut rows: Vec<Vec<BigInt>> = (0..order)
        .map(|i| {
            let mut row: Vec<(BigInt, i32)> =
                scaled.matrix.row(i).iter().map(|&v| decoded(v)).collect();
            let (value, own) = decoded(b[i]);
            row.push((value, own + scaled.row_exponents[i] - exponent));
            integers(row)
        })
        .collect();
    let mut previous = BigInt::from(1);
    for step in 0..order {
        let pivot = (step..order).find(|&i| !rows[i][step].is_zero())?;
        rows.swap(step, pivot);
        let pivot_row = rows[step].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|&(i, _)| i != step) {
            let factor = row[step].clone();
            for (entry, of_pivot) in row.iter_mut().zip(&pivot_row) {
                *entry = (&*entry * &pivot_row[step] - of_pivot * &factor) / &previous;
            }
        }
        previous = pivot_row[step].clone();
    }
    let component = |(row, c): (&Vec<BigInt>, &i32)| ExactComponent {
        numerator: row[order].clone(),
        denominator: previous.clone(),
        exponent: c + exponent,
    };
    let columns = scaled.column_exponents.iter();
    Some(rows.iter().zip(columns).map(component).collect())
}

/// The integers that are the given numbers times one power of two.
fn integers(row: Vec<(BigInt, i32)>) -> Vec<BigInt> {
    let present = row.iter().filter(|(value, _)| !value.is_zero());
    let smallest = present.map(|&(_, exponent)| exponent).min().unwrap_or(0);
    let integer = |(value, exponent): (BigInt, i32)| {
        if value.is_zero() {
            value
        } else {
            value << (exponent - smallest)
        }
    };
    row.into_iter().map(integer).collect()
}

/// The integer and the exponent of a finite number, 0 and 0 for zero.
fn decoded(value: f64) -> (BigInt, i32) {
    const DIGITS: i32 = 52;
    let Some(exponent) = value.binary_exponent() else {
        return (BigInt::zero(), 0);
    };
    let integer = value.scale_by_power_of_two(DIGITS - exponent);
    (BigInt::from(integer as i64), exponent - DIGITS)
}
