//! Steps of a bidiagonalisation until a goal is reached.

use crate::descent::{Observer, StopReason};
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::svd::top::search::bidiagonal::Bidiagonal;
use crate::svd::top::search::forecast::Forecast;
use crate::svd::top::search::goal::Goal;
use crate::svd::top::search::operator::{NotFinite, Operator};
use crate::svd::top::search::watch::Watch;

/// What steps led to.
pub(super) struct Found<T> {
    /// The right vectors of the wanted values.
    pub(super) vectors: Vec<T>,
    /// `Accuracy` if the goal is reached.
    pub(super) ending: StopReason,
    /// Why no further step may be taken, if so.
    pub(super) limit: Option<StopReason>,
    pub(super) steps: usize,
    /// The largest Ritz value.
    pub(super) largest: T,
    /// Whether the span of all vectors is invariant, so that its Ritz values are singular values.
    pub(super) is_all: bool,
}

/// Residuals are demanded to be somewhat smaller than is accepted after they are computed again.
const DEMANDED: f64 = 0.5;

pub(super) fn take_steps<T: Real, A: LinearMap<T> + ?Sized, O: Observer<T>>(
    search: &mut Bidiagonal<T>,
    operator: &mut Operator<'_, T, A>,
    goal: &Goal<T>,
    watch: &mut Watch<T, O>,
) -> Result<Found<T>, NotFinite> {
    let demanded = <T as Real>::from_f64(DEMANDED) * watch.tolerance;
    let mut forecast = Forecast::new(goal.first_look(search.newest()));
    let mut steps = 0;
    loop {
        search.step(operator)?;
        watch.steps += 1;
        steps += 1;
        watch.see_norm(search.norm());
        let limit = watch.see(operator.map(), search.last_vectors(), operator.products());
        let is_complete = search.newest() == 0;
        let is_all = is_complete || search.is_invariant();
        let is_due = is_all || search.is_full() || forecast.is_due(steps) || goal.is_due(steps);
        if !is_due && limit.is_none() {
            continue;
        }
        let ritz = search.ritz();
        search.see_norm(ritz.values[0]);
        watch.see_norm(ritz.values[0]);
        let wanted = goal.wanted(ritz.values.as_slice());
        let residuals = search.residuals(&ritz, wanted).into_iter();
        let loss = residuals.fold(T::zero(), T::max) / watch.norm.max(T::MIN_POSITIVE);
        // Nothing is to converge as long as a second look finds nothing.
        if wanted > 0 {
            watch.record(loss);
        }
        forecast.see(steps, loss, demanded);
        let is_converged = loss <= demanded;
        let is_reached =
            is_complete || is_converged && goal.is_reached(ritz.values.as_slice(), steps, is_all);
        let ending = is_reached.then_some(StopReason::Accuracy).or(limit);
        if let Some(ending) = ending {
            return Ok(Found {
                vectors: search.right_vectors(&ritz, wanted, operator.short_rows()),
                ending,
                limit,
                steps,
                largest: ritz.values[0],
                is_all,
            });
        }
        if search.is_full() {
            search.restart(&ritz, goal.kept());
        }
    }
}
