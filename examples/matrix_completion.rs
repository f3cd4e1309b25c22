//! Matrix completion: a quarter of the entries of a noisy matrix are known; find the rest.
//!
//! The matrix is 200×100 of rank 5 plus a mean of ½. Its entries have variance 1, and each known
//! entry has noise of standard deviation 0.1. For each method the program prints the relative error
//! in the entries held out, √(Σ(y − m)²/Σm²), m being the matrix without noise. All zeros would
//! give 1.
//!
//! - the mean of the known entries;
//! - the singular value decomposition of the matrix with zeros for the unknown entries, cut off at
//!   its best rank, with and without a division by the share of known entries: the decomposition
//!   treats the zeros as data;
//! - [`complete_by_descent`], for several ranks and weights of its penalty.
//!
//! What it shows: with the right rank (5 beside the mean) no penalty is needed, and a strong one does
//! harm; with more components, one prevents overfitting. The error of the fit does
//! not show that: it is smallest where the completion is worst.
//!
//! `cargo run --release --example matrix_completion`

use std::error::Error;

use matrix_descent::completion::{Baseline, CompletionError};
use matrix_descent::svd::SvdError;
use matrix_descent::{
    CompletionConfig, Observations, SvdConfig, complete_by_descent, svd_by_descent,
};
use nalgebra::DMatrix;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

const SEED: u64 = 314;
const ROWS: usize = 200;
const COLUMNS: usize = 100;
const RANK: usize = 5;
const MEAN: f64 = 0.5;
const NOISE: f64 = 0.1;
const KNOWN: f64 = 0.25;
const RANKS: [usize; 3] = [RANK, RANK + 5, 3 * RANK];
const RIDGES: [f64; 4] = [0.0, 0.3, 1.0, 3.0];

fn main() -> Result<(), Box<dyn Error>> {
    let data = Data::generate();
    println!(
        "{ROWS}×{COLUMNS} matrix, {:.0} % of the entries known, noise {NOISE}.\n",
        100.0 * data.weights.mean()
    );
    println!(
        "{:<44}  {:>8}  {:>8}  {:>6}",
        "method", "fit", "held out", "steps"
    );
    let known: Vec<f64> = data.seen.iter().copied().filter(|x| !x.is_nan()).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let mean = DMatrix::from_element(ROWS, COLUMNS, mean);
    println!("{:<44}  {:>8}  {:>8.4}", "mean", "", data.error(&mean));
    show_zero_filled(&data)?;
    for rank in RANKS {
        for ridge in RIDGES {
            show_completion(&data, rank, ridge)?;
        }
    }
    Ok(())
}

struct Data {
    /// The matrix without noise.
    truth: DMatrix<f64>,
    /// The known entries with noise, NaN elsewhere.
    seen: DMatrix<f64>,
    /// 1 for a known entry, 0 for one held out.
    weights: DMatrix<f64>,
}

impl Data {
    fn generate() -> Self {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED);
        let mut normal = |rows, columns| -> DMatrix<f64> {
            DMatrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut generator))
        };
        let factors = normal(ROWS, RANK) * normal(RANK, COLUMNS) / (RANK as f64).sqrt();
        let truth = factors.add_scalar(MEAN);
        let noisy = &truth + normal(ROWS, COLUMNS) * NOISE;
        let known = |_, _| f64::from(u8::from(generator.random::<f64>() < KNOWN));
        let weights = DMatrix::from_fn(ROWS, COLUMNS, known);
        let seen = noisy.zip_map(&weights, |x, w| if w == 0.0 { f64::NAN } else { x });
        Self {
            truth,
            seen,
            weights,
        }
    }

    /// The relative error in the entries held out.
    fn error(&self, fitted: &DMatrix<f64>) -> f64 {
        let held_out = self.weights.map(|weight| 1.0 - weight);
        let difference = (fitted - &self.truth).component_mul(&held_out).norm();
        difference / self.truth.component_mul(&held_out).norm()
    }
}

fn show_zero_filled(data: &Data) -> Result<(), SvdError> {
    let filled = data
        .seen
        .map(|entry| if entry.is_nan() { 0.0 } else { entry });
    let svd = svd_by_descent(&filled, SvdConfig::default())?;
    for (name, factor) in [("", 1.0), (", divided", data.weights.mean())] {
        let errors = (1..=COLUMNS).map(|rank| {
            let (u, v) = (svd.u.columns(0, rank), svd.v.columns(0, rank));
            let values = DMatrix::from_diagonal(&svd.singular_values.rows(0, rank).into_owned());
            (data.error(&(u * values * v.transpose() / factor)), rank)
        });
        let (error, rank) = errors.fold((f64::INFINITY, 0), |best, next| {
            if next.0 < best.0 { next } else { best }
        });
        let name = format!("zero-filled SVD{name}, rank {rank}");
        println!("{name:<44}  {:>8}  {error:>8.4}", "");
    }
    Ok(())
}

fn show_completion(data: &Data, rank: usize, ridge: f64) -> Result<(), Box<dyn Error>> {
    let observations = Observations::from_matrix(&data.seen, &data.weights)?;
    let config = CompletionConfig::default()
        .baseline(Baseline::Mean)
        .ridge(ridge)
        .max_steps(2000);
    let (completion, note) = match complete_by_descent(&observations, rank, config) {
        Ok(completion) => (completion, ""),
        Err(CompletionError::NotConverged { reached }) => (*reached, ", not converged"),
        Err(error) => return Err(error.into()),
    };
    let name = format!("completion, rank {rank}, λ = {ridge}{note}");
    let error = data.error(&completion.fitted());
    println!(
        "{name:<44}  {:>8.4}  {error:>8.4}  {:>6}",
        completion.fit_error, completion.report.steps
    );
    Ok(())
}
