//! Where descents begin.

pub(in crate::completion) mod balance;
mod continued;
mod spectral;

use rand::RngExt;

use crate::completion::fit::half_step::Signs;
use crate::completion::fit::problem::{Point, Problem};
use crate::numerics::random::{fill_at_random, seeded};
use crate::numerics::real::Real;

use continued::continued;
use spectral::spectral;

/// The random part of the start from singular vectors: those of rows and columns that the leading
/// ones do not reach may be 0, from where no descent leads away.
const PERTURBATION: f64 = 0.03;

/// The exponent of a row's size in a start of sizes that differ, times the number drawn.
const SPREAD: f64 = 4.0;

/// The share of rows that a kick replaces, beside one, at most.
const KICKED: f64 = 0.2;

/// The number of them that it replaces on the average, at most.
const ROWS_KICKED: f64 = 3.0;

/// How large the rows of random factors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sizes {
    Equal,
    /// Over a few decades, so that single rows lead a descent.
    Spread,
}

/// Where the descent of this number begins, and the passes that took.
///
/// The first start is from singular vectors, the others are at random, half of them with rows of very
/// different sizes; every other one is brought along a falling ridge.
pub(in crate::completion) fn start<T: Real>(
    problem: &Problem<'_, T>,
    number: usize,
    seed: u64,
) -> (Point<T>, usize) {
    let sizes = if number % 4 < 2 {
        Sizes::Equal
    } else {
        Sizes::Spread
    };
    let mut point = random(problem, sizes, seed);
    if number == 0
        && let Some(spectral) = spectral(problem, seed)
    {
        point.shrink(<T as Real>::from_f64(PERTURBATION));
        point.add(&spectral);
    }
    if number % 2 == 1 {
        continued(problem, point)
    } else {
        (point, 0)
    }
}

/// `point` with some rows of the shorter side at random; the longer side goes to its minimum first.
pub(in crate::completion) fn kicked<T: Real>(
    problem: &Problem<'_, T>,
    point: &Point<T>,
    seed: u64,
) -> Point<T> {
    let mut kicked = point.clone();
    let other = random(problem, Sizes::Equal, seed);
    let mut generator = seeded(!seed);
    let count = point.short.count();
    let share = KICKED.min(ROWS_KICKED / count as f64);
    let certain = generator.random_range(0..count);
    for (j, (row, other)) in (kicked.short.rows_mut())
        .zip(other.short.rows())
        .enumerate()
    {
        if j == certain || generator.random_bool(share) {
            row.copy_from_slice(other);
        }
    }
    kicked
}

/// Random factors whose products are about as large as the data.
fn random<T: Real>(problem: &Problem<'_, T>, sizes: Sizes, seed: u64) -> Point<T> {
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
            let mut exponent = [T::zero()];
            if sizes == Sizes::Spread {
                fill_at_random(&mut exponent, &mut generator);
            }
            let spread = (SPREAD * exponent[0].to_f64()).round() as i32;
            fill_at_random(&mut row[..rank], &mut generator);
            for entry in &mut row[..rank] {
                *entry *= size.scale_by_power_of_two(spread);
                if problem.signs == Signs::NonNegative {
                    *entry = entry.abs();
                }
            }
        }
    }
    point
}
