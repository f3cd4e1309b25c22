//! A race of all optimizers to the inverse of one matrix.
//!
//! The matrix is 16×16 with singular values from 1 to 10, evenly spaced on a log scale, between
//! random orthogonal factors; the loss is mean((X·M − I)²), and the descent begins at X = 0.
//!
//! Plain descent, the heavy ball and Nesterov's momentum have the settings that theory gives for
//! the known singular values; the line searches have none. Each of the others has the learning rate
//! with which it is fastest among 1, 2 and 5 times the powers of ten from 10⁻⁵ to 10³, and defaults
//! for everything else unless the name says otherwise. So the table shows what an optimizer can do
//! when tuned to the problem; the work of tuning is not counted. Gradients are exact here: with
//! noise the order would be different.
//!
//! `cargo run --release --example race` prints the steps and evaluations to a loss of 10⁻⁶ and
//! draws the losses in `target/race.svg`.

use std::error::Error;
use std::path::PathBuf;

use matrix_descent::descent::DescentError;
use matrix_descent::optimizer::{AdaDelta, AdaGrad, LearningRate, Lion, Muon, NAdam, RmsProp};
use matrix_descent::plot::{Curve, Figure, Line, Scale};
use matrix_descent::{
    Adam, AdamW, ConjugateGradient, InverseObjective, Lbfgs, MeanSquaredError, Optimizer, Report,
    Sgd, Side, Silent, StopReason, Stopping, minimize,
};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, StandardNormal};

#[path = "support/target.rs"]
mod target;

use target::in_target;

const SEED: u64 = 314;
const SIZE: usize = 16;
const CONDITION_NUMBER: f64 = 10.0;
const GOAL: f64 = 1e-6;
const MOST_STEPS: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    // Colours follow the order of the list, so that lines of one kind differ in colour.
    let mut runs: Vec<_> = race(&matrix())?.into_iter().enumerate().collect();
    runs.sort_by_key(|(_, run)| run.report.steps);
    println!("{SIZE}×{SIZE} matrix, condition number {CONDITION_NUMBER}, to a loss of {GOAL:e}:\n");
    println!(
        "{:<34}  {:<24}  {:>5}  {:>11}",
        "optimizer", "settings", "steps", "evaluations"
    );
    for (_, run) in &runs {
        let Run {
            rule,
            settings,
            report,
            ..
        } = run;
        let (steps, evaluations) = (report.steps, report.evaluations);
        println!("{rule:<34}  {settings:<24}  {steps:>5}  {evaluations:>11}");
    }
    println!("\nThe figure is in {}.", draw(&runs)?.display());
    Ok(())
}

/// U·Σ·Vᵀ, U and V the orthogonal factors of matrices of normal numbers.
fn matrix() -> DMatrix<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut orthogonal = || -> DMatrix<f64> {
        let mut normal = |_, _| StandardNormal.sample(&mut generator);
        DMatrix::from_fn(SIZE, SIZE, &mut normal).qr().q()
    };
    let singular_values = DVector::from_fn(SIZE, |i, _| {
        CONDITION_NUMBER.powf(i as f64 / (SIZE - 1) as f64)
    });
    orthogonal() * DMatrix::from_diagonal(&singular_values) * orthogonal().transpose()
}

/// A run that reached the goal.
struct Run {
    rule: &'static str,
    settings: String,
    report: Report<f64>,
}

fn race(m: &DMatrix<f64>) -> Result<Vec<Run>, Box<dyn Error>> {
    let n = SIZE as f64;
    let (smallest, largest) = (2.0 / (n * n), 2.0 * CONDITION_NUMBER.powi(2) / (n * n));
    let plain = Sgd::new(2.0 / (smallest + largest));
    let heavy_ball = Sgd::tuned_heavy_ball(smallest, largest)?;
    let momentum = (CONDITION_NUMBER - 1.0) / (CONDITION_NUMBER + 1.0);
    let nesterov = Sgd::new(1.0 / largest).nesterov_momentum(momentum);
    let (lbfgs, conjugate_gradient) = (Lbfgs::default(), ConjugateGradient::default());
    let centered = RmsProp::default().momentum(0.9).centered();
    Ok(vec![
        once(m, "Sgd", "η = 2/(L + ℓ)", plain)?,
        once(m, "Sgd, heavy ball", "tuned_heavy_ball(ℓ, L)", heavy_ball)?,
        once(m, "Sgd, Nesterov", "η = 1/L, μ = (κ−1)/(κ+1)", nesterov)?,
        once(m, "Lbfgs", "defaults", lbfgs)?,
        once(m, "ConjugateGradient", "defaults", conjugate_gradient)?,
        fastest(m, "Adam", &Adam::default())?,
        fastest(m, "AdamW", &AdamW::default())?,
        fastest(m, "NAdam", &NAdam::default())?,
        fastest(m, "RmsProp", &RmsProp::default())?,
        fastest(m, "RmsProp, centred, momentum 0.9", &centered)?,
        fastest(m, "AdaGrad", &AdaGrad::default())?,
        fastest(m, "AdaDelta", &AdaDelta::default())?,
        fastest(m, "Lion", &Lion::default())?,
        fastest(m, "Muon", &Muon::default().matrix(0, SIZE, SIZE))?,
    ])
}

/// The run of an optimizer whose settings are known.
fn once(
    m: &DMatrix<f64>,
    rule: &'static str,
    settings: &str,
    optimizer: impl Optimizer<f64>,
) -> Result<Run, Box<dyn Error>> {
    let report = descend(m, optimizer, MOST_STEPS)?;
    Ok(Run {
        rule,
        settings: settings.to_owned(),
        report: report.ok_or_else(|| format!("{rule} did not reach the goal"))?,
    })
}

/// The run of an optimizer with its fastest learning rate.
fn fastest(
    m: &DMatrix<f64>,
    rule: &'static str,
    optimizer: &impl LearningRate<f64>,
) -> Result<Run, Box<dyn Error>> {
    let rates = (-5..=3).flat_map(|power| [1, 2, 5].map(|digit| format!("{digit}e{power}")));
    let mut best: Option<Run> = None;
    for rate in rates {
        let optimizer = optimizer.with_learning_rate(rate.parse()?);
        // Only a faster run counts.
        let most_steps = best.as_ref().map_or(MOST_STEPS, |run| run.report.steps - 1);
        if let Some(report) = descend(m, optimizer, most_steps)? {
            best = Some(Run {
                rule,
                settings: format!("η = {rate}"),
                report,
            });
        }
    }
    best.ok_or_else(|| format!("{rule} did not reach the goal").into())
}

/// The report of a run that reached the goal.
fn descend(
    m: &DMatrix<f64>,
    optimizer: impl Optimizer<f64>,
    most_steps: usize,
) -> Result<Option<Report<f64>>, DescentError> {
    let objective = InverseObjective::new(m, Side::Left, MeanSquaredError)?;
    let stopping = Stopping::default().loss(GOAL).max_steps(most_steps);
    match minimize(objective, optimizer, vec![0.0; m.len()], stopping, Silent) {
        Ok(run) => Ok(Some(run.report).filter(|report| report.stop_reason == StopReason::Loss)),
        Err(DescentError::Diverged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn draw(runs: &[(usize, Run)]) -> Result<PathBuf, Box<dyn Error>> {
    let title = "Steps to the inverse of a 16×16 matrix, κ = 10, to a loss of 1e-6";
    let figure = Figure::new(title)
        .x_axis("steps", Scale::Logarithmic)
        .y_axis("mean((X·M − I)²)", Scale::Logarithmic)
        .y_range(GOAL..1.0)
        .size(1020, 560);
    let figure = runs.iter().fold(figure, |figure, (color, run)| {
        let losses = (0..).map(f64::from).zip(run.report.losses.iter().copied());
        let name = format!("{}: {}", run.rule, run.report.steps);
        // Solid where theory or the line search sets the step; there are six colours.
        let line = match color {
            0..5 => Line::Solid,
            5..11 => Line::Dashed,
            _ => Line::Dotted,
        };
        figure.curve(Curve::new(name, losses).line(line).color_of(*color))
    });
    let path = in_target("race.svg")?;
    figure.write(&path)?;
    Ok(path)
}
