//! The notebook's loop: 10 000 steps of the heavy ball on its random 4×4 matrix, losses recorded.
//!
//! The whole run is timed, so 5 ms are 0.5 µs a step. Beside it stands the floor: the same loop
//! written by hand for matrices of static size.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use matrix_descent::{
    InverseObjective, MeanSquaredError, Minimization, Sgd, Side, Silent, Stopping, minimize,
};
use nalgebra::{DMatrix, Matrix4};

const STEPS: usize = 10_000;
const LEARNING_RATE: f64 = 0.9;
const MOMENTUM: f64 = 0.9;

/// The matrix and the start of the notebook's first run.
fn notebook_matrices() -> (Matrix4<f64>, Matrix4<f64>) {
    let runs = include_str!("../tests/fixtures/notebook_inverse.json");
    let runs: serde_json::Value = serde_json::from_str(runs).expect("valid JSON");
    let matrix =
        |name: &str| Matrix4::from_fn(|i, j| runs[0][name][i][j].as_f64().expect("4×4 numbers"));
    (matrix("m"), matrix("x0"))
}

fn by_the_crate(m: &DMatrix<f64>, start: &DMatrix<f64>) -> Minimization<f64> {
    let objective = InverseObjective::new(m, Side::Left, MeanSquaredError).expect("regular");
    let rule = Sgd::new(LEARNING_RATE).momentum(MOMENTUM);
    let stopping = Stopping::default().max_steps(STEPS);
    let start = start.as_slice().to_vec();
    minimize(objective, rule, start, stopping, Silent).expect("converges")
}

fn by_hand(m: &Matrix4<f64>, start: &Matrix4<f64>) -> (Matrix4<f64>, Vec<f64>) {
    let transpose = m.transpose();
    let mut x = *start;
    let mut velocity = Matrix4::zeros();
    let mut losses = Vec::with_capacity(STEPS);
    for _ in 0..STEPS {
        let error = x * m - Matrix4::identity();
        losses.push(error.norm_squared() / 16.0);
        velocity = velocity * MOMENTUM + error * (2.0 / 16.0) * transpose;
        x -= velocity * LEARNING_RATE;
    }
    (x, losses)
}

fn notebook(criterion: &mut Criterion) {
    let (m, start) = notebook_matrices();
    let dynamic = |fixed: &Matrix4<f64>| DMatrix::from_column_slice(4, 4, fixed.as_slice());
    let (m_dynamic, start_dynamic) = (dynamic(&m), dynamic(&start));
    let (expected, _) = by_hand(&m, &start);
    let found = DMatrix::from_vec(4, 4, by_the_crate(&m_dynamic, &start_dynamic).parameters);
    let difference = (found - dynamic(&expected)).norm();
    assert!(difference < 1e-12, "the two loops differ by {difference:e}");
    assert!((expected * m - Matrix4::identity()).norm() < 1e-12);

    let mut group = criterion.benchmark_group("notebook, 10000 steps, n = 4");
    group.bench_function("matrix-descent", |bencher| {
        bencher.iter(|| by_the_crate(black_box(&m_dynamic), &start_dynamic));
    });
    group.bench_function("static loop by hand", |bencher| {
        bencher.iter(|| by_hand(black_box(&m), &start));
    });
    group.finish();
}

criterion_group!(benches, notebook);
criterion_main!(benches);
