//! Linear systems by descent, beside LU and Cholesky factorisations, on one thread.
//!
//! Dense systems with κ = 100, where a factorisation takes 2n³/3 or n³/3 operations and each step of a
//! descent 2n² or 4n²; and the Laplacian of a grid, known by its products alone.
//!
//! `BENCH_LONG=1 cargo bench --bench solve` adds larger ones.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use matrix_descent::{LinearMap, Solution, SolveConfig, SolveMethod, solve_by_descent};
use nalgebra::{DMatrix, DVector};

use support::matrices::{gaussian, log_spaced};

mod support {
    pub mod matrices;
}

const SIZES: [usize; 3] = [16, 64, 256];
const LONG_SIZES: [usize; 2] = [512, 1024];
const SIDES: [usize; 1] = [50];
const LONG_SIDES: [usize; 1] = [200];
const CONDITION_NUMBER: f64 = 100.0;
const TOLERANCE: f64 = 1e-12;

/// A definite system whose solution is known.
struct Case {
    matrix: DMatrix<f64>,
    b: DVector<f64>,
    solution: DVector<f64>,
    faer_matrix: Mat<f64>,
    faer_b: Mat<f64>,
}

/// A way to a solution, with its name.
type Way = (&'static str, fn(&Case) -> DVector<f64>);

const WAYS: [Way; 6] = [
    ("descent, least squares", |case| {
        case.descend(SolveMethod::LeastSquares)
    }),
    ("descent, definite", |case| {
        case.descend(SolveMethod::PositiveDefinite)
    }),
    ("nalgebra LU", |case| {
        case.matrix.clone().lu().solve(&case.b).expect("regular")
    }),
    ("nalgebra Cholesky", |case| {
        case.matrix
            .clone()
            .cholesky()
            .expect("definite")
            .solve(&case.b)
    }),
    ("faer LU", |case| {
        from_faer(&case.faer_matrix.partial_piv_lu().solve(&case.faer_b))
    }),
    ("faer Cholesky", |case| {
        from_faer(
            &case
                .faer_matrix
                .llt(Side::Lower)
                .expect("definite")
                .solve(&case.faer_b),
        )
    }),
];

fn from_faer(x: &Mat<f64>) -> DVector<f64> {
    DVector::from_fn(x.nrows(), |i, _| x[(i, 0)])
}

impl Case {
    fn definite(n: usize) -> Self {
        let root = log_spaced(n, CONDITION_NUMBER.sqrt());
        let matrix = &root * root.transpose();
        let solution = gaussian(n, 3).column(0).into_owned();
        let b = &matrix * &solution;
        Self {
            faer_matrix: Mat::from_fn(n, n, |i, j| matrix[(i, j)]),
            faer_b: Mat::from_fn(n, 1, |i, _| b[i]),
            matrix,
            b,
            solution,
        }
    }

    fn descend(&self, method: SolveMethod) -> DVector<f64> {
        descend(&self.matrix, &self.b, method)
            .solution
            .column(0)
            .into_owned()
    }
}

fn descend<A: LinearMap<f64>>(a: &A, b: &DVector<f64>, method: SolveMethod) -> Solution<f64> {
    let config = SolveConfig::default().method(method).tolerance(TOLERANCE);
    solve_by_descent(a, b, config).unwrap_or_else(|error| panic!("{error}"))
}

/// 4x − (the four neighbours) on a square grid with zeros around it.
struct Laplacian {
    side: usize,
}

impl LinearMap<f64> for Laplacian {
    fn rows(&self) -> usize {
        self.side * self.side
    }

    fn columns(&self) -> usize {
        self.rows()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let side = self.side;
        for place in 0..x.len() {
            let mut value = 4.0 * x[place];
            if place % side > 0 {
                value -= x[place - 1];
            }
            if place % side + 1 < side {
                value -= x[place + 1];
            }
            if place >= side {
                value -= x[place - side];
            }
            if place + side < x.len() {
                value -= x[place + side];
            }
            image[place] = value;
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
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
    for n in SIZES
        .into_iter()
        .chain(LONG_SIZES.into_iter().filter(|_| is_long))
    {
        let case = Case::definite(n);
        for (name, way) in WAYS {
            let error = (way(&case) - &case.solution).norm() / case.solution.norm();
            assert!(
                error <= 10.0 * CONDITION_NUMBER * TOLERANCE,
                "{name}: {error:e}"
            );
            group.bench_function(BenchmarkId::new(name, n), |bencher| {
                bencher.iter(|| way(black_box(&case)));
            });
        }
    }
    for side in SIDES
        .into_iter()
        .chain(LONG_SIDES.into_iter().filter(|_| is_long))
    {
        let grid = Laplacian { side };
        let b = DVector::from_fn(grid.rows(), |i, _| (i as f64).sin());
        let found = descend(&grid, &b, SolveMethod::PositiveDefinite);
        assert!(found.backward_errors[0].residual <= 1e-9 * b.norm());
        let id = BenchmarkId::new("descent, definite", format!("grid {side}×{side}"));
        group.bench_function(id, |bencher| {
            bencher.iter(|| descend(black_box(&grid), &b, SolveMethod::PositiveDefinite));
        });
    }
    group.finish();
}

criterion_group!(benches, solve);
criterion_main!(benches);
