//! The singular value decomposition as an objective, with a penalty that keeps its vectors
//! orthonormal.

use nalgebra::DMatrix;

use super::orthogonality::Orthogonality;
use super::unit_scale::in_units;
use super::weights::without_missing;
use super::{Objective, SvdFactors};
use crate::loss::{Loss, MeanSquaredError, WeightedMeanSquaredError};
use crate::numerics::input_error::InputError;
use crate::numerics::norm::dot;
use crate::numerics::product::low_rank::{product, product_of_transpose, product_with_transpose};
use crate::numerics::random::{fill_uniform, seeded};
use crate::numerics::real::Real;
use crate::numerics::validation::{
    check_entries, check_finite, check_not_empty, check_parameters, check_rank,
};

/// The weight of the penalties in the squared form.
const SQUARED_FORM_WEIGHT: f64 = 0.01;

/// The singular value decomposition as an objective: the loss of Y = U·diag(s)·Vᵀ against an m×n
/// matrix M, with penalties that keep the columns of U and V orthonormal.
///
/// The parameters are U (m×k, by columns), d (k numbers) and V (n×k, by columns), end to end. With
/// a factor a, a weight b and a unit ν for the entries of M,
///
/// f = a·L(Y, M/ν) + b·(‖UᵀU − I‖²_F + ‖VᵀV − I‖²_F),
///
/// | form | s | L | a | b | ν |
/// |---|---|---|---|---|---|
/// | [`squared`](Self::squared) | d² | mean squared error | 1 | 1/(100·k²) | 1 |
/// | [`signed`](Self::signed) | d | mean squared error | mn/2 | ¼ | ‖M‖_F |
/// | [`weighted`](Self::weighted) | d | weighted mean squared error | mn/2 | ¼ | that of M, see there |
///
/// so that the signed form is ½‖Y − M/ν‖²_F + ¼‖UᵀU − I‖²_F + ¼‖VᵀV − I‖²_F. With G = a·∂L/∂Y the
/// gradient is ∂U = G·V·diag(s) + 4b·U·(UᵀU − I), ∂V = Gᵀ·U·diag(s) + 4b·V·(VᵀV − I), and ∂dⱼ =
/// s′ⱼ·(UᵀGV)ⱼⱼ with s′ = 2d or 1. For k = min(m, n) the minimum is 0, where M = ν·U·diag(s)·Vᵀ is
/// the decomposition; for fewer components it is the best approximation of rank k (Eckart and
/// Young, 1936). The penalty is exact: its weight does not have to grow.
///
/// # Which form
///
/// The squared form keeps singular values positive, at a price: dⱼ = 0 stays 0 under its gradient,
/// so a component that starts with the wrong sign is lost. From 200 starts in [0, 1) the heavy ball
/// with η = μ = 0.9 reached all singular values of five small matrices, with σ₁ from 1.8 to 3, in
/// 33 to 90 % of the runs; with each matrix doubled, never. The signed form has neither fault: from
/// each of those starts it converged with [`Lbfgs`](crate::optimizer::Lbfgs) within 150 to 1600
/// steps, and with `Sgd::new(0.3).momentum(0.98).clipped(Clip::Norm(0.3))` within 11 000. (Far from
/// orthonormal vectors the gradient grows with the third power; without clipping, large steps
/// diverge there.)
///
/// Both need about (σ₁/gap)² steps of plain descent, where gap is the smallest distance between two
/// singular values, and prove nothing: they are for learning. In practice use
/// [`svd_by_descent`](crate::svd::svd_by_descent).
///
/// One evaluation takes 3·m·n·k multiplications and 2·(m + n)·k² for the penalties, and allocates
/// nothing.
///
/// # Source
///
/// Courant, "Variational methods for the solution of problems of equilibrium and vibrations", 1943,
/// for penalties; Eckart and Young, "The approximation of one matrix by another of lower
/// rank", 1936.
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, Lbfgs, Silent, Stopping};
/// use matrix_descent::objective::SvdPenalty;
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![3.0, 0.0; 4.0, 5.0];
/// let mut objective = SvdPenalty::signed(&m)?;
/// let start = objective.random_start(314);
/// let stopping = Stopping::default().loss(1e-24);
/// let run = minimize(&mut objective, Lbfgs::default(), start, stopping, Silent)?;
/// let factors = objective.factors(&run.parameters)?;
/// assert!((factors.singular_values[0] - 45.0_f64.sqrt()).abs() < 1e-10);
/// assert!((factors.singular_values[1] - 5.0_f64.sqrt()).abs() < 1e-10);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SvdPenalty<T: Real, L = MeanSquaredError> {
    loss: L,
    diagonal: Diagonal,
    /// M/ν.
    target: DMatrix<T>,
    /// ν.
    unit: T,
    rank: usize,
    /// a.
    factor: T,
    left: Orthogonality<T>,
    right: Orthogonality<T>,
    /// U·diag(s).
    weighted: Vec<T>,
    /// Y.
    estimate: Vec<T>,
    /// ∂L/∂Y.
    slope: Vec<T>,
}

/// What distinguishes the forms, apart from the loss.
#[derive(Clone, Copy)]
struct Form<T> {
    diagonal: Diagonal,
    /// a.
    factor: T,
    /// b.
    weight: T,
}

/// How singular values depend on the parameters d.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Diagonal {
    /// s = d².
    Squared,
    /// s = d.
    Signed,
}

impl Diagonal {
    /// s and ds/dd.
    fn value_and_slope<T: Real>(self, d: T) -> (T, T) {
        match self {
            Self::Squared => (d * d, d + d),
            Self::Signed => (d, T::one()),
        }
    }
}

impl<T: Real> SvdPenalty<T> {
    /// The form with s = d² and all min(m, n) components, with means in place of sums:
    ///
    /// f = mean((U·diag(d²)·Vᵀ − M)²) + (mean((UᵀU − I)²) + mean((VᵀV − I)²))/100.
    ///
    /// # Errors
    ///
    /// [`InputError::Empty`] or [`InputError::NotFinite`].
    pub fn squared(matrix: &DMatrix<T>) -> Result<Self, InputError<T>> {
        check(matrix)?;
        let rank = matrix.nrows().min(matrix.ncols());
        let form = Form {
            diagonal: Diagonal::Squared,
            factor: T::one(),
            weight: <T as Real>::from_f64(SQUARED_FORM_WEIGHT) / T::from_count(rank * rank),
        };
        let (target, unit) = (matrix.clone(), T::one());
        Ok(Self::new(MeanSquaredError, form, target, unit, rank))
    }

    /// The form with s = d and all min(m, n) components, in units of the norm:
    ///
    /// f = ½‖U·diag(d)·Vᵀ − M/‖M‖_F‖²_F + ¼‖UᵀU − I‖²_F + ¼‖VᵀV − I‖²_F.
    ///
    /// Only ratios of the entries matter. [`factors`](Self::factors) restores the signs and the
    /// scale.
    ///
    /// # Errors
    ///
    /// [`InputError::Empty`] or [`InputError::NotFinite`]; [`InputError::EntriesTooLarge`] if ‖M‖_F
    /// overflows.
    pub fn signed(matrix: &DMatrix<T>) -> Result<Self, InputError<T>> {
        check(matrix)?;
        let rank = matrix.nrows().min(matrix.ncols());
        Self::in_units(matrix, rank, MeanSquaredError)
    }
}

impl<T: Real> SvdPenalty<T, WeightedMeanSquaredError<T>> {
    /// The signed form with k = `rank` components for a matrix with missing or weighted entries,
    /// where no singular value decomposition applies:
    ///
    /// f = mn/2·Σ wᵢⱼ(yᵢⱼ − mᵢⱼ/ν)²/Σ wᵢⱼ + ¼‖UᵀU − I‖²_F + ¼‖VᵀV − I‖²_F.
    ///
    /// An entry of weight 0 is missing and is not read: it may be NaN. ν² = mn·Σ wᵢⱼmᵢⱼ²/Σ wᵢⱼ is
    /// the squared norm that M would have if the missing entries were like the others.
    ///
    /// [`complete_by_descent`](crate::completion::complete_by_descent) uses two factors without an
    /// orthogonality penalty instead, and touches only the known entries.
    ///
    /// # Errors
    ///
    /// - [`InputError::Empty`] for the matrix, or [`InputError::NotFinite`] for an entry that is
    ///   not missing;
    /// - [`InputError::ShapeMismatch`] for the weights, and [`InputError::InvalidSetting`] if one
    ///   is negative or not finite, or their sum is 0 or overflows;
    /// - [`InputError::RankOutOfRange`] for a rank outside 1 … min(m, n);
    /// - [`InputError::EntriesTooLarge`] if ν overflows.
    ///
    /// # Example
    ///
    /// ```
    /// use matrix_descent::{minimize, Lbfgs, Silent, Stopping};
    /// use matrix_descent::objective::SvdPenalty;
    /// use nalgebra::dmatrix;
    ///
    /// let m = dmatrix![1.0, 2.0, 3.0; 2.0, 4.0, f64::NAN; 3.0, 6.0, 9.0];
    /// let weights = m.map(|entry: f64| f64::from(u8::from(entry.is_finite())));
    /// let mut objective = SvdPenalty::weighted(&m, &weights, 1)?;
    /// let start = objective.random_start(314);
    /// let stopping = Stopping::default().loss(1e-24);
    /// let run = minimize(&mut objective, Lbfgs::default(), start, stopping, Silent)?;
    /// let fitted = objective.factors(&run.parameters)?.reconstruct();
    /// assert!((fitted[(1, 2)] - 6.0).abs() < 1e-9);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn weighted(
        matrix: &DMatrix<T>,
        weights: &DMatrix<T>,
        rank: usize,
    ) -> Result<Self, InputError<T>> {
        let (known, loss) = without_missing(matrix, weights)?;
        check_rank("rank", rank, matrix.shape())?;
        Self::in_units(&known, rank, loss)
    }
}

impl<T: Real, L: Loss<T>> SvdPenalty<T, L> {
    /// The signed form.
    fn in_units(matrix: &DMatrix<T>, rank: usize, loss: L) -> Result<Self, InputError<T>> {
        let form = Form {
            diagonal: Diagonal::Signed,
            factor: <T as Real>::from_f64(0.5) * T::from_count(matrix.len()),
            weight: <T as Real>::from_f64(0.25),
        };
        let (target, unit) = in_units(matrix, &loss)?;
        Ok(Self::new(loss, form, target, unit, rank))
    }

    fn new(loss: L, form: Form<T>, target: DMatrix<T>, unit: T, rank: usize) -> Self {
        let (rows, columns) = target.shape();
        let zeros = |length| vec![T::zero(); length];
        Self {
            loss,
            diagonal: form.diagonal,
            unit,
            rank,
            factor: form.factor,
            left: Orthogonality::new(rows, rank, form.weight),
            right: Orthogonality::new(columns, rank, form.weight),
            weighted: zeros(rows * rank),
            estimate: zeros(target.len()),
            slope: zeros(target.len()),
            target,
        }
    }

    /// Parameters drawn uniformly from [0, 1), the same on every machine.
    #[must_use]
    pub fn random_start(&self, seed: u64) -> Vec<T> {
        let mut start = vec![T::zero(); self.dimension()];
        fill_uniform(&mut start, &mut seeded(seed));
        start
    }

    /// The factors that these parameters represent, in the scale of M, with singular values
    /// nonnegative and descending.
    ///
    /// # Errors
    ///
    /// [`InputError::DimensionMismatch`], or [`InputError::NotFinite`] if a parameter is not finite
    /// or a singular value overflows.
    pub fn factors(&self, parameters: &[T]) -> Result<SvdFactors<T>, InputError<T>> {
        check_parameters(parameters, self.dimension())?;
        let (rows, columns) = self.target.shape();
        let (u, d, v) = self.split(parameters);
        let value = |&d: &T| self.diagonal.value_and_slope(d).0 * self.unit;
        let values: Vec<T> = d.iter().map(value).collect();
        check_entries("singular values", &values, self.rank)?;
        let u = DMatrix::from_column_slice(rows, self.rank, u);
        let v = DMatrix::from_column_slice(columns, self.rank, v);
        Ok(SvdFactors::sorted(u, &values, &v))
    }

    /// U, d and V.
    fn split<'p>(&self, parameters: &'p [T]) -> (&'p [T], &'p [T], &'p [T]) {
        let (u, rest) = parameters.split_at(self.target.nrows() * self.rank);
        let (d, v) = rest.split_at(self.rank);
        (u, d, v)
    }

    /// L(Y, M/ν), and its gradient in `slope`.
    fn evaluate(&mut self, u: &[T], d: &[T], v: &[T]) -> T {
        let rows = self.target.nrows();
        let pairs = (self.weighted.chunks_exact_mut(rows)).zip(u.chunks_exact(rows));
        for ((weighted, u), &d) in pairs.zip(d) {
            let (value, _) = self.diagonal.value_and_slope(d);
            for (weighted, &u) in weighted.iter_mut().zip(u) {
                *weighted = value * u;
            }
        }
        product_with_transpose(&mut self.estimate, &self.weighted, v, rows);
        let target = self.target.as_slice();
        (self.loss).value_and_gradient(&self.estimate, target, &mut self.slope)
    }
}

impl<T: Real, L: Loss<T>> Objective<T> for SvdPenalty<T, L> {
    /// (m + n + 1)·k.
    fn dimension(&self) -> usize {
        let (rows, columns) = self.target.shape();
        (rows + columns + 1) * self.rank
    }

    /// f and its gradient with respect to U, d and V.
    ///
    /// # Panics
    ///
    /// If a slice is not (m + n + 1)·k long.
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        let dimension = self.dimension();
        assert_eq!(parameters.len(), dimension, "parameters: (m + n + 1)·k");
        assert_eq!(gradient.len(), dimension, "gradient: (m + n + 1)·k");
        let (rows, columns) = self.target.shape();
        let (u, d, v) = self.split(parameters);
        let loss = self.evaluate(u, d, v);
        let (of_u, rest) = gradient.split_at_mut(u.len());
        let (of_d, of_v) = rest.split_at_mut(d.len());
        product(of_u, &self.slope, v, rows);
        product_of_transpose(of_v, &self.slope, u, rows);
        let vectors = of_u
            .chunks_exact_mut(rows)
            .zip(of_v.chunks_exact_mut(columns));
        let components = vectors.zip(u.chunks_exact(rows)).zip(d.iter().zip(of_d));
        for (((of_u, of_v), u), (&d, of_d)) in components {
            let (value, slope) = self.diagonal.value_and_slope(d);
            *of_d = self.factor * slope * dot(u, of_u);
            scale(of_u, self.factor * value);
            scale(of_v, self.factor * value);
        }
        let penalties = self.left.add(u, of_u) + self.right.add(v, of_v);
        self.factor * loss + penalties
    }
}

fn scale<T: Real>(values: &mut [T], factor: T) {
    for value in values {
        *value *= factor;
    }
}

fn check<T: Real>(matrix: &DMatrix<T>) -> Result<(), InputError<T>> {
    check_not_empty("matrix", matrix.nrows(), matrix.ncols())?;
    check_finite("matrix", matrix)
}
