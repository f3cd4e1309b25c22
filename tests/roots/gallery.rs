//! Roots and polar factors of the matrices of the inverse's gallery, and of matrices without a
//! root.

use matrix_descent::roots::{PolarRoute, RootError};
use matrix_descent::{RootConfig, polar_decomposition, square_root_by_descent};
use nalgebra::DMatrix;

use crate::support::gallery::random::gaussian;
use crate::support::gallery::{Named, matrices, singular_gallery};
use crate::support::shapes::hard_matrices;
use crate::support::truth::assert_none;

use super::checks::{named, polar_complaints, root_complaints, symmetric_part};

/// The reference takes n³ operations of thirty digits in each of its sweeps.
const REFERENCE_UP_TO: usize = 32;

/// Entries whose squares neither overflow nor vanish.
fn is_moderate(m: &DMatrix<f64>) -> bool {
    m.iter()
        .all(|&x| x == 0.0 || (1e-60..1e60).contains(&x.abs()))
}

fn small_matrices() -> impl Iterator<Item = Named> {
    let all = matrices().into_iter();
    all.filter(|(_, m)| m.nrows() <= REFERENCE_UP_TO && is_moderate(m))
}

fn is_symmetric(m: &DMatrix<f64>) -> bool {
    *m == m.transpose()
}

/// Every matrix that is symmetric, and Gram matrices of all; many are not definite to working
/// precision.
fn symmetric_matrices() -> impl Iterator<Item = Named> {
    small_matrices().flat_map(|(name, m)| {
        let gram = symmetric_part(&m.tr_mul(&m));
        let gram = (format!("{name}, Gram"), gram);
        let symmetric = is_symmetric(&m).then_some((name, m));
        std::iter::once(gram).chain(symmetric)
    })
}

#[test]
fn roots_of_the_gallery() {
    assert_none(symmetric_matrices().filter_map(|(name, a)| named(&name, &root_complaints(&a, 0))));
}

#[test]
fn roots_of_the_gallery_in_single_precision() {
    let suits = |a: &DMatrix<f64>| {
        a.iter()
            .all(|&x| x == 0.0 || (1e-30..1e30).contains(&x.abs()))
    };
    assert_none(
        symmetric_matrices()
            .filter(|(_, a)| suits(a))
            .filter_map(|(name, a)| named(&name, &root_complaints(&a.map(|x| x as f32), 0))),
    );
}

#[test]
fn symmetric_parts_of_the_gallery() {
    let parts = small_matrices().filter(|(_, m)| !is_symmetric(m));
    assert_none(
        parts.filter_map(|(name, m)| named(&name, &root_complaints(&symmetric_part(&m), 0))),
    );
}

#[test]
fn gram_matrices_without_full_rank_are_singular() {
    let squares_fit = singular_gallery()
        .into_iter()
        .filter(|(_, m, _)| is_moderate(m));
    assert_none(squares_fit.filter_map(|(name, m, _)| {
        let gram = symmetric_part(&m.tr_mul(&m));
        match square_root_by_descent(&gram, RootConfig::default()) {
            Err(RootError::Singular { smallest, largest }) => {
                let is_small = smallest.abs() <= 4.0 * m.nrows() as f64 * f64::EPSILON * largest;
                (!is_small).then(|| format!("{name}: {smallest:e}"))
            }
            other => Some(format!("{name}: {other:?}")),
        }
    }));
}

#[test]
fn polar_factors_of_the_gallery() {
    assert_none(small_matrices().filter_map(|(name, m)| named(&name, &polar_complaints(&m, 0))));
    assert_none(
        hard_matrices()
            .into_iter()
            .filter(|(_, m)| is_moderate(m) && m.amax() > 0.0)
            .filter_map(|(name, m)| named(&name, &polar_complaints(&m, 0))),
    );
}

#[test]
fn polar_factors_of_the_gallery_in_single_precision() {
    let suits = |m: &DMatrix<f64>| {
        m.iter()
            .all(|&x| x == 0.0 || (1e-15..1e15).contains(&x.abs()))
    };
    assert_none(
        small_matrices()
            .filter(|(_, m)| suits(m))
            .filter_map(|(name, m)| named(&name, &polar_complaints(&m.map(|x| x as f32), 0))),
    );
}

/// Matrices of every size: what can be told without a reference.
#[test]
fn polar_factors_of_all_sizes_are_consistent() {
    let named_polar = |(name, m): Named| {
        let found = match polar_decomposition(&m) {
            Ok(found) => found,
            Err(error) => return Some(format!("{name}: {error}")),
        };
        let certificate = &found.certificate;
        let is_right = found.residual <= certificate.residual_bound()
            && certificate.residual_bound() <= 1e-11
            && certificate.orthogonality_bound() <= 1e-11
            && found.positive == found.positive.transpose();
        (!is_right).then(|| format!("{name}: {certificate:?}"))
    };
    assert_none(matrices().into_iter().filter_map(named_polar));
}

#[test]
fn large_gaussian_matrices_have_proven_polar_factors() {
    let m = gaussian(160, 5);
    let found = polar_decomposition(&m).expect("finite");
    assert_eq!(found.route, PolarRoute::Products);
    assert!(found.certificate.orthogonal_error_bound() < 1e-6);
    assert!(found.residual <= 1e-14);
    let svd = m.svd(true, true);
    let u = svd.u.expect("wanted") * svd.v_t.expect("wanted");
    let smallest = svd.singular_values.min();
    // nalgebra's own error.
    let rounding = 160.0 * f64::EPSILON * svd.singular_values.max() / smallest;
    let error = (found.orthogonal - u).norm();
    assert!(error <= found.certificate.orthogonal_error_bound() + rounding);
}
