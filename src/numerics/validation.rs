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

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{
        check_above_zero, check_at_least_one, check_at_least_zero, check_entries, check_fraction,
        check_not_empty, check_parameters, check_positive_fraction, check_shape,
        first_out_of_range,
    };
    use crate::numerics::input_error::InputError;

    const SHAPES: [(usize, usize); 5] = [(1, 1), (2, 3), (3, 2), (4, 4), (1, 5)];

    #[test]
    fn the_first_bad_entry_is_told_by_its_row_and_column() {
        for (rows, columns) in SHAPES {
            let good = DMatrix::from_element(rows, columns, f64::MAX);
            assert_eq!(first_out_of_range(&good), None);
            assert_eq!(check_entries("m", good.as_slice(), rows), Ok(()));
            for row in 0..rows {
                for column in 0..columns {
                    let mut bad = good.clone();
                    bad[(row, column)] = f64::NEG_INFINITY;
                    bad[(rows - 1, columns - 1)] = f64::NEG_INFINITY;
                    assert_eq!(first_out_of_range(&bad), Some((row, column)));
                    let expected = InputError::NotFinite {
                        argument: "m",
                        row,
                        column,
                        value: f64::NEG_INFINITY,
                    };
                    assert_eq!(check_entries("m", bad.as_slice(), rows), Err(expected));
                }
            }
        }
    }

    #[test]
    fn shapes_are_compared_side_by_side() {
        for (rows, columns) in SHAPES {
            for expected in SHAPES {
                let found = check_shape::<f64>("m", (rows, columns), expected);
                assert_eq!(found.is_ok(), (rows, columns) == expected);
            }
            assert_eq!(check_not_empty::<f64>("m", rows, columns), Ok(()));
            assert!(check_not_empty::<f64>("m", rows, 0).is_err());
            assert!(check_not_empty::<f64>("m", 0, columns).is_err());
        }
        assert_eq!(check_parameters(&[1.0, 2.0], 2), Ok(()));
        assert!(check_parameters(&[1.0, 2.0], 3).is_err());
        assert!(check_parameters(&[1.0, f64::NAN], 2).is_err());
    }

    #[test]
    fn ranges_of_settings_include_and_exclude_their_borders() {
        let (tiny, infinity) = (f64::from_bits(1), f64::INFINITY);
        let below_one = 1.0 - f64::EPSILON;
        // Whether the value is allowed: above 0, from 0 on, a fraction, a positive fraction.
        for (value, allowed) in [
            (-1.0, [false; 4]),
            (-tiny, [false; 4]),
            (-0.0, [false, true, true, false]),
            (0.0, [false, true, true, false]),
            (tiny, [true; 4]),
            (below_one, [true; 4]),
            (1.0, [true, true, false, false]),
            (2.0, [true, true, false, false]),
            (f64::MAX, [true, true, false, false]),
            (infinity, [false; 4]),
            (-infinity, [false; 4]),
            (f64::NAN, [false; 4]),
        ] {
            let found = [
                check_above_zero("x", value),
                check_at_least_zero("x", value),
                check_fraction("x", value),
                check_positive_fraction("x", value),
            ];
            assert_eq!(found.map(|result| result.is_ok()), allowed, "{value:e}");
        }
        assert!(check_at_least_one::<f64>("n", 0).is_err());
        assert_eq!(check_at_least_one::<f64>("n", 1), Ok(()));
        assert_eq!(check_at_least_one::<f64>("n", 2), Ok(()));
    }
}
