//! The lengths of columns that a map states.

use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_zero, require};

/// [`LinearMap::column_norms`], if they can be lengths: one for each column, finite and not negative.
pub(crate) fn stated_lengths<T: Real, A: LinearMap<T> + ?Sized>(
    map: &A,
) -> Result<Option<Vec<T>>, InputError<T>> {
    let Some(lengths) = map.column_norms() else {
        return Ok(None);
    };
    require(
        lengths.len() == map.columns(),
        "the number of column_norms",
        T::from_count(lengths.len()),
        "the number of columns",
    )?;
    let each = lengths.iter();
    each.copied()
        .try_for_each(|length| check_at_least_zero("column_norms", length))?;
    Ok(Some(lengths))
}
