//! A certificate never claims what is not so, whoever made the inverse.

use matrix_descent::inverse::heavy_ball_for_inverse;
use matrix_descent::{
    Config, InputError, Real, Route, Start, certify, invert_by_descent, polish_inverse,
};
use nalgebra::{DMatrix, dmatrix};

use crate::support::gallery::{GalleryMatrix, gallery, random, single_precision_gallery};
use crate::support::lu::nalgebra_inverse;
use crate::support::reference::forward_error;
use crate::support::truth::{assert_none, assert_true, false_claims};

const LARGEST_ORDER: usize = 64;

fn small(entries: &'static [GalleryMatrix]) -> impl Iterator<Item = &'static GalleryMatrix> {
    let is_small = |entry: &&GalleryMatrix| entry.matrix.nrows() <= LARGEST_ORDER;
    entries.iter().filter(is_small)
}

/// Inverses of all kinds, from correctly rounded to wrong.
fn candidates(entry: &GalleryMatrix) -> Vec<(&'static str, DMatrix<f64>)> {
    let rounded = entry.inverse.rounded();
    let order = rounded.nrows();
    let mut one_entry = rounded.clone();
    one_entry[(0, order - 1)] += 1e-3 * rounded.amax();
    let mut one_digit = rounded.clone();
    one_digit[(order - 1, 0)] *= 1.0 + 4.0 * f64::EPSILON;
    let lu = nalgebra_inverse(&entry.matrix).unwrap_or_else(|| DMatrix::zeros(order, order));
    vec![
        ("nearly LU", &lu * 1.000_01),
        ("nalgebra's LU", lu),
        ("one entry off", one_entry),
        ("one digit off", one_digit),
        ("half", &rounded * 0.5),
        ("1.999 times", &rounded * 1.999),
        ("negative", -&rounded),
        ("zero", DMatrix::zeros(order, order)),
        ("transposed", entry.matrix.transpose()),
        ("noise", random::gaussian(order, 41)),
        ("rounded", rounded),
    ]
}

#[test]
fn certificates_of_other_inverses_are_true() {
    for entry in small(gallery()) {
        for (kind, x) in candidates(entry) {
            let is_finite = x.iter().all(|value| value.is_finite());
            match certify(&entry.matrix, &x) {
                Ok(certificate) => {
                    let name = format!("{}, {kind}", entry.name);
                    assert_true(&name, &certificate, entry, &x);
                }
                Err(error) => assert!(!is_finite, "{}, {kind}: {error}", entry.name),
            }
        }
    }
}

#[test]
fn certificates_in_single_precision_are_true() {
    for entry in small(single_precision_gallery()) {
        let matrix = entry.matrix.map(f32::from_f64);
        for (kind, x) in candidates(entry) {
            let narrow = x.map(f32::from_f64);
            if let Ok(certificate) = certify(&matrix, &narrow) {
                let name = format!("{}, {kind}", entry.name);
                assert_true(&name, &certificate, entry, &narrow);
            }
        }
    }
}

/// The residual of a rounded inverse is of the size of n·u·κ; nothing is proven beyond 1.
#[test]
fn certificates_of_good_inverses_are_proofs() {
    let violation = |entry: &GalleryMatrix| {
        let certificate = certify(&entry.matrix, &entry.inverse.rounded()).expect(&entry.name);
        let order = entry.matrix.nrows() as f64;
        let allowed = order * order * f64::EPSILON * entry.equilibrated_condition_number;
        let bound = certificate.relative_error_bound();
        let is_loose = allowed < 0.1 && !(certificate.is_proof() && bound <= 4.0 * allowed);
        is_loose.then(|| format!("{}: {bound:e} > 4·{allowed:e}", entry.name))
    };
    // Entries of an inverse near 1e±300 are rounded to subnormal numbers.
    let is_usual = |entry: &&GalleryMatrix| !entry.name.contains("150");
    assert_none(small(gallery()).filter(is_usual).filter_map(violation));
}

#[test]
fn nothing_is_proven_of_what_is_no_inverse() {
    for entry in small(gallery()) {
        for (kind, x) in candidates(entry) {
            if ["negative", "zero"].contains(&kind) {
                let certificate = certify(&entry.matrix, &x).expect(&entry.name);
                let name = &entry.name;
                assert!(!certificate.is_proof(), "{name}, {kind}");
                assert_eq!(certificate.absolute_error_bound(), f64::INFINITY, "{name}");
                assert_eq!(certificate.relative_error_bound(), f64::INFINITY, "{name}");
                assert_eq!(certificate.entry_error_bound(0, 0), f64::INFINITY, "{name}");
                assert!(certificate.left_residual_bound() >= 1.0, "{name}");
                assert!(certificate.right_residual_bound() >= 1.0, "{name}");
            }
        }
    }
}

/// A singular matrix has no inverse, so that no X may be proven one.
#[test]
fn nothing_is_proven_of_a_singular_matrix() {
    let singular = dmatrix![1.0, 2.0; 2.0, 4.0];
    for x in [DMatrix::identity(2, 2), dmatrix![1e16, -5e15; -5e15, 2e15]] {
        assert!(!certify(&singular, &x).unwrap().is_proof());
    }
    let zero = DMatrix::<f64>::zeros(3, 3);
    assert!(!certify(&zero, &zero).unwrap().is_proof());
}

#[test]
fn known_errors_are_bounded_closely() {
    let matrix = DMatrix::from_diagonal_element(4, 4, 2.0);
    let mut x = DMatrix::from_diagonal_element(4, 4, 0.5);
    x[(1, 2)] = 2.0_f64.powi(-20);
    let certificate = certify(&matrix, &x).unwrap();
    let entry = GalleryMatrix::new("twice the identity".to_owned(), matrix);
    assert_true("twice the identity", &certificate, &entry, &x);
    let close = |bound: f64, truth: f64| bound >= truth && bound <= 1.001 * truth;
    let residual = 2.0_f64.powi(-19);
    assert!(close(certificate.left_residual_bound(), residual));
    assert!(close(certificate.right_residual_bound(), residual));
    assert!(close(certificate.relative_error_bound(), residual));
    assert!(close(certificate.entry_error_bound(1, 2), residual / 2.0));
}

#[test]
fn the_scaling_is_stated_for_every_row_and_column() {
    for entry in small(gallery()) {
        let certificate = certify(&entry.matrix, &entry.inverse.rounded()).expect(&entry.name);
        let order = entry.matrix.nrows();
        assert_eq!(certificate.row_exponents().len(), order, "{}", entry.name);
        assert_eq!(
            certificate.column_exponents().len(),
            order,
            "{}",
            entry.name
        );
    }
}

#[test]
fn bounds_of_entries_are_those_of_the_matrix_before_its_scaling() {
    let m: DMatrix<f64> = dmatrix![4.0, 1.0, 0.5; -1.0, 3.0, 0.25; 0.5, -1.0, 2.0];
    let inverse = m.clone().try_inverse().unwrap();
    for (row_scale, column_scale) in [(0, 0), (1, 0), (0, 1), (30, -50), (-300, -200), (300, 200)] {
        let scale = |unit: i32, k: usize| 2.0_f64.powi(unit * k as i32);
        // Graded rows and columns, and the inverse of that.
        let graded = DMatrix::from_fn(3, 3, |i, j| {
            m[(i, j)] * scale(row_scale, i) * scale(column_scale, j)
        });
        let x = DMatrix::from_fn(3, 3, |i, j| {
            inverse[(i, j)] / scale(column_scale, i) / scale(row_scale, j)
        });
        let found = certify(&graded, &x).unwrap();
        assert!(found.is_proof());
        let (rows, columns) = (found.row_exponents(), found.column_exponents());
        for (i, &column) in columns.iter().enumerate() {
            for (j, &row) in rows.iter().enumerate() {
                let expected = found.absolute_error_bound() * 2.0_f64.powi(column + row);
                let bound = found.entry_error_bound(i, j);
                if expected >= f64::MIN_POSITIVE {
                    assert_eq!(bound, expected);
                } else {
                    assert!(bound > expected);
                }
            }
        }
        assert_eq!(found.entry_error_bound(3, 0), f64::INFINITY);
        assert_eq!(found.entry_error_bound(0, 3), f64::INFINITY);
    }
}

#[test]
fn the_residual_on_the_other_side_follows_from_the_error() {
    for entry in small(gallery()) {
        let Ok(found) = invert_by_descent(&entry.matrix, Config::default()) else {
            continue;
        };
        let certificate = found.certificate;
        let (rows, columns) = (certificate.row_exponents(), certificate.column_exponents());
        let row_sum = |i: usize| -> f64 {
            let entries = entry.matrix.row(i);
            let scaled = entries
                .iter()
                .zip(columns)
                .map(|(value, &column)| value.abs().scale_by_power_of_two(rows[i] + column));
            scaled.sum()
        };
        let norm = (0..rows.len()).map(row_sum).fold(0.0, f64::max);
        // ‖I − MX‖ ≤ ‖M‖·‖M⁻¹ − X‖, rounded up by no more than some roundings.
        let least = norm * certificate.absolute_error_bound() * (1.0 - 1e-12);
        let most = norm * certificate.absolute_error_bound() * (1.0 + 1e-11);
        let bound = certificate.right_residual_bound();
        assert!(least <= bound && bound <= most, "{}: {bound:e}", entry.name);
    }
}

#[test]
fn an_inverse_by_an_optimizer_has_a_true_certificate() {
    for order in [1, 3, 8] {
        let noise = random::uniform(order, 42);
        let matrix = noise + DMatrix::from_diagonal_element(order, order, 4.0);
        let entry = GalleryMatrix::new(format!("shifted noise {order}"), matrix);
        let optimizer = heavy_ball_for_inverse(&entry.matrix, 0).unwrap();
        let config = Config::default()
            .optimizer(optimizer)
            .start(Start::RandomUniform);
        let found = invert_by_descent(&entry.matrix, config).expect(&entry.name);
        assert!(found.certificate.is_proof(), "{}", entry.name);
        assert_true(&entry.name, &found.certificate, &entry, &found.inverse);
    }
}

#[test]
fn bad_input_is_an_error() {
    let matrix = DMatrix::<f64>::identity(3, 3);
    let wide = DMatrix::<f64>::zeros(2, 3);
    let empty = DMatrix::<f64>::zeros(0, 0);
    assert!(matches!(
        certify(&wide, &wide),
        Err(InputError::NotSquare { .. })
    ));
    assert!(matches!(
        certify(&empty, &empty),
        Err(InputError::Empty { .. })
    ));
    let mismatch = certify(&matrix, &DMatrix::zeros(4, 4));
    assert!(matches!(mismatch, Err(InputError::ShapeMismatch { .. })));
    for value in [f64::NAN, f64::INFINITY] {
        let mut spoilt = matrix.clone();
        spoilt[(2, 1)] = value;
        assert!(matches!(
            certify(&spoilt, &matrix),
            Err(InputError::NotFinite { .. })
        ));
        let proves = certify(&matrix, &spoilt).is_ok_and(|certificate| certificate.is_proof());
        assert!(!proves, "{value}");
    }
}

/// The judge itself: an understated bound is noticed.
#[test]
fn a_false_claim_is_noticed() {
    let entry = GalleryMatrix::new("gaussian".to_owned(), random::gaussian(6, 43));
    let x = entry.inverse.rounded();
    let certificate = certify(&entry.matrix, &x).unwrap();
    let mut spoilt = x.clone();
    spoilt[(2, 3)] += 1e-6;
    let claims = false_claims(&certificate, &entry.matrix, &spoilt, &entry.inverse);
    assert_eq!(claims.len(), 5, "{claims:?}");
}

/// Only the scaling of the largest permutation product shows that these are regular.
#[test]
fn a_scaling_in_which_an_inverse_is_proven_is_found_again() {
    let m = dmatrix![1e5, 0.0, 1e40; 0.0, 1.0, 0.0; 0.0, 1.0, 1.0];
    let found = invert_by_descent(&m, Config::default()).unwrap();
    assert!(found.certificate.relative_error_bound() < 1e-15);
    let certificate = certify(&m, &found.inverse).unwrap();
    assert!(certificate.relative_error_bound() < 1e-14);
    let polished = polish_inverse(&m, &found.inverse).unwrap();
    assert_eq!(polished.route, Route::Polished);
    // Here an entry of the inverse leaves the range of normal numbers as well.
    let m = dmatrix![5.131213283157426e303, -8.968929300030931e220, -8.607432312337748e266;
        0.0, 1.0, 0.0; 0.0, 1.0, 1.0];
    assert!(invert_by_descent(&m, Config::default()).is_ok());
}

/// The correctly rounded inverse is one of the original matrix too, where entries of the scaled one
/// that hardly count become large when they are scaled back.
#[test]
fn small_entries_that_scaling_makes_large_are_right() {
    let t = 2.4654364677169364e-5;
    let m = dmatrix![1.1224942553145854e-9, 4.3630662168515326e-5, 2.232828066896862e-5;
        t, -1.4790795636849003, 0.8932696080444403;
        -4.984705021076651e-5, -1.4790795636849003, 0.8932696080444403];
    let entry = GalleryMatrix::new("minor with equal rows".to_owned(), m);
    let found = invert_by_descent(&entry.matrix, Config::default()).unwrap();
    let error = forward_error(&found.inverse, &entry.inverse);
    assert!(error <= 2e-16, "{error:e}");
    assert_true(&entry.name, &found.certificate, &entry, &found.inverse);
}

/// An entry that is zero to rounding must not put the inverse out of range.
#[test]
fn dust_does_not_leave_the_range() {
    let t = 1e-200_f64;
    let m = dmatrix![0.0, t, 2.0 * t; t, 0.1, 0.7; 3.0 * t, 0.1, 0.7];
    let found = invert_by_descent(&m, Config::default()).unwrap();
    assert!(found.certificate.relative_error_bound() < 1e-12);
    assert!(found.inverse.iter().all(|entry| entry.abs() < 1e202));
}
