//! What the gallery states of its matrices.

use std::collections::HashSet;

use nalgebra::DMatrix;

use crate::support::gallery::{GalleryMatrix, gallery, matrices, singular_gallery};
use crate::support::reference::equilibration::equilibrate;

/// In descending order.
fn singular_values(matrix: &DMatrix<f64>) -> Vec<f64> {
    let scaled = equilibrate(matrix).matrix;
    scaled.singular_values().as_slice().to_vec()
}

/// The smallest singular value has an absolute error of about n·u·σ₁, and may come out as 0.
#[test]
fn condition_numbers_agree_with_singular_values() {
    for entry in gallery() {
        let values = singular_values(&entry.matrix);
        let found = values[values.len() - 1] / values[0];
        let stated = 1.0 / entry.equilibrated_condition_number;
        let tolerance = 1e-14 * stated + values.len() as f64 * f64::EPSILON;
        assert!(
            (found - stated).abs() <= tolerance,
            "{}: 1/κ = {stated:e}, not {found:e}",
            entry.name
        );
    }
}

#[test]
fn prescribed_condition_numbers_are_met() {
    let prescribed = [
        "log-spaced",
        "evenly spaced",
        "one small",
        "one large",
        "two clusters",
    ];
    for entry in gallery() {
        if prescribed.iter().any(|name| entry.name.starts_with(name)) {
            assert_prescribed(entry);
        }
    }
}

fn assert_prescribed(entry: &GalleryMatrix) {
    let word = entry.name.split(' ').find(|word| word.starts_with("1e"));
    let expected: f64 = word
        .and_then(|word| word.parse().ok())
        .expect("the name states κ");
    let tolerance = 64.0 * f64::EPSILON * expected;
    let difference = (entry.condition_number / expected - 1.0).abs();
    assert!(
        difference <= tolerance.max(1e-12),
        "{}: {:e}",
        entry.name,
        entry.condition_number
    );
}

#[test]
fn names_are_unique() {
    let regular = matrices().into_iter().map(|(name, _)| name);
    let singular = singular_gallery().into_iter().map(|(name, ..)| name);
    let names: Vec<_> = regular.chain(singular).collect();
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
}

#[test]
fn references_have_converged() {
    for entry in gallery() {
        assert!(entry.inverse.last_correction < 1e-28, "{}", entry.name);
    }
}

/// A gap of five decades separates the singular values that count from those that do not.
#[test]
fn ranks_agree_with_singular_values() {
    for (name, matrix, rank) in singular_gallery() {
        let values = singular_values(&matrix);
        let smallest = if rank == 0 {
            1.0
        } else {
            values[rank - 1] / values[0]
        };
        assert!(smallest > 1e-8, "{name}: {smallest:e}");
        let rest = values[rank..]
            .iter()
            .fold(0.0_f64, |largest, &value| largest.max(value));
        assert!(rest <= 1e-13 * values[0], "{name}: {rest:e}");
    }
}
