//! A slower descent without risk, for matrices on which the fast one gives no clear answer.

use crate::inverse::automatic::descent::natural::DescentOutcome;
use crate::inverse::automatic::descent::plan::ResidualThresholds;
use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::iteration::monitor::Estimate;
use crate::numerics::matrix::{squared_distance_from_identity, subtract_from_identity};
use crate::numerics::product::counter::Symmetry;
use crate::numerics::real::Real;

/// A loss whose square is far below half of the loss.
const NEAR: f64 = 0.25;

/// Schulz's iteration X ← X + (I − XM)·X from the scaled transpose, with a new product XM in every
/// step.
///
/// The eigenvalues of XM stay in (0, 1] and the tiny ones double in each step, so that the loss
/// falls without a line search and rounding stays harmless (Söderström and Stewart, "On the
/// numerical properties of an iterative method for computing the Moore–Penrose generalized
/// inverse", 1974). It takes up to 2·log₂(1/u) + log₂n steps of two products: enough doublings to
/// tell a tiny eigenvalue from rounding.
pub(crate) fn descend_safely<T: Real>(
    iteration: &mut Iteration<'_, T>,
    thresholds: ResidualThresholds,
) -> DescentOutcome {
    iteration.workspace.prepare();
    let n = iteration.x.nrows();
    let doublings = 2 * T::MANTISSA_DIGITS + usize::BITS - n.leading_zeros();
    let mut loss = f64::INFINITY;
    for _ in 0..doublings {
        let before = loss;
        iteration.write_image(Symmetry::General);
        let w = &mut *iteration.workspace;
        loss = squared_distance_from_identity(&w.image);
        let estimate = Estimate::Image(&w.image);
        if let Some(reason) = iteration.monitor.see(iteration.x, loss, estimate) {
            return DescentOutcome::Stopped(reason);
        }
        if !loss.is_finite() {
            return DescentOutcome::Broken;
        }
        // Near the solution the loss becomes at most its square, unless it is rounding.
        let is_rounding = before < NEAR && loss > 0.5 * before;
        if loss.sqrt() <= thresholds.third_order || is_rounding {
            return DescentOutcome::Converged;
        }
        subtract_from_identity(&mut w.image);
        (iteration.counter).multiply(&mut w.direction, &w.image, iteration.x);
        *iteration.x += &w.direction;
        iteration.monitor.advance();
    }
    DescentOutcome::Singular
}
