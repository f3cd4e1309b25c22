//! Whether a preconditioner pays.

/// Whether the preconditioner is used, by how fast the residuals fell.
pub(super) struct Pace {
    pub(super) uses_preconditioner: bool,
    /// Without and with.
    pub(super) rates: [Option<f64>; 2],
    /// Σln r at the last restart, with the number of steps.
    pub(super) last: Option<(f64, usize)>,
    pub(super) cycles: usize,
}

/// A cycle of steps that lowers the residuals by less than this factor is a reason to try the other
/// way.
const SLOW: f64 = 10.0;

/// Every so many cycles the slower way is tried again.
const RETRIAL: usize = 8;

impl Pace {
    pub(super) fn new(has_preconditioner: bool) -> Self {
        Self {
            uses_preconditioner: has_preconditioner,
            rates: [None; 2],
            last: None,
            cycles: 0,
        }
    }

    pub(super) fn see(&mut self, logarithm: f64, steps: usize) {
        let of_cycle = self.last.map(|(before, since)| {
            let taken = steps.saturating_sub(since).max(1);
            (before - logarithm, taken as f64)
        });
        self.last = Some((logarithm, steps));
        let Some((fallen, taken)) = of_cycle else {
            return;
        };
        self.cycles += 1;
        let mode = usize::from(self.uses_preconditioner);
        self.rates[mode] = Some(fallen / taken);
        self.uses_preconditioner = match self.rates {
            [Some(without), Some(with)] => (with >= without) ^ self.cycles.is_multiple_of(RETRIAL),
            _ if fallen < SLOW.ln() => !self.uses_preconditioner,
            _ => self.uses_preconditioner,
        };
    }
}
