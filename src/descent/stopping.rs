//! When a run ends.

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{
    check_at_least_one, check_at_least_zero, check_fraction, require,
};

/// The conditions that end a run, each with its own [`StopReason`](crate::descent::StopReason).
///
/// A run ends at the first iterate where one of them holds. They are checked in the order of the
/// fields, divergence first and the observer last. Every run has a step limit. A run also counts as
/// stalled, whatever `stall` is, if the optimizer reports that no further step can lower the loss.
///
/// **With a set** ([`Optimizer::constraint`](crate::optimizer::Optimizer::constraint)),
/// `gradient_norm` means the projected gradient, ‖x − P(x − ∇)‖ with the projection P onto the set:
/// the part of a step of length ‖∇‖ that stays in it. For a convex loss it is 0 at the minimum over
/// the set and nowhere else, where ‖∇‖ itself does not vanish; without a set it is ‖∇‖. It has the
/// units of x if the scale of the loss is such that ∇ has them too, as everywhere near a minimum
/// with curvatures around 1. A run that stands still in a set ends as
/// [`Stationary`](crate::descent::StopReason::Stationary) whatever the settings are: at the start, or
/// after a step that left the loss as it was, if x = P(x − t·∇) exactly, for a t that moves every
/// parameter with a gradient by more than itself, as at a vertex.
///
/// | field | default |
/// |---|---|
/// | `divergence` | 1/ε² (2·10³¹ in `f64`, 7·10¹³ in `f32`) |
/// | `loss` | none |
/// | `gradient_norm` | none |
/// | `stall` | none |
/// | `max_steps` | 10 000 |
///
/// # Example
///
/// ```
/// use matrix_descent::Stopping;
/// use matrix_descent::descent::Stall;
///
/// let stopping = Stopping::default()
///     .loss(1e-20)
///     .stall(Stall { patience: 100, minimum_improvement: 1e-3 })
///     .max_steps(50_000);
/// assert_eq!(stopping.max_steps, 50_000);
/// assert!(stopping.validate().is_ok());
/// assert!(stopping.loss(f64::NAN).validate().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Stopping<T> {
    /// The run has diverged if |loss| exceeds this multiple of the first nonzero loss; above 1.
    ///
    /// It has also diverged if the loss or a parameter is not finite, or if a gradient that is not
    /// finite stops a line search. ∞ leaves only these tests.
    ///
    /// The default leaves room for momentum, whose loss may grow by the condition number squared
    /// before it falls.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub divergence: T,
    /// The run has converged if the loss is at most this.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
    pub loss: Option<T>,
    /// The run has converged if the Euclidean norm of the gradient is at most this; at least 0.
    ///
    /// With a set, the norm of the projected gradient, ‖x − P(x − ∇)‖.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::optional"))]
    pub gradient_norm: Option<T>,
    /// The run has stalled if the loss has stopped falling, as measured by this.
    pub stall: Option<Stall<T>>,
    /// The step limit, counted from the start of the descent; at least 1.
    pub max_steps: usize,
}

/// How little progress counts as a stall.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
pub struct Stall<T> {
    /// The number of steps without enough improvement after which the run ends; at least 1.
    pub patience: usize,
    /// The fraction of the loss that counts as improvement, in [0, 1).
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub minimum_improvement: T,
}

impl<T: Real> Default for Stopping<T> {
    fn default() -> Self {
        Self {
            divergence: T::one() / (T::EPSILON * T::EPSILON),
            loss: None,
            gradient_norm: None,
            stall: None,
            max_steps: 10_000,
        }
    }
}

impl<T: Real> Stopping<T> {
    /// Sets the growth of the loss that counts as divergence.
    #[must_use]
    pub fn divergence(mut self, factor: T) -> Self {
        self.divergence = factor;
        self
    }

    /// Sets the loss at which the run has converged.
    #[must_use]
    pub fn loss(mut self, loss: T) -> Self {
        self.loss = Some(loss);
        self
    }

    /// Sets the norm of the gradient at which the run has converged.
    #[must_use]
    pub fn gradient_norm(mut self, norm: T) -> Self {
        self.gradient_norm = Some(norm);
        self
    }

    /// Sets how little progress counts as a stall and ends the run.
    #[must_use]
    pub fn stall(mut self, stall: Stall<T>) -> Self {
        self.stall = Some(stall);
        self
    }

    /// Sets the step limit.
    #[must_use]
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.max_steps = steps;
        self
    }

    /// Checks the settings; every run calls this first.
    ///
    /// # Errors
    ///
    /// [`InputError::InvalidSetting`] with the first setting outside its range.
    pub fn validate(&self) -> Result<(), InputError<T>> {
        require(
            self.divergence > T::one(),
            "divergence",
            self.divergence,
            "above 1",
        )?;
        if let Some(loss) = self.loss {
            require(loss.is_finite(), "loss", loss, "finite")?;
        }
        if let Some(norm) = self.gradient_norm {
            check_at_least_zero("gradient_norm", norm)?;
        }
        if let Some(stall) = self.stall {
            stall.validate()?;
        }
        check_at_least_one("max_steps", self.max_steps)
    }
}

impl<T: Real> Stall<T> {
    fn validate(&self) -> Result<(), InputError<T>> {
        check_at_least_one("patience", self.patience)?;
        check_fraction("minimum_improvement", self.minimum_improvement)
    }
}
