//! The square root of a covariance, with proof, and what it is good for.
//!
//! A filter that keeps the covariance P of its state needs P^½ to place sample points, and P^(−½)
//! to turn an error into standard units. The covariance here belongs to a moving point whose place
//! is known to a millimetre and whose acceleration hardly at all, so that its condition number is
//! about a million. Then data are whitened (ZCA): W = C^(−½) takes correlated columns to
//! uncorrelated ones of variance 1 and moves each point as little as possible. A camera's rotation
//! after an integrator's step, which is no rotation any more, is brought back to the nearest one in
//! a few products. In the end, the numbers of products for matrices of growing condition number.
//!
//! `cargo run --release --example square_root` prints the numbers and draws what whitening
//! does to the data in `target/whitening.svg`.

use std::error::Error;

use matrix_descent::plot::{Curve, Figure, Line, Scale};
use matrix_descent::roots::RootOrder;
use matrix_descent::{
    RootConfig, inverse_root_by_descent, polar_decomposition, square_root_by_descent,
};
use nalgebra::{DMatrix, dmatrix, dvector};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, StandardNormal};

#[path = "support/matrices.rs"]
mod matrices;
#[path = "support/target.rs"]
mod target;

use matrices::matrix_of_condition;
use target::in_target;

const POINTS: usize = 400;
const SEED: u64 = 314;

fn main() -> Result<(), Box<dyn Error>> {
    covariance()?;
    whitening()?;
    rotation()?;
    products()
}

/// The covariance of place, speed and acceleration after some steps of a filter.
fn covariance() -> Result<(), Box<dyn Error>> {
    let step = 0.1;
    let f = dmatrix![
        1.0, step, step * step / 2.0;
        0.0, 1.0, step;
        0.0, 0.0, 1.0
    ];
    // The acceleration changes by 10 m/s³ or so.
    let jerk = dmatrix![step * step * step / 6.0; step * step / 2.0; step] * 10.0;
    let mut p = DMatrix::from_diagonal(&dvector![1e-6, 1e-2, 4.0]);
    for _ in 0..20 {
        p = &f * &p * f.transpose() + &jerk * jerk.transpose();
        // A measured place, with a standard deviation of a millimetre.
        let gain = p.column(0) / (p[(0, 0)] + 1e-6);
        p -= &gain * p.row(0);
    }
    let p = (&p + p.transpose()) * 0.5;
    let found = square_root_by_descent(&p, RootConfig::default())?;
    println!("P^½ = {:.6}", found.root);
    println!(
        "{}; {} steps, {} products; λ_min(P) ≥ {:.2e}",
        found.certificate,
        found.report.steps,
        found.products.descent(),
        found.certificate.smallest_eigenvalue_bound(),
    );
    let error = (&found.root * &found.root - &p).norm() / p.norm();
    println!("‖X² − P‖/‖P‖ = {error:.1e}, computed");
    Ok(())
}

/// Correlated points and what the inverse root of their covariance makes of them.
fn whitening() -> Result<(), Box<dyn Error>> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
    let mixing = dmatrix![2.0, 0.0; 1.6, 0.5];
    let mut data = DMatrix::from_fn(POINTS, 2, |_, _| normal()) * mixing.transpose();
    for mut column in data.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    let covariance = data.tr_mul(&data) / POINTS as f64;
    let covariance = (&covariance + covariance.transpose()) * 0.5;
    let whitening = inverse_root_by_descent(&covariance, RootOrder::Square, RootConfig::default())?;
    let white = &data * &whitening.inverse_root;
    let departure = (white.tr_mul(&white) / POINTS as f64 - DMatrix::identity(2, 2)).norm();
    println!(
        "whitened: the covariance is I to {departure:.1e}, C^(−½) proven to {:.1e}",
        whitening.relative_error_bound(),
    );
    // The ellipse on which the data are two standard deviations from their mean: C^½ times a
    // circle.
    let root = square_root_by_descent(&covariance, RootConfig::default())?.root;
    let circle = DMatrix::from_fn(361, 2, |degree, i| {
        let angle = (degree as f64).to_radians();
        2.0 * if i == 0 { angle.cos() } else { angle.sin() }
    });
    let path = in_target("whitening.svg")?;
    Figure::new("Data before and after whitening by C^(−½), with two standard deviations")
        .size(780, 640)
        .x_axis("first column", Scale::Linear)
        .y_axis("second column", Scale::Linear)
        .curve(scattered("before", &data).color_of(0))
        .curve(scattered("after", &white).color_of(1))
        .curve(outline(&(&circle * root)).color_of(0))
        .curve(outline(&circle).color_of(1))
        .write(&path)?;
    println!("{}", path.display());
    Ok(())
}

/// A mark for each row.
fn scattered(name: &str, points: &DMatrix<f64>) -> Curve {
    // What is not a number breaks the line between two marks.
    let gap = (f64::NAN, f64::NAN);
    let points = points.row_iter().flat_map(|p| [(p[0], p[1]), gap]);
    Curve::new(name, points.collect::<Vec<_>>()).line(Line::Marked)
}

/// A line through the rows.
fn outline(points: &DMatrix<f64>) -> Curve {
    let points = points.row_iter().map(|p| (p[0], p[1]));
    Curve::new("", points.collect::<Vec<_>>()).line(Line::Solid)
}

/// A turning camera after one step of an integrator of each order, and the nearest true rotation.
fn rotation() -> Result<(), Box<dyn Error>> {
    let (sine, cosine) = 0.3_f64.sin_cos();
    let attitude = dmatrix![cosine, -sine, 0.0; sine, cosine, 0.0; 0.0, 0.0, 1.0];
    // By a hundredth of a radian about (1, 2, 2)/3.
    let turn = dmatrix![0.0, -2.0, 2.0; 2.0, 0.0, -1.0; -2.0, 1.0, 0.0] * (0.01 / 3.0);
    println!("\norder  distance from a rotation  products  proven error of the nearest one");
    let mut term = attitude.clone();
    let mut moved = attitude;
    for order in 1..=4 {
        term = &turn * term / f64::from(order);
        moved += &term;
        let polar = polar_decomposition(&moved)?;
        println!(
            "{order:>5}  {:>24.1e}  {:>8}  {:.1e}",
            (&moved - &polar.orthogonal).norm(),
            polar.products.descent(),
            polar.certificate.orthogonal_error_bound(),
        );
    }
    Ok(())
}

/// The products of a root, which grow with the logarithm of the condition number.
fn products() -> Result<(), Box<dyn Error>> {
    println!("\ncondition  steps  products  proven error of the root, of its inverse");
    for exponent in [1, 2, 3, 4] {
        let kappa = 10.0_f64.powi(exponent);
        let m = matrix_of_condition(64, kappa, SEED);
        // Its condition number is κ².
        let a = m.tr_mul(&m);
        let a = (&a + a.transpose()) * 0.5;
        let found = square_root_by_descent(&a, RootConfig::default())?;
        println!(
            "{:>9.0e}  {:>5}  {:>8}  {:.1e}  {:.1e}",
            kappa * kappa,
            found.report.steps,
            found.products.descent(),
            found.certificate.relative_error_bound(),
            found.certificate.inverse_relative_error_bound(),
        );
    }
    Ok(())
}
