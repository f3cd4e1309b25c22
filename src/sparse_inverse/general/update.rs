//! The inverse of a matrix that changes.

use std::borrow::Cow;

use nalgebra_sparse::CsrMatrix;

use crate::descent::{Observer, Silent};
use crate::numerics::real::Real;
use crate::numerics::validation::check_shape;
use crate::objective::Side;
use crate::sparse_inverse::general::compute::{RowSolver, Yesterday};
use crate::sparse_inverse::general::error::SparseInverseError;
use crate::sparse_inverse::general::problem::Problem;
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
    /// than before grows from the start again.
    ///
    /// So a given pattern and a power give the same bits as a new inverse.
    ///
    /// # Errors
    ///
    /// As for [`sparse_inverse_by_descent`](crate::sparse_inverse::sparse_inverse_by_descent), and
    /// [`InputError::ShapeMismatch`](crate::InputError::ShapeMismatch) for another order. X stays as
    /// it was.
    pub fn update(
        &mut self,
        matrix: &CsrMatrix<T>,
    ) -> Result<RowsUpdated, SparseInverseError<T>> {
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
        let expected = (self.matrix().nrows(), self.matrix().ncols());
        check_shape("matrix", shape, expected)?;
        let settings = self.settings();
        let problem = Problem::new(matrix, settings.side)?;
        let (rows, before) = match settings.side {
            Side::Right => (
                Cow::Owned(self.inverse().transpose()),
                Cow::Owned(self.matrix().transpose()),
            ),
            _ => (Cow::Borrowed(self.inverse()), Cow::Borrowed(self.matrix())),
        };
        let affected = affected_rows(&problem, &before, &rows);
        let updated = RowsUpdated {
            kept: problem.order() - affected.len(),
            solved: affected.len(),
        };
        let yesterday = RowSet::of_matrix(rows.into_owned(), self.residuals().to_vec());
        let task = Yesterday {
            rows: &yesterday,
            affected: &affected,
        };
        let solved = RowSolver::new(&problem, settings).again(&task, &mut observer)?;
        let all = merged(&yesterday, &solved, &affected);
        *self = Self::new(matrix.clone(), all, settings.clone())?;
        Ok(updated)
    }
}

/// The rows of X that have an entry for a row of A that has changed.
fn affected_rows<T: Real>(
    problem: &Problem<'_, T>,
    before: &CsrMatrix<T>,
    rows: &CsrMatrix<T>,
) -> Vec<usize> {
    let (offsets, columns, values) = before.csr_data();
    let is_changed = |row: usize| {
        let range = offsets[row]..offsets[row + 1];
        problem.row(row) != (&columns[range.clone()], &values[range])
    };
    let changed: Vec<bool> = (0..problem.order()).map(is_changed).collect();
    let (offsets, columns, _) = rows.csr_data();
    let is_affected = |&row: &usize| {
        let pattern = &columns[offsets[row]..offsets[row + 1]];
        // A row without entries may gain some.
        pattern.is_empty() || pattern.iter().any(|&column| changed[column])
    };
    (0..problem.order()).filter(is_affected).collect()
}

/// Yesterday's rows with the affected ones replaced.
fn merged<T: Real>(yesterday: &RowSet<T>, solved: &RowSet<T>, affected: &[usize]) -> RowSet<T> {
    let order = yesterday.residuals().len();
    let mut all = RowSet::with_room(order, yesterday.entries() + solved.entries());
    let mut next = 0;
    for row in 0..order {
        if affected.get(next) == Some(&row) {
            all.push_from(solved, next);
            next += 1;
        } else {
            all.push_from(yesterday, row);
        }
    }
    all
}
