//! Several starts, and what they agree on.

use crate::completion::determination::{Determination, determination};
use crate::completion::fit::alternating::Goal;
use crate::completion::fit::half_step::Signs;
use crate::completion::fit::monitor::Monitor;
use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::{is_small, work_of_step};
use crate::completion::method::Method;
use crate::completion::start::balance::Balanced;
use crate::completion::start::{continued, random, spectral};
use crate::descent::{Observer, StopReason};
use crate::numerics::real::Real;

/// The starts after which the best is taken, even if no other start agrees.
const MOST_STARTS: usize = 48;

/// The same for non-negative factors, where nearly every start ends at another minimum.
const MOST_IF_NON_NEGATIVE: usize = 8;

/// The starts that have to agree on a minimum.
const AGREEING: usize = 3;

/// The same where the observations hardly outnumber the unknowns, so that two matrices may fit.
const AGREEING_IF_FEW: usize = 6;

/// The same with at most so many unknowns, where a start takes hardly any time.
const AGREEING_IF_TINY: usize = 24;

/// The unknowns of a tiny problem.
const TINY: usize = 64;

/// The starts after the first exact fit, of which none is better.
const MORE_STARTS: usize = 8;

/// The steps from all starts after which no other begins, in multiplications.
const WORK: usize = 1 << 31;

/// The observations per unknown below which they are few.
const FEW: f64 = 1.5;

/// A difference of two exact fits in √ε that counts as none.
const SAME: f64 = 64.0;

/// The same for other fits, in the root of the tolerance.
const SAME_TO_TOLERANCE: f64 = 4.0;

/// What the starts found.
pub(super) struct Found<T> {
    pub(super) best: Candidate<T>,
    pub(super) starts: usize,
    pub(super) agreeing: usize,
    pub(super) determination: Determination,
    /// Another exact fit, where the data should decide.
    pub(super) rival: Option<Point<T>>,
    /// Whether the best is an exact fit, or one that starts agree on; a large problem has but one
    /// start.
    pub(super) is_settled: bool,
    /// Why the search ended, if it had not come to its end.
    pub(super) interrupted: Option<StopReason>,
}

/// The end of a descent.
#[derive(Clone, Debug)]
pub(super) struct Candidate<T> {
    pub(super) point: Point<T>,
    pub(super) loss: T,
    pub(super) reason: StopReason,
    /// Whether the fit is exact up to rounding.
    is_exact: bool,
}

/// A search: the problem, and the same with rows and columns of similar sizes if it may help.
pub(super) struct Search<'a, T, M> {
    pub(super) problem: Problem<'a, T>,
    pub(super) balanced: Option<Balanced<T>>,
    pub(super) method: &'a M,
    pub(super) seed: u64,
    pub(super) goal: Goal<T>,
}

impl<T: Real, M: Method<T>> Search<'_, T, M> {
    pub(super) fn run<O: Observer<T>>(&self, monitor: &mut Monitor<T, O>) -> Found<T> {
        let is_small = is_small(&self.problem);
        let is_free = self.problem.signs == Signs::Any;
        let most = match (is_small, is_free) {
            (false, _) => 1,
            (true, true) => MOST_STARTS,
            (true, false) => MOST_IF_NON_NEGATIVE,
        };
        let mut all: Vec<Candidate<T>> = Vec::new();
        let (mut best, mut agreeing, mut rival, mut interrupted) = (0, 0, None, None);
        let (mut last, most_steps) = (most, WORK / work_of_step(&self.problem));
        for start in 0..most {
            let candidate = self.descend(start, monitor);
            interrupted = Some(candidate.reason).filter(|&reason| is_interruption(reason));
            all.push(candidate);
            best = self.best_of(&all);
            let ends = self.agreeing(&all, best);
            (agreeing, rival) = (ends.0, ends.1);
            if all[best].is_exact {
                last = last.min(start + MORE_STARTS.max(self.enough()));
            }
            let is_over = start >= last || monitor.steps() > most_steps;
            if interrupted.is_some() || rival.is_some() || is_over || agreeing >= self.enough() {
                break;
            }
        }
        let starts = all.len();
        let best = all.swap_remove(best);
        let determination = determination(&self.problem, &best.point);
        let is_determined = matches!(determination, Determination::Determined { .. });
        Found {
            is_settled: best.is_exact || agreeing >= 2 || !is_small || !is_free,
            interrupted,
            best,
            starts,
            agreeing,
            rival: rival.filter(|_| is_determined),
            determination,
        }
    }

    /// From the start of this number to a minimum.
    fn descend<O: Observer<T>>(&self, number: usize, monitor: &mut Monitor<T, O>) -> Candidate<T> {
        let seed = self.seed.wrapping_add((number as u64) << 32);
        let Some(balanced) = &self.balanced else {
            let ended = self.method.descend(
                &self.problem,
                start(&self.problem, number, seed),
                self.goal,
                monitor,
            );
            return self.judged(ended.point, ended.reason);
        };
        let problem = balanced.problem(&self.problem);
        let start = start(&problem, number, seed);
        let mut ended = self.method.descend(&problem, start, self.goal, monitor);
        let is_exact = is_exact(&problem, &ended.point);
        balanced.balance.restore(&mut ended.point);
        if is_exact || is_interruption(ended.reason) {
            return Candidate {
                is_exact,
                ..self.judged(ended.point, ended.reason)
            };
        }
        let ended = (self.method).descend(&self.problem, ended.point, self.goal, monitor);
        self.judged(ended.point, ended.reason)
    }

    fn judged(&self, point: Point<T>, reason: StopReason) -> Candidate<T> {
        let loss = self.problem.residuals(&point, &mut Vec::new());
        Candidate {
            is_exact: self.problem.penalty.is_zero() && is_exact(&self.problem, &point),
            point,
            loss,
            reason,
        }
    }

    /// The exact fits come first, then the smallest loss.
    fn best_of(&self, all: &[Candidate<T>]) -> usize {
        let class =
            |candidate: &Candidate<T>| (candidate.is_exact, candidate.reason.is_convergence());
        let is_better = |one: &Candidate<T>, other: &Candidate<T>| {
            class(one) > class(other) || (class(one) == class(other) && one.loss < other.loss)
        };
        (0..all.len()).fold(0, |best, at| {
            if is_better(&all[at], &all[best]) {
                at
            } else {
                best
            }
        })
    }

    /// How many end at the best; and an exact fit that is not the same.
    fn agreeing(&self, all: &[Candidate<T>], best: usize) -> (usize, Option<Point<T>>) {
        let mut count = 0;
        for (at, candidate) in all.iter().enumerate() {
            if at == best || self.are_same(candidate, &all[best]) {
                count += 1;
            } else if candidate.is_exact && all[best].is_exact {
                return (count, Some(candidate.point.clone()));
            }
        }
        (count, None)
    }

    /// How many starts have to agree.
    fn enough(&self) -> usize {
        let (rows, columns) = (self.problem.long.count(), self.problem.short.count());
        let rank = self.problem.layout.width().min(columns);
        let unknowns = rank * (rows + columns - rank);
        let is_few = (self.problem.long.known() as f64) < FEW * unknowns as f64;
        if !is_few || !self.problem.penalty.is_zero() {
            AGREEING
        } else if unknowns <= TINY {
            AGREEING_IF_TINY
        } else {
            AGREEING_IF_FEW
        }
    }

    /// Σm² of all entries, if the unknown ones are like the others: so that two fits that are nearly 0
    /// are the same.
    fn size_of_data(&self) -> T {
        let balanced = self.balanced.as_ref();
        let problem = balanced.map_or(self.problem, |balanced| balanced.problem(&self.problem));
        let squares = problem.long.iter().map(|(_, _, value, _)| {
            let difference = value - problem.mean;
            difference * difference
        });
        let sum = squares.fold(T::zero(), |sum, square| sum + square);
        let known = T::from_count(problem.long.known());
        sum / known * T::from_count(problem.long.count()) * T::from_count(problem.short.count())
    }

    /// Whether two fits are the same matrix, in the metric of similar rows and columns.
    ///
    /// Where f is above 0, a fall by the tolerance may still lie between them.
    fn are_same(&self, one: &Candidate<T>, other: &Candidate<T>) -> bool {
        let number = <T as Real>::from_f64;
        let same = if one.is_exact && other.is_exact {
            number(SAME) * T::EPSILON.sqrt()
        } else {
            number(SAME_TO_TOLERANCE) * self.goal.tolerance.max(T::EPSILON).sqrt()
        };
        let (mut one, mut other) = (one.point.clone(), other.point.clone());
        if let Some(balanced) = &self.balanced {
            balanced.balance.apply(&mut one);
            balanced.balance.apply(&mut other);
        }
        let (mut distance, mut size) = (T::zero(), self.size_of_data());
        for (row, of_other) in one.long.rows().zip(other.long.rows()) {
            for (column, column_of_other) in one.short.rows().zip(other.short.rows()) {
                let y = self.problem.predicted(row, column);
                let difference = y - self.problem.predicted(of_other, column_of_other);
                distance += difference * difference;
                size += y * y;
            }
        }
        distance <= same * same * size
    }
}

/// The random part of the start from singular vectors: those of rows and columns that the leading
/// ones do not reach may be 0, from where no descent leads away.
const PERTURBATION: f64 = 0.03;

/// The start of this number: the first from singular vectors, the others at random; of these, every
/// other one along a falling ridge.
fn start<T: Real>(problem: &Problem<'_, T>, number: usize, seed: u64) -> Point<T> {
    let mut point = random(problem, seed);
    if number == 0
        && let Some(spectral) = spectral(problem, seed)
    {
        point.shrink(<T as Real>::from_f64(PERTURBATION));
        point.add(&spectral);
    }
    if number % 2 == 1 && problem.penalty.is_zero() {
        continued(problem, point)
    } else {
        point
    }
}

/// Whether a descent ended before it came to a minimum, and no other may begin.
fn is_interruption(reason: StopReason) -> bool {
    matches!(reason, StopReason::Observer | StopReason::StepLimit)
}

/// Whether f is what rounding leaves of 0.
fn is_exact<T: Real>(problem: &Problem<'_, T>, point: &Point<T>) -> bool {
    let room = <T as Real>::from_f64(ROOM);
    problem.residuals(point, &mut Vec::new()) <= room * room * problem.rounding(point)
}

/// How many times its expected rounding errors an exact fit may miss the data by.
const ROOM: f64 = 8.0;
