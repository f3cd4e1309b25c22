//! AdamW: Adam with a weight decay that the scaling does not change.

use super::Optimizer;
use super::adam::AdamState;
use super::moments::{AdamPass, SecondMoment};
use super::settings::{check_epsilon, check_learning_rate, check_weight_decay};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::check_fraction;

/// Adam with decoupled weight decay: parameters shrink at the same relative rate, whatever the size
/// of their gradients.
///
/// With g = ∇, at step t = 1, 2, …
///
/// - m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², both from 0;
/// - x ← (1 − η·λ)·x − η·m̂/(√v̂ + ε), where m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).
///
/// With [`amsgrad`](Self::amsgrad), v̂ uses the largest v so far. The definitions are PyTorch's
/// `torch.optim.AdamW`.
///
/// Defaults: η = 10⁻³, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸, λ = 10⁻². Ranges: η > 0; ε > 0, not
/// subnormal; β₁ and β₂ in [0, 1); λ ≥ 0; all finite. [`Optimizer::validate`] checks them.
///
/// # When to use
///
/// Models with many parameters that should stay small. It decays by default, so it does not reach
/// the minimum of the loss alone; if that minimum is what you want, use [`Adam`](super::Adam).
///
/// # Source
///
/// Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
///
/// # Example
///
/// ```
/// use matrix_descent::{AdamW, Optimizer};
///
/// let rule = AdamW::new(0.125).weight_decay(0.5);
/// let mut x = [4.0];
/// let mut state = rule.init(&x);
/// rule.step(&mut state, &mut x, &mut [0.0]);
/// assert_eq!(x, [4.0 - 0.125 * 0.5 * 4.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AdamW<T> {
    /// η: roughly the distance each parameter moves in a step.
    pub learning_rate: T,
    /// β₁: the share of the past in the average of the gradient.
    pub beta1: T,
    /// β₂: the share of the past in the average of its square.
    pub beta2: T,
    /// ε: keeps the denominator above 0.
    pub epsilon: T,
    /// λ: the fraction of x that a step with η = 1 would remove.
    pub weight_decay: T,
    /// Which v the steps are divided by.
    pub second_moment: SecondMoment,
}

impl<T: Real> AdamW<T> {
    /// AdamW with this learning rate and defaults for the rest.
    #[must_use]
    pub fn new(learning_rate: T) -> Self {
        Self {
            learning_rate,
            beta1: <T as Real>::from_f64(0.9),
            beta2: <T as Real>::from_f64(0.999),
            epsilon: <T as Real>::from_f64(1e-8),
            weight_decay: <T as Real>::from_f64(1e-2),
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
impl<T: Real> Default for AdamW<T> {
    fn default() -> Self {
        Self::new(<T as Real>::from_f64(1e-3))
    }
}

impl<T: Real> Optimizer<T> for AdamW<T> {
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
        let kept = T::one() - self.learning_rate * self.weight_decay;
        let pass = AdamPass {
            penalty: T::zero(),
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: <T as Real>::from_f64(self.epsilon.to_f64() * root),
            divide_by: self.second_moment,
        };
        pass.run(&mut state.moments, parameters, gradient, |x, _, m| {
            (kept * x, factor * m)
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
