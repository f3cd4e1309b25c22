//! Least squares with rows of any sizes, of which none hides another.

use nalgebra::{DMatrix, DVector};

use crate::numerics::real::Real;

/// What rounding leaves of an entry that is 0, in ε of the largest in its row and for each column.
const ROUNDING: f64 = 64.0;

/// Equations A·x = b, to be met in the sense of least squares.
#[derive(Clone, Debug)]
pub(super) struct Equations<T: Real> {
    pub(super) matrix: DMatrix<T>,
    pub(super) values: DVector<T>,
}

impl<T: Real> Equations<T> {
    /// As many equations as A has rank, with the same ‖A·x − b‖² for each x but for a constant.
    ///
    /// By reflections, with columns exchanged and the largest row of a column on top, errors in each
    /// row are as small as its own size (Powell and Reid, "On applying Householder transformations to
    /// linear least squares problems", 1969). What is left of a row by rounding counts as 0.
    pub(super) fn reduced(mut self) -> Self {
        let (rows, columns) = self.matrix.shape();
        let room = <T as Real>::from_f64(ROUNDING) * T::EPSILON * T::from_count(columns);
        let mut noise: Vec<T> = self
            .matrix
            .row_iter()
            .map(|row| row.amax() * room)
            .collect();
        let mut open: Vec<usize> = (0..columns).collect();
        let mut rank = 0;
        while rank < rows.min(columns) {
            self.clear_noise(&noise, rank);
            let Some((at, length)) = self.longest(&open, rank) else {
                break;
            };
            let column = open.swap_remove(at);
            let top = self.matrix.column(column).rows_range(rank..).icamax() + rank;
            self.matrix.swap_rows(rank, top);
            self.values.swap_rows(rank, top);
            noise.swap(rank, top);
            self.reflect(column, &open, rank, length);
            rank += 1;
        }
        Self {
            matrix: self.matrix.rows(0, rank).into_owned(),
            values: self.values.rows(0, rank).into_owned(),
        }
    }

    fn clear_noise(&mut self, noise: &[T], first: usize) {
        for (mut row, &noise) in self.matrix.row_iter_mut().zip(noise).skip(first) {
            if row.amax() <= noise {
                row.fill(T::zero());
            }
        }
    }

    /// The place of the open column that is longest from row `first` on, and its length; `None` if
    /// all are 0.
    fn longest(&self, open: &[usize], first: usize) -> Option<(usize, T)> {
        let mut found = None;
        for (at, &column) in open.iter().enumerate() {
            let length = length(self.matrix.column(column).rows_range(first..).as_slice());
            let most = found.map_or(T::zero(), |(_, most)| most);
            if length > most {
                found = Some((at, length));
            }
        }
        found
    }

    /// Turns `column` from row `first` on, of this length, onto its first entry, and the others with
    /// it.
    fn reflect(&mut self, column: usize, others: &[usize], first: usize, length: T) {
        let mut normal = self.matrix.column(column).rows_range(first..) / length;
        let sign = if normal[0] < T::zero() {
            -T::one()
        } else {
            T::one()
        };
        normal[0] += sign;
        let half_square = sign * normal[0];
        let turn = |entries: &mut [T]| {
            let products = entries.iter().zip(normal.iter());
            let product = products.fold(T::zero(), |sum, (&x, &n)| sum + x * n);
            let share = product / half_square;
            for (entry, &of_normal) in entries.iter_mut().zip(normal.iter()) {
                *entry -= share * of_normal;
            }
        };
        for &other in others {
            turn(&mut self.matrix.column_mut(other).as_mut_slice()[first..]);
        }
        turn(&mut self.values.as_mut_slice()[first..]);
        self.matrix
            .column_mut(column)
            .rows_range_mut(first..)
            .fill(T::zero());
        self.matrix[(first, column)] = -sign * length;
    }

    /// With `root`·x = 0 as well, which adds `root`²·‖x‖² to the squares.
    pub(super) fn with_ridge(&self, root: T) -> Self {
        let (rows, columns) = self.matrix.shape();
        let mut matrix = self
            .matrix
            .clone()
            .resize_vertically(rows + columns, T::zero());
        (0..columns).for_each(|at| matrix[(rows + at, at)] = root);
        let values = self
            .values
            .clone()
            .resize_vertically(rows + columns, T::zero());
        Self { matrix, values }
    }

    /// The same for these columns, where the other unknowns are 0.
    pub(super) fn of_columns(&self, columns: &[usize]) -> Self {
        Self {
            matrix: self.matrix.select_columns(columns),
            values: self.values.clone(),
        }
    }

    /// The smallest x that meets independent equations, the heaviest of them first: the sum of what
    /// each adds along the part of its row that is perpendicular to the rows before.
    pub(super) fn smallest_solution(&self) -> DVector<T> {
        let mut solution = DVector::zeros(self.matrix.ncols());
        let mut directions: Vec<DVector<T>> = Vec::with_capacity(self.matrix.nrows());
        for (row, &value) in self.matrix.row_iter().zip(self.values.iter()) {
            let mut rest = row.transpose();
            let own = length(rest.as_slice());
            if own <= T::zero() {
                continue;
            }
            rest /= own;
            let missing = value / own - rest.dot(&solution);
            // The second time removes what rounding left of the first.
            for _ in 0..2 {
                for direction in &directions {
                    let along = direction.dot(&rest);
                    rest.axpy(-along, direction, T::one());
                }
            }
            let left = rest.norm();
            if left > T::zero() {
                rest /= left;
                solution.axpy(missing / left, &rest, T::one());
                directions.push(rest);
            }
        }
        solution
    }
}

/// ‖x‖, whatever its range.
fn length<T: Real>(values: &[T]) -> T {
    let largest = values
        .iter()
        .fold(T::zero(), |most, value| most.max(value.abs()));
    if !(largest > T::zero() && largest.is_finite()) {
        return largest;
    }
    let squares = values
        .iter()
        .map(|&value| (value / largest) * (value / largest));
    largest * squares.fold(T::zero(), |sum, square| sum + square).sqrt()
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector, dmatrix, dvector};

    use super::{Equations, length};

    /// The heavy rows say the same thing twice, and the light ones the rest.
    #[test]
    fn light_equations_are_met_beside_heavy_ones() {
        for heavy in [1.0, 1e8, 1e30, 1e150] {
            let mut matrix = dmatrix![
                1.0, 2.0, 3.0;
                0.3, 0.6, 0.9;
                1.0, 0.0, 1.0;
                0.0, 2.0, -1.0;
                1.0, 1.0, 1.0
            ];
            matrix.rows_mut(0, 2).scale_mut(heavy);
            let expected = dvector![1.5, -0.25, 2.0];
            let values = &matrix * &expected;
            let reduced = Equations { matrix, values }.reduced();
            assert_eq!(reduced.matrix.nrows(), 3, "{heavy:e}");
            let error = (reduced.smallest_solution() - &expected).norm();
            assert!(error < 1e-14, "{heavy:e}: {error:e}");
        }
    }

    #[test]
    fn nothing_and_less_is_solved_by_zeros() {
        for (rows, columns) in [(0, 3), (2, 3), (4, 1)] {
            let equations = Equations {
                matrix: DMatrix::<f64>::zeros(rows, columns),
                values: DVector::from_element(rows, 1.0),
            };
            let reduced = equations.reduced();
            assert_eq!(reduced.matrix.shape(), (0, columns));
            assert_eq!(reduced.smallest_solution(), DVector::zeros(columns));
        }
    }

    /// x = a/(a² + λ) for one unknown.
    #[test]
    fn a_ridge_adds_its_square() {
        let equations = Equations {
            matrix: dmatrix![3.0],
            values: dvector![1.0],
        };
        let x = equations.with_ridge(2.0).reduced().smallest_solution();
        assert!((x[0] - 3.0_f64 / 13.0).abs() < 1e-16);
    }

    #[test]
    fn lengths_are_those_of_any_range() {
        for size in [1e-300, 1.0, 1e300] {
            assert!((length(&[3.0 * size, -4.0 * size]) / size - 5.0_f64).abs() < 1e-14);
        }
        assert_eq!(length(&[0.0_f32, 0.0]), 0.0);
        assert_eq!(length::<f64>(&[]), 0.0);
    }
}
