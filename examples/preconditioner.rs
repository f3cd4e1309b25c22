//! The flow of heat through a million cells of a random rock, by conjugate gradients with a sparse
//! approximate inverse.
//!
//! A cube of m×m×m cells is kept at 0 degrees outside, and heat is fed into random cells. Each cell
//! conducts by a factor of its own, random between 1 and 10,000, so that the temperatures x solve
//! A·x = b with a symmetric positive definite matrix A of about 7 entries a row, badly conditioned by
//! the fine grid and by the rock.
//!
//! A preconditioner P ≈ A⁻¹ saves steps, but pays only if it is found soon and its products are
//! cheap. Jacobi's divides by the diagonal. The factored one is Gᵀ·G with a sparse lower triangular
//! G: each row of G descends on a function of its own, and takes the entries where the gradient of
//! that function is largest, so that a row has more entries where the rock is difficult.
//!
//! What it shows: the factored inverse takes less than a third of Jacobi's steps, and its set-up is a
//! part of what one solution with Jacobi's takes.
//!
//! `cargo run --release --example preconditioner` takes 50×50×50 cells, `-- 100` a million, and
//! `-- path/to/bcsstk17.mtx` a symmetric positive definite matrix in the format Matrix Market;
//! docs/preconditioners.md says where to find some. The picture is in `target/preconditioner.svg`.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use matrix_descent::descent::Progress;
use matrix_descent::linear_map::Jacobi;
use matrix_descent::plot::{Curve, Figure, Scale};
use matrix_descent::sparse_inverse::{FactoredInverseConfig, factored_inverse_by_descent};
use matrix_descent::watch::ProgressBar;
use matrix_descent::{LinearMap, SolveConfig, SolveProblem, solve_by_descent};
use nalgebra::DVector;
use nalgebra_sparse::CsrMatrix;
use nalgebra_sparse::io::load_coo_from_matrix_market_file;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

#[path = "support/target.rs"]
mod target;

use target::in_target;

const SEED: u64 = 314;
const CELLS_A_SIDE: usize = 50;
/// The largest conductivity; the smallest is 1.
const SPREAD: f64 = 1e4;
const TOLERANCE: f64 = 1e-8;

fn main() -> Result<(), Box<dyn Error>> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let (title, matrix) = matrix(std::env::args().nth(1), &mut generator)?;
    let heat = DVector::from_fn(matrix.nrows(), |_, _| generator.random::<f64>() - 0.5);
    println!(
        "{} unknowns, {} entries, to ‖A·x − b‖ ≤ {TOLERANCE:e}·‖b‖",
        matrix.nrows(),
        matrix.nnz()
    );

    let jacobi = Jacobi::of_sparse(&matrix)?;
    let of_jacobi = solve("Jacobi", &matrix, &heat, &jacobi)?;

    let start = Instant::now();
    let watch = ProgressBar::steps(matrix.nrows());
    let config = FactoredInverseConfig::default().observer(watch);
    let factored = factored_inverse_by_descent(&matrix, config)?;
    println!(
        "set-up of the factored inverse: {:.2} s, {:.1} entries a row",
        start.elapsed().as_secs_f64(),
        factored.stored_entries() as f64 / matrix.nrows() as f64
    );
    let of_factored = solve("factored inverse", &matrix, &heat, &factored)?;

    let path = in_target("preconditioner.svg")?;
    Figure::new(title)
        .x_axis("steps", Scale::Linear)
        .y_axis("‖A·x − b‖/‖b‖", Scale::Logarithmic)
        .curve(of_jacobi)
        .curve(of_factored)
        .write(&path)?;
    println!("The picture is in {}.", path.display());
    Ok(())
}

/// Solves, says what it took, and gives the curve of the relative residual.
fn solve(
    name: &str,
    matrix: &CsrMatrix<f64>,
    heat: &DVector<f64>,
    preconditioner: impl LinearMap<f64>,
) -> Result<Curve, Box<dyn Error>> {
    let mut residuals = Vec::new();
    let whole = heat.norm();
    let watch = |progress: &Progress<f64>| {
        residuals.push(progress.gradient_norm() / whole);
        ControlFlow::Continue(())
    };
    let config = SolveConfig::default()
        .problem(SolveProblem::PositiveDefinite)
        .relative_residual(TOLERANCE)
        .preconditioner(preconditioner)
        .observer(watch);
    let start = Instant::now();
    let solved = solve_by_descent(matrix, heat, config)?;
    let (steps, seconds) = (solved.reports[0].steps, start.elapsed().as_secs_f64());
    println!("{name}: {steps} steps in {seconds:.2} s");
    let points = (0..).map(f64::from).zip(residuals);
    Ok(Curve::new(format!("{name}: {steps} steps"), points))
}

/// A rock of so many cells a side or the matrix in a file, with a title.
fn matrix(
    given: Option<String>,
    generator: &mut Xoshiro256PlusPlus,
) -> Result<(String, CsrMatrix<f64>), Box<dyn Error>> {
    let given = given.unwrap_or_else(|| CELLS_A_SIDE.to_string());
    let path = Path::new(&given);
    if path.extension().is_some_and(|extension| extension == "mtx") {
        let matrix = CsrMatrix::from(&load_coo_from_matrix_market_file(path)?);
        let title = path.file_stem().unwrap_or_default().to_string_lossy();
        return Ok((title.into_owned(), matrix));
    }
    let side = given.parse()?;
    let title = format!("{side}×{side}×{side} cells that conduct 1 to 10,000");
    Ok((title, rock(side, generator)?))
}

/// The flow into each of side³ cells as a matrix: two cells conduct by the harmonic mean of theirs.
fn rock(side: usize, generator: &mut Xoshiro256PlusPlus) -> Result<CsrMatrix<f64>, Box<dyn Error>> {
    let cells = side.pow(3);
    let conducts: Vec<f64> = (0..cells)
        .map(|_| SPREAD.powf(generator.random()))
        .collect();
    let (mut offsets, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for cell in 0..cells {
        let own = conducts[cell];
        let mut row = vec![(cell, 0.0)];
        for stride in [1, side, side * side] {
            let place = cell / stride % side;
            let below = (place > 0).then(|| cell - stride);
            let above = (place + 1 < side).then_some(cell + stride);
            for neighbour in [below, above] {
                let flow = match neighbour {
                    Some(other) => 2.0 / (1.0 / own + 1.0 / conducts[other]),
                    // To the outside.
                    None => own,
                };
                row[0].1 += flow;
                row.extend(neighbour.map(|other| (other, -flow)));
            }
        }
        row.sort_unstable_by_key(|&(column, _)| column);
        columns.extend(row.iter().map(|&(column, _)| column));
        values.extend(row.iter().map(|&(_, value)| value));
        offsets.push(columns.len());
    }
    Ok(CsrMatrix::try_from_csr_data(
        cells, cells, offsets, columns, values,
    )?)
}
