//! Several starts, and what they agree on.

mod budget;
mod candidate;
mod distance;
mod ends;

use crate::completion::determination::{Determination, determination};
use crate::completion::fit::alternating::Goal;
use crate::completion::fit::half_step::Signs;
use crate::completion::fit::is_small;
use crate::completion::fit::monitor::{Ended, Monitor};
use crate::completion::fit::problem::{Point, Problem};
use crate::completion::method::Method;
use crate::completion::search::budget::Budget;
use crate::completion::search::candidate::Candidate;
use crate::completion::search::ends::Ends;
use crate::completion::start::balance::{Balanced, growth};
use crate::completion::start::{kicked, start};
use crate::descent::{Observer, StopReason};
use crate::numerics::real::Real;

/// An entry missed by less, in ε of what it is summed from, is met exactly.
const MET: f64 = 128.0;

/// One in so many descents, but not the first, begins in the metric of the entries as they are, since
/// all others may lead to the same minimum of another metric.
const IN_OWN_METRIC: usize = 3;

/// The tolerance of descents that end near a minimum.
const SKETCH: f64 = 1e-5;

/// The largest growth where no Newton step showed that f falls no more.
const LARGEST_AFTER_PASSES: f64 = 256.0;

/// What the starts found.
pub(super) struct Found<T> {
    pub(super) best: Candidate<T>,
    pub(super) starts: usize,
    pub(super) agreeing: usize,
    pub(super) determination: Determination,
    /// Another exact fit, where the data should decide.
    pub(super) rival: Option<Point<T>>,
    /// Whether the best is an exact fit, or one that enough starts agree on; a large problem has but
    /// one start.
    pub(super) is_settled: bool,
    /// Why the search ended, if it had not come to its end.
    pub(super) interrupted: Option<StopReason>,
}

/// A search: the problem, and the same with rows and columns of similar sizes if it may help.
pub(super) struct Search<'a, T, M> {
    pub(super) problem: Problem<'a, T>,
    pub(super) balanced: Option<Balanced<T>>,
    pub(super) method: &'a M,
    pub(super) seed: u64,
    /// The most starts, if they are chosen.
    pub(super) starts: Option<usize>,
    pub(super) goal: Goal<T>,
}

impl<T: Real, M: Method<T>> Search<'_, T, M> {
    pub(super) fn run<O: Observer<T>>(&self, monitor: &mut Monitor<T, O>) -> Found<T> {
        let mut budget = Budget::new(&self.problem, self.starts);
        let mut ends = Ends::new(&self.problem, self.balanced.as_ref(), self.goal.tolerance);
        let mut interrupted = None;
        for start in 0..budget.most_starts() {
            let candidate = self.descend(start, &mut budget, monitor);
            interrupted = Some(candidate.reason).filter(|&reason| is_interruption(reason));
            budget.count(ends.add(candidate));
            let is_exact = ends.best().is_exact;
            let enough = budget.enough(ends.best(), monitor.steps());
            if is_exact {
                budget.end_soon(start, enough);
            }
            let is_over = budget.is_spent(start, monitor.steps())
                || (is_exact && !is_small(&self.problem))
                || ends.agreeing() >= enough;
            if interrupted.is_some() || ends.rival().is_some() || is_over {
                break;
            }
        }
        if interrupted.is_none() && (is_small(&self.problem) || !self.has_to_agree()) {
            interrupted = self.kick(&mut ends, &mut budget, monitor);
        }
        let is_near = ends.best().reason == StopReason::Stalled || self.is_sketched(&budget);
        if interrupted.is_none() && is_near {
            interrupted = self.go_on(&mut ends, &budget, monitor);
        }
        self.found(&ends, &budget, interrupted)
    }

    fn found(
        &self,
        ends: &Ends<'_, T>,
        budget: &Budget,
        interrupted: Option<StopReason>,
    ) -> Found<T> {
        let best = ends.best().clone();
        let determination = determination(&self.problem, &self.in_own_metric(&best.point));
        let is_open = matches!(determination, Determination::Underdetermined { .. });
        let is_only_start = ends.starts() == 1 && !is_small(&self.problem);
        Found {
            is_settled: best.is_exact
                || is_only_start
                || ends.agreeing() >= budget.fewest()
                || !self.has_to_agree(),
            interrupted,
            starts: ends.starts(),
            agreeing: ends.agreeing(),
            rival: ends.rival().filter(|_| !is_open).cloned(),
            best,
            determination,
        }
    }

    /// Whether a single start settles nothing. Non-negative factors have too many minima, and so have
    /// larger problems with a ridge, of which the best found is taken.
    fn has_to_agree(&self) -> bool {
        let is_free = self.problem.signs == Signs::Any;
        is_free && (is_small(&self.problem) || self.problem.penalty.is_zero())
    }

    /// Descends from the best minimum with some of its rows at random, until that led to no better one
    /// several times: one that hardly a random start leads to is often next to another.
    fn kick<O: Observer<T>>(
        &self,
        ends: &mut Ends<'_, T>,
        budget: &mut Budget,
        monitor: &mut Monitor<T, O>,
    ) -> Option<StopReason> {
        let mut in_vain = 0;
        for number in 0..budget.most_kicks() {
            let best = ends.best();
            let is_over = in_vain >= budget.kicks_in_vain(monitor.steps())
                || budget.is_costly(ends.starts(), monitor.steps());
            if best.is_exact || best.growth.is_some() || is_over {
                break;
            }
            let loss = best.loss;
            let start = kicked(&self.problem, &best.point, self.seed_of(!number));
            monitor.measure(self.problem.total());
            let ended = (self.method).descend(&self.problem, start, self.share(budget), monitor);
            let candidate = self.judged(ended);
            let reason = candidate.reason;
            budget.count(ends.add(candidate));
            if is_interruption(reason) {
                return Some(reason);
            }
            let is_better = ends.best().loss < loss - self.goal.tolerance * loss;
            in_vain = if is_better { 0 } else { in_vain + 1 };
        }
        None
    }

    fn seed_of(&self, number: usize) -> u64 {
        self.seed.wrapping_add((number as u64) << 32)
    }

    /// When one of several descents ends.
    fn share(&self, budget: &Budget) -> Goal<T> {
        let sketch = <T as Real>::from_f64(SKETCH);
        Goal {
            passes: self.goal.passes.min(budget.share_of_passes()),
            tolerance: if self.is_sketched(budget) {
                self.goal.tolerance.max(sketch)
            } else {
                self.goal.tolerance
            },
        }
    }

    /// Whether descents end near a minimum, and only the best goes on to it.
    fn is_sketched(&self, budget: &Budget) -> bool {
        !self.has_to_agree() && !is_small(&self.problem) && budget.has_several()
    }

    /// Goes on from the best end, of which the passes came to their limit.
    fn go_on<O: Observer<T>>(
        &self,
        ends: &mut Ends<'_, T>,
        budget: &Budget,
        monitor: &mut Monitor<T, O>,
    ) -> Option<StopReason> {
        let goal = if ends.starts() == 1 {
            self.goal
        } else {
            Goal {
                passes: self.goal.passes.min(budget.passes()),
                ..self.goal
            }
        };
        let from = ends.best().point.clone();
        monitor.measure(self.problem.total());
        let ended = self.method.descend(&self.problem, from, goal, monitor);
        let candidate = self.judged(ended);
        let reason = candidate.reason;
        if candidate.loss <= ends.best().loss {
            ends.replace_best(candidate);
        }
        Some(reason).filter(|&reason| is_interruption(reason))
    }

    /// From the start of this number to a minimum.
    fn descend<O: Observer<T>>(
        &self,
        number: usize,
        budget: &mut Budget,
        monitor: &mut Monitor<T, O>,
    ) -> Candidate<T> {
        let (seed, goal) = (self.seed_of(number), self.share(budget));
        let is_balanced = number == 0 || !number.is_multiple_of(IN_OWN_METRIC);
        let mut first = None;
        if let Some(balanced) = self.balanced.as_ref().filter(|_| is_balanced) {
            let problem = balanced.problem(&self.problem);
            let (start, passes) = start(&problem, number, seed);
            budget.count_passes(passes);
            monitor.measure(problem.total());
            let mut ended = self.method.descend(&problem, start, goal, monitor);
            balanced.restore(&mut ended.point);
            if ended.point.is_finite() {
                let is_interrupted = is_interruption(ended.reason);
                let candidate = self.judged(ended);
                if candidate.is_exact || is_interrupted {
                    return candidate;
                }
                first = Some(candidate.point);
            }
        }
        let first = first.unwrap_or_else(|| {
            let (start, passes) = start(&self.problem, number, seed);
            budget.count_passes(passes);
            start
        });
        monitor.measure(self.problem.total());
        let ended = self.method.descend(&self.problem, first, goal, monitor);
        self.judged(ended)
    }

    /// How good the end of a descent is; one without finite numbers is replaced by zeros.
    fn judged(&self, Ended { point, reason }: Ended<T>) -> Candidate<T> {
        let point = if point.is_finite() {
            point
        } else {
            self.problem.zeros()
        };
        let mut residuals = Vec::new();
        let loss = self.problem.residuals(&point, &mut residuals);
        let is_free = self.problem.penalty.is_zero();
        let is_met = is_free && self.problem.is_met(&point, &residuals, MET);
        // A ridge bounds what it penalises.
        let growth = if is_free && !is_interruption(reason) {
            growth(&self.problem, self.balanced.as_ref(), &point)
        } else {
            None
        };
        let largest = if is_met {
            largest_growth_if_met()
        } else {
            self.largest_growth()
        };
        let growth = growth.filter(|growth| growth.times > largest);
        let is_exact = is_met && growth.is_none();
        let reason = if is_exact && !is_interruption(reason) {
            StopReason::Loss
        } else {
            reason
        };
        Candidate {
            is_exact,
            point,
            loss,
            reason,
            growth,
        }
    }

    /// How many times as large as the known entries a prediction may be, with rows and columns of
    /// similar sizes, if f is at a minimum. Without a ridge f may fall on and on while predictions
    /// grow: no matrix of rank 1 has the entries 0, 1, 1 and another, but those with δ in place of the
    /// 0 come as near as you like, with 1/δ at the other place.
    fn largest_growth(&self) -> T {
        let number = <T as Real>::from_f64;
        let largest = number(2.0) * (T::one() / T::EPSILON).sqrt().sqrt();
        if is_small(&self.problem) {
            largest
        } else {
            // The end of passes proves less than that of Newton's steps.
            largest.min(number(LARGEST_AFTER_PASSES))
        }
    }

    /// The same point, with rows and columns of similar sizes if it is searched for so.
    fn in_own_metric(&self, point: &Point<T>) -> Point<T> {
        let mut point = point.clone();
        if let Some(balanced) = &self.balanced {
            balanced.apply(&mut point);
        }
        point
    }
}

/// Whether exact fits are looked for, with rows and columns of similar sizes.
pub(super) fn may_be_exact<T: Real>(problem: &Problem<'_, T>) -> bool {
    problem.penalty.is_zero() && problem.signs == Signs::Any
}

/// Whether a descent ended before it came to a minimum, and no other may begin.
fn is_interruption(reason: StopReason) -> bool {
    matches!(reason, StopReason::Observer | StopReason::StepLimit)
}

/// How many times as large as the known entries the predictions of an exact fit may be, with rows and
/// columns of similar sizes.
fn largest_growth_if_met<T: Real>() -> T {
    let root = (T::one() / T::EPSILON).sqrt().sqrt();
    root * root.cbrt()
}
