//! One step of a method with a line search.

use std::ops::ControlFlow;

use super::LineSearch;
use super::ray::{Kind, Ray};
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::objective::Objective;
use crate::optimizer::Iterate;

/// What chooses the direction of each step.
pub(in crate::optimizer) trait Compass<T: Real> {
    fn ray(&mut self) -> &mut Ray<T>;

    /// Learns from the step that led here, if there was one, and points the ray.
    fn point(&mut self, parameters: &[T], gradient: &[T]);

    /// Forgets all steps, so that the next direction is −∇.
    fn forget(&mut self);
}

/// Searches along the direction of the compass and, if nothing is lower there, along −∇.
///
/// Breaks if nothing is lower there either, or if the descent is at rest.
pub(in crate::optimizer) fn advance<T, C, F>(
    search: &LineSearch<T>,
    compass: &mut C,
    objective: &mut F,
    at: &mut Iterate<'_, T>,
) -> ControlFlow<()>
where
    T: Real,
    C: Compass<T>,
    F: Objective<T> + ?Sized,
{
    loop {
        compass.point(at.parameters, at.gradient);
        let ray = compass.ray();
        let can_search = ray.is_downhill() && at.loss.is_finite();
        if can_search && search.search(ray, objective, at) {
            let is_at_rest = ray.records.see(at.loss, euclidean_norm(at.gradient));
            return if is_at_rest {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            };
        }
        let was_steepest = ray.kind() == Kind::Steepest;
        compass.forget();
        if was_steepest {
            return ControlFlow::Break(());
        }
    }
}

/// Goes along the direction of the compass without looking how far is good.
///
/// # Panics
///
/// If the slices and the state differ in length.
pub(in crate::optimizer) fn step<T: Real, C: Compass<T>>(
    compass: &mut C,
    parameters: &mut [T],
    gradient: &[T],
) {
    compass.point(parameters, gradient);
    let ray = compass.ray();
    if ray.is_downhill() {
        let length = ray.fixed_length();
        ray.write_point(length, parameters);
        ray.record_move(length);
    }
}
