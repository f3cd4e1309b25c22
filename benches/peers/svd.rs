//! The singular value decomposition with thin vectors, beside nalgebra's and faer's, on one thread:
//! medians of the CPU time of runs taken in turns.
//!
//! `BENCH_LONG=1 cargo bench --bench svd` adds the sizes that take seconds.

use std::hint::black_box;
use std::time::Duration;

use matrix_descent::{Svd, SvdConfig, svd_by_descent};
use nalgebra::{DMatrix, Dyn};

use interleaved::{Budget, medians};
use support::matrices::gaussian;
use support::table::Table;

mod clock;
#[path = "report/interleaved.rs"]
mod interleaved;
#[path = "../support"]
mod support {
    pub mod matrices;
    #[allow(dead_code, reason = "no number here needs groups of digits")]
    pub mod table;
}

const SHAPES: [(usize, usize); 13] = [
    (4, 4),
    (8, 8),
    (16, 16),
    (24, 24),
    (32, 32),
    (40, 40),
    (48, 48),
    (64, 64),
    (80, 80),
    (100, 100),
    (128, 128),
    (500, 20),
    (1000, 50),
];
const LONG_SHAPES: [(usize, usize); 4] = [(256, 256), (300, 300), (512, 512), (2000, 200)];

/// One matrix in the types of both libraries, so that no conversion is timed.
struct Case {
    matrix: DMatrix<f64>,
    faer_matrix: faer::Mat<f64>,
}

impl Case {
    fn gaussian(rows: usize, columns: usize) -> Self {
        let matrix = gaussian(rows, 2).columns(0, columns).into_owned();
        let faer_matrix = faer::Mat::from_fn(rows, columns, |i, j| matrix[(i, j)]);
        Self {
            matrix,
            faer_matrix,
        }
    }

    fn by_descent(&self) -> Svd<f64> {
        let found = svd_by_descent(&self.matrix, SvdConfig::default());
        found.unwrap_or_else(|error| panic!("{error}"))
    }

    fn by_nalgebra(&self) -> nalgebra::SVD<f64, Dyn, Dyn> {
        self.matrix.clone().svd(true, true)
    }

    fn by_faer(&self) -> faer::linalg::solvers::Svd<f64> {
        self.faer_matrix.thin_svd().expect("finite")
    }

    /// Panics unless all three agree and the factors give the matrix back.
    fn check(&self) {
        let svd = self.by_descent();
        let (nalgebra, faer) = (self.by_nalgebra(), self.by_faer());
        let allowed = 1e-12 * svd.singular_values[0];
        for (index, &value) in svd.singular_values.iter().enumerate() {
            assert!((value - nalgebra.singular_values[index]).abs() <= allowed);
            assert!((value - faer.S()[index]).abs() <= allowed);
        }
        assert!((svd.reconstruct() - &self.matrix).norm() <= allowed);
    }
}

fn main() {
    faer::set_global_parallelism(faer::Par::Seq);
    let is_long = std::env::var_os("BENCH_LONG").is_some();
    let long = LONG_SHAPES.into_iter().filter(|_| is_long);
    let budget = Budget {
        time: Duration::from_secs(1),
        fewest_rounds: 11,
    };
    let columns = [
        "shape",
        "descent, µs",
        "nalgebra, µs",
        "faer, µs",
        "descent/nalgebra",
    ];
    let mut table = Table {
        header: columns.map(str::to_owned).to_vec(),
        rows: Vec::new(),
    };
    for (rows, columns) in SHAPES.into_iter().chain(long) {
        let case = Case::gaussian(rows, columns);
        case.check();
        let seconds = medians(
            &[
                &|| drop(black_box(black_box(&case).by_descent())),
                &|| drop(black_box(black_box(&case).by_nalgebra())),
                &|| drop(black_box(black_box(&case).by_faer())),
            ],
            budget,
        );
        let mut row = vec![format!("{rows}×{columns}")];
        row.extend(
            seconds
                .iter()
                .map(|seconds| format!("{:.1}", seconds * 1e6)),
        );
        row.push(format!("{:.2}", seconds[0] / seconds[1]));
        table.rows.push(row);
    }
    print!("{table}");
}
