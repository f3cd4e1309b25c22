//! A bar on the terminal.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{ProgressDrawTarget, ProgressStyle};

use crate::descent::{Observer, Progress};
use crate::numerics::real::Real;

/// The time between two drawings: formatting and drawing take longer than a small step.
const INTERVAL: Duration = Duration::from_millis(50);
/// The length of a bar that does not count steps.
const RESOLUTION: f64 = 1000.0;

/// A progress bar on the terminal, with the step and the loss of the run.
///
/// The bar is drawn on the standard error stream, if that is a terminal, at most 20 times a second.
/// When the run is over it stays, showing the last iterate. Choose what it measures:
///
/// - [`steps`](Self::steps): the steps taken out of those allowed;
/// - [`loss`](Self::loss): the decades by which the loss has fallen, out of those to the goal. With
///   linear convergence that is proportional to time.
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
    last: Option<LastIterate>,
    drawn: Option<Instant>,
}

/// What a bar measures.
#[derive(Clone, Copy, Debug)]
enum Measure {
    Steps,
    Decades { first: f64, goal: f64 },
}

/// The last iterate.
#[derive(Clone, Copy, Debug)]
struct LastIterate {
    step: usize,
    loss: f64,
}

impl ProgressBar {
    /// A bar that is full after `limit` steps.
    #[must_use]
    pub fn steps(limit: usize) -> Self {
        Self::new(Measure::Steps, limit as u64)
    }

    /// A bar that is full when the loss is at most `goal`.
    ///
    /// Until then it is filled to the fraction log(f₀/f)/log(f₀/goal), and empty where that is NaN.
    /// f₀ is the loss at step 0, or the first loss seen of a resumed run.
    #[must_use]
    pub fn loss(goal: f64) -> Self {
        let first = f64::NAN;
        Self::new(Measure::Decades { first, goal }, RESOLUTION as u64)
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

    /// Draws to another target.
    #[must_use]
    pub fn draw_to(self, target: ProgressDrawTarget) -> Self {
        self.bar.set_draw_target(target);
        self
    }

    fn draw(&mut self, seen: LastIterate) {
        self.drawn = Some(Instant::now());
        let LastIterate { step, loss } = seen;
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

    fn position(self, seen: LastIterate) -> u64 {
        match self {
            Self::Steps => seen.step as u64,
            Self::Decades { first, goal } => {
                let fraction = if seen.loss <= goal {
                    1.0
                } else {
                    (first / seen.loss).ln() / (first / goal).ln()
                };
                // NaN becomes 0.
                (RESOLUTION * fraction.clamp(0.0, 1.0)) as u64
            }
        }
    }
}

impl<T: Real> Observer<T> for ProgressBar {
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        let seen = LastIterate {
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
