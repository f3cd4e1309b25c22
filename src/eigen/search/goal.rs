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
        /// Values this much smaller are not told apart.
        slack: T,
        /// Fewer steps exclude too little.
        least_steps: usize,
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
    /// How many of the smallest Ritz values have to converge.
    pub(in crate::eigen) fn wanted(&self, values: &[T]) -> usize {
        match self {
            Self::Smallest(k) => *k,
            Self::Missed { known, slack, .. } => {
                let replaced = known.iter().rev();
                let pairs = values.iter().zip(replaced);
                pairs
                    .take_while(|&(&value, &known)| value < known - *slack)
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
        let wanted = self.wanted(ends.values);
        let have = ends.values.len();
        let converged = |index: usize| ends.residuals[index] <= targets[index];
        match self {
            Self::Smallest(k) => have >= *k && (0..*k).all(converged),
            Self::Missed {
                known,
                slack,
                least_steps,
            } => {
                if !(0..wanted).all(converged) {
                    return false;
                }
                if ends.is_all || wanted == known.len() {
                    return true;
                }
                // Not θ − r²/gap: where eigenvalues crowd, a gap of Ritz values is none of the map's.
                let is_clear = |index: usize| {
                    let least = ends.values[index] - ends.residuals[index];
                    least >= known[known.len() - 1 - index] - *slack
                };
                steps >= *least_steps && wanted < have && is_clear(wanted)
            }
            Self::HalfOfSmallest(least_steps) => {
                (steps >= *least_steps || ends.is_all)
                    && have > 0
                    && (ends.values[0] <= T::zero()
                        || ends.residuals[0] <= ends.values[0] * <T as Real>::from_f64(0.5))
            }
            Self::Steps(limit) => steps >= *limit,
        }
    }
}
