//! The loop of a search.

use nalgebra::DMatrix;

use crate::descent::{Observer, StopReason};
use crate::eigen::error::EigenError;
use crate::eigen::ritz::{Ritz, decompose};
use crate::eigen::search::forecast::Forecast;
use crate::eigen::search::goal::{Ends, Goal};
use crate::eigen::search::residuals::Watched;
use crate::eigen::search::subspace::{Found, Growth, Interrupted, Search};
use crate::eigen::watch::{Shown, Watch};
use crate::krylov::blocks::combination;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

/// What a look at the Ritz values shows.
struct Look<T> {
    residuals: Watched<T>,
    loss: T,
    is_reached: bool,
    is_undecided: bool,
    /// How many times too large the largest residual is, if known.
    excess: Option<f64>,
}

impl<'a, T, A, P, M> Search<'_, 'a, T, A, P, M>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
{
    /// Runs until the goal is reached or a limit is met.
    pub(in crate::eigen) fn run<O: Observer<T>>(
        mut self,
        goal: &Goal<T>,
        watch: &mut Watch<'_, O>,
    ) -> Result<Found<T>, Interrupted<T>> {
        let mut forecast = self.forecast(goal);
        let mut loss = <T as Real>::from_f64(f64::INFINITY);
        loop {
            watch.steps += 1;
            self.own_steps += 1;
            let is_due = self.has_to_look() || forecast.is_due(self.own_steps);
            let mut reason = None;
            if !is_due {
                reason = watch.see(self.map(), loss, None);
                if reason.is_none() {
                    if let Err(error) = self.multiply_newest() {
                        return Err(self.interrupted(error, goal));
                    }
                    continue;
                }
            }
            let Some(ritz) = decompose(&self.projected) else {
                return Ok(self.nothing(StopReason::Stalled));
            };
            let look = self.look(&ritz, goal);
            if is_due {
                loss = look.loss;
                let shown = (watch.observer.watches())
                    .then(|| self.shown(&ritz, &look.residuals))
                    .flatten();
                reason = watch.see(self.map(), loss, shown.as_ref());
            }
            let wanted = goal.wanted(&ritz.values).min(ritz.values.len());
            if look.is_reached {
                return Ok(self.found(StopReason::Accuracy, &ritz, (wanted, &look.residuals)));
            }
            let is_over = (self.is_all() || look.is_undecided).then_some(StopReason::Stalled);
            if let Some(reason) = reason.or(is_over) {
                return Ok(self.found(reason, &ritz, (wanted, &look.residuals)));
            }
            forecast.see(self.own_steps, look.excess);
            if !self.restart_if_full(&ritz, goal) {
                self.remember(&ritz, &look.residuals);
            }
            if let Err(error) = self.grow(&look.residuals) {
                return Err(self.interrupted(error, goal));
            }
        }
    }

    /// The error with what the basis holds.
    fn interrupted(mut self, error: EigenError<T>, goal: &Goal<T>) -> Interrupted<T> {
        let Some(ritz) = decompose(&self.projected) else {
            return error.into();
        };
        let wanted = goal.wanted(&ritz.values).min(ritz.values.len());
        // All residuals, not only those of the next step.
        self.width = usize::MAX;
        if let Growth::Residuals(own) = &mut self.growth {
            own.converged.clear();
        }
        let residuals = self.residuals_of(&ritz, wanted);
        let found = self.found(StopReason::Stalled, &ritz, (wanted, &residuals));
        Interrupted {
            error,
            reached: Some(Box::new(found)),
        }
    }

    /// The first look where there may be enough.
    fn forecast(&self, goal: &Goal<T>) -> Forecast {
        let first = match goal {
            Goal::Smallest(k) => k / self.width.max(1) + 1,
            _ => goal.least_steps(),
        };
        Forecast::new(self.problem.order, self.capacity, self.width, first)
    }

    /// Whether the next step needs Ritz vectors.
    fn has_to_look(&self) -> bool {
        match &self.growth {
            Growth::Krylov { newest, .. } => *newest == 0 || self.is_full(),
            Growth::Residuals(_) => true,
        }
    }

    fn look(&mut self, ritz: &Ritz<T>, goal: &Goal<T>) -> Look<T> {
        let ends = (ritz.values.first(), ritz.values.last());
        if let (None, (Some(least), Some(most))) = (&self.problem.mass, ends) {
            self.problem.a.see_norm(least.abs().max(most.abs()));
        }
        let watched = goal.watched(&ritz.values);
        let residuals = self.residuals_of(ritz, watched);
        let ends = Ends {
            values: &ritz.values,
            residuals: &residuals.norms,
            is_all: self.is_all(),
        };
        let loss = match goal {
            Goal::Smallest(_) | Goal::Missed { .. } => residuals.loss(watched) * self.demanded(),
            Goal::HalfOfSmallest(_) | Goal::Steps(_) => <T as Real>::from_f64(f64::INFINITY),
        };
        Look {
            loss,
            is_undecided: goal.is_undecided(&ends),
            is_reached: goal.is_reached(&ends, &residuals.targets, self.own_steps),
            excess: goal.excess(&ends, &residuals.targets),
            residuals,
        }
    }

    /// Whether the basis spans all of the complement, and nothing is left to multiply.
    fn is_all(&self) -> bool {
        let is_multiplied = match &self.growth {
            Growth::Krylov { newest, .. } => *newest == 0,
            Growth::Residuals(_) => true,
        };
        self.room() == 0 && is_multiplied
    }

    fn nothing(self, ending: StopReason) -> Found<T> {
        Found {
            values: Vec::new(),
            vectors: Vec::new(),
            residuals: Vec::new(),
            ending,
            krylov_steps: self.krylov_steps.unwrap_or(self.own_steps),
        }
    }

    /// The first `count` pairs.
    fn found(
        mut self,
        ending: StopReason,
        ritz: &Ritz<T>,
        (count, residuals): (usize, &Watched<T>),
    ) -> Found<T> {
        let krylov_steps = self.krylov_steps.unwrap_or(self.own_steps);
        let mut norms = residuals.norms[..count.min(residuals.norms.len())].to_vec();
        if let Growth::Residuals(own) = &self.growth {
            // Known before, and not computed again.
            for (norm, known) in norms.iter_mut().zip(&own.converged) {
                *norm = norm.max(known.1);
            }
        }
        // Makes room.
        self.growth = Growth::Krylov {
            newest: 0,
            coupling: DMatrix::zeros(0, 0),
        };
        let chosen = ritz.vectors.columns(0, count).into_owned();
        let v = self.basis.columns(self.locked..self.locked + self.count());
        Found {
            values: ritz.values[..count].to_vec(),
            vectors: combination(v, &chosen, self.rows()),
            residuals: norms,
            ending,
            krylov_steps,
        }
    }

    /// A Ritz vector that has not converged, with its residual.
    fn shown(&self, ritz: &Ritz<T>, residuals: &Watched<T>) -> Option<Shown<T>> {
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
