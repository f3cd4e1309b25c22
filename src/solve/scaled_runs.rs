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
    /// Whether the columns are known to be independent, or were searched for a dependence.
    is_probed: bool,
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
        let run = balanced.run(b, solution, observer)?;
        if matches!(
            run.report.stop_reason,
            StopReason::StepLimit | StopReason::Observer
        ) {
            return Ok(run);
        }
        if !self.is_probed {
            self.is_probed = true;
            let extra = start.len().min(MOST_EXTRA_STEPS);
            let steps = (run.report.steps.saturating_mul(STEPS_OF_PROBE)).saturating_add(extra);
            let steps = steps.min(self.settings.max_steps);
            if balanced.probe_rank(steps) == RankEvidence::Deficient {
                self.balanced = None;
                solution.copy_from_slice(&start);
                return self.plain()?.run(b, solution, observer);
            }
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
