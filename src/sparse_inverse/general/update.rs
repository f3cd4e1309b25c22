//! The inverse of a matrix that changes.

use std::borrow::Cow;

use nalgebra_sparse::CsrMatrix;

use crate::descent::{Observer, Silent};
use crate::numerics::real::Real;
use crate::numerics::validation::check_shape;
use crate::objective::Side;
use crate::sparse_inverse::general::compute::{RowSolver, Yesterday};
use crate::sparse_inverse::general::error::SparseInverseError;
use crate::sparse_inverse::general::problem::{Problem, RowScale};
use crate::sparse_inverse::general::result::SparseInversion;
use crate::sparse_inverse::general::row_set::RowSet;

/// What an update did with the rows of X, or with its columns for the right side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowsUpdated {
    /// Rows that stayed as they were, since all rows of M that they have an entry for are the same.
    pub kept: usize,
    /// Rows that were computed again.
    pub solved: usize,
}

impl<T: Real> SparseInversion<T> {
    /// Replaces X by the inverse of a new matrix of the same order, with the same settings.
    ///
    /// Row i of X depends on the rows mₖ of M for the k in its pattern. If all these are the same to
    /// the last bit, the row is kept, and with it what is known of its residual. Otherwise its least
    /// squares are solved again: on the same pattern if that is given, on that of the power of the new
    /// M, or, if it grows, on yesterday's pattern, which goes on growing if it is short of the
    /// tolerance and of the limit. A row whose residual is then above the tolerance and a tenth longer
    /// than before grows from the start again, and the better of the two stays.
    ///
    /// So a given pattern and a power give the same bits as a new inverse.
    ///
    /// # Errors
    ///
    /// As for [`sparse_inverse_by_descent`](crate::sparse_inverse::sparse_inverse_by_descent), and
    /// [`InputError::ShapeMismatch`](crate::InputError::ShapeMismatch) for another order. X stays as
    /// it was.
    pub fn update(&mut self, matrix: &CsrMatrix<T>) -> Result<RowsUpdated, SparseInverseError<T>> {
        self.update_watched(matrix, Silent)
    }

    /// [`update`](Self::update), shown to an observer: the step is the number of rows computed again.
    ///
    /// # Errors
    ///
    /// As for [`update`](Self::update), and [`SparseInverseError::Stopped`].
    pub fn update_watched(
        &mut self,
        matrix: &CsrMatrix<T>,
        mut observer: impl Observer<T>,
    ) -> Result<RowsUpdated, SparseInverseError<T>> {
        let shape = (matrix.nrows(), matrix.ncols());
        let expected = (self.inverse.nrows(), self.inverse.ncols());
        check_shape("matrix", shape, expected)?;
        let side = self.settings.side;
        let lanes = match side {
            Side::Right => Cow::Owned(matrix.transpose()),
            _ => Cow::Borrowed(matrix),
        };
        let changes = Changes::between(&self.lanes, &lanes);
        let problem = match changes.scales(&lanes, &self.scales) {
            Some(scales) => Problem::of_checked(lanes, scales),
            None => Problem::new(matrix, side)?,
        };
        let rows = match side {
            Side::Right => Cow::Owned(self.inverse.transpose()),
            _ => Cow::Borrowed(&self.inverse),
        };
        let affected = changes.affected_rows(&rows);
        let yesterday = Yesterday {
            rows: &rows,
            residuals: &self.residuals,
            affected: &affected,
        };
        let solved = RowSolver::new(&problem, &self.settings).again(yesterday, &mut observer)?;
        let (lanes, scales) = problem.into_parts();
        if changes.is_same_pattern && has_same_columns(yesterday, &solved) {
            self.lanes_from(lanes, &changes.rows);
            self.scales = scales;
            self.replace(&affected, &solved);
        } else {
            let all = merged(yesterday, &solved);
            *self = Self::new(lanes.into_owned(), scales, all, self.settings.clone())?;
        }
        Ok(RowsUpdated::of(matrix.nrows(), affected.len()))
    }

    /// Takes a new M, or Mᵀ, of which these rows have changed.
    fn lanes_from(&mut self, lanes: Cow<'_, CsrMatrix<T>>, changed: &[usize]) {
        match lanes {
            Cow::Owned(lanes) => self.lanes = lanes,
            Cow::Borrowed(lanes) => {
                for &row in changed {
                    let values = stored_row(lanes, row).1;
                    let mut stored = self.lanes.row_mut(row);
                    stored.values_mut().copy_from_slice(values);
                }
            }
        }
    }

    /// Puts rows of X, or of Xᵀ, with the same pattern as before in their place.
    fn replace(&mut self, affected: &[usize], solved: &RowSet<T>) {
        for (index, &row) in affected.iter().enumerate() {
            self.residuals[row] = solved.residual(index);
            let (columns, values) = solved.row(index);
            if self.settings.side == Side::Right {
                for (&column, &value) in columns.iter().zip(values) {
                    replace_entry(&mut self.inverse, (column, row), value);
                }
            } else {
                let mut stored = self.inverse.row_mut(row);
                stored.values_mut().copy_from_slice(values);
            }
        }
    }
}

impl RowsUpdated {
    fn of(order: usize, solved: usize) -> Self {
        Self {
            kept: order - solved,
            solved,
        }
    }
}

/// What changed from one matrix to another of the same order.
struct Changes {
    is_same_pattern: bool,
    /// The rows that are not the same to the last bit.
    rows: Vec<usize>,
}

impl Changes {
    fn between<T: Real>(before: &CsrMatrix<T>, after: &CsrMatrix<T>) -> Self {
        let is_changed = |&row: &usize| stored_row(before, row) != stored_row(after, row);
        Self {
            is_same_pattern: before.pattern() == after.pattern(),
            rows: (0..before.nrows()).filter(is_changed).collect(),
        }
    }

    /// The scales of the rows of the new matrix; none if it has to pass all checks again.
    fn scales<T: Real>(&self, after: &CsrMatrix<T>, before: &[RowScale]) -> Option<Vec<RowScale>> {
        if !self.is_same_pattern {
            return None;
        }
        let mut scales = before.to_vec();
        for &row in &self.rows {
            let values = stored_row(after, row).1;
            // What was zero may have been counted as not there, and what was not as there.
            let is_regular = |value: &T| value.is_finite() && *value != T::zero();
            if !values.iter().all(is_regular) {
                return None;
            }
            scales[row] = RowScale::of(values);
        }
        Some(scales)
    }

    /// The rows of X that have an entry for a row of A that has changed.
    fn affected_rows<T: Real>(&self, rows: &CsrMatrix<T>) -> Vec<usize> {
        let mut is_changed = vec![false; rows.nrows()];
        for &row in &self.rows {
            is_changed[row] = true;
        }
        let is_affected = |&row: &usize| {
            let pattern = rows.pattern().lane(row);
            // A row without entries may gain some.
            pattern.is_empty() || pattern.iter().any(|&column| is_changed[column])
        };
        (0..rows.nrows()).filter(is_affected).collect()
    }
}

/// Replaces a stored entry.
fn replace_entry<T: Real>(matrix: &mut CsrMatrix<T>, (row, column): (usize, usize), value: T) {
    let mut stored = matrix.row_mut(row);
    let (columns, values) = stored.cols_and_values_mut();
    if let Ok(place) = columns.binary_search(&column) {
        values[place] = value;
    }
}

fn stored_row<T: Real>(matrix: &CsrMatrix<T>, row: usize) -> (&[usize], &[T]) {
    let (offsets, columns, values) = matrix.csr_data();
    let range = offsets[row]..offsets[row + 1];
    (&columns[range.clone()], &values[range])
}

/// Whether the rows that were found again have entries where they had them.
fn has_same_columns<T: Real>(yesterday: Yesterday<'_, T>, solved: &RowSet<T>) -> bool {
    let mut affected = yesterday.affected.iter().enumerate();
    affected.all(|(index, &row)| solved.row(index).0 == yesterday.rows.pattern().lane(row))
}

/// Yesterday's rows with the affected ones replaced.
fn merged<T: Real>(yesterday: Yesterday<'_, T>, solved: &RowSet<T>) -> RowSet<T> {
    let order = yesterday.residuals.len();
    let mut all = RowSet::with_room(order, yesterday.rows.nnz() + solved.stored());
    let mut next = 0;
    for row in 0..order {
        if yesterday.affected.get(next) == Some(&row) {
            all.push_parts(solved.row(next), solved.residual(next));
            next += 1;
        } else {
            all.push_parts(stored_row(yesterday.rows, row), yesterday.residuals[row]);
        }
    }
    all
}
