//! Lion: steps of equal length, in the direction of the sign of an average.

use super::Optimizer;
use super::memory::{common_length, remembered};
use super::settings::{check_learning_rate, check_weight_decay};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::sign::sign;
use crate::numerics::validation::check_fraction;

/// Lion: every parameter moves by exactly η per step, against the sign of an average of gradients.
///
/// Each step does
///
/// - c = β₁·m + (1 − β₁)·∇;
/// - x ← (1 − η·λ)·x − η·sign(c), where sign(0) = 0;
/// - m ← β₂·m + (1 − β₂)·∇, from 0.
///
/// The weight decay is decoupled, as in [`AdamW`](super::AdamW).
///
/// Defaults: η = 10⁻⁴, β₁ = 0.9, β₂ = 0.99, λ = 0. Ranges: η > 0; β₁ and β₂ in [0, 1); λ ≥ 0; all
/// finite. [`Optimizer::validate`] checks them.
///
/// # When to use
///
/// Large models where memory matters: one average instead of Adam's two. The source advises a
/// learning rate 3 to 10 times smaller than [`AdamW`](super::AdamW)'s. At a minimum it keeps
/// stepping back and forth by η; let η fall towards the end.
///
/// # Source
///
/// Chen, Liang, Huang, Real, Wang, Liu, Pham, Dong, Luong, Hsieh, Lu and Le, "Symbolic discovery of
/// optimization algorithms", 2023.
///
/// # Example
///
/// ```
/// use matrix_descent::Optimizer;
/// use matrix_descent::optimizer::Lion;
///
/// let rule = Lion::new(0.25);
/// let mut x = [1.0, 1.0, 1.0];
/// let mut state = rule.init(&x);
/// rule.step(&mut state, &mut x, &mut [100.0, -0.01, 0.0]);
/// assert_eq!(x, [0.75, 1.25, 1.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Lion<T> {
    /// η: the distance each parameter moves in a step.
    pub learning_rate: T,
    /// β₁: the share of the average m in the direction of a step.
    pub beta1: T,
    /// β₂: the share of the past in the average m.
    pub beta2: T,
    /// λ: the fraction of x that a step with η = 1 would remove.
    pub weight_decay: T,
}

impl<T: Real> Lion<T> {
    /// Lion with this learning rate and defaults for the rest.
    #[must_use]
    pub fn new(learning_rate: T) -> Self {
        Self {
            learning_rate,
            beta1: <T as Real>::from_f64(0.9),
            beta2: <T as Real>::from_f64(0.99),
            weight_decay: T::zero(),
        }
    }

    /// Sets β₁ and β₂.
    #[must_use]
    pub fn betas(mut self, beta1: T, beta2: T) -> Self {
        self.beta1 = beta1;
        self.beta2 = beta2;
        self
    }

    /// Sets the weight decay λ.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: T) -> Self {
        self.weight_decay = weight_decay;
        self
    }
}

/// η = 10⁻⁴.
impl<T: Real> Default for Lion<T> {
    fn default() -> Self {
        Self::new(<T as Real>::from_f64(1e-4))
    }
}

/// What [`Lion`] remembers between steps: the moving average m of the gradient.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LionState<T> {
    pub(super) average: Vec<T>,
}

impl<T> LionState<T> {
    /// m, in the order of the parameters.
    #[must_use]
    pub fn average(&self) -> &[T] {
        &self.average
    }
}

impl<T: Real> Optimizer<T> for Lion<T> {
    type State = LionState<T>;

    fn init(&self, parameters: &[T]) -> LionState<T> {
        LionState {
            average: vec![T::zero(); parameters.len()],
        }
    }

    /// Takes one step.
    ///
    /// # Panics
    ///
    /// If `parameters`, `gradient` and the average in `state` differ in length.
    fn step(&self, state: &mut LionState<T>, parameters: &mut [T], gradient: &mut [T]) {
        let length = common_length(parameters, gradient);
        let average = remembered(&mut state.average, length);
        let shrinkage = T::one() - self.learning_rate * self.weight_decay;
        for ((x, &g), m) in parameters.iter_mut().zip(&*gradient).zip(average) {
            let direction = sign(self.beta1 * *m + (T::one() - self.beta1) * g);
            *x = shrinkage * *x - self.learning_rate * direction;
            *m = self.beta2 * *m + (T::one() - self.beta2) * g;
        }
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_learning_rate(self.learning_rate)?;
        check_fraction("beta1", self.beta1)?;
        check_fraction("beta2", self.beta2)?;
        check_weight_decay(self.weight_decay)
    }
}
