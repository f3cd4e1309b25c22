//! The learning rate that rises linearly and falls along a cosine.

use super::Schedule;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_one, check_at_least_zero, require};

/// Cosine decay: the learning rate falls to its minimum along half a cosine wave, after an optional
/// linear warm-up.
///
/// With w = `warm_up` and T = `steps`, both counted from the start:
///
/// | t | ηₜ |
/// |---|---|
/// | t < w | η·(t + 1)/(w + 1) |
/// | w ≤ t < T | η_min + (η − η_min)·(1 + cos(π·(t − w)/(T − w)))/2 |
/// | T ≤ t | η_min |
///
/// Ranges: w < T, η_min finite and at least 0. Defaults: w = 0, η_min = 0; T has none. Without
/// warm-up the definition up to T is that of PyTorch's `CosineAnnealingLR`, which rises again after
/// T (Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017).
///
/// # When to use
///
/// When the number of steps is fixed in advance. Use a warm-up if the first gradients are much
/// larger than the later ones, or if the optimizer has to build up its averages first.
///
/// # Example
///
/// ```
/// use matrix_descent::optimizer::{CosineDecay, Schedule};
///
/// let schedule = CosineDecay::new(9).warm_up(1).minimum(0.5);
/// let rates = [0, 1, 5, 9, 100].map(|steps| schedule.learning_rate(1.0, steps));
/// assert_eq!(rates, [0.5, 1.0, 0.75, 0.5, 0.5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CosineDecay<T> {
    /// T: the steps until the minimum is reached, including the warm-up.
    pub steps: usize,
    /// w: the number of warm-up steps, below the optimizer's own learning rate.
    pub warm_up: usize,
    /// η_min: the learning rate at the end.
    pub minimum: T,
}

impl<T: Real> CosineDecay<T> {
    /// Decay to 0 within `steps` steps.
    #[must_use]
    pub fn new(steps: usize) -> Self {
        Self {
            steps,
            warm_up: 0,
            minimum: T::zero(),
        }
    }

    /// Sets w.
    #[must_use]
    pub fn warm_up(mut self, steps: usize) -> Self {
        self.warm_up = steps;
        self
    }

    /// Sets η_min.
    #[must_use]
    pub fn minimum(mut self, learning_rate: T) -> Self {
        self.minimum = learning_rate;
        self
    }
}

impl<T: Real> Schedule<T> for CosineDecay<T> {
    fn learning_rate(&self, rate: T, steps: usize) -> T {
        let ratio = |part: usize, whole: usize| T::from_count(part) / T::from_count(whole);
        if steps < self.warm_up {
            return rate * ratio(steps + 1, self.warm_up + 1);
        }
        if steps >= self.steps {
            return self.minimum;
        }
        let angle = T::pi() * ratio(steps - self.warm_up, self.steps - self.warm_up);
        let height = <T as Real>::from_f64(0.5) * (T::one() + angle.cos());
        self.minimum + (rate - self.minimum) * height
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_at_least_one("steps", self.steps)?;
        let is_shorter = self.warm_up < self.steps;
        let warm_up = T::from_count(self.warm_up);
        require(is_shorter, "warm_up", warm_up, "below the number of steps")?;
        check_at_least_zero("minimum", self.minimum)
    }
}
