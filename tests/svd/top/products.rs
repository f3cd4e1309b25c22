//! The number of products that a large sparse map takes, counted by the map itself.

use std::cell::Cell;

use matrix_descent::svd::LeadingEvidence;
use matrix_descent::{LinearMap, svd_top_k};
use nalgebra_sparse::{CooMatrix, CsrMatrix};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use super::default;

struct Counted {
    matrix: CsrMatrix<f64>,
    products: Cell<usize>,
}

impl Counted {
    fn count(&self, vectors: usize) {
        self.products.set(self.products.get() + vectors);
    }
}

impl LinearMap<f64> for Counted {
    fn rows(&self) -> usize {
        self.matrix.nrows()
    }

    fn columns(&self) -> usize {
        self.matrix.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.count(1);
        self.matrix.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.count(1);
        self.matrix.apply_adjoint(y, image);
    }

    fn apply_block(&self, x: &[f64], images: &mut [f64]) {
        self.count(x.len() / self.columns());
        self.matrix.apply_block(x, images);
    }

    fn apply_adjoint_block(&self, y: &[f64], images: &mut [f64]) {
        self.count(y.len() / self.rows());
        self.matrix.apply_adjoint_block(y, images);
    }
}

/// Rows of ten uniform entries, the first columns filled most.
fn sparse(rows: usize, columns: usize) -> CsrMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut triplets = CooMatrix::new(rows, columns);
    for row in 0..rows {
        for _ in 0..10 {
            let u: f64 = generator.random();
            let column = (columns as f64 * u.powi(3)) as usize;
            triplets.push(row, column.min(columns - 1), generator.random());
        }
    }
    CsrMatrix::from(&triplets)
}

/// The second look and the last residuals are among them.
#[test]
fn a_large_sparse_matrix_takes_few_products() {
    let map = Counted {
        matrix: sparse(100_000, 20_000),
        products: Cell::new(0),
    };
    for (k, most) in [(5, 110), (10, 170), (50, 480)] {
        map.products.set(0);
        let top = svd_top_k(&map, k, default()).unwrap();
        let counted = map.products.get();
        assert!(counted <= most, "k = {k}: {counted}");
        // One is for the scale.
        assert_eq!(top.products + 1, counted);
        let LeadingEvidence::Probable { shortfall, .. } = top.certificate.leading() else {
            panic!("{}", top.certificate.leading());
        };
        assert!(shortfall <= 0.25, "{shortfall}");
        let bound = top.certificate.largest_error_bound();
        assert!(bound <= 1e-10 * top.singular_values[0], "{bound:e}");
    }
}
