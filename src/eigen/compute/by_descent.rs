//! Searches, second looks and repairs.

use nalgebra::DMatrix;

use crate::descent::{Observer, StopReason};
use crate::eigen::certificate::OutermostEvidence;
use crate::eigen::compute::call::Call;
use crate::eigen::error::EigenError;
use crate::eigen::result::{EigenRoute, Eigenpairs};
use crate::eigen::search::goal::Goal;
use crate::eigen::search::subspace::{Beginning, Locked, Search};
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// How often residuals that turn out too large are worked on again.
const REPAIRS: usize = 4;

/// The columns of the block in which a search grows.
const WIDTH: usize = 2;

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    pub(super) fn by_descent(
        mut self,
        deflated: &Locked<T>,
        start: Option<&DMatrix<T>>,
        capacity: usize,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        let is_krylov = self.problem.mass.is_none() && self.problem.preconditioner.is_none();
        if !is_krylov || start.is_some() {
            self.estimate_norms()?;
        }
        let start = start.map(|start| {
            let most = start.ncols().min(capacity.saturating_sub(10));
            self.normalised(start.columns(0, most).into_owned().as_slice())
        });
        let begin = Beginning {
            locked: deflated,
            start: start.as_deref().filter(|start| !start.is_empty()),
            width: WIDTH,
            capacity,
            seed: self.seed,
        };
        let goal = Goal::Smallest(self.k);
        let first = Search::new(&self.problem, &begin)?.run(&goal, &mut self.watch)?;
        let mut ending = first.ending;
        let mut candidate = self.candidate(deflated, &first.vectors)?;
        let mut evidence = OutermostEvidence::Unknown;
        let mut repairs = 0;
        let mut looks = 0_u64;
        while ending == StopReason::Accuracy {
            if !self.is_converged(&candidate) {
                // Rounding has moved the search away from what the maps give.
                if repairs == REPAIRS {
                    ending = StopReason::Stalled;
                    break;
                }
                repairs += 1;
                let begin = Beginning {
                    start: Some(&candidate.vectors),
                    ..begin
                };
                let again = Search::new(&self.problem, &begin)?.run(&goal, &mut self.watch)?;
                ending = again.ending;
                candidate = self.candidate(deflated, &again.vectors)?;
                continue;
            }
            looks += 1;
            let look = self.look(deflated, &candidate, capacity, looks)?;
            ending = look.ending;
            if ending == StopReason::Accuracy && look.values.is_empty() {
                evidence = self.evidence(look.krylov_steps, is_krylov);
                break;
            }
            let mut vectors = candidate.vectors;
            vectors.extend(look.vectors);
            candidate = self.candidate(deflated, &vectors)?;
        }
        if ending == StopReason::Stalled && self.watch.patience < usize::MAX {
            return self.by_whole(deflated);
        }
        let mut found = self.result(&candidate, EigenRoute::Descent)?;
        found.certificate = found.certificate.with_evidence(evidence);
        self.judged(found, &candidate, ending)
    }
}
