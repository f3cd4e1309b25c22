//! Linear systems by descent, beside factorisations and faer's Krylov methods, on one thread.
//!
//! Dense systems with κ = 100, where a factorisation takes 2n³/3 or n³/3 operations and each step
//! of a descent 2n² or 4n²; dense least squares; the Laplacian of a grid, known by its products alone;
//! and 18 right-hand sides in lock step beside one after another.
//!
//! `BENCH_LONG=1 cargo bench --bench solve` adds larger ones.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
};
use matrix_descent::LinearMap;
use nalgebra::DVector;

use grid::Laplacian;

mod dense;
#[path = "../faer_map.rs"]
mod faer_map;
mod grid;
mod least_squares;
#[path = "../numbered.rs"]
mod numbered;
mod several;

#[path = "../../support/matrices.rs"]
mod matrices;

const SIZES: [usize; 3] = [16, 64, 256];
const LONG_SIZES: [usize; 2] = [512, 1024];
const WIDTHS: [usize; 2] = [50, 200];
const SIDES: [usize; 2] = [50, 200];

fn is_plain(name: &str) -> bool {
    name.contains("gradient descent")
}

fn dense_systems(group: &mut BenchmarkGroup<'_, WallTime>, n: usize) {
    let case = dense::Case::definite(n);
    for (name, way) in dense::WAYS {
        let error = (way(&case) - &case.solution).norm() / case.solution.norm();
        let allowed = 10.0 * dense::CONDITION_NUMBER * dense::TOLERANCE;
        assert!(error <= allowed, "{name}: {error:e}");
        group.bench_function(BenchmarkId::new(name, n), |bencher| {
            bencher.iter(|| way(black_box(&case)));
        });
    }
}

fn least_squares(group: &mut BenchmarkGroup<'_, WallTime>, n: usize) {
    let case = least_squares::Case::new(n);
    for (name, way) in least_squares::WAYS {
        if is_plain(name) && n > least_squares::LARGEST_FOR_GRADIENT_DESCENT {
            continue;
        }
        case.check(name, &way(&case));
        let shape = format!("{}×{n}", 4 * n);
        group.bench_function(BenchmarkId::new(name, shape), |bencher| {
            bencher.iter(|| way(black_box(&case)));
        });
    }
}

fn grids(group: &mut BenchmarkGroup<'_, WallTime>, side: usize) {
    let grid = Laplacian { side };
    let b = DVector::from_fn(grid.rows(), |i, _| (i as f64).sin());
    for (name, way) in grid::WAYS {
        if is_plain(name) && side > grid::LARGEST_FOR_GRADIENT_DESCENT {
            continue;
        }
        grid::check(name, &grid, &b, &way(&grid, &b));
        let id = BenchmarkId::new(name, format!("grid {side}×{side}"));
        group.bench_function(id, |bencher| {
            bencher.iter(|| way(black_box(&grid), &b));
        });
    }
}

fn several<A: LinearMap<f64>>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, map: &A) {
    let b = several::sides(map.rows());
    let [(_, one_by_one), _] = several::ways::<A>();
    let expected = one_by_one(map, &b);
    for (way_name, way) in several::ways::<A>() {
        several::check(&way(map, &b), &expected);
        let id = BenchmarkId::new(format!("{} columns {way_name}", several::COUNT), name);
        group.bench_function(id, |bencher| {
            bencher.iter(|| way(black_box(map), &b));
        });
    }
}

fn solve(criterion: &mut Criterion) {
    faer::set_global_parallelism(faer::Par::Seq);
    let is_long = std::env::var_os("BENCH_LONG").is_some();
    let mut group = criterion.benchmark_group("solve");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500));
    let long = LONG_SIZES.into_iter().filter(|_| is_long);
    for n in SIZES.into_iter().chain(long) {
        dense_systems(&mut group, n);
    }
    for n in WIDTHS {
        least_squares(&mut group, n);
    }
    for side in SIDES {
        grids(&mut group, side);
    }
    several(&mut group, "dense 1000×500", &several::dense(500));
    several(
        &mut group,
        "sparse 10,000×2,000",
        &numbered::sparse(10_000, 2000),
    );
    if is_long {
        several(&mut group, "dense 4000×2000", &several::dense(2000));
        several(
            &mut group,
            "sparse 100,000×20,000",
            &numbered::sparse(100_000, 20_000),
        );
    }
    group.finish();
}

criterion_group!(benches, solve);
criterion_main!(benches);
