//! The notebook's loop: 10 000 steps of the heavy ball on the 4×4 matrix, losses recorded.
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

/// A well-conditioned matrix with entries in (0, 1).
fn matrix() -> Matrix4<f64> {
    Matrix4::new(
        0.72, 0.42, 0.32, 0.75, 0.16, 0.59, 0.07, 0.34, 0.88, 0.25, 0.61, 0.13, 0.27, 0.36, 0.91,
        0.54,
    )
}

fn by_the_crate(m: &DMatrix<f64>) -> Minimization<f64> {
    let objective = InverseObjective::new(m, Side::Left, MeanSquaredError).expect("regular");
    let rule = Sgd::new(LEARNING_RATE).momentum(MOMENTUM);
    let stopping = Stopping::default().max_steps(STEPS);
    minimize(objective, rule, vec![0.5; 16], stopping, Silent).expect("converges")
}

fn by_hand(m: &Matrix4<f64>) -> (Matrix4<f64>, Vec<f64>) {
    let transpose = m.transpose();
    let mut x = Matrix4::repeat(0.5);
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
    let fixed = matrix();
    let dynamic = DMatrix::from_column_slice(4, 4, fixed.as_slice());
    let (expected, _) = by_hand(&fixed);
    let found = DMatrix::from_vec(4, 4, by_the_crate(&dynamic).parameters);
    let difference = (found - DMatrix::from_column_slice(4, 4, expected.as_slice())).norm();
    assert!(difference < 1e-12, "the two loops differ by {difference:e}");
    assert!((expected * fixed - Matrix4::identity()).norm() < 1e-12);

    let mut group = criterion.benchmark_group("notebook, 10000 steps, n = 4");
    group.bench_function("matrix-descent", |bencher| {
        bencher.iter(|| by_the_crate(black_box(&dynamic)));
    });
    group.bench_function("static loop by hand", |bencher| {
        bencher.iter(|| by_hand(black_box(&fixed)));
    });
    group.finish();
}

criterion_group!(benches, notebook);
criterion_main!(benches);
