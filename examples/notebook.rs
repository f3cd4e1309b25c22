//! The notebook's experiment from start to end: the inverse of a random 4×4 matrix and of
//! diag(1, 2, 3, 4) by gradient descent with momentum, learning rate 0.9, momentum 0.9, 10 000
//! steps.
//!
//! `cargo run --release --example notebook` prints matrices, losses, the three estimates of the
//! identity and the time per step, sketches the convergence in the terminal and draws it in
//! `target/notebook.svg`.

use std::error::Error;
use std::path::PathBuf;

use matrix_descent::descent::DescentError;
use matrix_descent::{
    Config, InverseObjective, MeanSquaredError, Minimization, Sgd, Side, Silent, Stopping,
    invert_by_descent, minimize,
};
use nalgebra::DMatrix;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use textplots::{Chart, Plot, Shape};

#[path = "support/figure.rs"]
mod figure;

use figure::{COLORS, Curve, Figure, Line};

const SEED: u64 = 314;
const LEARNING_RATE: f64 = 0.9;
const MOMENTUM: f64 = 0.9;
const STEPS: usize = 10_000;
const SHOWN_STEPS: [usize; 7] = [0, 10, 100, 300, 1_000, 3_000, 10_000];
/// The figures end at losses of 10⁻³⁵; what is smaller is rounding noise.
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
    let figure = draw(&random_run, &diagonal_run)?;
    println!("The figure is in {}.", figure.display());
    Ok(())
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
    let rule = Sgd::new(LEARNING_RATE).momentum(MOMENTUM);
    let stopping = Stopping::default().max_steps(STEPS);
    minimize(objective, rule, start.as_slice().to_vec(), stopping, Silent)
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

/// Points (step, log₁₀ of the loss) that a figure needs: all early steps, then every tenth.
fn curve(run: &Minimization<f64>) -> Vec<(f64, f64)> {
    let is_drawn = |step: usize| step < 500 || step.is_multiple_of(10);
    let losses = run.report.losses.iter().enumerate();
    losses
        .filter(|(step, _)| is_drawn(*step))
        .map(|(step, &loss)| (step as f64, loss.log10().max(FLOOR_EXPONENT)))
        .collect()
}

fn sketch(random: &Minimization<f64>, diagonal: &Minimization<f64>) {
    let points = |run| -> Vec<(f32, f32)> {
        let curve = curve(run).into_iter();
        curve
            .map(|(step, exponent)| (step as f32, exponent as f32))
            .collect()
    };
    println!("log₁₀ of the loss against steps; the diagonal matrix falls first:");
    Chart::new_with_y_range(140, 60, 0.0, STEPS as f32, FLOOR_EXPONENT as f32, 0.0)
        .lineplot(&Shape::Lines(&points(random)))
        .lineplot(&Shape::Lines(&points(diagonal)))
        .display();
}

fn draw(
    random: &Minimization<f64>,
    diagonal: &Minimization<f64>,
) -> Result<PathBuf, Box<dyn Error>> {
    let runs = [
        ("random 4×4 matrix", random),
        ("diag(1, 2, 3, 4)", diagonal),
    ];
    let curve = |((name, run), color): ((&str, _), _)| Curve {
        name: name.to_owned(),
        color,
        line: Line::Solid,
        points: curve(run),
    };
    let figure = Figure {
        title: "The inverse by gradient descent: learning rate 0.9, momentum 0.9",
        x_name: "steps",
        y_name: "mean((X·M − I)²)",
        x_range: 0.0..STEPS as f64,
        x_tick: |step| format!("{step:.0}"),
        y_range: FLOOR_EXPONENT..2.0,
        y_ticks: 8,
        names_width: 220,
        curves: runs.into_iter().zip(COLORS).map(curve).collect(),
    };
    figure.write("notebook.svg")
}
