//! Entries between two bounds.

use super::{ConvexSet, clamp};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::require;

/// A box: all entries lie between the same two bounds.
///
/// P(x)ᵢ = min(max(xᵢ, lower), upper). Ranges: lower ≤ upper, neither NaN; −∞ and ∞ are allowed as
/// long as a finite number lies between them; no defaults.
///
/// # When to use
///
/// For parameters with a known range, such as probabilities or the pixels of an image. If the
/// bounds differ from entry to entry, use [`EntryBounds`](super::EntryBounds).
///
/// # Example
///
/// ```
/// use matrix_descent::ConvexSet;
/// use matrix_descent::set::Bounds;
///
/// let mut x = [-3.0, 0.25, 7.0];
/// Bounds::new(0.0, 1.0).project(&mut x);
/// assert_eq!(x, [0.0, 0.25, 1.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Bounds<T> {
    /// The smallest value allowed.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub lower: T,
    /// The largest value allowed.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub upper: T,
}

impl<T: Real> Bounds<T> {
    /// The box [`lower`, `upper`] in every entry.
    #[must_use]
    pub fn new(lower: T, upper: T) -> Self {
        Self { lower, upper }
    }
}

impl<T: Real> ConvexSet<T> for Bounds<T> {
    fn project(&self, point: &mut [T]) {
        for value in point {
            *value = clamp(*value, self.lower, self.upper);
        }
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_bounds(self.lower, self.upper)
    }
}

/// Checks that there is a finite number between the bounds.
pub(crate) fn check_bounds<T: Real>(lower: T, upper: T) -> Result<(), InputError<T>> {
    let holds_something = lower <= T::MAX;
    require(holds_something, "lower", lower, "a number, or −∞")?;
    let is_above = upper >= lower && upper >= -T::MAX;
    require(is_above, "upper", upper, "at least the lower bound, or ∞")
}
