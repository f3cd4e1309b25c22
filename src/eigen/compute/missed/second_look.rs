//! A search for what was missed.

use nalgebra::DMatrix;

use crate::descent::{Observer, StopReason};
use crate::eigen::certificate::OutermostEvidence;
use crate::eigen::compute::call::{Call, Candidate};
use crate::eigen::compute::missed::inertia::Inertia;
use crate::eigen::error::EigenError;
use crate::eigen::problem::Problem;
use crate::eigen::problem::operator::Operator;
use crate::eigen::problem::shifted::Shifted;
use crate::eigen::search::goal::Goal;
use crate::eigen::search::subspace::{Beginning, Directions, Found, Locked, Search};
use crate::krylov::random_start;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// The second look excludes at least values that lie this fraction of the spectrum's width beyond
/// λ_k, with this probability of failure.
const EXCLUDED: f64 = 0.05;
const FAILURE_PROBABILITY: f64 = 1e-3;

/// The eigenvalues of A − σ·B for a nearly singular B crowd at 0, and Ritz values rest between them
/// for a while, with residuals of about their size.
const PART: f64 = 0.01;

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
    ///
    /// With a mass it looks for directions along which A − σ·B is negative for a σ just below λ_k
    /// (Sylvester's law of inertia): what rounding may hide does not grow with the condition of B.
    pub(in crate::eigen::compute) fn look(
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
                residuals: Vec::new(),
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
        let least_steps = least.min(complement);
        let most = capacity / 2;
        if self.problem.mass.is_some() {
            let inertia = self.inertia(deflated, candidate);
            let locked = [&inertia.complement_of];
            let begin = Beginning {
                locked: &locked,
                ..begin
            };
            let goal = Goal::Missed {
                known: vec![T::zero(); self.k],
                missed: inertia.rounding,
                excluded: -inertia.rounding,
                part: <T as Real>::from_f64(PART),
                least_steps,
                most,
            };
            return self.look_below(&inertia, &begin, &goal);
        }
        let slack = self.problem.tolerance * self.problem.a.norm();
        let goal = Goal::Missed {
            known: candidate.values.clone(),
            missed: slack,
            excluded: slack,
            part: T::one(),
            least_steps,
            most,
        };
        Ok(Search::new(&self.problem, &begin)?.run(&goal, &mut self.watch)?)
    }

    /// A search for directions along which A − σ·B is negative.
    fn look_below(
        &mut self,
        inertia: &Inertia<T>,
        begin: &Beginning<'_, T>,
        goal: &Goal<T>,
    ) -> Result<Found<T>, EigenError<T>> {
        let shifted = Shifted::new(&self.problem, inertia.shift);
        let alone = Problem::<T, _, DMatrix<T>, DMatrix<T>> {
            a: Operator::new(&shifted, self.problem.a.argument(), T::one())?,
            mass: None,
            preconditioner: None,
            tolerance: self.problem.tolerance,
            order: self.problem.order,
        };
        let exponent = -alone.a.exponent();
        let size = inertia.size.scale_by_power_of_two(exponent);
        alone.a.see_norm(size);
        let mut scaled = goal.clone();
        scaled.scale_by(exponent);
        Ok(Search::new(&alone, begin)?.run(&scaled, &mut self.watch)?)
    }

    pub(in crate::eigen::compute) fn evidence(&self, steps: usize) -> OutermostEvidence {
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
