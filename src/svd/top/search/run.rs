//! The whole search: to k values, with second looks until nothing was missed.

use crate::descent::{Observer, StopReason};
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::svd::top::search::bidiagonal::{Beginning, Bidiagonal};
use crate::svd::top::search::candidate::Candidate;
use crate::svd::top::search::goal::Goal;
use crate::svd::top::search::look::{FAILURE_PROBABILITY, look};
use crate::svd::top::search::operator::{NotFinite, Operator};
use crate::svd::top::search::steps::take_steps;
use crate::svd::top::search::watch::Watch;

/// What a search has to do.
#[derive(Clone, Copy)]
pub(in crate::svd::top) struct Task<'s, T> {
    pub(in crate::svd::top) k: usize,
    /// The columns of a block.
    pub(in crate::svd::top) width: usize,
    /// The most columns of a basis.
    pub(in crate::svd::top) capacity: usize,
    pub(in crate::svd::top) seed: u64,
    /// Vectors of the short space to begin with, one after another, of length 1.
    pub(in crate::svd::top) start: &'s [T],
}

/// What a search reached.
pub(in crate::svd::top) struct Reached<T: Real> {
    pub(in crate::svd::top) candidate: Candidate<T>,
    pub(in crate::svd::top) ending: StopReason,
    /// What the last look found out.
    pub(in crate::svd::top) looked: Option<Looked>,
}

/// A bound on all singular values outside the span of what was found.
#[derive(Clone, Copy, Debug)]
pub(in crate::svd::top) struct Looked {
    pub(in crate::svd::top) largest: f64,
    /// 0 if all of the space was searched.
    pub(in crate::svd::top) failure_probability: f64,
}

/// How often residuals that turn out too large are worked on again.
const REPAIRS: usize = 4;

/// A start whose residuals are larger than this part of σ₁ only says where to begin.
const POOR: f64 = 1e-2;

pub(in crate::svd::top) fn run<T: Real, A: LinearMap<T> + ?Sized, O: Observer<T>>(
    operator: &mut Operator<'_, T, A>,
    task: &Task<'_, T>,
    watch: &mut Watch<T, O>,
) -> Result<Reached<T>, NotFinite> {
    let k = task.k;
    let begin = Beginning {
        locked: &[],
        start: &[],
        width: task.width,
        capacity: task.capacity,
        seed: task.seed,
        norm: T::zero(),
    };
    let goal = Goal::Leading(k);
    let (mut vectors, mut ending) = (task.start.to_vec(), StopReason::Accuracy);
    let mut is_all = false;
    if vectors.is_empty() {
        let mut search = Bidiagonal::new(operator, &begin);
        let found = take_steps(&mut search, operator, &goal, watch)?;
        is_all = search.newest() == 0;
        (vectors, ending) = (found.vectors, found.ending);
    }
    let (mut repairs, mut looks) = (0, 0);
    loop {
        let candidate = Candidate::new(operator, vectors, k, task.seed)?;
        watch.see_norm(candidate.values[0]);
        let residual = candidate.residual() / watch.norm.max(T::MIN_POSITIVE);
        watch.record(residual);
        let mut reached = Reached {
            candidate,
            ending,
            looked: None,
        };
        if ending != StopReason::Accuracy {
            return Ok(reached);
        }
        let candidate = &reached.candidate;
        // Not for NaN either.
        if !(residual <= watch.accepted) {
            if repairs == REPAIRS {
                reached.ending = StopReason::Stalled;
                return Ok(reached);
            }
            repairs += 1;
            let is_poor_start = watch.steps == 0 && residual > <T as Real>::from_f64(POOR);
            let mut search = if is_poor_start {
                let start = sum(candidate);
                Bidiagonal::new(
                    operator,
                    &Beginning {
                        start: &start,
                        ..begin
                    },
                )
            } else {
                let begin = Beginning {
                    start: candidate.short.as_slice(),
                    norm: watch.norm,
                    ..begin
                };
                Bidiagonal::continued(operator, &begin, (&candidate.values, candidate.residuals()))
            };
            if search.newest() == 0 {
                // There is no direction to go on in.
                reached.ending = StopReason::Stalled;
                return Ok(reached);
            }
            let found = take_steps(&mut search, operator, &goal, watch)?;
            is_all = search.newest() == 0;
            (vectors, ending) = (found.vectors, found.ending);
            continue;
        }
        if is_all {
            reached.looked = Some(Looked {
                largest: 0.0,
                failure_probability: 0.0,
            });
            return Ok(reached);
        }
        looks += 1;
        let seen = look(operator, candidate, &begin, looks, watch)?;
        if seen.ending == StopReason::Accuracy && seen.vectors.is_empty() {
            reached.looked = Some(Looked {
                largest: seen.largest,
                failure_probability: FAILURE_PROBABILITY,
            });
            return Ok(reached);
        }
        ending = seen.ending;
        vectors = candidate.short.as_slice().to_vec();
        vectors.extend(seen.vectors);
    }
}

/// The sum of the right vectors.
fn sum<T: Real>(candidate: &Candidate<T>) -> Vec<T> {
    let mut sum = vec![T::zero(); candidate.short.nrows()];
    for column in candidate.short.column_iter() {
        for (sum, &value) in sum.iter_mut().zip(column.iter()) {
            *sum += value;
        }
    }
    sum
}
