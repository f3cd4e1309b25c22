//! Checks of input that operations share.

use nalgebra::DMatrix;

use crate::error::Error;
use crate::error::require;
use crate::numerics::norm::all_finite;
use crate::numerics::real::Real;

/// Accepts a square matrix with at least one entry, all of them finite.
pub(crate) fn check_square<T: Real>(
    argument: &'static str,
    matrix: &DMatrix<T>,
) -> Result<(), Error<T>> {
    let (rows, columns) = matrix.shape();
    check_not_empty(argument, rows, columns)?;
    if rows != columns {
        return Err(Error::NotSquare {
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
) -> Result<(), Error<T>> {
    check_entries(argument, matrix.as_slice(), matrix.nrows())
}

/// Accepts the entries of a matrix of `rows` rows, column by column, if all are finite.
pub(crate) fn check_entries<T: Real>(
    argument: &'static str,
    entries: &[T],
    rows: usize,
) -> Result<(), Error<T>> {
    match entries.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(Error::NotFinite {
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
) -> Result<(), Error<T>> {
    if rows == 0 || columns == 0 {
        return Err(Error::Empty {
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
) -> Result<(), Error<T>> {
    if (rows, columns) == expected {
        return Ok(());
    }
    Err(Error::ShapeMismatch {
        argument,
        rows,
        columns,
        expected_rows: expected.0,
        expected_columns: expected.1,
    })
}

/// Accepts an inverse, or the start of one, whose entries the format can hold.
pub(crate) fn check_in_range<T: Real>(inverse: &DMatrix<T>) -> Result<(), Error<T>> {
    if all_finite(inverse.as_slice()) {
        return Ok(());
    }
    match inverse.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(Error::InverseOutOfRange {
            row: index % inverse.nrows(),
            column: index / inverse.nrows(),
        }),
    }
}

/// Accepts a flat vector of `expected` finite parameters.
pub(crate) fn check_parameters<T: Real>(parameters: &[T], expected: usize) -> Result<(), Error<T>> {
    if parameters.len() != expected {
        return Err(Error::DimensionMismatch {
            expected,
            found: parameters.len(),
        });
    }
    check_entries("parameters", parameters, expected)
}

/// Accepts a setting that is finite and above 0.
pub(crate) fn check_above_zero<T: Real>(name: &'static str, value: T) -> Result<(), Error<T>> {
    let is_met = value > T::zero() && value.is_finite();
    require(is_met, name, value, "finite and above 0")
}

/// Accepts a setting that is finite and at least 0.
pub(crate) fn check_at_least_zero<T: Real>(name: &'static str, value: T) -> Result<(), Error<T>> {
    let is_met = value >= T::zero() && value.is_finite();
    require(is_met, name, value, "finite and at least 0")
}
