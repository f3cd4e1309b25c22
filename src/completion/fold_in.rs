//! A new row of a completed matrix.

use nalgebra::DVector;

use crate::completion::fit::half_step::{HalfStep, Signs};
use crate::completion::fit::side::{Features, Layout, Penalty, Side};
use crate::completion::observations::{Compressed, ObservationError, Observations};
use crate::completion::result::Completion;
use crate::numerics::binary_scaling::scale;
use crate::numerics::real::Real;

/// The steps for a row whose factors may not be negative, at most; else one is enough.
const MOST_STEPS: usize = 100;

/// The factors and the bias of a row that was not part of the matrix.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct NewRow<T: Real> {
    /// Its k factors, l.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::vector"))]
    pub factors: DVector<T>,
    /// Its bias, a; 0 without biases.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub bias: T,
}

/// Powers of two that are divided by.
#[derive(Clone, Copy)]
struct RowUnits {
    value: i32,
    factor: i32,
}

impl<T: Real> Completion<T> {
    /// The row that fits new observations (column, value) best while the columns stay as they are: the
    /// minimum of Σ(y − value)² + λ·(‖l‖² + a²), with the ridge of the completion.
    ///
    /// Without observations it is 0. It takes O(known·k²) multiplications, and copies R.
    ///
    /// # Errors
    ///
    /// [`ObservationError`] if a column is outside the matrix or comes twice, or a value is not finite;
    /// the row is 0 in it.
    ///
    /// # Example
    ///
    /// ```
    /// use matrix_descent::completion::Observations;
    /// use matrix_descent::{complete_by_descent, CompletionConfig};
    /// use nalgebra::{dmatrix, DMatrix};
    ///
    /// let m = dmatrix![1.0, 2.0, 3.0; 2.0, 4.0, 6.0];
    /// let observations = Observations::from_matrix(&m, &DMatrix::from_element(2, 3, 1.0))?;
    /// let completion = complete_by_descent(&observations, 1, CompletionConfig::default())?;
    /// let row = completion.fold_in([(1, 20.0)])?;
    /// assert!((completion.predict_new(&row, 2).unwrap() - 30.0_f64).abs() < 1e-8);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn fold_in(
        &self,
        observations: impl IntoIterator<Item = (usize, T)>,
    ) -> Result<NewRow<T>, ObservationError<T>> {
        let triplets = observations
            .into_iter()
            .map(|(column, value)| (0, column, value));
        let columns = self.column_factors.nrows();
        let observed = Observations::from_triplets(1, columns, triplets)?;
        let rank = self.column_factors.ncols();
        let layout = Layout {
            rank,
            biases: usize::from(self.has_biases),
        };
        let mut side = Side::zeros(layout, columns);
        for (j, row) in side.rows_mut().enumerate() {
            (0..rank).for_each(|a| row[a] = self.column_factors[(j, a)]);
            if self.has_biases {
                row[rank] = self.column_biases[j];
            }
        }
        let units = self.units(&observed.by_rows);
        side.rows_mut().for_each(|row| {
            let (factors, biases) = row.split_at_mut(rank);
            scale(factors, -units.factor);
            scale(biases, -units.value);
        });
        let row = self.fitted_row(&observed.by_rows, &side, units);
        let own = row.row(0);
        let factor = |value: &T| value.scale_by_power_of_two(units.value - units.factor);
        let bias = own.get(rank).copied().unwrap_or_default();
        Ok(NewRow {
            factors: DVector::from_iterator(rank, own[..rank].iter().map(factor)),
            bias: bias.scale_by_power_of_two(units.value),
        })
    }

    /// The prediction of a new row in this column; `None` outside the matrix, or if the row has another
    /// number of factors.
    #[must_use]
    pub fn predict_new(&self, row: &NewRow<T>, column: usize) -> Option<T> {
        let is_inside = column < self.column_factors.nrows()
            && row.factors.len() == self.column_factors.ncols();
        is_inside.then(|| {
            let factors = self.column_factors.row(column);
            let products = factors.iter().zip(row.factors.iter()).map(|(&r, &l)| l * r);
            let biases = self.mean + row.bias + self.column_biases[column];
            products.fold(biases, |sum, product| sum + product)
        })
    }

    /// The powers of two next to the data, so that no square or product leaves the range.
    fn units(&self, observed: &Compressed<T>) -> RowUnits {
        let exponent = |largest: T| largest.binary_exponent().unwrap_or_default();
        let largest = |sum: T, value: &T| sum.max(value.abs());
        let values = observed.values.iter().chain(self.column_biases.iter());
        RowUnits {
            value: exponent(values.fold(self.mean.abs(), largest)),
            factor: exponent(self.column_factors.iter().fold(T::zero(), largest)),
        }
    }

    /// The row in these units: those of the values for the bias, of the values by the factors for its
    /// factors.
    fn fitted_row(&self, lanes: &Compressed<T>, columns: &Side<T>, units: RowUnits) -> Side<T> {
        let scaled = |value: T| value.scale_by_power_of_two(-units.value);
        let lanes = &lanes.changed(|_, _, value, weight| (scaled(value), weight));
        let mut features = Features::new();
        features.take(columns, scaled(self.mean));
        // Where it would be infinite, the row is 0 but for less than rounding.
        let ridge = self.ridge.scale_by_power_of_two(-2 * units.factor);
        let penalty = Penalty {
            factors: ridge.min(T::MAX.sqrt()),
            biases: self.ridge.min(T::MAX.sqrt()),
        };
        let (signs, steps) = if self.is_non_negative {
            (Signs::NonNegative, MOST_STEPS)
        } else {
            (Signs::Any, 1)
        };
        let step = HalfStep {
            lanes,
            features: &features,
            penalty,
            signs,
        };
        let mut row = Side::zeros(columns.layout, 1);
        let mut gradient = vec![T::zero(); columns.layout.stride()];
        for _ in 0..steps {
            let gain = step.take(&mut row, &mut gradient);
            if gain.decrease <= T::EPSILON * gain.loss {
                break;
            }
        }
        row
    }
}
