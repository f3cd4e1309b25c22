//! When a Krylov space is worth a look.

/// A look at the Ritz values takes the decomposition of a matrix of the basis' size, which costs more
/// than some steps. Residuals fall by about the same factor at each step: the next look comes half
/// way to where they should be small enough, so that the search goes too far by a step at most.
pub(super) struct Forecast {
    /// The steps between looks, at least.
    spacing: usize,
    /// The steps and the logarithm of the excess at the last look.
    last: Option<(usize, f64)>,
    due: usize,
}

/// The operations of a decomposition of order m, in m³ (measured).
const OF_DECOMPOSITION: usize = 60;

/// A look costs no more than this part of the steps since the one before.
const PART: usize = 4;

impl Forecast {
    /// For vectors of this `order`, a basis of `capacity` vectors that grows by `width` at a step;
    /// the `first` look after so many steps.
    pub(super) fn new(order: usize, capacity: usize, width: usize, first: usize) -> Self {
        let look = OF_DECOMPOSITION.saturating_mul(capacity.saturating_pow(3)) / PART;
        // Orthogonalised once, against half of the capacity and more.
        let step = 4_usize
            .saturating_mul(order * width)
            .saturating_mul(capacity);
        Self {
            spacing: look / step.max(1),
            last: None,
            due: first,
        }
    }

    pub(super) fn is_due(&self, steps: usize) -> bool {
        steps >= self.due
    }

    /// After these steps the residuals were so many times what they have to be, if known.
    pub(super) fn see(&mut self, steps: usize, excess: Option<f64>) {
        let now = excess.filter(|excess| *excess > 1.0 && excess.is_finite());
        let now = now.map(|excess| (steps, excess.ln()));
        let left = match (self.last, now) {
            (Some((before, higher)), Some((_, lower))) if higher > lower && steps > before => {
                let fall = (higher - lower) / (steps - before) as f64;
                (0.5 * lower / fall) as usize
            }
            _ => 0,
        };
        let left = left.min(steps / 2).max(self.spacing).max(1);
        self.last = now;
        self.due = steps.saturating_add(left);
    }
}

#[cfg(test)]
mod tests {
    use super::Forecast;

    #[test]
    fn a_look_comes_half_way_to_the_goal() {
        let mut forecast = Forecast::new(1_000_000, 40, 2, 30);
        assert!(forecast.is_due(30) && !forecast.is_due(29));
        forecast.see(30, Some(1e6_f64.exp()));
        forecast.see(30, Some(40.0_f64.exp()));
        assert!(forecast.is_due(31));
        forecast.see(40, Some(20.0_f64.exp()));
        assert!(forecast.is_due(45) && !forecast.is_due(44));
        forecast.see(45, Some(10.0_f64.exp()));
        assert!(forecast.is_due(47) && !forecast.is_due(46));
        // Where nothing is known, the next step.
        forecast.see(47, None);
        assert!(forecast.is_due(48));
    }

    #[test]
    fn looks_are_rare_where_they_cost_more_than_steps() {
        let mut forecast = Forecast::new(6000, 440, 2, 0);
        forecast.see(100, Some(10.0));
        assert!(!forecast.is_due(120) && forecast.is_due(180));
    }
}
