//! Least squares with unknowns that may not be negative.

use nalgebra::DVector;

use crate::completion::fold_in::least_squares::Equations;
use crate::numerics::real::Real;

/// The changes of the set of positive unknowns, at most, for each unknown; as a rule there is one.
const MOST_CHANGES: usize = 4;

/// An unknown below so many ε of the largest is 0 up to rounding.
const ROUNDING: f64 = 64.0;

/// The x with the least ‖A·x − b‖² whose first `bounded` numbers are at least 0 (Lawson and Hanson,
/// "Solving least squares problems", 1974, chapter 23).
///
/// Whether a number that is 0 should grow is seen where it is let free, not by its slope, in which
/// heavy rows hide the light ones; the slopes only tell which to try first.
pub(super) fn smallest_non_negative<T: Real>(
    equations: &Equations<T>,
    bounded: usize,
) -> DVector<T> {
    let columns = equations.matrix.ncols();
    let mut free: Vec<usize> = (bounded..columns).collect();
    let mut x = solution(equations, &free);
    for _ in 0..MOST_CHANGES * columns {
        let slopes = equations
            .matrix
            .tr_mul(&(&equations.values - &equations.matrix * &x));
        let mut idle: Vec<usize> = (0..bounded).filter(|at| !free.contains(at)).collect();
        idle.sort_by(|&one, &other| {
            slopes[other]
                .partial_cmp(&slopes[one])
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let grown = idle.into_iter().find_map(|at| {
            let mut more = free.clone();
            more.push(at);
            let next = solution(equations, &more);
            let floor = <T as Real>::from_f64(ROUNDING) * T::EPSILON * next.amax();
            (next[at] > floor).then_some((more, next))
        });
        let Some((more, next)) = grown else {
            break;
        };
        free = more;
        x = kept_positive(equations, &mut free, bounded, (x, next));
    }
    x
}

/// The least squares of the free unknowns, where the others are 0.
fn solution<T: Real>(equations: &Equations<T>, free: &[usize]) -> DVector<T> {
    let mut x = DVector::zeros(equations.matrix.ncols());
    if free.is_empty() {
        return x;
    }
    let of_free = equations.of_columns(free).reduced().smallest_solution();
    for (&at, &value) in free.iter().zip(of_free.iter()) {
        x[at] = value;
    }
    x
}

/// From x towards the least squares of the free unknowns; those that would fall below 0 on the way
/// stop there and are free no more.
fn kept_positive<T: Real>(
    equations: &Equations<T>,
    free: &mut Vec<usize>,
    bounded: usize,
    (mut x, mut next): (DVector<T>, DVector<T>),
) -> DVector<T> {
    loop {
        let falling = free
            .iter()
            .copied()
            .filter(|&at| at < bounded && next[at] <= T::zero());
        let shares = falling.map(|at| (at, x[at] / (x[at] - next[at])));
        let first = shares.reduce(|first, other| if other.1 < first.1 { other } else { first });
        let Some((at, share)) = first else {
            return next;
        };
        let share = if share > T::zero() { share } else { T::zero() };
        x += (&next - &x) * share;
        x[at] = T::zero();
        free.retain(|&other| other != at);
        next = solution(equations, free);
    }
}
