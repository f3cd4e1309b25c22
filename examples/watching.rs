//! A long descent that you can watch, interrupt and resume.
//!
//! It inverts a 60×60 matrix of condition number 2000 by the heavy ball, which takes tens of
//! thousands of steps. A bar shows the progress; if the error stream is not a terminal, the log
//! gets a line from time to time instead. A table of the losses since the start of the program is
//! written to `watching.csv`. Ctrl-C, or a budget of 5 seconds, ends the run at the next step: it
//! is saved to `watching.json`, and resumes from there when the program is started again, with the
//! same bits as without the interruption.
//!
//! Both files are in the directory for temporary files; the saved run is removed at the end.
//!
//! `cargo run --release --example watching --features log,progress,serde`

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use log::{LevelFilter, Log, Metadata, Record};
use matrix_descent::descent::SavedRun;
use matrix_descent::inverse::heavy_ball_for_inverse;
use matrix_descent::watch::{Csv, LogEvery, ProgressBar, StopWhen, TimeBudget};
use matrix_descent::{
    InverseObjective, MeanSquaredError, Sgd, Side, Stepper, StopReason, Stopping,
};
use nalgebra::DMatrix;

#[path = "support/matrices.rs"]
mod matrices;

use matrices::matrix_of_condition;

const N: usize = 60;
const CONDITION_NUMBER: f64 = 2000.0;
const SEED: u64 = 314;
const GOAL: f64 = 1e-20;
const BUDGET: Duration = Duration::from_secs(5);
const STEPS_A_LINE: usize = 10_000;
const STEPS_A_ROW: usize = 100;

type Descent<'a> = Stepper<f64, InverseObjective<'a, f64, MeanSquaredError>, Sgd<f64>>;

fn main() -> Result<(), Box<dyn Error>> {
    let (saved_run, table) = (in_temporary_files("json"), in_temporary_files("csv"));
    install_logger()?;
    let interrupted = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&interrupted))?;

    let m = matrix_of_condition(N, CONDITION_NUMBER, SEED);
    let mut descent = begin_or_go_on(&m, &saved_run)?;
    let mut history = Csv::new(BufWriter::new(File::create(&table)?)).every(STEPS_A_ROW);
    let shown = (ProgressBar::loss(GOAL), LogEvery::steps(STEPS_A_LINE));
    let limits = (StopWhen::set(&interrupted), TimeBudget::new(BUDGET));
    let observers = ((shown, &mut history), limits);
    let stopping = Stopping::default().loss(GOAL).max_steps(1_000_000);
    let reason = descent.run(&stopping, observers)?;
    history.finish()?;
    println!(
        "{reason} at step {}; the losses are in {}",
        descent.steps(),
        table.display()
    );
    if reason == StopReason::Observer {
        fs::write(&saved_run, serde_json::to_string(&descent.save()?)?)?;
        println!(
            "saved to {}: start the program again to resume",
            saved_run.display()
        );
        return Ok(());
    }
    let inverse = DMatrix::from_column_slice(N, N, descent.parameters());
    println!(
        "‖X·M − I‖ = {:.1e}",
        (inverse * m - DMatrix::identity(N, N)).norm()
    );
    if saved_run.exists() {
        fs::remove_file(&saved_run)?;
    }
    Ok(())
}

fn begin_or_go_on<'a>(
    m: &'a DMatrix<f64>,
    saved_run: &Path,
) -> Result<Descent<'a>, Box<dyn Error>> {
    let objective = InverseObjective::new(m, Side::Left, MeanSquaredError)?;
    let rule = heavy_ball_for_inverse(m, 0)?;
    if !saved_run.exists() {
        return Ok(Stepper::new(objective, rule, vec![0.0; N * N])?);
    }
    let saved: SavedRun = serde_json::from_str(&fs::read_to_string(saved_run)?)?;
    println!("resuming at step {}", saved.steps());
    Ok(Stepper::restore(objective, rule, &saved)?)
}

fn in_temporary_files(extension: &str) -> PathBuf {
    std::env::temp_dir()
        .join("watching")
        .with_extension(extension)
}

/// Prints the log when no bar is drawn.
struct Printer;

impl Log for Printer {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        println!(
            "{:<5} {}: {}",
            record.level(),
            record.target(),
            record.args()
        );
    }

    fn flush(&self) {}
}

fn install_logger() -> Result<(), String> {
    log::set_logger(&Printer).map_err(|error| error.to_string())?;
    let has_bar = std::io::stderr().is_terminal();
    log::set_max_level(if has_bar {
        LevelFilter::Off
    } else {
        LevelFilter::Info
    });
    Ok(())
}
