//! The states of the wrappers: their own, and that of the rule within.

use super::{Parts, Resumable, StateParts};
use crate::descent::CheckpointError;
use crate::numerics::real::Real;
use crate::optimizer::{
    Clipped, LearningRate, PlateauState, Projected, ReducedOnPlateau, Schedule, Scheduled,
    ScheduledState,
};
use crate::set::ConvexSet;

impl<T: Real, M: LearningRate<T> + Resumable<T>> Resumable<T> for Clipped<T, M> {
    fn kind(&self) -> String {
        format!("clipped {}", self.rule.kind())
    }
}

impl<T, M, S> Resumable<T> for Projected<M, S>
where
    T: Real,
    M: LearningRate<T> + Resumable<T>,
    S: ConvexSet<T>,
{
    fn kind(&self) -> String {
        format!("projected {}", self.rule.kind())
    }
}

impl<T, M, S> Resumable<T> for Scheduled<M, S>
where
    T: Real,
    M: LearningRate<T> + Resumable<T>,
    S: Schedule<T>,
{
    fn kind(&self) -> String {
        format!("scheduled {}", self.rule.kind())
    }
}

impl<T: Real, R: StateParts<T>> StateParts<T> for ScheduledState<R> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self { steps, rule } = self;
        parts.count("scheduled_steps", steps)?;
        rule.each_part(parts)
    }
}

impl<T: Real, M: LearningRate<T> + Resumable<T>> Resumable<T> for ReducedOnPlateau<T, M> {
    fn kind(&self) -> String {
        format!("plateau-reduced {}", self.rule.kind())
    }
}

impl<T: Real, R: StateParts<T>> StateParts<T> for PlateauState<T, R> {
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        let Self {
            learning_rate,
            best,
            idle,
            cooldown,
            rule,
        } = self;
        parts.number("learning_rate", learning_rate)?;
        parts.optional("best_loss", best)?;
        parts.count("idle_losses", idle)?;
        parts.count("cooldown", cooldown)?;
        rule.each_part(parts)
    }
}
