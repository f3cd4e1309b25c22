//! Several starts, and what they agree on.

use crate::completion::determination::{Determination, determination};
use crate::completion::fit::alternating::Goal;
use crate::completion::fit::half_step::Signs;
use crate::completion::fit::monitor::{Ended, Monitor};
use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::{is_small, work_of_pass, work_of_step};
use crate::completion::method::Method;
use crate::completion::start::balance::{Balanced, Growth, growth};
use crate::completion::start::{continued, random, spectral};
use crate::descent::{Observer, StopReason};
use crate::numerics::real::Real;

/// The starts after which the best is taken, even if no other start agrees.
const MOST_STARTS: usize = 48;

/// The same for non-negative factors, where nearly every start ends at another minimum.
const MOST_IF_NON_NEGATIVE: usize = 8;

/// The starts that have to agree on a minimum.
const AGREEING: usize = 3;

/// The same where the observations hardly outnumber the unknowns, so that two matrices may fit, and
/// where none fits exactly, so that better minima may be rare.
const AGREEING_IF_FEW: usize = 6;

/// The same in either case with at most so many unknowns, where a start takes hardly any time.
const AGREEING_IF_TINY: usize = 24;

/// The unknowns of a tiny problem.
const TINY: usize = 64;

/// The starts after the first exact fit, of which none is better.
const MORE_STARTS: usize = 8;

/// The steps from all starts after which no other begins, in multiplications.
const WORK: usize = 1 << 31;

/// The multiplications of a pass above which there is one start.
const LARGEST_PASS: usize = WORK >> 7;

/// The passes that a start may take, if others may follow, in shares of all.
const SHARE_OF_PASSES: usize = 8;

/// The same at least.
const FEWEST_PASSES: usize = 2000;

/// The observations per unknown below which they are few.
const FEW: f64 = 1.5;

/// A difference of two exact fits in √ε that counts as none.
const SAME: f64 = 64.0;

/// The same for other fits, in the root of the tolerance.
const SAME_TO_TOLERANCE: f64 = 4.0;

/// An entry missed by less, in ε of what it is summed from, is met exactly.
const MET: f64 = 128.0;

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

/// The end of a descent.
#[derive(Clone, Debug)]
pub(super) struct Candidate<T> {
    pub(super) point: Point<T>,
    pub(super) loss: T,
    pub(super) reason: StopReason,
    /// Whether the fit is exact up to rounding.
    pub(super) is_exact: bool,
    /// The prediction that grew without bound, if any.
    pub(super) growth: Option<Growth<T>>,
}

/// A search: the problem, and the same with rows and columns of similar sizes if it may help.
pub(super) struct Search<'a, T, M> {
    pub(super) problem: Problem<'a, T>,
    pub(super) balanced: Option<Balanced<T>>,
    pub(super) method: &'a M,
    pub(super) seed: u64,
    pub(super) goal: Goal<T>,
}

impl<T: Real> Candidate<T> {
    fn is_minimum(&self) -> bool {
        self.reason.is_convergence() && self.growth.is_none()
    }
}

impl<T: Real, M: Method<T>> Search<'_, T, M> {
    pub(super) fn run<O: Observer<T>>(&self, monitor: &mut Monitor<T, O>) -> Found<T> {
        let is_small = is_small(&self.problem);
        let is_free = self.problem.signs == Signs::Any;
        let most = self.most_starts();
        let mut all: Vec<Candidate<T>> = Vec::new();
        let (mut best, mut agreeing, mut rival, mut interrupted) = (0, 0, None, None);
        let (mut last, most_steps) = (most, self.most_steps());
        for start in 0..most {
            let candidate = self.descend(start, monitor);
            interrupted = Some(candidate.reason).filter(|&reason| is_interruption(reason));
            all.push(candidate);
            best = self.best_of(&all);
            let ends = self.agreeing(&all, best);
            (agreeing, rival) = (ends.0, ends.1);
            let enough = self.enough(&all, best);
            if all[best].is_exact {
                last = last.min(start + MORE_STARTS.max(enough));
            }
            let is_over =
                start >= last || monitor.steps() > most_steps || (all[best].is_exact && !is_small);
            if interrupted.is_some() || rival.is_some() || is_over || agreeing >= enough {
                break;
            }
        }
        let starts = all.len();
        let best = all.swap_remove(best);
        let determination = determination(&self.problem, &self.in_own_metric(&best.point));
        let is_determined = matches!(determination, Determination::Determined { .. });
        let is_only_start = starts == 1 && !is_small;
        let is_settled = best.is_exact || is_only_start || agreeing >= self.fewest() || !is_free;
        Found {
            is_settled,
            interrupted,
            best,
            starts,
            agreeing,
            rival: rival.filter(|_| is_determined),
            determination,
        }
    }

    /// The starts after which the search ends at the latest.
    fn most_starts(&self) -> usize {
        match (is_small(&self.problem), self.problem.signs) {
            (true, Signs::Any) => MOST_STARTS,
            (true, Signs::NonNegative) => MOST_IF_NON_NEGATIVE,
            (false, Signs::Any) if may_be_exact(&self.problem) => MOST_STARTS,
            (false, _) => 1,
        }
    }

    /// The steps after which no other start begins.
    fn most_steps(&self) -> usize {
        let work = if is_small(&self.problem) {
            work_of_step(&self.problem)
        } else {
            work_of_pass(&self.problem)
        };
        WORK / work.max(1)
    }

    /// When the descent from one of several starts ends.
    fn goal(&self) -> Goal<T> {
        let share = (self.most_steps() / SHARE_OF_PASSES).max(FEWEST_PASSES);
        let passes = if self.most_starts() > 1 {
            self.goal.passes.min(share)
        } else {
            self.goal.passes
        };
        Goal {
            passes,
            ..self.goal
        }
    }

    /// From the start of this number to a minimum.
    fn descend<O: Observer<T>>(&self, number: usize, monitor: &mut Monitor<T, O>) -> Candidate<T> {
        let seed = self.seed.wrapping_add((number as u64) << 32);
        let mut first = None;
        if let Some(balanced) = &self.balanced {
            let problem = balanced.problem(&self.problem);
            let start = start(&problem, number, seed);
            monitor.measure(problem.total());
            let mut ended = self.method.descend(&problem, start, self.goal(), monitor);
            balanced.balance.restore(&mut ended.point);
            if ended.point.is_finite() {
                let is_interrupted = is_interruption(ended.reason);
                let candidate = self.judged(ended);
                if candidate.is_exact || is_interrupted {
                    return candidate;
                }
                first = Some(candidate.point);
            }
        }
        let first = first.unwrap_or_else(|| start(&self.problem, number, seed));
        monitor.measure(self.problem.total());
        let ended = (self.method).descend(&self.problem, first, self.goal(), monitor);
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
        let growth = growth.filter(|growth| growth.times > largest_growth(is_met));
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

    /// The exact fits come first, then the smallest loss; a minimum before an end elsewhere that is not
    /// lower by more than the tolerance leaves open.
    fn best_of(&self, all: &[Candidate<T>]) -> usize {
        let least = |fits: &dyn Fn(&Candidate<T>) -> bool| {
            let fitting = (0..all.len()).filter(|&at| fits(&all[at]));
            fitting.reduce(|best, at| {
                if all[at].loss < all[best].loss {
                    at
                } else {
                    best
                }
            })
        };
        let lowest = least(&|candidate| candidate.reason != StopReason::Diverged).unwrap_or(0);
        let open = <T as Real>::from_f64(SAME_TO_TOLERANCE * SAME_TO_TOLERANCE);
        let highest = all[lowest].loss * (T::one() + open * self.goal.tolerance);
        least(&|candidate| candidate.is_exact)
            .or_else(|| least(&|candidate| candidate.is_minimum() && candidate.loss <= highest))
            .unwrap_or(lowest)
    }

    /// How many end at the best; and an exact fit that is not the same.
    fn agreeing(&self, all: &[Candidate<T>], best: usize) -> (usize, Option<Point<T>>) {
        let (mut count, mut rival) = (0, None);
        for (at, candidate) in all.iter().enumerate() {
            let both_grow = candidate.growth.is_some() && all[best].growth.is_some();
            if at == best || both_grow || self.are_same(candidate, &all[best]) {
                count += 1;
            } else if candidate.is_exact && all[best].is_exact && rival.is_none() {
                rival = Some(candidate.point.clone());
            }
        }
        (count, rival)
    }

    /// How many starts have to agree on the best of all, for the search to end.
    fn enough(&self, all: &[Candidate<T>], best: usize) -> usize {
        let is_open = !all[best].is_exact || self.has_few();
        let is_clear = all[best].growth.is_some() || !is_small(&self.problem);
        if !is_open || (is_clear && !self.has_few()) {
            AGREEING
        } else if unknowns(&self.problem) <= TINY {
            AGREEING_IF_TINY
        } else {
            AGREEING_IF_FEW
        }
    }

    /// How many have to agree at least on a fit that is not exact.
    fn fewest(&self) -> usize {
        if self.has_few() { AGREEING_IF_FEW } else { 2 }
    }

    /// Whether the observations hardly outnumber the unknowns, and no penalty helps them.
    fn has_few(&self) -> bool {
        let known = self.problem.long.known() as f64;
        self.problem.penalty.is_zero() && known < FEW * unknowns(&self.problem) as f64
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

    /// The same point, with rows and columns of similar sizes if it is searched for so.
    fn in_own_metric(&self, point: &Point<T>) -> Point<T> {
        let mut point = point.clone();
        if let Some(balanced) = &self.balanced {
            balanced.balance.apply(&mut point);
        }
        point
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
        let (one, other) = (
            self.in_own_metric(&one.point),
            self.in_own_metric(&other.point),
        );
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

/// The dimensions of the surface of matrices of this rank, biases included.
fn unknowns<T: Real>(problem: &Problem<'_, T>) -> usize {
    let (rows, columns) = (problem.long.count(), problem.short.count());
    let rank = problem.layout.width().min(columns);
    rank * (rows + columns - rank)
}

/// Whether exact fits are looked for, from several starts if needed: with neither penalty nor
/// baseline, unless a pass and the comparison of two ends take long.
pub(super) fn may_be_exact<T: Real>(problem: &Problem<'_, T>) -> bool {
    let (rows, columns) = (problem.long.count(), problem.short.count());
    let entries = rows.saturating_mul(columns);
    let work = work_of_pass(problem).max(entries.saturating_mul(problem.layout.rank));
    problem.penalty.is_zero()
        && problem.mean == T::zero()
        && problem.layout.biases == 0
        && problem.signs == Signs::Any
        && (is_small(problem) || work <= LARGEST_PASS)
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

/// How many times as large as the known entries a prediction may be, with rows and columns of
/// similar sizes, if f is at a minimum. Without a ridge f may fall on and on while predictions
/// grow: no matrix of rank 1 has the entries 0, 1, 1 and another, but those with δ in place of the
/// 0 come as near as you like, with 1/δ at the other place.
fn largest_growth<T: Real>(is_met: bool) -> T {
    let root = (T::one() / T::EPSILON).sqrt().sqrt();
    let two = T::one() + T::one();
    // An exact fit proves more.
    if is_met {
        root * root.cbrt()
    } else {
        two * root
    }
}
