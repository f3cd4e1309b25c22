//! A bar on the terminal.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{ProgressDrawTarget, ProgressStyle};

use crate::descent::{Observer, Progress};
use crate::numerics::real::Real;

/// The time between two drawings: to format and to draw would take longer than a small step.
const INTERVAL: Duration = Duration::from_millis(50);
/// The length of a bar that measures no steps.
const FINEST: f64 = 1000.0;

/// Draws how far a run has come, with its step and its loss.
///
/// The bar stands on the standard error stream, if that is a terminal, and is drawn at most 20 times
/// a second. When the run is over it stays, with the last iterate. What it measures is one's choice:
///
/// - [`steps`](Self::steps): the steps taken, of those allowed;
/// - [`loss`](Self::loss): the decades that the loss has fallen, of those to the goal. At a linear
///   rate of convergence that is proportional to time.
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, MeanSquaredError, Sgd, Stopping};
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::watch::ProgressBar;
///
/// let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
/// let stopping = Stopping::default().loss(1e-20);
/// minimize(objective, Sgd::new(0.25), vec![0.0], stopping, ProgressBar::loss(1e-20))?;
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Debug)]
pub struct ProgressBar {
    bar: indicatif::ProgressBar,
    measure: Measure,
    last: Option<Seen>,
    drawn: Option<Instant>,
}

/// What the length of a bar stands for.
#[derive(Clone, Copy, Debug)]
enum Measure {
    Steps,
    Decades { first: f64, goal: f64 },
}

/// The last iterate.
#[derive(Clone, Copy, Debug)]
struct Seen {
    step: usize,
    loss: f64,
}

impl ProgressBar {
    /// A bar that is full after `limit` steps.
    #[must_use]
    pub fn steps(limit: usize) -> Self {
        Self::new(Measure::Steps, limit as u64)
    }

    /// A bar that is full where the loss is at most `goal`; on the way it is the fraction
    /// log(f₀/f)/log(f₀/goal), and empty where that is no number. f₀ is the loss at step 0, or the
    /// first that is seen of a run which goes on.
    #[must_use]
    pub fn loss(goal: f64) -> Self {
        let first = f64::NAN;
        Self::new(Measure::Decades { first, goal }, FINEST as u64)
    }

    fn new(measure: Measure, length: u64) -> Self {
        let template = match measure {
            Measure::Steps => "{elapsed} {bar:40} {percent:>3} % of the steps, {msg}",
            Measure::Decades { .. } => "{elapsed} {bar:40} {percent:>3} % of the way, {msg}",
        };
        let style = ProgressStyle::with_template(template);
        let bar =
            indicatif::ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            bar,
            measure,
            last: None,
            drawn: None,
        }
    }

    /// Draws to another place.
    #[must_use]
    pub fn draw_to(self, target: ProgressDrawTarget) -> Self {
        self.bar.set_draw_target(target);
        self
    }

    fn draw(&mut self, seen: Seen) {
        self.drawn = Some(Instant::now());
        let Seen { step, loss } = seen;
        self.bar
            .set_message(format!("step {step}, loss {loss:.3e}"));
        self.bar.set_position(self.measure.position(seen));
    }
}

impl Measure {
    fn begin_at(&mut self, loss: f64) {
        if let Self::Decades { first, .. } = self {
            *first = loss;
        }
    }

    fn position(self, seen: Seen) -> u64 {
        match self {
            Self::Steps => seen.step as u64,
            Self::Decades { first, goal } => {
                let fraction = if seen.loss <= goal {
                    1.0
                } else {
                    (first / seen.loss).ln() / (first / goal).ln()
                };
                // NaN becomes 0.
                (FINEST * fraction.clamp(0.0, 1.0)) as u64
            }
        }
    }
}

impl<T: Real> Observer<T> for ProgressBar {
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        let seen = Seen {
            step: progress.step,
            loss: progress.loss.to_f64(),
        };
        if progress.step == 0 || self.last.is_none() {
            self.measure.begin_at(seen.loss);
        }
        self.last = Some(seen);
        if self.drawn.is_none_or(|drawn| drawn.elapsed() >= INTERVAL) {
            self.draw(seen);
        }
        ControlFlow::Continue(())
    }

    fn watches(&self) -> bool {
        !self.bar.is_hidden()
    }
}

/// The last iterate of a run may lie between two drawings.
impl Drop for ProgressBar {
    fn drop(&mut self) {
        if let Some(seen) = self.last {
            self.draw(seen);
            self.bar.abandon();
        }
    }
}
