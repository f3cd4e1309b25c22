//! Whether the known entries decide the others.

use std::fmt;

use nalgebra::DMatrix;

use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Side;
use crate::completion::observations::Compressed;
use crate::numerics::real::Real;
use crate::svd::{SvdConfig, svd_by_descent};

/// Whether the known entries decide the matrix of rank k near the one found, whatever the ridge.
///
/// The matrices of rank k form a surface of k·(m + n − k) dimensions. The known entries decide a point
/// of it, among those near by, if they tell all directions along the surface apart: if the Jacobian of
/// the known entries has that rank (Singer and Cucuringu, "Uniqueness of low-rank matrix completion by
/// rigidity theory", 2010). With biases the rank counts as k + 1. It is computed for rows and columns
/// of factors scaled to length 1, which does not change it.
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
        /// σ_min/σ_max of the Jacobian in orthonormal coordinates of the surface, to a factor of √2 and
        /// at best to √ε; 1 if every entry is known. The smaller it is, the more the errors of known
        /// entries count in the missing ones.
        ratio: f64,
    },
    /// The Jacobian has a lower rank: there are matrices that fit as well, and only the ridge, if
    /// there is one, chose among them.
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

/// Components below this multiple of √ε relative to the first are taken for none.
const NO_COMPONENT: f64 = 32.0;

/// A row this many ε shorter than the longest is what rounding makes of 0.
const ROUNDING: f64 = 1024.0;

/// Judges the point found, whose rows should be of similar sizes, or 0.
pub(super) fn determination<T: Real>(problem: &Problem<'_, T>, point: &Point<T>) -> Determination {
    let (rows, columns) = (problem.long.count(), problem.short.count());
    let rank = problem.layout.width();
    if problem.long.known() == rows * columns {
        return Determination::Determined { ratio: 1.0 };
    }
    let rank = rank.min(columns);
    let needed = rank * (rows + columns - rank);
    if (rows + columns) * rank > MOST_UNKNOWNS {
        return by_counting(problem, rank, needed);
    }
    let bases = basis(&point.long, rank).zip(basis(&point.short, rank));
    let Some((long, short)) = bases else {
        return Determination::NotComputed;
    };
    let eigenvalues = gram(problem, &long, &short, needed).symmetric_eigenvalues();
    let largest = eigenvalues.max();
    let zero = largest * f64::EPSILON * 16.0 * eigenvalues.len() as f64;
    let lost = eigenvalues.iter().filter(|&&value| value <= zero).count();
    if lost > 0 {
        // Directions along which both factors are 0 have no part in the count.
        let empty = lacking(&long) * lacking(&short);
        return Determination::Underdetermined {
            rank: (needed + empty).saturating_sub(lost),
            needed,
        };
    }
    Determination::Determined {
        ratio: (eigenvalues.min() / largest).sqrt(),
    }
}

/// The columns of zeros.
fn lacking(basis: &DMatrix<f64>) -> usize {
    let columns = basis.column_iter();
    columns.filter(|column| column.amax() == 0.0).count()
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

/// Orthonormal columns that span the factors of a side, each of its rows brought to length 1, and ones
/// if there are biases; zeros for what the factors lack of full rank.
fn basis<T: Real>(side: &Side<T>, rank: usize) -> Option<DMatrix<f64>> {
    let layout = side.layout;
    let rows: Vec<&[T]> = side.rows().collect();
    let mut spanning = DMatrix::from_fn(rows.len(), layout.width(), |i, j| {
        if j < layout.rank {
            rows[i][j].to_f64()
        } else {
            1.0
        }
    });
    let lengths: Vec<f64> = spanning.row_iter().map(|row| row.norm()).collect();
    let longest = lengths.iter().copied().fold(0.0, f64::max);
    let zero = longest * ROUNDING * T::EPSILON.to_f64();
    for (mut row, length) in spanning.row_iter_mut().zip(lengths) {
        row *= if length > zero { 1.0 / length } else { 0.0 };
    }
    let svd = svd_by_descent(&spanning, SvdConfig::default()).ok()?;
    let mut basis = svd.u.columns(0, rank.min(svd.u.ncols())).into_owned();
    let least = svd.singular_values[0] * NO_COMPONENT * T::EPSILON.sqrt().to_f64();
    for (j, mut column) in basis.column_iter_mut().enumerate() {
        if svd.singular_values[j] <= least {
            column.fill(0.0);
        }
    }
    Some(basis)
}

/// JᵀJ for changes U·Aᵀ + B·Vᵀ, with the mean of the `needed` other eigenvalues added along the
/// directions that change nothing, so that these are neither the least nor the largest.
fn gram<T: Real>(
    problem: &Problem<'_, T>,
    long: &DMatrix<f64>,
    short: &DMatrix<f64>,
    needed: usize,
) -> DMatrix<f64> {
    let rank = long.ncols();
    let (rows, columns) = (long.nrows(), short.nrows());
    let order = (rows + columns) * rank;
    let mut gram = DMatrix::zeros(order, order);
    let (of_long, of_short) = (|i: usize| i * rank, |j: usize| (rows + j) * rank);
    for (i, j, ..) in problem.long.iter() {
        let (own, other) = (of_long(i), of_short(j));
        for a in 0..rank {
            for b in 0..rank {
                gram[(own + a, own + b)] += short[(j, a)] * short[(j, b)];
                gram[(other + a, other + b)] += long[(i, a)] * long[(i, b)];
                let across = short[(j, a)] * long[(i, b)];
                gram[(own + a, other + b)] += across;
                gram[(other + b, own + a)] += across;
            }
        }
    }
    let mean = gram.trace() / needed as f64;
    let root = 0.5_f64.sqrt();
    let mut idle = DMatrix::zeros(order, 1);
    for a in 0..rank {
        for b in 0..rank {
            idle.fill(0.0);
            (0..rows).for_each(|i| idle[of_long(i) + b] = -root * long[(i, a)]);
            (0..columns).for_each(|j| idle[of_short(j) + a] = root * short[(j, b)]);
            gram.ger(mean, &idle.column(0), &idle.column(0), 1.0);
        }
    }
    gram
}
