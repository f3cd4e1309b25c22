//! What ends a search.

use crate::numerics::real::Real;

/// What a search has to find.
#[derive(Clone, Debug)]
pub(in crate::eigen) enum Goal<T> {
    /// So many of the smallest eigenvalues.
    Smallest(usize),
    /// The eigenvalues of a complement that belong among the k smallest of all, where these were
    /// found: proof that there is none, as far as a search can give it, or those that were missed.
    Missed {
        /// Ascending.
        known: Vec<T>,
        /// Values smaller than the known ones by more than this are missed.
        missed: T,
        /// Nothing smaller than the known ones by more than this is to be left; less than `missed`,
        /// and maybe negative, where values between the two can't be told apart.
        excluded: T,
        /// How small a residual has to be, compared with the room above what is excluded.
        part: T,
        /// Fewer steps exclude too little.
        least_steps: usize,
        /// What is missed is found in portions of so many.
        most: usize,
    },
    /// A lower estimate of the smallest eigenvalue that is more than half of it, after so many
    /// steps at least.
    HalfOfSmallest(usize),
    /// Nothing but so many steps, for an estimate of the norm.
    Steps(usize),
}

/// The smallest Ritz values, ascending, and their residuals: ∞ where one is not known.
pub(in crate::eigen) struct Ends<'a, T> {
    pub(in crate::eigen) values: &'a [T],
    pub(in crate::eigen) residuals: &'a [T],
    /// Whether this is all of the space, so that there is nothing else.
    pub(in crate::eigen) is_all: bool,
}

impl<T: Real> Goal<T> {
    /// The same for a map times 2^`exponent`.
    pub(in crate::eigen) fn scale_by(&mut self, exponent: i32) {
        if let Self::Missed {
            known,
            missed,
            excluded,
            ..
        } = self
        {
            for value in known.iter_mut().chain([missed, excluded]) {
                *value = value.scale_by_power_of_two(exponent);
            }
        }
    }

    /// How many of the smallest Ritz values have to converge.
    pub(in crate::eigen) fn wanted(&self, values: &[T]) -> usize {
        match self {
            Self::Smallest(k) => *k,
            Self::Missed {
                known,
                missed,
                most,
                ..
            } => {
                let replaced = known.iter().rev();
                let pairs = values.iter().zip(replaced).take(*most);
                pairs
                    .take_while(|&(&value, &known)| value < known - *missed)
                    .count()
            }
            Self::HalfOfSmallest(_) => 1,
            Self::Steps(_) => 0,
        }
    }

    /// How many of the smallest Ritz values have residuals that count.
    pub(in crate::eigen) fn watched(&self, values: &[T]) -> usize {
        let more = usize::from(matches!(self, Self::Missed { .. }));
        (self.wanted(values) + more).min(values.len())
    }

    /// Whether it is reached, after so many `steps`; `targets` are the residuals to be reached.
    pub(in crate::eigen) fn is_reached(
        &self,
        ends: &Ends<'_, T>,
        targets: &[T],
        steps: usize,
    ) -> bool {
        if steps < self.least_steps() && !ends.is_all {
            return false;
        }
        if let Self::Steps(_) = self {
            return true;
        }
        if ends.is_all
            && !self.is_undecided(ends)
            && self
                .excess_of_wanted(ends, targets)
                .is_some_and(|excess| excess <= 1.0)
        {
            return true;
        }
        self.excess(ends, targets)
            .is_some_and(|excess| excess <= 1.0)
    }

    /// The steps that are taken in any case.
    pub(in crate::eigen) fn least_steps(&self) -> usize {
        match self {
            Self::Smallest(_) => 0,
            Self::Missed { least_steps, .. } | Self::HalfOfSmallest(least_steps) => *least_steps,
            Self::Steps(limit) => *limit,
        }
    }

    /// How many times too large the largest residual is; `None` where that is not known.
    pub(in crate::eigen) fn excess(&self, ends: &Ends<'_, T>, targets: &[T]) -> Option<f64> {
        let of_wanted = self.excess_of_wanted(ends, targets)?;
        match self {
            Self::Smallest(_) | Self::Steps(_) => Some(of_wanted),
            Self::Missed {
                known,
                missed,
                excluded,
                part,
                most,
                ..
            } => {
                let wanted = self.wanted(ends.values);
                if wanted == (*most).min(known.len()) {
                    return Some(of_wanted);
                }
                // Not θ − r²/gap: where eigenvalues crowd, a gap of Ritz values is none of the map's.
                let (&value, &residual) = (ends.values.get(wanted)?, ends.residuals.get(wanted)?);
                let room = value - (known[known.len() - 1 - wanted] - *excluded);
                if room < T::zero() && wanted > 0 && residual <= *missed {
                    // The doubt is left to the next search.
                    return Some(of_wanted);
                }
                Some(of_wanted.max(excess(residual, room * *part)))
            }
            Self::HalfOfSmallest(_) => {
                let (&value, &residual) = (ends.values.first()?, ends.residuals.first()?);
                if value <= T::zero() {
                    return Some(0.0);
                }
                Some(excess(residual, value * <T as Real>::from_f64(0.5)))
            }
        }
    }

    /// Whether the smallest value has converged to where it can't be told whether it was missed.
    pub(in crate::eigen) fn is_undecided(&self, ends: &Ends<'_, T>) -> bool {
        let Self::Missed {
            known,
            missed,
            excluded,
            ..
        } = self
        else {
            return false;
        };
        let (Some(&known), Some(&value), Some(&residual)) =
            (known.last(), ends.values.first(), ends.residuals.first())
        else {
            return false;
        };
        let is_between = value >= known - *missed && value < known - *excluded;
        is_between && residual <= *missed
    }

    /// How many times too large the residuals are of those that have to converge to the tolerance.
    fn excess_of_wanted(&self, ends: &Ends<'_, T>, targets: &[T]) -> Option<f64> {
        let wanted = match self {
            Self::Smallest(k) => *k,
            Self::Missed { .. } => self.wanted(ends.values),
            Self::HalfOfSmallest(_) | Self::Steps(_) => 0,
        };
        if wanted > ends.values.len() {
            return None;
        }
        let pairs = ends.residuals.iter().zip(targets).take(wanted);
        Some(pairs.fold(0.0, |largest: f64, (&residual, &target)| {
            largest.max(excess(residual, target))
        }))
    }
}

/// `residual`/`allowed`, where 0/0 is enough.
fn excess<T: Real>(residual: T, allowed: T) -> f64 {
    if residual <= allowed {
        (residual / allowed).to_f64().min(1.0)
    } else if allowed <= T::zero() {
        f64::INFINITY
    } else {
        (residual / allowed).to_f64()
    }
}
