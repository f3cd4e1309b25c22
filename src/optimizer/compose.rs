//! The wrappers, as methods of every optimizer they fit.

use super::{
    Clip, Clipped, LearningRate, Plateau, Projected, ReducedOnPlateau, Schedule, Scheduled,
};
use crate::numerics::real::Real;
use crate::set::ConvexSet;

/// Adds clipping, a schedule or a projection to an optimizer: each method returns a wrapped
/// optimizer.
///
/// Every [`LearningRate`] has it, and nothing else does: an optimizer with a line search can't be
/// wrapped, since it compares losses along a line that a wrapper would bend.
///
/// # The order
///
/// Whatever the order of the calls, a step
///
/// 1. sets the learning rate,
/// 2. clips the gradient,
/// 3. steps as the innermost optimizer does (its weight decay, if any, uses the clipped gradient),
/// 4. projects the parameters.
///
/// Order matters only among wrappers of one kind, and there the last call acts first:
/// `.clipped(a).clipped(b)` clips by b, then by a; in `.scheduled(a).scheduled(b)` the schedule b
/// sees the optimizer's own learning rate, and a sees what b returns.
/// [`reduced_on_plateau`](Self::reduced_on_plateau) must be the last call; it sets the learning
/// rate before any schedule does. A second [`projected`](Self::projected) is refused by
/// [`Optimizer::validate`](crate::optimizer::Optimizer::validate).
///
/// # Example
///
/// ```
/// use matrix_descent::{Compose, Optimizer, Sgd};
/// use matrix_descent::optimizer::{Clip, StepDecay};
/// use matrix_descent::set::Bounds;
///
/// let rule = Sgd::new(1.0)
///     .clipped(Clip::Value(2.0))
///     .scheduled(StepDecay::new(1).factor(0.5))
///     .projected(Bounds::new(-2.5, 0.0));
/// let mut x = [0.0];
/// let mut state = rule.init(&x);
/// rule.step(&mut state, &mut x, &mut [9.0]);
/// assert_eq!(x, [-2.0]);
/// rule.step(&mut state, &mut x, &mut [9.0]);
/// assert_eq!(x, [-2.5]);
/// ```
pub trait Compose<T: Real>: LearningRate<T> + Sized {
    /// Clips the gradient before each step.
    #[must_use]
    fn clipped(self, clip: Clip<T>) -> Clipped<T, Self> {
        Clipped::new(self, clip)
    }

    /// Makes the learning rate follow a schedule.
    #[must_use]
    fn scheduled<S: Schedule<T>>(self, schedule: S) -> Scheduled<Self, S> {
        Scheduled::new(self, schedule)
    }

    /// Lowers the learning rate when the loss stops falling.
    #[must_use]
    fn reduced_on_plateau(self, plateau: Plateau<T>) -> ReducedOnPlateau<T, Self> {
        ReducedOnPlateau::new(self, plateau)
    }

    /// Projects the parameters onto a set after each step.
    #[must_use]
    fn projected<S: ConvexSet<T>>(self, set: S) -> Projected<Self, S> {
        Projected::new(self, set)
    }
}

impl<T: Real, M: LearningRate<T>> Compose<T> for M {}
