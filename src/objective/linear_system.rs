//! A linear system as an objective: how far is A·X from B?

use std::sync::Arc;

use nalgebra::{Dim, Dyn, Matrix, VecStorage};

use super::Objective;
use super::held::Held;
use crate::linear_map::LinearMap;
use crate::numerics::input_error::InputError;
use crate::numerics::norm::sum_of_squares;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_entries, check_not_empty, check_shape};

/// A linear system A·X = B as an objective: ½‖A·X − B‖²_F as a function of the entries of X, column
/// by column; ∇ = Aᵀ·(A·X − B).
///
/// A is m×n, a matrix or any other [`LinearMap`]; B is m×k, X n×k. The objective is a sum over the
/// entries, not a mean; [`Ridge`](crate::objective::Ridge) around it adds the Tikhonov term
/// λ/2·‖X‖²_F. One evaluation takes k products with A and k with Aᵀ, and allocates nothing if A is
/// a matrix.
///
/// The curvatures lie between ℓ = σₙ² and L = σ₁², the squares of the singular values of A; with
/// κ = σ₁/σₙ plain gradient descent takes about κ² steps and tuned momentum about κ. So do the
/// conjugate gradients of [`solve_by_descent`](crate::solve::solve_by_descent), which need no
/// tuning, and within bounds those of [`solve_in_bounds`](crate::solve::solve_in_bounds).
///
/// # Example
///
/// The heavy ball, tuned to the curvatures of A:
///
/// ```
/// use matrix_descent::{minimize, Sgd, Silent, Stopping};
/// use matrix_descent::objective::LinearSystem;
/// use nalgebra::{dmatrix, dvector};
///
/// let (a, b) = (dmatrix![1.0, 0.0; 0.0, 3.0], dvector![1.0, 6.0]);
/// let objective = LinearSystem::new(&a, &b)?;
/// let rule = Sgd::tuned_heavy_ball(1.0, 9.0)?;
/// let stopping = Stopping::default().gradient_norm(1e-12);
/// let run = minimize(objective, rule, vec![0.0; 2], stopping, Silent)?;
/// assert!((nalgebra::DVector::from_vec(run.parameters) - dvector![1.0, 2.0]).norm() < 1e-11);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LinearSystem<'m, T, A> {
    map: Held<'m, A>,
    right_side: Held<'m, [T]>,
    /// A·X − B.
    residual: Vec<T>,
}

impl<'m, T: Real, A: LinearMap<T>> LinearSystem<'m, T, A> {
    /// The objective for A = `map` and B = `right_side`, a vector or a matrix.
    ///
    /// # Errors
    ///
    /// [`InputError::Empty`], [`InputError::NotFinite`] or [`InputError::ShapeMismatch`].
    pub fn new<C: Dim>(
        map: &'m A,
        right_side: &'m Matrix<T, Dyn, C, VecStorage<T, Dyn, C>>,
    ) -> Result<Self, InputError<T>> {
        let entries = Held::Borrowed(right_side.as_slice());
        Self::of(Held::Borrowed(map), entries, right_side.shape())
    }

    fn of(
        map: Held<'m, A>,
        right_side: Held<'m, [T]>,
        (rows, columns): (usize, usize),
    ) -> Result<Self, InputError<T>> {
        const NAME: &str = "right-hand side";
        map.validate("matrix")?;
        check_not_empty(NAME, rows, columns)?;
        check_shape(NAME, (rows, columns), (map.rows(), columns))?;
        check_entries(NAME, &right_side, rows)?;
        Ok(Self {
            map,
            residual: vec![T::zero(); right_side.len()],
            right_side,
        })
    }

    /// A·X − B at the parameters of the last evaluation, column by column; zeros before the first.
    #[must_use]
    pub fn residual(&self) -> &[T] {
        &self.residual
    }
}

impl<T: Real, A: LinearMap<T>> LinearSystem<'static, T, A> {
    /// The same for a map that several objectives may share and a right-hand side that this one
    /// keeps, so that it can move to another thread; see
    /// [`InverseObjective::shared`](super::InverseObjective::shared).
    ///
    /// # Errors
    ///
    /// The same as for [`new`](LinearSystem::new).
    pub fn shared<C: Dim>(
        map: Arc<A>,
        right_side: Matrix<T, Dyn, C, VecStorage<T, Dyn, C>>,
    ) -> Result<Self, InputError<T>> {
        let shape = right_side.shape();
        let entries: Vec<T> = right_side.data.into();
        Self::of(Held::Shared(map), Held::Shared(entries.into()), shape)
    }
}

impl<T: Real, A: LinearMap<T>> Objective<T> for LinearSystem<'_, T, A> {
    /// n·k.
    fn dimension(&self) -> usize {
        self.residual.len() / self.map.rows() * self.map.columns()
    }

    /// ½‖A·X − B‖²_F and its gradient with respect to X.
    ///
    /// # Panics
    ///
    /// If a slice is not n·k long.
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        let dimension = self.dimension();
        assert_eq!(parameters.len(), dimension, "parameters are n·k numbers");
        assert_eq!(gradient.len(), dimension, "the gradient is n·k numbers");
        let (m, n) = (self.map.rows(), self.map.columns());
        let columns = parameters.chunks_exact(n).zip(gradient.chunks_exact_mut(n));
        let sides = (self.residual.chunks_exact_mut(m)).zip(self.right_side.chunks_exact(m));
        for ((x, gradient), (residual, b)) in columns.zip(sides) {
            self.map.apply(x, residual);
            for (r, &b) in residual.iter_mut().zip(b) {
                *r -= b;
            }
            self.map.apply_adjoint(residual, gradient);
        }
        <T as Real>::from_f64(0.5) * sum_of_squares(&self.residual)
    }
}
