//! The heat in a plate of two materials, by conjugate gradients with a sparse approximate inverse.
//!
//! The plate is square, its edge is kept at 0, and heat is fed into it at random places. A disk in
//! its middle conducts 20 times as well as the rest. On a grid of 14×14 points the temperatures x
//! solve A·x = b, where row i of A balances the flows between point i and its four neighbours: a
//! symmetric positive definite matrix, badly conditioned by the two materials and the fine grid.
//!
//! A preconditioner P ≈ A⁻¹ saves steps, but it only pays if a product with P is cheap. So P may be
//! nonzero only between points at most r steps apart on the grid. Among all symmetric matrices of
//! that pattern the program takes the best, the minimum of ‖P·A − I‖_F, and solves for several
//! right-hand sides with it and without.
//!
//! What it shows: with the four neighbours, r = 1, P has no more entries than A, so that a step
//! costs about twice as much, and saves more than two steps in three. Each further ring saves more
//! steps for more entries. Finding P takes hundreds or thousands of products of whole matrices: it
//! pays if it serves many right-hand sides.
//!
//! `cargo run --release --example preconditioner`

use std::error::Error;

use matrix_descent::inverse::{InverseError, heavy_ball_for_structured_inverse};
use matrix_descent::set::{Pattern, Subspace, Symmetric};
use matrix_descent::{
    Config, ConvexSet, Inversion, LinearMap, Real, Side, SolveConfig, SolveProblem,
    invert_by_descent, solve_by_descent,
};
use nalgebra::DMatrix;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, StandardNormal};

const SEED: u64 = 314;
const SIDE: usize = 14;
const POINTS: usize = SIDE * SIDE;
const CONDUCTIVITY_OF_DISK: f64 = 20.0;
const RIGHT_HAND_SIDES: usize = 5;
const TOLERANCE: f64 = 1e-10;
const REACHES: [usize; 4] = [0, 1, 2, 3];
/// How near ‖P·A − I‖ has to be to its minimum; a preconditioner need not be perfect.
const NEARNESS: f64 = 1e-3;

fn main() -> Result<(), Box<dyn Error>> {
    let plate = plate();
    let heat = heat();
    let plain = solve(&plate, &heat, SolveConfig::default())?;
    println!(
        "{SIDE}×{SIDE} points, {RIGHT_HAND_SIDES} right-hand sides to {TOLERANCE:e}. \
         Without preconditioner: {plain} steps.\n"
    );
    println!(
        "{:>6}  {:>13}  {:>11}  {:>9}  {:>8}  {:>5}  {:>6}",
        "reach", "entries a row", "‖P·A − I‖", "at least", "descent", "steps", "saved"
    );
    for reach in REACHES {
        let set = symmetric_neighbours(reach);
        let per_row = set.entries as f64 / POINTS as f64;
        let best = best_inverse(&plate, &set)?;
        let config = SolveConfig::default().preconditioner(&best.inverse);
        let steps = solve(&plate, &heat, config)?;
        let optimality = best.optimality.ok_or("no set")?;
        println!(
            "{reach:>6}  {per_row:>13.1}  {:>11.6}  {:>9.6}  {:>8}  {steps:>5}  {:>4.0} %",
            best.residual,
            optimality.least_residual,
            best.report.steps,
            100.0 * (1.0 - steps as f64 / plain as f64)
        );
    }
    Ok(())
}

fn row_and_column(point: usize) -> (usize, usize) {
    (point / SIDE, point % SIDE)
}

fn distance(a: usize, b: usize) -> usize {
    let ((row, column), (other_row, other_column)) = (row_and_column(a), row_and_column(b));
    row.abs_diff(other_row) + column.abs_diff(other_column)
}

fn conductivity(point: usize) -> f64 {
    let center = (SIDE - 1) as f64 / 2.0;
    let (row, column) = row_and_column(point);
    let radius = (row as f64 - center).hypot(column as f64 - center);
    if radius < SIDE as f64 / 4.0 {
        CONDUCTIVITY_OF_DISK
    } else {
        1.0
    }
}

/// Between two points the conductivities are in series: their harmonic mean counts.
fn conductance(a: usize, b: usize) -> f64 {
    let (a, b) = (conductivity(a), conductivity(b));
    2.0 * a * b / (a + b)
}

fn plate() -> DMatrix<f64> {
    let mut plate = DMatrix::zeros(POINTS, POINTS);
    for point in 0..POINTS {
        // What flows to the four sides; beyond the edge of the grid it is 0 degrees.
        let mut outflow = 0.0;
        let mut inner_neighbours = 0;
        for other in (0..POINTS).filter(|&other| distance(point, other) == 1) {
            plate[(point, other)] = -conductance(point, other);
            outflow += conductance(point, other);
            inner_neighbours += 1;
        }
        let to_edge = f64::from(4 - inner_neighbours) * conductivity(point);
        plate[(point, point)] = outflow + to_edge;
    }
    plate
}

fn heat() -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED);
    DMatrix::from_fn(POINTS, RIGHT_HAND_SIDES, |_, _| {
        StandardNormal.sample(&mut generator)
    })
}

/// The symmetric matrices of a symmetric pattern. A mean of two entries that are both in the
/// pattern or both outside stays there, so that the two projections in turn are the projection onto
/// both.
struct SymmetricPattern {
    pattern: Pattern,
    entries: usize,
}

impl<T: Real> ConvexSet<T> for SymmetricPattern {
    fn project(&self, point: &mut [T]) {
        self.pattern.project(point);
        Symmetric.project(point);
    }
}

impl<T: Real> Subspace<T> for SymmetricPattern {}

/// The pattern of all pairs of points at most `reach` steps apart.
fn symmetric_neighbours(reach: usize) -> SymmetricPattern {
    let is_near = |row, column| distance(row, column) <= reach;
    let pairs = (0..POINTS).flat_map(|row| (0..POINTS).map(move |column| (row, column)));
    SymmetricPattern {
        pattern: Pattern::of_matrix(POINTS, is_near),
        entries: pairs.filter(|&(row, column)| is_near(row, column)).count(),
    }
}

fn best_inverse(
    plate: &DMatrix<f64>,
    set: &SymmetricPattern,
) -> Result<Inversion<f64>, InverseError> {
    let rule = heavy_ball_for_structured_inverse(plate, Side::Left, set, SEED)?;
    let config = Config::default().optimizer(rule).tolerance(NEARNESS);
    invert_by_descent(plate, config)
}

/// The steps for all right-hand sides together.
fn solve<P: LinearMap<f64>>(
    plate: &DMatrix<f64>,
    heat: &DMatrix<f64>,
    config: SolveConfig<f64, P>,
) -> Result<usize, matrix_descent::Error> {
    let config = config
        .problem(SolveProblem::PositiveDefinite)
        .tolerance(TOLERANCE);
    let solved = solve_by_descent(plate, heat, config)?;
    Ok(solved.reports.iter().map(|report| report.steps).sum())
}
