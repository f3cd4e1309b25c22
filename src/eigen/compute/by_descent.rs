//! Searches, second looks and repairs.

use nalgebra::DMatrix;

use crate::descent::{Observer, StopReason};
use crate::eigen::certificate::OutermostEvidence;
use crate::eigen::compute::call::{Call, Candidate};
use crate::eigen::error::EigenError;
use crate::eigen::problem::random::random_block;
use crate::eigen::result::Eigenpairs;
use crate::eigen::search::goal::Goal;
use crate::eigen::search::subspace::{Beginning, Directions, Found, Interrupted, Locked, Search};
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// How often residuals that turn out too large are worked on again.
const REPAIRS: usize = 4;

/// Searches that stall are given up for the decomposition as a whole up to this order, and above it
/// if that takes no more than so many times the operations that were spent.
const SMALL_WHOLE: usize = 400;
const STALLED_FOR: usize = 4;

/// The columns of the block in which a search grows.
pub(super) const WIDTH: usize = 2;

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    pub(super) fn by_descent(
        &mut self,
        deflated: &Locked<T>,
        start: Option<&DMatrix<T>>,
        capacity: usize,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        let is_krylov = self.problem.mass.is_none() && self.problem.preconditioner.is_none();
        if !is_krylov || start.is_some() {
            self.estimate_norms()?;
        }
        let locked = [deflated];
        let begin = Beginning {
            locked: &locked,
            directions: Directions::Preconditioned,
            start: None,
            width: WIDTH,
            capacity,
            seed: self.seed,
        };
        let first = match self.first(&begin, start) {
            Ok(first) => first,
            Err(interrupted) => return Err(self.with_reached(interrupted)),
        };
        let mut ending = first.ending;
        let candidate = self.candidate(deflated, first.vectors.clone());
        let mut candidate = candidate.map_err(|error| {
            self.with_reached(Interrupted {
                error,
                reached: Some(Box::new(first)),
            })
        })?;
        let mut evidence = OutermostEvidence::Unknown;
        let mut repairs = 0;
        let mut looks = 0_u64;
        while ending == StopReason::Accuracy {
            if let Some(reason) = self.watch.ended {
                ending = reason;
                break;
            }
            if !self.is_converged(&candidate) {
                // Rounding has moved the search away from what the maps give.
                if repairs == REPAIRS {
                    ending = StopReason::Stalled;
                    break;
                }
                repairs += 1;
                let again = self.repaired(&begin, &candidate);
                let again = again.map_err(|error| self.with_candidate(&candidate, error))?;
                ending = again.ending;
                let next = self.candidate(deflated, again.vectors);
                candidate = next.map_err(|error| self.with_candidate(&candidate, error))?;
                continue;
            }
            looks += 1;
            let look = self.look(deflated, &candidate, capacity, looks);
            let look = look.map_err(|error| self.with_candidate(&candidate, error))?;
            ending = look.ending;
            if look.values.is_empty() {
                if ending == StopReason::Accuracy {
                    evidence = self.evidence(look.krylov_steps);
                }
                break;
            }
            repairs = 0;
            let vectors = [&candidate.span.vectors[..], &look.vectors].concat();
            let next = self.candidate(deflated, vectors);
            candidate = next.map_err(|error| self.with_candidate(&candidate, error))?;
        }
        if ending == StopReason::Stalled && self.is_worth_a_whole() {
            let whole = self.by_whole(deflated);
            return whole.map_err(|error| self.with_candidate(&candidate, error));
        }
        self.outcome(candidate, evidence, ending)
    }

    /// The first search; if the steps are used up, what it would begin with.
    fn first(
        &mut self,
        begin: &Beginning<'_, T>,
        start: Option<&DMatrix<T>>,
    ) -> Result<Found<T>, Interrupted<T>> {
        let start = start.map(|start| {
            let most = start.ncols().min(begin.capacity.saturating_sub(10));
            self.normalised(start.as_slice()[..most * start.nrows()].to_vec())
        });
        let start = start.filter(|start| !start.is_empty());
        if let Some(ending) = self.watch.ended {
            let random = || random_block(self.problem.a.map(), self.k, self.seed);
            return Ok(Found {
                values: Vec::new(),
                vectors: start.unwrap_or_else(random),
                residuals: Vec::new(),
                ending,
                krylov_steps: 0,
            });
        }
        let begin = Beginning {
            start: start.as_deref(),
            ..*begin
        };
        let search = Search::new(&self.problem, &begin)?;
        search.run(&Goal::Smallest(self.k), &mut self.watch)
    }

    /// A search that begins with a candidate.
    fn repaired(
        &mut self,
        begin: &Beginning<'_, T>,
        candidate: &Candidate<T>,
    ) -> Result<Found<T>, EigenError<T>> {
        let begin = Beginning {
            start: Some(&candidate.span.vectors),
            ..*begin
        };
        let goal = Goal::Smallest(self.k);
        Ok(Search::new(&self.problem, &begin)?.run(&goal, &mut self.watch)?)
    }

    /// Whether the decomposition as a whole takes little time, or not much more than what was spent.
    fn is_worth_a_whole(&self) -> bool {
        let steps = self.watch.steps.saturating_mul(STALLED_FOR);
        self.problem.order <= SMALL_WHOLE || steps >= self.watch.patience
    }
}
