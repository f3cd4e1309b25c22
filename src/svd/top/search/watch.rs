//! What all searches of a call share: the steps, their limit and the observer.

use crate::descent::{Observer, Progress, StopReason};
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::svd::top::search::operator::is_true_anywhere;

/// Counts the steps and shows them.
pub(in crate::svd::top) struct Watch<T, O> {
    pub(in crate::svd::top) observer: O,
    pub(in crate::svd::top) steps: usize,
    pub(in crate::svd::top) max_steps: usize,
    /// The products after which another way is better.
    pub(in crate::svd::top) patience: usize,
    /// The largest residual to search for, relative to σ₁.
    pub(in crate::svd::top) tolerance: T,
    /// The largest residual from new products that is accepted, relative to σ₁.
    pub(in crate::svd::top) accepted: T,
    /// An estimate of σ₁ from below.
    pub(in crate::svd::top) norm: T,
    /// The largest residual relative to σ₁, as it was last computed.
    pub(in crate::svd::top) loss: T,
    /// All losses that were computed.
    pub(in crate::svd::top) losses: Vec<T>,
}

impl<T: Real, O: Observer<T>> Watch<T, O> {
    /// Shows a step, and returns why the search has to end, if it does; the same on all parts.
    pub(super) fn see<A: LinearMap<T> + ?Sized>(
        &mut self,
        map: &A,
        (parameters, gradient): (&[T], &[T]),
        products: usize,
    ) -> Option<StopReason> {
        let progress = Progress {
            step: self.steps,
            loss: self.loss,
            parameters,
            gradient,
        };
        let wish = self.observer.watches() && self.observer.observe(&progress).is_break();
        if is_true_anywhere(map, wish) {
            Some(StopReason::Observer)
        } else if self.steps >= self.max_steps {
            Some(StopReason::StepLimit)
        } else {
            (products >= self.patience).then_some(StopReason::Stalled)
        }
    }

    /// Takes note of a value that is at most σ₁.
    pub(super) fn see_norm(&mut self, value: T) {
        self.norm = self.norm.max(value);
    }

    /// Records a loss.
    pub(super) fn record(&mut self, loss: T) {
        self.loss = loss;
        self.losses.push(loss);
    }
}
