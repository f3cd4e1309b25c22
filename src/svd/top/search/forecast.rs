//! When a search will be at its goal.

use crate::numerics::real::Real;

/// Gradients fall faster from step to step: a look at them, which may cost more than a step, waits
/// for half of the steps that the last factor foretells, and never for more than a quarter of those
/// taken.
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
        let left = (wanted / fall.max(1e-6)).ceil() as usize;
        let wait = left.div_ceil(2).min((steps / 4).max(FEWEST)).max(1);
        (self.steps, self.gradient) = (steps, gradient);
        self.due = steps.saturating_add(wait);
    }
}

/// Few steps can be waited for, whatever the forecast.
const FEWEST: usize = 4;

#[cfg(test)]
mod tests {
    use super::Forecast;

    #[test]
    fn half_of_the_way_foretold_is_waited_for() {
        let mut forecast = Forecast::new(4);
        assert!(forecast.is_due(4) && !forecast.is_due(3));
        // A digit a step, and seven are missing.
        forecast.see(5, 1e-5, 1e-12);
        assert!(forecast.is_due(9) && !forecast.is_due(8));
        forecast.see(9, 1e-11, 1e-12);
        assert!(forecast.is_due(10));
    }

    #[test]
    fn where_gradients_do_not_fall_it_looks_now_and_then() {
        let mut forecast = Forecast::new(4);
        for gradient in [1e-5, 1e-5, 1e-4, f64::NAN] {
            forecast.see(100, gradient, 1e-12);
            assert!(forecast.is_due(125), "{gradient}");
        }
    }
}
