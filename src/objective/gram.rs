//! The mean squared error of an inverse from one product, as long as that is accurate.

use std::sync::Arc;

use nalgebra::{DMatrix, DMatrixView, DVector};

use super::Objective;
use super::estimate::IdentityEstimate;
use super::held::Held;
use super::inverse::check_lengths;
use crate::numerics::input_error::InputError;
use crate::numerics::norm::{BLOCK, LANES, euclidean_norm, sum_in_pairs};
use crate::numerics::product::{multiply, multiply_symmetric};
use crate::numerics::random::{fill_uniform_about_zero, seeded};
use crate::numerics::real::Real;
use crate::objective::side::Side;

/// The mean squared error of an inverse, like [`InverseObjective`](super::InverseObjective) with
/// [`MeanSquaredError`](crate::loss::MeanSquaredError), but far from the solution with half the
/// products.
///
/// With G formed once, one product W gives the gradient, and inner products give the loss:
///
/// | side | G | W | ∇ | L |
/// |---|---|---|---|---|
/// | [`Side::Left`] | M·Mᵀ | X·G − Mᵀ | 2/n²·W | 1/n²·(n + ⟨X, W − Mᵀ⟩) |
/// | [`Side::Right`] | Mᵀ·M | G·X − Mᵀ | 2/n²·W | 1/n²·(n + ⟨X, W − Mᵀ⟩) |
///
/// There is no such form for [`Side::Both`].
///
/// # When one product is used
///
/// Near the solution the inner product cancels n. If rounding errors have random signs, those of G,
/// of W and of the inner product each change n²·L by about ε/2·‖X‖²_F·‖G‖_F or less. So one product
/// is used only where n²·L ≥ 2√ε·‖X‖²_F·‖G‖_F, which keeps the relative error of the loss below
/// about √ε/2: 7·10⁻⁹ in `f64`, 2·10⁻⁴ in `f32`. (Measured in `f64` for n from 4 to 512: 5·10⁻¹⁰ at
/// most, usually 10⁻¹¹.) Elsewhere the residual itself is formed, with two products, so that a
/// descent ends as accurately as with the plain form.
///
/// Near the solution ‖X‖²_F·‖G‖_F lies between n^1.5 and about n·κ², where κ is the condition
/// number. So in `f64` one product is enough while ‖Y − I‖_F, which begins near √n, is above about
/// 10⁻⁴·√n·κ; in `f32` it is rarely enough for more than a few steps.
///
/// The choice depends on X alone, so that a resumed run gives the same bits. To avoid wasting a
/// product where one turns out not to be enough, it is tried only if a cheap probe estimates n²·L
/// as at least twice what is needed: ‖(Y − I)·z‖² (on the right ‖(Y − I)ᵀ·z‖²) for one fixed vector
/// z of random signs. The mean of this over all such vectors is n²·L.
///
/// # What it gains
///
/// A step with one product takes 0.93 of the time of a step with two at n = 16, 0.82 at 32, 0.69 at
/// 64, 0.59 at 128, 0.55 at 256. A probe that fails costs about as much as two passes over X.
///
/// It holds three n×n matrices, two for [`Side::Both`].
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, Sgd, Side, Silent, Stopping};
/// use matrix_descent::objective::InverseGramObjective;
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![2.0, 1.0; 1.0, 3.0];
/// let mut objective = InverseGramObjective::new(&m, Side::Left)?;
/// let stopping = Stopping::default().max_steps(1000).loss(1e-24);
/// let run = minimize(&mut objective, Sgd::new(0.3), vec![0.0; 4], stopping, Silent)?;
/// assert!(objective.products() < 2 * run.report.losses.len());
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct InverseGramObjective<'m, T: Real> {
    estimate: IdentityEstimate<'m, T>,
    gram: Option<Gram<T>>,
    /// Y − I, then ∂L/∂Y.
    residual: Vec<T>,
    products: usize,
}

impl<'m, T: Real> InverseGramObjective<'m, T> {
    /// The objective for the inverse of `matrix`; forming G takes one product.
    ///
    /// # Errors
    ///
    /// [`InputError::Empty`], [`InputError::NotSquare`] or [`InputError::NotFinite`].
    pub fn new(matrix: &'m DMatrix<T>, side: Side) -> Result<Self, InputError<T>> {
        Self::plain_of(Held::Borrowed(matrix), side).map(Self::with_gram)
    }

    /// The same, with the plain form everywhere.
    pub(crate) fn plain(matrix: &'m DMatrix<T>, side: Side) -> Result<Self, InputError<T>> {
        Self::plain_of(Held::Borrowed(matrix), side)
    }

    fn plain_of(matrix: Held<'m, DMatrix<T>>, side: Side) -> Result<Self, InputError<T>> {
        let estimate = IdentityEstimate::new(matrix, side)?;
        let n = estimate.order();
        Ok(Self {
            estimate,
            gram: None,
            residual: vec![T::zero(); n * n],
            products: 0,
        })
    }

    /// Forms G, if there is one.
    fn with_gram(mut self) -> Self {
        self.gram = Gram::of(&self.estimate);
        self.products += usize::from(self.gram.is_some());
        self
    }

    /// The number of products of n×n matrices so far.
    #[must_use]
    pub fn products(&self) -> usize {
        self.products
    }

    /// The loss from one product, if that is accurate.
    fn by_one_product(&mut self, x: &[T], gradient: &mut [T]) -> Option<T> {
        let gram = self.gram.as_mut()?;
        let smallest = gram.smallest_squared_residual(x);
        if !gram.probe_exceeds(x, smallest) {
            return None;
        }
        self.products += 1;
        let squared_residual = gram.evaluate(x, self.estimate.transpose(), gradient);
        let is_accurate = squared_residual >= smallest;
        is_accurate.then(|| squared_residual / T::from_count(x.len()))
    }

    /// The loss from the residual itself.
    fn by_residual(&mut self, x: &[T], gradient: &mut [T]) -> T {
        self.products += self.estimate.products();
        self.estimate.write(&mut self.residual, x);
        for entry in self.residual.iter_mut().step_by(self.estimate.order() + 1) {
            *entry -= T::one();
        }
        let loss = replace_by_loss_gradient(&mut self.residual);
        self.estimate.write_gradient(gradient, &self.residual);
        loss
    }
}

impl<T: Real> InverseGramObjective<'static, T> {
    /// The same for a matrix that the objective keeps, or an [`Arc`] that others share, so that it
    /// can move to another thread; see
    /// [`InverseObjective::shared`](super::InverseObjective::shared).
    ///
    /// # Errors
    ///
    /// The same as for [`new`](InverseGramObjective::new).
    pub fn shared(matrix: impl Into<Arc<DMatrix<T>>>, side: Side) -> Result<Self, InputError<T>> {
        Self::plain_of(Held::Shared(matrix.into()), side).map(Self::with_gram)
    }
}

impl<T: Real> Objective<T> for InverseGramObjective<'_, T> {
    /// n².
    fn dimension(&self) -> usize {
        self.residual.len()
    }

    /// The mean squared error of Y and its gradient with respect to X.
    ///
    /// # Panics
    ///
    /// If a slice is not n² long.
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        check_lengths(parameters, gradient, self.residual.len());
        match self.by_one_product(parameters, gradient) {
            Some(loss) => loss,
            None => self.by_residual(parameters, gradient),
        }
    }
}

/// What the form with one product needs in addition to Mᵀ.
#[derive(Clone, Debug)]
struct Gram<T: Real> {
    order: FactorOrder,
    /// G.
    matrix: DMatrix<T>,
    /// ‖G‖_F.
    norm: T,
    /// z, of entries ±1.
    signs: DVector<T>,
    /// M·z on the left, Mᵀ·z on the right.
    image: DVector<T>,
    probe: DVector<T>,
}

/// The order of the factors in a product of X and G.
#[derive(Clone, Copy, Debug)]
enum FactorOrder {
    /// X·G, for the left side.
    InverseFirst,
    /// G·X, for the right side.
    GramFirst,
}

/// The factor by which the probe has to exceed what is needed, since it may overestimate.
const PROBE_MARGIN: f64 = 2.0;

impl<T: Real> Gram<T> {
    /// None if there is no such form, or if the entries of G leave the range of the format.
    fn of(estimate: &IdentityEstimate<'_, T>) -> Option<Self> {
        let (m, transpose) = (estimate.matrix(), estimate.transpose());
        let (order, first, second) = match estimate.side() {
            Side::Left => (FactorOrder::InverseFirst, m, transpose),
            Side::Right => (FactorOrder::GramFirst, transpose, m),
            Side::Both => return None,
        };
        let n = estimate.order();
        let mut matrix = DMatrix::zeros(n, n);
        multiply_symmetric(
            matrix.as_mut_slice(),
            first.as_slice(),
            second.as_slice(),
            n,
        );
        let norm = euclidean_norm(matrix.as_slice());
        // Below this, entries that underflowed could matter.
        let is_in_range = norm.is_finite() && norm > T::MIN_POSITIVE / (T::EPSILON * T::EPSILON);
        let signs = random_signs(n);
        is_in_range.then(|| Self {
            order,
            matrix,
            norm,
            image: first * &signs,
            probe: DVector::zeros(n),
            signs,
        })
    }

    /// The smallest n²·L at X = `x` that inner products give accurately.
    fn smallest_squared_residual(&self, x: &[T]) -> T {
        let norm = euclidean_norm(x);
        <T as Real>::from_f64(2.0) * T::EPSILON.sqrt() * norm * norm * self.norm
    }

    /// Whether n²·L at X = `x` is likely to be at least `smallest`.
    fn probe_exceeds(&mut self, x: &[T], smallest: T) -> bool {
        let (n, one) = (self.signs.len(), T::one());
        let x = DMatrixView::from_slice(x, n, n);
        self.probe.copy_from(&self.signs);
        match self.order {
            FactorOrder::InverseFirst => self.probe.gemv(one, &x, &self.image, -one),
            FactorOrder::GramFirst => self.probe.gemv_tr(one, &x, &self.image, -one),
        }
        self.probe.norm_squared() > <T as Real>::from_f64(PROBE_MARGIN) * smallest
    }

    /// Writes the gradient at X = `x` and returns n²·L.
    fn evaluate(&self, x: &[T], transpose: &DMatrix<T>, gradient: &mut [T]) -> T {
        let (n, g) = (self.signs.len(), self.matrix.as_slice());
        match self.order {
            FactorOrder::InverseFirst => multiply(gradient, x, g, n),
            FactorOrder::GramFirst => multiply(gradient, g, x, n),
        }
        let scale = <T as Real>::from_f64(2.0) / T::from_count(n * n);
        let columns = x.chunks_exact(n).zip(transpose.as_slice().chunks_exact(n));
        let columns = columns.zip(gradient.chunks_exact_mut(n));
        // Near the solution each column contributes about −1 to ⟨X, −Mᵀ⟩; adding 1 at once keeps
        // the sums small.
        sum_in_pairs(columns.map(|((x, transpose), gradient)| {
            T::one() + finish_column(x, transpose, gradient, scale)
        }))
    }
}

/// Turns a column p of X·G or G·X into the column of the gradient, scale·w with w = p − t, where t
/// is the column of Mᵀ; returns ⟨x, w − t⟩.
fn finish_column<T: Real>(x: &[T], transpose: &[T], gradient: &mut [T], scale: T) -> T {
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (ts, t_rest) = transpose.as_chunks::<LANES>();
    let (gs, g_rest) = gradient.as_chunks_mut::<LANES>();
    let mut sums = [T::zero(); LANES];
    for ((x, t), g) in xs.iter().zip(ts).zip(gs) {
        for lane in 0..LANES {
            let w = g[lane] - t[lane];
            sums[lane] += x[lane] * (w - t[lane]);
            g[lane] = scale * w;
        }
    }
    let mut rest = T::zero();
    for ((&x, &t), g) in x_rest.iter().zip(t_rest).zip(g_rest) {
        let w = *g - t;
        rest += x * (w - t);
        *g = scale * w;
    }
    sums.iter().fold(rest, |total, &sum| total + sum)
}

/// Replaces E by 2/N·E and returns the mean of its N squares.
fn replace_by_loss_gradient<T: Real>(residual: &mut [T]) -> T {
    let count = T::from_count(residual.len());
    let scale = <T as Real>::from_f64(2.0) / count;
    let blocks = residual.chunks_mut(BLOCK);
    sum_in_pairs(blocks.map(|block| scale_and_sum_squares(block, scale))) / count
}

/// Multiplies the values by `scale` and returns the sum of their former squares.
fn scale_and_sum_squares<T: Real>(values: &mut [T], scale: T) -> T {
    let (chunks, entries) = values.as_chunks_mut::<LANES>();
    let mut sums = [T::zero(); LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += chunk[lane] * chunk[lane];
            chunk[lane] *= scale;
        }
    }
    let mut rest = T::zero();
    for entry in entries {
        rest += *entry * *entry;
        *entry *= scale;
    }
    sums.iter().fold(rest, |total, &sum| total + sum)
}

/// ±1, the same for every n×n matrix.
fn random_signs<T: Real>(n: usize) -> DVector<T> {
    let mut signs = DVector::zeros(n);
    fill_uniform_about_zero(signs.as_mut_slice(), &mut seeded(n as u64));
    signs.map(|value: T| {
        if value < T::zero() {
            -T::one()
        } else {
            T::one()
        }
    })
}
