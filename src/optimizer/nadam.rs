//! NAdam: Adam that looks one step ahead.

use super::Optimizer;
use super::moments::{AdamPass, Moments, SecondMoment, WeightSum};
use super::settings::{check_epsilon, check_learning_rate, check_weight_decay};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_zero, check_fraction};

/// Adam with Nesterov momentum: the current gradient counts for more in the step, as if the average
/// were already one step ahead.
///
/// With g = ∇ + λ·x and μₜ = β₁·(1 − ½·0.96^(t·ψ)), at step t = 1, 2, …
///
/// - m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², both from 0;
/// - m̂ = μₜ₊₁·m/(1 − μ₁⋯μₜ₊₁) + (1 − μₜ)·g/(1 − μ₁⋯μₜ), v̂ = v/(1 − β₂ᵗ);
/// - x ← x − η·m̂/(√v̂ + ε).
///
/// The definitions are PyTorch's `torch.optim.NAdam`.
///
/// Defaults: η = 2·10⁻³, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸, λ = 0, ψ = 4·10⁻³. Ranges: η > 0; ε > 0,
/// not subnormal; β₁ and β₂ in [0, 1); λ and ψ ≥ 0; all finite. [`Optimizer::validate`] checks
/// them.
///
/// # When to use
///
/// Where [`Adam`](super::Adam) works but is slow to change direction. The momentum μₜ rises from
/// β₁/2 to β₁, by default half of the way in the first 4200 steps.
///
/// # Source
///
/// Dozat, "Incorporating Nesterov momentum into Adam", 2016.
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, MeanSquaredError, Silent, Stopping};
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::optimizer::NAdam;
///
/// let objective = FitObjective::new(MeanSquaredError, vec![1.0, -2.0]);
/// let stopping = Stopping::default().loss(1e-9);
/// let minimum = minimize(objective, NAdam::new(0.02), vec![0.0; 2], stopping, Silent)?;
/// assert!((minimum.parameters[1] + 2.0_f64).abs() < 1e-4);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct NAdam<T> {
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
    /// ψ: how fast the momentum rises from β₁/2 to β₁.
    pub momentum_decay: T,
}

impl<T: Real> NAdam<T> {
    /// NAdam with this learning rate and defaults for the rest.
    #[must_use]
    pub fn new(learning_rate: T) -> Self {
        Self {
            learning_rate,
            beta1: <T as Real>::from_f64(0.9),
            beta2: <T as Real>::from_f64(0.999),
            epsilon: <T as Real>::from_f64(1e-8),
            weight_decay: T::zero(),
            momentum_decay: <T as Real>::from_f64(4e-3),
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

    /// Sets ψ.
    #[must_use]
    pub fn momentum_decay(mut self, momentum_decay: T) -> Self {
        self.momentum_decay = momentum_decay;
        self
    }

    /// μₜ.
    fn momentum_at(&self, step: usize) -> f64 {
        let exponent = step as f64 * self.momentum_decay.to_f64();
        self.beta1.to_f64() * (1.0 - 0.5 * 0.96_f64.powf(exponent))
    }
}

/// η = 2·10⁻³.
impl<T: Real> Default for NAdam<T> {
    fn default() -> Self {
        Self::new(<T as Real>::from_f64(2e-3))
    }
}

/// What [`NAdam`] remembers between steps: the moments m and v.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NAdamState<T> {
    pub(super) moments: Moments<T>,
    pub(super) steps: usize,
    /// μ₁⋯μₜ, in the precision that PyTorch uses for it, whatever that of the parameters. With
    /// `f64` the iterates would differ from PyTorch's in the tenth digit without being better.
    pub(super) momentum_product: f32,
    pub(super) second_weight: WeightSum,
}

impl<T: Real> NAdamState<T> {
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

impl<T: Real> Optimizer<T> for NAdam<T> {
    type State = NAdamState<T>;

    fn init(&self, parameters: &[T]) -> NAdamState<T> {
        NAdamState {
            moments: Moments::new(parameters.len(), SecondMoment::Latest),
            steps: 0,
            momentum_product: 1.0,
            second_weight: WeightSum::default(),
        }
    }

    /// Takes one step.
    ///
    /// # Panics
    ///
    /// If `parameters`, `gradient` and the moments in `state` differ in length.
    fn step(&self, state: &mut NAdamState<T>, parameters: &mut [T], gradient: &mut [T]) {
        state.steps += 1;
        let momentum = self.momentum_at(state.steps);
        let next_momentum = self.momentum_at(state.steps + 1);
        state.momentum_product *= momentum as f32;
        // It is at most β₁ apart from rounding, which could bring it to 1.
        let product = f64::from(state.momentum_product).min(self.beta1.to_f64());
        let second = state.second_weight.advance(self.beta2.to_f64());
        let root = second.sqrt();
        let scale = self.learning_rate.to_f64() * root;
        let of_gradient = <T as Real>::from_f64(scale * (1.0 - momentum) / (1.0 - product));
        let of_moment =
            <T as Real>::from_f64(scale * next_momentum / (1.0 - product * next_momentum));
        let pass = AdamPass {
            penalty: self.weight_decay,
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: <T as Real>::from_f64(self.epsilon.to_f64() * root),
            divide_by: SecondMoment::Latest,
        };
        pass.run(&mut state.moments, parameters, gradient, |x, g, m| {
            (x, of_gradient * g + of_moment * m)
        });
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_learning_rate(self.learning_rate)?;
        check_fraction("beta1", self.beta1)?;
        check_fraction("beta2", self.beta2)?;
        check_epsilon(self.epsilon)?;
        check_weight_decay(self.weight_decay)?;
        check_at_least_zero("momentum_decay", self.momentum_decay)
    }
}
