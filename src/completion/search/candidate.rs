//! What a descent led to.

use crate::completion::fit::problem::Point;
use crate::completion::start::balance::Growth;
use crate::descent::StopReason;
use crate::numerics::real::Real;

/// The end of a descent.
#[derive(Clone, Debug)]
pub(in crate::completion) struct Candidate<T> {
    pub(in crate::completion) point: Point<T>,
    pub(in crate::completion) loss: T,
    pub(in crate::completion) reason: StopReason,
    /// Whether the fit is exact up to rounding.
    pub(in crate::completion) is_exact: bool,
    /// The prediction that grew without bound, if any.
    pub(in crate::completion) growth: Option<Growth<T>>,
}

impl<T: Real> Candidate<T> {
    pub(super) fn is_minimum(&self) -> bool {
        self.reason.is_convergence() && self.growth.is_none()
    }
}
