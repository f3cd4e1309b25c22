//! One step of each method beside the bare cost of its products at the same size, on one thread,
//! each answer checked before it is timed: how much does a step cost beyond its products?
//!
//! The default method takes steps of several kinds; of it the whole inversion is timed, beside as
//! many products as it took.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use matrix_descent::objective::InverseGramObjective;
use matrix_descent::{
    Accuracy, Config, InverseObjective, MeanSquaredError, Objective, Sgd, Side, Stepper,
    invert_by_descent,
};
use nalgebra::DMatrix;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

const SIZES: [usize; 6] = [4, 16, 64, 128, 256, 512];

/// So small that every step is like the first: the loss falls, and stays far from 0.
const LEARNING_RATE: f64 = 1e-12;

/// Entries uniform in [−1, 1) plus 2√n on the diagonal: κ between 2 and 5, the easy case.
fn well_conditioned(n: usize) -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(n as u64);
    let noise = DMatrix::from_fn(n, n, |_, _| 2.0 * generator.random::<f64>() - 1.0);
    noise + DMatrix::from_diagonal_element(n, n, 2.0 * (n as f64).sqrt())
}

fn stepper<F: Objective<f64>>(objective: F) -> Stepper<f64, F, Sgd<f64>> {
    let start = vec![1e-3; objective.dimension()];
    let rule = Sgd::new(LEARNING_RATE).momentum(0.9);
    Stepper::new(objective, rule, start).expect("finite")
}

/// The first step from X: that of the formula X − η·2/n²·(X·M − I)·Mᵀ, and the loss of its end.
fn assert_step<F>(name: &str, mut stepper: Stepper<f64, F, Sgd<f64>>, m: &DMatrix<f64>)
where
    F: Objective<f64>,
{
    let n = m.nrows();
    let scale = 2.0 / (n * n) as f64;
    let x = DMatrix::from_column_slice(n, n, stepper.parameters());
    let gradient = (&x * m - DMatrix::identity(n, n)) * m.transpose() * scale;
    let found = DMatrix::from_column_slice(n, n, stepper.progress().gradient);
    let error = (&found - &gradient).norm() / gradient.norm();
    assert!(error < 1e-12, "{name}, n = {n}: gradient {error:e}");
    let loss = stepper.step();
    let x = x - gradient * LEARNING_RATE;
    let difference = (DMatrix::from_column_slice(n, n, stepper.parameters()) - &x).norm();
    assert!(difference < 1e-14 * x.norm(), "{name}, n = {n}: step");
    let expected = (x * m - DMatrix::identity(n, n)).norm_squared() * scale / 2.0;
    let error = (loss - expected).abs() / expected;
    assert!(error < 1e-8, "{name}, n = {n}: loss {error:e}");
}

fn bench_steps<F>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    n: usize,
    stepper: &Stepper<f64, F, Sgd<f64>>,
) where
    F: Objective<f64> + Clone,
{
    group.bench_function(BenchmarkId::new(name, n), |bencher| {
        bencher.iter_custom(|steps| {
            let mut stepper = stepper.clone();
            let started = Instant::now();
            for _ in 0..steps {
                black_box(stepper.step());
            }
            started.elapsed()
        });
    });
}

/// M·Mᵀ, so many times.
fn bench_products(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    m: &DMatrix<f64>,
    count: usize,
) {
    let transpose = m.transpose();
    let mut product = m.clone();
    group.bench_function(BenchmarkId::new(name, m.nrows()), |bencher| {
        bencher.iter(|| {
            for _ in 0..count {
                product.gemm(1.0, black_box(m), &transpose, 0.0);
            }
        });
    });
    assert!((product - m * transpose).norm() < 1e-12 * m.norm_squared());
}

fn default_inversion(m: &DMatrix<f64>) -> matrix_descent::Inversion<f64> {
    let config = Config::default().accuracy(Accuracy::Working);
    invert_by_descent(m, config).expect("well conditioned")
}

fn step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    group
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    for n in SIZES {
        let m = well_conditioned(n);
        let plain = InverseObjective::new(&m, Side::Left, MeanSquaredError).expect("finite");
        let plain = stepper(plain);
        let gram = stepper(InverseGramObjective::new(&m, Side::Left).expect("finite"));
        assert_step("two-product step", plain.clone(), &m);
        assert_step("one-product step", gram.clone(), &m);
        let inversion = default_inversion(&m);
        assert!(inversion.residual < 1e-12, "{:e}", inversion.residual);

        bench_products(&mut group, "1 product", &m, 1);
        bench_steps(&mut group, "one-product step", n, &gram);
        bench_products(&mut group, "2 products", &m, 2);
        bench_steps(&mut group, "two-product step", n, &plain);
        let products = inversion.products.total();
        bench_products(
            &mut group,
            "products of the default inversion",
            &m,
            products,
        );
        group.bench_function(BenchmarkId::new("default inversion", n), |bencher| {
            bencher.iter(|| default_inversion(black_box(&m)));
        });
    }
    group.finish();
}

criterion_group!(benches, step);
criterion_main!(benches);
