//! What a tick of a covariance that forgets costs: `InverseTracker`, the formula of Sherman,
//! Morrison and Woodbury by hand, and the LU inverses of nalgebra and faer, on one thread, all in
//! turns. The time is amortised: refreshes by products are in it.
//!
//! `cargo bench --bench tracking -- --write` takes some minutes and rewrites `docs/tracking.md`.
//! Without `--write` a quick round of the small sizes is printed.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use faer::MatRef;
use faer::linalg::solvers::DenseSolveCore;

use clock::thread_time;
use support::table::{Table, grouped};
use support::tracking::{ByHand, Changes, Stream, Tracked};

mod clock;
#[path = "report/environment.rs"]
mod environment;
#[path = "../support"]
mod support {
    pub mod matrices;
    pub mod table;
    pub mod tracking;
}

const TOLERANCES: [f64; 2] = [1e-6, 1e-9];
const RANKS: [usize; 3] = [1, 4, 16];

/// How much is measured.
struct Extent {
    sizes: &'static [usize],
    runs: usize,
    /// At n = 100 and k = 1; elsewhere as many as take about the same time by the formula.
    ticks: usize,
}

const FULL: Extent = Extent {
    sizes: &[10, 30, 100, 300, 1000],
    runs: 3,
    ticks: 10_000,
};

const QUICK: Extent = Extent {
    sizes: &[10, 30],
    runs: 1,
    ticks: 100,
};

/// The turns in which the ticks of a run are taken.
const TURNS: usize = 10;
/// An LU inverse takes much longer than a tick and always the same.
const LU_PER_TURN: usize = 1;
const MOST_TICKS: usize = 100_000;

/// The seconds of one tick in one run.
#[derive(Clone, Copy)]
struct Run {
    tracked: [f64; 2],
    by_hand: f64,
    nalgebra: f64,
    faer: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    faer::set_global_parallelism(faer::Par::Seq);
    let writes = std::env::args().any(|argument| argument == "--write");
    let extent = if writes { FULL } else { QUICK };
    let mut table = Table {
        header: header(),
        rows: Vec::new(),
    };
    for &n in extent.sizes {
        for k in RANKS {
            for changes in Changes::ALL {
                let stream = Stream::new(n, k, changes);
                table.rows.push(row(&stream, changes, &extent));
            }
        }
    }
    let page = page(&table, extent.runs);
    println!("{page}");
    if writes {
        fs::write(Path::new(environment::ROOT).join("docs/tracking.md"), page)?;
    }
    Ok(())
}

fn row(stream: &Stream, changes: Changes, extent: &Extent) -> Vec<String> {
    let (n, k) = (stream.n, stream.k);
    let ticks = (extent.ticks * 10_000 / (n * n * k)).clamp(TURNS, MOST_TICKS);
    let ticks = ticks.next_multiple_of(TURNS);
    let mut tracked = TOLERANCES.map(|tolerance| Tracked::new(stream, tolerance));
    let mut by_hand = ByHand::new(stream);
    let mut runs = Vec::new();
    for _ in 0..extent.runs {
        runs.push(run(stream, &mut tracked, &mut by_hand, ticks));
        by_hand.check(&tracked[1]);
    }
    let median = |seconds: fn(&Run) -> f64| {
        let mut seconds: Vec<f64> = runs.iter().map(seconds).collect();
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2]
    };
    let ours = [median(|run| run.tracked[0]), median(|run| run.tracked[1])];
    let hand = median(|run| run.by_hand);
    let lu = median(|run| run.nalgebra);
    let by_faer = median(|run| run.faer);
    let beside =
        |seconds: f64, unit: f64| format!("{} ({})", time(seconds), digits(seconds / unit));
    let work = tracked.map(|tracked| tracked.tracker.work());
    let all_ticks = (ticks * extent.runs) as f64;
    let products = work.map(|work| format!("{:.3}", work.products as f64 / all_ticks));
    vec![
        format!("{}, n = {n}, k = {k}", changes.name()),
        grouped(ticks),
        beside(ours[0], hand),
        beside(ours[1], hand),
        products.join(", "),
        time(hand),
        beside(lu, ours[1]),
        beside(by_faer, ours[1]),
    ]
}

fn run(
    stream: &Stream,
    tracked: &mut [Tracked<'_>; 2],
    by_hand: &mut ByHand<'_>,
    ticks: usize,
) -> Run {
    let matrix = stream.start.matrix();
    let n = stream.n;
    let in_turn = ticks / TURNS;
    let mut sums = [0.0; 5];
    for _ in 0..TURNS {
        let [first, second] = &mut *tracked;
        sums[0] += seconds(in_turn, || first.tick());
        sums[1] += seconds(in_turn, || second.tick());
        sums[2] += seconds(in_turn, || by_hand.tick());
        sums[3] += seconds(LU_PER_TURN, || {
            black_box(black_box(matrix).clone().try_inverse());
        });
        sums[4] += seconds(LU_PER_TURN, || {
            let view = MatRef::from_column_major_slice(black_box(matrix).as_slice(), n, n);
            black_box(view.partial_piv_lu().inverse());
        });
    }
    let (ticks, inverses) = (ticks as f64, (TURNS * LU_PER_TURN) as f64);
    Run {
        tracked: [sums[0] / ticks, sums[1] / ticks],
        by_hand: sums[2] / ticks,
        nalgebra: sums[3] / inverses,
        faer: sums[4] / inverses,
    }
}

fn seconds(repeats: usize, mut tick: impl FnMut()) -> f64 {
    let started = thread_time();
    for _ in 0..repeats {
        tick();
    }
    (thread_time() - started).as_secs_f64()
}

fn header() -> Vec<String> {
    let [rough, fine] = TOLERANCES.map(|tolerance| format!("tracker, {tolerance:.0e}"));
    let names = [
        "changes",
        "ticks",
        &rough,
        &fine,
        "products a tick",
        "by hand",
        "nalgebra LU",
        "faer LU",
    ];
    names.map(str::to_owned).to_vec()
}

fn page(table: &Table, runs: usize) -> String {
    format!(
        "\
# The time of a tick

Made by `cargo bench --bench tracking -- --write`, which rewrites this page.
{environment}.

A covariance with forgetting: M ← λM + U·Vᵀ with λ = 1 − 1/n and k observations a tick; symmetric
changes have V = U. The tracker keeps the bound of the relative error below 1e-6 or 1e-9 at every
tick; in brackets as a multiple of Sherman–Morrison–Woodbury by hand, which proves nothing: two
products with vectors and `ger` for k = 1, `gemm` above. The LU inverses are from scratch; in
brackets as a multiple of the tracker's tick at 1e-9.

CPU time of one thread, all ways in turns, refreshes by products included: medians of the means of
{runs} runs of so many ticks. The products are those of n×n matrices, for the two tolerances.

{table}",
        environment = environment::description(),
    )
}

fn time(seconds: f64) -> String {
    let micros = seconds * 1e6;
    match micros {
        ..1.0 => format!("{:.0} ns", 1e3 * micros),
        1.0..1e3 => format!("{} µs", digits(micros)),
        _ => format!("{} ms", digits(micros / 1e3)),
    }
}

fn digits(number: f64) -> String {
    match number {
        ..10.0 => format!("{number:.2}"),
        10.0..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}
