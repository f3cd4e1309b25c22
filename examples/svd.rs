//! The singular value decomposition by penalties, and by the default method, on the five matrices
//! of the notebook.
//!
//! Four methods, from the notebook's own starts where they need one:
//!
//! - the squared form of [`SvdPenalty`], singular values d², by momentum as in the notebook:
//!   learning rate 0.9, momentum 0.9, 20 000 steps;
//! - its signed form, singular values d up to a sign, by momentum and by L-BFGS;
//! - [`svd_by_descent`], whose steps are sweeps over all plane rotations.
//!
//! The squared form does not finish the 7×4 matrix and loses a singular value of the second 4×3;
//! the signed form finds all, and the default needs a handful of sweeps.
//!
//! `cargo run --release --example svd` prints what each reached and draws the losses in
//! `target/svd.svg`. Each method has its own loss: compare how the curves fall, not which is lower.

use std::error::Error;
use std::path::PathBuf;

use matrix_descent::objective::SvdPenalty;
use matrix_descent::optimizer::Clip;
use matrix_descent::plot::{Curve, Figure, Line, Scale};
use matrix_descent::{
    Compose, Lbfgs, Optimizer, Report, Sgd, Silent, Stopping, SvdConfig, minimize, svd_by_descent,
};
use nalgebra::DMatrix;
use serde::Deserialize;

#[path = "support/target.rs"]
mod target;

use target::in_target;

const MOST_STEPS: usize = 20_000;
/// The signed form ends at this loss: the error of a singular value is about its root.
const GOAL: f64 = 1e-28;
/// The figure ends at this loss; anything smaller is rounding noise.
const FLOOR: f64 = 1e-35;

fn main() -> Result<(), Box<dyn Error>> {
    let problems = problems()?;
    let mut all = Vec::new();
    for (number, problem) in (1..).zip(&problems) {
        let m = matrix(&problem.m);
        let name = format!("matrix {number}, {}×{}", m.nrows(), m.ncols());
        let runs = run_all(problem)?;
        show(&name, &problem.true_singular_values, &runs);
        all.push((name, runs));
    }
    println!("The figure is in {}.", draw(&all)?.display());
    Ok(())
}

type Rows = Vec<Vec<f64>>;

/// A matrix of the notebook and its start.
#[derive(Deserialize)]
struct Problem {
    optimizer: String,
    m: Rows,
    u0: Rows,
    diag_sqrt0: Vec<f64>,
    v0: Rows,
    true_singular_values: Vec<f64>,
}

impl Problem {
    /// U, d and V, end to end.
    fn start(&self) -> Vec<f64> {
        let (u, v) = (matrix(&self.u0), matrix(&self.v0));
        [u.as_slice(), &self.diag_sqrt0, v.as_slice()].concat()
    }
}

fn problems() -> Result<Vec<Problem>, serde_json::Error> {
    let text = include_str!("../tests/fixtures/notebook_svd.json");
    let mut runs: Vec<Problem> = serde_json::from_str(text)?;
    runs.retain(|run| run.optimizer == "sgd");
    Ok(runs)
}

fn matrix(rows: &Rows) -> DMatrix<f64> {
    DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}

/// What a method reached.
struct Run {
    method: &'static str,
    line: Option<Line>,
    losses: Vec<f64>,
    singular_values: Vec<f64>,
}

const SQUARED: &str = "penalty, d², momentum";
const SIGNED: &str = "penalty, signed d, L-BFGS";
const SIGNED_MOMENTUM: &str = "penalty, signed d, momentum";
const DEFAULT: &str = "svd_by_descent";

fn run_all(problem: &Problem) -> Result<Vec<Run>, Box<dyn Error>> {
    let m = matrix(&problem.m);
    let squared = SvdPenalty::squared(&m)?;
    let signed = SvdPenalty::signed(&m)?;
    let notebook = Sgd::new(0.9).momentum(0.9);
    let momentum = Sgd::new(0.3).momentum(0.98).clipped(Clip::Norm(0.3));
    let all_steps = Stopping::default().max_steps(MOST_STEPS);
    let to_goal = all_steps.loss(GOAL);
    let start = || problem.start();
    let by_sweeps = svd_by_descent(&m, SvdConfig::default())?;
    Ok(vec![
        penalty_run(SQUARED, squared, notebook, start(), all_steps)?.drawn(Line::Solid),
        penalty_run(SIGNED_MOMENTUM, signed.clone(), momentum, start(), to_goal)?,
        penalty_run(SIGNED, signed, Lbfgs::default(), start(), to_goal)?.drawn(Line::Dashed),
        Run {
            method: DEFAULT,
            line: Some(Line::Dotted),
            losses: by_sweeps.losses,
            singular_values: by_sweeps.singular_values.as_slice().to_vec(),
        },
    ])
}

impl Run {
    fn drawn(mut self, line: Line) -> Self {
        self.line = Some(line);
        self
    }
}

fn penalty_run(
    method: &'static str,
    mut objective: SvdPenalty<f64>,
    rule: impl Optimizer<f64>,
    start: Vec<f64>,
    stopping: Stopping<f64>,
) -> Result<Run, Box<dyn Error>> {
    let run = minimize(&mut objective, rule, start, stopping, Silent)?;
    let factors = objective.factors(&run.parameters)?;
    let Report { losses, .. } = run.report;
    Ok(Run {
        method,
        line: None,
        losses,
        singular_values: factors.singular_values.as_slice().to_vec(),
    })
}

fn show(name: &str, exact: &[f64], runs: &[Run]) {
    println!("{name}, singular values{}", list(exact));
    println!(
        "  {:<28}  {:>6}  {:>8}  {:>16}  reached",
        "method", "steps", "loss", "error / σ₁"
    );
    for run in runs {
        let errors = run.singular_values.iter().zip(exact);
        let largest = errors.map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
        let steps = run.losses.len() - 1;
        println!(
            "  {:<28}  {steps:>6}  {:>8.0e}  {:>16.0e} {}",
            run.method,
            run.losses[steps],
            largest / exact[0],
            list(&run.singular_values)
        );
    }
    println!();
}

fn list(values: &[f64]) -> String {
    values.iter().map(|value| format!(" {value:.6}")).collect()
}

fn draw(all: &[(String, Vec<Run>)]) -> Result<PathBuf, Box<dyn Error>> {
    let title = "Three ways to the singular values of the notebook's five matrices";
    let mut figure = Figure::new(title)
        .x_axis("steps, or sweeps of svd_by_descent", Scale::Logarithmic)
        .y_axis("loss (each method has its own)", Scale::Logarithmic)
        .y_range(FLOOR..1e5)
        .size(970, 560);
    for (color, (name, runs)) in all.iter().enumerate() {
        for run in runs {
            let Some(line) = run.line else { continue };
            let name = if run.method == SQUARED { name } else { "" };
            let losses = (0..).map(f64::from).zip(&run.losses);
            let points = losses.map(|(step, loss)| (step, loss.max(FLOOR)));
            figure = figure.curve(Curve::new(name, points).line(line).color_of(color));
        }
    }
    let methods = [
        (SQUARED, Line::Solid),
        (SIGNED, Line::Dashed),
        (DEFAULT, Line::Dotted),
    ];
    for (method, line) in methods {
        let listed = Curve::new(method, []).line(line).color_of(all.len());
        figure = figure.curve(listed);
    }
    let path = in_target("svd.svg")?;
    figure.write(&path)?;
    Ok(path)
}
