//! Ridge regression on rows that are split: by one solve, and by training with checkpoints.
//!
//! Row i holds 40 features and a target, the features times hidden weights plus noise. The solve takes
//! conjugate gradients on the split rows ([`SplitRows`]); the training takes L-BFGS on the loss summed
//! over all processes ([`AllReduced`]), is saved by process 0 half-way, and resumed from the file as if
//! it had been interrupted; the number of processes may change in between.
//!
//! `mpirun -n 2 target/release/examples/ridge [rows]`

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use matrix_descent::objective::{LinearSystem, Ridge};
use matrix_descent::{Lbfgs, Progress, Silent, SolveConfig, Stepper, Stopping, solve_by_descent};
use matrix_descent_mpi::{
    AllReduced, Failure, OnFirst, Processes, SplitRows, mpi, restore, save, together,
};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, StandardNormal};

#[path = "support/report.rs"]
mod report;

const ROWS: usize = 1_000_000;
const FEATURES: usize = 40;
const NOISE: f64 = 0.5;
const PENALTY: f64 = 100.0;

fn main() -> Result<(), Box<dyn Error>> {
    let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
    let path = std::env::temp_dir().join(format!("ridge-{}.json", std::process::id()));
    let outcome = together(&universe.world(), |processes| {
        regress(processes, report::size_or(ROWS)?, &path)
    });
    // In words: `main` shows the structure of an error.
    Ok(outcome.map_err(|error| error.to_string())?)
}

fn regress(processes: &Processes, rows: usize, path: &Path) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let (features, targets) = generated(processes, rows);

    let watch = progress(processes, "solver");
    let config = SolveConfig::default().ridge(PENALTY).observer(watch);
    let solved = {
        let map = SplitRows::new(processes, &features)?;
        solve_by_descent(&map, &targets, config)?
    };

    // ½‖A·x − b‖² over all processes, and the penalty once.
    let objective = || -> Result<_, Box<dyn Error>> {
        let own = LinearSystem::new(&features, &targets)?;
        Ok(Ridge::new(AllReduced::sum(processes, own)?, PENALTY)?)
    };
    let mut stepper = Stepper::new(objective()?, Lbfgs::default(), vec![0.0; FEATURES])?;
    stepper.run(&Stopping::default().max_steps(5), Silent)?;
    save(processes, &stepper, path)?;
    let mut stepper = restore(processes, objective()?, Lbfgs::default(), path)?;
    let stopping = Stopping::default().gradient_norm(1e-9 * rows as f64);
    stepper.run(&stopping, progress(processes, "L-BFGS"))?;
    let trained = DVector::from_column_slice(stepper.parameters());

    let error = mean_squared_error(processes, &features, &targets, &trained)?;
    let peaks = report::peaks(processes)?;
    let solution = solved.solution.column(0);
    let difference = (solution - &trained).norm() / solution.norm();
    if processes.is_first() {
        println!("\nweight   solved              trained             hidden");
        for j in [0, 1, 2, FEATURES - 1] {
            let (solved, trained, hidden) = (solution[j], trained[j], hidden(j));
            println!("{j:>6}   {solved:<18.14}  {trained:<18.14}  {hidden:.4}");
        }
        println!(
            "\n{rows} rows on {}: {:.2} s, {} steps of the solver, {} of L-BFGS; the weights differ by \
             {difference:.0e}; mean squared error {error:.4}, of the noise {:.4}; peak memory of a process \
             {:.0} MB.",
            report::count(processes),
            start.elapsed().as_secs_f64(),
            solved.reports[0].steps,
            stepper.steps(),
            NOISE * NOISE,
            peaks[0],
        );
        std::fs::remove_file(path)?;
    }
    report::check("difference of the weights", difference, 1e-8)?;
    // A mean of `rows` squares of noise deviates by √(2/rows) of itself, and the penalty moves weights of
    // size 1, whose features have at least that deviation, by PENALTY/rows.
    let deviation = (error / (NOISE * NOISE) - 1.0).abs();
    let moved = PENALTY / rows as f64 / NOISE;
    let bound = 10.0 / (rows as f64).sqrt() + FEATURES as f64 * moved * moved;
    report::check("deviation of the mean squared error", deviation, bound)
}

/// Every 20th step, on process 0.
fn progress(
    processes: &Processes,
    method: &str,
) -> OnFirst<impl FnMut(&Progress<'_, f64>) -> ControlFlow<()>> {
    OnFirst::new(processes, move |progress: &Progress<'_, f64>| {
        if progress.step.is_multiple_of(20) {
            println!(
                "{method}, step {:>3}: {:.12e}",
                progress.step, progress.loss
            );
        }
        ControlFlow::Continue(())
    })
}

fn hidden(j: usize) -> f64 {
    (j as f64 + 1.0).sin()
}

/// The features and targets of this process's rows, each row with a seed of its own.
fn generated(processes: &Processes, rows: usize) -> (DMatrix<f64>, DVector<f64>) {
    let share = processes.share(rows);
    let mut features = DMatrix::zeros(share.len(), FEATURES);
    let mut targets = DVector::zeros(share.len());
    for (place, row) in share.enumerate() {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(row as u64);
        let mut normal = || -> f64 { StandardNormal.sample(&mut generator) };
        let common = normal();
        for j in 0..FEATURES {
            // Features that come in various units and depend on one another.
            features[(place, j)] = (normal() + common) * (1.0 + j as f64 / 10.0);
            targets[place] += features[(place, j)] * hidden(j);
        }
        targets[place] += NOISE * normal();
    }
    (features, targets)
}

fn mean_squared_error(
    processes: &Processes,
    features: &DMatrix<f64>,
    targets: &DVector<f64>,
    weights: &DVector<f64>,
) -> Result<f64, Failure> {
    let residual = features * weights - targets;
    let mut sums = [residual.norm_squared(), targets.len() as f64];
    processes.sum(&mut sums)?;
    Ok(sums[0] / sums[1])
}
