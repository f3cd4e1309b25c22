//! A new row or column of a completed matrix.

mod least_squares;
mod non_negative;

use nalgebra::{DMatrix, DVector};

use crate::completion::fold_in::least_squares::Equations;
use crate::completion::fold_in::non_negative::smallest_non_negative;
use crate::completion::observations::{Lane, ObservationError, Observations};
use crate::completion::result::Completion;
use crate::numerics::real::Real;

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
    /// How many of these numbers, in suitable combinations, the observations leave open: those are
    /// then as small as they can be, which is a choice and no finding. 0 if the observations decide
    /// all.
    ///
    /// Predictions are as good as the completion where it is 0. Where it is not, those in columns
    /// whose factors are combinations of the observed ones still are.
    pub undetermined: usize,
}

/// The factors and the bias of a column that was not part of the matrix.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct NewColumn<T: Real> {
    /// Its k factors, r.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::vector"))]
    pub factors: DVector<T>,
    /// Its bias, b; 0 without biases.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub bias: T,
    /// How many of these numbers the observations leave open, as in [`NewRow::undetermined`].
    pub undetermined: usize,
}

/// Powers of two that are divided by.
#[derive(Clone, Copy)]
struct Units {
    value: i32,
    factor: i32,
}

/// The side that stays as it is.
struct Others<'a, T: Real> {
    factors: &'a DMatrix<T>,
    biases: &'a DVector<T>,
}

/// What fits the observations.
struct Fitted<T: Real> {
    factors: DVector<T>,
    bias: T,
    undetermined: usize,
}

impl<T: Real> Completion<T> {
    /// The row that fits new observations (column, value) best while the columns stay as they are: the
    /// minimum of Σ(y − value)² + λ·(‖l‖² + a²), with the ridge of the completion.
    ///
    /// Where the observations do not decide the row, and λ = 0, it is the smallest of those that fit
    /// best; [`undetermined`](NewRow::undetermined) counts what is open. Without observations it is 0.
    ///
    /// It takes O(known·k²) multiplications, by a QR factorisation in which neither heavy columns nor
    /// large weights hide the others. Non-negative factors stay non-negative.
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
    /// assert_eq!(row.undetermined, 0);
    /// assert!((completion.predict_new(&row, 2).unwrap() - 30.0_f64).abs() < 1e-8);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn fold_in(
        &self,
        observations: impl IntoIterator<Item = (usize, T)>,
    ) -> Result<NewRow<T>, ObservationError<T>> {
        let observations = observations.into_iter();
        self.fold_in_weighted(observations.map(|(column, value)| (column, value, T::one())))
    }

    /// As [`fold_in`](Self::fold_in), for observations (column, value, weight): the minimum of
    /// Σ w(y − value)² + λ·(‖l‖² + a²). Those of weight 0 are left out.
    ///
    /// # Errors
    ///
    /// As for [`fold_in`](Self::fold_in), and [`ObservationError::InvalidWeight`] for a weight that is
    /// negative, NaN or infinite.
    ///
    /// # Example
    ///
    /// Two observations that contradict each other; the one of weight 3 counts three times.
    ///
    /// ```
    /// use matrix_descent::completion::Observations;
    /// use matrix_descent::{complete_by_descent, CompletionConfig};
    /// use nalgebra::{dmatrix, DMatrix};
    ///
    /// let m = dmatrix![1.0, 1.0, 3.0; 2.0, 2.0, 6.0];
    /// let observations = Observations::from_matrix(&m, &DMatrix::from_element(2, 3, 1.0))?;
    /// let completion = complete_by_descent(&observations, 1, CompletionConfig::default())?;
    /// let row = completion.fold_in_weighted([(0, 4.0, 1.0), (1, 8.0, 3.0)])?;
    /// assert!((completion.predict_new(&row, 2).unwrap() - 21.0_f64).abs() < 1e-8);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn fold_in_weighted(
        &self,
        observations: impl IntoIterator<Item = (usize, T, T)>,
    ) -> Result<NewRow<T>, ObservationError<T>> {
        let others = Others {
            factors: &self.column_factors,
            biases: &self.column_biases,
        };
        let observations = observations.into_iter();
        let triplets = observations.map(|(column, value, weight)| (0, column, value, weight));
        let observed = Observations::from_weighted_triplets(1, others.factors.nrows(), triplets)?;
        let fitted = self.fitted_to(observed.by_rows.lane(0), &others);
        Ok(NewRow {
            factors: fitted.factors,
            bias: fitted.bias,
            undetermined: fitted.undetermined,
        })
    }

    /// The column that fits new observations (row, value) best while the rows stay as they are: as
    /// [`fold_in`](Self::fold_in) with rows and columns exchanged.
    ///
    /// # Errors
    ///
    /// [`ObservationError`] if a row is outside the matrix or comes twice, or a value is not finite;
    /// the column is 0 in it.
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
    /// let column = completion.fold_in_column([(0, 10.0)])?;
    /// assert!((completion.predict_new_column(&column, 1).unwrap() - 20.0_f64).abs() < 1e-8);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn fold_in_column(
        &self,
        observations: impl IntoIterator<Item = (usize, T)>,
    ) -> Result<NewColumn<T>, ObservationError<T>> {
        let observations = observations.into_iter();
        self.fold_in_column_weighted(observations.map(|(row, value)| (row, value, T::one())))
    }

    /// As [`fold_in_column`](Self::fold_in_column), for observations (row, value, weight). Those of
    /// weight 0 are left out.
    ///
    /// # Errors
    ///
    /// As for [`fold_in_column`](Self::fold_in_column), and [`ObservationError::InvalidWeight`] for a
    /// weight that is negative, NaN or infinite.
    pub fn fold_in_column_weighted(
        &self,
        observations: impl IntoIterator<Item = (usize, T, T)>,
    ) -> Result<NewColumn<T>, ObservationError<T>> {
        let others = Others {
            factors: &self.row_factors,
            biases: &self.row_biases,
        };
        let observations = observations.into_iter();
        let triplets = observations.map(|(row, value, weight)| (row, 0, value, weight));
        let observed = Observations::from_weighted_triplets(others.factors.nrows(), 1, triplets)?;
        let fitted = self.fitted_to(observed.by_columns.lane(0), &others);
        Ok(NewColumn {
            factors: fitted.factors,
            bias: fitted.bias,
            undetermined: fitted.undetermined,
        })
    }

    /// The prediction of a new row in this column; `None` outside the matrix, or if the row has another
    /// number of factors.
    #[must_use]
    pub fn predict_new(&self, row: &NewRow<T>, column: usize) -> Option<T> {
        let others = Others {
            factors: &self.column_factors,
            biases: &self.column_biases,
        };
        others.predicted(self.mean + row.bias, &row.factors, column)
    }

    /// The prediction of a new column in this row; `None` outside the matrix, or if the column has
    /// another number of factors.
    #[must_use]
    pub fn predict_new_column(&self, column: &NewColumn<T>, row: usize) -> Option<T> {
        let others = Others {
            factors: &self.row_factors,
            biases: &self.row_biases,
        };
        others.predicted(self.mean + column.bias, &column.factors, row)
    }

    /// What fits these observations of the other side, with the ridge and the signs of the completion.
    fn fitted_to(&self, observed: Lane<'_, T>, others: &Others<'_, T>) -> Fitted<T> {
        let units = self.units(observed, others);
        let rank = others.factors.ncols();
        let all = self.equations(observed, others, units).reduced();
        let width = all.matrix.ncols();
        let undetermined = width - all.matrix.nrows();
        let found = if self.is_non_negative {
            smallest_non_negative(&self.with_ridge(all, units), rank)
        } else {
            self.with_ridge(all, units).smallest_solution()
        };
        let scaled = |value: &T| value.scale_by_power_of_two(units.value - units.factor);
        Fitted {
            factors: DVector::from_iterator(rank, found.iter().take(rank).map(scaled)),
            bias: found.get(rank).map(scaled).unwrap_or_default(),
            undetermined,
        }
    }

    /// An equation for each observation, times the root of its weight: the factors, and the bias in
    /// their units.
    fn equations(
        &self,
        observed: Lane<'_, T>,
        others: &Others<'_, T>,
        units: Units,
    ) -> Equations<T> {
        let rank = others.factors.ncols();
        let width = rank + usize::from(self.has_biases);
        let mut matrix = DMatrix::zeros(observed.indices.len(), width);
        let mut values = DVector::zeros(observed.indices.len());
        for (at, (index, value, weight)) in observed.iter().enumerate() {
            let root = weight.sqrt();
            let scaled = |factor: T| root * factor.scale_by_power_of_two(-units.factor);
            for a in 0..rank {
                matrix[(at, a)] = scaled(others.factors[(index, a)]);
            }
            if self.has_biases {
                matrix[(at, rank)] = scaled(T::one());
            }
            let in_units = |value: T| value.scale_by_power_of_two(-units.value);
            let baseline = in_units(self.mean) + in_units(others.bias(index));
            values[at] = root * (in_units(value) - baseline);
        }
        Equations { matrix, values }
    }

    fn with_ridge(&self, equations: Equations<T>, units: Units) -> Equations<T> {
        if self.ridge <= T::zero() {
            return equations;
        }
        let root = self.ridge.sqrt().scale_by_power_of_two(-units.factor);
        // Where it would overflow, all is 0 but for less than rounding.
        equations
            .with_ridge(root.min(T::MAX * T::EPSILON))
            .reduced()
    }

    /// The powers of two next to the data, so that no product leaves the range.
    fn units(&self, observed: Lane<'_, T>, others: &Others<'_, T>) -> Units {
        let exponent = |largest: T| largest.binary_exponent().unwrap_or_default();
        let largest = |sum: T, value: &T| sum.max(value.abs());
        let values = observed.values.iter().chain(others.biases.iter());
        Units {
            value: exponent(values.fold(self.mean.abs(), largest)),
            factor: exponent(others.factors.iter().fold(T::zero(), largest)),
        }
    }
}

impl<T: Real> Others<'_, T> {
    /// The bias of this row or column.
    fn bias(&self, at: usize) -> T {
        self.biases.get(at).copied().unwrap_or_default()
    }

    /// Mean and bias so far, and what this row or column adds.
    fn predicted(&self, baseline: T, factors: &DVector<T>, at: usize) -> Option<T> {
        let is_inside = at < self.factors.nrows() && factors.len() == self.factors.ncols();
        is_inside.then(|| {
            let own = self.factors.row(at);
            let products = own.iter().zip(factors.iter()).map(|(&r, &l)| l * r);
            products.fold(baseline + self.bias(at), |sum, product| sum + product)
        })
    }
}
