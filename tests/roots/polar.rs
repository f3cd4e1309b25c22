//! The polar decomposition by products, against closed forms and double-double arithmetic.

use matrix_descent::polar_decomposition;
use matrix_descent::roots::{Polar, PolarRoute};
use nalgebra::{DMatrix, dmatrix};

use super::reference::{Eigen, relative_error};
use super::with_condition;
use crate::support::gallery::random;
use crate::support::shapes::uniform;

/// The exact Hadamard-like orthogonal matrix of order 4, with entries ±½.
fn orthogonal() -> DMatrix<f64> {
    dmatrix![
        0.5, 0.5, 0.5, 0.5;
        0.5, -0.5, 0.5, -0.5;
        0.5, 0.5, -0.5, -0.5;
        0.5, -0.5, -0.5, 0.5
    ]
}

fn polar(m: &DMatrix<f64>) -> Polar<f64> {
    polar_decomposition(m).expect("finite")
}

#[test]
fn exact_factors_are_found_within_their_bounds() {
    for kappa in [1.0, 1e2, 1e5, 1e8, 1e11] {
        let h = with_condition(4, kappa);
        // Each entry is a sum of four halves of entries: rounding is a few ulps of the largest.
        let q = orthogonal();
        let m = &q * &h;
        let found = polar(&m);
        let error = (&found.orthogonal - &q).norm();
        let rounding = 4.0 * f64::EPSILON * kappa;
        assert!(
            error <= found.certificate.orthogonal_error_bound() + rounding,
            "{kappa:e}: {error:e}"
        );
        let expected = if kappa < 1e9 {
            PolarRoute::Products
        } else {
            PolarRoute::SingularValues
        };
        assert_eq!(found.route, expected, "{kappa:e}");
        assert_eq!(found.positive, found.positive.transpose());
    }
}

#[test]
fn the_positive_factor_is_the_root_of_the_gram_matrix() {
    // Integers, so that MᵀM is exact.
    for (rows, columns) in [
        (1, 1),
        (3, 3),
        (5, 5),
        (9, 4),
        (4, 9),
        (1, 6),
        (6, 1),
        (12, 12),
    ] {
        for scale in [1.0, 2.0_f64.powi(400), 2.0_f64.powi(-400)] {
            let m = uniform(rows, columns, 9).map(|x| (8.0 * x).round());
            let gram = if rows >= columns {
                m.tr_mul(&m)
            } else {
                &m * m.transpose()
            };
            let exact = Eigen::of(&gram);
            let found = polar(&(&m * scale));
            assert_eq!(found.route, PolarRoute::Products, "{rows}×{columns}");
            // U·P = M: compare U·P·Uᵀ for a wide matrix.
            let h = &found.positive / scale;
            let small = if rows >= columns {
                h
            } else {
                &found.orthogonal * h * found.orthogonal.transpose()
            };
            let error = relative_error(&small, &exact.root());
            let bound = found.certificate.positive_error_bound();
            assert!(
                error <= bound + 1e-14,
                "{rows}×{columns}: {error:e} > {bound:e}"
            );
            assert!(bound <= 1e-11, "{rows}×{columns}: {bound:e}");
            // U = M·P⁻¹ with the exact P, or P⁻¹·M.
            let inverse = exact.inverse_root(1).map(f64::from);
            let u = if rows >= columns {
                &m * inverse
            } else {
                inverse * &m
            };
            let error = (&found.orthogonal - u).norm();
            let bound = found.certificate.orthogonal_error_bound();
            assert!(
                error <= bound + 1e-13,
                "{rows}×{columns}: {error:e} > {bound:e}"
            );
            assert!(bound <= 1e-10, "{rows}×{columns}: {bound:e}");
            assert!(found.residual <= 1e-14 && found.certificate.residual_bound() <= 1e-12);
        }
    }
}

#[test]
fn nearly_orthogonal_matrices_take_few_products() {
    // One step takes one and a half or two products, H one, and measuring before and after it one.
    for (departure, most) in [(1e-3, 5.5), (1e-6, 3.5), (1e-9, 3.0), (1e-12, 3.0)] {
        let q = random::orthogonal(20, 7);
        let moved = &q + uniform(20, 20, 4) * departure;
        let found = polar(&moved);
        assert!(
            found.products.descent() <= most,
            "{departure:e}: {:?}",
            found.products
        );
        assert!(found.certificate.orthogonality_bound() < 1e-12);
        assert!((&found.orthogonal - &q).norm() <= 40.0 * departure);
        assert!((moved - &found.orthogonal * &found.positive).norm() < 1e-13);
    }
}

#[test]
fn matrices_without_full_rank_go_by_singular_values() {
    let m = uniform(6, 2, 3) * uniform(2, 6, 8);
    let found = polar(&m);
    assert_eq!(found.route, PolarRoute::SingularValues);
    assert_eq!(found.certificate.orthogonal_error_bound(), f64::INFINITY);
    assert!(found.certificate.orthogonality_bound() < 1e-13);
    assert_eq!(
        polar(&DMatrix::zeros(3, 2)).route,
        PolarRoute::SingularValues
    );
}

#[test]
fn single_precision_is_right_to_the_last_digit() {
    let m = uniform(7, 5, 11).map(|x| x as f32);
    let wide = polar(&m.map(f64::from));
    let found = polar_decomposition(&m).expect("finite");
    let error = (found.orthogonal.map(f64::from) - &wide.orthogonal).norm();
    assert!(error <= found.certificate.orthogonal_error_bound());
    assert!(error <= 3.0 * f64::from(f32::EPSILON), "{error:e}");
    assert!(f64::from(found.residual) <= found.certificate.residual_bound() * (1.0 + 1e-6));
}
