//! A·x = λ·B·x.

use matrix_descent::eigen::{EigenError, EigenRoute, OutermostEvidence, Unfinished};
use matrix_descent::{EigenConfig, LinearMap, symmetric_eigen_k};
use nalgebra::DMatrix;

use crate::support::gallery::random::{orthogonal, uniform};
use crate::support::spectra::{Opaque, dense_eigenvalues, diagonal};

/// A random symmetric matrix with entries up to 1.
fn symmetric(n: usize, seed: u64) -> DMatrix<f64> {
    let entries = uniform(n, seed);
    (&entries + entries.transpose()) * 0.5
}

/// Eigenvalues 1 … 10^−`digits` in a random orthonormal basis.
fn graded(n: usize, digits: f64, seed: u64) -> DMatrix<f64> {
    let q = orthogonal(n, seed);
    let values = diagonal(n, |i| 10_f64.powf(-digits * i as f64 / (n - 1) as f64));
    let matrix = &q * values * q.transpose();
    (&matrix + matrix.transpose()) * 0.5
}

fn tridiagonal(n: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i: usize, j: usize| match i.abs_diff(j) {
        0 => 4.0 + (i % 3) as f64,
        1 => 1.0,
        _ => 0.0,
    })
}

#[test]
fn diagonal_and_tridiagonal_masses_against_the_dense_decomposition() {
    for n in [12, 120] {
        let matrix = symmetric(n, n as u64);
        let masses = [diagonal(n, |i| 1.0 + (i % 5) as f64), tridiagonal(n)];
        for (index, mass) in masses.iter().enumerate() {
            let mut expected = dense_eigenvalues(&matrix, Some(mass));
            for is_largest in [false, true] {
                let config = if is_largest {
                    EigenConfig::largest()
                } else {
                    EigenConfig::smallest()
                };
                let found = symmetric_eigen_k(&matrix, 5, config.mass(mass)).unwrap();
                let bound = found.certificate.largest_error_bound();
                let name = format!("{n}, {index}, {is_largest}");
                assert!(
                    found.certificate.is_proof() && bound < 1e-9,
                    "{name}: {bound:e}"
                );
                for (j, (value, expected)) in found.eigenvalues.iter().zip(&expected).enumerate() {
                    let error = (value - expected).abs();
                    assert!(error < 1e-11, "{name}, {j}: {error:e}");
                    assert!(error <= bound + 1e-13, "{name}, {j}: {error:e} {bound:e}");
                }
                expected.reverse();
            }
        }
    }
}

/// A proof needs both matrices.
#[test]
fn the_bounds_are_a_proof_where_both_maps_are_matrices() {
    let (matrix, mass) = (symmetric(100, 3), tridiagonal(100));
    let config = EigenConfig::smallest().mass(&mass);
    let found = symmetric_eigen_k(&matrix, 2, config).unwrap();
    assert!(found.certificate.is_proof());
    assert_eq!(found.certificate.outermost(), OutermostEvidence::Searched);
    let opaque = EigenConfig::smallest().mass(Opaque(&mass));
    let found = symmetric_eigen_k(&matrix, 2, opaque).unwrap();
    assert!(!found.certificate.is_proof() && found.certificate.largest_error_bound() < 1e-9);
    let config = EigenConfig::smallest().mass(&mass);
    let found = symmetric_eigen_k(&Opaque(&matrix), 2, config).unwrap();
    assert!(!found.certificate.is_proof());
}

/// What Cholesky's factorisation of a small mass loses, inverse iteration gives back.
#[test]
fn nearly_singular_masses_of_small_problems() {
    for n in [5, 20, 40] {
        for digits in [8.0, 10.0, 12.0] {
            for seed in 0..8 {
                let (matrix, mass) = (symmetric(n, seed), graded(n, digits, seed + 100));
                let norm = matrix.norm();
                let config = EigenConfig::smallest().mass(&mass);
                let found = symmetric_eigen_k(&matrix, 3, config).unwrap();
                assert_eq!(found.route, EigenRoute::Whole);
                for (j, &value) in found.eigenvalues.iter().enumerate() {
                    let x = found.eigenvectors.column(j);
                    let residual = (&matrix * x - &mass * x * value).norm() / x.norm();
                    let allowed = 2.0e-12 * (norm + value.abs());
                    assert!(
                        residual <= allowed,
                        "{n}, {digits}, {seed}, {j}: {residual:e}"
                    );
                }
            }
        }
    }
}

#[test]
fn all_that_is_left_after_some_were_left_out() {
    for n in [6, 20, 50] {
        let (matrix, mass) = (symmetric(n, 5), tridiagonal(n));
        let config = || EigenConfig::smallest().mass(&mass);
        let all = symmetric_eigen_k(&matrix, n, config()).unwrap();
        for left_out in [1, 2, 5] {
            for first in [0, n - left_out] {
                let known = all.eigenvectors.columns(first, left_out).into_owned();
                let config = config().deflate(known);
                let found = symmetric_eigen_k(&matrix, n - left_out, config).unwrap();
                let expected = (0..n).filter(|j| !(first..first + left_out).contains(j));
                for (value, j) in found.eigenvalues.iter().zip(expected) {
                    let error = (value - all.eigenvalues[j]).abs();
                    assert!(error < 1e-12, "{n}, {left_out}, {first}: {error:e}");
                }
            }
        }
    }
}

/// An indefinite mass with a negative eigenvalue that a short search does not meet.
#[test]
fn a_mass_that_is_barely_indefinite() {
    for n in [8, 150] {
        let matrix = diagonal(n, |i| i as f64);
        for least in [-1e-3, -1e-8, -1e-13, 0.0] {
            let q = orthogonal(n, 9);
            let values = diagonal(n, |i| {
                if i == n / 2 {
                    least
                } else {
                    1.0 + i as f64 / n as f64
                }
            });
            let turned = &q * &values * q.transpose();
            for mass in [values.clone(), (&turned + turned.transpose()) * 0.5] {
                // Rounding has moved an eigenvalue of zero.
                let is_sure = least < -1e-14 || mass == values;
                for map in [&mass as &dyn LinearMap<f64>, &Opaque(&mass)] {
                    match symmetric_eigen_k(&matrix, 2, EigenConfig::smallest().mass(map)) {
                        Err(EigenError::NotPositiveDefinite { curvature }) => {
                            assert!(curvature <= 1e-15, "{n}, {least:e}: {curvature:e}");
                        }
                        Err(EigenError::NotConverged { .. }) if !is_sure => {}
                        other => panic!("{n}, {least:e}: {other:?}"),
                    }
                }
            }
        }
    }
}

/// A mass that is given by its products only, and so nearly singular that the steps allowed do not
/// tell it from an indefinite one.
#[test]
fn a_mass_not_seen_to_be_definite_is_an_error() {
    let matrix = diagonal(2000, |i| 1.0 + i as f64);
    let mass = diagonal(2000, |i| 10_f64.powf(-9.0 * i as f64 / 1999.0));
    let config = EigenConfig::smallest().mass(Opaque(&mass)).max_steps(300);
    match symmetric_eigen_k(&Opaque(&matrix), 2, config) {
        Err(EigenError::NotConverged {
            unfinished,
            reached,
            ..
        }) => {
            assert_eq!(unfinished, Unfinished::Mass);
            assert_eq!(reached.certificate.outermost(), OutermostEvidence::Unknown);
            assert_eq!(reached.certificate.largest_error_bound(), f64::INFINITY);
            assert_eq!((reached.steps, reached.eigenvalues.len()), (300, 2));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mass_of_zero() {
    let matrix = diagonal(100, |i| i as f64);
    let mass = DMatrix::zeros(100, 100);
    for mass in [&mass as &dyn LinearMap<f64>, &Opaque(&mass)] {
        let error = symmetric_eigen_k(&matrix, 1, EigenConfig::smallest().mass(mass)).unwrap_err();
        assert_eq!(error, EigenError::NotPositiveDefinite { curvature: 0.0 });
    }
}

/// Vectors that are left out may depend on each other: what rounding leaves of them has no curvature.
#[test]
fn vectors_that_depend_on_each_other_with_a_mass() {
    for n in [40, 300] {
        let matrix = diagonal(n, |i| 1.0 + i as f64);
        let mass = DMatrix::from_fn(n, n, |i: usize, j: usize| match i.abs_diff(j) {
            0 => 2.0 + (i as f64).sin(),
            1 => 0.4,
            _ => 0.0,
        });
        let config = || EigenConfig::smallest().mass(&mass);
        let all = symmetric_eigen_k(&matrix, 4, config()).unwrap();
        let x = |j: usize| all.eigenvectors.column(j);
        for (first, second) in [(0.3, 1e-3), (1e-9, 1e-12), (1.0, 1.0)] {
            let dependent = [
                x(0).into_owned(),
                x(1).into_owned(),
                x(0) * first + x(1) * 0.7,
                x(0) * 7.0 + x(1) * second,
                x(0) * 2.0,
            ];
            let columns = DMatrix::from_columns(&dependent);
            for map in [&mass as &dyn LinearMap<f64>, &Opaque(&mass)] {
                let left_out = EigenConfig::smallest().mass(map).deflate(columns.clone());
                let found = symmetric_eigen_k(&matrix, 2, left_out).unwrap();
                for j in 0..2 {
                    let error = (found.eigenvalues[j] - all.eigenvalues[j + 2]).abs();
                    assert!(error < 1e-9, "{n}, {first:e}, {second:e}, {j}: {error:e}");
                }
                let begun = EigenConfig::smallest().mass(map).start(columns.clone());
                let found = symmetric_eigen_k(&matrix, 2, begun).unwrap();
                for j in 0..2 {
                    let error = (found.eigenvalues[j] - all.eigenvalues[j]).abs();
                    assert!(error < 1e-9, "{n}, {first:e}, {second:e}, {j}: {error:e}");
                }
            }
        }
    }
}

/// Bounds on some pairs prove nothing of the places of the others.
#[test]
fn the_outermost_are_proven_only_with_bounds_that_are_a_proof() {
    let (matrix, mass) = (symmetric(30, 3), tridiagonal(30));
    let nearly_singular = graded(30, 14.0, 7);
    let left_out = symmetric_eigen_k(&matrix, 1, EigenConfig::smallest().mass(&mass));
    let left_out = left_out.unwrap().eigenvectors;
    let plain = || EigenConfig::smallest().mass(&mass);
    let cases = [
        (symmetric_eigen_k(&matrix, 2, plain()), true),
        (symmetric_eigen_k(&Opaque(&matrix), 2, plain()), false),
        (
            symmetric_eigen_k(&matrix, 2, EigenConfig::smallest().mass(Opaque(&mass))),
            false,
        ),
        (
            symmetric_eigen_k(&matrix, 2, plain().deflate(left_out)),
            false,
        ),
        (
            symmetric_eigen_k(&matrix, 2, EigenConfig::smallest().mass(&nearly_singular)),
            false,
        ),
    ];
    for (index, (found, is_proven)) in cases.into_iter().enumerate() {
        let Ok(found) = found else {
            assert_eq!(index, 4, "{found:?}");
            continue;
        };
        assert_eq!(found.route, EigenRoute::Whole, "{index}");
        let evidence = found.certificate.outermost();
        let expected = if is_proven {
            OutermostEvidence::Proven
        } else {
            OutermostEvidence::Searched
        };
        assert_eq!(evidence, expected, "{index}");
        assert!(!is_proven || found.certificate.is_proof());
    }
}

/// B = L·Lᵀ, exact: what is not refused would be the eigenvalues of the rounding errors.
#[test]
fn small_masses_that_are_singular_to_working_precision() {
    for n in [40, 60] {
        // L⁻¹ has entries up to 2ⁿ⁻².
        let l = DMatrix::from_fn(n, n, |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Equal => 1.0,
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Greater => -1.0,
        });
        let values = diagonal(n, |i| ((i * 37) % n) as f64 - 17.0);
        let (matrix, mass) = (&l * values * l.transpose(), &l * l.transpose());
        for map in [&mass as &dyn LinearMap<f64>, &Opaque(&mass)] {
            for config in [EigenConfig::smallest(), EigenConfig::largest()] {
                let found = symmetric_eigen_k(&Opaque(&matrix), 1, config.mass(map));
                let is_told = matches!(found, Err(EigenError::NotPositiveDefinite { .. }));
                assert!(is_told, "{n}: {found:?}");
            }
        }
    }
}
