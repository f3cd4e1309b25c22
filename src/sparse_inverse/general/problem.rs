//! The matrix as the rows of its inverse see it: its rows, its columns, and the scale of each row.

use std::borrow::Cow;
use std::sync::OnceLock;

use nalgebra_sparse::CsrMatrix;

use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::objective::Side;
use crate::sparse_inverse::general::error::SparseInverseError;
use crate::sparse_inverse::general::structure::structural_rank;

/// The most rows that a column is searched for. In longer columns only those count that have the
/// largest part of their length in it, so that a full column does not make the work quadratic.
const MOST_ROWS_OF_COLUMN: usize = 1000;

/// Powers of two with larger exponents have no reciprocal that is a normal number.
const LARGEST_EXPONENT: i32 = 1000;

/// A = M for X·M = I, A = Mᵀ for M·X = I, whose rows of X are then those of Xᵀ.
#[derive(Debug)]
pub(super) struct Problem<'a, T: Real> {
    rows: Cow<'a, CsrMatrix<T>>,
    scales: Vec<RowScale>,
    columns: OnceLock<Columns>,
}

/// What a row of A is scaled by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RowScale {
    /// A power of two by which the largest entry is about 1.
    factor: f64,
    /// 1/‖row‖² of the scaled row.
    weight: f64,
}

impl RowScale {
    pub(super) fn of<T: Real>(values: &[T]) -> Self {
        let magnitudes = values.iter().map(|value| value.to_f64().abs());
        let exponent = magnitudes.fold(0.0, f64::max).binary_exponent();
        let exponent = exponent
            .unwrap_or(0)
            .clamp(-LARGEST_EXPONENT, LARGEST_EXPONENT);
        let factor = 1.0.scale_by_power_of_two(-exponent);
        let squares = values.iter().map(|value| {
            let scaled = value.to_f64() * factor;
            scaled * scaled
        });
        Self {
            factor,
            weight: 1.0 / squares.sum::<f64>(),
        }
    }
}

/// The scaled columns of A.
#[derive(Debug)]
struct Columns {
    offsets: Vec<usize>,
    rows: Vec<usize>,
    values: Vec<f64>,
    /// Whether a column was longer than what is kept of it.
    is_cut: Vec<bool>,
}

/// Some rows of a column of A.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    pub(super) rows: &'a [usize],
    /// Scaled.
    pub(super) values: &'a [f64],
    /// Whether there are more rows.
    pub(super) is_cut: bool,
}

impl<'a, T: Real> Problem<'a, T> {
    /// Checks M on the way: square, finite, and with a chance to be invertible.
    pub(super) fn new(matrix: &'a CsrMatrix<T>, side: Side) -> Result<Self, SparseInverseError<T>> {
        check_matrix(matrix)?;
        let rows = match side {
            Side::Left => Cow::Borrowed(matrix),
            Side::Right => Cow::Owned(matrix.transpose()),
            Side::Both => return Err(SparseInverseError::BothSides),
        };
        let (offsets, _, values) = rows.csr_data();
        let lanes = offsets.windows(2).map(|ends| &values[ends[0]..ends[1]]);
        let scales = lanes.map(RowScale::of).collect();
        Ok(Self {
            rows,
            scales,
            columns: OnceLock::new(),
        })
    }

    /// For an A that passed all checks.
    pub(super) fn of_checked(rows: Cow<'a, CsrMatrix<T>>, scales: Vec<RowScale>) -> Self {
        Self {
            rows,
            scales,
            columns: OnceLock::new(),
        }
    }

    /// A and its scales.
    pub(super) fn into_parts(self) -> (Cow<'a, CsrMatrix<T>>, Vec<RowScale>) {
        (self.rows, self.scales)
    }

    pub(super) fn order(&self) -> usize {
        self.scales.len()
    }

    /// The stored entries of A.
    pub(super) fn stored(&self) -> usize {
        self.rows.nnz()
    }

    /// The columns and values of a row of A.
    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> (&[usize], &[T]) {
        let (offsets, columns, values) = self.rows.csr_data();
        let range = offsets[row]..offsets[row + 1];
        (&columns[range.clone()], &values[range])
    }

    /// The power of two that scales a row.
    #[inline(always)]
    pub(super) fn factor(&self, row: usize) -> f64 {
        self.scales[row].factor
    }

    /// 1/‖row‖² of a scaled row.
    #[inline(always)]
    pub(super) fn weight(&self, row: usize) -> f64 {
        self.scales[row].weight
    }

    /// An entry of A, scaled with its row; 0 if it is not stored.
    pub(super) fn scaled_entry(&self, row: usize, column: usize) -> f64 {
        let (columns, values) = self.row(row);
        let found = columns.binary_search(&column);
        found.map_or(0.0, |place| {
            values[place].to_f64() * self.scales[row].factor
        })
    }

    /// A column of A, scaled by rows.
    #[inline(always)]
    pub(super) fn column(&self, column: usize) -> Column<'_> {
        let columns = self.columns.get_or_init(|| self.transposed());
        let range = columns.offsets[column]..columns.offsets[column + 1];
        Column {
            rows: &columns.rows[range.clone()],
            values: &columns.values[range],
            is_cut: columns.is_cut[column],
        }
    }

    fn transposed(&self) -> Columns {
        let order = self.order();
        let mut counts = vec![0; order + 1];
        for &column in self.rows.col_indices() {
            counts[column + 1] += 1;
        }
        let is_cut: Vec<bool> = counts[1..]
            .iter()
            .map(|&c| c > MOST_ROWS_OF_COLUMN)
            .collect();
        for column in 0..order {
            counts[column + 1] += counts[column];
        }
        let mut next = counts.clone();
        let mut rows = vec![0; self.stored()];
        let mut values = vec![0.0; self.stored()];
        for row in 0..order {
            let (columns, of_row) = self.row(row);
            for (&column, value) in columns.iter().zip(of_row) {
                let place = next[column];
                next[column] += 1;
                rows[place] = row;
                values[place] = value.to_f64() * self.scales[row].factor;
            }
        }
        let mut all = Columns {
            offsets: counts,
            rows,
            values,
            is_cut,
        };
        if all.is_cut.contains(&true) {
            self.cut(&mut all);
        }
        all
    }

    /// Keeps of long columns the rows with the largest part of their length in it.
    fn cut(&self, columns: &mut Columns) {
        let mut order: Vec<usize> = Vec::new();
        let mut kept = 0;
        for column in 0..columns.is_cut.len() {
            let range = columns.offsets[column]..columns.offsets[column + 1];
            order.clear();
            order.extend(range);
            if columns.is_cut[column] {
                let part = |place: &usize| {
                    let value = columns.values[*place];
                    -value * value * self.scales[columns.rows[*place]].weight
                };
                order.select_nth_unstable_by(MOST_ROWS_OF_COLUMN - 1, |a, b| {
                    part(a).total_cmp(&part(b)).then(a.cmp(b))
                });
                order.truncate(MOST_ROWS_OF_COLUMN);
                order.sort_unstable();
            }
            columns.offsets[column] = kept;
            for &place in &order {
                columns.rows[kept] = columns.rows[place];
                columns.values[kept] = columns.values[place];
                kept += 1;
            }
        }
        if let Some(end) = columns.offsets.last_mut() {
            *end = kept;
        }
        columns.rows.truncate(kept);
        columns.values.truncate(kept);
    }
}

/// Accepts a square matrix of finite entries that is invertible for some values of its nonzero ones.
fn check_matrix<T: Real>(matrix: &CsrMatrix<T>) -> Result<(), SparseInverseError<T>> {
    matrix.validate("matrix")?;
    let (rows, columns) = (matrix.nrows(), matrix.ncols());
    if rows != columns {
        return Err(SparseInverseError::Input(InputError::NotSquare {
            argument: "matrix",
            rows,
            columns,
        }));
    }
    let mut is_row_zero = vec![true; rows];
    let mut is_column_zero = vec![true; rows];
    for (row, column, &value) in matrix.triplet_iter() {
        if value != T::zero() {
            is_row_zero[row] = false;
            is_column_zero[column] = false;
        }
    }
    if let Some(row) = is_row_zero.iter().position(|&is_zero| is_zero) {
        return Err(SparseInverseError::ZeroRow { row });
    }
    if let Some(column) = is_column_zero.iter().position(|&is_zero| is_zero) {
        return Err(SparseInverseError::ZeroColumn { column });
    }
    let rank = structural_rank(matrix);
    if rank < rows {
        return Err(SparseInverseError::StructurallySingular { rank, order: rows });
    }
    Ok(())
}
