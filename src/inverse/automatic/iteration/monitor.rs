//! Following a descent from outside.

use nalgebra::DMatrix;

use crate::descent::StopReason;
use crate::numerics::real::Real;

/// Follows a descent from iterate to iterate.
pub(crate) trait Monitor<T: Real> {
    /// Sees the iterate, with the loss ‖I − XM‖²_F; a reason ends the descent.
    fn see(&mut self, x: &DMatrix<T>, loss: f64, estimate: Estimate<'_, T>) -> Option<StopReason>;

    /// Sees the loss of an iterate if nothing else is observed.
    fn see_loss(&mut self, loss: f64) -> Option<StopReason>;

    /// Whether more than the losses is observed.
    fn watches(&self) -> bool;

    /// X has changed: a step was taken.
    fn advance(&mut self);

    /// The descent begins again from another start.
    fn restart(&mut self);
}

/// The product available for the iterate X.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Estimate<'a, T> {
    /// C = XM.
    Image(&'a DMatrix<T>),
    /// I − XM.
    Residual(&'a DMatrix<T>),
}

/// Lets a descent run without a limit.
#[cfg(test)]
pub(crate) struct Unwatched;

#[cfg(test)]
impl Monitor<f64> for Unwatched {
    fn see(&mut self, _: &DMatrix<f64>, _: f64, _: Estimate<'_, f64>) -> Option<StopReason> {
        None
    }

    fn see_loss(&mut self, _: f64) -> Option<StopReason> {
        None
    }

    fn watches(&self) -> bool {
        false
    }

    fn advance(&mut self) {}

    fn restart(&mut self) {}
}
