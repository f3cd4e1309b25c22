//! The ways to a minimum.

use crate::completion::fit::alternating::Goal;
use crate::completion::fit::minimise;
use crate::completion::fit::monitor::{Ended, Monitor};
use crate::completion::fit::problem::{Point, Problem};
use crate::descent::Observer;
use crate::numerics::real::Real;

/// A way from a start to a minimum: [`Alternating`].
///
/// Sealed.
pub trait Method<T: Real>: Descend<T> {}

/// The operation of a method, not visible to other crates.
pub trait Descend<T: Real> {
    /// Descends from `start` to the next minimum.
    #[doc(hidden)]
    fn descend<O: Observer<T>>(
        &self,
        problem: &Problem<'_, T>,
        start: Point<T>,
        goal: Goal<T>,
        monitor: &mut Monitor<T, O>,
    ) -> Ended<T>;
}

/// The default: alternating least squares, accelerated by Anderson's mixing; on small problems a few
/// passes of it, then damped Newton steps on both factors at once.
///
/// A pass moves each row of one factor to its exact minimum, a k×k system solved by Cholesky's
/// method, then each row of the other. It is a descent by blocks, from which the mixing takes the next
/// point like GMRES from gradients.
///
/// Other methods on both factors at once take longer, or the same time on small problems. Seconds of one
/// thread until the regularised loss of drawn ratings (rank 10 and biases) was within 10⁻³ and within 10⁻⁵
/// of the lowest, from the same point (2026-11-29, Intel Xeon model 167, shared with other programs;
/// `cargo bench --bench completion_methods`):
///
/// | | 1,000×600, 60,000 known | 6,040×3,700, 10⁶ known |
/// |---|---|---|
/// | alternating, mixed | 0.11, 0.14 | 0.72, 0.99 |
/// | L-BFGS | 0.12, 0.16 | 2.15, 3.14 |
/// | L-BFGS, rows scaled by their counts | 0.12, 0.14 | 1.58, 1.96 |
/// | conjugate gradients | 0.11, 0.20 | 3.03, 4.21 |
/// | conjugate gradients, rows scaled | 0.11, 0.17 | 2.59, 3.29 |
///
/// Sources: Zhou, Wilkinson, Schreiber and Pan, "Large-scale parallel collaborative filtering for the
/// Netflix prize", 2008; Walker and Ni, "Anderson acceleration for fixed-point iterations", 2011.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Alternating;

impl<T: Real> Method<T> for Alternating {}

impl<T: Real> Descend<T> for Alternating {
    fn descend<O: Observer<T>>(
        &self,
        problem: &Problem<'_, T>,
        start: Point<T>,
        goal: Goal<T>,
        monitor: &mut Monitor<T, O>,
    ) -> Ended<T> {
        minimise(problem, start, goal, monitor)
    }
}
