//! How good an iterate is, and the best iterate of an inner iteration.

use crate::numerics::real::Real;
use crate::solve::solution::BackwardError;

/// How good an iterate of the scaled problem is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Status<T> {
    pub(super) error: BackwardError<T>,
    pub(super) loss: T,
}

impl<T: Real> Status<T> {
    /// Whether the backward error or the residual is at most half of what it was; not if the loss has
    /// been 0 before, by underflow.
    pub(super) fn has_halved(&self, before: &Self) -> bool {
        let (error, earlier) = (self.error.smallest(), before.error.smallest());
        error <= <T as Real>::from_f64(0.5) * earlier
            || self.loss < <T as Real>::from_f64(0.25) * before.loss
    }
}

/// The iterate of an inner iteration with the least backward error, among those whose loss is no
/// higher than at the start of the iteration.
///
/// Once rounding has spoilt conjugacy, later iterates can be far worse.
#[derive(Debug)]
pub(super) struct LeastError<T> {
    pub(super) x: Vec<T>,
    pub(super) error: T,
    pub(super) loss: T,
    highest_loss: T,
}

impl<T: Real> LeastError<T> {
    pub(super) fn new(dimension: usize) -> Self {
        Self {
            x: vec![T::zero(); dimension],
            error: T::MAX,
            loss: T::MAX,
            highest_loss: T::MAX,
        }
    }

    pub(super) fn begin(&mut self, highest_loss: T) {
        (self.error, self.loss) = (T::MAX, T::MAX);
        self.highest_loss = highest_loss;
    }

    /// Keeps an iterate whose error has fallen by more than a hundredth or whose loss has fallen to
    /// a quarter; returns whether it did.
    pub(super) fn takes(&mut self, x: &[T], status: &Status<T>) -> bool {
        let error = status.error.smallest();
        let is_lower = status.loss <= self.highest_loss;
        let has_fallen = (is_lower && error < self.error * <T as Real>::from_f64(0.99))
            || status.loss < <T as Real>::from_f64(0.25) * self.loss;
        if has_fallen {
            self.x.copy_from_slice(x);
            (self.error, self.loss) = (error, status.loss);
        }
        has_fallen
    }

    /// Whether the error has risen so far that rounding must have spoilt the directions; rises
    /// of up to κ are normal on the way down.
    pub(super) fn is_far_below(&self, status: &Status<T>) -> bool {
        self.error < status.error.smallest() * T::EPSILON.sqrt()
    }
}
