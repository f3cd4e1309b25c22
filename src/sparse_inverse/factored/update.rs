//! The inverse of a matrix that has changed in some rows.

use std::sync::OnceLock;

use nalgebra_sparse::CsrMatrix;
use nalgebra_sparse::pattern::SparsityPattern;

use crate::descent::{Observer, Silent};
use crate::numerics::real::Real;
use crate::numerics::validation::check_shape as check_same_shape;
use crate::sparse_inverse::factored::compute::{RowFacts, computed};
use crate::sparse_inverse::factored::error::FactoredInverseError;
use crate::sparse_inverse::factored::inverse::FactoredInverse;
use crate::sparse_inverse::factored::matrix::{
    UnitDiagonal, check_shape, common_exponent, has_room,
};
use crate::sparse_inverse::factored::rows::{FactorRun, RowTask, Yesterday};
use crate::sparse_inverse::factored::sorted_rows::{RowPlaces, SortedRows};
use crate::sparse_inverse::pattern::InversePattern;

impl<T: Real, S: Real> FactoredInverse<T, S> {
    /// Makes it the factored inverse of another matrix of the same order, and returns how many rows
    /// of G were computed.
    ///
    /// A row of G depends on the rows of A in its pattern; where none of these has changed, it is
    /// kept. The others are minimised on the pattern that they have, which grows further where the row
    /// limit has room; a row whose ψᵢ/aᵢᵢ is then a tenth larger than before grows from the start
    /// again, and the better of the two stays. A pattern that is given, or that of a power, leads to
    /// the same G as a computation from the beginning. A change is seen by a sum of 64 bits over each
    /// row of A, which a random change leaves as it is once in 2⁶⁴ times.
    ///
    /// # Errors
    ///
    /// As for [`factored_inverse_by_descent`](crate::sparse_inverse::factored_inverse_by_descent),
    /// and [`InputError::ShapeMismatch`](crate::InputError::ShapeMismatch) for another order. After
    /// an error this is still the inverse of the matrix before.
    ///
    /// # Example
    ///
    /// ```
    /// use matrix_descent::sparse_inverse::{factored_inverse_by_descent, FactoredInverseConfig};
    /// use nalgebra_sparse::{CooMatrix, CsrMatrix};
    ///
    /// let chain = |first: f64| {
    ///     let mut entries = CooMatrix::new(100, 100);
    ///     entries.push(0, 0, first);
    ///     for i in 1..100 {
    ///         entries.push(i, i, 2.5);
    ///         entries.push(i, i - 1, -1.0);
    ///         entries.push(i - 1, i, -1.0);
    ///     }
    ///     CsrMatrix::from(&entries)
    /// };
    /// let mut inverse = factored_inverse_by_descent(&chain(2.5), FactoredInverseConfig::default())?;
    /// let computed = inverse.update(&chain(3.0))?;
    /// assert!(computed < 10);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn update(&mut self, matrix: &CsrMatrix<T>) -> Result<usize, FactoredInverseError<T>> {
        self.update_watched(matrix, Silent)
    }

    /// [`update`](Self::update), shown to an observer: the step is the number of rows computed again.
    ///
    /// # Errors
    ///
    /// As for [`update`](Self::update), and [`FactoredInverseError::Stopped`].
    pub fn update_watched(
        &mut self,
        matrix: &CsrMatrix<T>,
        mut observer: impl Observer<T>,
    ) -> Result<usize, FactoredInverseError<T>> {
        check_shape(matrix)?;
        let order = self.rows.count();
        let shape = (matrix.nrows(), matrix.ncols());
        check_same_shape("matrix", shape, (order, order))?;
        let facts = RowFacts::of(matrix)?;
        let unit = UnitDiagonal::new(matrix, &facts.scales);
        let mut exponent = self.exponent;
        let stale = if has_room::<S>(&facts.scales, exponent) {
            self.stale_rows(matrix, self.changed_rows(&facts))
        } else {
            exponent = common_exponent::<T, S>(&facts.scales)?;
            (0..order).collect()
        };
        let places = self.rows.places();
        let task = RowTask {
            matrix: unit,
            pattern: &self.pattern,
            tolerance: self.tolerance,
            exponent,
            before: Some(Yesterday {
                rows: &self.rows,
                places: &places,
                scales: &self.scales,
                exponent: self.exponent,
            }),
        };
        let runs = computed(&task, stale.len(), |index| stale[index], &mut observer)?;
        self.replace(&stale, &runs, &places);
        if !stale.is_empty() {
            self.transposed = OnceLock::new();
        }
        self.exponent = exponent;
        self.scales = facts.scales;
        self.fingerprints = facts.fingerprints;
        Ok(stale.len())
    }

    /// Whether each row of A has changed.
    fn changed_rows(&self, facts: &RowFacts) -> Vec<bool> {
        let pairs = self.fingerprints.iter().zip(&facts.fingerprints);
        pairs.map(|(before, now)| before != now).collect()
    }

    /// The rows of G that a change of these rows of A reaches, in ascending order.
    fn stale_rows(&self, matrix: &CsrMatrix<T>, mut changed: Vec<bool>) -> Vec<usize> {
        if let InversePattern::Power(power @ 2..) = &self.pattern {
            // The pattern itself may change by so many steps further.
            spread(matrix.pattern(), power - 1, &mut changed);
        }
        let is_stale = |columns: &[u32]| columns.iter().any(|&column| changed[column as usize]);
        let rows = self.rows.iter().filter(|(_, columns, _)| is_stale(columns));
        let mut stale: Vec<usize> = rows.map(|(row, ..)| row as usize).collect();
        stale.sort_unstable();
        stale
    }

    /// Puts computed rows in the place of those before.
    fn replace(&mut self, stale: &[usize], runs: &[FactorRun<S>], places: &RowPlaces) {
        let new = || stale.iter().zip(runs.iter().flat_map(FactorRun::rows));
        if new().all(|(&row, (columns, _))| columns.len() == places.range(row).len()) {
            for (&row, (columns, values)) in new() {
                let range = places.range(row);
                self.rows.columns[range.clone()].copy_from_slice(columns);
                self.rows.values[range].copy_from_slice(values);
            }
            return;
        }
        let mut entries = self.rows.stored();
        for (&row, (columns, _)) in new() {
            entries = entries + columns.len() - places.range(row).len();
        }
        let mut replaced = new().peekable();
        let rows =
            (0..self.rows.count()).map(|row| match replaced.next_if(|(index, _)| **index == row) {
                Some((_, new)) => new,
                None => {
                    let range = places.range(row);
                    let columns = &self.rows.columns[range.clone()];
                    (columns, &self.rows.values[range])
                }
            });
        self.rows = SortedRows::new(entries, self.rows.count(), rows);
    }
}

/// Marks the rows from which a path of at most `steps` stored entries leads to a marked one.
fn spread(pattern: &SparsityPattern, steps: usize, is_marked: &mut [bool]) {
    let marked = is_marked.iter().enumerate();
    let mut border: Vec<usize> = marked.filter(|(_, is)| **is).map(|(row, _)| row).collect();
    if border.is_empty() {
        return;
    }
    let sources = pattern.transpose();
    let mut next = Vec::new();
    for _ in 0..steps {
        if border.is_empty() {
            return;
        }
        for &row in &border {
            for &source in sources.lane(row) {
                if !is_marked[source] {
                    is_marked[source] = true;
                    next.push(source);
                }
            }
        }
        border.clear();
        std::mem::swap(&mut border, &mut next);
    }
}
