//! The lowest modes of an L-shaped drum: the smallest eigenpairs of a map that is never a matrix.
//!
//! A membrane held along its border swings as u(x, y)·cos(√λ·t) where −Δu = λ·u, and the smallest λ
//! are its lowest tones. On a grid of mesh width h, −Δ becomes a matrix with five entries a row;
//! here it is only its product with a vector (`Drum` in `examples/support`).
//!
//! The drum is an L of three unit squares, a classic test, because it has no closed form except in
//! a few modes: Fox, Henrici and Moler, "Approximations and bounds for eigenvalues of elliptic
//! operators", 1967, enclosed its eigenvalues. Near the inner corner a mode may rise as r^⅔, too
//! steeply for a grid: its eigenvalue is then off by O(h^4/3), as mode 1 is. A mode that is smooth
//! there is off by O(h²), as mode 3 is, which is sin πx·sin πy with λ = 2π². The first error raises
//! λ and the second lowers it, so that a mode with both, as 5 and 6, may be right by chance on one
//! grid. What the eigensolver leaves is far below either.
//!
//! `cargo run --release --example vibration` prints the errors on three grids and their order, and
//! draws six modes in `target/vibration.svg`.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use matrix_descent::plot::{HeatMap, HeatMaps};
use matrix_descent::{EigenConfig, Eigenpairs, symmetric_eigen_k};

#[path = "support/drum.rs"]
mod drum;
#[path = "support/target.rs"]
mod target;

use drum::Drum;
use target::in_target;

/// From that paper; the third is 2π².
const KNOWN: [f64; 6] = [
    9.639_723_8,
    15.197_252,
    19.739_208_8,
    29.521_481_1,
    31.912_636_0,
    41.474_509_9,
];
/// 1/h.
const GRIDS: [usize; 3] = [16, 32, 64];

fn main() -> Result<(), Box<dyn Error>> {
    let mut all = Vec::new();
    for lines in GRIDS {
        let start = Instant::now();
        let drum = Drum::new(lines);
        let found = symmetric_eigen_k(&drum, KNOWN.len(), EigenConfig::smallest())?;
        println!(
            "h = 1/{lines}: {} points, {} products, {:.2} s, residuals up to {:.0e}·‖A‖",
            drum.points(),
            found.products,
            start.elapsed().as_secs_f64(),
            found.residual_norms.max() / found.norm_estimate,
        );
        all.push((drum, found));
    }
    show(&all);
    let (drum, found) = all.last().ok_or("no grid")?;
    println!("\nThe picture is in {}.", draw(drum, found)?.display());
    Ok(())
}

fn show(all: &[(Drum, Eigenpairs<f64>)]) {
    println!(
        "\n{:>4}  {:>9}   error for h = 1/16, 1/32, 1/64             order",
        "mode", "λ"
    );
    for (j, known) in KNOWN.iter().enumerate() {
        let errors: Vec<f64> = all
            .iter()
            .map(|(_, found)| found.eigenvalues[j] - known)
            .collect();
        print!("{:>4}  {known:>9.5}  ", j + 1);
        errors.iter().for_each(|error| print!(" {error:>+10.5}"));
        let ratio = errors[1] / errors[2];
        // Between errors of different signs there is no order.
        if ratio > 0.0 {
            println!("   {:>12.2}", ratio.log2());
        } else {
            println!("   {:>12}", "–");
        }
    }
}

fn draw(drum: &Drum, found: &Eigenpairs<f64>) -> Result<PathBuf, Box<dyn Error>> {
    let values = &found.eigenvalues;
    let modes = found
        .eigenvectors
        .column_iter()
        .enumerate()
        .map(|(j, mode)| {
            let name = format!("mode {}, λ = {:.3}", j + 1, values[j]);
            let pitch = (values[j] / values[0]).sqrt();
            HeatMap::new(name, &drum.field(&mode)).note(format!("pitch {pitch:.3}"))
        });
    let path = in_target("vibration.svg")?;
    HeatMaps::new("The lowest six modes of an L-shaped drum")
        .maps(modes)
        .columns(3)
        .write(&path)?;
    Ok(path)
}
