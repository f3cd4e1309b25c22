//! What ends a search.

use crate::krylov::random_start;
use crate::numerics::real::Real;

/// What a search has to find.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal<T> {
    /// So many of the largest singular values.
    Leading(usize),
    /// The singular values that belong among the largest and were missed, in the complement of what
    /// was found; or that there is probably none.
    Missed(Missed<T>),
}

/// What was found so far, and how sure a second look has to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Missed<T> {
    /// The most that can have been missed: k.
    pub(super) most: usize,
    /// σ_k.
    pub(super) last: T,
    /// Values above σ_k by less than this are not told apart.
    pub(super) slack: T,
    pub(super) odds: Odds,
    /// The steps after which nothing larger is left, for an answer that is sure enough.
    pub(super) steps: usize,
}

/// What the chance of missing a value depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Odds {
    /// The dimension of the complement.
    pub(super) order: f64,
    /// The random vectors of the start.
    pub(super) width: usize,
    pub(super) failure_probability: f64,
}

impl Odds {
    /// A bound on the norm of a map of which a search of so many steps found the Ritz value ρ, except
    /// with the failure probability.
    pub(super) fn largest(&self, ritz_value: f64, steps: usize) -> f64 {
        let (n, p) = (self.order, self.failure_probability);
        let epsilon = random_start::shortfall_of_largest(n, steps, self.width, p);
        // ρ² ≥ (1 − ε)·σ².
        ritz_value / (1.0 - epsilon).max(0.0).sqrt()
    }

    /// The steps after which that bound is at most so many times the Ritz value.
    pub(super) fn steps_for(&self, ratio: f64) -> usize {
        let epsilon = 1.0 - 1.0 / (ratio * ratio);
        random_start::steps_for_largest(self.order, self.width, epsilon, self.failure_probability)
    }
}

impl<T: Real> Goal<T> {
    /// How many of the largest Ritz values have to converge.
    pub(super) fn wanted(&self, values: &[T]) -> usize {
        match self {
            Self::Leading(k) => (*k).min(values.len()),
            Self::Missed(missed) => {
                let above = values.iter().take(missed.most);
                let least = missed.last + missed.slack;
                above.take_while(|&&value| value > least).count()
            }
        }
    }

    /// Whether it is reached after so many `steps` with these Ritz values, descending, once the
    /// wanted ones have converged; `is_all` if they are singular values of an invariant span.
    pub(super) fn is_reached(&self, values: &[T], steps: usize, is_all: bool) -> bool {
        match self {
            Self::Leading(k) => values.len() >= *k,
            Self::Missed(missed) => {
                let largest = values.first().map_or(0.0, |value| value.to_f64());
                let most = (missed.last + missed.slack).to_f64();
                is_all
                    || self.wanted(values) > 0
                    || steps >= missed.steps
                    || missed.odds.largest(largest, steps) <= most
            }
        }
    }

    /// How many values to keep at a restart at least.
    pub(super) fn kept(&self) -> usize {
        match self {
            Self::Leading(k) => *k,
            Self::Missed(missed) => missed.most,
        }
    }

    /// The first of the steps after which it may be reached, for blocks of this width.
    pub(super) fn first_look(&self, width: usize) -> usize {
        match self {
            Self::Leading(k) => (k + k / 2 + 8).div_ceil(width.max(1)),
            Self::Missed(missed) => missed.steps.div_ceil(2),
        }
    }

    /// Whether to look after so many steps in any case.
    pub(super) fn is_due(&self, steps: usize) -> bool {
        match self {
            Self::Leading(_) => false,
            Self::Missed(missed) => steps <= missed.steps && (missed.steps - steps) % 4 == 0,
        }
    }
}
