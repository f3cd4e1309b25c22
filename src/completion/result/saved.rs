//! How a completion is read back: checked, since a file may have been edited.

use nalgebra::{DMatrix, DVector};
use serde::Deserialize;

use crate::completion::determination::Determination;
use crate::completion::result::{Completion, FactorForm};
use crate::descent::Report;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{
    check_at_least_zero, check_entries, check_finite, check_not_empty, check_shape, require,
};

/// The fields of a completion, in its order.
#[derive(Deserialize)]
#[serde(bound = "T: Real", rename = "Completion")]
pub(super) struct Saved<T: Real> {
    #[serde(with = "crate::numerics::saved::matrix")]
    row_factors: DMatrix<T>,
    #[serde(with = "crate::numerics::saved::matrix")]
    column_factors: DMatrix<T>,
    factor_form: FactorForm,
    #[serde(with = "crate::numerics::saved::number")]
    mean: T,
    #[serde(with = "crate::numerics::saved::vector")]
    row_biases: DVector<T>,
    #[serde(with = "crate::numerics::saved::vector")]
    column_biases: DVector<T>,
    #[serde(with = "crate::numerics::saved::number")]
    fit_error: T,
    #[serde(with = "crate::numerics::saved::number")]
    loss: T,
    starts: usize,
    agreeing: usize,
    determination: Determination,
    report: Report<T>,
    #[serde(with = "crate::numerics::saved::number")]
    ridge: T,
    has_biases: bool,
    is_non_negative: bool,
}

impl<T: Real> Saved<T> {
    /// Accepts factors of two sides and one rank, a bias for each row and column, and finite numbers.
    fn check(&self) -> Result<(), InputError<T>> {
        let (rows, rank) = self.row_factors.shape();
        let columns = self.column_factors.nrows();
        check_not_empty("row_factors", rows, rank)?;
        check_not_empty("column_factors", columns, self.column_factors.ncols())?;
        check_shape(
            "column_factors",
            self.column_factors.shape(),
            (columns, rank),
        )?;
        check_shape("row_biases", self.row_biases.shape(), (rows, 1))?;
        check_shape("column_biases", self.column_biases.shape(), (columns, 1))?;
        check_finite("row_factors", &self.row_factors)?;
        check_finite("column_factors", &self.column_factors)?;
        check_entries("row_biases", self.row_biases.as_slice(), rows)?;
        check_entries("column_biases", self.column_biases.as_slice(), columns)?;
        require(self.mean.is_finite(), "mean", self.mean, "finite")?;
        check_at_least_zero("ridge", self.ridge)
    }
}

impl<T: Real> TryFrom<Saved<T>> for Completion<T> {
    type Error = InputError<T>;

    fn try_from(saved: Saved<T>) -> Result<Self, Self::Error> {
        saved.check()?;
        Ok(Self {
            row_factors: saved.row_factors,
            column_factors: saved.column_factors,
            factor_form: saved.factor_form,
            mean: saved.mean,
            row_biases: saved.row_biases,
            column_biases: saved.column_biases,
            fit_error: saved.fit_error,
            loss: saved.loss,
            starts: saved.starts,
            agreeing: saved.agreeing,
            determination: saved.determination,
            report: saved.report,
            ridge: saved.ridge,
            has_biases: saved.has_biases,
            is_non_negative: saved.is_non_negative,
        })
    }
}
