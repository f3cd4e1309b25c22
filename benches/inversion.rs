//! The inverse by descents, cold and from a warm start, beside nalgebra's LU factorisation, bare
//! and polished; and how long it takes to find that there is none.
//!
//! `BENCH_LONG=1 cargo bench --bench inversion` adds momentum SGD where it takes seconds.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};

use matrix_descent::{Config, invert_by_descent};
use nalgebra::DMatrix;

use support::cases::cases;
use support::contenders::Contender;
use support::matrices::gaussian;

mod support {
    pub mod cases;
    pub mod contenders;
    pub mod matrices;
}

const SIZES: [usize; 8] = [4, 8, 16, 32, 64, 128, 256, 512];
const CONDITIONS: [f64; 2] = [1e2, 1e6];
/// In multiplications, about 10¹⁰ a second.
const MOST_WORK: f64 = 5e9;

fn inversion(criterion: &mut Criterion) {
    let is_long = std::env::var_os("BENCH_LONG").is_some();
    let most_work = if is_long { f64::INFINITY } else { MOST_WORK };
    let mut group = criterion.benchmark_group("inversion");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    for case in cases(&SIZES, &CONDITIONS) {
        for contender in Contender::ALL {
            if !contender.is_within(most_work, &case) {
                continue;
            }
            contender.check(&case);
            let id = BenchmarkId::new(contender.name(), case.name());
            group.bench_with_input(id, &case, |bencher, case| {
                bencher.iter(|| contender.invert(black_box(case)));
            });
        }
    }
    group.finish();
}

/// A Gaussian matrix, the same with a row twice, and with the first half of its rows twice.
fn singular_beside_regular(n: usize) -> [(&'static str, DMatrix<f64>); 3] {
    let regular = gaussian(n, 2);
    let mut row_twice = regular.clone();
    row_twice.set_row(n - 1, &regular.row(0));
    let half_twice = DMatrix::from_fn(n, n, |i, j| regular[(i % n.div_ceil(2), j)]);
    [
        ("regular", regular),
        ("row twice", row_twice),
        ("half twice", half_twice),
    ]
}

fn singular(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("singular");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    for n in [64, 256, 500] {
        let matrices = singular_beside_regular(n);
        let lu = BenchmarkId::new("LU", format!("regular, n = {n}"));
        group.bench_with_input(lu, &matrices[0].1, |bencher, matrix| {
            bencher.iter(|| black_box(matrix).clone().try_inverse());
        });
        for (name, matrix) in &matrices {
            let is_regular = invert_by_descent(matrix, Config::default()).is_ok();
            assert_eq!(is_regular, *name == "regular", "{name}, n = {n}");
            let id = BenchmarkId::new("descent", format!("{name}, n = {n}"));
            group.bench_with_input(id, matrix, |bencher, matrix| {
                bencher.iter(|| invert_by_descent(black_box(matrix), Config::default()));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, inversion, singular);
criterion_main!(benches);
