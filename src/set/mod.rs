//! Convex sets of parameters, each known by its nearest point.
//!
//! A set of matrices lives on the n² entries of an n×n matrix, column by column.

mod banded;
mod bounds;
mod entry_bounds;
mod non_negative;
mod pattern;
mod symmetric;
mod toeplitz;
mod unit_ball;

pub use banded::Banded;
pub use bounds::Bounds;
pub use entry_bounds::EntryBounds;
pub use non_negative::NonNegative;
pub use pattern::Pattern;
pub use symmetric::Symmetric;
pub use toeplitz::Toeplitz;
pub use unit_ball::UnitBall;

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// A closed convex set, by its projection: the nearest point in the Euclidean norm, which for the
/// entries of a matrix is the Frobenius norm.
///
/// Being convex is what an implementation promises: with two points the set holds the line between
/// them. Then the nearest point is unique, no two points move apart by projection, and a point x is
/// the minimum of a convex loss over the set if and only if x = P(x − t·∇) for some t > 0, which is
/// how [`invert_by_descent`](crate::inverse::invert_by_descent) tells that it is done.
///
/// # When to use
///
/// Through [`Compose::projected`](crate::optimizer::Compose::projected), which keeps a descent inside the set.
///
/// # Example
///
/// A set of one's own. Nearest points of two sets, taken one after the other, are not the nearest
/// point of both in general; they are here, since the mean of two entries of a band is in the band:
///
/// ```
/// use matrix_descent::{ConvexSet, Real};
/// use matrix_descent::set::{Banded, Symmetric};
///
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
    /// A point of the set stays as it is, to the bit in this crate's sets.
    ///
    /// # Panics
    ///
    /// A length that [`check_dimension`](Self::check_dimension) refuses is a programming error; an
    /// implementation may panic on it.
    fn project(&self, point: &mut [T]);

    /// Accepts the lengths of the points that the set can hold; every run calls this before its
    /// first step.
    ///
    /// # Errors
    ///
    /// [`InputError::DimensionMismatch`] for any other. The provided method accepts all.
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

/// A set that is a linear space: sums and multiples of its points are in it.
///
/// Its projection is linear, and a descent inside it is a descent on fewer parameters, with
/// momentum as well as without. Implementing it is a promise.
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

impl<T: Real, S: ConvexSet<T> + ?Sized> ConvexSet<T> for &S {
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

impl<T: Real, S: Subspace<T> + ?Sized> Subspace<T> for &S {}

/// Accepts n² numbers, the entries of a square matrix.
fn check_square_number<T: Real>(dimension: usize) -> Result<(), InputError<T>> {
    let order = dimension.isqrt();
    check_length(order * order, dimension)
}

/// Accepts `expected` numbers.
fn check_length<T: Real>(expected: usize, found: usize) -> Result<(), InputError<T>> {
    if found == expected {
        Ok(())
    } else {
        Err(InputError::DimensionMismatch { expected, found })
    }
}

/// The order n of a matrix of n² entries.
///
/// # Panics
///
/// If `length` is no square number.
fn order(length: usize) -> usize {
    let order = length.isqrt();
    assert_eq!(order * order, length, "a square matrix has n² entries");
    order
}

/// The value of [`lower`, `upper`] nearest to `value`; NaN stays NaN.
fn clamp<T: Real>(value: T, lower: T, upper: T) -> T {
    if value < lower {
        lower
    } else if value > upper {
        upper
    } else {
        value
    }
}
