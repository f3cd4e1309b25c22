//! Rows that need nothing of each other, computed in runs, on several threads with the feature
//! `threads`, and shown to an observer as they are done.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::descent::{Observer, Progress};
use crate::numerics::real::Real;
use crate::numerics::runs::{run_length, runs};
use crate::numerics::threads::for_each;

/// The rows of a run, at least: enough to make up for handing it to a thread.
const FEWEST_ROWS: usize = 64;

/// The most runs: more than threads need to have about as much work each.
const MOST_RUNS: usize = 2048;

/// How often an observer is called, at most.
const MOST_SIGHTS: usize = 256;

/// Why not all rows were computed.
#[derive(Debug)]
pub(super) enum RowsEnd<E> {
    /// The first row, in order, that failed.
    Failed(E),
    /// The observer stopped after so many rows.
    Stopped {
        /// Rows that were done.
        rows: usize,
    },
}

/// What comes of a run of rows.
pub(super) trait RowRun: Send {
    /// The sum of the losses of its rows.
    fn loss(&self) -> f64;
}

/// Computes the rows `0..rows` in runs, decided by their number alone; the results of the runs are
/// in order.
///
/// `memory` makes what a thread works in, which serves one run after another. `multiplications` is
/// what all rows take together, about. The observer sees the number of rows done as the step, and as
/// the loss the mean over these rows.
pub(super) fn compute_rows<T: Real, M: Send, R: RowRun, E: Send>(
    rows: usize,
    multiplications: usize,
    observer: &mut impl Observer<T>,
    memory: impl Fn() -> M + Send + Sync,
    work: impl Fn(&mut M, Range<usize>) -> Result<R, E> + Send + Sync,
) -> Result<Vec<R>, RowsEnd<E>> {
    let length = run_length(rows, FEWEST_ROWS, MOST_RUNS);
    let all: Vec<Range<usize>> = runs(rows, length).collect();
    let batch = if observer.watches() {
        all.len().div_ceil(MOST_SIGHTS)
    } else {
        all.len()
    };
    let idle: Mutex<Vec<M>> = Mutex::new(Vec::new());
    let take = || idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let give = |memory| {
        let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(memory);
    };
    let mut done: Vec<R> = Vec::with_capacity(all.len());
    let mut loss = 0.0;
    for ranges in all.chunks(batch.max(1)) {
        let mut results: Vec<Option<Result<R, E>>> = ranges.iter().map(|_| None).collect();
        let parts = ranges.iter().zip(&mut results);
        let share = multiplications / all.len() * ranges.len();
        for_each(share, parts, |(range, result)| {
            let mut memory = take().unwrap_or_else(&memory);
            *result = Some(work(&mut memory, range.clone()));
            give(memory);
        });
        for result in results.into_iter().flatten() {
            let run = result.map_err(RowsEnd::Failed)?;
            loss += run.loss();
            done.push(run);
        }
        let step = ranges.last().map_or(0, |range| range.end);
        if is_stop(observer, step, loss) && step < rows {
            return Err(RowsEnd::Stopped { rows: step });
        }
    }
    Ok(done)
}

/// Shows the mean loss of the first `rows` rows; whether the observer stops.
fn is_stop<T: Real>(observer: &mut impl Observer<T>, rows: usize, loss: f64) -> bool {
    if !observer.watches() {
        return false;
    }
    let progress = Progress {
        step: rows,
        loss: <T as Real>::from_f64(loss / rows.max(1) as f64),
        parameters: &[],
        gradient: &[],
    };
    observer.observe(&progress).is_break()
}
