//! A search for what was missed.

use crate::descent::{Observer, StopReason};
use crate::eigen::certificate::OutermostEvidence;
use crate::eigen::compute::call::{Call, Candidate};
use crate::eigen::error::EigenError;
use crate::eigen::search::goal::Goal;
use crate::eigen::search::subspace::{Beginning, Directions, Found, Locked, Search};
use crate::krylov::random_start;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// The second look excludes at least values that lie this fraction of the spectrum's width beyond
/// λ_k, with this probability of failure.
const EXCLUDED: f64 = 0.05;
const FAILURE_PROBABILITY: f64 = 1e-3;

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    /// A search in the complement of what was found for what was missed, without a preconditioner,
    /// which might hide it.
    pub(super) fn look(
        &mut self,
        deflated: &Locked<T>,
        candidate: &Candidate<T>,
        capacity: usize,
        index: u64,
    ) -> Result<Found<T>, EigenError<T>> {
        let order = self.problem.order;
        let least = random_start::steps_for(order as f64, EXCLUDED, FAILURE_PROBABILITY);
        let locked = [deflated, &candidate.span];
        let known = locked
            .iter()
            .map(|locked| locked.vectors.len())
            .sum::<usize>()
            / self.rows();
        let complement = order - known;
        if complement == 0 {
            return Ok(Found {
                values: Vec::new(),
                vectors: Vec::new(),
                ending: StopReason::Accuracy,
                krylov_steps: least,
            });
        }
        // With the vectors that are locked no more than the first search takes.
        let capacity = capacity - self.k;
        let begin = Beginning {
            locked: &locked,
            directions: Directions::Plain,
            start: None,
            width: 1,
            capacity,
            seed: self
                .seed
                .wrapping_add(0x2545_f491_4f6c_dd1d_u64.wrapping_mul(index)),
        };
        let goal = Goal::Missed {
            known: candidate.values.clone(),
            slack: self.slack(candidate),
            least_steps: least.min(complement),
            most: capacity / 2,
        };
        Search::new(&self.problem, &begin)?.run(&goal, &mut self.watch)
    }

    /// What the tolerance leaves uncertain of an eigenvalue.
    fn slack(&self, candidate: &Candidate<T>) -> T {
        let norm = self.problem.a.norm();
        let size = match &self.problem.mass {
            None => norm,
            Some(mass) => {
                let values = candidate.values.iter();
                let largest = values.fold(T::zero(), |largest, value| largest.max(value.abs()));
                let least = self.least_mass().unwrap_or_else(|| mass.norm());
                (norm + largest * mass.norm()) / least
            }
        };
        self.problem.tolerance * size
    }

    pub(super) fn evidence(&self, steps: usize) -> OutermostEvidence {
        if self.problem.mass.is_some() {
            return OutermostEvidence::Searched;
        }
        let order = self.problem.order as f64;
        OutermostEvidence::Probable {
            shortfall: random_start::shortfall(order, steps, FAILURE_PROBABILITY),
            failure_probability: FAILURE_PROBABILITY,
        }
    }
}
