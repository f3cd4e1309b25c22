//! A small least-squares problem that gains columns one by one.

use crate::numerics::norm::{add_multiple, dot, euclidean_norm};

/// A column whose length falls by more than this is made orthogonal a second time.
///
/// The angle that is left after one pass is then below ε/0.7 for each earlier column (Daniel, Gragg,
/// Kaufman and Stewart, "Reorthogonalization and stable algorithms for updating the Gram–Schmidt QR
/// factorization", 1976).
const KEPT_LENGTH: f64 = 0.7;

/// A column that keeps a smaller part of its length may be dependent on the others.
const SUSPICIOUS: f64 = 1e-7;

/// What rounding may leave of a dependent column, in units of ε.
const UNITS_OF_DEPENDENCE: f64 = 32.0;

/// min ‖C·x − e₁‖₂ over x, where C gains columns and, with them, rows.
///
/// C = Q·R by Gram–Schmidt with a second pass where it is needed; a new column leaves Q and R as they
/// are, and takes O(k) operations for each row, for k columns. The columns of Q end where the rows of
/// their time ended, since all below is 0.
#[derive(Debug, Default)]
pub(super) struct GrowingLeastSquares {
    /// The columns of Q, one after another.
    basis: Vec<f64>,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// The columns of R down to the diagonal, one after another.
    triangle: Vec<f64>,
    /// Qᵀ·e₁.
    targets: Vec<f64>,
    /// e₁ − C·x.
    residual: Vec<f64>,
    /// The new column, as far as it is orthogonal to the others.
    column: Vec<f64>,
    /// Its column of R.
    coefficients: Vec<f64>,
    solution: Vec<f64>,
}

impl GrowingLeastSquares {
    /// Starts again without columns.
    pub(super) fn clear(&mut self) {
        self.basis.clear();
        self.ends.clear();
        self.triangle.clear();
        self.targets.clear();
        self.residual.clear();
        self.residual.push(1.0);
    }

    /// e₁ − C·x for the best x.
    pub(super) fn residual(&self) -> &[f64] {
        &self.residual
    }

    /// Its length.
    pub(super) fn residual_norm(&self) -> f64 {
        euclidean_norm(&self.residual)
    }

    /// Adds a column of `rows` entries, at least as many as before, from its nonzero ones, as pairs
    /// of row and value.
    ///
    /// Returns whether it was independent of the others, up to rounding; if not, nothing changes but
    /// the number of rows.
    pub(super) fn append(&mut self, entries: &[(usize, f64)], rows: usize) -> bool {
        self.residual.resize(rows, 0.0);
        self.column.clear();
        self.column.resize(rows, 0.0);
        for &(row, value) in entries {
            self.column[row] = value;
        }
        let length = euclidean_norm(&self.column);
        self.orthogonalise_first(entries);
        let mut left = euclidean_norm(&self.column);
        if left < KEPT_LENGTH * length {
            self.orthogonalise_again();
            left = euclidean_norm(&self.column);
        }
        if left <= SUSPICIOUS * length && left <= self.rounding(length) {
            return false;
        }
        self.take(left);
        true
    }

    /// Takes the parts along the columns of Q off, by classical Gram–Schmidt.
    fn orthogonalise_first(&mut self, entries: &[(usize, f64)]) {
        self.coefficients.clear();
        let mut start = 0;
        for &end in &self.ends {
            let q = &self.basis[start..end];
            let of_column = entries.iter().filter(|&&(row, _)| row < q.len());
            let sum = of_column.fold(0.0, |sum, &(row, value)| sum + q[row] * value);
            self.coefficients.push(sum);
            start = end;
        }
        let mut start = 0;
        for (&end, &coefficient) in self.ends.iter().zip(&self.coefficients) {
            // Rows of a sparse matrix often have no column in common.
            if coefficient != 0.0 {
                add_multiple(&mut self.column, -coefficient, &self.basis[start..end]);
            }
            start = end;
        }
    }

    /// Takes off what rounding left.
    fn orthogonalise_again(&mut self) {
        let mut start = 0;
        for (&end, coefficient) in self.ends.iter().zip(&mut self.coefficients) {
            let q = &self.basis[start..end];
            let correction = dot(q, &self.column);
            add_multiple(&mut self.column, -correction, q);
            *coefficient += correction;
            start = end;
        }
    }

    /// The most that rounding may leave of the new column if it depends on the others: each of those
    /// is known up to ε times its length.
    fn rounding(&mut self, length: f64) -> f64 {
        self.solution.clear();
        self.solution.extend_from_slice(&self.coefficients);
        solve_triangle(&self.triangle, &mut self.solution);
        let mut start = 0;
        let mut sum = length;
        for (index, weight) in self.solution.iter().enumerate() {
            let end = start + index + 1;
            sum += weight.abs() * euclidean_norm(&self.triangle[start..end]);
            start = end;
        }
        UNITS_OF_DEPENDENCE * f64::EPSILON * sum
    }

    /// The new column of Q and R, and the residual without its part along that.
    fn take(&mut self, length: f64) {
        self.triangle.extend_from_slice(&self.coefficients);
        self.triangle.push(length);
        for value in &mut self.column {
            *value /= length;
        }
        let target = dot(&self.column, &self.residual);
        add_multiple(&mut self.residual, -target, &self.column);
        self.targets.push(target);
        self.basis.extend_from_slice(&self.column);
        self.ends.push(self.basis.len());
    }

    /// The best x with the first `columns` columns.
    pub(super) fn solve(&mut self, columns: usize) -> &[f64] {
        self.solution.clear();
        self.solution.extend_from_slice(&self.targets[..columns]);
        let entries = columns * (columns + 1) / 2;
        solve_triangle(&self.triangle[..entries], &mut self.solution);
        &self.solution
    }
}

/// Overwrites `values` with R⁻¹·`values`, for the columns of R down to the diagonal.
fn solve_triangle(triangle: &[f64], values: &mut [f64]) {
    let mut end = triangle.len();
    for last in (0..values.len()).rev() {
        let start = end - last - 1;
        let (above, diagonal) = (&triangle[start..end - 1], triangle[end - 1]);
        let value = values[last] / diagonal;
        values[last] = value;
        add_multiple(&mut values[..last], -value, above);
        end = start;
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::GrowingLeastSquares;

    fn entries(column: &[f64]) -> Vec<(usize, f64)> {
        let all = column.iter().copied().enumerate();
        all.filter(|(_, value)| *value != 0.0).collect()
    }

    /// The first `rows` entries of a wavy column, each third one zero.
    fn column(index: usize, rows: usize) -> Vec<f64> {
        let entry = |row: usize| ((row * 7 + index * 13 + 1) as f64 * 0.7).sin();
        let keep = |row: usize| {
            if (row + index).is_multiple_of(3) {
                0.0
            } else {
                1.0
            }
        };
        (0..rows).map(|row| keep(row) * entry(row)).collect()
    }

    #[test]
    fn columns_and_rows_may_be_added_one_by_one() {
        let mut fit = GrowingLeastSquares::default();
        for _ in 0..2 {
            fit.clear();
            let mut columns: Vec<Vec<f64>> = Vec::new();
            let mut before: Vec<f64> = Vec::new();
            for index in 0..6 {
                let rows = 3 + 2 * index;
                assert!(fit.append(&entries(&column(index, rows)), rows));
                columns.push(column(index, rows));
                let c = DMatrix::from_fn(rows, columns.len(), |i, j| {
                    columns[j].get(i).copied().unwrap_or(0.0)
                });
                let mut target = DVector::zeros(rows);
                target[0] = 1.0;
                let expected = c.clone().svd(true, true).solve(&target, 1e-14);
                let expected = expected.expect("both factors");
                let found = DVector::from_column_slice(fit.solve(columns.len()));
                assert!((&found - expected).norm() < 1e-12);
                assert_eq!(fit.solve(index), &before[..]);
                before = found.as_slice().to_vec();
                let residual = target - c * found;
                let stated = DVector::from_column_slice(fit.residual());
                assert!((residual - stated).norm() < 1e-14);
            }
        }
    }

    #[test]
    fn a_dependent_column_is_left_out() {
        let mut fit = GrowingLeastSquares::default();
        fit.clear();
        let (a, b) = (column(0, 9), column(1, 9));
        assert!(fit.append(&entries(&a), 9) && fit.append(&entries(&b), 9));
        let before = fit.residual_norm();
        for factor in [1.0, -3e3, 1e-3] {
            let both: Vec<f64> = a.iter().zip(&b).map(|(a, b)| factor * a + b).collect();
            assert!(!fit.append(&entries(&both), 10));
            assert!(!fit.append(&[], 10));
        }
        assert_eq!((fit.residual_norm(), fit.solve(2).len()), (before, 2));
        // A difference that rounding does not explain.
        let mut nearly = a;
        nearly[2] += 1e-12;
        assert!(fit.append(&entries(&nearly), 9));
    }
}
