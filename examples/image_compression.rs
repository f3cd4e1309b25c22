//! A picture from its leading singular values.
//!
//! The three colours of a picture of 480×640 points are stacked into a matrix of 1440×640. Its best
//! approximation of rank k takes k·(1440 + 640 + 1) numbers instead of 1440·640. By the theorem of
//! Eckart and Young it consists of the k leading singular values and vectors, so only those are
//! computed.
//!
//! `cargo run --release --example image_compression` prints the errors, and writes the pictures to
//! `target/image_compression_*.png`.

use std::error::Error;
use std::time::Instant;

use matrix_descent::{TopConfig, svd_top_k};
use nalgebra::DMatrix;

#[path = "support/landscape.rs"]
mod landscape;
#[path = "support/picture.rs"]
mod picture;
#[path = "support/target.rs"]
mod target;

use picture::Picture;

const HEIGHT: usize = 480;
const WIDTH: usize = 640;
const RANKS: [usize; 4] = [4, 12, 32, 64];
/// A step of one of the 256 brightnesses is 4·10⁻³.
const TOLERANCE: f64 = 1e-5;

fn main() -> Result<(), Box<dyn Error>> {
    let original = landscape::landscape(HEIGHT, WIDTH);
    let matrix = stacked(&original);
    let path = original.write("image_compression_original.png")?;
    println!("The picture is in {}.\n", path.display());
    println!(
        "{:>3}  {:>14}  {:>11}  {:>5}  {:>7}  {:>7}  file",
        "k", "relative error", "compression", "steps", "seconds", "σ_k/σ₁"
    );
    for k in RANKS {
        let start = Instant::now();
        let top = svd_top_k(&matrix, k, TopConfig::default().tolerance(TOLERANCE))?;
        let seconds = start.elapsed().as_secs_f64();
        let approximation = top.reconstruct();
        let error = (&matrix - &approximation).norm() / matrix.norm();
        let compression = matrix.len() as f64 / (k * (matrix.nrows() + WIDTH + 1)) as f64;
        let values = &top.singular_values;
        let file = format!("image_compression_{k}.png");
        unstacked(&approximation).write(&file)?;
        println!(
            "{k:>3}  {error:>14.5}  {compression:>10.1}×  {:>5}  {seconds:>7.2}  {:>7.5}  {file}",
            top.steps,
            values[k - 1] / values[0],
        );
    }
    Ok(())
}

/// Red above green above blue.
fn stacked(picture: &Picture) -> DMatrix<f64> {
    DMatrix::from_fn(3 * HEIGHT, WIDTH, |row, column| {
        picture.channels[row / HEIGHT][(row % HEIGHT, column)]
    })
}

fn unstacked(matrix: &DMatrix<f64>) -> Picture {
    Picture {
        channels: [0, 1, 2].map(|index| matrix.rows(index * HEIGHT, HEIGHT).into_owned()),
    }
}
