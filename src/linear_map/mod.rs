//! Matrices known by their products with vectors.

pub(crate) mod scaled;
#[cfg(feature = "sparse")]
mod sparse;

use nalgebra::DMatrix;

use crate::numerics::input_error::InputError;
use crate::numerics::product::{times_vector, transpose_times_vector};
use crate::numerics::real::Real;
use crate::numerics::validation::{check_finite, check_not_empty};

/// A real m×n matrix A known by its products with vectors: x ↦ A·x and, by the adjoint, y ↦ Aᵀ·y.
///
/// Only these two products are needed, so A need not be stored. The trait is implemented for
/// [`DMatrix`], for references and, with the feature `sparse`, for `nalgebra_sparse::CsrMatrix`.
///
/// # Example
///
/// Second differences, without a matrix:
///
/// ```
/// use matrix_descent::{solve_by_descent, LinearMap, SolveConfig};
/// use nalgebra::dvector;
///
/// struct SecondDifferences(usize);
///
/// impl LinearMap<f64> for SecondDifferences {
///     fn rows(&self) -> usize {
///         self.0
///     }
///
///     fn columns(&self) -> usize {
///         self.0
///     }
///
///     fn apply(&self, x: &[f64], image: &mut [f64]) {
///         for i in 0..x.len() {
///             let left = if i > 0 { x[i - 1] } else { 0.0 };
///             let right = x.get(i + 1).unwrap_or(&0.0);
///             image[i] = 2.0 * x[i] - left - right;
///         }
///     }
///
///     fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
///         self.apply(y, image);
///     }
/// }
///
/// let b = dvector![1.0, 0.0, 0.0, 1.0];
/// let found = solve_by_descent(&SecondDifferences(4), &b, SolveConfig::default())?;
/// assert!(found.solution.iter().all(|x| (x - 1.0).abs() < 1e-14));
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub trait LinearMap<T: Real> {
    /// The number of rows, m.
    fn rows(&self) -> usize;

    /// The number of columns, n.
    fn columns(&self) -> usize;

    /// Writes A·x to every entry of `image`; `x` has length n and `image` length m.
    ///
    /// # Panics
    ///
    /// Slices of other lengths are a programming error; an implementation may panic on them. The
    /// crate's own functions check shapes first.
    fn apply(&self, x: &[T], image: &mut [T]);

    /// Writes Aᵀ·y to every entry of `image`; `y` has length m and `image` length n.
    ///
    /// ⟨Aᵀ·y, x⟩ = ⟨y, A·x⟩ has to hold up to rounding:
    /// [`solve_by_descent`](crate::solve::solve_by_descent) checks it for a few vectors, and
    /// returns [`SolveError::AdjointMismatch`](crate::solve::SolveError::AdjointMismatch) if it
    /// fails.
    ///
    /// # Panics
    ///
    /// As for [`apply`](Self::apply).
    fn apply_adjoint(&self, y: &[T], image: &mut [T]);

    /// Checks the map; every run calls this first, with the name of the argument.
    ///
    /// # Errors
    ///
    /// [`InputError::Empty`] if m or n is 0, which is all that the provided method checks;
    /// [`InputError::NotFinite`] for a stored matrix with an entry that is NaN or infinite.
    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        check_not_empty(argument, self.rows(), self.columns())
    }

    /// The matrix itself, if it is stored as one; the provided method returns `None`.
    ///
    /// Operations that know the matrix multiply it with many vectors at a time, and can bound the
    /// rounding of its products. It has to be the matrix whose products [`apply`](Self::apply)
    /// computes.
    fn as_matrix(&self) -> Option<&DMatrix<T>> {
        None
    }
}

impl<T: Real> LinearMap<T> for DMatrix<T> {
    fn rows(&self) -> usize {
        self.nrows()
    }

    fn columns(&self) -> usize {
        self.ncols()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        times_vector(self.as_slice(), x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        transpose_times_vector(self.as_slice(), y, image);
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        check_not_empty(argument, self.nrows(), self.ncols())?;
        check_finite(argument, self)
    }

    fn as_matrix(&self) -> Option<&DMatrix<T>> {
        Some(self)
    }
}

impl<T: Real, A: LinearMap<T> + ?Sized> LinearMap<T> for &A {
    fn rows(&self) -> usize {
        (**self).rows()
    }

    fn columns(&self) -> usize {
        (**self).columns()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        (**self).apply(x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        (**self).apply_adjoint(y, image);
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        (**self).validate(argument)
    }

    fn as_matrix(&self) -> Option<&DMatrix<T>> {
        (**self).as_matrix()
    }
}
