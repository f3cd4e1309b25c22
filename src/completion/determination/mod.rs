//! Whether the known entries decide the others.

mod bases;
mod jacobian;

use std::fmt;

use crate::completion::determination::bases::Bases;
use crate::completion::determination::jacobian::Jacobian;
use crate::completion::fit::problem::{Point, Problem};
use crate::completion::observations::Compressed;
use crate::numerics::real::Real;

/// Whether the known entries decide the matrix of rank k near the one found, whatever the ridge.
///
/// The matrices of rank k form a surface of k·(m + n − k) dimensions. The known entries decide a point
/// of it, among those near by, if they tell all directions along the surface apart: if the Jacobian of
/// the known entries has that rank (Singer and Cucuringu, "Uniqueness of low-rank matrix completion by
/// rigidity theory", 2010). With biases the rank counts as k + 1.
///
/// The Jacobian is that of the matrix found with its rows and columns scaled, which does not change its
/// rank: so that rows of U and V have the length 1, where U and V are the singular vectors of the matrix
/// with rows and columns of similar sizes. It depends on the matrix, and not on the start it was found
/// from. A component that is below 32·√ε of the first, or that fits only the rounding errors of mean
/// and biases, counts as none; the known entries then decide less than a matrix of rank k needs.
///
/// It is computed for up to 320 unknowns, (m + n)·k. Larger problems are only counted: rows and
/// columns with fewer than k known entries show that something is open, and their absence shows
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Determination {
    /// The Jacobian has full rank: no other matrix of rank k near this one has the same known entries.
    Determined {
        /// σ_min/σ_max of the Jacobian in orthonormal coordinates of the surface, above √ε: 1 if every
        /// entry is known. The smaller it is, the more the errors of known entries count in the missing
        /// ones, and in itself: errors of ε in the entries move it by about ε/ratio.
        ratio: f64,
    },
    /// The Jacobian has a lower rank, singular values up to √ε of the largest counting as 0: there are
    /// matrices that fit as well, or as well to rounding, and only the ridge, if there is one, chose
    /// among them.
    Underdetermined {
        /// Its rank, or a bound from counting where it was too large to be computed.
        rank: usize,
        /// k·(m + n − k), the rank that would be needed.
        needed: usize,
    },
    /// Not computed: the problem is too large, and counting does not exclude either.
    NotComputed,
}

impl fmt::Display for Determination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Determined { ratio } => {
                write!(
                    formatter,
                    "determined by the known entries, σ_min/σ_max = {ratio:.1e}"
                )
            }
            Self::Underdetermined { rank, needed } => {
                write!(
                    formatter,
                    "not determined: the known entries decide {rank} of {needed} numbers"
                )
            }
            Self::NotComputed => formatter.write_str("not known whether the data determine it"),
        }
    }
}

/// The most unknowns, (m + n)·k, for which the Jacobian is decomposed.
const MOST_UNKNOWNS: usize = 320;

/// Judges the point found, whose rows should be of similar sizes, or 0.
pub(super) fn determination<T: Real>(problem: &Problem<'_, T>, point: &Point<T>) -> Determination {
    let (rows, columns) = (problem.long.count(), problem.short.count());
    let rank = problem.layout.width().min(columns);
    let needed = rank * (rows + columns - rank);
    let is_known = problem.long.known() == rows * columns;
    if is_known {
        return Determination::Determined { ratio: 1.0 };
    }
    if (rows + columns) * rank > MOST_UNKNOWNS {
        return by_counting(problem, rank, needed);
    }
    let Some(bases) = Bases::new(problem, point, rank) else {
        return Determination::NotComputed;
    };
    let known: Vec<(usize, usize)> = problem.long.iter().map(|(i, j, ..)| (i, j)).collect();
    let jacobian = Jacobian {
        bases: &bases,
        known: &known,
        needed,
    };
    let Some(values) = jacobian.singular_values() else {
        return Determination::NotComputed;
    };
    let largest = values.iter().copied().fold(0.0, f64::max);
    let least = values.iter().copied().fold(largest, f64::min);
    let zero = largest * T::EPSILON.sqrt().to_f64();
    let lost = values.iter().filter(|&&value| value <= zero).count();
    if lost > 0 {
        // Directions along which both factors are 0 have no part in the count.
        return Determination::Underdetermined {
            rank: (needed + bases.lacking()).saturating_sub(lost),
            needed,
        };
    }
    Determination::Determined {
        ratio: least / largest,
    }
}

/// A row with d < k observations leaves k − d of its numbers open.
fn by_counting<T: Real>(problem: &Problem<'_, T>, rank: usize, needed: usize) -> Determination {
    let open = |lanes: &Compressed<T>| -> usize {
        let counts = lanes.lanes().map(|lane| lane.indices.len());
        counts.map(|count| rank.saturating_sub(count)).sum()
    };
    let open = open(problem.long).max(open(problem.short));
    let most = problem.long.known().min(needed.saturating_sub(open));
    if most < needed {
        Determination::Underdetermined { rank: most, needed }
    } else {
        Determination::NotComputed
    }
}
