//! Adam: steps scaled by the moving averages of the gradient and its square.

use super::Optimizer;
use super::moments::{AdamPass, Moments, SecondMoment, WeightSum};
use super::settings::{check_epsilon, check_learning_rate, check_weight_decay};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_fraction;

/// Adam: every parameter moves by about η per step, whatever the size of its gradient.
///
/// With g = ∇ + λ·x, at step t = 1, 2, …
///
/// - m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², both from 0;
/// - x ← x − η·m̂/(√v̂ + ε), where m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).
///
/// With [`amsgrad`](Self::amsgrad), v̂ uses the largest v so far. The definitions are PyTorch's
/// `torch.optim.Adam`. [`AdamW`](super::AdamW) has a weight decay that the scaling does not change.
///
/// Defaults: η = 10⁻³, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸, λ = 0. Ranges: η > 0; ε > 0, not subnormal;
/// β₁ and β₂ in [0, 1); λ ≥ 0; all finite. [`Optimizer::validate`] checks them.
///
/// # When to use
///
/// Noisy gradients, or parameters of very different scales, without much tuning. With a constant η
/// it may not settle at a minimum; let η fall towards the end. If the gradient is exact and the
/// scales are similar, [`Sgd`](super::Sgd) with momentum ends closer to the minimum.
///
/// # Source
///
/// Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
///
/// # Example
///
/// ```
/// use matrix_descent::{Adam, Optimizer};
///
/// let rule = Adam::new(0.125);
/// let mut x = [1.0_f64, 1.0];
/// let mut state = rule.init(&x);
/// rule.step(&mut state, &mut x, &mut [100.0, -0.01]);
/// assert!((x[0] - 0.875).abs() < 1e-6 && (x[1] - 1.125).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Adam<T> {
    /// η: roughly the distance each parameter moves in a step.
    pub learning_rate: T,
    /// β₁: the share of the past in the average of the gradient.
    pub beta1: T,
    /// β₂: the share of the past in the average of its square.
    pub beta2: T,
    /// ε: keeps the denominator above 0.
    pub epsilon: T,
    /// λ: the weight of the penalty λ/2·‖x‖².
    pub weight_decay: T,
    /// Which v the steps are divided by.
    pub second_moment: SecondMoment,
}

impl<T: Real> Adam<T> {
    /// Adam with this learning rate and defaults for the rest.
    #[must_use]
    pub fn new(learning_rate: T) -> Self {
        Self {
            learning_rate,
            beta1: <T as Real>::from_f64(0.9),
            beta2: <T as Real>::from_f64(0.999),
            epsilon: <T as Real>::from_f64(1e-8),
            weight_decay: T::zero(),
            second_moment: SecondMoment::Latest,
        }
    }

    /// Sets β₁ and β₂.
    #[must_use]
    pub fn betas(mut self, beta1: T, beta2: T) -> Self {
        self.beta1 = beta1;
        self.beta2 = beta2;
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

    /// Divides by the largest mean square so far: [`SecondMoment::Largest`].
    #[must_use]
    pub fn amsgrad(mut self) -> Self {
        self.second_moment = SecondMoment::Largest;
        self
    }
}

/// η = 10⁻³.
impl<T: Real> Default for Adam<T> {
    fn default() -> Self {
        Self::new(<T as Real>::from_f64(1e-3))
    }
}

/// What [`Adam`] and [`AdamW`](super::AdamW) remember between steps: the moments m and v.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AdamState<T> {
    pub(super) moments: Moments<T>,
    pub(super) first_weight: WeightSum,
    pub(super) second_weight: WeightSum,
}

impl<T: Real> AdamState<T> {
    pub(super) fn new(length: usize, divide_by: SecondMoment) -> Self {
        Self {
            moments: Moments::new(length, divide_by),
            first_weight: WeightSum::default(),
            second_weight: WeightSum::default(),
        }
    }

    /// m, in the order of the parameters, without bias correction.
    #[must_use]
    pub fn first_moment(&self) -> &[T] {
        &self.moments.first
    }

    /// v, in the order of the parameters, without bias correction.
    #[must_use]
    pub fn second_moment(&self) -> &[T] {
        &self.moments.second
    }
}

impl<T: Real> Optimizer<T> for Adam<T> {
    type State = AdamState<T>;

    fn init(&self, parameters: &[T]) -> AdamState<T> {
        AdamState::new(parameters.len(), self.second_moment)
    }

    /// Takes one step.
    ///
    /// # Panics
    ///
    /// If `parameters`, `gradient` and the moments in `state` differ in length.
    fn step(&self, state: &mut AdamState<T>, parameters: &mut [T], gradient: &mut [T]) {
        let first = state.first_weight.advance(self.beta1.to_f64());
        let second = state.second_weight.advance(self.beta2.to_f64());
        let root = second.sqrt();
        let factor = <T as Real>::from_f64(self.learning_rate.to_f64() * root / first);
        let pass = AdamPass {
            penalty: self.weight_decay,
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: <T as Real>::from_f64(self.epsilon.to_f64() * root),
            divide_by: self.second_moment,
        };
        pass.run(&mut state.moments, parameters, gradient, |x, _, m| {
            (x, factor * m)
        });
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_learning_rate(self.learning_rate)?;
        check_fraction("beta1", self.beta1)?;
        check_fraction("beta2", self.beta2)?;
        check_epsilon(self.epsilon)?;
        check_weight_decay(self.weight_decay)
    }
}
