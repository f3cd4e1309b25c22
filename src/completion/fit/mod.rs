//! From a start to a minimum.

pub(in crate::completion) mod alternating;
mod cholesky;
pub(in crate::completion) mod half_step;
mod mixing;
pub(in crate::completion) mod monitor;
mod newton;
pub(in crate::completion) mod problem;
mod row_sums;
pub(in crate::completion) mod side;
pub(in crate::completion) mod units;

use crate::completion::fit::alternating::{Goal, alternate};
use crate::completion::fit::half_step::Signs;
use crate::completion::fit::monitor::{Ended, Monitor};
use crate::completion::fit::problem::{Point, Problem};
use crate::descent::{Observer, StopReason};
use crate::numerics::real::Real;

/// The most numbers of the shorter side for which Newton's matrix is formed.
const LARGEST_ORDER: usize = 256;

/// The most multiplications of a step.
const LARGEST_WORK: usize = 1 << 24;

/// The passes that bring a start near a minimum before Newton's steps.
const FIRST_PASSES: usize = 60;

/// The share of f by which a pass lowers it from where on Newton's steps are better.
const FIRST_TOLERANCE: f64 = 1e-2;

/// Whether Newton's steps are worth their matrix: not for many numbers.
pub(in crate::completion) fn is_small<T: Real>(problem: &Problem<'_, T>) -> bool {
    let order = problem.short.count() * problem.layout.width();
    order <= LARGEST_ORDER && work_of_step(problem) <= LARGEST_WORK
}

/// The multiplications of a Newton step: the blocks that its matrix is reduced by, and its factor.
pub(in crate::completion) fn work_of_step<T: Real>(problem: &Problem<'_, T>) -> usize {
    let width = problem.layout.width();
    let order = problem.short.count() * width;
    let blocks = problem.long.lanes().map(|lane| {
        let across = lane.indices.len() * width;
        across * across / 2 * width
    });
    order.saturating_pow(3) / 6 + blocks.sum::<usize>() + problem.long.known() * width * width
}

/// The multiplications of a pass over both sides.
pub(in crate::completion) fn work_of_pass<T: Real>(problem: &Problem<'_, T>) -> usize {
    let width = problem.layout.width();
    2 * problem.long.known() * width * width
}

/// Descends from `start` to the next minimum.
pub(in crate::completion) fn minimise<T: Real, O: Observer<T>>(
    problem: &Problem<'_, T>,
    start: Point<T>,
    goal: Goal<T>,
    monitor: &mut Monitor<T, O>,
) -> Ended<T> {
    if problem.signs == Signs::NonNegative || !is_small(problem) {
        return alternate(problem, start, goal, monitor);
    }
    let few = Goal {
        passes: FIRST_PASSES,
        tolerance: goal.tolerance.max(<T as Real>::from_f64(FIRST_TOLERANCE)),
    };
    let near = alternate(problem, start, few, monitor);
    if matches!(near.reason, StopReason::Observer | StopReason::StepLimit) {
        return near;
    }
    newton::descend(problem, near.point, goal, monitor)
}
