//! Whether a descent still makes progress.

use crate::numerics::real::Real;

/// The descent has stalled after this many steps in a row without a new lowest loss or gradient
/// norm.
const PATIENCE: usize = 20;

/// The lowest loss and the smallest gradient norm so far.
///
/// Far from a minimum every step of a line search lowers the loss. Once the loss changes only by
/// rounding, steps follow the slopes, and a new minimum of one of the two appears now and then
/// until both are noise.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::optimizer) struct StallDetector<T> {
    pub(in crate::optimizer) lowest_loss: T,
    pub(in crate::optimizer) least_gradient_norm: T,
    pub(in crate::optimizer) idle_steps: usize,
}

impl<T: Real> StallDetector<T> {
    pub(in crate::optimizer) fn new() -> Self {
        Self {
            lowest_loss: T::MAX,
            least_gradient_norm: T::MAX,
            idle_steps: 0,
        }
    }

    /// StallDetector a step; returns whether the descent has stalled.
    pub(super) fn record(&mut self, loss: T, gradient_norm: T) -> bool {
        let is_record = loss < self.lowest_loss || gradient_norm < self.least_gradient_norm;
        self.lowest_loss = self.lowest_loss.min(loss);
        self.least_gradient_norm = self.least_gradient_norm.min(gradient_norm);
        self.idle_steps = if is_record { 0 } else { self.idle_steps + 1 };
        self.idle_steps >= PATIENCE
    }
}
