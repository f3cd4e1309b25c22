//! The settings of Muon, and its step.

use std::sync::Arc;

use super::matrices::{Matrices, ParameterMatrix};
use super::orthogonalize::{apply, normalize};
use super::state::{MuonState, Scratch};
use super::step_scale::StepScale;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_zero, check_fraction, require};
use crate::optimizer::adam_w::AdamW;
use crate::optimizer::memory::common_length;
use crate::optimizer::settings::{check_learning_rate, check_weight_decay};
use crate::optimizer::{LearningRate, Optimizer};

/// a, b and c of the quintic polynomial a·σ + b·σ³ + c·σ⁵ that each of the five steps applies.
const QUINTIC: [f64; 3] = [3.4445, -4.775, 2.0315];

const STEPS: usize = 5;

/// How [`Muon`] remembers earlier gradients.
///
/// In the formulas G is the gradient of a matrix, μ the momentum, B the average, from 0. Both begin
/// with B ← μ·B + (1 − μ)·G.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum MatrixMomentum<T> {
    /// U = B.
    HeavyBall {
        /// μ, in [0, 1).
        momentum: T,
    },
    /// U = (1 − μ)·G + μ·B: the average as it would be if the next gradient were the same.
    Nesterov {
        /// μ, in [0, 1).
        momentum: T,
    },
}

impl<T: Real> MatrixMomentum<T> {
    fn momentum(self) -> T {
        match self {
            Self::HeavyBall { momentum } | Self::Nesterov { momentum } => momentum,
        }
    }

    /// Brings B up to date and replaces G by U.
    fn advance(self, average: &mut [T], gradient: &mut [T]) {
        let momentum = self.momentum();
        let share = T::one() - momentum;
        let entries = average.iter_mut().zip(gradient);
        match self {
            Self::HeavyBall { .. } => {
                for (b, g) in entries {
                    *b = momentum * *b + share * *g;
                    *g = *b;
                }
            }
            Self::Nesterov { .. } => {
                for (b, g) in entries {
                    *b = momentum * *b + share * *g;
                    *g = share * *g + momentum * *b;
                }
            }
        }
    }
}

/// Muon, for parameters that are matrices: a step follows the momentum, but with all its singular
/// values brought near 1, so that rare directions count as much as frequent ones.
///
/// For each m×n matrix X among the parameters, with U from the gradient as [`MatrixMomentum`] says,
///
/// - O ← U/max(‖U‖_F, ε);
/// - five times O ← a·O + b·A·O + c·A²·O with A = O·Oᵀ (a = 3.4445, b = −4.775, c = 2.0315);
/// - X ← (1 − η·λ)·X − η·s·O, with s from the shape as [`StepScale`] says.
///
/// Each polynomial maps the singular values σ of O to a·σ + b·σ³ + c·σ⁵ and keeps its singular
/// vectors; those from 0.0015 of ‖U‖_F up end between 0.68 and 1.21. If m > n, A = OᵀO takes the
/// other side, with the same result. [`AdamW`] changes all parameters that are in no matrix. The
/// definitions are PyTorch's `torch.optim.Muon`, but for the precision of the polynomials: bfloat16
/// there, that of the parameters here.
///
/// A matrix is a range of the parameters, stored column by column, like those of the
/// [objectives](crate::objective). To add one that is stored row by row, exchange its rows and
/// columns: the same O results, and s is that of the transpose.
///
/// Defaults, besides those above: η = 10⁻³, Nesterov's momentum with μ = 0.95, λ = 0.1, ε = 10⁻⁷,
/// [`StepScale::Original`]; no matrices; [`AdamW::default`] for the rest. Ranges: η > 0; μ in [0, 1);
/// λ ≥ 0; ε ≥ 0; all finite, coefficients too; matrices with at least one entry, apart from one
/// another. [`Optimizer::validate`] and [`Optimizer::check_dimension`] check them.
///
/// # When to use
///
/// For the weight matrices of the hidden layers of a network; embeddings, output layers and biases
/// are left to AdamW. Where a momentum is nearly of low rank, its steps reach what gradient descent
/// and Adam reach late. As the steps do not shrink with the gradient, let η fall towards the end,
/// or set an [`epsilon`](Self::epsilon) as large as the gradients there.
///
/// A step of an m×n matrix with k = min(m, n) takes 5·(2·m·n·k + k³) multiplications, about a quarter
/// fewer from k = 64 on, where symmetric products are computed by halves. Besides the momentum, the
/// state has room for m·n + 2·k² numbers, which all matrices share.
///
/// # Composition
///
/// A [schedule](crate::optimizer::Compose::scheduled) changes the learning rate of AdamW in
/// proportion to η. In [`ParameterGroups`](crate::optimizer::ParameterGroups) the indices of a rule's
/// matrices count from the beginning of its group; the rule for the remaining parameters has no
/// matrices then.
///
/// # Sources
///
/// Jordan, "Muon: An optimizer for hidden layers in neural networks", 2024; the weight decay and
/// [`StepScale::MatchAdamW`]: Liu and others, "Muon is scalable for LLM training", 2025.
///
/// # Examples
///
/// A 2×2 matrix and a bias after it. However different the singular values of the gradient, here 30
/// and 2, both are followed at about the same speed:
///
/// ```
/// use matrix_descent::optimizer::Muon;
/// use matrix_descent::{AdamW, Optimizer};
///
/// let rule = Muon::new(0.5).matrix(0, 2, 2).rest(AdamW::new(0.01)).weight_decay(0.0);
/// let mut x = [0.0_f64; 5];
/// let mut state = rule.init(&x);
/// rule.step(&mut state, &mut x, &mut [30.0, 0.0, 0.0, 2.0, 7.0]);
/// assert!((x[0] + 0.5).abs() < 0.2 && (x[3] + 0.5).abs() < 0.2);
/// assert_eq!((x[1], x[2]), (0.0, 0.0));
/// assert!((x[4] + 0.01).abs() < 1e-9);
/// ```
///
/// Two matrices with learning rates of their own, and one schedule over both:
///
/// ```
/// use matrix_descent::optimizer::{CosineDecay, Muon, ParameterGroups};
/// use matrix_descent::{Compose, Optimizer};
///
/// let (first, second) = (Muon::new(0.02).matrix(0, 8, 4), Muon::new(0.05).matrix(0, 4, 4));
/// let groups = ParameterGroups::new(Muon::new(0.02)).group(0..32, first).group(32..48, second);
/// let rule = groups.scheduled(CosineDecay::new(1_000));
/// assert_eq!(rule.validate(), Ok(()));
/// assert_eq!(rule.check_dimension(52), Ok(()));
/// assert!(rule.check_dimension(40).is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Muon<T> {
    /// η at present; the learning rate of AdamW has changed in proportion.
    learning_rate: T,
    /// η as it was given.
    given_learning_rate: T,
    matrices: Matrices,
    rest: AdamW<T>,
    polynomials: Arc<[[T; 3]]>,
    /// How earlier gradients count.
    pub momentum: MatrixMomentum<T>,
    /// λ: the fraction of the matrices that a step with η = 1 would remove.
    pub weight_decay: T,
    /// How the shape of a matrix lengthens its steps.
    pub step_scale: StepScale,
    /// ε: the least norm that U is divided by.
    pub epsilon: T,
}

impl<T: Real> Muon<T> {
    /// Muon with this learning rate and defaults for the rest; without matrices it is
    /// [`AdamW::default`].
    #[must_use]
    pub fn new(learning_rate: T) -> Self {
        Self {
            learning_rate,
            given_learning_rate: learning_rate,
            matrices: Matrices::default(),
            rest: AdamW::default(),
            polynomials: Arc::new([QUINTIC.map(<T as Real>::from_f64); STEPS]),
            momentum: MatrixMomentum::Nesterov {
                momentum: <T as Real>::from_f64(0.95),
            },
            weight_decay: <T as Real>::from_f64(0.1),
            step_scale: StepScale::Original,
            epsilon: <T as Real>::from_f64(1e-7),
        }
    }

    /// Adds the matrix of `rows` rows and `columns` columns whose first entry is parameter `start`;
    /// the others follow column by column.
    ///
    /// A run checks that the parameters have it, and that it is apart from all others; a loop of your
    /// own panics at its first step if not, unless it calls [`Optimizer::check_dimension`].
    #[must_use]
    pub fn matrix(mut self, start: usize, rows: usize, columns: usize) -> Self {
        self.matrices = self.matrices.with(ParameterMatrix {
            start,
            rows,
            columns,
        });
        self
    }

    /// Sets the rule for the parameters in no matrix, with its learning rate at the given η.
    #[must_use]
    pub fn rest(mut self, rest: AdamW<T>) -> Self {
        self.rest = rest;
        self
    }

    /// Sets [`MatrixMomentum::HeavyBall`].
    #[must_use]
    pub fn momentum(mut self, momentum: T) -> Self {
        self.momentum = MatrixMomentum::HeavyBall { momentum };
        self
    }

    /// Sets [`MatrixMomentum::Nesterov`].
    #[must_use]
    pub fn nesterov_momentum(mut self, momentum: T) -> Self {
        self.momentum = MatrixMomentum::Nesterov { momentum };
        self
    }

    /// Sets the weight decay λ of the matrices; the rest has its own.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: T) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    /// Sets how the shape of a matrix lengthens its steps.
    #[must_use]
    pub fn step_scale(mut self, step_scale: StepScale) -> Self {
        self.step_scale = step_scale;
        self
    }

    /// Sets ε.
    ///
    /// Gradients far above it give steps whose length is independent of theirs, gradients far below
    /// it steps in proportion to them. With 0 the steps are the same at any scale of the gradients.
    #[must_use]
    pub fn epsilon(mut self, epsilon: T) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Sets the coefficients a, b and c of the polynomials that are applied to the singular values,
    /// one after the other.
    ///
    /// Singular values of the first O are at most 1, and 1 for a U of rank one. Polynomials for an
    /// interval [ℓ, 1] that follow one another by design reach 1 more closely than five times the
    /// same one (Amsel, Persson, Musco and Gower, "The Polar Express", 2025). With c = 0 they are
    /// cubic; without any, O is U divided by its norm.
    ///
    /// ```
    /// use matrix_descent::Optimizer;
    /// use matrix_descent::optimizer::Muon;
    ///
    /// // Newton and Schulz's cubic, σ ← 1.5·σ − 0.5·σ³, ends at 1.
    /// let rule = Muon::new(1.0).matrix(0, 2, 2).polynomials(&[[1.5, -0.5, 0.0]; 12]);
    /// let mut x = [0.0_f64; 4];
    /// rule.step(&mut rule.init(&x), &mut x, &mut [3.0, 0.0, 0.0, -0.3]);
    /// assert!((x[0] + 1.0).abs() < 1e-9 && (x[3] - 1.0).abs() < 1e-9);
    /// ```
    #[must_use]
    pub fn polynomials(mut self, coefficients: &[[T; 3]]) -> Self {
        self.polynomials = coefficients.into();
        self
    }

    /// The matrices, in the order of their ranges.
    #[must_use]
    pub fn matrices(&self) -> &[ParameterMatrix] {
        self.matrices.as_slice()
    }

    /// The coefficients a, b and c of each polynomial.
    #[must_use]
    pub fn coefficients(&self) -> &[[T; 3]] {
        &self.polynomials
    }

    /// The rule for the parameters in no matrix, at the present learning rate.
    #[must_use]
    pub fn current_rest(&self) -> AdamW<T> {
        let factor = self.learning_rate / self.given_learning_rate;
        self.rest
            .with_learning_rate(factor * self.rest.learning_rate)
    }

    /// A step of one matrix; the gradient becomes scratch.
    fn step_matrix(
        &self,
        matrix: &ParameterMatrix,
        average: &mut [T],
        x: &mut [T],
        gradient: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        self.momentum.advance(average, gradient);
        normalize(gradient, self.epsilon);
        let shape = (matrix.rows, matrix.columns);
        let direction = apply(&self.polynomials, gradient, shape, scratch);
        let kept = T::one() - self.learning_rate * self.weight_decay;
        let length = self.learning_rate * self.step_scale.factor(matrix.rows, matrix.columns);
        for (x, &o) in x.iter_mut().zip(direction) {
            *x = kept * *x - length * o;
        }
    }
}

/// η = 10⁻³.
impl<T: Real> Default for Muon<T> {
    fn default() -> Self {
        Self::new(<T as Real>::from_f64(1e-3))
    }
}

impl<T: Real> Optimizer<T> for Muon<T> {
    type State = MuonState<T>;

    fn init(&self, parameters: &[T]) -> MuonState<T> {
        let gaps = self.matrices.gaps(parameters.len());
        MuonState {
            momentum: vec![T::zero(); self.matrices.entries()],
            rest: gaps
                .map(|range| self.rest.init(&parameters[range]))
                .collect(),
            scratch: Scratch::new(&self.matrices),
        }
    }

    /// Takes one step.
    ///
    /// # Panics
    ///
    /// If `parameters` and `gradient` differ in length, lack a matrix of this rule, or `state` belongs
    /// to other ones.
    fn step(&self, state: &mut MuonState<T>, parameters: &mut [T], gradient: &mut [T]) {
        let length = common_length(parameters, gradient);
        let (matrices, rest) = (self.matrices.as_slice(), self.current_rest());
        assert_eq!(
            (state.momentum.len(), state.rest.len()),
            (self.matrices.entries(), matrices.len() + 1),
            "the state belongs to other matrices"
        );
        for (range, state) in self.matrices.gaps(length).zip(&mut state.rest) {
            rest.step(state, &mut parameters[range.clone()], &mut gradient[range]);
        }
        state.scratch.fit(&self.matrices);
        let mut averages = &mut *state.momentum;
        for matrix in matrices {
            let (average, others) = averages.split_at_mut(matrix.entries());
            averages = others;
            let (x, gradient) = (
                &mut parameters[matrix.range()],
                &mut gradient[matrix.range()],
            );
            self.step_matrix(matrix, average, x, gradient, &mut state.scratch);
        }
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_learning_rate(self.learning_rate)?;
        check_fraction("momentum", self.momentum.momentum())?;
        check_weight_decay(self.weight_decay)?;
        check_at_least_zero("epsilon", self.epsilon)?;
        for &coefficient in self.polynomials.iter().flatten() {
            let is_met = coefficient.is_finite();
            require(is_met, "a coefficient", coefficient, "finite")?;
        }
        self.matrices.check_shapes()?;
        self.current_rest().validate()
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        self.matrices.check_ranges(dimension)
    }
}

impl<T: Real> LearningRate<T> for Muon<T> {
    fn learning_rate(&self) -> T {
        self.learning_rate
    }

    fn with_learning_rate(&self, learning_rate: T) -> Self {
        Self {
            learning_rate,
            ..self.clone()
        }
    }
}
