//! The ten smallest eigenvalues of the Laplacian of a grid, with and without a preconditioner.

use std::error::Error;

use matrix_descent::linear_map::Jacobi;
use matrix_descent::sparse_inverse::{
    FactoredInverseConfig, Growth, InversePattern, factored_inverse_by_descent,
};
use matrix_descent::{EigenConfig, LinearMap, symmetric_eigen_k};
use nalgebra::DVector;
use nalgebra_sparse::CsrMatrix;

use crate::clock::process_time;
use crate::counting::Counting;
use crate::grid::{Laplacian, NORM};
use crate::matrices;
use crate::table::Table;

const K: usize = 10;
/// The largest residual ‖A·x − λ·x‖ relative to ‖A‖, as in the bench `eigen`.
const RESIDUAL: f64 = 1e-8;

/// What a search took.
struct Search {
    values: DVector<f64>,
    /// With the matrix.
    products: usize,
    /// With the preconditioner.
    preconditioned: usize,
    /// Seconds of the processor.
    set_up: f64,
    seconds: f64,
}

type Way = (
    &'static str,
    fn(&CsrMatrix<f64>) -> Result<Search, Box<dyn Error>>,
);

const WAYS: [Way; 5] = [
    ("none", |matrix| {
        let map = Counting::new(matrix);
        let started = process_time();
        let found = symmetric_eigen_k(&map, K, config())?;
        Ok(Search {
            values: found.eigenvalues,
            products: map.products(),
            preconditioned: 0,
            set_up: 0.0,
            seconds: (process_time() - started).as_secs_f64(),
        })
    }),
    ("Jacobi", |matrix| {
        search(matrix, || Ok(Jacobi::of_sparse(matrix)?))
    }),
    ("factored inverse, f64", |matrix| {
        let config = FactoredInverseConfig::default();
        search(matrix, || Ok(factored_inverse_by_descent(matrix, config)?))
    }),
    ("factored inverse, f32", |matrix| {
        let config = FactoredInverseConfig::default().stored_as::<f32>();
        search(matrix, || Ok(factored_inverse_by_descent(matrix, config)?))
    }),
    ("factored inverse, f32, finer", |matrix| {
        let growth = Growth::default().row_limit(80).entries_per_step(8);
        let config = FactoredInverseConfig::default()
            .pattern(InversePattern::Grown(growth))
            .tolerance(0.01)
            .stored_as::<f32>();
        search(matrix, || Ok(factored_inverse_by_descent(matrix, config)?))
    }),
];

fn config() -> EigenConfig<f64> {
    EigenConfig::smallest().tolerance(RESIDUAL)
}

fn search<P: LinearMap<f64>>(
    matrix: &CsrMatrix<f64>,
    set_up: impl FnOnce() -> Result<P, Box<dyn Error>>,
) -> Result<Search, Box<dyn Error>> {
    let started = process_time();
    let preconditioner = set_up()?;
    let set_up = (process_time() - started).as_secs_f64();
    let map = Counting::new(matrix);
    let preconditioner = Counting::new(&preconditioner);
    let started = process_time();
    let found = symmetric_eigen_k(&map, K, config().preconditioner(&preconditioner))?;
    Ok(Search {
        values: found.eigenvalues,
        products: map.products(),
        preconditioned: preconditioner.products(),
        set_up,
        seconds: (process_time() - started).as_secs_f64(),
    })
}

/// Prints a table; panics if a value is wrong or missing.
pub fn compare(side: usize, rounds: usize) -> Result<(), Box<dyn Error>> {
    let matrix = matrices::constant(side);
    let exact = Laplacian { side }.smallest(K);
    let mut searches: Vec<Vec<Search>> = WAYS.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for ((name, way), searches) in WAYS.iter().zip(&mut searches) {
            let found = way(&matrix)?;
            for (value, exact) in found.values.iter().zip(&exact) {
                let error = (value - exact).abs() / NORM;
                assert!(error <= RESIDUAL, "{name}: off by {error:e}");
            }
            searches.push(found);
        }
    }
    let rows = WAYS.iter().zip(searches).map(|((name, _), mut searches)| {
        searches.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let middle = &searches[searches.len() / 2];
        vec![
            (*name).to_owned(),
            middle.products.to_string(),
            middle.preconditioned.to_string(),
            format!("{:.3}", middle.set_up),
            format!("{:.3}", middle.seconds),
        ]
    });
    let header = [
        "preconditioner",
        "products with A",
        "with the preconditioner",
        "set-up, s of the processor",
        "search, s of the processor",
    ];
    let table = Table {
        header: header.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    };
    println!("\n**Ten smallest eigenvalues, grid {side}³, coefficients 1**\n\n{table}");
    Ok(())
}
