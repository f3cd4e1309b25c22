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
