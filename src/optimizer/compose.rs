//! The wrappers, as methods of every rule that takes them.

use super::{
    Clip, Clipped, LearningRate, Plateau, Projected, ReducedOnPlateau, Schedule, Scheduled,
};
use crate::numerics::real::Real;
use crate::set::ConvexSet;

/// Wraps a rule in another: each method returns a rule that does more.
///
/// It comes with every [`LearningRate`], and only with those: a rule with a line search can't be
/// wrapped, since it compares losses along a line that a wrapper would bend.
///
/// # The order
///
/// Whatever the order of the calls, a step
///
/// 1. sets the learning rate,
/// 2. clips the gradient,
/// 3. steps as the innermost rule does (its weight decay, if any, acts on the clipped gradient),
/// 4. projects the parameters.
///
/// Order matters only among wrappers of one kind, and there the last call acts first:
/// `.clipped(a).clipped(b)` clips by b, then by a, and of `.scheduled(a).scheduled(b)` the schedule
/// b sees the rule's own learning rate and a what b makes of it. A
/// [`reduced_on_plateau`](Self::reduced_on_plateau) comes last, and before any schedule acts; a
/// second [`projected`](Self::projected) is refused by
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
    /// The rule with its gradients clipped before each step.
    #[must_use]
    fn clipped(self, clip: Clip<T>) -> Clipped<T, Self> {
        Clipped::new(self, clip)
    }

    /// The rule with a learning rate that follows a schedule.
    #[must_use]
    fn scheduled<S: Schedule<T>>(self, schedule: S) -> Scheduled<Self, S> {
        Scheduled::new(self, schedule)
    }

    /// The rule with a learning rate that falls where the loss does not.
    #[must_use]
    fn reduced_on_plateau(self, plateau: Plateau<T>) -> ReducedOnPlateau<T, Self> {
        ReducedOnPlateau::new(self, plateau)
    }

    /// The rule with its parameters projected onto a set after each step.
    #[must_use]
    fn projected<S: ConvexSet<T>>(self, set: S) -> Projected<Self, S> {
        Projected::new(self, set)
    }
}

impl<T: Real, M: LearningRate<T>> Compose<T> for M {}
