//! The loop of a search.

use crate::descent::{Observer, StopReason};
use crate::eigen::error::EigenError;
use crate::eigen::ritz::{Ritz, decompose};
use crate::eigen::search::goal::{Ends, Goal};
use crate::eigen::search::residuals::Watched;
use crate::eigen::search::subspace::{Found, Growth, Search};
use crate::eigen::search::watch::Watch;
use crate::krylov::blocks::combination;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

impl<'a, T, A, P, M> Search<'_, 'a, T, A, P, M>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
{
    /// Runs until the goal is reached or a limit is met.
    pub(in crate::eigen) fn run<O: Observer<T>>(
        &mut self,
        goal: &Goal<T>,
        watch: &mut Watch<'_, T, O>,
    ) -> Result<Found<T>, EigenError<T>> {
        loop {
            watch.steps += 1;
            self.own_steps += 1;
            let Some(ritz) = decompose(&self.projected) else {
                return Ok(self.found(StopReason::Stalled, None, 0));
            };
            let ends = (ritz.values.first(), ritz.values.last());
            if let (None, (Some(least), Some(most))) = (&self.problem.mass, ends) {
                self.problem.a.see_norm(least.abs().max(most.abs()));
            }
            let watched = goal.watched(&ritz.values);
            let residuals = self.residuals_of(&ritz, watched);
            let wanted = goal.wanted(&ritz.values).min(ritz.values.len());
            let ends = Ends {
                values: &ritz.values,
                residuals: &residuals.norms,
                is_all: self.room() == 0 && self.is_invariant(),
            };
            let is_reached = goal.is_reached(&ends, &residuals.targets, self.own_steps);
            let loss = residuals.loss(watched) * self.demanded();
            let shown = (watch.observer.watches())
                .then(|| self.shown(&ritz, &residuals))
                .flatten();
            let reason = watch.see(self.map(), loss, shown.as_ref());
            let ending = is_reached.then_some(StopReason::Accuracy).or(reason);
            if let Some(ending) = ending {
                return Ok(self.found(ending, Some(&ritz), wanted));
            }
            if self.room() == 0 && self.is_invariant() {
                return Ok(self.found(StopReason::Stalled, Some(&ritz), wanted));
            }
            if !self.restart_if_full(&ritz, goal) {
                self.remember(&ritz, &residuals);
            }
            self.grow(&residuals)?;
        }
    }

    /// Whether nothing is left to multiply.
    fn is_invariant(&self) -> bool {
        match &self.growth {
            Growth::Krylov { newest, .. } => *newest == 0,
            Growth::Residuals(_) => true,
        }
    }

    fn found(&self, ending: StopReason, ritz: Option<&Ritz<T>>, count: usize) -> Found<T> {
        let krylov_steps = self.krylov_steps.unwrap_or(self.own_steps);
        let Some(ritz) = ritz else {
            return Found {
                values: Vec::new(),
                vectors: Vec::new(),
                ending,
                krylov_steps,
            };
        };
        let chosen = ritz.vectors.columns(0, count).into_owned();
        let v = self.basis.columns(self.locked..self.locked + self.count());
        Found {
            values: ritz.values[..count].to_vec(),
            vectors: combination(v, &chosen, self.rows()),
            ending,
            krylov_steps,
        }
    }

    /// A Ritz vector that has not converged, with its residual.
    fn shown(&self, ritz: &Ritz<T>, residuals: &Watched<T>) -> Option<(Vec<T>, Vec<T>)> {
        if let Some(target) = residuals.open.first() {
            return Some((target.vector.clone(), target.residual.clone()));
        }
        let index = residuals.first_open()?;
        let chosen = ritz.vectors.columns(index, 1).into_owned();
        let last = self.locked + self.count();
        let vector = combination(self.basis.columns(self.locked..last), &chosen, self.rows());
        match &self.growth {
            Growth::Krylov { coupling, .. } => {
                let q = self.basis.columns(last..self.basis.count());
                let residual = combination(q, &(coupling * chosen), self.rows());
                Some((vector, residual))
            }
            Growth::Residuals(_) => None,
        }
    }
}
