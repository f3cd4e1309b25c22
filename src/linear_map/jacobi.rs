//! Division by a diagonal.

use nalgebra::DMatrix;
#[cfg(feature = "sparse")]
use nalgebra_sparse::CsrMatrix;

use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::runs::run_length;
use crate::numerics::threads::for_each;
use crate::numerics::validation::{check_entries, check_not_empty, check_square};

/// The entries of a part of a product, at least.
const FEWEST: usize = 1 << 12;

/// The most parts of a product.
const MOST_PARTS: usize = 128;

/// Jacobi's preconditioner, P = diag(1/d₁, …, 1/dₙ) for positive dᵢ: the simplest one, and the one
/// to compare others with.
///
/// Its products are exact to one rounding: entry i of P·x is xᵢ/dᵢ. They allocate nothing, and a
/// block of vectors gives the same numbers as one vector after another.
///
/// # Which diagonal
///
/// | problem | d | made by |
/// |---|---|---|
/// | [`SolveProblem::PositiveDefinite`](crate::solve::SolveProblem::PositiveDefinite), eigenpairs | the diagonal aᵢᵢ, which is positive if A is definite | [`of_matrix`](Self::of_matrix), `of_sparse`, [`of_diagonal`](Self::of_diagonal) |
/// | [`SolveProblem::LeastSquares`](crate::solve::SolveProblem::LeastSquares) | the lengths ‖aⱼ‖₂ of the columns | [`of_column_norms`](Self::of_column_norms) |
///
/// If all rows of A have the same aᵢᵢ, P changes nothing. No diagonal scaling of a definite A has a
/// condition number more than k times smaller than P's, where k is the largest number of nonzero
/// entries in a row of A (van der Sluis, "Condition numbers and equilibration of matrices", 1969;
/// Higham, "Accuracy and Stability of Numerical Algorithms", second edition, 2002, section 7.3).
///
/// For least squares [`solve_by_descent`](crate::solve::solve_by_descent) scales the columns itself
/// if the map knows their lengths, is tall or has a ridge, and has no preconditioner; this one is
/// for maps that do not know them.
///
/// # Source
///
/// Saad, "Iterative Methods for Sparse Linear Systems", second edition, 2003, section 10.2.
///
/// # Example
///
/// ```
/// use matrix_descent::linear_map::Jacobi;
/// use matrix_descent::{solve_by_descent, SolveConfig, SolveProblem};
/// use nalgebra::{dmatrix, dvector};
///
/// let a = dmatrix![1e6, 1.0, 0.0; 1.0, 1.0, 1e-4; 0.0, 1e-4, 1e-6];
/// let b = dvector![1e6 + 1.0, 2.0 + 1e-4, 1e-4 + 1e-6];
/// let config = SolveConfig::default()
///     .problem(SolveProblem::PositiveDefinite)
///     .preconditioner(Jacobi::of_matrix(&a)?);
/// let found = solve_by_descent(&a, &b, config)?;
/// assert!((found.solution - dvector![1.0, 1.0, 1.0]).norm() < 1e-9);
/// assert!(found.reports[0].steps <= 5);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Jacobi<T: Real> {
    /// d, which is positive and finite.
    diagonal: Vec<T>,
}

impl<T: Real> Jacobi<T> {
    /// From d itself; at least one number.
    ///
    /// # Errors
    ///
    /// [`InputError::Empty`], [`InputError::NotFinite`] or [`InputError::NotPositive`].
    ///
    /// ```
    /// use matrix_descent::linear_map::Jacobi;
    /// use matrix_descent::{InputError, LinearMap};
    ///
    /// let mut image = [0.0; 2];
    /// Jacobi::of_diagonal(&[2.0, 4.0])?.apply(&[1.0, 1.0], &mut image);
    /// assert_eq!(image, [0.5, 0.25]);
    /// let error = Jacobi::of_diagonal(&[2.0, 0.0]).unwrap_err();
    /// assert!(matches!(error, InputError::NotPositive { index: 1, value: 0.0, .. }));
    /// # Ok::<(), InputError>(())
    /// ```
    pub fn of_diagonal(diagonal: &[T]) -> Result<Self, InputError<T>> {
        Self::of("diagonal", diagonal.to_vec())
    }

    /// From the diagonal of a square matrix.
    ///
    /// # Errors
    ///
    /// [`InputError::Empty`], [`InputError::NotSquare`], [`InputError::NotFinite`] or
    /// [`InputError::NotPositive`], which names the row: a matrix with such a diagonal entry is not
    /// positive definite.
    pub fn of_matrix(matrix: &DMatrix<T>) -> Result<Self, InputError<T>> {
        check_square("matrix", matrix)?;
        let stride = matrix.nrows() + 1;
        let diagonal = matrix.as_slice().iter().step_by(stride).copied().collect();
        Self::of("diagonal", diagonal)
    }

    /// From the diagonal of a square sparse matrix; an entry that is not stored counts as 0.
    ///
    /// # Errors
    ///
    /// As for [`of_matrix`](Self::of_matrix).
    ///
    /// ```
    /// use matrix_descent::linear_map::Jacobi;
    /// use matrix_descent::InputError;
    /// use nalgebra::dmatrix;
    /// use nalgebra_sparse::CsrMatrix;
    ///
    /// let a = CsrMatrix::from(&dmatrix![2.0, -1.0; -1.0, 2.0]);
    /// assert_eq!(Jacobi::of_sparse(&a)?, Jacobi::of_diagonal(&[2.0, 2.0])?);
    /// let indefinite = CsrMatrix::from(&dmatrix![2.0, -1.0; -1.0, 0.0]);
    /// let error = Jacobi::of_sparse(&indefinite).unwrap_err();
    /// assert!(matches!(error, InputError::NotPositive { index: 1, value: 0.0, .. }));
    /// # Ok::<(), InputError>(())
    /// ```
    #[cfg(feature = "sparse")]
    #[cfg_attr(docsrs, doc(cfg(feature = "sparse")))]
    pub fn of_sparse(matrix: &CsrMatrix<T>) -> Result<Self, InputError<T>> {
        matrix.validate("matrix")?;
        let (rows, columns) = (matrix.nrows(), matrix.ncols());
        if rows != columns {
            return Err(InputError::NotSquare {
                argument: "matrix",
                rows,
                columns,
            });
        }
        let mut diagonal = vec![T::zero(); rows];
        for (i, j, &value) in matrix.triplet_iter() {
            if i == j {
                diagonal[i] = value;
            }
        }
        Self::of("diagonal", diagonal)
    }

    /// From the lengths ‖aⱼ‖₂ of the columns of A, so that all columns of A·P have length 1; for
    /// least squares.
    ///
    /// With a ridge λ, pass √(‖aⱼ‖² + λ). A map that knows the lengths gives them as
    /// [`column_norms`](LinearMap::column_norms).
    ///
    /// # Errors
    ///
    /// [`InputError::Empty`], [`InputError::NotFinite`] or [`InputError::NotPositive`]: leave
    /// columns of zeros out.
    ///
    /// ```
    /// use matrix_descent::linear_map::Jacobi;
    /// use matrix_descent::LinearMap;
    /// use nalgebra::dmatrix;
    ///
    /// let a = dmatrix![3.0, 0.0; 4.0, 1e-3; 0.0, 0.0];
    /// let norms = a.column_norms().unwrap_or_default();
    /// let mut x = [0.0_f64; 2];
    /// Jacobi::of_column_norms(&norms)?.apply(&[5.0, 1.0], &mut x);
    /// assert!((x[0] - 1.0).abs() < 1e-15 && (x[1] - 1e3).abs() < 1e-12);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn of_column_norms(norms: &[T]) -> Result<Self, InputError<T>> {
        Self::of("column norms", norms.to_vec())
    }

    fn of(argument: &'static str, diagonal: Vec<T>) -> Result<Self, InputError<T>> {
        check_not_empty(argument, diagonal.len(), 1)?;
        check_entries(argument, &diagonal, diagonal.len())?;
        match diagonal.iter().position(|&value| value <= T::zero()) {
            None => Ok(Self { diagonal }),
            Some(index) => Err(InputError::NotPositive {
                argument,
                index,
                value: diagonal[index],
            }),
        }
    }

    /// d, by which the entries of a vector are divided.
    #[must_use]
    pub fn diagonal(&self) -> &[T] {
        &self.diagonal
    }
}

impl<T: Real> LinearMap<T> for Jacobi<T> {
    fn rows(&self) -> usize {
        self.diagonal.len()
    }

    fn columns(&self) -> usize {
        self.diagonal.len()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        let size = run_length(image.len(), FEWEST, MOST_PARTS);
        let parts = image.chunks_mut(size).enumerate();
        for_each(x.len(), parts, |(part, image)| {
            let start = part * size;
            let of_part = x[start..].iter().zip(&self.diagonal[start..]);
            for (entry, (&x, &divisor)) in image.iter_mut().zip(of_part) {
                *entry = x / divisor;
            }
        });
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        self.apply(y, image);
    }

    fn column_norms(&self) -> Option<Vec<T>> {
        let norms = self.diagonal.iter();
        Some(norms.map(|&d| (T::one() / d).min(T::MAX)).collect())
    }
}
