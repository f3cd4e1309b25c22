//! What searches are known to miss or to lose: multiple values, clusters, ranks, misleading starts,
//! extreme scales.

use matrix_descent::svd::{LeadingEvidence, TopSvdError};
use matrix_descent::{LinearMap, Real, TopSvd, svd_top_k};
use nalgebra::{DMatrix, DVector};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use super::{complaint_about_vectors, default, with_values};
use crate::support::spectra::Opaque;
use crate::support::truth::assert_none;

/// A name, and the values by their place, descending.
type Spectrum = (&'static str, Box<dyn Fn(usize) -> f64>);

/// Spectra in which a value is easily missed.
fn spectra() -> Vec<Spectrum> {
    vec![
        ("eightfold", Box::new(|i| if i < 8 { 1.0 } else { 0.2 })),
        (
            "multiple at the cut",
            Box::new(|i| if i < 3 { 3.0 } else { 1.0 }),
        ),
        ("doubles", Box::new(|i| 1.0 / (1 + i / 2) as f64)),
        (
            "doubles above a flat rest",
            Box::new(|i| {
                if i < 6 {
                    1.03 - 0.01 * (i / 2) as f64
                } else {
                    1.0 - 1e-3 * i as f64
                }
            }),
        ),
        (
            "a cluster of 20 at 1e-12",
            Box::new(|i| {
                if i < 20 {
                    1.0 + 1e-12 * (20 - i) as f64
                } else {
                    0.5 / i as f64
                }
            }),
        ),
        ("flat", Box::new(|i| 1.0 - 1e-4 * i as f64)),
        ("all equal", Box::new(|_| 1.0)),
        ("rank 3", Box::new(|i| if i < 3 { 1.0 } else { 0.0 })),
        ("zero", Box::new(|_| 0.0)),
        ("far below rounding", Box::new(|i| 0.1_f64.powi(i as i32))),
    ]
}

/// What is wrong with values whose true ones are known, or with what is said about them.
fn complaint_about_values(top: &TopSvd<f64>, exact: &dyn Fn(usize) -> f64) -> Option<String> {
    let certificate = &top.certificate;
    let bound = certificate.largest_error_bound();
    (0..top.singular_values.len()).find_map(|j| {
        let (found, exact) = (top.singular_values[j], exact(j));
        let is_near = (found - exact).abs() <= 1e-13 && (found - exact).abs() <= bound + 1e-14;
        let is_true = match certificate.leading() {
            LeadingEvidence::Proven => true,
            LeadingEvidence::Probable { shortfall, .. } => {
                exact <= (1.0 + shortfall) * (found + 2.0 * bound) + 1e-15
            }
            _ => false,
        };
        let text = || {
            format!(
                "number {j}: {found:e} for {exact:e}, {}",
                certificate.leading()
            )
        };
        (!is_near || !is_true).then(text)
    })
}

#[test]
fn nothing_is_missed_in_spectra_that_hide_it() {
    let complaints = spectra().into_iter().flat_map(|(name, spectrum)| {
        let shapes = [(90, 70), (70, 90), (80, 80)].into_iter();
        let of_shape = shapes.flat_map(|(rows, columns)| {
            let matrix = with_values(rows, columns, &spectrum);
            let of_k = [1, 5, 20, rows.min(columns)].map(|k| {
                let of_matrix = svd_top_k(&matrix, k, default());
                let of_map = svd_top_k(&Opaque(&matrix), k, default());
                [of_matrix, of_map].map(|found| {
                    let text = match found {
                        Ok(top) => complaint_about_values(&top, &spectrum)
                            .or_else(|| complaint_about_vectors(&matrix, &top))?,
                        Err(error) => error.to_string(),
                    };
                    Some(format!("{name}, {rows}×{columns}, k = {k}: {text}"))
                })
            });
            of_k.into_iter().flatten().flatten().collect::<Vec<_>>()
        });
        of_shape.collect::<Vec<_>>()
    });
    assert_none(complaints);
}

/// All singular values, descending: those above zero of the symmetric (0, M; Mᵀ, 0).
fn reference(matrix: &DMatrix<f64>) -> Vec<f64> {
    let (m, n) = matrix.shape();
    let mut both = DMatrix::zeros(m + n, m + n);
    both.view_mut((0, m), (m, n)).copy_from(matrix);
    both.view_mut((m, 0), (n, m)).copy_from(&matrix.transpose());
    let mut values: Vec<f64> = both.symmetric_eigenvalues().iter().copied().collect();
    values.sort_by(|x, y| y.total_cmp(x));
    values.truncate(m.min(n));
    values
}

/// A small random matrix of one of five kinds.
fn random_matrix(kind: usize, generator: &mut Xoshiro256PlusPlus) -> DMatrix<f64> {
    let (m, n) = (
        generator.random_range(1..26),
        generator.random_range(1..26_usize),
    );
    let mut entry = || generator.random::<f64>() - 0.5;
    let mut matrix = DMatrix::from_fn(m, n, |_, _| entry());
    match kind {
        1 => matrix
            .iter_mut()
            .for_each(|value| *value = (*value * 4.0).round()),
        2 => {
            for mut column in matrix.column_iter_mut() {
                column *= 10_f64.powf(18.0 * entry());
            }
        }
        3 => {
            let rank = 1 + ((entry() + 0.5) * m.min(n) as f64) as usize;
            let left = DMatrix::from_fn(m, rank, |_, _| entry());
            matrix = left * DMatrix::from_fn(rank, n, |_, _| entry());
        }
        4 => matrix
            .iter_mut()
            .for_each(|value| *value *= f64::from(u8::from(entry() > 0.3))),
        _ => {}
    }
    matrix
}

#[test]
fn random_small_maps_against_all_values() {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(11);
    let complaints = (0..3000).filter_map(|trial| {
        let matrix = random_matrix(trial % 5, &mut generator);
        let k = generator.random_range(1..=matrix.nrows().min(matrix.ncols()));
        let expected = reference(&matrix);
        let text = match svd_top_k(&Opaque(&matrix), k, default()) {
            Ok(top) => {
                let errors = top.singular_values.iter().zip(&expected);
                let errors = errors.map(|(found, exact)| (found - exact).abs());
                let error = errors.fold(0.0, f64::max);
                if error <= 1e-12 * expected[0] {
                    return None;
                }
                format!("{error:e} of {:e}", expected[0])
            }
            Err(error) => error.to_string(),
        };
        Some(format!(
            "trial {trial}, {:?}, k = {k}: {text}",
            matrix.shape()
        ))
    });
    assert_none(complaints);
}

/// The unit vectors 20 … 32 span an invariant space in which nothing leads outside.
#[test]
fn a_start_in_another_invariant_space_does_not_hide_the_leading_values() {
    let exact = |i: usize| 1.0 / (1 + i) as f64;
    let diagonal = DMatrix::from_diagonal(&DVector::from_fn(200, |i, _| exact(i)));
    let start = DMatrix::from_fn(200, 13, |i, j| f64::from(u8::from(i == 20 + j)));
    let config = || default().start(start.clone());
    for top in [
        svd_top_k(&diagonal, 5, config()).unwrap(),
        svd_top_k(&Opaque(&diagonal), 5, config()).unwrap(),
    ] {
        assert_eq!(complaint_about_values(&top, &exact), None);
    }
}

#[test]
fn a_start_that_is_nearly_right_leaves_little_but_the_second_look() {
    let diagonal = DVector::from_fn(400, |i, _| 1.0 / (1 + i) as f64);
    let matrix = DMatrix::from_diagonal(&diagonal);
    let map = Opaque(&matrix);
    let cold = svd_top_k(&map, 5, default()).unwrap();
    let again = svd_top_k(&map, 5, default().start(cold.v.clone())).unwrap();
    assert!(
        again.products + 20 < cold.products,
        "{} of {}",
        again.products,
        cold.products
    );
    assert!((again.singular_values - cold.singular_values).norm() < 1e-14);
}

/// Scaling by a power of ten changes nothing but the scale.
fn at_scale<T: Real>(sizes: [f64; 3], tolerance: f64) {
    let matrix = with_values(60, 90, |i| 1.0 / (1 + i) as f64);
    for size in sizes {
        let scaled = matrix.map(|value| <T as Real>::from_f64(value * size));
        for top in [
            svd_top_k(&scaled, 3, default()).unwrap(),
            svd_top_k(&Opaque(&scaled), 3, default()).unwrap(),
        ] {
            for (j, value) in top.singular_values.iter().enumerate() {
                let found = value.to_f64() / size;
                let error = (found - 1.0 / (1 + j) as f64).abs();
                assert!(error <= tolerance, "{size:e}, number {j}: {error:e}");
            }
        }
    }
}

#[test]
fn values_at_the_ends_of_the_range() {
    at_scale::<f64>([1e-300, 1.0, 1e300], 1e-13);
    at_scale::<f32>([1e-30, 1.0, 1e30], 1e-5);
}

/// Lengths from 1e-9 to 1e9: the leading values are those of the longest columns.
#[test]
fn columns_of_different_lengths() {
    let lengths: Vec<f64> = (0..60)
        .map(|j| 10_f64.powf(9.0 - 18.0 * f64::from(j) / 59.0))
        .collect();
    let turned = with_values(80, 60, |_| 1.0);
    let matrix = turned * DMatrix::from_diagonal(&DVector::from_vec(lengths.clone()));
    for k in [1, 6, 30] {
        let top = svd_top_k(&Opaque(&matrix), k, default()).unwrap();
        for (j, value) in top.singular_values.iter().enumerate() {
            let error = (value - lengths[j]).abs();
            assert!(error <= 1e-5, "{k}, number {j}: {error:e}");
        }
        assert_eq!(complaint_about_vectors(&matrix, &top), None);
    }
}

/// Half of the values equal, in `f32`, and hardly any value left out: the Krylov space ends early, and
/// what is left is searched from new random vectors.
#[test]
fn clusters_that_leave_little_room() {
    for seed in 0..60 {
        let (rows, columns) = (56 + seed as usize % 31, 54 + seed as usize % 7);
        let least = rows.min(columns);
        let values = |i: usize| {
            if i < least / 2 {
                1.0
            } else {
                0.5 - 0.4 * i as f64 / least as f64
            }
        };
        let matrix = with_values(rows, columns, values).map(|value| value as f32);
        let k = least - seed as usize % 4;
        let top = svd_top_k(&Opaque(&matrix), k, default().seed(seed)).unwrap();
        for j in 0..k {
            let error = (f64::from(top.singular_values[j]) - values(j)).abs();
            assert!(
                error < 1e-4,
                "{rows}×{columns}, {seed}: value {j} is off by {error:e}"
            );
        }
    }
}

/// The adjoint is that of a map without the first column: from the shorter side, the search meets no
/// vector on which they differ.
struct OtherAdjoint(DMatrix<f64>);

impl LinearMap<f64> for OtherAdjoint {
    fn rows(&self) -> usize {
        self.0.nrows()
    }

    fn columns(&self) -> usize {
        self.0.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.0.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.0.apply_adjoint(y, image);
        image[0] = 0.0;
    }
}

#[test]
fn a_wrong_adjoint_is_told() {
    for (rows, columns) in [(25, 40), (40, 25), (30, 30), (1, 9)] {
        let map = OtherAdjoint(DMatrix::from_fn(rows, columns, |i, j| {
            ((i * 7 + j * 3) as f64 * 0.37).sin() + f64::from(i == j)
        }));
        let found = svd_top_k(&map, 3.min(rows), default());
        let is_told = matches!(
            found,
            Err(TopSvdError::NotConverged { residual, allowed, .. }) if residual > allowed
        );
        assert!(is_told, "{rows}×{columns}: {found:?}");
    }
}
