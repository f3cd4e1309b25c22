//! An inverse in `f32`, polished to the last digit of `f64`, beside LU in `f64`.
//!
//! Half of the digits are cheap: from an old computation, from hardware that is fast in single
//! precision, or here from nalgebra's LU in `f32`. [`polish_inverse`] starts from them, and ends
//! with the correctly rounded inverse and a proof of its accuracy. The matrices are 128×128 with
//! singular values from 1 to 1/κ, evenly spaced on a log scale.
//!
//! For each κ the program prints what [`certify`] proves of each inverse, its error (against the
//! polished one, which is proven to be the nearest to the inverse), products and time.
//!
//! What it shows: LU in `f64` loses about as many digits as κ has, the polished inverse next to
//! none, for two or three times the time. At κ = 10⁸ the `f32` inverse has too few correct digits
//! to be polished: the start is repaired, as the last column says, and the descent takes longer.
//!
//! `cargo run --release --example polish`

use std::error::Error;
use std::time::{Duration, Instant};

use matrix_descent::{Inversion, certify, polish_inverse};
use nalgebra::DMatrix;

#[path = "support/matrices.rs"]
mod matrices;

use matrices::matrix_of_condition;

const SEED: u64 = 314;
const SIZE: usize = 128;
/// The shortest time of this many runs counts.
const RUNS: usize = 7;
const CONDITION_NUMBERS: [f64; 4] = [1e2, 1e4, 1e6, 1e8];

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "{:>6}  {:<16}  {:>9}  {:>9}  {:>8}  {:>9}",
        "κ", "inverse", "proven ≤", "error", "products", "time"
    );
    for condition_number in CONDITION_NUMBERS {
        show(condition_number)?;
    }
    Ok(())
}

fn show(condition_number: f64) -> Result<(), Box<dyn Error>> {
    let m = matrix_of_condition(SIZE, condition_number, SEED);
    let (in_single, single_time) = timed(|| m.map(|entry| entry as f32).try_inverse());
    let in_single = in_single.ok_or("no inverse in f32")?.map(f64::from);
    let (by_lu, lu_time) = timed(|| m.clone().try_inverse());
    let by_lu = by_lu.ok_or("no inverse by LU")?;
    let (polished, polish_time) = timed(|| polish_inverse(&m, &in_single));
    let polished = polished?;
    let row = |name: &str, inverse: &DMatrix<f64>, time| -> Result<(), Box<dyn Error>> {
        let bound = certify(&m, inverse)?.relative_error_bound();
        let error = (inverse - &polished.inverse).norm() / polished.inverse.norm();
        println!(
            "{condition_number:>6.0e}  {name:<16}  {bound:>9.1e}  {error:>9.1e}  {:>8}  {:>9}",
            "",
            milliseconds(time)
        );
        Ok(())
    };
    row("LU in f32", &in_single, single_time)?;
    row("LU in f64", &by_lu, lu_time)?;
    show_polished(condition_number, &polished, polish_time);
    Ok(())
}

fn show_polished(condition_number: f64, polished: &Inversion<f64>, time: Duration) {
    println!(
        "{condition_number:>6.0e}  {:<16}  {:>9.1e}  {:>9}  {:>8}  {:>9}   {:?}",
        "f32, polished",
        polished.certificate.relative_error_bound(),
        "",
        polished.products.total(),
        milliseconds(time),
        polished.route
    );
}

/// The result, and the shortest time of some runs.
fn timed<R>(work: impl Fn() -> R) -> (R, Duration) {
    let once = || {
        let begin = Instant::now();
        let result = work();
        (result, begin.elapsed())
    };
    let first = once();
    (1..RUNS).fold(first, |best, _| {
        let next = once();
        if next.1 < best.1 { next } else { best }
    })
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
