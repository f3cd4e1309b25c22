//! Checks of a state read from a file.

use crate::numerics::real::Real;
use crate::numerics::wording::{Shown, counted};

/// The largest step count accepted, so that there is room to go on counting.
pub(crate) const MOST_STEPS: usize = usize::MAX / 2;

/// Why a state does not fit an optimizer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A part does not have the length that the settings and the number of parameters require.
    #[error("the saved part {part:?} has {}, but has to have {expected}", counted(*found, "value"))]
    Length {
        /// The name of the part.
        part: &'static str,
        /// The number of values in it.
        found: usize,
        /// The number of values it should have.
        expected: usize,
    },

    /// A value is out of range.
    #[error("value {index} of the saved part {part:?} is {}, which is out of range", Shown(*value))]
    Value {
        /// The name of the part.
        part: &'static str,
        /// The index of the value in it, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
}

/// Checks that each named part has the length of its reference.
pub(crate) fn check_lengths<T, const N: usize>(
    parts: [(&'static str, &[T], &[T]); N],
) -> Result<(), StateError> {
    for (part, found, expected) in parts {
        let (found, expected) = (found.len(), expected.len());
        if found != expected {
            return Err(StateError::Length {
                part,
                found,
                expected,
            });
        }
    }
    Ok(())
}

/// Checks that sums and means of squares are not negative. They may be ∞ or NaN where a run has
/// overflowed.
pub(super) fn check_squares<T: Real>(part: &'static str, values: &[T]) -> Result<(), StateError> {
    let negative = values.iter().position(|&value| value < T::zero());
    negative.map_or(Ok(()), |index| {
        let value = values[index].to_f64();
        Err(StateError::Value { part, index, value })
    })
}

/// Checks that a count is at most `most`.
pub(crate) fn check_count(part: &'static str, count: usize, most: usize) -> Result<(), StateError> {
    if count <= most {
        return Ok(());
    }
    let (index, value) = (0, count as f64);
    Err(StateError::Value { part, index, value })
}
