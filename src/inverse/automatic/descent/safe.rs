//! The descent that takes no risk, for matrices on which the fast one gives no clear answer.

use nalgebra::DMatrix;

use crate::inverse::automatic::descent::descent::Ending;
use crate::inverse::automatic::descent::monitor::{Estimate, Monitor};
use crate::inverse::automatic::descent::plan::Goal;
use crate::inverse::automatic::descent::workspace::Workspace;
use crate::numerics::matrix::{squared_distance_from_identity, subtract_from_identity};
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;

/// A loss whose square is less than half of it by a wide margin.
const NEAR: f64 = 0.25;

/// Schulz's iteration X ← X + (I − XM)·X from the scaled transpose, with a fresh product XM in every
/// step.
///
/// The eigenvalues of XM stay in (0, 1] and the tiny ones double in each step, so that the loss
/// falls by itself and rounding stays harmless (Söderström and Stewart, "On the numerical properties
/// of an iterative method for computing the Moore–Penrose generalized inverse", 1974). It takes up
/// to 2·log₂(1/u) + log₂n steps of two products: as many doublings as can tell a tiny eigenvalue
/// from rounding.
pub(crate) fn descend_safely<T: Real>(
    matrix: &DMatrix<T>,
    x: &mut DMatrix<T>,
    goal: Goal,
    w: &mut Workspace<T>,
    counter: &mut ProductCounter,
    monitor: &mut dyn Monitor<T>,
) -> Ending {
    let n = x.nrows();
    let doublings = 2 * T::MANTISSA_DIGITS + usize::BITS - n.leading_zeros();
    let mut loss = f64::INFINITY;
    for _ in 0..doublings {
        let before = loss;
        counter.multiply(&mut w.image, x, matrix);
        loss = squared_distance_from_identity(&w.image);
        if let Some(reason) = monitor.see(x, loss, Estimate::Image(&w.image)) {
            return Ending::Stopped(reason);
        }
        if !loss.is_finite() {
            return Ending::Broken;
        }
        // Near the solution the loss becomes its square at the most, unless it is rounding.
        let is_rounding = before < NEAR && loss > 0.5 * before;
        if loss.sqrt() <= goal.loose || is_rounding {
            return Ending::Converged;
        }
        subtract_from_identity(&mut w.image);
        counter.multiply(&mut w.direction, &w.image, x);
        *x += &w.direction;
        monitor.advance();
    }
    Ending::Singular
}
