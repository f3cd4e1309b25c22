//! Scaling rows and columns by powers of two, exactly.
//!
//! With R = diag(2^rᵢ) and C = diag(2^cⱼ) the scaled matrix is Mₛ = R·M·C, and M⁻¹ = C·Mₛ⁻¹·R. The
//! exponents are found by simultaneous scaling towards rows and columns whose largest entries are
//! all near 1 (D. Ruiz, "A scaling algorithm to equilibrate both rows and columns norms in
//! matrices", 2001), in integers, so that no intermediate result can overflow.

pub(crate) mod max_product;

use crate::inverse::scaling::max_product::exponents_by_max_product;
use crate::numerics::norm::{columns, euclidean_norm};
use crate::numerics::real::Real;
use nalgebra::DMatrix;

/// Exponents rᵢ of the rows and cⱼ of the columns: Mₛ = diag(2^r)·M·diag(2^c).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Scaling {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::exponents"))]
    rows: Vec<i32>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::exponents"))]
    columns: Vec<i32>,
}

/// Factors of the rows and columns of an inverse that scale it back, up to a common factor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights {
    pub(crate) rows: Vec<f64>,
    pub(crate) columns: Vec<f64>,
}

/// The number of sweeps. A sweep halves the distance of every exponent from its target; the
/// exponents of f64 span about 2¹¹, so twelve sweeps bring them within one of it.
const SWEEPS: usize = 12;

/// A sweep leaves largest entries within this of the common exponent where they are.
const NEAR: i32 = 2;

/// Spreads of row and column scales up to 2^±this are left alone: scaling them does not help, and
/// it would spoil structure (orthogonality, a prescribed spectrum).
const HARMLESS_SPREAD: i32 = 3;

/// Scalings that differ by factors up to 2^this count as the same.
const CLEAR_CHANGE: i32 = 8;

impl Scaling {
    /// The scaling that equilibrates `matrix`. Rows and columns of zeros keep exponent zero
    /// (relative to the common scale). Non-finite entries are ignored.
    ///
    /// A matrix scaled by a power of two gets the same scaled matrix; the transpose gets the
    /// transposed scaling.
    pub(crate) fn of<T: Real>(matrix: &DMatrix<T>) -> Self {
        let (m, n) = matrix.shape();
        let identity = Self {
            rows: vec![0; m],
            columns: vec![0; n],
        };
        let (row_max, column_max) = largest_entries(matrix);
        let Some(common) = row_max.iter().copied().flatten().max() else {
            return identity;
        };
        let mut scaling = identity;
        let is_near = |exponent: &Option<i32>| exponent.is_none_or(|e| common - e < NEAR);
        let is_balanced = row_max.iter().chain(&column_max).all(is_near);
        if !is_balanced {
            for _ in 0..SWEEPS {
                if !scaling.sweep(matrix, common) {
                    break;
                }
            }
            scaling.forget_if_harmless();
        }
        scaling.split_common_exponent(common);
        scaling
    }

    /// The scaling of the permutation with the largest product, if it clearly differs from this
    /// one.
    ///
    /// If entries differ by many orders of magnitude, largest entries alone may not show which ones
    /// determine the inverse.
    pub(crate) fn by_max_product<T: Real>(&self, matrix: &DMatrix<T>) -> Option<Self> {
        let (rows, columns) = exponents_by_max_product(matrix)?;
        let other = Self { rows, columns };
        let shifts = |ours: &[i32], theirs: &[i32]| {
            let difference = ours
                .iter()
                .zip(theirs)
                .map(|(a, b)| a - b)
                .collect::<Vec<_>>();
            spread(&difference)
        };
        let change = shifts(&self.rows, &other.rows).max(shifts(&self.columns, &other.columns));
        (change > CLEAR_CHANGE).then_some(other)
    }

    /// One simultaneous sweep: every row and column moves half of the way to a largest entry near
    /// 1. Returns whether anything moved.
    fn sweep<T: Real>(&mut self, matrix: &DMatrix<T>, common: i32) -> bool {
        let mut row_max = vec![None; self.rows.len()];
        let mut column_max = vec![None; self.columns.len()];
        for (j, column) in matrix.column_iter().enumerate() {
            for (i, value) in column.iter().enumerate() {
                let exponent = value.binary_exponent();
                let scaled = exponent.map(|e| e - common + self.rows[i] + self.columns[j]);
                row_max[i] = row_max[i].max(scaled);
                column_max[j] = column_max[j].max(scaled);
            }
        }
        let moved_rows = move_halfway(&mut self.rows, &row_max);
        let moved_columns = move_halfway(&mut self.columns, &column_max);
        moved_rows || moved_columns
    }

    fn forget_if_harmless(&mut self) {
        if self.row_spread().max(self.column_spread()) <= HARMLESS_SPREAD {
            self.rows.fill(0);
            self.columns.fill(0);
        }
    }

    /// Takes out the factor 2^−common, half of it on each side (transposes stay transposes up to
    /// the odd power).
    fn split_common_exponent(&mut self, common: i32) {
        let half = common.div_euclid(2);
        self.rows.iter_mut().for_each(|r| *r -= half);
        self.columns.iter_mut().for_each(|c| *c -= common - half);
    }

    /// Mₛ = R·M·C. Exact except for entries that are more than 2^1000 (f64) times smaller than the
    /// others of their row or column; those are off by at most half the smallest subnormal, which
    /// the certificate accounts for.
    pub(crate) fn scale<T: Real>(&self, matrix: &DMatrix<T>) -> DMatrix<f64> {
        let mut scaled = matrix.map(T::to_f64);
        shift_exponents(&mut scaled, &self.rows, &self.columns, 1);
        scaled
    }

    /// This scaling, with a row and a column more.
    pub(crate) fn with_border(&self, row_exponent: i32, column_exponent: i32) -> Self {
        let mut scaling = self.clone();
        scaling.rows.push(row_exponent);
        scaling.columns.push(column_exponent);
        scaling
    }

    /// This scaling, with a row and a column less.
    pub(crate) fn without(&self, index: usize) -> Self {
        let mut scaling = self.clone();
        scaling.rows.remove(index);
        scaling.columns.remove(index);
        scaling
    }

    /// Writes [`scale`](Self::scale) of the matrix.
    pub(crate) fn write_scaled<T: Real>(&self, matrix: &DMatrix<T>, scaled: &mut DMatrix<f64>) {
        scaled.zip_apply(matrix, |entry, value| *entry = value.to_f64());
        shift_exponents(scaled, &self.rows, &self.columns, 1);
    }

    /// Writes [`scale_inverse`](Self::scale_inverse) of the matrix.
    pub(crate) fn write_scaled_inverse<T: Real>(&self, x: &DMatrix<T>, scaled: &mut DMatrix<f64>) {
        scaled.zip_apply(x, |entry, value| *entry = value.to_f64());
        shift_exponents(scaled, &self.columns, &self.rows, -1);
    }

    /// X = C·Xₛ·R, the inverse of M from that of Mₛ, in place. Exact unless an entry leaves the
    /// range of normal numbers; an entry that is too large becomes ±∞.
    pub(crate) fn unscale_inverse<T: Real>(&self, x: &mut DMatrix<T>) {
        shift_exponents(x, &self.columns, &self.rows, 1);
    }

    /// Adds what [`unscale_inverse`](Self::unscale_inverse) would take from the entries of Xₛ to
    /// the sums of the rows; returns the row and the column of the first entry that loses digits.
    pub(crate) fn add_losses<T: Real>(
        &self,
        x: &DMatrix<T>,
        sums: &mut [f64],
    ) -> Option<(usize, usize)> {
        let mut first = None;
        let common_row = self.columns.first().filter(|_| self.column_spread() == 0);
        for (j, (column, c)) in columns(x).zip(&self.rows).enumerate() {
            if common_row.is_some_and(|r| keeps_digits(column, r + c)) {
                continue;
            }
            let rows = column.iter().zip(&self.columns).zip(&mut *sums);
            for (i, ((value, r), sum)) in rows.enumerate() {
                let stored = value.scale_by_power_of_two(r + c);
                let restored = stored.scale_by_power_of_two(-(r + c));
                if restored != *value {
                    *sum += (value.to_f64() - restored.to_f64()).abs();
                    first = first.or(Some((i, j)));
                }
            }
        }
        first
    }

    /// Xₛ = C⁻¹·X·R⁻¹: the counterpart for Mₛ of an inverse of M.
    pub(crate) fn scale_inverse<T: Real>(&self, x: &DMatrix<T>) -> DMatrix<f64> {
        let mut scaled = x.map(T::to_f64);
        shift_exponents(&mut scaled, &self.columns, &self.rows, -1);
        scaled
    }

    /// ‖X·M − I‖_F from XₛMₛ − I: X·M − I = C·(XₛMₛ − I)·C⁻¹.
    pub(crate) fn left_residual_norm(&self, residual: &DMatrix<f64>) -> f64 {
        let scaled_back = residual.map_with_location(|i, j, value| {
            value.scale_by_power_of_two(self.columns[i] - self.columns[j])
        });
        euclidean_norm(scaled_back.as_slice())
    }

    /// Whether an entry of Xₛ, scaled back, is too large for the format T.
    pub(crate) fn overflows<T: Real>(&self, value: f64, row: usize, column: usize) -> bool {
        let exponent = self.columns[row] + self.rows[column];
        value.binary_exponent() > T::MAX.binary_exponent().map(|e| e - exponent)
    }

    /// The weights of the entries of an inverse when it is scaled back; none if all weigh the same.
    pub(crate) fn weights(&self) -> Option<Weights> {
        let of = |exponents: &[i32]| {
            let largest = exponents.iter().max().copied().unwrap_or(0);
            let weight = |e: &i32| 1.0.scale_by_power_of_two(e - largest);
            exponents.iter().map(weight).collect()
        };
        (!self.is_common_factor()).then(|| Weights {
            rows: of(&self.columns),
            columns: of(&self.rows),
        })
    }

    /// Whether the scaling is one common factor, so that X·M and M·X are the same before and after,
    /// bit for bit.
    pub(crate) fn is_common_factor(&self) -> bool {
        self.row_spread() == 0 && self.column_spread() == 0
    }

    /// The difference of the largest and the smallest row exponent.
    pub(crate) fn row_spread(&self) -> i32 {
        spread(&self.rows)
    }

    /// The difference of the largest and the smallest column exponent.
    pub(crate) fn column_spread(&self) -> i32 {
        spread(&self.columns)
    }

    /// The exponents of the rows of M, which apply to the columns of its inverse.
    pub(crate) fn row_exponents(&self) -> &[i32] {
        &self.rows
    }

    /// The exponents of the columns of M, which apply to the rows of its inverse.
    pub(crate) fn column_exponents(&self) -> &[i32] {
        &self.columns
    }
}

/// The exponents of the largest entries of the rows and of the columns; none where all entries are
/// zero. Non-finite entries are ignored.
fn largest_entries<T: Real>(matrix: &DMatrix<T>) -> (Vec<Option<i32>>, Vec<Option<i32>>) {
    let mut rows = vec![T::zero(); matrix.nrows()];
    let mut columns_max = Vec::with_capacity(matrix.ncols());
    for column in columns(matrix) {
        let mut largest = T::zero();
        for (row, value) in rows.iter_mut().zip(column) {
            // False for NaN.
            let size = if value.abs() <= T::MAX {
                value.abs()
            } else {
                T::zero()
            };
            *row = if size > *row { size } else { *row };
            largest = if size > largest { size } else { largest };
        }
        columns_max.push(largest.binary_exponent());
    }
    let rows = rows.into_iter().map(T::binary_exponent).collect();
    (rows, columns_max)
}

/// aᵢⱼ ← aᵢⱼ·2^(sign·(rowᵢ + columnⱼ)): the exponents are added first, so that two factors out of
/// range whose product is in range do no harm.
fn shift_exponents<T: Real>(a: &mut DMatrix<T>, rows: &[i32], columns: &[i32], sign: i32) {
    let n = a.nrows();
    let common_row = rows.first().filter(|_| spread(rows) == 0);
    for (column, c) in a.as_mut_slice().chunks_exact_mut(n).zip(columns) {
        let exponent = common_row.map(|r| sign * (r + c));
        match exponent.and_then(T::power_of_two) {
            Some(factor) => column.iter_mut().for_each(|value| *value *= factor),
            None => shift_each(column, rows, *c, sign),
        }
    }
}

/// Whether the values, multiplied by this power of two, keep all digits; false where the factor or
/// its inverse is out of range.
fn keeps_digits<T: Real>(values: &[T], exponent: i32) -> bool {
    let factors = T::power_of_two(exponent).zip(T::power_of_two(-exponent));
    factors.is_some_and(|(factor, inverse)| {
        // Without a branch, so that it takes several values at a time.
        let keep = |all, value: &T| all & (*value * factor * inverse == *value);
        values.iter().fold(true, keep)
    })
}

fn shift_each<T: Real>(column: &mut [T], rows: &[i32], c: i32, sign: i32) {
    for (value, r) in column.iter_mut().zip(rows) {
        *value = value.scale_by_power_of_two(sign * (r + c));
    }
}

fn spread(exponents: &[i32]) -> i32 {
    let largest = exponents.iter().max().copied().unwrap_or(0);
    let smallest = exponents.iter().min().copied().unwrap_or(0);
    largest - smallest
}

/// Subtracts half of each largest exponent, rounded towards zero, so that the sweeps settle.
/// Returns whether anything moved.
fn move_halfway(exponents: &mut [i32], largest: &[Option<i32>]) -> bool {
    let mut moved = false;
    for (exponent, distance) in exponents.iter_mut().zip(largest) {
        let step = distance.unwrap_or(0) / 2;
        *exponent -= step;
        moved |= step != 0;
    }
    moved
}
