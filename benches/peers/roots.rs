//! The square root of a definite matrix together with its inverse, with proof, beside the symmetric
//! eigendecompositions of nalgebra and faer; and the polar decomposition beside the SVD; on one
//! thread: medians of the CPU time of runs taken in turns.
//!
//! `BENCH_LONG=1 cargo bench --bench roots` adds the sizes that take seconds, `-- --test` takes a
//! second. SciPy's and PyTorch's ways: `python benches/peers/roots.py`. Residuals are ‖X² − A‖/‖A‖.

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

const CONDITIONS: [f64; 4] = [1e2, 1e4, 1e6, 1e8];

/// What is measured, and how thoroughly.
struct Extent {
    orders: &'static [usize],
    conditions: &'static [f64],
    budget: Budget,
}

const QUICK: Extent = Extent {
    orders: &[8, 32],
    conditions: &[1e4],
    budget: Budget {
        time: Duration::ZERO,
        fewest_rounds: 1,
    },
};

const USUAL: Extent = Extent {
    orders: &[8, 16, 32, 64, 128],
    conditions: &CONDITIONS,
    budget: Budget {
        time: Duration::from_secs(1),
        fewest_rounds: 11,
    },
};

const LONG: Extent = Extent {
    orders: &[8, 16, 32, 64, 128, 256, 512],
    ..USUAL
};

impl Extent {
    fn wanted() -> Self {
        if std::env::args().any(|argument| argument == "--test") {
            QUICK
        } else if std::env::var_os("BENCH_LONG").is_some() {
            LONG
        } else {
            USUAL
        }
    }
}

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

    /// ‖X² − A‖_F/‖A‖_F of the three roots; panics unless they agree.
    fn residuals(&self, condition_number: f64) -> [f64; 3] {
        let found = self.by_descent().root;
        let [of_nalgebra, _] = self.by_nalgebra();
        let [of_faer, _] = self.by_faer();
        let of_faer = DMatrix::from_fn(found.nrows(), found.ncols(), |i, j| of_faer[(i, j)]);
        let allowed = 1e-13 * condition_number.sqrt() * found.norm();
        assert!((&found - &of_nalgebra).norm() <= allowed);
        assert!((&found - &of_faer).norm() <= allowed);
        [found, of_nalgebra, of_faer].map(|x| (&x * &x - &self.matrix).norm() / self.matrix.norm())
    }
}

fn main() {
    faer::set_global_parallelism(faer::Par::Seq);
    let extent = Extent::wanted();
    roots(&extent);
    polar(&extent);
}

fn roots(extent: &Extent) {
    let header = [
        "order",
        "condition",
        "products",
        "descent, µs",
        "nalgebra, µs",
        "faer, µs",
        "descent/nalgebra",
        "descent/faer",
        "residuals",
    ];
    let mut table = Table {
        header: header.map(str::to_owned).to_vec(),
        rows: Vec::new(),
    };
    for &n in extent.orders {
        for &condition_number in extent.conditions {
            let case = Case::new(n, condition_number);
            table.rows.push(row(&case, condition_number, extent.budget));
        }
    }
    print!("{table}");
}

fn row(case: &Case, condition_number: f64, budget: Budget) -> Vec<String> {
    let residuals = case.residuals(condition_number);
    let seconds = medians(
        &[
            &|| drop(black_box(black_box(case).by_descent())),
            &|| drop(black_box(black_box(case).by_nalgebra())),
            &|| drop(black_box(black_box(case).by_faer())),
        ],
        budget,
    );
    let products = case.by_descent().products.descent();
    let mut row = vec![
        case.matrix.nrows().to_string(),
        format!("{condition_number:.0e}"),
        products.to_string(),
    ];
    row.extend(seconds.iter().map(|s| format!("{:.1}", s * 1e6)));
    row.push(format!("{:.2}", seconds[0] / seconds[1]));
    row.push(format!("{:.2}", seconds[0] / seconds[2]));
    row.push(
        residuals
            .map(|residual| format!("{residual:.1e}"))
            .join(", "),
    );
    row
}

/// The polar decomposition by products, and by the SVD of this crate.
fn polar(extent: &Extent) {
    let header = ["order", "polar, µs", "SVD, µs", "SVD/polar"];
    let mut table = Table {
        header: header.map(str::to_owned).to_vec(),
        rows: Vec::new(),
    };
    for &n in extent.orders {
        let matrix = gaussian(n, 2);
        let by_products = || -> Polar<f64> { polar_decomposition(&matrix).expect("finite") };
        let seconds = medians(
            &[&|| drop(black_box(by_products())), &|| {
                drop(black_box(svd_by_descent(&matrix, SvdConfig::default())));
            }],
            extent.budget,
        );
        let mut row = vec![n.to_string()];
        row.extend(seconds.iter().map(|s| format!("{:.1}", s * 1e6)));
        row.push(format!("{:.1}", seconds[1] / seconds[0]));
        table.rows.push(row);
    }
    print!("\n{table}");
}
