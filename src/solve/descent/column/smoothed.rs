//! The combination of the iterates whose gradient is the shortest.

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::{add_multiple, dot};
use crate::numerics::real::Real;

/// The affine combination x̃ of the iterates so far with the shortest gradient, found step by step.
///
/// The gradients of conjugate gradients swing, by up to κ, while this one only falls; for least
/// squares without a preconditioner x̃ is the iterate of LSMR, which reaches a given gradient in
/// about a tenth fewer steps.
///
/// Sources: Zhou and Walker, "Residual smoothing techniques for iterative methods", 1994; Fong and
/// Saunders, "LSMR: an iterative algorithm for sparse least-squares problems", 2011.
#[derive(Debug)]
pub(super) struct Smoothed<T> {
    pub(super) x: Vec<T>,
    pub(super) downhill: Vec<T>,
}

impl<T: Real> Smoothed<T> {
    pub(super) fn new(dimension: usize) -> Self {
        Self {
            x: vec![T::zero(); dimension],
            downhill: vec![T::zero(); dimension],
        }
    }

    /// Begins at an iterate.
    pub(super) fn begin(&mut self, x: &[T], downhill: &[T]) {
        self.x.copy_from_slice(x);
        self.downhill.copy_from_slice(downhill);
    }

    /// Goes from x̃ towards the next iterate, as far as the gradient gets shorter.
    pub(super) fn add<A: LinearMap<T> + ?Sized>(&mut self, map: &A, x: &[T], downhill: &[T]) {
        let mut products = [
            dot(&self.downhill, &self.downhill),
            dot(&self.downhill, downhill),
            dot(downhill, downhill),
        ];
        Space::Domain.sum(map, &mut products);
        let [own, mixed, new] = products;
        // The minimiser of ‖g̃ + τ·(g − g̃)‖².
        let share = (own - mixed) / (own - (mixed + mixed) + new);
        // Not for NaN.
        if share > T::zero() && share <= T::one() {
            scale_towards(&mut self.x, share, x);
            scale_towards(&mut self.downhill, share, downhill);
        }
    }
}

/// from ← from + share·(to − from).
fn scale_towards<T: Real>(from: &mut [T], share: T, to: &[T]) {
    let rest = T::one() - share;
    for value in &mut *from {
        *value *= rest;
    }
    add_multiple(from, share, to);
}
