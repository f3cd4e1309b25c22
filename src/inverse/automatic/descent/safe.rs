//! A slower descent without risk, for matrices on which the fast one gives no clear answer.

use std::mem::swap;

use crate::inverse::automatic::descent::chebyshev::apply_step;
use crate::inverse::automatic::descent::natural::{DescentOutcome, REGULAR_BELOW};
use crate::inverse::automatic::descent::plan::ResidualThresholds;
use crate::inverse::automatic::descent::polynomial::ChebyshevStep;
use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::iteration::monitor::Estimate;
use crate::numerics::matrix::{squared_distance_from_identity, subtract_from_identity};
use crate::numerics::product::counter::Symmetry;
use crate::numerics::real::Real;

/// A loss whose square is far below half of the loss.
const NEAR: f64 = 0.25;

/// A long step doubles tiny eigenvalues this many times, or very nearly.
const DOUBLINGS: usize = 6;

/// Long steps serve eigenvalues below this; they leave others about where they are.
const GROWN: f64 = 0.05;

/// The order from which an estimate of the spectrum takes less time than a product.
const ESTIMATE_FROM: usize = 64;

/// The rounding of XM, about ε·‖X‖_F·‖M‖_F/√n, beyond which a long step, whose slope magnifies it
/// 63 times, might turn the sign of an eigenvalue.
const MOST_ROUNDING: f64 = 1e-3;

/// The doublings that are left once X is that large: the first eigenvalue of XM to arrive at 1 has
/// a σ of about 1000·ε·‖M‖, where that of σ = ε·‖M‖ is 10⁻⁶. From there to 0.5 it is 20, and then
/// each step squares the distance from 1.
const LAST_DOUBLINGS: usize = 32;

/// X ← X·p from the scaled transpose, with a new product XM in every step, so that all eigenvalues
/// of XM stay in (0, 1], none falls, and the tiny ones grow.
///
/// As in Schulz's iteration X ← X + (I − XM)·X, the loss falls without a line search and rounding
/// stays harmless (Söderström and Stewart, "On the numerical properties of an iterative method for
/// computing the Moore–Penrose generalized inverse", 1974). While some eigenvalues are tiny and
/// the rounding of XM is small, each step is the longest of degree nine with these properties: the
/// tiny eigenvalues grow 63 times in five products, where Schulz's iteration doubles them in two.
/// The doublings add up to 2·log₂(1/u) + log₂n: enough to tell a tiny eigenvalue from rounding.
pub(crate) fn descend_safely<T: Real>(
    iteration: &mut Iteration<'_, T>,
    thresholds: ResidualThresholds,
) -> DescentOutcome {
    iteration.workspace.prepare();
    let n = iteration.x.nrows();
    let long_step = ChebyshevStep::longest_without_fall();
    let mut doublings =
        2 * T::MANTISSA_DIGITS as usize + (usize::BITS - n.leading_zeros()) as usize;
    let mut loss = f64::INFINITY;
    while doublings > 0 {
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
        let is_accurate = rounding_of_image(iteration) <= MOST_ROUNDING;
        if !is_accurate {
            doublings = doublings.min(LAST_DOUBLINGS);
        }
        if is_accurate && loss >= REGULAR_BELOW && may_have_tiny_eigenvalues(iteration) {
            apply_step(&long_step, Symmetry::General, iteration);
            swap(iteration.x, &mut iteration.workspace.momentum);
            doublings = doublings.saturating_sub(DOUBLINGS);
        } else {
            let w = &mut *iteration.workspace;
            subtract_from_identity(&mut w.image);
            (iteration.counter).multiply(&mut w.direction, &w.image, iteration.x);
            *iteration.x += &w.direction;
            doublings -= 1;
        }
        iteration.monitor.advance();
    }
    DescentOutcome::Singular
}

/// ε·‖X‖_F·‖M‖_F/√n.
fn rounding_of_image<T: Real>(iteration: &Iteration<'_, T>) -> f64 {
    let condition = iteration.x.norm().to_f64() * iteration.matrix.norm().to_f64();
    T::EPSILON.to_f64() * condition / (iteration.x.nrows() as f64).sqrt()
}

/// May some eigenvalues of C be below what long steps serve?
fn may_have_tiny_eigenvalues<T: Real>(iteration: &mut Iteration<'_, T>) -> bool {
    if iteration.x.nrows() < ESTIMATE_FROM {
        return true;
    }
    let w = &mut *iteration.workspace;
    w.lanczos.ritz_values(&w.image, &mut w.ritz);
    w.ritz.first().is_none_or(|ritz| ritz.value < GROWN)
}
