//! The ends of the descents so far, and which of them are the same.

use crate::completion::fit::problem::{Point, Problem};
use crate::completion::search::candidate::Candidate;
use crate::completion::search::distance::Ruler;
use crate::completion::start::balance::Balanced;
use crate::descent::StopReason;
use crate::numerics::real::Real;

/// A difference of two exact fits in √ε that counts as none.
const SAME: f64 = 64.0;

/// The same for other fits, in the root of the tolerance.
const SAME_TO_TOLERANCE: f64 = 4.0;

/// Ends at different matrices, as far as they were compared: each with the best.
pub(super) struct Ends<'a, T> {
    ruler: Ruler<'a, T>,
    tolerance: T,
    /// The best comes first.
    all: Vec<End<T>>,
    starts: usize,
}

struct End<T> {
    candidate: Candidate<T>,
    /// The descents that ended there.
    count: usize,
}

impl<'a, T: Real> Ends<'a, T> {
    pub(super) fn new(
        problem: &'a Problem<'a, T>,
        balanced: Option<&'a Balanced<T>>,
        tolerance: T,
    ) -> Self {
        Self {
            ruler: Ruler::new(problem, balanced),
            tolerance,
            all: Vec::new(),
            starts: 0,
        }
    }

    /// Takes the end of another descent, and returns the multiplications of comparing it.
    pub(super) fn add(&mut self, candidate: Candidate<T>) -> usize {
        self.starts += 1;
        let count = 1;
        self.all.push(End { candidate, count });
        let best = self.place_of_best();
        self.all.swap(0, best);
        // The others were compared with the best before.
        let mut at = if best == 0 { self.all.len() - 1 } else { 1 };
        let mut comparisons = 0;
        while at.max(1) < self.all.len() {
            comparisons += 1;
            if self.are_same(&self.all[0].candidate, &self.all[at].candidate) {
                self.all[0].count += self.all.swap_remove(at).count;
            } else {
                at += 1;
            }
        }
        self.ruler.work().saturating_mul(comparisons)
    }

    pub(super) fn best(&self) -> &Candidate<T> {
        &self.all[0].candidate
    }

    /// Puts what a descent from the best led to in its place.
    pub(super) fn replace_best(&mut self, candidate: Candidate<T>) {
        self.all[0].candidate = candidate;
    }

    pub(super) fn starts(&self) -> usize {
        self.starts
    }

    /// How many descents ended at the best.
    pub(super) fn agreeing(&self) -> usize {
        self.all[0].count
    }

    /// An exact fit that is not the best, which is one as well.
    pub(super) fn rival(&self) -> Option<&Point<T>> {
        let mut others = self.all.iter().skip(1);
        let rival = others.find(|other| other.candidate.is_exact && self.best().is_exact);
        rival.map(|rival| &rival.candidate.point)
    }

    /// The exact fits come first, then the smallest loss; a minimum before an end elsewhere that is not
    /// lower by more than the tolerance leaves open.
    fn place_of_best(&self) -> usize {
        let candidate = |at: usize| &self.all[at].candidate;
        let least = |fits: &dyn Fn(&Candidate<T>) -> bool| {
            let fitting = (0..self.all.len()).filter(|&at| fits(candidate(at)));
            fitting.reduce(|best, at| {
                if candidate(at).loss < candidate(best).loss {
                    at
                } else {
                    best
                }
            })
        };
        let lowest = least(&|candidate| candidate.reason != StopReason::Diverged).unwrap_or(0);
        let open = <T as Real>::from_f64(SAME_TO_TOLERANCE * SAME_TO_TOLERANCE);
        let highest = candidate(lowest).loss * (T::one() + open * self.tolerance);
        least(&|candidate| candidate.is_exact)
            .or_else(|| least(&|candidate| candidate.is_minimum() && candidate.loss <= highest))
            .unwrap_or(lowest)
    }

    /// Whether two fits are the same matrix.
    ///
    /// Where f is above 0, a fall by the tolerance may still lie between them.
    fn are_same(&self, one: &Candidate<T>, other: &Candidate<T>) -> bool {
        let number = <T as Real>::from_f64;
        let same = if one.is_exact && other.is_exact {
            number(SAME) * T::EPSILON.sqrt()
        } else {
            number(SAME_TO_TOLERANCE) * self.tolerance.max(T::EPSILON).sqrt()
        };
        let both_grow = one.growth.is_some() && other.growth.is_some();
        both_grow || self.ruler.are_same(&one.point, &other.point, same)
    }
}
