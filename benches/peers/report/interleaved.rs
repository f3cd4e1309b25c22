//! Median times of several runs taken in turns, so that a busy moment of the machine falls on all.

use std::time::{Duration, Instant};

use crate::clock::thread_time;

/// How long the runs of one comparison are taken for.
#[derive(Clone, Copy)]
pub struct Budget {
    pub time: Duration,
    pub fewest_rounds: usize,
}

/// A run shorter than this is repeated until a visit takes as long.
const SHORTEST_VISIT: Duration = Duration::from_millis(1);

/// The median seconds of each run, on this thread.
pub fn medians(runs: &[&dyn Fn()], budget: Budget) -> Vec<f64> {
    let repeats: Vec<u32> = runs.iter().map(|run| repeats(run)).collect();
    let mut seconds = vec![Vec::new(); runs.len()];
    let started = Instant::now();
    while seconds[0].len() < budget.fewest_rounds || started.elapsed() < budget.time {
        for ((run, &repeats), seconds) in runs.iter().zip(&repeats).zip(&mut seconds) {
            seconds.push(visit(run, repeats).as_secs_f64() / f64::from(repeats));
        }
    }
    seconds.into_iter().map(median).collect()
}

fn repeats(run: &dyn Fn()) -> u32 {
    let mut repeats = 1;
    while visit(run, repeats) < SHORTEST_VISIT {
        repeats *= 2;
    }
    repeats
}

fn visit(run: &dyn Fn(), repeats: u32) -> Duration {
    let started = thread_time();
    for _ in 0..repeats {
        run();
    }
    thread_time() - started
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
