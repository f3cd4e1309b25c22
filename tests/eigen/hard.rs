//! Cases that other solvers of this kind fail on.

use matrix_descent::eigen::EigenRoute;
use matrix_descent::{EigenConfig, LinearMap, symmetric_eigen_k};
use nalgebra::DMatrix;

use crate::support::spectra::{GridLaplacian, Opaque, diagonal};

/// Every order from k to 6k and beyond.
#[test]
fn every_order_from_k_on() {
    for k in [1, 2, 3, 7, 12] {
        for n in k..=(6 * k + 60) {
            let matrix = diagonal(n, |i| ((i * 7) % n) as f64 - 3.0);
            for map in [&matrix as &dyn LinearMap<f64>, &Opaque(&matrix)] {
                let found = symmetric_eigen_k(map, k, EigenConfig::smallest()).unwrap();
                for j in 0..k {
                    let mut values: Vec<f64> = (0..n).map(|i| matrix[(i, i)]).collect();
                    values.sort_by(f64::total_cmp);
                    let error = (found.eigenvalues[j] - values[j]).abs();
                    assert!(error < 1e-11 * n as f64, "{k} of {n}, {j}: {error:e}");
                }
            }
        }
    }
}

/// Units vectors that span another invariant subspace, and vectors orthogonal to what is wanted.
#[test]
fn a_start_may_be_orthogonal_to_the_wanted_vectors() {
    let matrix = diagonal(200, |i| 1.0 + i as f64);
    for first in [0, 20, 195] {
        let start = DMatrix::from_fn(200, 5, |i, j| f64::from(u8::from(i == j + first)));
        let config = EigenConfig::smallest().start(start);
        let found = symmetric_eigen_k(&matrix, 5, config).unwrap();
        for j in 0..5 {
            assert!(
                (found.eigenvalues[j] - 1.0 - j as f64).abs() < 1e-11,
                "{first}, {j}"
            );
        }
    }
    for start in [DMatrix::zeros(200, 3), DMatrix::from_element(200, 4, 1e300)] {
        let config = EigenConfig::smallest().start(start);
        let found = symmetric_eigen_k(&matrix, 2, config).unwrap();
        assert!((found.eigenvalues[1] - 2.0).abs() < 1e-11);
    }
}

#[test]
fn a_good_start_saves_most_products() {
    let map = GridLaplacian::new(12, 3);
    let config = || EigenConfig::smallest().tolerance(1e-6);
    let cold = symmetric_eigen_k(&map, 4, config()).unwrap();
    let start = cold.eigenvectors.clone();
    let warm = symmetric_eigen_k(&map, 4, config().start(start)).unwrap();
    assert!(
        warm.products < cold.products,
        "{} {}",
        warm.products,
        cold.products
    );
}

/// The inverse itself as preconditioner, at its own end and at the wrong one.
#[test]
fn a_perfect_preconditioner_at_either_end() {
    let matrix = diagonal(150, |i| 1.0 + i as f64);
    let inverse = diagonal(150, |i| 1.0 / (1.0 + i as f64));
    let negative = diagonal(150, |i| -1.0 / (1.0 + i as f64));
    for preconditioner in [&inverse, &negative] {
        for (config, values) in [
            (EigenConfig::smallest(), [1.0, 2.0, 3.0]),
            (EigenConfig::largest(), [150.0, 149.0, 148.0]),
        ] {
            let config = config.preconditioner(preconditioner);
            let found = symmetric_eigen_k(&matrix, 3, config).unwrap();
            for (j, value) in values.into_iter().enumerate() {
                let error = (found.eigenvalues[j] - value).abs();
                assert!(error < 1e-10, "{value}: {error:e}");
            }
            assert!(found.preconditioner_products > 0);
        }
    }
}

#[test]
fn a_preconditioner_saves_products() {
    let n = 400;
    let map = GridLaplacian::new(n, 1);
    // (A + I/100)⁻¹.
    let matrix = DMatrix::from_fn(n, n, |i: usize, j: usize| match i.abs_diff(j) {
        0 => 2.0 + 1e-5,
        1 => -1.0,
        _ => 0.0,
    });
    let inverse = matrix.try_inverse().unwrap();
    let config = || EigenConfig::smallest().tolerance(1e-10);
    let without = symmetric_eigen_k(&map, 3, config()).unwrap();
    let with = symmetric_eigen_k(&map, 3, config().preconditioner(&inverse)).unwrap();
    assert!(
        4 * with.products < without.products,
        "{} {}",
        with.products,
        without.products
    );
    for j in 0..3 {
        assert!((with.eigenvalues[j] - without.eigenvalues[j]).abs() < 1e-12);
    }
}

#[test]
fn any_scale_with_a_fixed_tolerance() {
    let plain = diagonal(180, |i| ((i * 37) % 180) as f64 * 0.01 - 0.3);
    for size in [1e12, 1e-12, 1e150, 1e-150, 1e300, 1e-290] {
        let matrix = &plain * size;
        for map in [&matrix as &dyn LinearMap<f64>, &Opaque(&matrix)] {
            let config = EigenConfig::smallest().tolerance(1e-9);
            let found = symmetric_eigen_k(map, 4, config).unwrap();
            assert_eq!(found.route, EigenRoute::Descent);
            for j in 0..4 {
                let value = found.eigenvalues[j] / size;
                let expected = -0.3 + 0.01 * j as f64;
                assert!((value - expected).abs() < 1e-9, "{size:e}, {j}: {value}");
            }
        }
        for mass_size in [1e9, 1e-9] {
            let mass = diagonal(180, |_| mass_size);
            let config = EigenConfig::smallest().tolerance(1e-9).mass(&mass);
            if (size / mass_size).abs() > 1e299 || (size / mass_size) < 1e-290 {
                continue;
            }
            let found = symmetric_eigen_k(&matrix, 2, config).unwrap();
            let value = found.eigenvalues[0] / size * mass_size;
            assert!(
                (value + 0.3).abs() < 1e-9,
                "{size:e}, {mass_size:e}: {value}"
            );
            let x = found.eigenvectors.column(0);
            let length = (x.norm_squared() * mass_size).sqrt();
            assert!(
                (length - 1.0).abs() < 1e-12,
                "{size:e}, {mass_size:e}: {length}"
            );
        }
    }
}

/// Low rank in single precision, where nalgebra's decomposition gives NaN.
#[test]
fn low_rank_in_single_precision() {
    for size in [2, 5, 7, 8, 9, 16] {
        for zeros in [0, 1, 3, 7, 118] {
            for value in [1.0_f32, 12.5, -3.0, 0.1] {
                let n = size + zeros;
                let matrix =
                    DMatrix::from_fn(n, n, |i, j| if i < size && j < size { value } else { 0.0 });
                let sum = size as f32 * value;
                for map in [&matrix as &dyn LinearMap<f32>, &Opaque(&matrix)] {
                    for k in [1, 2, n.min(40)] {
                        let found = symmetric_eigen_k(map, k, EigenConfig::largest()).unwrap();
                        let name = format!("{size}, {zeros}, {value}, {k}");
                        let x = &found.eigenvectors;
                        let departure = (x.tr_mul(x) - DMatrix::identity(k, k)).norm();
                        let few = 5e-6 * (10 + k) as f32;
                        assert!(departure < few, "{name}: {departure:e}");
                        for (j, &found) in found.eigenvalues.iter().enumerate() {
                            let is_first = j == 0 && sum > 0.0;
                            let is_last = j + 1 == n && sum < 0.0;
                            let expected = if is_first || is_last { sum } else { 0.0 };
                            let error = (found - expected).abs();
                            assert!(error <= 1e-5 * sum.abs(), "{name}, {j}: {error:e}");
                        }
                    }
                }
            }
        }
    }
}
