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

#[cfg(test)]
mod tests {
    use super::{LeastError, Status};
    use crate::solve::solution::BackwardError;

    fn status(error: f64, loss: f64) -> Status<f64> {
        Status {
            error: BackwardError {
                residual: 1.0,
                relative_residual: 1.0,
                of_system: 2.0 * error,
                of_least_squares: Some(error),
            },
            loss,
        }
    }

    #[test]
    fn half_the_error_or_a_quarter_of_the_loss_is_half() {
        let before = status(4.0, 8.0);
        for (error, loss, expected) in [
            (2.0, 8.0, true),
            (2.1, 8.0, false),
            (2.1, 1.9, true),
            (2.1, 2.0, false),
            (1.0, 9.0, true),
            (9.0, 1.0, true),
            (f64::NAN, f64::NAN, false),
        ] {
            let found = status(error, loss).has_halved(&before);
            assert_eq!(found, expected, "{error}, {loss}");
        }
        // By underflow.
        assert!(!status(4.0, 0.0).has_halved(&status(4.0, 0.0)));
    }

    #[test]
    fn the_iterate_kept_is_that_of_the_least_error() {
        let mut least = LeastError::new(1);
        least.begin(8.0);
        for (error, loss, is_taken) in [
            (4.0, 8.0, true),
            // Not by more than a hundredth.
            (3.97, 7.0, false),
            (4.0 * 0.99, 7.0, false),
            (3.95, 7.0, true),
            (1.0, 8.1, false),
            (3.9, 1.9, true),
            (5.0, 0.475, false),
            (5.0, 0.47, true),
            (6.0, 0.4, false),
            (4.9, 8.0, true),
        ] {
            let name = format!("{error}, {loss}");
            assert_eq!(
                least.takes(&[error], &status(error, loss)),
                is_taken,
                "{name}"
            );
            assert_eq!(is_taken, least.x == [error], "{name}");
            assert_eq!(
                is_taken,
                (least.error, least.loss) == (error, loss),
                "{name}"
            );
        }
        // The loss of an earlier iteration limits nothing.
        least.begin(1.0);
        assert!(!least.takes(&[7.0], &status(0.1, f64::MAX)));
        assert!(least.takes(&[7.0], &status(9.0, 1.0)));
    }

    #[test]
    fn an_error_is_far_above_the_least_beyond_the_root_of_epsilon() {
        let mut least = LeastError::new(1);
        least.begin(8.0);
        assert!(least.takes(&[0.0], &status(1.0, 1.0)));
        let root = f64::EPSILON.sqrt();
        for (error, expected) in [(0.9 / root, false), (1.0 / root, false), (1.1 / root, true)] {
            assert_eq!(
                least.is_far_below(&status(error, 1.0)),
                expected,
                "{error:e}"
            );
        }
    }
}
