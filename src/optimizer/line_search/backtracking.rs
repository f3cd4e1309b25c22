//! The search that only shortens the step.

use super::interpolation::parabola_minimum;
use super::trials::{Point, Trials};
use crate::numerics::real::Real;
use crate::objective::Objective;

/// Ends at the first trial with enough decrease.
pub(super) fn search<T, F>(
    sufficient_decrease: T,
    mut trials: Trials<'_, '_, T, F>,
) -> Option<Point<T>>
where
    T: Real,
    F: Objective<T> + ?Sized,
{
    let start = trials.start();
    let (tenth, half) = (<T as Real>::from_f64(0.1), <T as Real>::from_f64(0.5));
    let mut length = trials.first_length();
    while let Some(point) = trials.go_to(length) {
        let fall = point.loss - start.loss;
        let is_enough = fall < T::zero() && fall <= sufficient_decrease * length * start.slope;
        if is_enough && point.is_finite() {
            return Some(point);
        }
        let wanted = parabola_minimum(start, point);
        length = if wanted.is_finite() {
            wanted.clamp(tenth * length, half * length)
        } else {
            tenth * length
        };
    }
    trials.settle()
}
