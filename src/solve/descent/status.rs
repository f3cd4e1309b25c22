//! How good an iterate is.

use crate::numerics::real::Real;
use crate::solve::solution::BackwardError;

/// How good an iterate of the scaled problem is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Status<T> {
    pub(super) error: BackwardError<T>,
    pub(super) loss: T,
}

impl<T: Real> Status<T> {
    /// Whether the backward error or the residual is at most half of what it was.
    pub(super) fn has_halved(&self, before: &Self) -> bool {
        let (error, earlier) = (self.error.smallest(), before.error.smallest());
        error <= <T as Real>::from_f64(0.5) * earlier
            || self.loss <= <T as Real>::from_f64(0.25) * before.loss
    }
}
