//! Rows of an inverse, as they are computed and kept.

use nalgebra_sparse::CsrMatrix;

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::sparse_inverse::general::row::RowResidual;
use crate::sparse_inverse::row_runs::RowRun;

/// Some sparse rows in order, with their residuals.
#[derive(Clone, Debug)]
pub(super) struct RowSet<T> {
    /// Where each row begins, and the end of the last.
    offsets: Vec<usize>,
    columns: Vec<usize>,
    values: Vec<T>,
    residuals: Vec<RowResidual>,
}

impl<T: Real> RowSet<T> {
    /// With room for so many rows and entries.
    pub(super) fn with_room(rows: usize, entries: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self {
            offsets,
            columns: Vec::with_capacity(entries),
            values: Vec::with_capacity(entries),
            residuals: Vec::with_capacity(rows),
        }
    }

    /// All rows of several sets.
    pub(super) fn joined(sets: Vec<Self>) -> Self {
        let rows = sets.iter().map(|set| set.residuals.len()).sum();
        let entries = sets.iter().map(|set| set.columns.len()).sum();
        let mut all = Self::with_room(rows, entries);
        for set in sets {
            let before = all.columns.len();
            all.offsets
                .extend(set.offsets[1..].iter().map(|offset| before + offset));
            all.columns.extend_from_slice(&set.columns);
            all.values.extend_from_slice(&set.values);
            all.residuals.extend_from_slice(&set.residuals);
        }
        all
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: &[(usize, T)], residual: RowResidual) {
        self.columns.extend(row.iter().map(|&(column, _)| column));
        self.values.extend(row.iter().map(|&(_, value)| value));
        self.offsets.push(self.columns.len());
        self.residuals.push(residual);
    }

    pub(super) fn row(&self, row: usize) -> (&[usize], &[T]) {
        let range = self.offsets[row]..self.offsets[row + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    pub(super) fn residual(&self, row: usize) -> RowResidual {
        self.residuals[row]
    }

    /// The number of entries.
    pub(super) fn stored(&self) -> usize {
        self.columns.len()
    }

    /// Adds a row by its columns and values.
    pub(super) fn push_parts(
        &mut self,
        (columns, values): (&[usize], &[T]),
        residual: RowResidual,
    ) {
        self.columns.extend_from_slice(columns);
        self.values.extend_from_slice(values);
        self.offsets.push(self.columns.len());
        self.residuals.push(residual);
    }

    /// As a square matrix.
    pub(super) fn into_matrix(self) -> Result<(CsrMatrix<T>, Vec<RowResidual>), InputError<T>> {
        let order = self.residuals.len();
        let (offsets, columns, values) = (self.offsets, self.columns, self.values);
        let matrix = CsrMatrix::try_from_csr_data(order, order, offsets, columns, values);
        // Rows in order and indices below n are never refused.
        let refused = |_| InputError::IndexOutOfRange {
            index: order,
            order,
        };
        Ok((matrix.map_err(refused)?, self.residuals))
    }
}

impl<T: Real> RowRun for RowSet<T> {
    fn loss(&self) -> f64 {
        let squares = self.residuals.iter().map(|r| r.norm * r.norm);
        squares.sum()
    }
}
