//! The ten smallest eigenpairs of the Laplacian of a cubic grid, many of them threefold, known by
//! its products alone, beside faer's partial eigendecomposition, on one thread.
//!
//! Prints the products that each takes, which do not depend on the machine, whether it found every
//! copy of the multiple eigenvalues, and measures the times.
//! `BENCH_LONG=1 cargo bench --bench eigen` adds larger grids. `large_maps.py` drives this program
//! with `--serve` to put SciPy beside it: it prints the names of its ways in one line, then answers
//! each line `place side k` with `seconds products residual error peak-memory-in-kB`.

use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode};

use grid::Laplacian;
use memory::peak_memory;
use ways::{WAYS, Way, run};

#[path = "../counting.rs"]
mod counting;
#[path = "../faer_map.rs"]
mod faer_map;
mod grid;
#[path = "../memory.rs"]
mod memory;
mod ways;

const K: usize = 10;
const SIDES: [usize; 1] = [12];
const LONG_SIDES: [usize; 2] = [24, 40];

fn main() -> io::Result<()> {
    faer::set_global_parallelism(faer::Par::Seq);
    if std::env::args().any(|argument| argument == "--serve") {
        return serve();
    }
    let mut criterion = Criterion::default().configure_from_args();
    eigen(&mut criterion);
    criterion.final_summary();
    Ok(())
}

fn eigen(criterion: &mut Criterion) {
    let is_long = std::env::var_os("BENCH_LONG").is_some();
    let long = LONG_SIDES.into_iter().filter(|_| is_long);
    let mut group = criterion.benchmark_group("eigen");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_secs(1));
    for side in SIDES.into_iter().chain(long) {
        let grid = Laplacian { side };
        for way in WAYS {
            let (name, _) = way;
            report(way, &grid);
            group.bench_function(BenchmarkId::new(name, format!("{side}³")), |bencher| {
                bencher.iter(|| run(way, black_box(&grid), K));
            });
        }
    }
    group.finish();
}

/// Prints what a way takes, and what it misses.
fn report(way: Way, grid: &Laplacian) {
    let (name, _) = way;
    let first = run(way, grid, K);
    let what = if first.is_complete() {
        "all found".to_owned()
    } else {
        format!("copies missed, off by {:.0e}·‖A‖", first.error)
    };
    let (side, products) = (grid.side, first.products);
    println!("grid {side}³, k = {K}, {name}: {products} products, {what}");
    // A peer may miss some; this crate may not.
    assert!(first.is_complete() || name == "faer", "{name}: {what}");
}

fn serve() -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", WAYS.map(|(name, _)| name).join("\t"))?;
    output.flush()?;
    for line in io::stdin().lock().lines() {
        let numbers: Vec<usize> = line?
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        let [place, side, k] = numbers[..] else {
            return Err(io::Error::other("expected: place side k"));
        };
        let way = WAYS[place];
        let found = run(way, &Laplacian { side }, k);
        let (seconds, products) = (found.seconds, found.products);
        let (residual, error) = (found.residual, found.error);
        let peak = peak_memory();
        writeln!(
            output,
            "{seconds:e} {products} {residual:e} {error:e} {peak}"
        )?;
        output.flush()?;
    }
    Ok(())
}
