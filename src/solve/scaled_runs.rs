//! Which scaling of the columns the descents run with.

use crate::descent::{Observer, StopReason};
use crate::linear_map::LinearMap;
use crate::linear_map::stated_lengths::stated_lengths;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;
use crate::solve::config::SolveProblem;
use crate::solve::descent::{
    ColumnResult, ColumnResults, RankEvidence, Side, Stagnation, SystemDescent, SystemSettings,
    Together, Watch,
};
use crate::solve::error::SolveError;
use crate::solve::operator::Operator;
use crate::solve::operator::column_lengths::check_against_products;

/// The steps of a search for dependent columns: so many times those of the descent before it.
const STEPS_OF_PROBE: usize = 4;

/// And as many more as there are unknowns, up to this number, since a right-hand side may need few.
const MOST_EXTRA_STEPS: usize = 100;

/// The most right-hand sides that descend together, whatever their map prefers.
const MOST_TOGETHER: usize = 32;

/// Each takes the memory of about so many solutions, and minimal residuals that of their directions
/// besides: fewer descend together then.
const VECTORS_OF_COLUMN: usize = 10;

/// The descents for the right-hand sides: over columns of similar lengths, unless these are
/// dependent.
pub(super) struct ScaledRuns<'a, T: Real, A: ?Sized, P> {
    map: &'a A,
    /// The number of columns, over all parts.
    unknowns: usize,
    lengths: Option<Vec<T>>,
    preconditioner: Option<&'a P>,
    settings: SystemSettings<T>,
    norm_estimate: T,
    balanced: Option<SystemDescent<'a, T, A, P>>,
    /// Whether the columns are known to be independent, or the solution of minimum norm is not asked
    /// for.
    is_probed: bool,
    /// The most steps of a search for a dependence that found nothing so far.
    searched_steps: usize,
    /// Without scaling of single columns; made when it is first needed.
    plain: Option<SystemDescent<'a, T, A, P>>,
}

impl<'a, T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>> ScaledRuns<'a, T, A, P> {
    pub(super) fn new(
        map: &'a A,
        preconditioner: Option<&'a P>,
        settings: SystemSettings<T>,
    ) -> Result<Self, SolveError<T>> {
        let ridge = settings.ridge;
        let lengths = stated_lengths(map)?;
        // Also where the columns are scaled: it checks the adjoint.
        let operator = settings.measured(map, ridge, "matrix")?;
        let has_adjoint = settings.problem != SolveProblem::General;
        if let Some(lengths) = lengths.as_deref().filter(|_| has_adjoint) {
            check_against_products(lengths, &operator)?;
        }
        let unknowns = Space::Domain.dimension(map);
        let is_tall = Space::Image.dimension(map) >= unknowns;
        let may_balance = settings.may_balance() && preconditioner.is_none();
        // Each part knows the lengths of its own columns only, and all have to scale alike.
        let has_all_columns = map.columns() == unknowns;
        let may_balance = may_balance && has_all_columns && (is_tall || ridge > T::zero());
        let balanced = lengths
            .as_deref()
            .filter(|_| may_balance)
            .and_then(|lengths| Operator::balanced(map, lengths, ridge))
            .map(|operator| SystemDescent::new(operator, preconditioner, settings))
            .transpose()?;
        let mut runs = Self {
            map,
            unknowns,
            lengths,
            preconditioner,
            settings,
            norm_estimate: operator.norm_estimate(),
            balanced,
            is_probed: ridge > T::zero() || settings.problem == SolveProblem::General,
            searched_steps: 0,
            plain: None,
        };
        if runs.balanced.is_none() {
            runs.plain = Some(runs.made_plain(operator)?);
        }
        Ok(runs)
    }

    /// ‖A‖₂, estimated from below; ∞ beyond the range of the format.
    pub(super) fn norm_estimate(&self) -> T {
        self.norm_estimate
    }

    /// A lower bound of the condition number.
    pub(super) fn condition_estimate(&self) -> T {
        let descent = self.balanced.as_ref().or(self.plain.as_ref());
        descent.map_or(T::one(), SystemDescent::condition_estimate)
    }

    /// How many right-hand sides may descend together.
    ///
    /// As many vectors as a product should be given at a time; but one until a search for dependent
    /// columns has been made: if it finds any, all others go without scaling.
    pub(super) fn most_together(&self) -> usize {
        let is_searched = self.is_probed || self.searched_steps > 0;
        if self.balanced.is_some() && !is_searched {
            return 1;
        }
        let of_preconditioner = self.preconditioner.map_or(1, LinearMap::block_width);
        let width = self.map.block_width().max(of_preconditioner);
        let most = match self.settings.problem {
            SolveProblem::General => {
                let directions = self.settings.cycle().min(self.unknowns);
                let of_preconditioner = usize::from(self.preconditioner.is_some());
                let vectors = VECTORS_OF_COLUMN + directions * (1 + of_preconditioner);
                MOST_TOGETHER * VECTORS_OF_COLUMN / vectors
            }
            SolveProblem::LeastSquares | SolveProblem::PositiveDefinite => MOST_TOGETHER,
        };
        width.min(most).max(1)
    }

    /// Descends for these right-hand sides in lock step, and leaves the best iterates in the
    /// solutions; or the index of the first that fails and its error.
    pub(super) fn run<O: Observer<T>>(
        &mut self,
        sides: &mut [Side<'_, T>],
        watch: &Watch<O>,
    ) -> Result<ColumnResults<T>, (usize, SolveError<T>)> {
        let Some(balanced) = &mut self.balanced else {
            let plain = self.plain().map_err(|error| (0, error))?;
            return plain.run(sides, watch).into_result();
        };
        let mut starts: Vec<Vec<T>> = sides.iter().map(|side| side.solution.to_vec()).collect();
        let mut together = balanced.run(sides, watch);
        let mut again: Vec<usize> = Vec::new();
        if !watch.has_stopped() {
            let unsolved = |run: &ColumnResult<T>| run.acceptance.is_none() && !meets_limit(run);
            again.extend((0..together.results.len()).filter(|&i| unsolved(&together.results[i])));
        }
        if let Some(first) = self.first_dependent(&together, watch) {
            self.balanced = None;
            together.results.truncate(first);
            together.failure = None;
            again.retain(|&index| index < first);
            again.extend(first..sides.len());
        }
        self.run_again(&again, (sides, &mut starts), &mut together.results, watch)?;
        together.into_result()
    }

    /// The index of the first run after which the columns of A turn out to be dependent: this and
    /// all others have to go without scaling.
    fn first_dependent<O: Observer<T>>(
        &mut self,
        together: &Together<T>,
        watch: &Watch<O>,
    ) -> Option<usize> {
        for (index, run) in together.results.iter().enumerate() {
            if meets_limit(run) || watch.has_stopped() {
                continue;
            }
            if self.is_worth_a_search(run.report.steps) {
                let evidence = self.probe_rank(self.searched_steps);
                if evidence == RankEvidence::Deficient {
                    return Some(index);
                }
                self.is_probed = evidence == RankEvidence::Independent;
            }
        }
        // The solution of minimum norm may be within the range.
        let is_out_of_range = matches!(together.failure, Some(SolveError::OutOfRange { .. }));
        let is_dependent = is_out_of_range
            && !self.is_probed
            && self.probe_rank(self.settings.max_steps) == RankEvidence::Deficient;
        is_dependent.then_some(together.results.len())
    }

    fn probe_rank(&mut self, max_steps: usize) -> RankEvidence {
        match &mut self.balanced {
            Some(balanced) => balanced.probe_rank(max_steps),
            None => RankEvidence::Unknown,
        }
    }

    /// Descends from the starts without scaling for the right-hand sides with these indices, in
    /// ascending order; the result counts if there was none, or if it passes a test.
    fn run_again<O: Observer<T>>(
        &mut self,
        again: &[usize],
        (sides, starts): (&mut [Side<'_, T>], &mut [Vec<T>]),
        results: &mut ColumnResults<T>,
        watch: &Watch<O>,
    ) -> Result<(), (usize, SolveError<T>)> {
        let Some(&first) = again.first() else {
            return Ok(());
        };
        let plain = self.plain().map_err(|error| (first, error))?;
        let mut others: Vec<Side<'_, T>> = (starts.iter_mut().enumerate())
            .filter(|(index, _)| again.contains(index))
            .map(|(index, solution)| Side {
                b: sides[index].b,
                solution,
            })
            .collect();
        let found = plain.run(&mut others, watch).into_result();
        let found = found.map_err(|(index, error)| (again[index], error))?;
        for ((&index, other), from) in again.iter().zip(found).zip(others) {
            match results.get_mut(index) {
                Some(_) if other.acceptance.is_none() => continue,
                Some(result) => *result = other,
                None => results.push(other),
            }
            sides[index].solution.copy_from_slice(from.solution);
        }
        Ok(())
    }

    /// Whether to search for dependent columns after a descent of so many steps, and if so, notes the
    /// limit of the search.
    ///
    /// A descent without steps left the start as it is. One search is enough, unless it ended too
    /// early and a later right-hand side takes far more steps.
    fn is_worth_a_search(&mut self, steps: usize) -> bool {
        if self.is_probed || steps == 0 {
            return false;
        }
        let limit = (steps.saturating_mul(STEPS_OF_PROBE))
            .saturating_add(self.unknowns.min(MOST_EXTRA_STEPS))
            .min(self.settings.max_steps);
        let is_worth = limit > self.searched_steps.saturating_mul(2);
        if is_worth {
            self.searched_steps = limit;
        }
        is_worth
    }

    fn plain(&mut self) -> Result<&mut SystemDescent<'a, T, A, P>, SolveError<T>> {
        let made = match self.plain.take() {
            Some(made) => made,
            None => {
                let settings = self.settings;
                self.made_plain(settings.measured(self.map, settings.ridge, "matrix")?)?
            }
        };
        Ok(self.plain.insert(made))
    }

    fn made_plain(
        &self,
        operator: Operator<'a, T, A>,
    ) -> Result<SystemDescent<'a, T, A, P>, SolveError<T>> {
        let operator = match &self.lengths {
            Some(lengths) => operator.with_lengths(lengths, self.settings.ridge),
            None => operator,
        };
        SystemDescent::new(operator, self.preconditioner, self.settings)
    }
}

/// Whether a run ended by a limit that says nothing about A, or a product is not finite.
fn meets_limit<T>(run: &ColumnResult<T>) -> bool {
    let reason = run.report.stop_reason;
    matches!(reason, StopReason::StepLimit | StopReason::Observer)
        || matches!(run.stagnation, Some(Stagnation::NotFinite { .. }))
}
