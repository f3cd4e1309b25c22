//! Checks of input that operations share.

use nalgebra::DMatrix;

use crate::numerics::input_error::InputError;
use crate::numerics::norm::all_finite;
use crate::numerics::real::Real;

/// Accepts a square matrix with at least one entry, all of them finite.
pub(crate) fn check_square<T: Real>(
    argument: &'static str,
    matrix: &DMatrix<T>,
) -> Result<(), InputError<T>> {
    let (rows, columns) = matrix.shape();
    check_not_empty(argument, rows, columns)?;
    if rows != columns {
        return Err(InputError::NotSquare {
            argument,
            rows,
            columns,
        });
    }
    check_finite(argument, matrix)
}

/// Accepts a matrix whose entries are all finite.
pub(crate) fn check_finite<T: Real>(
    argument: &'static str,
    matrix: &DMatrix<T>,
) -> Result<(), InputError<T>> {
    check_entries(argument, matrix.as_slice(), matrix.nrows())
}

/// Accepts the entries of a matrix of `rows` rows, column by column, if all are finite.
pub(crate) fn check_entries<T: Real>(
    argument: &'static str,
    entries: &[T],
    rows: usize,
) -> Result<(), InputError<T>> {
    match entries.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(InputError::NotFinite {
            argument,
            row: index % rows,
            column: index / rows,
            value: entries[index],
        }),
    }
}

/// Accepts a matrix with at least one entry.
pub(crate) fn check_not_empty<T: Real>(
    argument: &'static str,
    rows: usize,
    columns: usize,
) -> Result<(), InputError<T>> {
    if rows == 0 || columns == 0 {
        return Err(InputError::Empty {
            argument,
            rows,
            columns,
        });
    }
    Ok(())
}

/// Accepts a matrix of the shape `expected`.
pub(crate) fn check_shape<T: Real>(
    argument: &'static str,
    (rows, columns): (usize, usize),
    expected: (usize, usize),
) -> Result<(), InputError<T>> {
    if (rows, columns) == expected {
        return Ok(());
    }
    Err(InputError::ShapeMismatch {
        argument,
        rows,
        columns,
        expected_rows: expected.0,
        expected_columns: expected.1,
    })
}

/// Row and column of the first entry, in column order, that the format can't hold.
pub(crate) fn first_out_of_range<T: Real>(matrix: &DMatrix<T>) -> Option<(usize, usize)> {
    if all_finite(matrix.as_slice()) {
        return None;
    }
    let index = matrix.iter().position(|value| !value.is_finite())?;
    Some((index % matrix.nrows(), index / matrix.nrows()))
}

/// Accepts a flat vector of `expected` finite parameters.
pub(crate) fn check_parameters<T: Real>(
    parameters: &[T],
    expected: usize,
) -> Result<(), InputError<T>> {
    if parameters.len() != expected {
        return Err(InputError::DimensionMismatch {
            expected,
            found: parameters.len(),
        });
    }
    check_entries("parameters", parameters, expected)
}

/// Accepts a setting that is finite and above 0.
pub(crate) fn check_above_zero<T: Real>(name: &'static str, value: T) -> Result<(), InputError<T>> {
    let is_met = value > T::zero() && value.is_finite();
    require(is_met, name, value, "finite and above 0")
}

/// Accepts a setting that is finite and at least 0.
pub(crate) fn check_at_least_zero<T: Real>(
    name: &'static str,
    value: T,
) -> Result<(), InputError<T>> {
    let is_met = value >= T::zero() && value.is_finite();
    require(is_met, name, value, "finite and at least 0")
}

/// Accepts a fraction: a setting that is at least 0 and below 1.
pub(crate) fn check_fraction<T: Real>(name: &'static str, value: T) -> Result<(), InputError<T>> {
    let is_met = value >= T::zero() && value < T::one();
    require(is_met, name, value, "at least 0 and below 1")
}

/// Accepts a positive fraction: a setting that is above 0 and below 1.
pub(crate) fn check_positive_fraction<T: Real>(
    name: &'static str,
    value: T,
) -> Result<(), InputError<T>> {
    let is_met = value > T::zero() && value < T::one();
    require(is_met, name, value, "above 0 and below 1")
}

/// Accepts a count that is at least 1.
pub(crate) fn check_at_least_one<T: Real>(
    name: &'static str,
    count: usize,
) -> Result<(), InputError<T>> {
    require(count >= 1, name, T::from_count(count), "at least 1")
}

/// Accepts a number of components that a matrix of this shape can have.
pub(crate) fn check_rank<T: Real>(
    name: &'static str,
    rank: usize,
    (rows, columns): (usize, usize),
) -> Result<(), InputError<T>> {
    let largest = rows.min(columns);
    if (1..=largest).contains(&rank) {
        return Ok(());
    }
    Err(InputError::RankOutOfRange {
        name,
        rank,
        largest,
    })
}

/// Turns a failed check of a setting into its error.
pub(crate) fn require<T: Real>(
    is_met: bool,
    name: &'static str,
    value: T,
    requirement: &'static str,
) -> Result<(), InputError<T>> {
    if is_met {
        Ok(())
    } else {
        Err(InputError::InvalidSetting {
            name,
            value,
            requirement,
        })
    }
}
