//! Pictures of how an inverse is found, and the pictures of the guide.
//!
//! - `target/losses.svg`: the losses of four rules on one matrix;
//! - `target/approach.svg`: X·M on its way to the identity, by momentum and in the natural metric;
//! - `docs/guide/`: the pictures of the guide. They are committed; the program says whether they
//!   are up to date, and with `--write` it draws them again.
//!
//! Each picture is drawn by one call to [`matrix_descent::plot`], which takes curves, losses and
//! matrices from any run.
//!
//! `cargo run --release --example pictures`, and to write the guide's pictures
//! `cargo run --release --example pictures -- --write`

use std::error::Error;
use std::ops::ControlFlow;
use std::path::PathBuf;

use matrix_descent::descent::DescentError;
use matrix_descent::inverse::{InverseError, Method};
use matrix_descent::plot::{HeatMap, HeatMaps, Scale, loss_curves};
use matrix_descent::{
    Adam, Config, InputError, InverseObjective, Lbfgs, MeanSquaredError, Optimizer, Progress, Sgd,
    Side, Silent, Stopping, invert_by_descent, minimize,
};
use nalgebra::DMatrix;

#[path = "support/documentation.rs"]
mod documentation;
#[path = "support/drum.rs"]
mod drum;
#[path = "support/guide_pictures.rs"]
mod guide_pictures;
#[path = "support/matrices.rs"]
mod matrices;
#[path = "support/product_map.rs"]
mod product_map;
#[path = "support/target.rs"]
mod target;

use guide_pictures::guide_pictures;
use matrices::matrix_of_condition;
use product_map::product_map;
use target::in_target;

const SEED: u64 = 314;
const SIZE: usize = 16;
const MAPS_IN_A_ROW: usize = 6;
const MOMENTUM_STEPS: [usize; MAPS_IN_A_ROW] = [0, 10, 30, 60, 100, 200];
const NATURAL_STEPS: [usize; MAPS_IN_A_ROW] = [0, 2, 4, 5, 6, 7];
/// The residual ‖X·M − I‖ at which a run counts as done.
const GOAL: f64 = 1e-6;
const MOST_STEPS: usize = 10_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    for picture in [draw_losses()?, draw_approach()?] {
        println!("{}", picture.display());
    }
    for picture in guide_pictures()? {
        picture.write_or_compare()?;
    }
    Ok(())
}

fn draw_losses() -> Result<PathBuf, Box<dyn Error>> {
    let m = matrix_of_condition(SIZE, 10.0, SEED);
    let runs = [
        ("plain descent", losses(&m, plain_descent(SIZE, 10.0))?),
        ("Adam, η = 0.02", losses(&m, Adam::new(0.02))?),
        ("momentum, tuned", losses(&m, tuned_momentum(SIZE, 10.0)?)?),
        ("L-BFGS", losses(&m, Lbfgs::default())?),
    ];
    let runs = runs.map(|(name, losses)| (format!("{name}: {}", losses.len() - 1), losses));
    let runs = runs
        .each_ref()
        .map(|(name, losses)| (name.as_str(), losses.as_slice()));
    let title = "The inverse of a 16×16 matrix, κ = 10, by four rules, and their steps";
    let path = in_target("losses.svg")?;
    loss_curves(title, &runs)
        .x_axis("steps", Scale::Logarithmic)
        .y_axis("mean((X·M − I)²)", Scale::Logarithmic)
        .write(&path)?;
    Ok(path)
}

/// With the best learning rate for singular values from 1/κ to 1.
fn plain_descent(n: usize, condition_number: f64) -> Sgd<f64> {
    let (flattest, steepest) = curvatures(n, condition_number);
    Sgd::new(2.0 / (flattest + steepest))
}

fn tuned_momentum(n: usize, condition_number: f64) -> Result<Sgd<f64>, InputError> {
    let (flattest, steepest) = curvatures(n, condition_number);
    Sgd::tuned_heavy_ball(flattest, steepest)
}

/// The least and the largest curvature of mean((X·M − I)²).
fn curvatures(n: usize, condition_number: f64) -> (f64, f64) {
    let steepest = 2.0 / (n * n) as f64;
    (steepest / (condition_number * condition_number), steepest)
}

fn losses(m: &DMatrix<f64>, rule: impl Optimizer<f64>) -> Result<Vec<f64>, DescentError> {
    let objective = InverseObjective::new(m, Side::Left, MeanSquaredError)?;
    let stopping = Stopping::default()
        .loss(GOAL * GOAL / m.len() as f64)
        .max_steps(MOST_STEPS);
    let run = minimize(objective, rule, vec![0.0; m.len()], stopping, Silent)?;
    Ok(run.report.losses)
}

fn draw_approach() -> Result<PathBuf, Box<dyn Error>> {
    let m = matrix_of_condition(SIZE, 30.0, SEED);
    let momentum = Config::default().optimizer(tuned_momentum(SIZE, 30.0)?);
    let mut maps = snapshots("momentum", &m, momentum, &MOMENTUM_STEPS)?;
    let natural = Config::default();
    maps.extend(snapshots("natural metric", &m, natural, &NATURAL_STEPS)?);
    let title = "X·M on its way to the identity: 16×16, κ = 30";
    let path = in_target("approach.svg")?;
    HeatMaps::new(title)
        .maps(maps)
        .columns(MAPS_IN_A_ROW)
        .largest(1.0)
        .write(&path)?;
    Ok(path)
}

/// X·M after these steps.
fn snapshots<M: Method<f64>>(
    method: &str,
    m: &DMatrix<f64>,
    config: Config<f64, M>,
    steps: &[usize],
) -> Result<Vec<HeatMap>, InverseError> {
    let mut maps = Vec::new();
    let watch = |progress: &Progress<'_, f64>| {
        if steps.contains(&progress.step) {
            let x = DMatrix::from_column_slice(SIZE, SIZE, progress.parameters);
            maps.push(product_map(
                format!("{method}, step {}", progress.step),
                &x,
                m,
            ));
        }
        ControlFlow::Continue(())
    };
    invert_by_descent(m, config.observer(watch))?;
    Ok(maps)
}
