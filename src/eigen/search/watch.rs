//! What all searches of a call share.

use crate::descent::{Observer, Progress, StopReason};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;

/// What all searches of a call share: the steps, and the observer.
pub(in crate::eigen) struct Watch<'o, T, O> {
    pub(in crate::eigen) observer: &'o mut O,
    pub(in crate::eigen) steps: usize,
    pub(in crate::eigen) max_steps: usize,
    /// The steps after which another way is better.
    pub(in crate::eigen) patience: usize,
    pub(in crate::eigen) marker: std::marker::PhantomData<T>,
}

impl<T: Real, O: Observer<T>> Watch<'_, T, O> {
    /// Shows a step, and returns why the search has to end, if it does; the same on all parts.
    pub(super) fn see<A: LinearMap<T> + ?Sized>(
        &mut self,
        map: &A,
        loss: T,
        shown: Option<&(Vec<T>, Vec<T>)>,
    ) -> Option<StopReason> {
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
        let wishes = Space::Domain.total(map, T::from_count(usize::from(wish)));
        if wishes > T::zero() {
            Some(StopReason::Observer)
        } else if self.steps >= self.max_steps {
            Some(StopReason::StepLimit)
        } else {
            (self.steps >= self.patience).then_some(StopReason::Stalled)
        }
    }
}
