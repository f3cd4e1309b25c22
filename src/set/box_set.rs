//! Sets that bound each entry on its own.

use std::sync::Arc;

use super::ConvexSet;
use super::bounds::Bounds;
use super::entry_bounds::EntryBounds;
use super::non_negative::NonNegative;
use crate::numerics::real::Real;

/// A convex set that bounds each entry on its own: lᵢ ≤ xᵢ ≤ uᵢ.
///
/// [`solve_in_bounds`](crate::solve::solve_in_bounds) finds the least-squares solution in it. The
/// bounds may be −∞ and ∞; what [`ConvexSet::project`] does has to agree with them.
///
/// ```
/// use matrix_descent::set::{BoxSet, NonNegative};
///
/// assert_eq!(NonNegative.bounds_of(7), (0.0, f64::INFINITY));
/// ```
pub trait BoxSet<T: Real>: ConvexSet<T> {
    /// lᵢ and uᵢ for i = `index`.
    ///
    /// # Panics
    ///
    /// For an index beyond a length that [`ConvexSet::check_dimension`] accepts; that is a
    /// programming error.
    fn bounds_of(&self, index: usize) -> (T, T);
}

impl<T: Real> BoxSet<T> for NonNegative {
    fn bounds_of(&self, _index: usize) -> (T, T) {
        (T::zero(), T::one() / T::zero())
    }
}

impl<T: Real> BoxSet<T> for Bounds<T> {
    fn bounds_of(&self, _index: usize) -> (T, T) {
        (self.lower, self.upper)
    }
}

impl<T: Real> BoxSet<T> for EntryBounds<T> {
    fn bounds_of(&self, index: usize) -> (T, T) {
        (self.lower()[index], self.upper()[index])
    }
}

macro_rules! forward_bounds {
    ($($pointer:ty),+) => {$(
        impl<T: Real, S: BoxSet<T> + ?Sized> BoxSet<T> for $pointer {
            fn bounds_of(&self, index: usize) -> (T, T) {
                (**self).bounds_of(index)
            }
        }
    )+};
}

forward_bounds!(&S, Box<S>, Arc<S>);
