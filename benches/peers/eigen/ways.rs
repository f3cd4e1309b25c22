//! The ways to the smallest eigenpairs of a grid, with what they took.

use std::time::Instant;

use faer::Par;
use faer::col::ColRef;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::mat::MatMut;
use faer::matrix_free::eigen::{
    PartialEigenParams, partial_self_adjoint_eigen, partial_self_adjoint_eigen_scratch,
};
use matrix_descent::{EigenConfig, LinearMap, symmetric_eigen_k};
use nalgebra::DMatrix;

use crate::counting::Counting;
use crate::faer_map::FaerMap;
use crate::grid::{Laplacian, Mirrored, NORM};

/// The largest residual ‖A·x − λ·x‖ relative to ‖A‖ at which all of them end.
pub const RESIDUAL: f64 = 1e-8;

/// faer's basis; the default of twice k takes more products.
const FAER_BASIS: usize = 40;

/// A way to the k smallest eigenpairs, with its name.
pub type Way = (&'static str, fn(&Counting<Laplacian>, usize) -> Pairs);

pub const WAYS: [Way; 2] = [("descent", descend), ("faer", by_faer)];

/// Eigenvalues, ascending, and their vectors as columns.
pub struct Pairs {
    pub values: Vec<f64>,
    pub vectors: DMatrix<f64>,
}

/// What a run took.
pub struct Run {
    pub seconds: f64,
    pub products: usize,
    /// The largest residual, relative to ‖A‖.
    pub residual: f64,
    /// The largest error of an eigenvalue, relative to ‖A‖.
    pub error: f64,
}

fn descend(map: &Counting<Laplacian>, k: usize) -> Pairs {
    let config = EigenConfig::smallest().tolerance(RESIDUAL);
    let found = symmetric_eigen_k(map, k, config).unwrap_or_else(|error| panic!("{error}"));
    Pairs {
        values: found.eigenvalues.iter().copied().collect(),
        vectors: found.eigenvectors,
    }
}

/// faer finds the eigenvalues of largest magnitude.
fn by_faer(map: &Counting<Laplacian>, k: usize) -> Pairs {
    let n = map.rows();
    let mirrored = Mirrored(map);
    let map = FaerMap(&mirrored);
    let params = PartialEigenParams {
        max_dim: FAER_BASIS.max(2 * k),
        ..PartialEigenParams::default()
    };
    let mut vectors = DMatrix::zeros(n, k);
    let mut values = vec![0.0; k];
    let start: Vec<f64> = (0..n)
        .map(|i| (1.0 + (i * i % 1009) as f64).sin())
        .collect();
    let scratch = partial_self_adjoint_eigen_scratch(&map, k, Par::Seq, params);
    let mut memory = MemBuffer::new(scratch);
    let info = partial_self_adjoint_eigen(
        MatMut::from_column_major_slice_mut(vectors.as_mut_slice(), n, k),
        &mut values,
        &map,
        ColRef::from_slice(&start),
        RESIDUAL * NORM,
        Par::Seq,
        MemStack::new(&mut memory),
        params,
    );
    assert_eq!(info.n_converged_eigen, k, "faer");
    for value in &mut values {
        *value = NORM - *value;
    }
    Pairs { values, vectors }
}

/// Takes a way, and measures what it found against the closed form.
pub fn run(way: Way, grid: &Laplacian, k: usize) -> Run {
    let (_, take) = way;
    let map = Counting::new(grid);
    let started = Instant::now();
    let found = take(&map, k);
    let seconds = started.elapsed().as_secs_f64();
    let exact = grid.smallest(k);
    let errors = found.values.iter().zip(exact);
    let errors = errors.map(|(value, exact)| (value - exact).abs());
    Run {
        seconds,
        products: map.products(),
        residual: largest_residual(grid, &found) / NORM,
        error: errors.fold(0.0, f64::max) / NORM,
    }
}

fn largest_residual(grid: &Laplacian, found: &Pairs) -> f64 {
    let mut image = vec![0.0; grid.rows()];
    let columns = found.vectors.column_iter().zip(&found.values);
    let norms = columns.map(|(vector, value)| {
        grid.apply(vector.as_slice(), &mut image);
        let differences = image.iter().zip(&vector).map(|(y, x)| y - value * x);
        differences.map(|d| d * d).sum::<f64>().sqrt() / vector.norm()
    });
    norms.fold(0.0, f64::max)
}

impl Run {
    /// Whether the k values are the k smallest, with every copy of a multiple one.
    pub fn is_complete(&self) -> bool {
        self.residual <= 1.1 * RESIDUAL && self.error <= RESIDUAL
    }
}
