//! Separate bounds for each entry.

use std::sync::Arc;

use super::bounds::check_bounds;
use super::{ConvexSet, check_length, clamp};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// A box with separate bounds for each entry.
///
/// P(x)ᵢ = min(max(xᵢ, lowerᵢ), upperᵢ). Ranges: those of [`Bounds`](super::Bounds) for each entry;
/// no defaults. A clone shares the bounds.
///
/// # When to use
///
/// When the range differs from parameter to parameter; equal bounds fix a parameter.
///
/// # Example
///
/// ```
/// use matrix_descent::ConvexSet;
/// use matrix_descent::set::EntryBounds;
///
/// let mut x = [5.0, 5.0, 5.0];
/// let unbounded = f64::INFINITY;
/// EntryBounds::new(&[0.0, -1.0, 7.0], &[1.0, unbounded, 7.0]).project(&mut x);
/// assert_eq!(x, [1.0, 5.0, 7.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
pub struct EntryBounds<T> {
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::numbers"))]
    lower: Arc<[T]>,
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::numbers"))]
    upper: Arc<[T]>,
}

impl<T: Real> EntryBounds<T> {
    /// The box from `lower` to `upper`.
    #[must_use]
    pub fn new(lower: &[T], upper: &[T]) -> Self {
        Self {
            lower: lower.into(),
            upper: upper.into(),
        }
    }

    /// The lower bounds.
    pub(super) fn lower(&self) -> &[T] {
        &self.lower
    }

    /// The upper bounds.
    pub(super) fn upper(&self) -> &[T] {
        &self.upper
    }
}

impl<T: Real> ConvexSet<T> for EntryBounds<T> {
    /// # Panics
    ///
    /// If there is not exactly one lower and one upper bound for each entry.
    fn project(&self, point: &mut [T]) {
        assert_eq!(point.len(), self.lower.len(), "one lower bound an entry");
        assert_eq!(point.len(), self.upper.len(), "one upper bound an entry");
        let bounds = self.lower.iter().zip(&*self.upper);
        for (value, (&lower, &upper)) in point.iter_mut().zip(bounds) {
            *value = clamp(*value, lower, upper);
        }
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        check_length(self.lower.len(), dimension)?;
        check_length(self.upper.len(), dimension)
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        let mut bounds = self.lower.iter().zip(&*self.upper);
        bounds.try_for_each(|(&lower, &upper)| check_bounds(lower, upper))
    }
}
