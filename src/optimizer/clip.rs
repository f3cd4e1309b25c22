//! Clipping the gradient before each step.

use super::{LearningRate, Optimizer};
use crate::numerics::input_error::InputError;
use crate::numerics::norm::{euclidean_norm, norm_in_range};
use crate::numerics::real::Real;
use crate::numerics::validation::check_above_zero;
use crate::set::{Bounds, ConvexSet};

/// How [`Clipped`] limits a gradient.
///
/// Range of each limit: finite and above 0; no defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Clip<T> {
    /// ∇ ← ∇·min(1, c/(‖∇‖ + 10⁻⁶)): the norm is limited to c, the direction is kept.
    ///
    /// The definition is that of PyTorch's `clip_grad_norm_`, including its 10⁻⁶ (Pascanu, Mikolov
    /// and Bengio, "On the difficulty of training recurrent neural networks", 2013).
    Norm(T),
    /// ∇ᵢ ← min(max(∇ᵢ, −c), c): each entry is limited to c; PyTorch's `clip_grad_value_`.
    Value(T),
}

/// What PyTorch adds to the norm.
const NORM_OFFSET: f64 = 1e-6;

impl<T: Real> Clip<T> {
    /// Limits `gradient` in place.
    ///
    /// By value, NaN entries stay NaN and infinite ones are clipped. By norm, as in PyTorch, one
    /// NaN makes all entries NaN; without one, infinite entries become NaN and all others 0.
    ///
    /// ```
    /// use matrix_descent::optimizer::Clip;
    ///
    /// let mut gradient = [30.0_f64, -40.0];
    /// Clip::Norm(5.0).apply(&mut gradient);
    /// assert!((gradient[0] - 3.0).abs() < 1e-6 && (gradient[1] + 4.0).abs() < 1e-6);
    /// Clip::Value(3.5).apply(&mut gradient);
    /// assert_eq!(gradient[1], -3.5);
    /// ```
    pub fn apply(&self, gradient: &mut [T]) {
        match *self {
            Self::Norm(limit) => clip_norm(gradient, limit),
            Self::Value(limit) => Bounds::new(-limit, limit).project(gradient),
        }
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        match *self {
            Self::Norm(limit) => check_above_zero("clipped norm", limit),
            Self::Value(limit) => check_above_zero("clipped value", limit),
        }
    }
}

fn clip_norm<T: Real>(gradient: &mut [T], limit: T) {
    let norm = euclidean_norm(gradient);
    let is_beyond_range = norm > T::MAX;
    let norm = if is_beyond_range {
        norm_in_range(gradient)
    } else {
        norm
    };
    let factor = limit / (norm + <T as Real>::from_f64(NORM_OFFSET));
    // A gradient scaled into range may have become shorter than the limit; NaN is passed on.
    let is_short = factor >= T::one() && !is_beyond_range;
    if !is_short {
        gradient.iter_mut().for_each(|value| *value *= factor);
    }
}

/// An optimizer whose gradients are clipped first; made by
/// [`Compose::clipped`](crate::optimizer::Compose::clipped).
///
/// A step clips the gradient as [`Clip`] says and passes it to the inner optimizer.
///
/// # When to use
///
/// Clip by norm if a few steep places would throw the descent off course; by value if a few entries
/// would. With momentum, the clipped gradient enters the velocity.
///
/// # Example
///
/// ```
/// use matrix_descent::{Compose, Optimizer, Sgd};
/// use matrix_descent::optimizer::Clip;
///
/// let rule = Sgd::new(0.5).clipped(Clip::Value(1.0));
/// let mut x = [0.0, 0.0];
/// rule.step(&mut rule.init(&x), &mut x, &mut [100.0, -0.5]);
/// assert_eq!(x, [-0.5, 0.25]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Clipped<T, M> {
    /// The inner optimizer.
    pub rule: M,
    /// The limit on the gradient.
    pub clip: Clip<T>,
}

impl<T: Real, M: LearningRate<T>> Clipped<T, M> {
    /// Wraps `rule` so that its gradients are clipped by `clip`.
    #[must_use]
    pub fn new(rule: M, clip: Clip<T>) -> Self {
        Self { rule, clip }
    }
}

impl<T: Real, M: LearningRate<T>> Optimizer<T> for Clipped<T, M> {
    type State = M::State;

    fn init(&self, parameters: &[T]) -> M::State {
        self.rule.init(parameters)
    }

    fn step(&self, state: &mut M::State, parameters: &mut [T], gradient: &mut [T]) {
        self.clip.apply(gradient);
        self.rule.step(state, parameters, gradient);
    }

    fn constraint(&self) -> Option<&dyn ConvexSet<T>> {
        self.rule.constraint()
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        self.rule.validate()?;
        self.clip.validate()
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        self.rule.check_dimension(dimension)
    }
}

impl<T: Real, M: LearningRate<T>> LearningRate<T> for Clipped<T, M> {
    fn learning_rate(&self) -> T {
        self.rule.learning_rate()
    }

    fn with_learning_rate(&self, learning_rate: T) -> Self {
        Self {
            rule: self.rule.with_learning_rate(learning_rate),
            clip: self.clip,
        }
    }
}
