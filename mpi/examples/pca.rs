//! The principal components of 4 000 000 observations of 100 numbers, split over processes.
//!
//! Observation i is Σ dₖ·gₖ·bₖ + noise about a mean, with orthonormal cosines bₖ and normal gₖ, so its
//! covariance has the leading variances dₖ² + 1 and the axes bₖ; all others are 1. Each row has a seed
//! of its own: the data do not depend on how they are split.
//!
//! `cargo build --release -p matrix-descent-mpi --examples`, then
//! `mpirun -n 2 target/release/examples/pca [observations]`

use std::error::Error;
use std::f64::consts::PI;
use std::ops::{ControlFlow, Range};
use std::time::Instant;

use matrix_descent::linear_map::Centered;
use matrix_descent::{Progress, TopConfig, svd_top_k};
use matrix_descent_mpi::{OnFirst, Processes, SplitRows, mpi, together};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, StandardNormal};

#[path = "support/report.rs"]
mod report;

const OBSERVATIONS: usize = 4_000_000;
const FEATURES: usize = 100;
const DEVIATIONS: [f64; 5] = [5.0, 4.0, 3.0, 2.0, 1.5];
/// The rows that are made at a time, so that columns are written in pieces.
const ROWS_AT_A_TIME: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
    let outcome = together(&universe.world(), |processes| {
        components(processes, report::size_or(OBSERVATIONS)?)
    });
    // In words: `main` shows the structure of an error.
    Ok(outcome.map_err(|error| error.to_string())?)
}

fn components(processes: &Processes, observations: usize) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let own = generated(processes.share(observations));
    let seconds_to_generate = start.elapsed().as_secs_f64();

    let mut mean = own.row_sum().transpose();
    processes.sum(mean.as_mut_slice())?;
    mean /= observations as f64;
    // Centred where the entries are known, so that no digit is lost.
    let map = SplitRows::new(processes, Centered::about(own, mean)?)?;
    let watch = OnFirst::new(processes, |progress: &Progress<'_, f64>| {
        if progress.step.is_multiple_of(10) {
            println!("step {:>3}, residual {:.1e}", progress.step, progress.loss);
        }
        ControlFlow::Continue(())
    });
    let found = svd_top_k(&map, DEVIATIONS.len(), TopConfig::default().observer(watch))?;
    let seconds = start.elapsed().as_secs_f64();

    let peaks = report::peaks(processes)?;
    if !processes.is_first() {
        return Ok(());
    }
    // By how much the components of so many observations may deviate, with some room.
    let of_variances = 20.0 / (observations as f64).sqrt();
    let of_axes = 3.0 * (FEATURES as f64 / observations as f64).sqrt();
    println!("\ncomponent   variance   of the model   angle to the model's axis   singular value");
    for (k, deviation) in DEVIATIONS.into_iter().enumerate() {
        let value = found.singular_values[k];
        let variance = value * value / (observations - 1) as f64;
        let cosine = found.v.column(k).dot(&axis(k)).abs().min(1.0);
        println!(
            "{:>9} {variance:>10.4} {:>14.4} {:>26.3}° {value:>24.15e}",
            k + 1,
            deviation * deviation + 1.0,
            cosine.acos().to_degrees(),
        );
        let deviation = (variance / (deviation * deviation + 1.0) - 1.0).abs();
        report::check("deviation of a variance", deviation, of_variances)?;
        let sine = (1.0 - cosine * cosine).sqrt();
        report::check("sine of the angle to an axis", sine, of_axes)?;
    }
    let traffic = processes.traffic();
    println!(
        "\n{observations} observations on {}: {seconds:.2} s, of which {seconds_to_generate:.2} \
         to make them; {} steps; peak memory of a process {:.0} MB; {} collective calls, {:.1} kB.",
        report::count(processes),
        found.steps,
        peaks[0],
        traffic.collectives,
        traffic.collective_bytes as f64 / 1e3,
    );
    Ok(())
}

/// The direction of component k: cos(π·(k + 1)·(j + ½)/n), of length 1.
fn axis(k: usize) -> DVector<f64> {
    let angle = PI * (k + 1) as f64 / FEATURES as f64;
    DVector::from_fn(FEATURES, |j, _| (angle * (j as f64 + 0.5)).cos()).normalize()
}

fn generated(rows: Range<usize>) -> DMatrix<f64> {
    let axes: Vec<_> = (0..DEVIATIONS.len()).map(axis).collect();
    let mut own = DMatrix::zeros(rows.len(), FEATURES);
    let mut observations = DMatrix::zeros(FEATURES, ROWS_AT_A_TIME);
    for first in rows.clone().step_by(ROWS_AT_A_TIME) {
        let count = ROWS_AT_A_TIME.min(rows.end - first);
        for (place, mut observation) in observations.column_iter_mut().take(count).enumerate() {
            let mut generator = Xoshiro256PlusPlus::seed_from_u64((first + place) as u64);
            let mut normal = || -> f64 { StandardNormal.sample(&mut generator) };
            for (j, entry) in observation.iter_mut().enumerate() {
                *entry = j as f64 / 10.0 + normal();
            }
            for (axis, deviation) in axes.iter().zip(DEVIATIONS) {
                observation.axpy(deviation * normal(), axis, 1.0);
            }
        }
        let written = observations.columns(0, count).transpose();
        own.rows_mut(first - rows.start, count).copy_from(&written);
    }
    own
}
