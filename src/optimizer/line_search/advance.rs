//! One step of a method with a line search.

use std::ops::ControlFlow;

use super::LineSearch;
use super::search_line::{DirectionKind, SearchLine};
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::objective::Objective;
use crate::optimizer::Iterate;

/// Chooses the direction of each step.
pub(in crate::optimizer) trait SearchDirection<T: Real> {
    fn line(&mut self) -> &mut SearchLine<T>;

    /// Learns from the step that led here, if there was one, and sets the new direction.
    fn update(&mut self, parameters: &[T], gradient: &[T]);

    /// Forgets all steps, so that the next direction is −∇.
    fn forget(&mut self);
}

/// Searches along the chosen direction and, if nothing is lower there, along −∇.
///
/// Breaks if nothing is lower there either, or if the descent has stalled.
pub(in crate::optimizer) fn advance<T, C, F>(
    search: &LineSearch<T>,
    direction: &mut C,
    objective: &mut F,
    at: &mut Iterate<'_, T>,
) -> ControlFlow<()>
where
    T: Real,
    C: SearchDirection<T>,
    F: Objective<T> + ?Sized,
{
    loop {
        direction.update(at.parameters, at.gradient);
        let line = direction.line();
        let can_search = line.is_downhill() && at.loss.is_finite();
        if can_search && search.search(line, objective, at) {
            let is_at_rest = line
                .stall_detector
                .record(at.loss, euclidean_norm(at.gradient));
            return if is_at_rest {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            };
        }
        let was_steepest = line.kind() == DirectionKind::Steepest;
        direction.forget();
        if was_steepest {
            return ControlFlow::Break(());
        }
    }
}

/// Moves along the chosen direction without searching for the best length.
///
/// # Panics
///
/// If the slices and the state differ in length.
pub(in crate::optimizer) fn step<T: Real, C: SearchDirection<T>>(
    direction: &mut C,
    parameters: &mut [T],
    gradient: &[T],
) {
    direction.update(parameters, gradient);
    let line = direction.line();
    if line.is_downhill() {
        let length = line.fixed_length();
        line.write_point(length, parameters);
        line.record_step(length);
    }
}
