//! The notebook's experiment from start to end: the inverse of a random 4×4 matrix and of
//! diag(1, 2, 3, 4) by gradient descent with momentum, learning rate 0.9, momentum 0.9, 10 000
//! steps.
//!
//! `cargo run --release --example notebook` prints matrices, losses, the three estimates of the
//! identity and the time per step, and sketches the convergence in the terminal. At the end it says
//! whether the README's picture, `docs/notebook.svg`, is up to date; with `-- --write` it draws
//! that picture again.

use std::error::Error;
use std::ops::ControlFlow;

use matrix_descent::descent::DescentError;
use matrix_descent::plot::{Drawing, HeatMap, HeatMaps, PlotError, Scale, loss_curves};
use matrix_descent::{
    Config, InverseObjective, MeanSquaredError, Minimization, Progress, Sgd, Side, Silent,
    Stopping, invert_by_descent, minimize,
};
use nalgebra::DMatrix;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use textplots::{Chart, Plot, Shape};

#[path = "support/documentation.rs"]
mod documentation;
#[path = "support/product_map.rs"]
mod product_map;

use documentation::DocumentationPicture;
use product_map::product_map;

const SEED: u64 = 314;
const LEARNING_RATE: f64 = 0.9;
const MOMENTUM: f64 = 0.9;
const STEPS: usize = 10_000;
const SHOWN_STEPS: [usize; 7] = [0, 10, 100, 300, 1_000, 3_000, 10_000];
/// The steps after which the picture shows X·M.
const PICTURED_STEPS: [usize; 4] = [0, 10, 300, 10_000];
/// The sketch ends at losses of 10⁻³⁵; anything smaller is rounding noise.
const FLOOR_EXPONENT: f64 = -35.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let random = uniform(&mut generator);
    let start = uniform(&mut generator);
    let diagonal = DMatrix::from_diagonal(&nalgebra::dvector![1.0, 2.0, 3.0, 4.0]);

    println!(
        "Gradient descent on mean((X·M − I)²), learning rate {LEARNING_RATE}, momentum {MOMENTUM}.\n"
    );
    let random_run = show_inverse("a random matrix", &random, &start)?;
    let diagonal_run = show_inverse("diag(1, 2, 3, 4)", &diagonal, &start)?;
    show_losses(&random_run, &diagonal_run);
    show_sides(&random, &start)?;
    show_time_per_step(&[&random_run, &diagonal_run]);
    show_one_call(&random)?;

    sketch(&random_run, &diagonal_run);
    let drawing = picture(&random_run, snapshots(&random, &start)?)?;
    let picture = DocumentationPicture {
        file_name: "notebook.svg",
        svg: drawing.svg().to_owned(),
    };
    picture.write_or_compare()
}

fn uniform(generator: &mut Xoshiro256PlusPlus) -> DMatrix<f64> {
    DMatrix::from_fn(4, 4, |_, _| generator.random())
}

fn descend(
    m: &DMatrix<f64>,
    start: &DMatrix<f64>,
    side: Side,
) -> Result<Minimization<f64>, DescentError> {
    let objective = InverseObjective::new(m, side, MeanSquaredError)?;
    let stopping = Stopping::default().max_steps(STEPS);
    minimize(
        objective,
        rule(),
        start.as_slice().to_vec(),
        stopping,
        Silent,
    )
}

fn rule() -> Sgd<f64> {
    Sgd::new(LEARNING_RATE).momentum(MOMENTUM)
}

fn inverse_of(run: &Minimization<f64>) -> DMatrix<f64> {
    DMatrix::from_column_slice(4, 4, &run.parameters)
}

fn show_inverse(
    name: &str,
    m: &DMatrix<f64>,
    start: &DMatrix<f64>,
) -> Result<Minimization<f64>, matrix_descent::Error> {
    let run = descend(m, start, Side::Left)?;
    let x = inverse_of(&run);
    println!(
        "M, {name}:{m:.6}X after {STEPS} steps:{x:.6}X·M:{:.6}",
        &x * m
    );
    Ok(run)
}

fn show_losses(random: &Minimization<f64>, diagonal: &Minimization<f64>) {
    println!("{:>8}  {:>12}  {:>12}", "step", "loss, random", "diagonal");
    for step in SHOWN_STEPS {
        let (random, diagonal) = (random.report.losses[step], diagonal.report.losses[step]);
        println!("{step:>8}  {random:>12.3e}  {diagonal:>12.3e}");
    }
    println!();
}

fn show_sides(m: &DMatrix<f64>, start: &DMatrix<f64>) -> Result<(), matrix_descent::Error> {
    let identity = DMatrix::identity(4, 4);
    println!("The three estimates of the identity, on the random matrix:");
    println!(
        "{:>14}  {:>12}  {:>12}  {:>12}",
        "Y", "last loss", "‖X·M − I‖", "‖M·X − I‖"
    );
    for (name, side) in [
        ("X·M", Side::Left),
        ("M·X", Side::Right),
        ("(X·M + M·X)/2", Side::Both),
    ] {
        let run = descend(m, start, side)?;
        let x = inverse_of(&run);
        let left = (&x * m - &identity).norm();
        let right = (m * &x - &identity).norm();
        let loss = run.report.losses[STEPS];
        println!("{name:>14}  {loss:>12.3e}  {left:>12.3e}  {right:>12.3e}");
    }
    println!();
    Ok(())
}

fn show_time_per_step(runs: &[&Minimization<f64>]) {
    let fastest = runs.iter().map(|run| run.report.elapsed).min();
    let seconds = fastest.unwrap_or_default().as_secs_f64();
    println!(
        "{STEPS} steps took {:.2} ms, {:.0} ns a step.\n",
        1e3 * seconds,
        1e9 * seconds / STEPS as f64
    );
}

fn show_one_call(m: &DMatrix<f64>) -> Result<(), matrix_descent::Error> {
    let inversion = invert_by_descent(m, Config::default())?;
    println!(
        "invert_by_descent(&m, Config::default()): {} steps, ‖X·M − I‖ = {:.1e}, \
         proven relative error {:.1e}.\n",
        inversion.report.steps,
        inversion.residual,
        inversion.certificate.relative_error_bound()
    );
    Ok(())
}

fn sketch(random: &Minimization<f64>, diagonal: &Minimization<f64>) {
    let points = |run: &Minimization<f64>| -> Vec<(f32, f32)> {
        let losses = run.report.losses.iter().enumerate().step_by(10);
        losses
            .map(|(step, &loss)| (step as f32, loss.log10().max(FLOOR_EXPONENT) as f32))
            .collect()
    };
    println!("log₁₀ of the loss against steps; the diagonal matrix falls first:");
    Chart::new_with_y_range(140, 60, 0.0, STEPS as f32, FLOOR_EXPONENT as f32, 0.0)
        .lineplot(&Shape::Lines(&points(random)))
        .lineplot(&Shape::Lines(&points(diagonal)))
        .display();
}

/// X·M on its way to the identity.
fn snapshots(m: &DMatrix<f64>, start: &DMatrix<f64>) -> Result<Vec<HeatMap>, DescentError> {
    let mut maps = Vec::new();
    let watch = |progress: &Progress<'_, f64>| {
        if PICTURED_STEPS.contains(&progress.step) {
            let x = DMatrix::from_column_slice(4, 4, progress.parameters);
            maps.push(product_map(format!("step {}", progress.step), &x, m));
        }
        ControlFlow::Continue(())
    };
    let objective = InverseObjective::new(m, Side::Left, MeanSquaredError)?;
    let stopping = Stopping::default().max_steps(STEPS);
    minimize(
        objective,
        rule(),
        start.as_slice().to_vec(),
        stopping,
        watch,
    )?;
    Ok(maps)
}

/// The losses and beside them X·M.
fn picture(run: &Minimization<f64>, maps: Vec<HeatMap>) -> Result<Drawing, PlotError> {
    let title = "The inverse of a 4×4 matrix by gradient descent with momentum";
    let losses = loss_curves(title, &[("", &run.report.losses)])
        .y_axis("loss = mean((X·M − I)²)", Scale::Logarithmic)
        .size(580, 500);
    let maps = HeatMaps::new("X·M becomes the identity")
        .maps(maps)
        .columns(2)
        .largest(1.0);
    Ok(losses.draw()?.beside(&maps.draw()?))
}
