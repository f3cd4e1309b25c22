//! Leading singular values on one thread: of large dense matrices beside whole decompositions, and
//! of a sparse matrix, known by its products, beside faer's partial decomposition.
//!
//! Prints the products that each takes, which do not depend on the machine, and measures the times.
//! `BENCH_LONG=1 cargo bench --bench top_k` adds larger matrices, and nalgebra's decomposition.
//! `large_maps.py` drives this program with `--serve` to put SciPy beside it: it prints the names of
//! its ways in one line, then answers each line `kind place rows columns k` with
//! `seconds products seconds-of-the-products residual peak-memory-in-kB σ₁ … σ_k`.

use std::fmt::Debug;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode};
use matrix_descent::LinearMap;

use hyperbolic::Case;
use memory::peak_memory;
use ways::{NAMES, products_alone, run};

#[path = "../counting.rs"]
mod counting;
#[path = "../faer_map.rs"]
mod faer_map;
mod graded;
mod hyperbolic;
#[path = "../../support/matrices.rs"]
mod matrices;
#[path = "../memory.rs"]
mod memory;
#[path = "../numbered.rs"]
mod numbered;
mod ways;

const SHAPES: [(usize, usize); 2] = [(200, 100), (400, 200)];
const LONG_SHAPES: [(usize, usize); 2] = [(1000, 500), (2000, 1000)];

/// Rows, columns and k.
const SPARSE: [(usize, usize, usize); 1] = [(10_000, 2_000, 5)];
const LONG_SPARSE: [(usize, usize, usize); 3] = [
    (100_000, 20_000, 5),
    (100_000, 20_000, 10),
    (100_000, 20_000, 50),
];

fn main() -> io::Result<()> {
    faer::set_global_parallelism(faer::Par::Seq);
    if std::env::args().any(|argument| argument == "--serve") {
        return serve();
    }
    let mut criterion = Criterion::default().configure_from_args();
    top_k(&mut criterion);
    criterion.final_summary();
    Ok(())
}

fn top_k(criterion: &mut Criterion) {
    let is_long = std::env::var_os("BENCH_LONG").is_some();
    let mut group = criterion.benchmark_group("top_k");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_secs(1));
    let long = LONG_SHAPES.into_iter().filter(|_| is_long);
    for (rows, columns) in SHAPES.into_iter().chain(long) {
        dense(&mut group, rows, columns, is_long);
    }
    let long = LONG_SPARSE.into_iter().filter(|_| is_long);
    for (rows, columns, k) in SPARSE.into_iter().chain(long) {
        sparse(&mut group, rows, columns, k);
    }
    group.finish();
}

fn dense(group: &mut BenchmarkGroup<'_, WallTime>, rows: usize, columns: usize, is_long: bool) {
    let case = Case::hyperbolic(rows, columns);
    case.check();
    let shape = format!("{rows}×{columns}");
    group.bench_function(BenchmarkId::new("descent", &shape), |bencher| {
        bencher.iter(|| black_box(&case).cold());
    });
    group.bench_function(BenchmarkId::new("descent, warm start", &shape), |bencher| {
        bencher.iter(|| black_box(&case).warm());
    });
    group.bench_function(BenchmarkId::new("faer, all", &shape), |bencher| {
        bencher.iter(|| black_box(&case).by_faer());
    });
    if columns <= 200 || is_long {
        group.bench_function(BenchmarkId::new("nalgebra, all", &shape), |bencher| {
            bencher.iter(|| black_box(&case).matrix.clone().svd(true, true));
        });
    }
}

fn sparse(group: &mut BenchmarkGroup<'_, WallTime>, rows: usize, columns: usize, k: usize) {
    let map = numbered::sparse(rows, columns);
    let shape = format!("sparse {rows}×{columns}, k = {k}");
    let runs = [0, 1].map(|place| run(place, &map, k));
    for (name, found) in NAMES.iter().zip(&runs) {
        println!("{shape}, {name}: {} products", found.products);
        let pairs = found.values.iter().zip(&runs[0].values);
        let error = pairs.map(|(value, ours)| (value / ours - 1.0).abs());
        let error = error.fold(0.0, f64::max);
        assert!(found.residual < 1e-11 && error < 1e-11, "{name}: {error:e}");
    }
    for (place, name) in NAMES.iter().enumerate() {
        group.bench_function(BenchmarkId::new(*name, &shape), |bencher| {
            bencher.iter(|| run(place, black_box(&map), k));
        });
    }
    let products = runs[0].products;
    group.bench_function(BenchmarkId::new("the products alone", &shape), |bencher| {
        bencher.iter(|| products_alone(black_box(&map), products));
    });
}

fn serve() -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", NAMES.join("\t"))?;
    output.flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split(' ');
        let kind = words.next().unwrap_or_default();
        let numbers: Vec<usize> = words.filter_map(|word| word.parse().ok()).collect();
        let [place, rows, columns, k] = numbers[..] else {
            return Err(io::Error::other("expected: kind place rows columns k"));
        };
        let answer = match kind {
            "sparse" => answer(place, &numbered::sparse(rows, columns), k),
            "dense" => answer(place, &graded::dense(rows, columns), k),
            _ => return Err(io::Error::other("expected: sparse or dense")),
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn answer<A: LinearMap<f64> + Sync + Debug>(place: usize, map: &A, k: usize) -> String {
    let found = run(place, map, k);
    let peak = peak_memory();
    let alone = products_alone(map, found.products);
    let (seconds, products, residual) = (found.seconds, found.products, found.residual);
    let values: Vec<String> = found
        .values
        .iter()
        .map(|value| format!("{value:e}"))
        .collect();
    let values = values.join(" ");
    format!("{seconds:e} {products} {alone:e} {residual:e} {peak} {values}")
}
