//! RMSprop: the gradient divided by its recent size.

use super::Optimizer;
use super::memory::{common_length, remembered, remembered_in_part};
use super::settings::{check_epsilon, check_learning_rate, check_weight_decay};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_above_zero, check_fraction};

/// Which measure of recent gradients [`RmsProp`] divides by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Centering {
    /// Their root mean square, the default.
    #[default]
    RootMeanSquare,
    /// Their standard deviation ("centred"; Graves, "Generating sequences with recurrent neural
    /// networks", 2013).
    StandardDeviation,
}

/// RMSprop: gradient descent in which each entry of the gradient is divided by its recent size.
///
/// With g = ∇ + λ·x, each step does
///
/// - s ← α·s + (1 − α)·g², a ← α·a + (1 − α)·g, both from 0;
/// - d = g/(√s + ε), or g/(√(s − a²) + ε) if [`centered`](Self::centered);
/// - v ← μ·v + d from 0, x ← x − η·v; without momentum v = d.
///
/// The definitions are PyTorch's `torch.optim.RMSprop`, except that the variance s − a² is itself
/// updated, σ² ← α·(σ² + (1 − α)·(g − a)²) with the a before the step. That is the same number, but
/// free of cancellation and never negative.
///
/// Defaults: η = 10⁻², α = 0.99, ε = 10⁻⁸, λ = 0, no momentum, not centred. Ranges: η > 0; ε > 0,
/// not subnormal; α and μ in [0, 1), α above 0 if centred; λ ≥ 0; all finite.
/// [`Optimizer::validate`] checks them.
///
/// # When to use
///
/// Gradients whose size drifts during the run. Steps do not shrink at a minimum, where g and its
/// recent size vanish together; let η fall towards the end. The first steps are long, up to
/// η/√(1 − α) = 10·η, because s starts at 0; [`Adam`](super::Adam) corrects that.
///
/// # Source
///
/// Tieleman and Hinton, "Lecture 6.5: rmsprop", Neural networks for machine learning, 2012.
///
/// # Example
///
/// ```
/// use matrix_descent::Optimizer;
/// use matrix_descent::optimizer::RmsProp;
///
/// let rule = RmsProp::new(0.25).smoothing(0.75);
/// let mut x = [2.0_f64, 2.0];
/// let mut state = rule.init(&x);
/// rule.step(&mut state, &mut x, &mut [100.0, -0.01]);
/// assert!((x[0] - 1.5).abs() < 1e-5 && (x[1] - 2.5).abs() < 1e-5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RmsProp<T> {
    /// η: roughly the distance each parameter moves in a step.
    pub learning_rate: T,
    /// α: the share of the past in the averages.
    pub smoothing: T,
    /// ε: keeps the denominator above 0.
    pub epsilon: T,
    /// μ: the share of the last velocity that the next one keeps.
    pub momentum: T,
    /// λ: the weight of the penalty λ/2·‖x‖².
    pub weight_decay: T,
    /// The measure that gradients are divided by.
    pub spread: Centering,
}

impl<T: Real> RmsProp<T> {
    /// RMSprop with this learning rate and defaults for the rest.
    #[must_use]
    pub fn new(learning_rate: T) -> Self {
        Self {
            learning_rate,
            smoothing: <T as Real>::from_f64(0.99),
            epsilon: <T as Real>::from_f64(1e-8),
            momentum: T::zero(),
            weight_decay: T::zero(),
            spread: Centering::RootMeanSquare,
        }
    }

    /// Sets α.
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

    /// Sets the momentum μ.
    #[must_use]
    pub fn momentum(mut self, momentum: T) -> Self {
        self.momentum = momentum;
        self
    }

    /// Sets the weight decay λ.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: T) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    /// Divides by the standard deviation: [`Centering::StandardDeviation`].
    ///
    /// While the gradient is constant, the deviation falls towards 0 and the steps grow towards
    /// η·g/ε.
    #[must_use]
    pub fn centered(mut self) -> Self {
        self.spread = Centering::StandardDeviation;
        self
    }
}

/// η = 10⁻².
impl<T: Real> Default for RmsProp<T> {
    fn default() -> Self {
        Self::new(<T as Real>::from_f64(1e-2))
    }
}

/// What [`RmsProp`] remembers between steps.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RmsPropState<T> {
    pub(super) squared_spread: Vec<T>,
    /// Empty unless centred.
    pub(super) mean: Vec<T>,
    /// Empty without momentum.
    pub(super) velocity: Vec<T>,
}

impl<T> RmsPropState<T> {
    /// The mean square s of the gradient, or its variance s − a² if centred, in the order of the
    /// parameters.
    #[must_use]
    pub fn squared_spread(&self) -> &[T] {
        &self.squared_spread
    }

    /// The velocity v, in the order of the parameters; empty without momentum.
    #[must_use]
    pub fn velocity(&self) -> &[T] {
        &self.velocity
    }
}

impl<T: Real> Optimizer<T> for RmsProp<T> {
    type State = RmsPropState<T>;

    fn init(&self, parameters: &[T]) -> RmsPropState<T> {
        let length = parameters.len();
        let means = match self.spread {
            Centering::RootMeanSquare => 0,
            Centering::StandardDeviation => length,
        };
        let velocities = if self.momentum == T::zero() {
            0
        } else {
            length
        };
        RmsPropState {
            squared_spread: vec![T::zero(); length],
            mean: vec![T::zero(); means],
            velocity: vec![T::zero(); velocities],
        }
    }

    /// Takes one step.
    ///
    /// # Panics
    ///
    /// If `parameters`, `gradient` and the vectors in `state` differ in length.
    fn step(&self, state: &mut RmsPropState<T>, parameters: &mut [T], gradient: &mut [T]) {
        let length = common_length(parameters, gradient);
        let (past, present) = (self.smoothing, T::one() - self.smoothing);
        let squared_spread = remembered_in_part(&mut state.squared_spread, length, past);
        let entries = parameters.iter_mut().zip(&*gradient).zip(squared_spread);
        match self.spread {
            Centering::RootMeanSquare => {
                let directions = entries.map(|((x, &g), s)| {
                    let g = g + self.weight_decay * *x;
                    *s = past * *s + present * (g * g);
                    (x, g / (s.sqrt() + self.epsilon))
                });
                self.follow(directions, &mut state.velocity, length);
            }
            Centering::StandardDeviation => {
                let mean = remembered(&mut state.mean, length);
                let directions = entries.zip(mean).map(|(((x, &g), s), a)| {
                    let g = g + self.weight_decay * *x;
                    let deviation = g - *a;
                    *s = past * (*s + present * (deviation * deviation));
                    *a += present * deviation;
                    (x, g / (s.sqrt() + self.epsilon))
                });
                self.follow(directions, &mut state.velocity, length);
            }
        }
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_learning_rate(self.learning_rate)?;
        check_fraction("smoothing", self.smoothing)?;
        if self.spread == Centering::StandardDeviation {
            // The deviation of a single gradient is 0.
            check_above_zero("smoothing", self.smoothing)?;
        }
        check_epsilon(self.epsilon)?;
        check_fraction("momentum", self.momentum)?;
        check_weight_decay(self.weight_decay)
    }
}

impl<T: Real> RmsProp<T> {
    /// Moves each parameter against its direction, through the velocity if there is momentum.
    #[inline]
    fn follow<'a>(
        &self,
        directions: impl Iterator<Item = (&'a mut T, T)>,
        velocity: &mut Vec<T>,
        length: usize,
    ) {
        if self.momentum == T::zero() {
            for (x, d) in directions {
                *x -= self.learning_rate * d;
            }
        } else {
            for ((x, d), v) in directions.zip(remembered(velocity, length)) {
                *v = self.momentum * *v + d;
                *x -= self.learning_rate * *v;
            }
        }
    }
}
