//! A matrix of low rank as an objective: how far is A·Bᵀ from M?

use std::sync::Arc;

use nalgebra::DMatrix;

use super::Objective;
use super::held::Held;
use crate::loss::Loss;
use crate::numerics::input_error::InputError;
use crate::numerics::product::low_rank::{product, product_of_transpose, product_with_transpose};
use crate::numerics::real::Real;
use crate::numerics::validation::{check_finite, check_not_empty, check_parameters, check_rank};

/// A low-rank approximation as an objective: the loss of Y = A·Bᵀ against an m×n matrix M, as a
/// function of A (m×k) and B (n×k).
///
/// The parameters are the columns of A, then those of B. With D = ∂L/∂Y the gradient is ∂A = D·B
/// and ∂B = Dᵀ·A. With the mean squared error the minimum is the best approximation of rank k; with
/// a weighted one, where no singular value decomposition applies, it fits the known entries. There
/// are many minima, A·T and B·T⁻ᵀ for every invertible k×k matrix T, but all are equally low.
///
/// Inside [`Ridge`](crate::objective::Ridge), λ/2·(‖A‖²_F + ‖B‖²_F) has as its minimum λ times the
/// sum of the singular values of Y: the convex penalty on the rank, which keeps a fit to few
/// entries from overfitting. [`complete_by_descent`](crate::completion::complete_by_descent) has the
/// same penalty, and touches only the known entries.
///
/// One evaluation takes 3·m·n·k multiplications and allocates nothing.
///
/// # Source
///
/// Burer and Monteiro, "A nonlinear programming algorithm for solving semidefinite programs via
/// low-rank factorization", 2003; Srebro, Rennie and Jaakkola, "Maximum-margin matrix
/// factorization", 2004, for the penalty.
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, Lbfgs, MeanSquaredError, Silent, Stopping};
/// use matrix_descent::objective::LowRankObjective;
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![1.0, 2.0, 3.0; 2.0, 4.0, 6.0];
/// let mut objective = LowRankObjective::new(&m, 1, MeanSquaredError)?;
/// let stopping = Stopping::default().loss(1e-24);
/// let run = minimize(&mut objective, Lbfgs::default(), vec![1.0; 5], stopping, Silent)?;
/// assert!((objective.product(&run.parameters)? - m).norm() < 1e-11);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LowRankObjective<'m, T, L> {
    loss: L,
    matrix: Held<'m, DMatrix<T>>,
    rank: usize,
    /// Y.
    estimate: Vec<T>,
    /// ∂L/∂Y.
    slope: Vec<T>,
}

impl<'m, T: Real, L: Loss<T>> LowRankObjective<'m, T, L> {
    /// The objective for k = `rank` columns in each factor.
    ///
    /// An entry that is missing for a weighted loss may be any finite number.
    ///
    /// # Errors
    ///
    /// [`InputError::Empty`] or [`InputError::NotFinite`]; [`InputError::RankOutOfRange`] for a
    /// rank outside 1 … min(m, n); what [`Loss::check_dimension`] returns if the loss can't compare
    /// m·n entries.
    pub fn new(matrix: &'m DMatrix<T>, rank: usize, loss: L) -> Result<Self, InputError<T>> {
        Self::of(Held::Borrowed(matrix), rank, loss)
    }

    fn of(matrix: Held<'m, DMatrix<T>>, rank: usize, loss: L) -> Result<Self, InputError<T>> {
        check_not_empty("matrix", matrix.nrows(), matrix.ncols())?;
        check_finite("matrix", &matrix)?;
        check_rank("rank", rank, matrix.shape())?;
        loss.check_dimension(matrix.len())?;
        Ok(Self {
            loss,
            rank,
            estimate: vec![T::zero(); matrix.len()],
            slope: vec![T::zero(); matrix.len()],
            matrix,
        })
    }

    /// The factors A (m×k) and B (n×k).
    ///
    /// # Errors
    ///
    /// [`InputError::DimensionMismatch`] or [`InputError::NotFinite`].
    pub fn factors(&self, parameters: &[T]) -> Result<(DMatrix<T>, DMatrix<T>), InputError<T>> {
        check_parameters(parameters, self.dimension())?;
        let (rows, columns) = self.matrix.shape();
        let (a, b) = parameters.split_at(rows * self.rank);
        Ok((
            DMatrix::from_column_slice(rows, self.rank, a),
            DMatrix::from_column_slice(columns, self.rank, b),
        ))
    }

    /// The product A·Bᵀ (m×n).
    ///
    /// # Errors
    ///
    /// [`InputError::DimensionMismatch`], or [`InputError::NotFinite`] if a parameter is not finite
    /// or an entry of the product overflows.
    pub fn product(&self, parameters: &[T]) -> Result<DMatrix<T>, InputError<T>> {
        let (a, b) = self.factors(parameters)?;
        let product = a * b.transpose();
        check_finite("product", &product)?;
        Ok(product)
    }
}

impl<T: Real, L: Loss<T>> LowRankObjective<'static, T, L> {
    /// The same for a matrix that the objective keeps, or an [`Arc`] that others share, so that it
    /// can move to another thread; see
    /// [`InverseObjective::shared`](super::InverseObjective::shared).
    ///
    /// # Errors
    ///
    /// The same as for [`new`](LowRankObjective::new).
    pub fn shared(
        matrix: impl Into<Arc<DMatrix<T>>>,
        rank: usize,
        loss: L,
    ) -> Result<Self, InputError<T>> {
        Self::of(Held::Shared(matrix.into()), rank, loss)
    }
}

impl<T: Real, L: Loss<T>> Objective<T> for LowRankObjective<'_, T, L> {
    /// (m + n)·k.
    fn dimension(&self) -> usize {
        (self.matrix.nrows() + self.matrix.ncols()) * self.rank
    }

    /// The loss of A·Bᵀ and its gradient with respect to A and B.
    ///
    /// # Panics
    ///
    /// If a slice is not (m + n)·k long.
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        let dimension = self.dimension();
        assert_eq!(parameters.len(), dimension, "parameters: (m + n)·k");
        assert_eq!(gradient.len(), dimension, "gradient: (m + n)·k");
        let rows = self.matrix.nrows();
        let (a, b) = parameters.split_at(rows * self.rank);
        let (of_a, of_b) = gradient.split_at_mut(a.len());
        product_with_transpose(&mut self.estimate, a, b, rows);
        let (estimate, target) = (&self.estimate, self.matrix.as_slice());
        let loss = (self.loss).value_and_gradient(estimate, target, &mut self.slope);
        product(of_a, &self.slope, b, rows);
        product_of_transpose(of_b, &self.slope, a, rows);
        loss
    }
}
