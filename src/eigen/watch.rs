//! What all searches of a call share: the count of steps, the limits and the observer.

use crate::descent::{Observer, Progress, StopReason};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;

/// The steps of all searches, what limits them, and the observer.
pub(super) struct Watch<'o, O> {
    pub(super) observer: &'o mut O,
    pub(super) steps: usize,
    pub(super) max_steps: usize,
    /// The steps after which another way is better.
    pub(super) patience: usize,
    /// Why no further search may begin.
    pub(super) ended: Option<StopReason>,
}

/// A vector and its residual.
pub(super) type Shown<T> = (Vec<T>, Vec<T>);

impl<O> Watch<'_, O> {
    /// Shows a step, and returns why the search has to end, if it does; the same on all parts.
    pub(super) fn see<T: Real, A: LinearMap<T> + ?Sized>(
        &mut self,
        map: &A,
        loss: T,
        shown: Option<&Shown<T>>,
    ) -> Option<StopReason>
    where
        O: Observer<T>,
    {
        let (parameters, gradient) = match shown {
            Some((parameters, gradient)) => (&parameters[..], &gradient[..]),
            None => (&[][..], &[][..]),
        };
        let progress = Progress {
            step: self.steps,
            loss,
            parameters,
            gradient,
        };
        let wish = self.observer.watches() && self.observer.observe(&progress).is_break();
        let ending = if Space::Domain.is_true_anywhere(map, wish) {
            Some(StopReason::Observer)
        } else if self.steps >= self.max_steps {
            Some(StopReason::StepLimit)
        } else {
            (self.steps >= self.patience).then_some(StopReason::Stalled)
        };
        self.ended = self.ended.or(ending);
        ending
    }
}
