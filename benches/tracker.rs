//! The inverse of a covariance that forgets, after each tick: `InverseTracker`, the formula of
//! Sherman, Morrison and Woodbury by hand, and an LU inverse from scratch.
//!
//! The times of a tick include the refreshes by products. For ratios take `cargo bench --bench
//! tracking`, which takes all ways in turns and has faer's LU too.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};

use support::tracking::{ByHand, Changes, Stream, Tracked};

mod support {
    pub mod matrices;
    pub mod tracking;
}

const SIZES: [usize; 5] = [10, 30, 100, 300, 1000];
/// For a run that only checks that all is well.
const TEST_SIZES: [usize; 2] = [10, 30];
const RANKS: [usize; 3] = [1, 4, 16];
const TOLERANCES: [f64; 2] = [1e-6, 1e-9];

fn tracker(criterion: &mut Criterion) {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let sizes = if is_test { &TEST_SIZES[..] } else { &SIZES };
    let mut group = criterion.benchmark_group("tracker");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    for &n in sizes {
        for k in RANKS {
            for changes in Changes::ALL {
                let stream = Stream::new(n, k, changes);
                let case = format!("{}, n = {n}, k = {k}", changes.name());
                check(&stream);
                for tolerance in TOLERANCES {
                    let mut tracked = Tracked::new(&stream, tolerance);
                    let id = BenchmarkId::new(format!("tracker, {tolerance:.0e}"), &case);
                    group.bench_function(id, |bencher| bencher.iter(|| tracked.tick()));
                }
                let mut by_hand = ByHand::new(&stream);
                let id = BenchmarkId::new("by hand", &case);
                group.bench_function(id, |bencher| bencher.iter(|| by_hand.tick()));
                let id = BenchmarkId::new("LU", &case);
                group.bench_function(id, |bencher| {
                    bencher.iter(|| black_box(stream.start.matrix()).clone().try_inverse());
                });
            }
        }
    }
    group.finish();
}

/// Panics unless the ways agree after a few ticks.
fn check(stream: &Stream) {
    let mut tracked = Tracked::new(stream, TOLERANCES[1]);
    let mut by_hand = ByHand::new(stream);
    for _ in 0..4 {
        tracked.tick();
        by_hand.tick();
    }
    by_hand.check(&tracked);
}

criterion_group!(benches, tracker);
criterion_main!(benches);
