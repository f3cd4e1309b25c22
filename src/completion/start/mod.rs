//! Where descents begin.

pub(in crate::completion) mod balance;
mod continued;
mod spectral;

use crate::completion::fit::half_step::Signs;
use crate::completion::fit::problem::{Point, Problem};
use crate::numerics::random::{fill_at_random, seeded};
use crate::numerics::real::Real;

pub(in crate::completion) use continued::continued;
pub(in crate::completion) use spectral::spectral;

/// Random factors whose products are about as large as the data.
pub(in crate::completion) fn random<T: Real>(problem: &Problem<'_, T>, seed: u64) -> Point<T> {
    let mut point = problem.zeros();
    let weights = problem
        .long
        .iter()
        .fold(T::zero(), |sum, (.., weight)| sum + weight);
    let mean_square = problem.total() / weights;
    let rank = problem.layout.rank;
    // The entries drawn have the variance 1/3.
    let size = (<T as Real>::from_f64(3.0) * (mean_square / T::from_count(rank)).sqrt()).sqrt();
    let mut generator = seeded(seed);
    let sides = [
        (&mut point.long, problem.long),
        (&mut point.short, problem.short),
    ];
    for (side, lanes) in sides {
        for (row, lane) in side.rows_mut().zip(lanes.lanes()) {
            // What is never observed keeps its zeros.
            if lane.indices.is_empty() {
                continue;
            }
            fill_at_random(&mut row[..rank], &mut generator);
            for entry in &mut row[..rank] {
                *entry *= size;
                if problem.signs == Signs::NonNegative {
                    *entry = entry.abs();
                }
            }
        }
    }
    point
}
