//! The known entries of a matrix.

mod compressed;
mod error;
#[cfg(feature = "serde")]
mod saved;
#[cfg(feature = "sparse")]
mod sparse;

pub(in crate::completion) use compressed::{Compressed, Lane};
pub use error::ObservationError;

use nalgebra::DMatrix;

use crate::numerics::real::Real;
use crate::numerics::validation::{check_not_empty, check_shape};

/// The known entries of an m×n matrix, each with a weight: what
/// [`complete_by_descent`](crate::completion::complete_by_descent) fits.
///
/// They are stored twice, by rows and by columns: 24 bytes an entry in `f64`, 16 in `f32`, and twice a
/// number more if there are weights other than 1. Making them takes up to three times that for a while.
///
/// A weight of 0 means that the entry is not observed: its value is not read and may be NaN. Weights
/// are relative to each other and to the ridge: an entry of weight 2 counts as two of weight 1.
///
/// # Example
///
/// ```
/// use matrix_descent::completion::Observations;
///
/// let ratings = [(0, 0, 5.0), (0, 2, 3.0), (1, 1, 4.0)];
/// let observations = Observations::from_triplets(2, 3, ratings)?;
/// assert_eq!((observations.rows(), observations.columns()), (2, 3));
/// assert_eq!(observations.known(), 3);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        bound = "T: Real",
        into = "saved::Saved<T>",
        try_from = "saved::Saved<T>"
    )
)]
pub struct Observations<T: Real> {
    pub(super) by_rows: Compressed<T>,
    pub(super) by_columns: Compressed<T>,
}

/// An observation: row, column, value and weight.
type Entry<T> = (u32, u32, T, T);

impl<T: Real> Observations<T> {
    /// Observations (i, j, value) of weight 1, in any order; rows and columns are counted from 0.
    ///
    /// # Errors
    ///
    /// [`ObservationError`] for the first observation, in the order given, whose index lies outside
    /// the matrix or whose value is not finite; for an entry observed twice; and for a matrix
    /// without rows or columns.
    pub fn from_triplets(
        rows: usize,
        columns: usize,
        triplets: impl IntoIterator<Item = (usize, usize, T)>,
    ) -> Result<Self, ObservationError<T>> {
        let weighted = triplets.into_iter();
        let weighted = weighted.map(|(row, column, value)| (row, column, value, T::one()));
        Self::from_weighted_triplets(rows, columns, weighted)
    }

    /// Observations (i, j, value, weight), in any order; those of weight 0 are left out, their
    /// values unread.
    ///
    /// # Errors
    ///
    /// As for [`from_triplets`](Self::from_triplets), and [`ObservationError::InvalidWeight`] for a
    /// weight that is negative, NaN or infinite.
    pub fn from_weighted_triplets(
        rows: usize,
        columns: usize,
        triplets: impl IntoIterator<Item = (usize, usize, T, T)>,
    ) -> Result<Self, ObservationError<T>> {
        check_not_empty("matrix", rows, columns)?;
        if u32::try_from(rows.max(columns)).is_err() {
            return Err(ObservationError::TooLarge { rows, columns });
        }
        let mut entries = Vec::new();
        for triplet in triplets {
            check_entry(triplet, rows, columns)?;
            let (row, column, value, weight) = triplet;
            if weight > T::zero() {
                entries.push((row as u32, column as u32, value, weight));
            }
        }
        Self::from_entries(rows, columns, entries)
    }

    /// The entries of `matrix` where `weights`, of the same shape, are above 0; the others may be NaN.
    ///
    /// # Errors
    ///
    /// As for [`from_weighted_triplets`](Self::from_weighted_triplets), and
    /// [`InputError::ShapeMismatch`](crate::InputError::ShapeMismatch) for weights of another shape.
    pub fn from_matrix(
        matrix: &DMatrix<T>,
        weights: &DMatrix<T>,
    ) -> Result<Self, ObservationError<T>> {
        check_shape("weights", weights.shape(), matrix.shape())?;
        let rows = matrix.nrows();
        let pairs = matrix.iter().zip(weights.iter()).enumerate();
        let triplets = pairs.map(|(at, (&value, &weight))| (at % rows, at / rows, value, weight));
        Self::from_weighted_triplets(rows, matrix.ncols(), triplets)
    }

    /// The number of rows, m.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.by_rows.count()
    }

    /// The number of columns, n.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.by_columns.count()
    }

    /// The number of observations of a weight above 0.
    #[must_use]
    pub fn known(&self) -> usize {
        self.by_rows.known()
    }

    /// Row, column, value and weight of each observation, row by row.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize, T, T)> + '_ {
        self.by_rows.iter()
    }

    fn from_entries(
        rows: usize,
        columns: usize,
        entries: Vec<Entry<T>>,
    ) -> Result<Self, ObservationError<T>> {
        let in_order = by_columns_as_they_came(columns, &entries);
        drop(entries);
        let by_rows = in_order.transposed(rows);
        drop(in_order);
        check_no_duplicate(&by_rows)?;
        let by_columns = by_rows.transposed(columns);
        Ok(Self {
            by_rows,
            by_columns,
        })
    }
}

/// Accepts an observation inside the matrix whose weight is a weight, and whose value is finite if
/// it counts.
fn check_entry<T: Real>(
    (row, column, value, weight): (usize, usize, T, T),
    rows: usize,
    columns: usize,
) -> Result<(), ObservationError<T>> {
    if row >= rows || column >= columns {
        return Err(ObservationError::OutOfRange {
            row,
            column,
            rows,
            columns,
        });
    }
    if !(weight >= T::zero() && weight.is_finite()) {
        return Err(ObservationError::InvalidWeight {
            row,
            column,
            weight,
        });
    }
    if weight > T::zero() && !value.is_finite() {
        return Err(ObservationError::NotFinite { row, column, value });
    }
    Ok(())
}

/// The entries by their columns; in each column in the order in which they came.
fn by_columns_as_they_came<T: Real>(columns: usize, entries: &[Entry<T>]) -> Compressed<T> {
    let mut offsets = vec![0; columns + 1];
    for &(_, column, ..) in entries {
        offsets[column as usize + 1] += 1;
    }
    for at in 0..columns {
        offsets[at + 1] += offsets[at];
    }
    let is_weighted = entries.iter().any(|&(.., weight)| weight != T::one());
    let mut found = Compressed {
        indices: vec![0; entries.len()],
        values: vec![T::zero(); entries.len()],
        weights: is_weighted.then(|| vec![T::one(); entries.len()]),
        offsets: offsets.clone(),
    };
    for &(row, column, value, weight) in entries {
        let to = offsets[column as usize];
        offsets[column as usize] += 1;
        found.indices[to] = row;
        found.values[to] = value;
        if let Some(weights) = &mut found.weights {
            weights[to] = weight;
        }
    }
    found
}

/// Accepts rows without a column that comes twice; the columns are in order.
fn check_no_duplicate<T: Real>(by_rows: &Compressed<T>) -> Result<(), ObservationError<T>> {
    for (row, lane) in by_rows.lanes().enumerate() {
        let twice = lane.indices.windows(2).position(|pair| pair[0] == pair[1]);
        if let Some(at) = twice {
            return Err(ObservationError::Duplicate {
                row,
                column: lane.indices[at] as usize,
                values: [lane.values[at], lane.values[at + 1]],
            });
        }
    }
    Ok(())
}
