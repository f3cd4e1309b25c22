//! Rounds over all preconditioners, and the table of their medians.

use std::error::Error;
use std::time::Instant;

use matrix_descent::solve::{Solution, SolveError};
use matrix_descent::{LinearMap, SolveConfig, SolveProblem, solve_by_descent};
use nalgebra::DMatrix;

use crate::case::{COLUMNS, Case};
use crate::clock::process_time;
use crate::table::Table;
use crate::usage;
use crate::ways::{JACOBI_NAME, Ready, Way};

/// ‖A·x − b‖/‖b‖ at which all of them end.
const RESIDUAL: f64 = 1e-8;

/// The steps from one restart to the next, for general matrices.
pub const RESTART: usize = 30;

/// Where a run ends that takes too many steps.
fn max_steps(problem: SolveProblem) -> usize {
    match problem {
        // They take longer.
        SolveProblem::General => 1_000,
        _ => 5_000,
    }
}

/// Seconds on the clock, and of the processors.
#[derive(Clone, Copy)]
pub struct Seconds {
    wall: f64,
    processor: f64,
}

#[derive(Clone, Copy)]
pub struct Solved {
    seconds: Seconds,
    steps: usize,
}

/// A run of one preconditioner; what failed is None.
pub struct Run {
    set_up: Seconds,
    entries: Option<usize>,
    one: Option<Solved>,
    ten: Option<Solved>,
}

/// The runs of each way; none if it cannot be set up.
pub fn run(case: &Case, ways: &[&Way], rounds: usize) -> Vec<Vec<Run>> {
    let mut runs: Vec<Vec<Run>> = ways.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (way, runs) in ways.iter().zip(&mut runs) {
            runs.extend(run_once(case, way));
        }
    }
    runs
}

fn run_once(case: &Case, way: &Way) -> Option<Run> {
    let (set_up, found) = timed(|| (way.set_up)(case));
    let found = found.map_err(|error| println!("{}: {error}\n", way.name));
    let found = found.ok()?;
    let one = solve(case, way, &found, 1);
    let ten = one.and_then(|_| solve(case, way, &found, COLUMNS));
    Some(Run {
        set_up,
        entries: found.entries,
        one,
        ten,
    })
}

/// Solves for the first right-hand sides and checks the residuals.
fn solve(case: &Case, way: &Way, found: &Ready, columns: usize) -> Option<Solved> {
    let b = case.b.columns(0, columns).into_owned();
    let (seconds, solved) = timed(|| attempt(case, way, found, &b, max_steps(way.problem)));
    let solved = solved.map_err(|error| println!("{}: {error}\n", way.name));
    let solved = solved.ok()?;
    check(case, way, &solved.solution, &b);
    let steps = solved.reports.iter().map(|report| report.steps).max()?;
    Some(Solved { seconds, steps })
}

/// Solves within so many steps for each column.
pub fn attempt(
    case: &Case,
    way: &Way,
    found: &Ready,
    b: &DMatrix<f64>,
    most: usize,
) -> Result<Solution<f64>, SolveError<f64>> {
    let config = SolveConfig::default()
        .problem(way.problem)
        .restart(RESTART)
        .max_steps(most)
        .relative_residual(RESIDUAL);
    match &found.map {
        Some(map) => solve_by_descent(&case.matrix, b, config.preconditioner(map)),
        None => solve_by_descent(&case.matrix, b, config),
    }
}

fn check(case: &Case, way: &Way, x: &DMatrix<f64>, b: &DMatrix<f64>) {
    let mut image = DMatrix::zeros(b.nrows(), b.ncols());
    case.matrix.apply_block(x.as_slice(), image.as_mut_slice());
    for (image, b) in image.column_iter().zip(b.column_iter()) {
        let residual = (image - b).norm() / b.norm();
        let is_met = residual <= RESIDUAL * (1.0 + 1e-6);
        assert!(is_met, "{}: {residual:e}", way.name);
    }
}

fn timed<R>(work: impl FnOnce() -> R) -> (Seconds, R) {
    let (started, worked) = (Instant::now(), process_time());
    let result = work();
    let seconds = Seconds {
        wall: started.elapsed().as_secs_f64(),
        processor: (process_time() - worked).as_secs_f64(),
    };
    (seconds, result)
}

/// Medians, with the memory of each preconditioner, which a process of its own tells.
pub fn table(case: &str, ways: &[&Way], runs: &[Vec<Run>]) -> Result<Table, Box<dyn Error>> {
    let jacobi = ways.iter().position(|way| way.name == JACOBI_NAME);
    let jacobi = jacobi.map(|place| &runs[place][..]);
    let ratio = |runs: &[Run], value: fn(Seconds) -> f64| {
        let reference = jacobi.and_then(|runs| median(runs, |run| run.total(value)))?;
        Some(median(runs, |run| run.total(value))? / reference)
    };
    let mut rows = Vec::new();
    for (way, runs) in ways.iter().zip(runs) {
        let Some(first) = runs.first() else {
            continue;
        };
        let times = |value: fn(Seconds) -> f64| {
            let seconds = [
                median(runs, |run| Some(value(run.set_up))),
                median(runs, |run| run.one.map(|one| value(one.seconds))),
                median(runs, |run| run.ten.map(|ten| value(ten.seconds))),
            ];
            seconds.map(cell).join(" / ")
        };
        let ratios = [
            |seconds: Seconds| seconds.wall,
            |seconds: Seconds| seconds.processor,
        ];
        let ratios = ratios.map(|value| {
            let ratio = ratio(runs, value).map(|ratio| format!("{ratio:.2}"));
            ratio.unwrap_or_else(|| "–".to_owned())
        });
        let entries = first
            .entries
            .map(|entries| format!("{:.2}", entries as f64 / 1e6));
        let steps = first.one.map(|one| one.steps.to_string());
        rows.push(vec![
            way.name.to_owned(),
            entries.unwrap_or_else(|| "–".to_owned()),
            steps.unwrap_or_else(|| "–".to_owned()),
            times(|seconds| seconds.wall),
            times(|seconds| seconds.processor),
            ratios.join(" / "),
            usage::ask(case, way)?,
        ]);
    }
    let header = [
        "preconditioner",
        "entries, 10⁶",
        "steps",
        "set-up / one / ten, s",
        "the same, s of the processor",
        "set-up + ten beside Jacobi",
        "MB, set-up / ten",
    ];
    Ok(Table {
        header: header.map(str::to_owned).to_vec(),
        rows,
    })
}

impl Run {
    /// Set-up and ten right-hand sides.
    fn total(&self, value: fn(Seconds) -> f64) -> Option<f64> {
        let ten = self.ten?;
        Some(value(self.set_up) + value(ten.seconds))
    }
}

fn median(runs: &[Run], value: impl Fn(&Run) -> Option<f64>) -> Option<f64> {
    let mut values: Vec<f64> = runs.iter().filter_map(value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn cell(seconds: Option<f64>) -> String {
    match seconds {
        None => "–".to_owned(),
        Some(seconds @ 10.0..) => format!("{seconds:.1}"),
        Some(seconds @ 0.1..) => format!("{seconds:.2}"),
        Some(seconds) => format!("{seconds:.4}"),
    }
}
