//! What a state read from a file has to be.

use crate::numerics::real::Real;

/// The most steps that a count may say, so that there is room to go on counting.
pub(crate) const MOST_STEPS: usize = usize::MAX / 2;

/// Why a state can't be that of a rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A part has another length than the settings and the number of parameters require.
    #[error("the saved part {part:?} has {found} values, but has to have {expected}")]
    Length {
        /// Which part.
        part: &'static str,
        /// The values in it.
        found: usize,
        /// The values it has to have.
        expected: usize,
    },

    /// A value is out of range.
    #[error("value {index} of the saved part {part:?} is {value}, which is out of range")]
    Value {
        /// Which part.
        part: &'static str,
        /// Which of its values, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
}

/// Accepts parts, each with its name, that are as long as those beside them.
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

/// Accepts sums and means of squares. They may be ∞ or NaN, where a run has overflowed.
pub(super) fn check_squares<T: Real>(part: &'static str, values: &[T]) -> Result<(), StateError> {
    let negative = values.iter().position(|&value| value < T::zero());
    negative.map_or(Ok(()), |index| {
        let value = values[index].to_f64();
        Err(StateError::Value { part, index, value })
    })
}

/// Accepts a count up to `most`.
pub(crate) fn check_count(part: &'static str, count: usize, most: usize) -> Result<(), StateError> {
    if count <= most {
        return Ok(());
    }
    let (index, value) = (0, count as f64);
    Err(StateError::Value { part, index, value })
}
