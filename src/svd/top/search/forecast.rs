//! When a search will be at its goal.

use crate::numerics::real::Real;

/// Gradients fall by about the same factor at each step: a look at them, which costs more than some
/// steps, waits until they should be small enough.
pub(super) struct Forecast<T> {
    steps: usize,
    gradient: T,
    due: usize,
}

impl<T: Real> Forecast<T> {
    /// To look after `first` steps, and then by the forecast.
    pub(super) fn new(first: usize) -> Self {
        Self {
            steps: 0,
            gradient: T::one(),
            due: first,
        }
    }

    pub(super) fn is_due(&self, steps: usize) -> bool {
        steps >= self.due
    }

    /// After these steps the gradient was this.
    pub(super) fn see(&mut self, steps: usize, gradient: T, tolerance: T) {
        let taken = T::from_count(steps - self.steps).to_f64();
        let fall = (self.gradient / gradient).to_f64().ln() / taken;
        let wanted = (gradient / tolerance).to_f64().ln();
        // As many as 10¹⁸ where it does not fall; NaN counts as 0.
        let left = (wanted / fall.max(1e-6)).max(1.0).ceil() as usize;
        (self.steps, self.gradient) = (steps, gradient);
        self.due = steps.saturating_add(left.max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::Forecast;

    #[test]
    fn the_goal_is_met_where_gradients_fall_evenly() {
        let mut forecast = Forecast::new(4);
        assert!(forecast.is_due(4) && !forecast.is_due(3));
        forecast.see(5, 1e-5, 1e-12);
        assert!(forecast.is_due(12) && !forecast.is_due(11));
        forecast.see(12, 1e-5, 1e-12);
        assert!(!forecast.is_due(1000));
    }
}
