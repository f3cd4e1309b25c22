//! Preconditioners that hide what is sought: at worst they cost steps.

use matrix_descent::eigen::OutermostEvidence;
use matrix_descent::{EigenConfig, LinearMap, symmetric_eigen_k};
use nalgebra::DMatrix;

use crate::support::spectra::{Opaque, diagonal};

const ORDER: usize = 300;

/// 1, 2, …, 300, and a diagonal preconditioner.
fn check(name: &str, preconditioner: &DMatrix<f64>) {
    let matrix = diagonal(ORDER, |i| 1.0 + i as f64);
    for map in [&matrix as &dyn LinearMap<f64>, &Opaque(&matrix)] {
        for (config, sign) in [
            (EigenConfig::smallest(), 1.0),
            (EigenConfig::largest(), -1.0),
        ] {
            let config = config.preconditioner(preconditioner);
            let found = symmetric_eigen_k(map, 4, config).unwrap();
            let first = if sign > 0.0 { 1.0 } else { ORDER as f64 };
            for j in 0..4 {
                let error = (found.eigenvalues[j] - first - sign * j as f64).abs();
                assert!(error < 1e-9, "{name}, {j}: {error:e}");
            }
            // The second search is without the preconditioner.
            let evidence = found.certificate.outermost();
            let is_probable = matches!(
                evidence,
                OutermostEvidence::Probable { shortfall, .. } if shortfall < 0.06
            );
            assert!(is_probable, "{name}: {evidence}");
        }
    }
}

#[test]
fn a_preconditioner_that_is_nearly_zero_along_what_is_sought() {
    for size in [1e-6, 1e-12, 0.0] {
        let small = |i: usize| !(5..ORDER - 5).contains(&i);
        let hides = diagonal(ORDER, |i| {
            let usual = 1.0 / (1.0 + i as f64);
            if small(i) { size * usual } else { usual }
        });
        check(&format!("{size:e}"), &hides);
    }
}

#[test]
fn an_inverse_with_a_shift_inside_the_spectrum() {
    for shift in [20.3, 100.5, 250.1] {
        let inverse = diagonal(ORDER, |i| 1.0 / (1.0 + i as f64 - shift));
        check(&format!("{shift}"), &inverse);
    }
}
