//! The best symmetric banded approximate inverse of a 1-D Laplacian, as a preconditioner.
//!
//! For bandwidths b from 0 to 8 it finds the minimum of ‖X·M − I‖_F over the symmetric matrices
//! with b diagonals on either side, and counts the iterations that the conjugate gradient method
//! takes with X as its preconditioner, and without.
//!
//! What it shows: each further diagonal saves iterations, and with them the inner products that
//! parallel machines have to wait for. Multiplications fall by less, since an iteration costs more:
//! for the Laplacian itself and b = 8, iterations fall to less than a fifth, multiplications to
//! little more than a half. Its inverse is not small anywhere, so that no narrow band comes near
//! it. With 1 added to the diagonal the inverse decays and a band holds most of it, but then few
//! iterations are needed anyway. In one dimension this is only a demonstration: a tridiagonal
//! system can be solved directly with 5 multiplications a row.
//!
//! `cargo run --release --example structured_inverse`

use std::error::Error;

use matrix_descent::inverse::heavy_ball_for_structured_inverse;
use matrix_descent::set::{Banded, Subspace, Symmetric};
use matrix_descent::{Config, ConvexSet, Inversion, Real, Side, invert_by_descent};
use nalgebra::{DMatrix, DVector};

const SIZE: usize = 200;
const BANDWIDTHS: [usize; 6] = [0, 1, 2, 3, 5, 8];
/// When the conjugate gradient method stops: ‖residual‖ relative to ‖right-hand side‖.
const TOLERANCE: f64 = 1e-10;

fn main() -> Result<(), Box<dyn Error>> {
    for (name, shift) in [
        ("tridiag(−1, 2, −1)", 0.0),
        ("tridiag(−1, 2, −1) + I/10", 0.1),
        ("tridiag(−1, 2, −1) + I", 1.0),
    ] {
        show(name, &laplacian(shift))?;
    }
    Ok(())
}

/// The symmetric matrices of a bandwidth. Making a band symmetric keeps it a band, so the two
/// projections in turn are the projection onto both.
#[derive(Clone, Copy)]
struct SymmetricBand {
    bandwidth: usize,
}

impl<T: Real> ConvexSet<T> for SymmetricBand {
    fn project(&self, point: &mut [T]) {
        Banded::new(self.bandwidth, self.bandwidth).project(point);
        Symmetric.project(point);
    }
}

impl<T: Real> Subspace<T> for SymmetricBand {}

fn laplacian(shift: f64) -> DMatrix<f64> {
    DMatrix::from_fn(SIZE, SIZE, |i, j| match i.abs_diff(j) {
        0 => 2.0 + shift,
        1 => -1.0,
        _ => 0.0,
    })
}

fn show(name: &str, m: &DMatrix<f64>) -> Result<(), Box<dyn Error>> {
    let b = DVector::from_fn(SIZE, |i, _| (1.7 * (i * i) as f64).sin());
    let plain = conjugate_gradient(m, &b, Clone::clone).ok_or("no convergence")?;
    println!(
        "{name}, n = {SIZE}. Without preconditioner: {plain} iterations, {} multiplications a row.",
        plain * multiplications(None)
    );
    println!(
        "{:>9}  {:>12}  {:>10}  {:>12}  {:>6}  {:>8}  {:>10}  {:>15}",
        "bandwidth",
        "‖X·M − I‖_F",
        "at least",
        "stationarity",
        "steps",
        "seconds",
        "iterations",
        "multiplications"
    );
    for bandwidth in BANDWIDTHS {
        let best = best_inverse(m, bandwidth)?;
        let optimality = best.optimality.ok_or("no constraint")?;
        let iterations = conjugate_gradient(m, &b, |r| &best.inverse * r)
            .ok_or("the preconditioner is not positive definite")?;
        println!(
            "{bandwidth:>9}  {:>12.6}  {:>10.6}  {:>12.1e}  {:>6}  {:>8.2}  {iterations:>10}  {:>15}",
            best.residual,
            optimality.least_residual,
            optimality.stationarity,
            best.report.steps,
            best.report.elapsed.as_secs_f64(),
            iterations * multiplications(Some(bandwidth)),
        );
    }
    println!();
    Ok(())
}

/// The multiplications of an iteration for each row: three diagonals of M, two inner products,
/// three updates of vectors, and the diagonals of a preconditioner.
fn multiplications(bandwidth: Option<usize>) -> usize {
    3 + 2 + 3 + bandwidth.map_or(0, |bandwidth| 2 * bandwidth + 1)
}

fn best_inverse(m: &DMatrix<f64>, bandwidth: usize) -> Result<Inversion<f64>, Box<dyn Error>> {
    let set = SymmetricBand { bandwidth };
    let rule = heavy_ball_for_structured_inverse(m, Side::Left, set, 0)?;
    Ok(invert_by_descent(m, Config::default().optimizer(rule))?)
}

/// The iterations of the preconditioned conjugate gradient method (Hestenes and Stiefel, 1952),
/// from 0; none if it breaks down or does not converge within 10·n.
fn conjugate_gradient(
    m: &DMatrix<f64>,
    b: &DVector<f64>,
    precondition: impl Fn(&DVector<f64>) -> DVector<f64>,
) -> Option<usize> {
    let mut x = DVector::zeros(b.len());
    let mut residual = b.clone();
    let mut direction = precondition(&residual);
    let mut square = residual.dot(&direction);
    for iteration in 0..10 * b.len() {
        if residual.norm() <= TOLERANCE * b.norm() {
            return Some(iteration);
        }
        let image = m * &direction;
        let length = square / direction.dot(&image);
        // A preconditioner that is not positive definite shows here.
        if square <= 0.0 || !length.is_finite() {
            return None;
        }
        x.axpy(length, &direction, 1.0);
        residual = b - m * &x;
        let conditioned = precondition(&residual);
        let next_square = residual.dot(&conditioned);
        direction = conditioned + direction * (next_square / square);
        square = next_square;
    }
    None
}
