//! The ten leading singular values and vectors of large matrices with σⱼ = 1/j, beside whole
//! decompositions, on one thread.
//!
//! `BENCH_LONG=1 cargo bench --bench top_k` goes up to 2000×1000, and adds nalgebra's
//! decomposition.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use matrix_descent::{TopConfig, TopSvd, svd_top_k};
use nalgebra::{DMatrix, DVector};

use support::matrices::gaussian;

#[path = "../support"]
mod support {
    pub mod matrices;
}

const K: usize = 10;
const SHAPES: [(usize, usize); 2] = [(200, 100), (400, 200)];
const LONG_SHAPES: [(usize, usize); 2] = [(1000, 500), (2000, 1000)];

struct Case {
    matrix: DMatrix<f64>,
    faer_matrix: faer::Mat<f64>,
    /// The leading right vectors of a matrix that differs by about 10⁻⁶.
    nearby: DMatrix<f64>,
}

impl Case {
    fn hyperbolic(rows: usize, columns: usize) -> Self {
        let mut matrix = DMatrix::from_fn(rows, columns, |i, j| {
            if i == j { 1.0 / (j + 1) as f64 } else { 0.0 }
        });
        for seed in 0..3 {
            reflect(&mut matrix, seed);
        }
        let top = svd_top_k(&matrix, K, TopConfig::default()).expect("finite");
        let noise = gaussian(columns, 9).columns(0, K) * (1e-6 / (columns as f64).sqrt());
        let faer_matrix = faer::Mat::from_fn(rows, columns, |i, j| matrix[(i, j)]);
        Self {
            nearby: top.v + noise,
            matrix,
            faer_matrix,
        }
    }

    fn cold(&self) -> TopSvd<f64> {
        let found = svd_top_k(&self.matrix, K, TopConfig::default());
        found.unwrap_or_else(|error| panic!("{error}"))
    }

    fn warm(&self) -> TopSvd<f64> {
        let config = TopConfig::default().start(self.nearby.clone());
        let found = svd_top_k(&self.matrix, K, config);
        found.unwrap_or_else(|error| panic!("{error}"))
    }

    fn by_faer(&self) -> faer::linalg::solvers::Svd<f64> {
        self.faer_matrix.thin_svd().expect("finite")
    }

    /// Panics unless the values are right, and the residuals small.
    fn check(&self) {
        let faer = self.by_faer();
        for top in [self.cold(), self.warm()] {
            for (j, &value) in top.singular_values.iter().enumerate() {
                assert!((value - 1.0 / (j + 1) as f64).abs() <= 1e-13);
                assert!((value - faer.S()[j]).abs() <= 1e-13);
                let residual = &self.matrix * top.v.column(j) - top.u.column(j) * value;
                assert!(residual.norm() <= 1e-12);
            }
        }
    }
}

/// Reflects rows and columns at random planes, which changes no singular value.
fn reflect(matrix: &mut DMatrix<f64>, seed: u64) {
    let axis = |size, seed| -> DVector<f64> {
        let matrix = gaussian(size, seed);
        matrix.column(0).normalize()
    };
    let left = axis(matrix.nrows(), 2 * seed);
    let image = matrix.tr_mul(&left);
    matrix.ger(-2.0, &left, &image, 1.0);
    let right = axis(matrix.ncols(), 2 * seed + 1);
    let image = &*matrix * &right;
    matrix.ger(-2.0, &image, &right, 1.0);
}

fn top_k(criterion: &mut Criterion) {
    faer::set_global_parallelism(faer::Par::Seq);
    let is_long = std::env::var_os("BENCH_LONG").is_some();
    let long = LONG_SHAPES.into_iter().filter(|_| is_long);
    let mut group = criterion.benchmark_group("top_k");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_secs(1));
    for (rows, columns) in SHAPES.into_iter().chain(long) {
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
    group.finish();
}

criterion_group!(benches, top_k);
criterion_main!(benches);
