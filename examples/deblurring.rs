//! A blurred picture with noise, sharpened by a descent that stops in time.
//!
//! Blurring hardly changes large structures, and almost deletes small ones. Undoing it divides by
//! tiny singular values, which makes the noise stronger than the picture. Conjugate gradients on
//! ½‖A·x − b‖² restore large structures first. Once the residual is as large as the noise, the rest
//! of it is noise, and the descent ends (the discrepancy principle). If it goes on, it fits the
//! noise.
//!
//! The blur is given only by its products: as a matrix it would have 268 million entries.
//!
//! `cargo run --release --example deblurring` prints the errors, and writes the four pictures side
//! by side (original, blurred, restored, and restored too long) to `target/deblurring.png`.

use std::error::Error;
use std::ops::ControlFlow;

use matrix_descent::solve::SolveError;
use matrix_descent::{LinearMap, Progress, Solution, SolveConfig, solve_by_descent};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, StandardNormal};

#[path = "support/picture.rs"]
mod picture;
#[path = "support/target.rs"]
mod target;

use picture::Picture;

const SEED: u64 = 314;
const SIDE: usize = 128;
/// The standard deviations of the blur, in points, and of the noise, white being 1.
const BLUR: f64 = 2.0;
const NOISE: f64 = 0.02;
/// Enough to fit the noise; to converge it would take far more steps.
const TOO_MANY_STEPS: usize = 2000;

/// Each point spread over its neighbours by the normal distribution, along rows and columns; black
/// outside. A symmetric matrix.
struct Blur {
    weights: Vec<f64>,
}

impl Blur {
    fn new() -> Self {
        let reach = (4.0 * BLUR).ceil() as usize;
        let weights: Vec<f64> = (0..=reach)
            .map(|distance| (-0.5 * (distance as f64 / BLUR).powi(2)).exp())
            .collect();
        let total = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
        Self {
            weights: weights.into_iter().map(|weight| weight / total).collect(),
        }
    }

    /// Along the columns, with the result transposed.
    fn half(&self, x: &[f64], image: &mut [f64]) {
        for (column, values) in x.chunks_exact(SIDE).enumerate() {
            for row in 0..SIDE {
                let mut sum = self.weights[0] * values[row];
                for (distance, weight) in self.weights.iter().enumerate().skip(1) {
                    let above = row.checked_sub(distance).map_or(0.0, |place| values[place]);
                    let below = values.get(row + distance).unwrap_or(&0.0);
                    sum += weight * (above + below);
                }
                image[row * SIDE + column] = sum;
            }
        }
    }
}

impl LinearMap<f64> for Blur {
    fn rows(&self) -> usize {
        SIDE * SIDE
    }

    fn columns(&self) -> usize {
        SIDE * SIDE
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        let mut halfway = vec![0.0; x.len()];
        self.half(x, &mut halfway);
        self.half(&halfway, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let original = original();
    let blur = Blur::new();
    let mut blurred = DVector::zeros(original.len());
    blur.apply(original.as_slice(), blurred.as_mut_slice());
    let noise = noise(original.len());
    let given = blurred + &noise;
    let error = |x: &[f64]| (DVector::from_column_slice(x) - &original).norm() / original.norm();

    // The original is known here, so that each step can be compared with it.
    let mut errors = Vec::new();
    let watch = |progress: &Progress<'_, f64>| {
        errors.push(error(progress.parameters));
        ControlFlow::Continue(())
    };
    let config = SolveConfig::default()
        .max_steps(TOO_MANY_STEPS)
        .observer(watch);
    let late = last_iterate(solve_by_descent(&blur, &given, config))?;
    let config = SolveConfig::default().noise(noise.norm());
    let early = solve_by_descent(&blur, &given, config)?;

    let best = (0..errors.len()).min_by(|&i, &j| errors[i].total_cmp(&errors[j]));
    let best = best.ok_or("no steps")?;
    println!(
        "{SIDE}×{SIDE} points, blurred over {BLUR} of them, noise {NOISE}: ‖noise‖ = {:.3}",
        noise.norm()
    );
    println!(
        "\n{:<34}  {:>5}  {:>14}  {:>10}",
        "", "steps", "relative error", "‖A·x − b‖"
    );
    println!(
        "{:<34}  {:>5}  {:>14.4}",
        "blurred, with noise",
        "",
        error(given.as_slice())
    );
    for (name, found) in [("at the discrepancy", &early), ("too late", &late)] {
        let (steps, residual) = (found.reports[0].steps, found.backward_errors[0].residual);
        let error = error(found.solution.as_slice());
        println!("{name:<34}  {steps:>5}  {error:>14.4}  {residual:>10.3}");
    }
    println!(
        "{:<34}  {best:>5}  {:>14.4}",
        "the best step, chosen in hindsight", errors[best]
    );
    let columns = [&original, &given, &vector(&early), &vector(&late)].map(as_picture);
    println!(
        "\nThe pictures are in {}.",
        side_by_side(&columns).write("deblurring.png")?.display()
    );
    Ok(())
}

/// The last iterate of a run that reached its step limit, as intended.
fn last_iterate(result: Result<Solution<f64>, SolveError>) -> Result<Solution<f64>, SolveError> {
    match result {
        Err(SolveError::NotConverged { best, .. }) => Ok(*best),
        other => other,
    }
}

/// Discs, a frame, stripes that get finer, and a wedge of grey.
fn original() -> DVector<f64> {
    let brightness = |row: usize, column: usize| {
        let (y, x) = (row as f64 / SIDE as f64, column as f64 / SIDE as f64);
        let distance = |cx: f64, cy: f64| (x - cx).hypot(y - cy);
        let is_frame = (0.06..0.94).contains(&x)
            && (0.06..0.94).contains(&y)
            && !((0.09..0.91).contains(&x) && (0.09..0.91).contains(&y));
        if is_frame || distance(0.32, 0.32) < 0.06 {
            1.0
        } else if distance(0.32, 0.32) < 0.16 {
            0.45
        } else if (0.56..0.86).contains(&x) && (0.16..0.48).contains(&y) {
            let phase = 34.0 * (x - 0.56) * (1.0 + 2.2 * (x - 0.56));
            f64::from(u8::from(phase.rem_euclid(2.0) < 1.0)) * 0.9
        } else if (0.16..0.50).contains(&x) && (0.60..0.84).contains(&y) {
            (x - 0.16) / 0.34
        } else if (y - 0.56).abs() + 2.0 * (x - 0.72).abs() < 0.30 && y > 0.56 {
            0.8
        } else {
            0.08
        }
    };
    DVector::from_fn(SIDE * SIDE, |place, _| {
        brightness(place % SIDE, place / SIDE)
    })
}

fn noise(length: usize) -> DVector<f64> {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED);
    DVector::from_fn(length, |_, _| {
        let sample: f64 = StandardNormal.sample(&mut generator);
        NOISE * sample
    })
}

fn vector(found: &Solution<f64>) -> DVector<f64> {
    found.solution.column(0).into_owned()
}

fn as_picture(x: &DVector<f64>) -> DMatrix<f64> {
    DMatrix::from_column_slice(SIDE, SIDE, x.as_slice())
}

/// Each point three times as wide and high, with gaps.
fn side_by_side(parts: &[DMatrix<f64>]) -> Picture {
    const ZOOM: usize = 3;
    const GAP: usize = 12;
    let pitch = ZOOM * SIDE + GAP;
    let sheet = DMatrix::from_fn(ZOOM * SIDE, parts.len() * pitch - GAP, |row, column| {
        let (part, within) = (column / pitch, column % pitch);
        if within < ZOOM * SIDE {
            parts[part][(row / ZOOM, within / ZOOM)]
        } else {
            1.0
        }
    });
    Picture {
        channels: [sheet.clone(), sheet.clone(), sheet],
    }
}
