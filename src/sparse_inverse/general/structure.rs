//! The largest rank that the places of the nonzero entries allow.

use std::collections::VecDeque;

use nalgebra_sparse::CsrMatrix;

use crate::numerics::real::Real;

/// The mate of a row or column that has none.
const NONE: usize = usize::MAX;

/// The most entries of a square matrix of which no two share a row or column, nonzero ones only.
///
/// Those on the diagonal are taken first; what is left takes O(√n) passes over the entries
/// (Hopcroft and Karp, "An n^(5/2) algorithm for maximum matchings in bipartite graphs", 1973).
pub(super) fn structural_rank<T: Real>(matrix: &CsrMatrix<T>) -> usize {
    let mut matching = Matching::along_diagonal(matrix);
    matching.take_free_columns();
    while matching.free_rows > 0 && matching.find_layers() && matching.augment() {}
    matrix.nrows() - matching.free_rows
}

struct Matching<'a, T> {
    offsets: &'a [usize],
    columns: &'a [usize],
    values: &'a [T],
    column_of: Vec<usize>,
    row_of: Vec<usize>,
    free_rows: usize,
    /// The length of the shortest alternating path from a free row, in rows.
    layers: Vec<usize>,
    /// The entry of each row that is tried next.
    next: Vec<usize>,
}

impl<'a, T: Real> Matching<'a, T> {
    fn along_diagonal(matrix: &'a CsrMatrix<T>) -> Self {
        let (offsets, columns, values) = matrix.csr_data();
        let order = matrix.nrows();
        let mut matching = Self {
            offsets,
            columns,
            values,
            column_of: vec![NONE; order],
            row_of: vec![NONE; order],
            free_rows: order,
            layers: Vec::new(),
            next: Vec::new(),
        };
        for row in 0..order {
            let start = offsets[row];
            let found = columns[start..offsets[row + 1]].binary_search(&row);
            if found.is_ok_and(|place| values[start + place] != T::zero()) {
                matching.join(row, row);
                matching.free_rows -= 1;
            }
        }
        matching
    }

    fn join(&mut self, row: usize, column: usize) {
        self.column_of[row] = column;
        self.row_of[column] = row;
    }

    fn take_free_columns(&mut self) {
        for row in 0..self.column_of.len() {
            if self.column_of[row] != NONE {
                continue;
            }
            let mut entries = self.offsets[row]..self.offsets[row + 1];
            let free = entries.find(|&entry| {
                self.values[entry] != T::zero() && self.row_of[self.columns[entry]] == NONE
            });
            if let Some(entry) = free {
                self.join(row, self.columns[entry]);
                self.free_rows -= 1;
            }
        }
    }

    /// The layers of the rows; whether a path leads to a free column.
    fn find_layers(&mut self) -> bool {
        self.layers.clear();
        self.layers.resize(self.column_of.len(), NONE);
        let mut open = VecDeque::new();
        for (row, &column) in self.column_of.iter().enumerate() {
            if column == NONE {
                self.layers[row] = 0;
                open.push_back(row);
            }
        }
        let mut is_found = false;
        while let Some(row) = open.pop_front() {
            for entry in self.offsets[row]..self.offsets[row + 1] {
                if self.values[entry] == T::zero() {
                    continue;
                }
                let mate = self.row_of[self.columns[entry]];
                if mate == NONE {
                    is_found = true;
                } else if self.layers[mate] == NONE {
                    self.layers[mate] = self.layers[row] + 1;
                    open.push_back(mate);
                }
            }
        }
        is_found
    }

    /// Exchanges along paths from layer to layer, as many as are found; whether there was one.
    fn augment(&mut self) -> bool {
        let before = self.free_rows;
        self.next.clear();
        self.next
            .extend_from_slice(&self.offsets[..self.column_of.len()]);
        let mut path = Vec::new();
        for start in 0..self.column_of.len() {
            if self.column_of[start] == NONE && self.find_path(start, &mut path) {
                for &(row, column) in &path {
                    self.join(row, column);
                }
                self.free_rows -= 1;
            }
        }
        self.free_rows < before
    }

    /// A path of pairs of row and column, from a free row to a free column, layer by layer.
    fn find_path(&mut self, start: usize, path: &mut Vec<(usize, usize)>) -> bool {
        path.clear();
        let mut row = start;
        loop {
            let entry = self.next[row];
            if entry == self.offsets[row + 1] {
                // Nothing is left to try from here.
                let Some((before, _)) = path.pop() else {
                    return false;
                };
                row = before;
                continue;
            }
            self.next[row] += 1;
            if self.values[entry] == T::zero() {
                continue;
            }
            let column = self.columns[entry];
            let mate = self.row_of[column];
            if mate == NONE {
                path.push((row, column));
                return true;
            }
            if self.layers[mate] == self.layers[row] + 1 {
                path.push((row, column));
                row = mate;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;
    use nalgebra_sparse::CsrMatrix;

    use super::structural_rank;

    /// The largest number of entries without a common row or column, by trying all.
    fn by_trying(matrix: &DMatrix<f64>, row: usize, used: usize) -> usize {
        let n = matrix.nrows();
        if row == n {
            return used.count_ones() as usize;
        }
        let free = (0..n).filter(|&j| matrix[(row, j)] != 0.0 && used & (1 << j) == 0);
        let with_row = free.map(|j| by_trying(matrix, row + 1, used | (1 << j)));
        with_row
            .max()
            .unwrap_or(0)
            .max(by_trying(matrix, row + 1, used))
    }

    #[test]
    fn the_rank_is_that_of_the_best_choice_of_entries() {
        let mut ranks = [0; 7];
        for case in 0_usize..400 {
            let n = 1 + case % 6;
            let place = |i: usize, j: usize| (case * 31 + i * 7 + j * 3 + i * j * case) % 11;
            let dense = DMatrix::from_fn(n, n, |i, j| if place(i, j) < 3 { 1.0 } else { 0.0 });
            let expected = by_trying(&dense, 0, 0);
            assert_eq!(
                structural_rank(&CsrMatrix::from(&dense)),
                expected,
                "{dense}"
            );
            ranks[expected] += 1;
        }
        assert!(ranks[1..].iter().all(|&count| count > 0), "{ranks:?}");
    }

    #[test]
    fn long_paths_are_found_and_stored_zeros_do_not_count() {
        // Upper bidiagonal with a zero in the corner: one path through all rows.
        let n = 300;
        let mut dense = DMatrix::from_fn(n, n, |i, j| if j == i || j == i + 1 { 1.0 } else { 0.0 });
        dense[(n - 1, n - 1)] = 0.0;
        dense[(n - 1, 0)] = 1.0;
        let sparse = CsrMatrix::from(&dense);
        assert_eq!(structural_rank(&sparse), n);
        let mut with_zero = sparse;
        for value in with_zero.row_mut(n - 1).values_mut() {
            *value = 0.0;
        }
        assert_eq!(structural_rank(&with_zero), n - 1);
    }
}
