//! The inverse of a random matrix: the default descent beside the LU inverses of nalgebra and
//! faer, on one thread, each answer checked before it is timed.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use faer::linalg::solvers::DenseSolveCore;
use matrix_descent::{Config, invert_by_descent};
use nalgebra::DMatrix;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

const SIZES: [usize; 3] = [4, 16, 64];

/// Entries uniform in [−1, 1) plus 2√n on the diagonal: κ between 2 and 5, the easy case.
fn well_conditioned(n: usize) -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(n as u64);
    let noise = DMatrix::from_fn(n, n, |_, _| 2.0 * generator.random::<f64>() - 1.0);
    noise + DMatrix::from_diagonal_element(n, n, 2.0 * (n as f64).sqrt())
}

fn by_descent(m: &DMatrix<f64>) -> DMatrix<f64> {
    let inversion = invert_by_descent(m, Config::default()).expect("well conditioned");
    inversion.inverse
}

fn by_nalgebra(m: &DMatrix<f64>) -> DMatrix<f64> {
    m.clone().try_inverse().expect("regular")
}

fn by_faer(m: &faer::Mat<f64>) -> faer::Mat<f64> {
    m.partial_piv_lu().inverse()
}

fn assert_inverse(name: &str, x: &DMatrix<f64>, m: &DMatrix<f64>) {
    let n = m.nrows();
    let residual = (x * m - DMatrix::identity(n, n)).norm();
    let tolerance = (n as f64).sqrt() * f64::EPSILON.powf(2.0 / 3.0);
    assert!(
        residual <= tolerance,
        "{name}, n = {n}: residual {residual:e}"
    );
}

fn inversion(criterion: &mut Criterion) {
    faer::set_global_parallelism(faer::Par::Seq);
    let mut group = criterion.benchmark_group("inversion");
    for n in SIZES {
        let m = well_conditioned(n);
        let m_faer = faer::Mat::from_fn(n, n, |i, j| m[(i, j)]);
        let x_faer = by_faer(&m_faer);
        let x_faer = DMatrix::from_fn(n, n, |i, j| x_faer[(i, j)]);
        assert_inverse("descent", &by_descent(&m), &m);
        assert_inverse("nalgebra", &by_nalgebra(&m), &m);
        assert_inverse("faer", &x_faer, &m);
        group.bench_with_input(BenchmarkId::new("descent", n), &m, |bencher, m| {
            bencher.iter(|| by_descent(black_box(m)));
        });
        group.bench_with_input(BenchmarkId::new("nalgebra LU", n), &m, |bencher, m| {
            bencher.iter(|| by_nalgebra(black_box(m)));
        });
        group.bench_with_input(BenchmarkId::new("faer LU", n), &m_faer, |bencher, m| {
            bencher.iter(|| by_faer(black_box(m)));
        });
    }
    group.finish();
}

criterion_group!(benches, inversion);
criterion_main!(benches);
