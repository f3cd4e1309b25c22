//! Damped Newton steps on both sides at once, for small problems.

mod stillness;
mod system;

use crate::completion::fit::alternating::Goal;
use crate::completion::fit::monitor::{Ended, Monitor, Shown};
use crate::completion::fit::newton::stillness::stands_still;
use crate::completion::fit::newton::system::{Curvature, System};
use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Features;
use crate::descent::{Observer, StopReason};
use crate::numerics::real::Real;

/// The steps after which a start is given up.
const MOST_STEPS: usize = 200;

/// The damping from which on a step is Newton's own to five digits, so that the last one squares the
/// error.
const WEAK: f64 = 1e-5;

/// A fall of f by less than this, in ε, is lost in its rounding.
const ROUNDING: f64 = 64.0;

/// A start is given up where f has not fallen to this share of it in `PATIENCE` steps: without a ridge
/// a fit may become exact by halving f again and again, or f falls on and on without a minimum.
const FALL: f64 = 0.5;

/// The same with a ridge, where there is a minimum.
const FALL_WITH_RIDGE: f64 = 0.999;

/// The steps that are waited for that.
const PATIENCE: usize = 60;

/// The damping of the first step, relative to the diagonal.
const FIRST: f64 = 1e-2;

/// The least damping in ε: above what rounding makes of the directions along which f is constant, so
/// that Newton's matrix stays positive definite.
const LEAST: f64 = 4096.0;

/// The damping at which no step is short enough.
const LARGEST: f64 = 1e12;

/// An entry missed by less, in ε of what it is summed from, is met.
const MET: f64 = 16.0;

/// A step that changes a prediction by a larger share has not ended at a minimum, at any tolerance.
const LARGEST_CHANGE: f64 = 0.1;

/// The change of predictions that may lie in a fall of f by the tolerance, in the root of it.
const CHANGE: f64 = 4.0;

/// A step that lowers f by less than this share is near a minimum, where Newton's matrix is better
/// than that of Gauss and Newton.
const NEAR: f64 = 0.1;

/// Steps of Levenberg and Marquardt from `point` until one would lower f by no more than the
/// tolerance, and hardly changes a prediction.
///
/// The last step is damped as little as possible: where f has no minimum, damping is all that makes the
/// steps short.
///
/// The matrix of a step is that of Gauss and Newton, near a minimum Newton's own if it is positive
/// definite. Only the shorter side is damped, by a multiple of the diagonal, so that nothing depends on
/// the sizes of rows and columns; the longer side goes to its minimum after each step, which leads to
/// the best minimum far more often than a step on both (Marquardt, "An algorithm for least-squares
/// estimation of nonlinear parameters", 1963; Golub and Pereyra, "The differentiation of
/// pseudo-inverses and nonlinear least squares problems whose variables separate", 1973; Hong and
/// Fitzgibbon, "Secrets of matrix factorization", 2015).
pub(in crate::completion) fn descend<T: Real, O: Observer<T>>(
    problem: &Problem<'_, T>,
    mut point: Point<T>,
    goal: Goal<T>,
    monitor: &mut Monitor<T, O>,
) -> Ended<T> {
    let number = <T as Real>::from_f64;
    let mut system = System::new(problem);
    let mut trial = point.clone();
    let mut trial_residuals = Vec::new();
    let mut features = Features::new();
    let mut idle_gradient = vec![T::zero(); point.long.values.len()];
    let mut loss = system.evaluate(problem, &point);
    let (mut damping, mut growth) = (number(FIRST), number(2.0));
    let mut curvature = Curvature::GaussNewton;
    let mut fallen = (0, loss);
    let fall = number(if problem.penalty.is_zero() {
        FALL
    } else {
        FALL_WITH_RIDGE
    });
    let least_damping = number(LEAST) * T::EPSILON;
    let share = (number(CHANGE) * goal.tolerance.sqrt()).min(number(LARGEST_CHANGE));
    let mut sharpening = Sharpening::Wanted;
    for step in 0..goal.passes.min(MOST_STEPS) {
        if loss <= fall * fallen.1 {
            fallen = (step, loss);
        } else if step - fallen.0 > PATIENCE {
            break;
        }
        system.linearise(problem, &point);
        let (long_gradient, short_gradient) = system.gradient();
        let shown = Shown {
            loss,
            long: &point.long,
            short: &point.short,
            long_gradient,
            short_gradient,
        };
        if let Some(reason) = monitor.show(&shown) {
            return Ended { point, reason };
        }
        if !loss.is_finite() {
            let reason = StopReason::Diverged;
            return Ended { point, reason };
        }
        if problem.is_met(&point, system.residuals(), MET) {
            let reason = StopReason::Loss;
            return Ended { point, reason };
        }
        // Until a step is short enough to lower f.
        let decrease = loop {
            if damping > number(LARGEST) {
                let reason = StopReason::Stalled;
                return Ended { point, reason };
            }
            let Some(step) = system.step(problem, damping, curvature) else {
                if curvature == Curvature::Newton && sharpening == Sharpening::Tried {
                    sharpening = Sharpening::Impossible;
                    damping = number(WEAK);
                } else if curvature == Curvature::Newton {
                    curvature = Curvature::GaussNewton;
                } else {
                    damping *= growth;
                    growth += growth;
                }
                continue;
            };
            let expected = step.decrease;
            let is_near = expected <= goal.tolerance * loss
                && damping <= number(WEAK)
                && curvature == Curvature::Newton;
            let is_sharp = damping <= least_damping || sharpening == Sharpening::Impossible;
            let is_rounding = expected <= T::EPSILON * loss;
            trial.clone_from(&point);
            step.add_to(&mut trial);
            problem.improve_long(&mut trial, &mut features, &mut idle_gradient);
            let tried = problem.residuals(&trial, &mut trial_residuals);
            let ratio = (loss - tried) / expected;
            let has_gained = tried < loss;
            if has_gained {
                std::mem::swap(&mut point, &mut trial);
                system.adopt(&mut trial_residuals);
                let decrease = loss - tried;
                loss = tried;
                if is_rounding || (is_near && is_sharp) {
                    let stands = stands_still(problem, &trial, &point, share);
                    if stands || is_rounding {
                        let reason = reason(stands);
                        return Ended { point, reason };
                    }
                }
                let bend = number(2.0) * ratio - T::one();
                let factor = (T::one() - bend * bend * bend).max(number(0.1));
                damping = (damping * factor).max(least_damping);
                growth = number(2.0);
                if is_near && !is_sharp {
                    sharpening = Sharpening::Tried;
                    damping = least_damping;
                }
                break decrease;
            }
            let room = number(ROUNDING) * T::EPSILON * loss;
            if expected <= room {
                let reason = reason(stands_still(problem, &point, &trial, share));
                // Newton's step is right where f no longer tells.
                if curvature == Curvature::Newton && tried <= loss + room {
                    std::mem::swap(&mut point, &mut trial);
                }
                return Ended { point, reason };
            }
            if sharpening == Sharpening::Tried {
                sharpening = Sharpening::Impossible;
            }
            damping *= growth;
            growth += growth;
        };
        curvature = if decrease <= number(NEAR) * loss {
            Curvature::Newton
        } else {
            Curvature::GaussNewton
        };
    }
    let reason = StopReason::Stalled;
    Ended { point, reason }
}

/// Whether the steps near the end are damped as little as possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharpening {
    /// Not yet.
    Wanted,
    Tried,
    /// Without damping Newton's matrix is not positive definite, or the step too long.
    Impossible,
}

/// Why a descent ends where f falls no more.
fn reason(stands_still: bool) -> StopReason {
    if stands_still {
        StopReason::GradientNorm
    } else {
        StopReason::Stalled
    }
}
