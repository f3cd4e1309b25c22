//! Dense matrices with σⱼ = 1/j, beside whole decompositions.

use matrix_descent::{TopConfig, TopSvd, svd_top_k};
use nalgebra::{DMatrix, DVector};

use crate::matrices::gaussian;

/// The number of singular values.
const K: usize = 10;

pub struct Case {
    pub matrix: DMatrix<f64>,
    faer_matrix: faer::Mat<f64>,
    /// The leading right vectors of a matrix that differs by about 10⁻⁶.
    nearby: DMatrix<f64>,
}

impl Case {
    pub fn hyperbolic(rows: usize, columns: usize) -> Self {
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

    pub fn cold(&self) -> TopSvd<f64> {
        let found = svd_top_k(&self.matrix, K, TopConfig::default());
        found.unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn warm(&self) -> TopSvd<f64> {
        let config = TopConfig::default().start(self.nearby.clone());
        let found = svd_top_k(&self.matrix, K, config);
        found.unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn by_faer(&self) -> faer::linalg::solvers::Svd<f64> {
        self.faer_matrix.thin_svd().expect("finite")
    }

    /// Panics unless the values are right, and the residuals small.
    pub fn check(&self) {
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
