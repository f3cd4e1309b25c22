//! From a start along a falling ridge.

use crate::completion::fit::alternating::{Goal, alternate};
use crate::completion::fit::monitor::Monitor;
use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Penalty;
use crate::descent::Silent;
use crate::numerics::real::Real;

/// The first ridge relative to √(Σ w·m²/k), about the size of a singular value.
const FIRST: f64 = 0.3;

/// What the ridge is multiplied by.
const FALL: f64 = 0.5;

/// The ridges.
const STAGES: usize = 10;

/// The passes with each ridge, at most.
const PASSES: usize = 30;

/// The minimum with one ridge need not be accurate to begin with the next.
const TOLERANCE: f64 = 1e-4;

/// The end of a path of minima with a falling ridge, from a strong one down to that of the problem,
/// and the passes it took: strong ridges leave few components, which the weak ones add to, and keep
/// factors from growing without bound where few entries are known.
pub(in crate::completion) fn continued<T: Real>(
    problem: &Problem<'_, T>,
    mut point: Point<T>,
) -> (Point<T>, usize) {
    let number = <T as Real>::from_f64;
    let size = (problem.total() / T::from_count(problem.layout.rank)).sqrt();
    let mut ridge = number(FIRST) * size;
    let goal = Goal {
        tolerance: number(TOLERANCE),
        passes: PASSES,
    };
    let mut monitor = Monitor::new(Silent, usize::MAX, false);
    for _ in 0..STAGES {
        if ridge <= problem.penalty.factors {
            break;
        }
        let with_ridge = Problem {
            penalty: Penalty {
                factors: ridge,
                biases: problem.penalty.biases,
            },
            ..*problem
        };
        point = alternate(&with_ridge, point, goal, &mut monitor).point;
        ridge *= number(FALL);
    }
    (point, monitor.steps())
}
