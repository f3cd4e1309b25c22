//! The square root of a definite matrix together with its inverse, with proof, beside the symmetric
//! eigendecompositions of nalgebra and faer; and the polar decomposition beside the SVD; on one
//! thread: medians of the CPU time of runs taken in turns.
//!
//! `BENCH_LONG=1 cargo bench --bench roots` adds the sizes that take seconds. SciPy's and PyTorch's
//! ways: `python benches/peers/roots.py`.

use std::hint::black_box;
use std::time::Duration;

use matrix_descent::{
    MatrixRoot, Polar, RootConfig, SvdConfig, polar_decomposition, square_root_by_descent,
    svd_by_descent,
};
use nalgebra::{DMatrix, SymmetricEigen};

use interleaved::{Budget, medians};
use support::matrices::{gaussian, log_spaced};
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

const ORDERS: [usize; 5] = [8, 16, 32, 64, 128];
const LONG_ORDERS: [usize; 2] = [256, 512];
const CONDITIONS: [f64; 4] = [1e2, 1e4, 1e6, 1e8];

/// One definite matrix in the types of both libraries, so that no conversion is timed.
struct Case {
    matrix: DMatrix<f64>,
    faer_matrix: faer::Mat<f64>,
}

impl Case {
    fn new(n: usize, condition_number: f64) -> Self {
        let m = log_spaced(n, condition_number.sqrt());
        let matrix = m.tr_mul(&m);
        let matrix = (&matrix + matrix.transpose()) * 0.5;
        let faer_matrix = faer::Mat::from_fn(n, n, |i, j| matrix[(i, j)]);
        Self {
            matrix,
            faer_matrix,
        }
    }

    fn by_descent(&self) -> MatrixRoot<f64> {
        let found = square_root_by_descent(&self.matrix, RootConfig::default());
        found.unwrap_or_else(|error| panic!("{error}"))
    }

    /// V·diag(√λ)·Vᵀ and its inverse.
    fn by_nalgebra(&self) -> [DMatrix<f64>; 2] {
        let eigen = SymmetricEigen::new(self.matrix.clone());
        let vectors = &eigen.eigenvectors;
        [0.5, -0.5].map(|power| {
            let mut weighted = vectors.clone();
            for (mut column, value) in weighted.column_iter_mut().zip(&eigen.eigenvalues) {
                column *= value.powf(power);
            }
            weighted * vectors.transpose()
        })
    }

    fn by_faer(&self) -> [faer::Mat<f64>; 2] {
        let eigen = self.faer_matrix.self_adjoint_eigen(faer::Side::Lower);
        let eigen = eigen.expect("finite");
        let (vectors, values) = (eigen.U(), eigen.S());
        [0.5, -0.5].map(|power| {
            let weighted = faer::Mat::from_fn(vectors.nrows(), vectors.ncols(), |i, j| {
                vectors[(i, j)] * values[j].powf(power)
            });
            weighted * vectors.transpose()
        })
    }

    /// Panics unless all three agree.
    fn check(&self, condition_number: f64) {
        let found = self.by_descent();
        let (nalgebra, faer) = (self.by_nalgebra(), self.by_faer());
        let allowed = 1e-13 * condition_number.sqrt() * found.root.norm();
        assert!((&found.root - &nalgebra[0]).norm() <= allowed);
        for (index, value) in found.root.iter().enumerate() {
            let (row, column) = (index % found.root.nrows(), index / found.root.nrows());
            assert!((value - faer[0][(row, column)]).abs() <= allowed);
        }
    }
}

fn main() {
    faer::set_global_parallelism(faer::Par::Seq);
    let is_long = std::env::var_os("BENCH_LONG").is_some();
    let orders = || {
        let long = LONG_ORDERS.into_iter().filter(|_| is_long);
        ORDERS.into_iter().chain(long)
    };
    let budget = Budget {
        time: Duration::from_secs(1),
        fewest_rounds: 11,
    };
    let header = [
        "order",
        "condition",
        "products",
        "descent, µs",
        "nalgebra, µs",
        "faer, µs",
        "descent/nalgebra",
        "descent/faer",
    ];
    let mut table = Table {
        header: header.map(str::to_owned).to_vec(),
        rows: Vec::new(),
    };
    for n in orders() {
        for condition_number in CONDITIONS {
            let case = Case::new(n, condition_number);
            case.check(condition_number);
            let seconds = medians(
                &[
                    &|| drop(black_box(black_box(&case).by_descent())),
                    &|| drop(black_box(black_box(&case).by_nalgebra())),
                    &|| drop(black_box(black_box(&case).by_faer())),
                ],
                budget,
            );
            let products = case.by_descent().products.descent();
            let mut row = vec![
                n.to_string(),
                format!("{condition_number:.0e}"),
                products.to_string(),
            ];
            row.extend(seconds.iter().map(|s| format!("{:.1}", s * 1e6)));
            row.push(format!("{:.2}", seconds[0] / seconds[1]));
            row.push(format!("{:.2}", seconds[0] / seconds[2]));
            table.rows.push(row);
        }
    }
    print!("{table}");
    polar(orders(), budget);
}

/// The polar decomposition by products, and by the SVD of this crate.
fn polar(orders: impl Iterator<Item = usize>, budget: Budget) {
    let header = ["order", "polar, µs", "SVD, µs", "SVD/polar"];
    let mut table = Table {
        header: header.map(str::to_owned).to_vec(),
        rows: Vec::new(),
    };
    for n in orders {
        let matrix = gaussian(n, 2);
        let by_products = || -> Polar<f64> { polar_decomposition(&matrix).expect("finite") };
        let seconds = medians(
            &[&|| drop(black_box(by_products())), &|| {
                drop(black_box(svd_by_descent(&matrix, SvdConfig::default())));
            }],
            budget,
        );
        let mut row = vec![n.to_string()];
        row.extend(seconds.iter().map(|s| format!("{:.1}", s * 1e6)));
        row.push(format!("{:.1}", seconds[1] / seconds[0]));
        table.rows.push(row);
    }
    print!("\n{table}");
}
