//! Which scaling of the columns the descents run with.

use crate::descent::{Observer, StopReason};
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_zero, require};
use crate::solve::descent::{ColumnResult, RankEvidence, SystemDescent, SystemSettings};
use crate::solve::error::SolveError;
use crate::solve::operator::Operator;

/// The steps of a search for dependent columns: so many times those of the descent before it.
const STEPS_OF_PROBE: usize = 4;

/// And as many more as there are unknowns, up to this number, since a right-hand side may need few.
const MOST_EXTRA_STEPS: usize = 100;

/// The descents for the right-hand sides: over columns of similar lengths, unless these are
/// dependent.
pub(super) struct ScaledRuns<'a, T: Real, A: ?Sized, P> {
    map: &'a A,
    lengths: Option<Vec<T>>,
    preconditioner: Option<&'a P>,
    settings: SystemSettings<T>,
    norm_estimate: T,
    balanced: Option<SystemDescent<'a, T, A, P>>,
    /// Whether the columns are known to be independent.
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
        let lengths = map.column_norms();
        if let Some(lengths) = &lengths {
            check_lengths(lengths, map.columns())?;
        }
        // Also where the columns are scaled: it checks the adjoint.
        let operator = Operator::new(map, ridge, "matrix")?;
        let is_tall = Space::Image.length(map) >= Space::Domain.length(map);
        let may_balance = settings.may_balance() && preconditioner.is_none();
        let balanced = lengths
            .as_deref()
            .filter(|_| may_balance && (is_tall || ridge > T::zero()))
            .and_then(|lengths| Operator::balanced(map, lengths, ridge))
            .map(|operator| SystemDescent::new(operator, preconditioner, settings))
            .transpose()?;
        let mut runs = Self {
            map,
            lengths,
            preconditioner,
            settings,
            norm_estimate: operator.norm_estimate(),
            balanced,
            is_probed: ridge > T::zero(),
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

    /// Descends from `solution` for the right-hand side `b`, and leaves the best iterate in
    /// `solution`.
    pub(super) fn run<O: Observer<T>>(
        &mut self,
        b: &[T],
        solution: &mut [T],
        observer: &mut O,
    ) -> Result<ColumnResult<T>, SolveError<T>> {
        let Some(balanced) = &mut self.balanced else {
            return self.plain()?.run(b, solution, observer);
        };
        let mut start = solution.to_vec();
        let run = match balanced.run(b, solution, observer) {
            // The solution of minimum norm may be within the range.
            Err(SolveError::OutOfRange { .. })
                if !self.is_probed
                    && balanced.probe_rank(self.settings.max_steps) == RankEvidence::Deficient =>
            {
                return self.run_plain_only(b, solution, &start, observer);
            }
            run => run?,
        };
        if matches!(
            run.report.stop_reason,
            StopReason::StepLimit | StopReason::Observer
        ) {
            return Ok(run);
        }
        if self.is_worth_a_search(run.report.steps, start.len()) {
            let limit = self.searched_steps;
            let evidence = (self.balanced.as_mut()).map(|balanced| balanced.probe_rank(limit));
            if evidence == Some(RankEvidence::Deficient) {
                return self.run_plain_only(b, solution, &start, observer);
            }
            self.is_probed = evidence == Some(RankEvidence::Independent);
        }
        if run.acceptance.is_some() {
            return Ok(run);
        }
        let other = self.plain()?.run(b, &mut start, observer)?;
        if other.acceptance.is_none() {
            return Ok(run);
        }
        solution.copy_from_slice(&start);
        Ok(other)
    }

    /// Whether to search for dependent columns after a descent of so many steps, and if so, notes the
    /// limit of the search.
    ///
    /// A descent without steps left the start as it is. One search is enough, unless it ended too
    /// early and a later right-hand side takes far more steps.
    fn is_worth_a_search(&mut self, steps: usize, unknowns: usize) -> bool {
        if self.is_probed || steps == 0 {
            return false;
        }
        let limit = (steps.saturating_mul(STEPS_OF_PROBE))
            .saturating_add(unknowns.min(MOST_EXTRA_STEPS))
            .min(self.settings.max_steps);
        let is_worth = limit > self.searched_steps.saturating_mul(2);
        if is_worth {
            self.searched_steps = limit;
        }
        is_worth
    }

    /// Descends without scaling, for this right-hand side and all others.
    fn run_plain_only<O: Observer<T>>(
        &mut self,
        b: &[T],
        solution: &mut [T],
        start: &[T],
        observer: &mut O,
    ) -> Result<ColumnResult<T>, SolveError<T>> {
        self.balanced = None;
        solution.copy_from_slice(start);
        self.plain()?.run(b, solution, observer)
    }

    fn plain(&mut self) -> Result<&mut SystemDescent<'a, T, A, P>, SolveError<T>> {
        let made = match self.plain.take() {
            Some(made) => made,
            None => self.made_plain(Operator::new(self.map, self.settings.ridge, "matrix")?)?,
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

/// Accepts lengths of columns that can be such.
fn check_lengths<T: Real>(lengths: &[T], columns: usize) -> Result<(), InputError<T>> {
    require(
        lengths.len() == columns,
        "the number of column_norms",
        T::from_count(lengths.len()),
        "the number of columns",
    )?;
    let mut lengths = lengths.iter();
    lengths.try_for_each(|&length| check_at_least_zero("column_norms", length))
}
