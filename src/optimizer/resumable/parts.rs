//! The parts of a state on their way out or in.

use std::marker::PhantomData;
use std::vec;

use serde::{Deserialize, Serialize};

use crate::descent::CheckpointError;
use crate::numerics::real::Real;

/// A named part of a state, as it is saved.
///
/// Numbers are kept by their bits, since not every format has NaN, ∞ or all digits; as signed
/// integers, since not every format has larger ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) words: Vec<i64>,
}

/// Takes copies of the parts of a state, or puts saved values in their place.
///
/// It is what [`StateParts::each_part`](crate::optimizer::StateParts::each_part) is given. Each method handles
/// one part; parts come back in the order in which they were written, under the same names. While a
/// state is read, each returns
///
/// - [`CheckpointError::Length`] if the saved part is missing or has another length;
/// - [`CheckpointError::Value`] if a saved value can't be what it stands for.
#[derive(Debug)]
pub struct Parts<T> {
    direction: Direction,
    numbers: PhantomData<T>,
}

#[derive(Debug)]
enum Direction {
    Out(Vec<Part>),
    In(vec::IntoIter<Part>),
}

impl<T: Real> Parts<T> {
    pub(crate) fn outward() -> Self {
        Self::going(Direction::Out(Vec::new()))
    }

    pub(crate) fn inward(parts: Vec<Part>) -> Self {
        Self::going(Direction::In(parts.into_iter()))
    }

    fn going(direction: Direction) -> Self {
        Self {
            direction,
            numbers: PhantomData,
        }
    }

    /// What was written, or is left to be read.
    pub(crate) fn into_parts(self) -> Vec<Part> {
        match self.direction {
            Direction::Out(parts) => parts,
            Direction::In(rest) => rest.collect(),
        }
    }

    /// Numbers, as many as the rule makes for its parameters.
    ///
    /// # Errors
    ///
    /// As all methods here, see [`Parts`].
    pub fn numbers(&mut self, name: &'static str, values: &mut [T]) -> Result<(), CheckpointError> {
        let words = values.iter().map(|value| value.to_word()).collect();
        let words = self.exchange(name, words)?;
        for (index, (value, word)) in values.iter_mut().zip(words).enumerate() {
            *value = number_of(name, index, word)?;
        }
        Ok(())
    }

    /// A number.
    ///
    /// # Errors
    ///
    /// As all methods here, see [`Parts`].
    pub fn number(&mut self, name: &'static str, value: &mut T) -> Result<(), CheckpointError> {
        self.numbers(name, std::slice::from_mut(value))
    }

    /// A number that may be missing.
    ///
    /// # Errors
    ///
    /// As all methods here, see [`Parts`].
    pub fn optional(
        &mut self,
        name: &'static str,
        value: &mut Option<T>,
    ) -> Result<(), CheckpointError> {
        let word = value.map_or(0, |value| value.to_word());
        let words = self.exchange(name, vec![i64::from(value.is_some()), word])?;
        *value = match words[..] {
            [0, _] => None,
            [1, word] => Some(number_of(name, 1, word)?),
            _ => return Err(out_of_range(name, 0, words[0])),
        };
        Ok(())
    }

    /// A number in `f64`, whatever the precision of the run.
    ///
    /// # Errors
    ///
    /// As all methods here, see [`Parts`].
    pub fn wide_number(
        &mut self,
        name: &'static str,
        value: &mut f64,
    ) -> Result<(), CheckpointError> {
        let words = self.exchange(name, vec![value.to_bits().cast_signed()])?;
        *value = f64::from_bits(words[0].cast_unsigned());
        Ok(())
    }

    /// A count.
    ///
    /// # Errors
    ///
    /// As all methods here, see [`Parts`].
    pub fn count(&mut self, name: &'static str, value: &mut usize) -> Result<(), CheckpointError> {
        // Room for what is still to be counted.
        self.index(name, value, usize::MAX / 2)
    }

    /// A whole number below `limit`.
    ///
    /// # Errors
    ///
    /// As all methods here, see [`Parts`].
    pub fn index(
        &mut self,
        name: &'static str,
        value: &mut usize,
        limit: usize,
    ) -> Result<(), CheckpointError> {
        let word = i64::try_from(*value).unwrap_or(i64::MAX);
        let word = self.exchange(name, vec![word])?[0];
        let found = usize::try_from(word).ok().filter(|&found| found < limit);
        *value = found.ok_or_else(|| out_of_range(name, 0, word))?;
        Ok(())
    }

    /// A choice of two.
    ///
    /// # Errors
    ///
    /// As all methods here, see [`Parts`].
    pub fn flag(&mut self, name: &'static str, value: &mut bool) -> Result<(), CheckpointError> {
        let mut choice = usize::from(*value);
        self.index(name, &mut choice, 2)?;
        *value = choice == 1;
        Ok(())
    }

    /// Writes the words of a part and gives them back, or reads as many in their place.
    fn exchange(
        &mut self,
        name: &'static str,
        words: Vec<i64>,
    ) -> Result<Vec<i64>, CheckpointError> {
        match &mut self.direction {
            Direction::Out(parts) => {
                parts.push(Part {
                    name: name.to_owned(),
                    words: words.clone(),
                });
                Ok(words)
            }
            Direction::In(parts) => {
                let saved = parts.next().filter(|saved| saved.name == name);
                let saved = saved.map_or_else(Vec::new, |saved| saved.words);
                check_length(name, saved.len(), words.len())?;
                Ok(saved)
            }
        }
    }
}

/// The number with these bits.
pub(crate) fn number_of<T: Real>(
    part: &'static str,
    index: usize,
    word: i64,
) -> Result<T, CheckpointError> {
    T::from_word(word).ok_or_else(|| out_of_range(part, index, word))
}

/// Accepts a part of this length.
pub(crate) fn check_length(
    part: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), CheckpointError> {
    if found == expected {
        return Ok(());
    }
    Err(CheckpointError::Length {
        part,
        found,
        expected,
    })
}

/// The error for a value that can't be what it stands for.
pub(crate) fn out_of_range(part: &'static str, index: usize, value: i64) -> CheckpointError {
    CheckpointError::Value { part, index, value }
}
