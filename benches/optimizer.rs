//! One step on a million `f32` parameters, beside the floor: a loop that reads and writes as many
//! slices and does no more than add.
//!
//! Before criterion's own figures stands the ratio of the two, from steps taken in turn, so that
//! both meet the same state of the machine. 1 means bound by memory alone.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use matrix_descent::optimizer::{AdaDelta, AdaGrad, LearningRate, Lion, Muon, NAdam, RmsProp};
use matrix_descent::{Adam, AdamW, Optimizer, Sgd};

const PARAMETERS: usize = 1_000_000;
/// Rows of the matrix that a rule for matrices takes the parameters for.
const ROWS: usize = 100;
const ROUNDS: usize = 101;

/// Numbers without pattern in [−½, ½).
fn numbers(seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state as f32 / 2.0_f32.powi(32) - 0.5
    };
    (0..PARAMETERS).map(|_| next()).collect()
}

/// Reads and writes the parameters and each slice of memory, and reads the gradient.
struct Floor<const SLICES: usize> {
    parameters: Vec<f32>,
    memory: [Vec<f32>; SLICES],
    gradient: Vec<f32>,
}

impl<const SLICES: usize> Floor<SLICES> {
    fn new() -> Self {
        Self {
            parameters: numbers(1),
            memory: std::array::from_fn(|_| vec![0.0; PARAMETERS]),
            gradient: numbers(2),
        }
    }
}

trait Pass {
    fn pass(&mut self);
}

impl Pass for Floor<0> {
    fn pass(&mut self) {
        for (x, &g) in self.parameters.iter_mut().zip(&self.gradient) {
            *x += g;
        }
    }
}

impl Pass for Floor<1> {
    fn pass(&mut self) {
        let [first] = &mut self.memory;
        let entries = self.parameters.iter_mut().zip(&self.gradient).zip(first);
        for ((x, &g), a) in entries {
            *x += g;
            *a += g;
        }
    }
}

impl Pass for Floor<2> {
    fn pass(&mut self) {
        let [first, second] = &mut self.memory;
        let entries = self.parameters.iter_mut().zip(&self.gradient).zip(first);
        for (((x, &g), a), b) in entries.zip(second) {
            *x += g;
            *a += g;
            *b += g;
        }
    }
}

impl Pass for Floor<3> {
    fn pass(&mut self) {
        let [first, second, third] = &mut self.memory;
        let entries = self.parameters.iter_mut().zip(&self.gradient).zip(first);
        for ((((x, &g), a), b), c) in entries.zip(second).zip(third) {
            *x += g;
            *a += g;
            *b += g;
            *c += g;
        }
    }
}

/// A rule at work.
struct Rule<M: Optimizer<f32>> {
    optimizer: M,
    state: M::State,
    parameters: Vec<f32>,
    gradient: Vec<f32>,
}

impl<M: Optimizer<f32>> Rule<M> {
    fn new(optimizer: M) -> Self {
        let parameters = numbers(1);
        Self {
            state: optimizer.init(&parameters),
            optimizer,
            parameters,
            gradient: numbers(2),
        }
    }
}

impl<M: Optimizer<f32>> Pass for Rule<M> {
    fn pass(&mut self) {
        self.optimizer
            .step(&mut self.state, &mut self.parameters, &mut self.gradient);
    }
}

fn time(pass: &mut impl Pass) -> Duration {
    let started = Instant::now();
    black_box(&mut *pass).pass();
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

fn print_ratio(name: &str, rule: &mut impl Pass, floor: &mut impl Pass) {
    let (of_rule, of_floor): (Vec<_>, Vec<_>) =
        (0..ROUNDS).map(|_| (time(rule), time(floor))).unzip();
    let (of_rule, of_floor) = (median(of_rule), median(of_floor));
    println!(
        "{name:<30} {:.3} ms, floor {:.3} ms, ratio {:.2}",
        1e3 * of_rule,
        1e3 * of_floor,
        of_rule / of_floor
    );
}

fn compare<const SLICES: usize, M>(criterion: &mut Criterion, name: &str, optimizer: M)
where
    M: LearningRate<f32>,
    Floor<SLICES>: Pass,
{
    let (mut rule, mut floor) = (Rule::new(optimizer), Floor::<SLICES>::new());
    print_ratio(name, &mut rule, &mut floor);
    assert!(rule.parameters.iter().all(|x| x.is_finite()), "{name}");
    let mut group = criterion.benchmark_group("a step on a million f32 parameters");
    // x and each slice of memory are read and written, the gradient is read.
    let bytes = 4 * PARAMETERS * (2 * (1 + SLICES) + 1);
    group
        .throughput(Throughput::Bytes(bytes as u64))
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    group.bench_function(BenchmarkId::new("step", name), |bencher| {
        bencher.iter(|| black_box(&mut rule).pass());
    });
    group.bench_function(BenchmarkId::new("floor", name), |bencher| {
        bencher.iter(|| black_box(&mut floor).pass());
    });
    group.finish();
}

/// Each rule with the number of slices that it remembers. The learning rates are small: a million
/// steps of a constant gradient have to stay in the range of the format.
fn optimizer(criterion: &mut Criterion) {
    let tiny = 1e-9;
    compare::<0, _>(criterion, "sgd", Sgd::new(tiny));
    compare::<1, _>(criterion, "sgd, momentum", Sgd::new(tiny).momentum(0.9));
    let nesterov = Sgd::new(tiny).nesterov_momentum(0.9);
    compare::<1, _>(criterion, "sgd, Nesterov momentum", nesterov);
    compare::<2, _>(criterion, "adam", Adam::new(tiny));
    compare::<3, _>(criterion, "adam, AMSGrad", Adam::new(tiny).amsgrad());
    compare::<2, _>(criterion, "adamw", AdamW::new(tiny));
    compare::<2, _>(criterion, "nadam", NAdam::new(tiny));
    let rms_prop = RmsProp::new(tiny);
    compare::<1, _>(criterion, "rmsprop", rms_prop);
    compare::<2, _>(criterion, "rmsprop, momentum", rms_prop.momentum(0.9));
    let centered = rms_prop.momentum(0.9).centered();
    compare::<3, _>(criterion, "rmsprop, momentum, centred", centered);
    compare::<1, _>(criterion, "adagrad", AdaGrad::new(tiny));
    compare::<2, _>(criterion, "adadelta", AdaDelta::new(tiny));
    compare::<1, _>(criterion, "lion", Lion::new(tiny));
    // Products of matrices: far above the floor.
    let muon = Muon::new(tiny).matrix(0, ROWS, PARAMETERS / ROWS);
    compare::<1, _>(criterion, "muon, 100×10 000", muon);
}

criterion_group!(benches, optimizer);
criterion_main!(benches);
