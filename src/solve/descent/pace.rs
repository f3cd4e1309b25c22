//! How long a step is, and how much of the last one it keeps.

use crate::numerics::real::Real;
use crate::solve::SolveMethod;

/// The power method and single directions find the greatest curvature from below, and a heavy ball that
/// underestimates it diverges.
pub(super) const MARGIN: f64 = 1.1;

/// A [`SolveMethod`] at work, on the scaled system.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace<T> {
    Conjugate,
    Steepest,
    Tuned(Tuning<T>),
    Constant { learning_rate: T, momentum: T },
}

/// The curvatures that a heavy ball is tuned to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuning<T> {
    least: T,
    greatest: T,
    /// The greatest before any step.
    estimate: T,
    learning_rate: T,
    momentum: T,
}

impl<T: Real> Pace<T> {
    /// Without an estimate of the curvatures; a learning rate is divided by 2^`exponent`, the scale of
    /// the Hessian.
    pub(super) fn new(method: SolveMethod<T>, exponent: i32) -> Self {
        match method {
            SolveMethod::ConjugateGradients => Self::Conjugate,
            SolveMethod::GradientDescent => Self::Steepest,
            SolveMethod::HeavyBall => Self::Tuned(Tuning::new(T::one())),
            SolveMethod::Constant {
                learning_rate,
                momentum,
            } => Self::Constant {
                learning_rate: learning_rate.scale_by_power_of_two(exponent),
                momentum,
            },
        }
    }

    /// Whether curvatures have to be estimated, and measured along each direction.
    pub(super) fn is_tuned(&self) -> bool {
        matches!(self, Self::Tuned(_))
    }

    /// Takes in an estimate of the greatest curvature.
    pub(super) fn tune(&mut self, greatest: T) {
        *self = Self::Tuned(Tuning::new(greatest));
    }

    /// Forgets what a run met, so that the next one does not depend on it.
    pub(super) fn restart(&mut self) {
        if let Self::Tuned(tuning) = self {
            *tuning = Tuning::new(tuning.estimate);
        }
    }

    /// Takes in the curvature of a direction of length 1.
    pub(super) fn meet(&mut self, curvature: T) {
        if let Self::Tuned(tuning) = self {
            tuning.meet(curvature);
        }
    }

    /// How many steps the error may stay above what it has been: a heavy ball swings for some √(L/ℓ).
    pub(super) fn transient(&self) -> usize {
        match self {
            Self::Tuned(tuning) => {
                let steps = <T as Real>::from_f64(10.0) * (tuning.greatest / tuning.least).sqrt();
                steps.to_f64() as usize
            }
            _ => 0,
        }
    }

    /// η, where gᵀg = `slope` and dᵀHd = `curvature`.
    pub(super) fn learning_rate(&self, slope: T, curvature: T) -> T {
        match self {
            Self::Conjugate | Self::Steepest => slope / curvature,
            Self::Tuned(tuning) => tuning.learning_rate,
            Self::Constant { learning_rate, .. } => *learning_rate,
        }
    }

    /// μ, where gᵀg fell from `before` to `after`.
    pub(super) fn momentum(&self, before: T, after: T) -> T {
        match self {
            Self::Conjugate => after / before,
            Self::Steepest => T::zero(),
            Self::Tuned(tuning) => tuning.momentum,
            Self::Constant { momentum, .. } => *momentum,
        }
    }
}

impl<T: Real> Tuning<T> {
    /// As if all curvatures were equal.
    fn new(greatest: T) -> Self {
        let mut tuning = Self {
            least: greatest,
            greatest,
            estimate: greatest,
            learning_rate: T::zero(),
            momentum: T::zero(),
        };
        tuning.set();
        tuning
    }

    fn meet(&mut self, curvature: T) {
        if curvature < self.least || curvature > self.greatest {
            // What rounding leaves of a flat direction is no curvature.
            let least = self.least.min(curvature);
            self.greatest = self.greatest.max(curvature * <T as Real>::from_f64(MARGIN));
            self.least = least.max(T::EPSILON * self.greatest);
            self.set();
        }
    }

    fn set(&mut self) {
        let (low, high) = (self.least.sqrt(), self.greatest.sqrt());
        let learning_rate = <T as Real>::from_f64(2.0) / (low + high);
        let momentum = (high - low) / (high + low);
        self.learning_rate = learning_rate * learning_rate;
        self.momentum = momentum * momentum;
    }
}
