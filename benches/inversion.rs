//! The inverse by descents, cold and from a warm start, beside nalgebra's LU factorisation, bare and
//! polished.
//!
//! `BENCH_LONG=1 cargo bench --bench inversion` adds momentum SGD where it takes seconds.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};

use support::cases::cases;
use support::contenders::Contender;

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

criterion_group!(benches, inversion);
criterion_main!(benches);
