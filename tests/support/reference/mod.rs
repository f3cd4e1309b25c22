//! Inverses with about thirty correct digits, to measure other inverses against.

mod condition;
pub mod double_double;
pub mod equilibration;
mod errors;
mod scaled_float;
mod singular_values;
mod solution;

use matrix_descent::Real;
use nalgebra::DMatrix;

use self::double_double::{DotProduct, DoubleDouble, reciprocal};
use self::equilibration::equilibrate;
use self::scaled_float::euclidean_norm;

pub use self::condition::{condition_number, equilibrated_condition_number};
pub use self::errors::{
    entry_error, error_norm_infinity, forward_error, forward_error_infinity,
    forward_error_of_columns, inverse_norm_infinity, residuals, scaled_residuals, widen,
};
pub use self::scaled_float::{ScaledFloat, absolute_sum};
pub use self::singular_values::{ReferenceValues, singular_values};
pub use self::solution::{ReferenceSolution, reference_solution};

/// The inverse with entries (`high` + `low`)·2^(`row_exponents[i]` + `column_exponents[j]`).
#[derive(Clone, Debug)]
pub struct ReferenceInverse {
    /// The leading parts of the entries.
    pub high: DMatrix<f64>,
    /// The trailing parts, at most half a unit in the last place of the leading ones.
    pub low: DMatrix<f64>,
    /// The binary exponents that every entry of a row carries.
    pub row_exponents: Vec<i32>,
    /// The binary exponents that every entry of a column carries.
    pub column_exponents: Vec<i32>,
    /// The relative size, in the Frobenius norm, of the last correction: the refinement
    /// converges quadratically, so the error is no larger than this or the rounding of pairs.
    pub last_correction: f64,
}

impl ReferenceInverse {
    /// The number of rows.
    pub fn order(&self) -> usize {
        self.high.nrows()
    }

    /// The binary exponent of entry (`row`, `column`).
    pub fn exponent(&self, row: usize, column: usize) -> i32 {
        self.row_exponents[row] + self.column_exponents[column]
    }

    /// The entry, to `f64` accuracy but with any exponent.
    pub fn entry(&self, row: usize, column: usize) -> ScaledFloat {
        ScaledFloat::new(self.high[(row, column)], self.exponent(row, column))
    }

    /// The inverse rounded to `f64`: as good an inverse as that format can hold.
    pub fn rounded(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.order(), self.order(), |i, j| {
            self.high[(i, j)].scale_by_power_of_two(self.exponent(i, j))
        })
    }

    /// The Frobenius norm.
    pub fn norm(&self) -> ScaledFloat {
        let order = self.order();
        euclidean_norm((0..order * order).map(|k| self.entry(k % order, k / order)))
    }
}

/// The relative size of a correction after which another one would change nothing that counts.
const CONVERGED: f64 = 1e-28;
const MOST_CORRECTIONS: usize = 8;

/// The inverse of a regular matrix.
///
/// Gauss–Jordan elimination in double-double arithmetic on the equilibrated matrix, then Newton
/// corrections X + X(I − MX) whose residual is accumulated in three parts. The corrections make
/// the accuracy independent of the condition number κ as long as κ stays below about 1e25.
///
/// # Panics
///
/// If the matrix is singular, or so nearly so that the corrections do not converge.
pub fn reference_inverse(matrix: &DMatrix<f64>) -> ReferenceInverse {
    let scaled = equilibrate(matrix);
    let start = invert(&scaled.matrix);
    let mut inverse = ReferenceInverse {
        high: start.map(|entry| entry.hi()),
        low: start.map(|entry| entry.lo()),
        // The scaling D M E has the inverse E⁻¹ M⁻¹ D⁻¹: rows and columns change places.
        row_exponents: scaled.column_exponents,
        column_exponents: scaled.row_exponents,
        last_correction: f64::INFINITY,
    };
    let transposed = scaled.matrix.transpose();
    for _ in 0..MOST_CORRECTIONS {
        correct(&transposed, &mut inverse);
        if inverse.last_correction <= CONVERGED {
            return inverse;
        }
    }
    panic!(
        "the reference inverse does not converge: {:e}",
        inverse.last_correction
    );
}

/// Replaces X by X + X(I − MX), M being given by its transpose so that its rows are contiguous.
fn correct(transposed: &DMatrix<f64>, inverse: &mut ReferenceInverse) {
    let residual = residual(transposed, &inverse.high, &inverse.low);
    // The correction is so small beside X that `f64` holds all of it that counts.
    let correction = &inverse.high * residual;
    inverse.last_correction = correction.norm() / inverse.high.norm();
    let entries = inverse.high.iter_mut().zip(inverse.low.iter_mut());
    for ((high, low), change) in entries.zip(correction.iter()) {
        let sum = DoubleDouble::new_add(*high, *low) + *change;
        (*high, *low) = sum.into();
    }
}

/// I − M(high + low), rounded to `f64` once.
fn residual(transposed: &DMatrix<f64>, high: &DMatrix<f64>, low: &DMatrix<f64>) -> DMatrix<f64> {
    let order = high.nrows();
    DMatrix::from_fn(order, order, |i, j| {
        let row = transposed.column(i);
        let mut sum = DotProduct::default();
        sum.add(if i == j { -1.0 } else { 0.0 });
        for ((&entry, &high), &low) in row.iter().zip(&high.column(j)).zip(&low.column(j)) {
            sum.add_product(entry, high);
            sum.add_small_product(entry, low);
        }
        -sum.rounded()
    })
}

/// Gauss–Jordan elimination in place.
///
/// The pivot is the largest entry that is left: with partial pivoting the entries of Wilkinson's
/// growth matrix would outgrow even double-double arithmetic.
fn invert(matrix: &DMatrix<f64>) -> DMatrix<DoubleDouble> {
    let order = matrix.nrows();
    let mut columns = matrix.map(DoubleDouble::from);
    let mut swaps = Vec::with_capacity(order);
    for step in 0..order {
        let (row, column) = largest_entry(&columns, step);
        columns.swap_rows(step, row);
        columns.swap_columns(step, column);
        swaps.push((row, column));
        eliminate(&mut columns, step);
    }
    // (P M Q)⁻¹ = Q⁻¹ M⁻¹ P⁻¹, so the exchanges are undone on the other side, last one first.
    for (step, &(row, column)) in swaps.iter().enumerate().rev() {
        columns.swap_columns(step, row);
        columns.swap_rows(step, column);
    }
    columns
}

fn largest_entry(matrix: &DMatrix<DoubleDouble>, first: usize) -> (usize, usize) {
    let mut largest = (first, first);
    for column in first..matrix.ncols() {
        for row in first..matrix.nrows() {
            if matrix[(row, column)].hi().abs() > matrix[largest].hi().abs() {
                largest = (row, column);
            }
        }
    }
    largest
}

/// Exchanges variable number `pivot` with right-hand side number `pivot`.
fn eliminate(matrix: &mut DMatrix<DoubleDouble>, pivot: usize) {
    let pivot_entry = matrix[(pivot, pivot)];
    assert!(pivot_entry.hi() != 0.0, "a singular matrix has no inverse");
    let pivot_reciprocal = reciprocal(pivot_entry);
    let mut pivot_column = matrix.column(pivot).into_owned();
    pivot_column[pivot] = DoubleDouble::from(0.0);
    for (index, mut column) in matrix.column_iter_mut().enumerate() {
        if index == pivot {
            column.fill(DoubleDouble::from(0.0));
            column[pivot] = pivot_reciprocal;
        } else {
            column[pivot] *= pivot_reciprocal;
        }
        let factor = column[pivot];
        for (entry, multiplier) in column.iter_mut().zip(pivot_column.iter()) {
            *entry -= *multiplier * factor;
        }
    }
}
