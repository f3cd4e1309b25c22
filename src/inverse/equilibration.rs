//! Scaling rows and columns by powers of two, exactly.
//!
//! With R = diag(2^rᵢ) and C = diag(2^cⱼ) the scaled matrix is Mₛ = R·M·C, and
//! M⁻¹ = C·Mₛ⁻¹·R. The exponents are found by simultaneous scaling towards rows and columns whose
//! largest entries are all near 1 (D. Ruiz, "A scaling algorithm to equilibrate both rows and
//! columns norms in matrices", 2001), in integers, so nothing can leave the range on the way.

use super::matching::exponents_by_matching;
use crate::Real;
use nalgebra::DMatrix;

/// Exponents rᵢ of the rows and cⱼ of the columns: Mₛ = diag(2^r)·M·diag(2^c).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scaling {
    rows: Vec<i32>,
    columns: Vec<i32>,
}

/// Sweeps halve the distance of every exponent from its goal; the exponents of f64 span about
/// 2¹¹, so twelve sweeps bring them within one of it.
const SWEEPS: usize = 12;

/// Spreads of row and column scales up to 2^±this are left alone: scaling them does not help, and
/// it would spoil structure (orthogonality, a spectrum made to measure).
const HARMLESS_SPREAD: i32 = 3;

/// Scalings that differ by factors up to 2^this are worth the same.
const CLEAR_CHANGE: i32 = 8;

impl Scaling {
    /// The scaling that equilibrates `matrix`. Rows and columns of zeros keep exponent zero
    /// (relative to the common scale). Non-finite entries are passed over.
    ///
    /// A matrix scaled by a power of two gets the same scaled matrix; the transpose gets the
    /// transposed scaling.
    pub(crate) fn of<T: Real>(matrix: &DMatrix<T>) -> Self {
        let (m, n) = matrix.shape();
        let identity = Self {
            rows: vec![0; m],
            columns: vec![0; n],
        };
        let Some(common) = matrix.iter().filter_map(|v| v.binary_exponent()).max() else {
            return identity;
        };
        let mut scaling = identity;
        for _ in 0..SWEEPS {
            if !scaling.sweep(matrix, common) {
                break;
            }
        }
        scaling.forget_if_harmless();
        scaling.split_common_exponent(common);
        scaling
    }

    /// Another scaling, if it is clearly another: that of the permutation with the largest product.
    ///
    /// Where entries differ by many orders, largest entries alone may not show which ones the inverse
    /// hangs on.
    pub(crate) fn by_matching<T: Real>(&self, matrix: &DMatrix<T>) -> Option<Self> {
        let (rows, columns) = exponents_by_matching(matrix)?;
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

    /// Takes the factor 2^−common out, half of it on each side (transposes stay transposes up to
    /// the odd power).
    fn split_common_exponent(&mut self, common: i32) {
        let half = common.div_euclid(2);
        self.rows.iter_mut().for_each(|r| *r -= half);
        self.columns.iter_mut().for_each(|c| *c -= common - half);
    }

    /// Mₛ = R·M·C. Exact, but for entries that are more than 2^1000 (f64) times smaller than the
    /// others of their row or column; those are off by at most half the smallest subnormal, which
    /// the certificate accounts for.
    pub(crate) fn scale<T: Real>(&self, matrix: &DMatrix<T>) -> DMatrix<T> {
        let mut scaled = matrix.clone();
        shift_exponents(&mut scaled, &self.rows, &self.columns, 1);
        scaled
    }

    /// X = C·Xₛ·R, the inverse of M from that of Mₛ, in place. Exact unless an entry leaves the
    /// range of normal numbers; one too large becomes ±∞.
    pub(crate) fn unscale_inverse<T: Real>(&self, x: &mut DMatrix<T>) {
        shift_exponents(x, &self.columns, &self.rows, 1);
    }

    /// Xₛ = C⁻¹·X·R⁻¹: what an inverse of M is for Mₛ, in place.
    pub(crate) fn scale_inverse<T: Real>(&self, x: &mut DMatrix<T>) {
        shift_exponents(x, &self.columns, &self.rows, -1);
    }

    /// The difference of the largest and the smallest row exponent.
    pub(crate) fn row_spread(&self) -> i32 {
        spread(&self.rows)
    }

    /// The difference of the largest and the smallest column exponent.
    pub(crate) fn column_spread(&self) -> i32 {
        spread(&self.columns)
    }

    /// The exponents of the rows of M, which are those of the columns of its inverse.
    pub(crate) fn row_exponents(&self) -> &[i32] {
        &self.rows
    }

    /// The exponents of the columns of M, which are those of the rows of its inverse.
    pub(crate) fn column_exponents(&self) -> &[i32] {
        &self.columns
    }
}

/// aᵢⱼ ← aᵢⱼ·2^(sign·(rowᵢ + columnⱼ)): the exponents are added first, so that two factors out of
/// range whose product is in range do no harm.
fn shift_exponents<T: Real>(a: &mut DMatrix<T>, rows: &[i32], columns: &[i32], sign: i32) {
    for (mut column, c) in a.column_iter_mut().zip(columns) {
        for (value, r) in column.iter_mut().zip(rows) {
            *value = value.scale_by_power_of_two(sign * (r + c));
        }
    }
}

fn spread(exponents: &[i32]) -> i32 {
    let largest = exponents.iter().max().copied().unwrap_or(0);
    let smallest = exponents.iter().min().copied().unwrap_or(0);
    largest - smallest
}

/// Subtracts half of each largest exponent, rounded away from zero for large distances and to
/// zero for a distance of one, so that the sweeps settle.
fn move_halfway(exponents: &mut [i32], largest: &[Option<i32>]) -> bool {
    let mut moved = false;
    for (exponent, distance) in exponents.iter_mut().zip(largest) {
        let step = distance.unwrap_or(0) / 2;
        *exponent -= step;
        moved |= step != 0;
    }
    moved
}
