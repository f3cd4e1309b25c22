//! AdaGrad: the gradient divided by the size of all gradients so far.

use super::Optimizer;
use super::memory::{common_length, remembered};
use super::settings::{check_epsilon, check_learning_rate, check_weight_decay};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_at_least_zero;

/// AdaGrad: gradient descent in which each entry of the gradient is divided by the square root of
/// the sum of its squares so far.
///
/// With g = ∇ + λ·x, at step t = 1, 2, …
///
/// - s ← s + g², from s₀;
/// - x ← x − η/(1 + (t − 1)·γ)·g/(√s + ε).
///
/// The definitions are PyTorch's `torch.optim.Adagrad`.
///
/// Defaults: η = 10⁻², ε = 10⁻¹⁰, γ = λ = s₀ = 0. Ranges: η > 0; ε > 0, not subnormal; γ, λ and s₀
/// ≥ 0; all finite. [`Optimizer::validate`] checks them.
///
/// # When to use
///
/// Sparse gradients: an entry that is rarely nonzero keeps its long steps. Steps shrink by
/// themselves, roughly as 1/√t while gradients keep their size, so it settles at a minimum without
/// a schedule, even at one with a kink. If the minimum is far away, the steps become too short to
/// reach it soon.
///
/// # Source
///
/// Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
/// optimization", 2011.
///
/// # Example
///
/// ```
/// use matrix_descent::Optimizer;
/// use matrix_descent::optimizer::AdaGrad;
///
/// let rule = AdaGrad::new(0.5);
/// let mut x = [2.0_f64];
/// let mut state = rule.init(&x);
/// rule.step(&mut state, &mut x, &mut [3.0]);
/// assert!((x[0] - 1.5).abs() < 1e-9);
/// rule.step(&mut state, &mut x, &mut [4.0]);
/// assert!((x[0] - (1.5 - 0.5 * 4.0 / 5.0)).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AdaGrad<T> {
    /// η: the distance each parameter moves in the first step.
    pub learning_rate: T,
    /// γ: how fast the learning rate falls in addition.
    pub learning_rate_decay: T,
    /// ε: keeps the denominator above 0.
    pub epsilon: T,
    /// λ: the weight of the penalty λ/2·‖x‖².
    pub weight_decay: T,
    /// s₀: the sums of squares before the first step.
    pub initial_sum: T,
}

impl<T: Real> AdaGrad<T> {
    /// AdaGrad with this learning rate and defaults for the rest.
    #[must_use]
    pub fn new(learning_rate: T) -> Self {
        Self {
            learning_rate,
            learning_rate_decay: T::zero(),
            epsilon: <T as Real>::from_f64(1e-10),
            weight_decay: T::zero(),
            initial_sum: T::zero(),
        }
    }

    /// Sets γ.
    #[must_use]
    pub fn learning_rate_decay(mut self, learning_rate_decay: T) -> Self {
        self.learning_rate_decay = learning_rate_decay;
        self
    }

    /// Sets ε.
    #[must_use]
    pub fn epsilon(mut self, epsilon: T) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Sets the weight decay λ.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: T) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    /// Sets s₀.
    #[must_use]
    pub fn initial_sum(mut self, initial_sum: T) -> Self {
        self.initial_sum = initial_sum;
        self
    }
}

/// η = 10⁻².
impl<T: Real> Default for AdaGrad<T> {
    fn default() -> Self {
        Self::new(<T as Real>::from_f64(1e-2))
    }
}

/// What [`AdaGrad`] remembers between steps: the sums s of the squared gradients.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AdaGradState<T> {
    pub(super) sum: Vec<T>,
    pub(super) steps: usize,
}

impl<T> AdaGradState<T> {
    /// s, in the order of the parameters.
    #[must_use]
    pub fn sum(&self) -> &[T] {
        &self.sum
    }
}

impl<T: Real> Optimizer<T> for AdaGrad<T> {
    type State = AdaGradState<T>;

    fn init(&self, parameters: &[T]) -> AdaGradState<T> {
        AdaGradState {
            sum: vec![self.initial_sum; parameters.len()],
            steps: 0,
        }
    }

    /// Takes one step.
    ///
    /// # Panics
    ///
    /// If `parameters`, `gradient` and the sums in `state` differ in length.
    fn step(&self, state: &mut AdaGradState<T>, parameters: &mut [T], gradient: &mut [T]) {
        let length = common_length(parameters, gradient);
        let sum = remembered(&mut state.sum, length);
        let decay = T::one() + T::from_count(state.steps) * self.learning_rate_decay;
        let learning_rate = self.learning_rate / decay;
        state.steps += 1;
        for ((x, &g), s) in parameters.iter_mut().zip(&*gradient).zip(sum) {
            let g = g + self.weight_decay * *x;
            *s += g * g;
            *x -= learning_rate * (g / (s.sqrt() + self.epsilon));
        }
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_learning_rate(self.learning_rate)?;
        check_at_least_zero("learning_rate_decay", self.learning_rate_decay)?;
        check_epsilon(self.epsilon)?;
        check_weight_decay(self.weight_decay)?;
        check_at_least_zero("initial_sum", self.initial_sum)
    }
}
