//! Masses that are nearly singular: never a wrong `Ok`.

use matrix_descent::eigen::{EigenError, OutermostEvidence};
use matrix_descent::{EigenConfig, Eigenpairs, LinearMap, symmetric_eigen_k};
use nalgebra::DMatrix;

use crate::support::gallery::random::{orthogonal, uniform};
use crate::support::spectra::{Opaque, diagonal};

/// B = C·Cᵀ and A = C·Λ·Cᵀ with a C of condition 10^(digits/2), so that Λ has the eigenvalues.
fn problem(n: usize, digits: f64, values: &[f64], seed: u64) -> (DMatrix<f64>, DMatrix<f64>) {
    let size = |i: usize| 10_f64.powf(-0.5 * digits * i as f64 / (n - 1) as f64);
    let left = orthogonal(n, seed) * diagonal(n, size);
    let c = match seed % 2 {
        // Each eigenvector along an axis of the mass.
        0 => left,
        _ => left * orthogonal(n, seed + 1),
    };
    let symmetric = |m: DMatrix<f64>| (&m + m.transpose()) * 0.5;
    let a = symmetric(&c * diagonal(n, |i| values[i]) * c.transpose());
    (a, symmetric(&c * c.transpose()))
}

fn spectrum(n: usize, seed: u64) -> Vec<f64> {
    let places = uniform(n, seed + 7);
    match seed % 3 {
        0 => (0..n).map(|i| ((i * 37) % n) as f64 - 17.0).collect(),
        1 => (0..n).map(|i| 1.0 + i as f64).collect(),
        _ => (0..n).map(|i| 20.0 * places[i]).collect(),
    }
}

/// What the tolerance and the rounding of A and B leave uncertain, and the bounds.
fn check(name: &str, found: &Eigenpairs<f64>, exact: &[f64], a: &DMatrix<f64>, b: &DMatrix<f64>) {
    let x = &found.eigenvectors;
    let size = |value: f64| a.norm() + value.abs() * b.norm();
    let longest = x.column_iter().map(|x| x.norm_squared());
    let longest = longest.fold(0.0, f64::max);
    for (j, (value, exact)) in found.eigenvalues.iter().zip(exact).enumerate() {
        let error = (value - exact).abs();
        let allowed =
            2.0 * found.certificate.largest_error_bound() + 2e-12 * size(*exact) * longest;
        assert!(error <= allowed, "{name}, {j}: {error:e} of {allowed:e}");
    }
    let departure = (x.tr_mul(&(b * x)) - DMatrix::identity(x.ncols(), x.ncols())).norm();
    // The rounding of this product with B, too.
    let few = 2e-4 + 1e-15 * b.norm() * longest;
    assert!(departure < few, "{name}: {departure:e} of {few:e}");
}

#[test]
fn no_eigenvalue_farther_out_is_hidden() {
    let (mut solved, mut refused) = (0, 0);
    for digits in [6.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0] {
        for seed in 0..6 {
            let n = 43 + (seed as usize * 5 + digits as usize) % 17;
            let n = if seed == 5 { 20 } else { n };
            let k = 1 + seed as usize % 3;
            let mut exact = spectrum(n, seed);
            let (a, b) = problem(n, digits, &exact, seed);
            exact.sort_by(f64::total_cmp);
            for config in [EigenConfig::smallest(), EigenConfig::largest()] {
                for mass in [&b as &dyn LinearMap<f64>, &Opaque(&b)] {
                    let name = format!("{digits}, {seed}, {}", exact[0]);
                    match symmetric_eigen_k(&a, k, config.clone().mass(mass).seed(seed)) {
                        Ok(found) => {
                            check(&name, &found, &exact, &a, &b);
                            solved += 1;
                        }
                        Err(
                            EigenError::NotConverged { .. }
                            | EigenError::NotPositiveDefinite { .. },
                        ) if digits > 11.0 => refused += 1,
                        Err(error) => panic!("{name}: {error}"),
                    }
                }
                exact.reverse();
            }
        }
    }
    assert!(solved > 150 && refused < 42, "{solved} {refused}");
}

/// An eigenvalue far below the others whose vector the mass hardly weighs.
#[test]
fn a_direction_that_the_mass_hardly_weighs() {
    for n in [60, 300] {
        for weight in [1e-6, 1e-10] {
            let b = diagonal(n, |i| if i == 7 { weight } else { 1.0 });
            let a = diagonal(n, |i| if i == 7 { -20.0 * weight } else { i as f64 });
            for mass in [&b as &dyn LinearMap<f64>, &Opaque(&b)] {
                let found = symmetric_eigen_k(&a, 1, EigenConfig::smallest().mass(mass)).unwrap();
                let name = format!("{n}, {weight:e}");
                check(&name, &found, &[-20.0], &a, &b);
                assert_eq!(found.certificate.outermost(), OutermostEvidence::Searched);
            }
        }
    }
}
