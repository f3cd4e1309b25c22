//! The scaling for matrices whose large entries hide the ones that matter.

use nalgebra::DMatrix;

use crate::numerics::real::Real;

/// A cost that no sum of costs of entries reaches; it stands for a zero entry.
const NO_ENTRY: i64 = 1 << 40;

/// Exponents rᵢ, cⱼ with |mᵢⱼ|·2^(rᵢ + cⱼ) < 2 for all entries and ≥ 1 along the permutation with
/// the largest product; none if each permutation contains a zero, so that the matrix is singular.
///
/// They are the potentials of an assignment problem in the exponents of the entries (Olschowka and
/// Neumaier, "A new pivoting strategy for Gaussian elimination", 1996), solved by shortest
/// augmenting paths in O(n³) (Kuhn, "The Hungarian method for the assignment problem", 1955).
pub(crate) fn exponents_by_max_product<T: Real>(
    matrix: &DMatrix<T>,
) -> Option<(Vec<i32>, Vec<i32>)> {
    let cost = |value: &T| match value.binary_exponent() {
        Some(exponent) => -i64::from(exponent),
        None => NO_ENTRY,
    };
    let n = matrix.nrows();
    // By rows, as the assignment reads them.
    let costs: Vec<i64> = matrix.transpose().iter().map(cost).collect();
    let mut assignment = Assignment::new(n);
    for row in 0..n {
        assignment.add_row(row, &costs);
    }
    let total: i64 = (0..n).map(|j| costs[assignment.row_of[j] * n + j]).sum();
    if total >= NO_ENTRY / 2 {
        return None;
    }
    // uᵢ + vⱼ ≤ costᵢⱼ = −exponent, with equality along the permutation.
    let exponents = |potentials: &[i64]| potentials.iter().map(|&p| p as i32).collect();
    Some((exponents(&assignment.rows), exponents(&assignment.columns)))
}

/// A cheapest assignment of rows to columns, grown row by row, with its potentials.
struct Assignment {
    rows: Vec<i64>,
    columns: Vec<i64>,
    /// The row of each column, or `FREE`.
    row_of: Vec<usize>,
}

const FREE: usize = usize::MAX;

impl Assignment {
    fn new(n: usize) -> Self {
        Self {
            rows: vec![0; n],
            columns: vec![0; n],
            row_of: vec![FREE; n],
        }
    }

    /// Assigns one more row, along the shortest path that ends in a free column.
    fn add_row(&mut self, row: usize, costs: &[i64]) {
        let n = self.rows.len();
        let mut distance = vec![i64::MAX; n];
        let mut previous = vec![FREE; n];
        let mut is_done = vec![false; n];
        let (mut current_row, mut current_column) = (row, FREE);
        loop {
            let (mut nearest, mut gap) = (0, i64::MAX);
            let costs_of_row = &costs[current_row * n..][..n];
            for column in (0..n).filter(|&column| !is_done[column]) {
                let reduced = costs_of_row[column] - self.rows[current_row] - self.columns[column];
                if reduced < distance[column] {
                    distance[column] = reduced;
                    previous[column] = current_column;
                }
                if distance[column] < gap {
                    (nearest, gap) = (column, distance[column]);
                }
            }
            self.shift_potentials(row, gap, &is_done, &mut distance);
            is_done[nearest] = true;
            current_column = nearest;
            current_row = self.row_of[nearest];
            if current_row == FREE {
                break;
            }
        }
        while previous[current_column] != FREE {
            self.row_of[current_column] = self.row_of[previous[current_column]];
            current_column = previous[current_column];
        }
        self.row_of[current_column] = row;
    }

    /// Moves the potentials so that the nearest column is reached at no cost.
    fn shift_potentials(&mut self, row: usize, gap: i64, is_done: &[bool], distance: &mut [i64]) {
        self.rows[row] += gap;
        for column in 0..is_done.len() {
            if is_done[column] {
                self.rows[self.row_of[column]] += gap;
                self.columns[column] -= gap;
            } else {
                distance[column] -= gap;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::exponents_by_max_product;
    use crate::numerics::real::Real;

    #[test]
    fn the_largest_product_becomes_one_and_nothing_is_larger() {
        let wave = |i: usize, j: usize| ((i * 7 + j * j * 3) as f64).sin();
        for n in 1..12 {
            let m = DMatrix::from_fn(n, n, |i, j| 10_f64.powf(20.0 * wave(i, j)));
            let (rows, columns) = exponents_by_max_product(&m).expect("no entry is zero");
            let scaled = DMatrix::from_fn(n, n, |i, j| {
                m[(i, j)].scale_by_power_of_two(rows[i] + columns[j])
            });
            assert!(scaled.iter().all(|&entry| entry < 2.0), "{scaled}");
            let rows_with_large = scaled.row_iter().filter(|row| row.max() >= 1.0);
            assert_eq!(rows_with_large.count(), n);
            let columns_with_large = scaled.column_iter().filter(|column| column.max() >= 1.0);
            assert_eq!(columns_with_large.count(), n);
        }
    }

    #[test]
    fn a_structurally_singular_matrix_has_no_scaling() {
        assert!(exponents_by_max_product(&dmatrix![1.0, 2.0; 0.0, 0.0]).is_none());
        let shared = dmatrix![1.0, 0.0, 0.0; 5.0, 0.0, 0.0; 1.0, 2.0, 3.0];
        assert!(exponents_by_max_product(&shared).is_none());
    }
}
