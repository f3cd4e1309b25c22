//! The matrix inverse as an objective: how far from the identity is X·M?

use std::sync::Arc;

use nalgebra::DMatrix;

use super::Objective;
use super::estimate::IdentityEstimate;
use super::held::Held;
use crate::loss::Loss;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::objective::side::Side;

/// The objective of a matrix inverse: the loss of Y against the identity, as a function of the n×n
/// matrix X, whose entries are the parameters, column by column.
///
/// Y is the product of X with the n×n matrix M, on the side you choose.
///
/// With D = ∂L/∂Y, which for the mean squared error is 2/n²·(Y − I), the gradient is
///
/// | side | Y | ∇ |
/// |---|---|---|
/// | [`Side::Left`] | X·M | D·Mᵀ |
/// | [`Side::Right`] | M·X | Mᵀ·D |
/// | [`Side::Both`] | (X·M + M·X)/2 | (D·Mᵀ + Mᵀ·D)/2 |
///
/// For the mean squared error the curvatures lie between 2σₙ²/n² and 2σ₁²/n² on the left and the
/// right, where σ₁ ≥ … ≥ σₙ are the singular values of M; for [`Side::Both`] only the upper bound
/// holds. One evaluation takes two products of n×n matrices, four for [`Side::Both`]. It allocates
/// nothing up to n = 8; above, each product allocates and frees one packing buffer inside
/// nalgebra's `matrixmultiply`. The objective holds four n×n matrices.
///
/// For the mean squared error [`InverseGramObjective`](super::InverseGramObjective) needs half of
/// the products far from the solution.
///
/// # Example
///
/// ```
/// use matrix_descent::{InverseObjective, MeanSquaredError, Objective, Side};
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![2.0, 0.0; 0.0, 4.0];
/// let mut objective = InverseObjective::new(&m, Side::Left, MeanSquaredError)?;
/// let mut gradient = [0.0; 4];
/// let loss = objective.value_and_gradient(&[0.5, 0.0, 0.0, 0.25], &mut gradient);
/// assert_eq!((loss, gradient), (0.0, [0.0; 4]));
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct InverseObjective<'m, T, L> {
    estimate: IdentityEstimate<'m, T>,
    identity: DMatrix<T>,
    loss: L,
    /// Y.
    value: Vec<T>,
    /// ∂L/∂Y.
    value_gradient: Vec<T>,
}

impl<'m, T: Real, L: Loss<T>> InverseObjective<'m, T, L> {
    /// The objective for the inverse of `matrix`.
    ///
    /// # Errors
    ///
    /// [`InputError::Empty`], [`InputError::NotSquare`] or [`InputError::NotFinite`]; what
    /// [`Loss::check_dimension`] returns if the loss can't compare n² entries.
    pub fn new(matrix: &'m DMatrix<T>, side: Side, loss: L) -> Result<Self, InputError<T>> {
        Self::of(Held::Borrowed(matrix), side, loss)
    }

    fn of(matrix: Held<'m, DMatrix<T>>, side: Side, loss: L) -> Result<Self, InputError<T>> {
        let estimate = IdentityEstimate::new(matrix, side)?;
        let n = estimate.order();
        loss.check_dimension(n * n)?;
        Ok(Self {
            estimate,
            identity: DMatrix::identity(n, n),
            loss,
            value: vec![T::zero(); n * n],
            value_gradient: vec![T::zero(); n * n],
        })
    }

    /// Y at the parameters of the last evaluation, column by column; zeros before the first.
    #[must_use]
    pub fn estimate(&self) -> &[T] {
        &self.value
    }
}

impl<T: Real, L: Loss<T>> InverseObjective<'static, T, L> {
    /// The same for a matrix that the objective keeps, so that it can move to another thread.
    ///
    /// It takes a matrix, or an [`Arc`] that other objectives share.
    ///
    /// # Errors
    ///
    /// The same as for [`new`](InverseObjective::new).
    ///
    /// # Example
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::thread;
    /// use matrix_descent::{minimize, InverseObjective, MeanSquaredError, Sgd, Side, Silent, Stopping};
    /// use nalgebra::dmatrix;
    ///
    /// let m = Arc::new(dmatrix![2.0, 1.0; 1.0, 3.0]);
    /// let runs = [Side::Left, Side::Right].map(|side| {
    ///     let objective = InverseObjective::shared(Arc::clone(&m), side, MeanSquaredError);
    ///     thread::spawn(move || {
    ///         let stopping = Stopping::default().loss(1e-20);
    ///         minimize(objective?, Sgd::new(0.2), vec![0.0; 4], stopping, Silent)
    ///     })
    /// });
    /// for run in runs {
    ///     assert!((run.join().expect("no panic")?.parameters[0] - 0.6_f64).abs() < 1e-9);
    /// }
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn shared(
        matrix: impl Into<Arc<DMatrix<T>>>,
        side: Side,
        loss: L,
    ) -> Result<Self, InputError<T>> {
        Self::of(Held::Shared(matrix.into()), side, loss)
    }
}

impl<T: Real, L: Loss<T>> Objective<T> for InverseObjective<'_, T, L> {
    /// n².
    fn dimension(&self) -> usize {
        self.value.len()
    }

    /// The loss of Y and its gradient with respect to X.
    ///
    /// # Panics
    ///
    /// If a slice is not n² long.
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        check_lengths(parameters, gradient, self.value.len());
        self.estimate.write(&mut self.value, parameters);
        let (value, identity) = (&self.value, self.identity.as_slice());
        let loss = (self.loss).value_and_gradient(value, identity, &mut self.value_gradient);
        self.estimate.write_gradient(gradient, &self.value_gradient);
        loss
    }
}

/// Panics if a slice is not n² long.
pub(super) fn check_lengths<T>(parameters: &[T], gradient: &[T], dimension: usize) {
    assert_eq!(parameters.len(), dimension, "parameters are n² numbers");
    assert_eq!(gradient.len(), dimension, "the gradient is n² numbers");
}
