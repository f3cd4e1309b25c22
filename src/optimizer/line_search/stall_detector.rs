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

#[cfg(test)]
mod tests {
    use super::{PATIENCE, StallDetector};

    /// Whether the descent is at rest after each of these losses and norms of the gradient.
    fn rests(records: impl IntoIterator<Item = (f64, f64)>) -> Vec<bool> {
        let mut detector = StallDetector::new();
        records
            .into_iter()
            .map(|(loss, norm)| detector.record(loss, norm))
            .collect()
    }

    #[test]
    fn a_descent_rests_after_its_patience_without_a_record() {
        let same = [(1.0, 1.0); PATIENCE + 1];
        let found = rests(same);
        assert!(found[PATIENCE]);
        assert!(found[..PATIENCE].iter().all(|&rests| !rests));
        // A record of either kind, and no other, begins the count again.
        for (record, is_one) in [
            ((0.5, 2.0), true),
            ((2.0, 0.5), true),
            ((1.0, 1.0), false),
            ((2.0, 2.0), false),
            ((f64::NAN, f64::NAN), false),
        ] {
            let mut records = same.to_vec();
            records[PATIENCE - 1] = record;
            assert_eq!(!rests(records)[PATIENCE], is_one, "{record:?}");
        }
        // What counts is the best so far, not the last.
        let worse = |k: usize| (if k == 0 { 1.0 } else { 100.0 - k as f64 }, 1.0);
        assert!(rests((0..=PATIENCE).map(worse))[PATIENCE]);
        let steeper = |k: usize| (1.0, if k == 0 { 1.0 } else { 100.0 - k as f64 });
        assert!(rests((0..=PATIENCE).map(steeper))[PATIENCE]);
    }
}
