//! Gradient descent with a constant learning rate, with or without momentum.

use super::Optimizer;
use super::memory::{common_length, remembered};
use super::settings::{check_learning_rate, check_weight_decay};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_above_zero, check_fraction, require};

/// How [`Sgd`] remembers earlier gradients.
///
/// In the formulas ∇ is the gradient, v the velocity, μ the momentum, τ the dampening, η the
/// learning rate. The first step sets v = ∇.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Momentum<T> {
    /// No memory: x ← x − η·∇.
    None,
    /// v ← μ·v + (1 − τ)·∇; x ← x − η·v (Polyak, "Some methods of speeding up the convergence of
    /// iteration methods", 1964). With μ = 0, τ counts as 0.
    HeavyBall {
        /// μ, in [0, 1).
        momentum: T,
        /// τ, in [0, 1).
        dampening: T,
    },
    /// v ← μ·v + ∇; x ← x − η·(∇ + μ·v) (Sutskever, Martens, Dahl and Hinton, "On the importance
    /// of initialization and momentum in deep learning", 2013, after Nesterov, 1983).
    Nesterov {
        /// μ, in [0, 1).
        momentum: T,
    },
}

/// Gradient descent with a constant learning rate, optional momentum and optional weight decay.
///
/// With λ the weight decay, each step replaces ∇ by ∇ + λ·x and then follows the formula of its
/// [`Momentum`]. The definitions, including the first step, are PyTorch's `torch.optim.SGD`.
///
/// Defaults: no momentum, λ = 0. Ranges: learning rate > 0; momentum and dampening in [0, 1);
/// λ ≥ 0; all finite. [`Optimizer::validate`] checks them.
///
/// # When to use
///
/// When the gradient is exact and the parameters are similar in scale: with a learning rate that
/// fits the curvature nothing is simpler, and with momentum little is faster. It is also the
/// optimizer to use with a projection, since its steps follow the gradient itself.
///
/// On a quadratic with largest curvature L and smallest ℓ, plain descent converges if η < 2/L and
/// takes about (L/ℓ)/2·ln(1/ε) steps at best; the heavy ball converges if η < 2(1 + μ)/L and
/// takes about √(L/ℓ)/2·ln(1/ε) with the settings of [`Sgd::tuned_heavy_ball`].
///
/// # Source
///
/// Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées", 1847; see
/// [`Momentum`] for the rest.
///
/// # Example
///
/// ```
/// use matrix_descent::{Optimizer, Sgd};
///
/// let rule = Sgd::new(0.5).momentum(0.9);
/// let mut x = [1.0];
/// let mut state = rule.init(&x);
/// rule.step(&mut state, &mut x, &mut [1.0]);
/// assert_eq!(x, [0.5]);
/// rule.step(&mut state, &mut x, &mut [1.0]);
/// assert_eq!(x, [0.5 - 0.5 * 1.9]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Sgd<T> {
    /// η: the length of a step as a multiple of the gradient.
    pub learning_rate: T,
    /// How earlier gradients count.
    pub momentum: Momentum<T>,
    /// λ: the weight of the penalty λ/2·‖x‖².
    pub weight_decay: T,
}

impl<T: Real> Sgd<T> {
    /// Plain gradient descent, x ← x − `learning_rate`·∇.
    #[must_use]
    pub fn new(learning_rate: T) -> Self {
        Self {
            learning_rate,
            momentum: Momentum::None,
            weight_decay: T::zero(),
        }
    }

    /// The heavy ball with the settings that converge fastest on a quadratic whose curvatures lie
    /// between ℓ = `smallest_curvature` and L = `largest_curvature`:
    /// η = (2/(√L + √ℓ))², μ = ((√L − √ℓ)/(√L + √ℓ))².
    ///
    /// The error then falls by a factor (√L − √ℓ)/(√L + √ℓ) per step, after a transient in which it
    /// may grow (Polyak, 1964).
    ///
    /// # Errors
    ///
    /// [`InputError::InvalidSetting`] unless 0 < ℓ ≤ L, both finite, or if η overflows.
    ///
    /// ```
    /// use matrix_descent::Sgd;
    /// use matrix_descent::optimizer::Momentum;
    ///
    /// let rule = Sgd::tuned_heavy_ball(1.0, 9.0)?;
    /// assert_eq!(rule.learning_rate, 0.25);
    /// assert_eq!(rule.momentum, Momentum::HeavyBall { momentum: 0.25, dampening: 0.0 });
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    pub fn tuned_heavy_ball(
        smallest_curvature: T,
        largest_curvature: T,
    ) -> Result<Self, InputError<T>> {
        check_above_zero("smallest_curvature", smallest_curvature)?;
        check_above_zero("largest_curvature", largest_curvature)?;
        require(
            largest_curvature >= smallest_curvature,
            "largest_curvature",
            largest_curvature,
            "at least smallest_curvature",
        )?;
        let (low, high) = (smallest_curvature.sqrt(), largest_curvature.sqrt());
        let two = <T as Real>::from_f64(2.0);
        let learning_rate = two / (low + high);
        let momentum = (high - low) / (high + low);
        let rule = Self::new(learning_rate * learning_rate).momentum(momentum * momentum);
        rule.validate()?;
        Ok(rule)
    }

    /// Sets [`Momentum::HeavyBall`] without dampening.
    #[must_use]
    pub fn momentum(self, momentum: T) -> Self {
        self.dampened_momentum(momentum, T::zero())
    }

    /// Sets [`Momentum::HeavyBall`] with dampening.
    #[must_use]
    pub fn dampened_momentum(mut self, momentum: T, dampening: T) -> Self {
        self.momentum = Momentum::HeavyBall {
            momentum,
            dampening,
        };
        self
    }

    /// Sets [`Momentum::Nesterov`].
    #[must_use]
    pub fn nesterov_momentum(mut self, momentum: T) -> Self {
        self.momentum = Momentum::Nesterov { momentum };
        self
    }

    /// Sets the weight decay λ.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: T) -> Self {
        self.weight_decay = weight_decay;
        self
    }
}

/// What [`Sgd`] remembers between steps: the velocity v, if it has momentum.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SgdState<T> {
    pub(super) velocity: Vec<T>,
    pub(super) has_velocity: bool,
}

impl<T> SgdState<T> {
    /// The velocity v, in the order of the parameters; empty without momentum.
    #[must_use]
    pub fn velocity(&self) -> &[T] {
        &self.velocity
    }
}

impl<T: Real> Optimizer<T> for Sgd<T> {
    type State = SgdState<T>;

    fn init(&self, parameters: &[T]) -> SgdState<T> {
        let length = match self.momentum {
            Momentum::None => 0,
            Momentum::HeavyBall { .. } | Momentum::Nesterov { .. } => parameters.len(),
        };
        SgdState {
            velocity: vec![T::zero(); length],
            has_velocity: false,
        }
    }

    /// Takes one step.
    ///
    /// # Panics
    ///
    /// If `parameters`, `gradient` and a velocity in `state` differ in length.
    fn step(&self, state: &mut SgdState<T>, parameters: &mut [T], gradient: &mut [T]) {
        let length = common_length(parameters, gradient);
        match self.momentum {
            Momentum::None => self.plain_step(parameters, gradient),
            Momentum::HeavyBall {
                momentum,
                dampening,
            } => {
                let weight = if state.has_velocity {
                    T::one() - effective_dampening(momentum, dampening)
                } else {
                    T::one()
                };
                let velocity = state.velocity_of_length(length);
                self.heavy_ball_step(momentum, weight, velocity, parameters, gradient);
            }
            Momentum::Nesterov { momentum } => {
                let velocity = state.velocity_of_length(length);
                self.nesterov_step(momentum, velocity, parameters, gradient);
            }
        }
    }

    /// With c = L + λ: 2/c without momentum, 2(1 + μ)/((1 − τ)·c) for the heavy ball,
    /// 2(1 + μ)/((1 + 2μ)·c) for Nesterov's momentum.
    fn exceeded_limit(&self, largest_curvature: T) -> Option<T> {
        let (one, two) = (T::one(), <T as Real>::from_f64(2.0));
        let share = match self.momentum {
            Momentum::None => one,
            Momentum::HeavyBall {
                momentum,
                dampening,
            } => (one + momentum) / (one - effective_dampening(momentum, dampening)),
            Momentum::Nesterov { momentum } => (one + momentum) / (one + two * momentum),
        };
        let limit = two * share / (largest_curvature + self.weight_decay);
        let is_exceeded = limit > T::zero() && limit <= self.learning_rate;
        is_exceeded.then_some(limit)
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_learning_rate(self.learning_rate)?;
        check_weight_decay(self.weight_decay)?;
        match self.momentum {
            Momentum::None => Ok(()),
            Momentum::HeavyBall {
                momentum,
                dampening,
            } => {
                check_fraction("momentum", momentum)?;
                check_fraction("dampening", dampening)
            }
            Momentum::Nesterov { momentum } => check_fraction("momentum", momentum),
        }
    }
}

/// Without momentum PyTorch has no velocity, and nothing is dampened.
fn effective_dampening<T: Real>(momentum: T, dampening: T) -> T {
    if momentum == T::zero() {
        T::zero()
    } else {
        dampening
    }
}

impl<T: Real> SgdState<T> {
    /// The velocity; created now if the state comes from an optimizer without momentum.
    fn velocity_of_length(&mut self, length: usize) -> &mut [T] {
        self.has_velocity = true;
        remembered(&mut self.velocity, length)
    }
}

impl<T: Real> Sgd<T> {
    fn plain_step(&self, parameters: &mut [T], gradient: &[T]) {
        for (x, &g) in parameters.iter_mut().zip(gradient) {
            let g = g + self.weight_decay * *x;
            *x -= self.learning_rate * g;
        }
    }

    fn heavy_ball_step(
        &self,
        momentum: T,
        weight: T,
        velocity: &mut [T],
        parameters: &mut [T],
        gradient: &[T],
    ) {
        for ((x, v), &g) in parameters.iter_mut().zip(velocity).zip(gradient) {
            let g = g + self.weight_decay * *x;
            *v = momentum * *v + weight * g;
            *x -= self.learning_rate * *v;
        }
    }

    fn nesterov_step(&self, momentum: T, velocity: &mut [T], parameters: &mut [T], gradient: &[T]) {
        for ((x, v), &g) in parameters.iter_mut().zip(velocity).zip(gradient) {
            let g = g + self.weight_decay * *x;
            *v = momentum * *v + g;
            *x -= self.learning_rate * (g + momentum * *v);
        }
    }
}
