//! AdaDelta: the gradient in units of the recent steps.

use super::Optimizer;
use super::memory::{common_length, remembered, remembered_in_part};
use super::settings::{check_epsilon, check_learning_rate, check_weight_decay};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_fraction;

/// AdaDelta: each entry of the gradient is divided by its recent size and multiplied by the recent
/// size of its steps, so no step length has to be guessed.
///
/// With g = ∇ + λ·x, each step does
///
/// - s ← ρ·s + (1 − ρ)·g², from 0;
/// - d = √(u + ε)/√(s + ε)·g;
/// - u ← ρ·u + (1 − ρ)·d², from 0;
/// - x ← x − η·d.
///
/// The definitions are PyTorch's `torch.optim.Adadelta`; with η = 1 they are the source's.
///
/// Defaults: η = 1, ρ = 0.9, ε = 10⁻⁶, λ = 0. Ranges: η > 0; ε > 0, not subnormal; ρ in [0, 1); λ ≥
/// 0; all finite. [`Optimizer::validate`] checks them.
///
/// # When to use
///
/// When the scale of the problem is unknown and there is no time to tune. The first steps are only
/// about √(ε/(1 − ρ)) = 3·10⁻³ long and grow from there, so it starts slowly; a larger ε starts
/// faster. Where gradients fall far below √ε it becomes plain gradient descent with learning rate
/// η.
///
/// # Source
///
/// Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
///
/// # Example
///
/// ```
/// use matrix_descent::Optimizer;
/// use matrix_descent::optimizer::AdaDelta;
///
/// let rule = AdaDelta::default().smoothing(0.75).epsilon(0.25);
/// let mut x = [2.0_f64];
/// let mut state = rule.init(&x);
/// rule.step(&mut state, &mut x, &mut [3.0]);
/// assert!((x[0] - (2.0 - 3.0 / 10.0_f64.sqrt())).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AdaDelta<T> {
    /// η: the factor of every step, 1 in the source.
    pub learning_rate: T,
    /// ρ: the share of the past in the averages.
    pub smoothing: T,
    /// ε: gets the first steps going and keeps the denominator above 0.
    pub epsilon: T,
    /// λ: the weight of the penalty λ/2·‖x‖².
    pub weight_decay: T,
}

impl<T: Real> AdaDelta<T> {
    /// AdaDelta with this learning rate and defaults for the rest.
    #[must_use]
    pub fn new(learning_rate: T) -> Self {
        Self {
            learning_rate,
            smoothing: <T as Real>::from_f64(0.9),
            epsilon: <T as Real>::from_f64(1e-6),
            weight_decay: T::zero(),
        }
    }

    /// Sets ρ.
    #[must_use]
    pub fn smoothing(mut self, smoothing: T) -> Self {
        self.smoothing = smoothing;
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
}

/// η = 1.
impl<T: Real> Default for AdaDelta<T> {
    fn default() -> Self {
        Self::new(T::one())
    }
}

/// What [`AdaDelta`] remembers between steps: the mean squares s of the gradient and u of the
/// steps.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AdaDeltaState<T> {
    pub(super) squared_gradient: Vec<T>,
    pub(super) squared_step: Vec<T>,
}

impl<T> AdaDeltaState<T> {
    /// s, in the order of the parameters.
    #[must_use]
    pub fn squared_gradient(&self) -> &[T] {
        &self.squared_gradient
    }

    /// u, in the order of the parameters.
    #[must_use]
    pub fn squared_step(&self) -> &[T] {
        &self.squared_step
    }
}

impl<T: Real> Optimizer<T> for AdaDelta<T> {
    type State = AdaDeltaState<T>;

    fn init(&self, parameters: &[T]) -> AdaDeltaState<T> {
        AdaDeltaState {
            squared_gradient: vec![T::zero(); parameters.len()],
            squared_step: vec![T::zero(); parameters.len()],
        }
    }

    /// Takes one step.
    ///
    /// # Panics
    ///
    /// If `parameters`, `gradient` and the averages in `state` differ in length.
    fn step(&self, state: &mut AdaDeltaState<T>, parameters: &mut [T], gradient: &mut [T]) {
        let length = common_length(parameters, gradient);
        let (past, present) = (self.smoothing, T::one() - self.smoothing);
        let squared_gradient = remembered_in_part(&mut state.squared_gradient, length, past);
        let squared_step = remembered(&mut state.squared_step, length);
        let entries = parameters.iter_mut().zip(&*gradient);
        for (((x, &g), s), u) in entries.zip(squared_gradient).zip(squared_step) {
            let g = g + self.weight_decay * *x;
            *s = past * *s + present * (g * g);
            // One root instead of two; u stays finite and s + ε above 0.
            let d = ((*u + self.epsilon) / (*s + self.epsilon)).sqrt() * g;
            *u = past * *u + present * (d * d);
            *x -= self.learning_rate * d;
        }
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_learning_rate(self.learning_rate)?;
        check_fraction("smoothing", self.smoothing)?;
        check_epsilon(self.epsilon)?;
        check_weight_decay(self.weight_decay)
    }
}
