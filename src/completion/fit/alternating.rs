//! Alternating least squares: each row of one side to its minimum, then of the other, accelerated.

use crate::completion::fit::half_step::Signs;
use crate::completion::fit::mixing::Mixing;
use crate::completion::fit::monitor::{Ended, Monitor, Shown};
use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Features;
use crate::descent::{Observer, StopReason};
use crate::numerics::real::Real;
use crate::set::{ConvexSet, NonNegative};

/// When a fit ends.
#[derive(Clone, Copy, Debug)]
pub struct Goal<T> {
    /// The share of f by which a pass lowers it at the end.
    pub(in crate::completion) tolerance: T,
    /// The passes after which it ends at the latest.
    pub(in crate::completion) passes: usize,
}

/// An entry missed by less, in ε of what it is summed from, is met.
const MET: f64 = 32.0;

/// The passes without a fall of f by a thousandth after which rounding is all that is left.
const PATIENCE: usize = 20;

/// Passes over both sides from `point` until a pass lowers f by no more than the tolerance.
///
/// A pass is a block coordinate descent, each block to its exact minimum. What it makes of the
/// shorter side is a fixed-point iteration, and is accelerated as one ([`Mixing`]); a point at which f
/// is larger than before is dropped for that of the plain pass.
pub(in crate::completion) fn alternate<T: Real, O: Observer<T>>(
    problem: &Problem<'_, T>,
    mut point: Point<T>,
    goal: Goal<T>,
    monitor: &mut Monitor<T, O>,
) -> Ended<T> {
    let mut features = Features::new();
    let mut long_gradient = vec![T::zero(); point.long.values.len()];
    let mut short_gradient = vec![T::zero(); point.short.values.len()];
    let mut mixing = Mixing::new(point.short.values.len());
    let mut plain = point.short.clone();
    let mut before = point.short.clone();
    let mut last = T::MAX;
    let (mut best, mut passes_since) = (T::MAX, 0);
    let floor = problem.rounding(&point);
    let mut residuals = Vec::new();
    let mut shown_passes = 0;
    // The observer sees the point before each pass, so that so many passes show one point more.
    while shown_passes <= goal.passes {
        problem.improve_long(&mut point, &mut features, &mut long_gradient);
        before.clone_from(&point.short);
        let gain = problem.improve_short(&mut point, &mut features, &mut short_gradient);
        let loss =
            gain.loss + point.long.penalty(problem.penalty) + before.penalty(problem.penalty);
        let is_worse = loss > last || !loss.is_finite();
        if is_worse && plain != before {
            mixing.forget();
            point.short.clone_from(&plain);
            last = T::MAX;
            continue;
        }
        last = loss;
        shown_passes += 1;
        let shown = Shown {
            loss,
            long: &point.long,
            short: &before,
            long_gradient: &[],
            short_gradient: &short_gradient,
        };
        if let Some(reason) = monitor.show(&shown) {
            return Ended { point, reason };
        }
        if !loss.is_finite() {
            let reason = StopReason::Diverged;
            return Ended { point, reason };
        }
        let mut is_met = || {
            problem.residuals(&point, &mut residuals);
            problem.is_met(&point, &residuals, MET)
        };
        if gain.decrease <= goal.tolerance * loss || (loss <= floor && is_met()) {
            let reason = StopReason::GradientNorm;
            return Ended { point, reason };
        }
        passes_since += 1;
        if loss < best * <T as Real>::from_f64(0.999) {
            (best, passes_since) = (loss, 0);
        }
        if passes_since >= PATIENCE && loss <= floor * <T as Real>::from_f64(1e4) {
            let reason = StopReason::GradientNorm;
            return Ended { point, reason };
        }
        plain.clone_from(&point.short);
        mixing.mix(&before.values, &mut point.short.values);
        if problem.signs == Signs::NonNegative {
            for row in point.short.rows_mut() {
                NonNegative.project(&mut row[..problem.layout.rank]);
            }
        }
    }
    let reason = StopReason::Stalled;
    Ended { point, reason }
}
