//! How many starts a problem is given, and how many kicks: descents from the best minimum with some of
//! its rows at random.

use crate::completion::fit::half_step::Signs;
use crate::completion::fit::problem::Problem;
use crate::completion::fit::{is_small, work_of_pass, work_of_step};
use crate::completion::search::candidate::Candidate;
use crate::numerics::real::Real;

/// The starts after which the best is taken, even if no other start agrees.
const MOST_STARTS: usize = 48;

/// The same where no starts have to agree, and kicks lead further.
const MOST_BEFORE_KICKS: usize = 8;

/// The starts that have to agree on a minimum.
const AGREEING: usize = 3;

/// The same where the observations hardly outnumber the unknowns, so that two matrices may fit, and
/// where none fits exactly, so that better minima may be rare.
const AGREEING_IF_FEW: usize = 6;

/// The same in either case while all starts together took hardly any time.
const AGREEING_IF_CHEAP: usize = 12;

/// The same for exact fits, where another may be rare.
const AGREEING_IF_EXACT: usize = 24;

/// The multiplications that take hardly any time.
const CHEAP: usize = 1 << 26;

/// The kicks, at most.
const MOST_KICKS: usize = 72;

/// The same in a row that lead to no better minimum, after which the best is taken.
const KICKS_IN_VAIN: usize = 12;

/// The same while all descents together took hardly any time.
const KICKS_IN_VAIN_IF_CHEAP: usize = 24;

/// The starts that have to agree at least on a fit that is not exact.
const FEWEST: usize = 3;

/// The starts after the first exact fit, of which none is better.
const MORE_STARTS: usize = 8;

/// The multiplications from all starts beyond which no other is expected to end.
const WORK: usize = 1 << 31;

/// The passes that a start may take, if others may follow, in shares of all.
const SHARE_OF_PASSES: usize = 8;

/// The same at least.
const FEWEST_PASSES: usize = 2000;

/// The observations per unknown below which they are few.
const FEW: f64 = 1.5;

/// The passes that a start may well take: with fewer for all there is but one start, if none has to
/// agree.
const PASSES_OF_START: usize = 100;

/// What a search may take, and what it took.
pub(super) struct Budget {
    most: usize,
    kicks: usize,
    /// Whether the number of starts was chosen, whatever they take.
    is_chosen: bool,
    is_small: bool,
    has_few: bool,
    /// The multiplications of a recorded step.
    step: usize,
    pass: usize,
    /// The multiplications beside those of the recorded steps.
    beside: usize,
    last: usize,
}

impl Budget {
    pub(super) fn new<T: Real>(problem: &Problem<'_, T>, chosen: Option<usize>) -> Self {
        let is_small = is_small(problem);
        let pass = work_of_pass(problem).max(1);
        let has_to_agree = is_small || problem.penalty.is_zero() && problem.signs == Signs::Any;
        let usual = if has_to_agree {
            [MOST_STARTS, MOST_KICKS]
        } else if WORK / pass > PASSES_OF_START {
            [MOST_BEFORE_KICKS, MOST_KICKS]
        } else {
            [1, 0]
        };
        // A third of those chosen are kicks.
        let of_chosen = |chosen: usize| [chosen - chosen / 3, chosen / 3];
        let [most, kicks] = chosen.map_or(usual, of_chosen);
        let known = problem.long.known() as f64;
        let takes_steps = is_small && problem.signs == Signs::Any;
        Self {
            most,
            kicks,
            is_chosen: chosen.is_some(),
            is_small,
            has_few: problem.penalty.is_zero() && known < FEW * unknowns(problem) as f64,
            step: if takes_steps {
                work_of_step(problem).max(1)
            } else {
                pass
            },
            pass,
            beside: 0,
            last: most,
        }
    }

    /// The starts after which the search ends at the latest.
    pub(super) fn most_starts(&self) -> usize {
        self.most
    }

    /// Whether there may be a second start.
    pub(super) fn has_several(&self) -> bool {
        self.most > 1
    }

    /// The passes that one of several starts may take.
    pub(super) fn share_of_passes(&self) -> usize {
        if self.most == 1 {
            usize::MAX
        } else {
            (self.passes() / SHARE_OF_PASSES).max(FEWEST_PASSES)
        }
    }

    /// The passes that all starts together may take.
    pub(super) fn passes(&self) -> usize {
        (WORK / self.step).max(FEWEST_PASSES)
    }

    /// Counts multiplications beside those of recorded steps.
    pub(super) fn count(&mut self, multiplications: usize) {
        self.beside = self.beside.saturating_add(multiplications);
    }

    /// Counts passes that are not recorded.
    pub(super) fn count_passes(&mut self, passes: usize) {
        self.count(passes.saturating_mul(self.pass));
    }

    fn spent(&self, steps: usize) -> usize {
        steps.saturating_mul(self.step).saturating_add(self.beside)
    }

    /// Lets few starts follow this one, the first that ended at an exact fit.
    pub(super) fn end_soon(&mut self, start: usize, enough: usize) {
        self.last = self.last.min(start + MORE_STARTS.max(enough));
    }

    /// Whether no start follows this one.
    pub(super) fn is_spent(&self, start: usize, steps: usize) -> bool {
        start >= self.last || self.is_costly(start + 1, steps)
    }

    /// Whether another descent like those from so many starts would take too long.
    pub(super) fn is_costly(&self, starts: usize, steps: usize) -> bool {
        let spent = self.spent(steps);
        !self.is_chosen && spent.saturating_add(spent / starts) > WORK
    }

    /// How many starts have to agree on the best of all, for the search to end.
    pub(super) fn enough<T: Real>(&self, best: &Candidate<T>, steps: usize) -> usize {
        let is_open = !best.is_exact || self.has_few;
        let is_clear = best.growth.is_some() || !self.is_small;
        if !is_open || (is_clear && !self.has_few) {
            AGREEING
        } else if self.spent(steps) > CHEAP {
            AGREEING_IF_FEW
        } else if best.is_exact {
            AGREEING_IF_EXACT
        } else {
            AGREEING_IF_CHEAP
        }
    }

    /// The kicks, at most.
    pub(super) fn most_kicks(&self) -> usize {
        self.kicks
    }

    /// How many of them in a row that lead to nothing better end the search.
    pub(super) fn kicks_in_vain(&self, steps: usize) -> usize {
        if self.spent(steps) <= CHEAP {
            KICKS_IN_VAIN_IF_CHEAP
        } else {
            KICKS_IN_VAIN
        }
    }

    /// How many have to agree at least on a fit that is not exact.
    pub(super) fn fewest(&self) -> usize {
        let fewest = if self.has_few {
            AGREEING_IF_FEW
        } else {
            FEWEST
        };
        fewest.min(self.most)
    }
}

/// The dimensions of the surface of matrices of this rank, biases included.
fn unknowns<T: Real>(problem: &Problem<'_, T>) -> usize {
    let (rows, columns) = (problem.long.count(), problem.short.count());
    let rank = problem.layout.width().min(columns);
    rank * (rows + columns - rank)
}
