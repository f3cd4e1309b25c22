//! The second look: a search in the complement of what was found for values that were missed.

use crate::descent::{Observer, StopReason};
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;
use crate::svd::top::search::bidiagonal::{Beginning, Bidiagonal};
use crate::svd::top::search::candidate::Candidate;
use crate::svd::top::search::goal::{Goal, Missed, Odds};
use crate::svd::top::search::operator::{NotFinite, Operator};
use crate::svd::top::search::steps::{Found, take_steps};
use crate::svd::top::search::watch::Watch;

/// The probability that what is said of all looks together is wrong.
pub(super) const FAILURE_PROBABILITY: f64 = 1e-6;

/// A look is over when a value is excluded that is larger than its own largest one by this factor.
const EXCLUDED: f64 = 1.25;

/// What a look found.
pub(super) struct Look<T> {
    /// Right singular vectors that were missed.
    pub(super) vectors: Vec<T>,
    pub(super) ending: StopReason,
    /// A bound on all singular values outside the span of what was found before, if nothing was
    /// missed.
    pub(super) largest: f64,
}

/// Looks once more, from new random vectors, in a complement that is not empty; `index` counts the
/// looks from 1.
pub(super) fn look<T: Real, A: LinearMap<T> + ?Sized, O: Observer<T>>(
    operator: &mut Operator<'_, T, A>,
    candidate: &Candidate<T>,
    begin: &Beginning<'_, T>,
    index: u32,
    watch: &mut Watch<T, O>,
) -> Result<Look<T>, NotFinite> {
    let k = candidate.values.len();
    let complement = operator.order().saturating_sub(k);
    let odds = Odds {
        order: complement as f64,
        width: begin.width.min(complement),
        failure_probability: FAILURE_PROBABILITY * 0.5_f64.powi(index.min(1000) as i32),
    };
    let last = candidate.values[k - 1];
    let goal = Goal::Missed(Missed {
        most: k,
        last,
        slack: watch.tolerance * watch.norm,
        odds,
        steps: odds.steps_for(EXCLUDED),
    });
    let begin = Beginning {
        locked: candidate.short.as_slice(),
        start: &[],
        seed: begin
            .seed
            .wrapping_add(SEED_OF_LOOKS.wrapping_mul(u64::from(index))),
        norm: watch.norm,
        ..*begin
    };
    let mut search = Bidiagonal::new(operator, &begin);
    let found = take_steps(&mut search, operator, &goal, watch)?;
    // Where nothing was missed, a step more would not be taken.
    let limit = found.limit.filter(|_| !found.vectors.is_empty());
    Ok(Look {
        largest: bound(&found, &odds),
        ending: limit.unwrap_or(found.ending),
        vectors: found.vectors,
    })
}

fn bound<T: Real>(found: &Found<T>, odds: &Odds) -> f64 {
    let largest = found.largest.to_f64();
    if found.is_all {
        largest
    } else {
        odds.largest(largest, found.steps)
    }
}

/// Apart from the seed of the first search.
const SEED_OF_LOOKS: u64 = 0x2545_f491_4f6c_dd1d;
