//! Which method completes ratings first: alternating least squares with Anderson's mixing, as
//! `complete_by_descent` does it, or this crate's L-BFGS or nonlinear conjugate gradients on all factors
//! and biases at once.
//!
//! `cargo bench --bench completion_methods` takes some minutes, and one gigabyte; `-- --test` a second.
//!
//! The ratings are drawn from the model of `completion.py`. All methods minimise the same loss, with
//! mean, biases, rank 10 and the same ridge, and begin at the first point that the completion shows, after
//! its start from singular vectors and half a pass; L-BFGS and conjugate gradients also in a metric in
//! which the rows are divided by the roots of their counts. They run on one thread, in turns. The table
//! has the seconds of processor time, the median over the rounds, from that point until the loss is within
//! so much of the lowest that any method reached, and the steps.

use std::ops::ControlFlow;
use std::time::Duration;

use matrix_descent::completion::{Baseline, Observations};
use matrix_descent::{
    CompletionConfig, ConjugateGradient, Lbfgs, Optimizer, Progress, Stopping, complete_by_descent,
    minimize,
};

use clock::thread_time;
use objective::{Metric, RANK, RatingsLoss};
use table::{Table, grouped};

#[path = "../clock.rs"]
mod clock;
mod objective;
mod ratings;
#[path = "../../support/table.rs"]
mod table;

const RIDGE: f64 = 5.0;

/// Above the lowest loss, relative to it.
const DISTANCES: [f64; 3] = [1e-3, 1e-4, 1e-5];

/// The end of a method that falls by less than this share of the loss in a step.
const TOLERANCE: f64 = 1e-9;

/// What is measured.
struct Extent {
    cases: &'static [(usize, usize, usize)],
    rounds: usize,
    /// A method that has not come to its minimum ends then.
    seconds: u64,
}

const FULL: Extent = Extent {
    cases: &[(1000, 600, 60_000), (6040, 3700, 1_000_000)],
    rounds: 3,
    seconds: 60,
};

const QUICK: Extent = Extent {
    cases: &[(100, 60, 2000)],
    rounds: 1,
    seconds: 1,
};

#[derive(Clone, Copy)]
enum Contender {
    Alternating,
    Lbfgs(Metric),
    ConjugateGradient(Metric),
}

const CONTENDERS: [(&str, Contender); 5] = [
    ("alternating, mixed", Contender::Alternating),
    ("L-BFGS", Contender::Lbfgs(Metric::Plain)),
    ("L-BFGS, scaled rows", Contender::Lbfgs(Metric::Counts)),
    (
        "conjugate gradients",
        Contender::ConjugateGradient(Metric::Plain),
    ),
    (
        "conjugate gradients, scaled rows",
        Contender::ConjugateGradient(Metric::Counts),
    ),
];

/// The seconds since the first point, and the loss, after each step.
type Trace = Vec<(f64, f64)>;

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let extent = if is_test { QUICK } else { FULL };
    for &(rows, columns, known) in extent.cases {
        let observations =
            Observations::from_triplets(rows, columns, ratings::drawn(rows, columns, known));
        let observations = observations.expect("distinct entries");
        let start = first_point(&observations);
        let mut traces = vec![Vec::new(); CONTENDERS.len()];
        for _ in 0..extent.rounds {
            for (&(_, contender), traces) in CONTENDERS.iter().zip(&mut traces) {
                let clock = Clock::new(Duration::from_secs(extent.seconds));
                traces.push(run(contender, &observations, start.clone(), clock));
            }
        }
        println!(
            "{} × {}, {} known, rank {RANK}, λ = {RIDGE}, one thread, {} rounds\n\n{}",
            grouped(rows),
            grouped(columns),
            grouped(known),
            extent.rounds,
            compared(&traces)
        );
    }
}

/// Records losses until the time is over.
struct Clock {
    most: Duration,
    started: Option<Duration>,
    trace: Trace,
}

impl Clock {
    fn new(most: Duration) -> Self {
        Self {
            most,
            started: None,
            trace: Vec::new(),
        }
    }

    fn see(&mut self, loss: f64) -> ControlFlow<()> {
        let now = thread_time();
        let elapsed = now - *self.started.get_or_insert(now);
        self.trace.push((elapsed.as_secs_f64(), loss));
        let count = self.trace.len();
        // A line search may have a poor step between good ones.
        let is_flat = count > 5 && self.trace[count - 6].1 - loss <= TOLERANCE * loss;
        if elapsed > self.most || is_flat {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

fn config() -> CompletionConfig<f64> {
    let config = CompletionConfig::default().baseline(Baseline::Biases);
    config.ridge(RIDGE).tolerance(0.0)
}

fn first_point(observations: &Observations<f64>) -> Vec<f64> {
    let mut point = Vec::new();
    let watch = |progress: &Progress<'_, f64>| {
        point.extend_from_slice(progress.parameters);
        ControlFlow::Break(())
    };
    let ended = complete_by_descent(observations, RANK, config().observer(watch));
    assert!(ended.is_err(), "the observer ends it");
    point
}

fn run(
    contender: Contender,
    observations: &Observations<f64>,
    start: Vec<f64>,
    clock: Clock,
) -> Trace {
    match contender {
        Contender::Alternating => completed(observations, clock),
        Contender::Lbfgs(metric) => minimised(Lbfgs::default(), metric, observations, start, clock),
        Contender::ConjugateGradient(metric) => {
            let rule = ConjugateGradient::default();
            minimised(rule, metric, observations, start, clock)
        }
    }
}

fn completed(observations: &Observations<f64>, mut clock: Clock) -> Trace {
    let watch = |progress: &Progress<'_, f64>| clock.see(progress.loss);
    let ended = complete_by_descent(observations, RANK, config().observer(watch));
    assert!(ended.is_err(), "the clock ends it");
    clock.trace
}

fn minimised<M: Optimizer<f64>>(
    rule: M,
    metric: Metric,
    observations: &Observations<f64>,
    start: Vec<f64>,
    mut clock: Clock,
) -> Trace {
    let objective = RatingsLoss::new(observations, RIDGE, metric);
    let start = objective.scaled(start);
    let watch = |progress: &Progress<'_, f64>| clock.see(progress.loss);
    let stopping = Stopping::default().max_steps(usize::MAX);
    minimize(objective, rule, start, stopping, watch).expect("a finite loss");
    clock.trace
}

fn compared(traces: &[Vec<Trace>]) -> Table {
    let every = traces.iter().flatten().flatten();
    let lowest = every.fold(f64::INFINITY, |lowest, &(_, loss)| lowest.min(loss));
    let mut header = vec!["method".to_owned()];
    header.extend(DISTANCES.map(|distance| format!("s to 1 + {distance:.0e}")));
    header.extend(["ms a step", "last − lowest"].map(str::to_owned));
    let rows = CONTENDERS.iter().zip(traces).map(|(&(name, _), rounds)| {
        let mut row = vec![name.to_owned()];
        row.extend(DISTANCES.map(|distance| time_to(rounds, lowest * (1.0 + distance))));
        let &(seconds, last) = rounds[0].last().expect("a first point");
        let steps = (rounds[0].len() - 1).max(1);
        row.push(format!("{:.2}", 1e3 * seconds / steps as f64));
        row.push(format!("{:.1e}", last / lowest - 1.0));
        row
    });
    let rows = rows.collect();
    Table { header, rows }
}

/// The median seconds until the loss is this low, and the steps.
fn time_to(rounds: &[Trace], target: f64) -> String {
    let arrival = |trace: &Trace| trace.iter().position(|&(_, loss)| loss <= target);
    let mut seconds: Vec<f64> = rounds
        .iter()
        .map(|trace| arrival(trace).map_or(f64::INFINITY, |at| trace[at].0))
        .collect();
    seconds.sort_by(f64::total_cmp);
    match arrival(&rounds[0]) {
        Some(steps) => format!("{:.3} ({steps})", seconds[seconds.len() / 2]),
        None => "–".to_owned(),
    }
}
