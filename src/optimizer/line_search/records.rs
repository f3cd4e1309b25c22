//! Whether a descent still gets anywhere.

use crate::numerics::real::Real;

/// The steps in a row without a record after which a descent is at rest.
const PATIENCE: usize = 20;

/// The lowest loss and the least gradient so far.
///
/// Far from a minimum every step of a line search lowers the loss. Where the loss has reached its
/// rounding, steps go on by their slopes, and either breaks a record now and then until both are
/// noise.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::optimizer) struct Records<T> {
    pub(in crate::optimizer) lowest_loss: T,
    pub(in crate::optimizer) least_gradient_norm: T,
    pub(in crate::optimizer) idle_steps: usize,
}

impl<T: Real> Records<T> {
    pub(in crate::optimizer) fn new() -> Self {
        Self {
            lowest_loss: T::MAX,
            least_gradient_norm: T::MAX,
            idle_steps: 0,
        }
    }

    /// Takes note of a step; says whether the descent is at rest.
    pub(super) fn see(&mut self, loss: T, gradient_norm: T) -> bool {
        let is_record = loss < self.lowest_loss || gradient_norm < self.least_gradient_norm;
        self.lowest_loss = self.lowest_loss.min(loss);
        self.least_gradient_norm = self.least_gradient_norm.min(gradient_norm);
        self.idle_steps = if is_record { 0 } else { self.idle_steps + 1 };
        self.idle_steps >= PATIENCE
    }
}
