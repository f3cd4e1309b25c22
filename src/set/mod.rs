//! Convex sets of parameters, each defined by its projection.
//!
//! Sets of matrices work on the n² entries of an n×n matrix, column by column.

mod banded;
pub(crate) mod bounds;
mod box_set;
mod entry_bounds;
mod non_negative;
mod pattern;
mod symmetric;
mod toeplitz;
mod unit_ball;

pub use banded::Banded;
pub use bounds::Bounds;
pub use box_set::BoxSet;
pub use entry_bounds::EntryBounds;
pub use non_negative::NonNegative;
pub use pattern::Pattern;
pub use symmetric::Symmetric;
pub use toeplitz::Toeplitz;
pub use unit_ball::UnitBall;

use std::sync::Arc;

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// A closed convex set, given by its projection: the nearest point in the Euclidean norm, which for
/// the entries of a matrix is the Frobenius norm.
///
/// An implementation promises that the set is convex: with any two points it contains the line
/// segment between them. Then the nearest point is unique, no two points move apart by projection,
/// and a point x is the minimum of a convex loss over the set if and only if x = P(x − t·∇) for
/// some t > 0, which is how [`invert_by_descent`](crate::inverse::invert_by_descent) knows that it
/// is done.
///
/// # When to use
///
/// Pass it to [`Compose::projected`](crate::optimizer::Compose::projected), which keeps a descent
/// inside the set.
///
/// # Example
///
/// Your own set, the intersection of two others. Projecting onto two sets in turn does not give the
/// nearest point of their intersection in general; here it does, since the mean of two entries of a
/// band is in the band:
///
/// ```
/// use matrix_descent::{ConvexSet, Real};
/// use matrix_descent::set::{Banded, Symmetric};
///
/// #[derive(Clone)]
/// struct Tridiagonal;
///
/// impl<T: Real> ConvexSet<T> for Tridiagonal {
///     fn project(&self, point: &mut [T]) {
///         Banded::new(1, 1).project(point);
///         Symmetric.project(point);
///     }
/// }
///
/// let mut point = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
/// Tridiagonal.project(&mut point);
/// assert_eq!(point, [1.0, 3.0, 0.0, 3.0, 5.0, 7.0, 0.0, 7.0, 9.0]);
/// ```
pub trait ConvexSet<T: Real> {
    /// Replaces `point` by the nearest point of the set; nothing is allocated.
    ///
    /// A point of the set is left as it is; in this crate's sets, bit for bit.
    ///
    /// # Panics
    ///
    /// A length that [`check_dimension`](Self::check_dimension) rejects is a programming error; an
    /// implementation may panic on it.
    fn project(&self, point: &mut [T]);

    /// Checks whether the set can hold points of this length; every run calls this before its first
    /// step.
    ///
    /// # Errors
    ///
    /// [`InputError::DimensionMismatch`] if it can't. The provided method accepts all.
    fn check_dimension(&self, _dimension: usize) -> Result<(), InputError<T>> {
        Ok(())
    }

    /// Checks the settings; every run calls this before its first step.
    ///
    /// # Errors
    ///
    /// [`InputError::InvalidSetting`] with the first setting outside its range. The provided method
    /// accepts all.
    fn validate(&self) -> Result<(), InputError<T>> {
        Ok(())
    }
}

/// A convex set that is a linear subspace: it contains all sums and multiples of its points.
///
/// Its projection is linear, and a descent inside it is a descent on fewer parameters, with or
/// without momentum. An implementation promises this property; nothing checks it.
///
/// ```
/// use matrix_descent::ConvexSet;
/// use matrix_descent::set::{Subspace, Symmetric, Toeplitz};
///
/// fn is_subspace<S: Subspace<f64>>(_set: S) {}
/// is_subspace(Symmetric);
/// is_subspace(Toeplitz);
/// ```
pub trait Subspace<T: Real>: ConvexSet<T> {}

/// A pointer to a set is a set, which may be chosen while a program runs.
macro_rules! forward_set {
    ($($pointer:ty),+) => {$(
        impl<T: Real, S: ConvexSet<T> + ?Sized> ConvexSet<T> for $pointer {
            fn project(&self, point: &mut [T]) {
                (**self).project(point);
            }

            fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
                (**self).check_dimension(dimension)
            }

            fn validate(&self) -> Result<(), InputError<T>> {
                (**self).validate()
            }
        }

        impl<T: Real, S: Subspace<T> + ?Sized> Subspace<T> for $pointer {}
    )+};
}

forward_set!(&S, Box<S>, Arc<S>);

/// Checks that this is a square number n², the entries of an n×n matrix.
fn check_square_number<T: Real>(dimension: usize) -> Result<(), InputError<T>> {
    let order = dimension.isqrt();
    check_length(order * order, dimension)
}

/// Checks that there are `expected` numbers.
fn check_length<T: Real>(expected: usize, found: usize) -> Result<(), InputError<T>> {
    if found == expected {
        Ok(())
    } else {
        Err(InputError::DimensionMismatch { expected, found })
    }
}

/// The order n of a matrix with n² entries.
///
/// # Panics
///
/// If `length` is not a square number.
fn order(length: usize) -> usize {
    let order = length.isqrt();
    assert_eq!(order * order, length, "a square matrix has n² entries");
    order
}

/// The value of [`lower`, `upper`] nearest to `value`; NaN stays NaN.
pub(crate) fn clamp<T: Real>(value: T, lower: T, upper: T) -> T {
    if value < lower {
        lower
    } else if value > upper {
        upper
    } else {
        value
    }
}
