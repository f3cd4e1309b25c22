//! Centred data: the mean and the products of every form against the centred matrix, formed.

use matrix_descent::linear_map::Centered;
use matrix_descent::{
    InputError, LinearMap, Real, SolveConfig, TopConfig, solve_by_descent, svd_top_k,
};
use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use nalgebra_sparse::{CscMatrix, CsrMatrix};

use super::Minimal;
use crate::support::systems::random;

/// Multiples of 1/8 between −2 and 2 about an offset for each column, all exact in `f32`, and so
/// are their sums in `f64`.
fn data(rows: usize, columns: usize, offset: f64) -> DMatrix<f64> {
    let spread = |i: usize, j: usize| ((7 * i * i + 5 * i * j + 3 * j) % 33) as f64 / 8.0 - 2.0;
    DMatrix::from_fn(rows, columns, |i, j| {
        offset * (1.0 + (j % 3) as f64) + spread(i, j)
    })
}

fn narrowed<T: Real>(matrix: &DMatrix<f64>) -> DMatrix<T> {
    matrix.map(<T as Real>::from_f64)
}

fn widened<T: Real>(matrix: &DMatrix<T>) -> DMatrix<f64> {
    matrix.map(|value| value.to_f64())
}

/// Every form, and whether its entries are known.
fn forms<T: Real>(matrix: &DMatrix<T>) -> Vec<(&'static str, bool, Box<dyn LinearMap<T>>)> {
    vec![
        ("dense", true, Box::new(matrix.clone())),
        ("minimal", false, Box::new(Minimal(matrix.clone()))),
        ("by rows", false, Box::new(CsrMatrix::from(matrix))),
        ("by columns", false, Box::new(CscMatrix::from(matrix))),
    ]
}

/// How each entry of a product may be off, for these magnitudes of its terms.
fn allowed<T: Real>(magnitudes: &DMatrix<f64>, x: &DMatrix<f64>) -> DMatrix<f64> {
    let roundings = 2.0 * (magnitudes.ncols() + 2) as f64;
    magnitudes * x.abs() * (roundings * T::EPSILON.to_f64())
}

fn check_within(error: &DMatrix<f64>, allowed: &DMatrix<f64>, name: &str) {
    for (error, allowed) in error.iter().zip(allowed.iter()) {
        assert!(error.abs() <= *allowed, "{name}: {error:e}, {allowed:e}");
    }
}

/// The products with blocks of `count` vectors, and with their first alone.
fn check_products<T: Real>(
    centered: &Centered<T, impl LinearMap<T>>,
    (formed, magnitudes): (&DMatrix<f64>, &DMatrix<f64>),
    count: usize,
    name: &str,
) {
    let (rows, columns) = formed.shape();
    let nan = <T as Real>::from_f64(f64::NAN);
    let (x, y) = (
        random::<T>(columns, count, 0.2),
        random::<T>(rows, count, 0.7),
    );
    let mut images = DMatrix::from_element(rows, count, nan);
    let mut adjoints = DMatrix::from_element(columns, count, nan);
    centered.apply_block(x.as_slice(), images.as_mut_slice());
    centered.apply_adjoint_block(y.as_slice(), adjoints.as_mut_slice());
    let (x, y) = (widened(&x), widened(&y));
    let errors = widened(&images) - formed * &x;
    check_within(&errors, &allowed::<T>(magnitudes, &x), name);
    let errors = widened(&adjoints) - formed.tr_mul(&y);
    check_within(
        &errors,
        &allowed::<T>(&magnitudes.transpose(), &y),
        &format!("{name}, adjoint"),
    );

    // Z ← Z + A·X, and Aᵀ times what that is.
    let mut sum = narrowed::<T>(&y);
    let mut back = DMatrix::from_element(columns, count, nan);
    let x_of_type = narrowed::<T>(&x);
    let (of_x, of_sum) = (x_of_type.as_slice(), sum.as_mut_slice());
    centered.apply_and_adjoint_block(of_x, of_sum, back.as_mut_slice());
    let sum = widened(&sum);
    let of_addition = (y.abs() + magnitudes * x.abs()) * (2.0 * T::EPSILON.to_f64());
    let errors = &sum - (&y + formed * &x);
    let allowed_in_sum = allowed::<T>(magnitudes, &x) + of_addition * (columns + 1) as f64;
    check_within(&errors, &allowed_in_sum, &format!("{name}, sum"));
    let errors = widened(&back) - formed.tr_mul(&sum);
    check_within(
        &errors,
        &allowed::<T>(&magnitudes.transpose(), &sum),
        &format!("{name}, back"),
    );

    let (x, y) = (x.columns(0, 1).into_owned(), y.columns(0, 1).into_owned());
    let mut image = DMatrix::from_element(rows, 1, nan);
    let mut adjoint = DMatrix::from_element(columns, 1, nan);
    centered.apply(narrowed::<T>(&x).as_slice(), image.as_mut_slice());
    centered.apply_adjoint(narrowed::<T>(&y).as_slice(), adjoint.as_mut_slice());
    let errors = widened(&image) - formed * &x;
    check_within(&errors, &allowed::<T>(magnitudes, &x), name);
    let errors = widened(&adjoint) - formed.tr_mul(&y);
    check_within(&errors, &allowed::<T>(&magnitudes.transpose(), &y), name);
}

fn check_form<T: Real>(
    map: Box<dyn LinearMap<T>>,
    (exact, is_known): (&DMatrix<f64>, bool),
    name: &str,
) {
    let (rows, columns) = exact.shape();
    let centered = Centered::new(map).unwrap();
    assert_eq!((centered.rows(), centered.columns()), (rows, columns));
    assert_eq!(centered.as_matrix(), None, "{name}");
    let mean = widened(&DMatrix::from_column_slice(
        columns,
        1,
        centered.mean().as_slice(),
    ));
    let epsilon = T::EPSILON.to_f64();
    for j in 0..columns {
        let column = exact.column(j);
        let error = (mean[j] - column.sum() / rows as f64).abs();
        // Known entries leave the rounding of the mean itself.
        let roundings = if is_known { 1 } else { rows + 1 };
        let size = column.abs().sum() / rows as f64;
        let allowed = epsilon * (roundings as f64 * size + 1e-2);
        assert!(error <= allowed, "{name}: {error:e}, {allowed:e}");
    }
    let formed = DMatrix::from_fn(rows, columns, |i, j| exact[(i, j)] - mean[j]);
    let magnitudes = DMatrix::from_fn(rows, columns, |i, j| {
        if is_known {
            formed[(i, j)].abs()
        } else {
            exact[(i, j)].abs() + mean[j].abs()
        }
    });
    for count in [1, 2, 5] {
        let name = format!("{name}, {rows}×{columns}, {count}");
        check_products(&centered, (&formed, &magnitudes), count, &name);
    }
    let norms = centered.column_norms();
    assert_eq!(norms.is_some(), is_known, "{name}");
    for (j, norm) in norms.into_iter().flatten().enumerate() {
        let expected = formed.column(j).norm();
        let error = (norm.to_f64() - expected).abs();
        assert!(
            error <= 10.0 * epsilon * expected,
            "{name}, column {j}: {error:e}"
        );
    }
}

fn check_all<T: Real>(largest_offset: f64) {
    for (rows, columns) in [(1, 1), (1, 4), (6, 1), (9, 4), (4, 21), (300, 19), (515, 8)] {
        for offset in [0.0, 3.0, largest_offset] {
            let exact = data(rows, columns, offset);
            for (name, is_known, map) in forms::<T>(&narrowed(&exact)) {
                let name = format!("{name}, offset {offset:e}");
                check_form(map, (&exact, is_known), &name);
            }
        }
    }
}

#[test]
fn every_form_is_the_centred_matrix() {
    check_all::<f32>(2.0_f64.powi(18));
    check_all::<f64>(1e8);
}

/// Far from the origin nothing is lost of a `DMatrix`: the leading singular values, with the
/// default tolerance.
#[test]
fn a_mean_far_away_costs_no_digits() {
    let near = data(400, 60, 0.0);
    let far = data(400, 60, 1e8);
    let mean = near.row_mean();
    let formed = DMatrix::from_fn(400, 60, |i, j| near[(i, j)] - mean[j]);
    let expected = formed.singular_values();
    let centered = Centered::new(&far).unwrap();
    let top = svd_top_k(&centered, 4, TopConfig::default()).unwrap();
    for j in 0..4 {
        let error = (top.singular_values[j] / expected[j] - 1.0).abs();
        assert!(error < 1e-13, "σ{j}: {error:e}");
    }
}

#[test]
fn leading_singular_values_are_those_of_the_formed_matrix() {
    let exact = data(120, 40, 3.0);
    let mean = exact.row_mean();
    let formed = DMatrix::from_fn(120, 40, |i, j| exact[(i, j)] - mean[j]);
    let expected = formed.singular_values();
    for (name, _, map) in forms::<f64>(&exact) {
        let centered = Centered::new(map).unwrap();
        let top = svd_top_k(&centered, 3, TopConfig::default()).unwrap();
        let error = (&top.singular_values - expected.rows(0, 3)).amax();
        assert!(error < 1e-12 * expected[0], "{name}: {error:e}");
        // Scores of centred data have the mean 0.
        let means = top.u.row_mean();
        assert!(means.amax() < 1e-13, "{name}: {means}");
    }
}

/// Least squares on centred data give the slopes of a regression with an intercept.
#[test]
fn a_regression_needs_no_column_of_ones() {
    let x = random::<f64>(30, 3, 0.3).add_scalar(40.0);
    let y = random::<f64>(30, 1, 0.8);
    let with_ones = x.clone().insert_column(3, 1.0);
    let exact = with_ones.svd(true, true).solve(&y, 0.0).unwrap();
    for (name, _, map) in forms(&x) {
        let centered = Centered::new(map).unwrap();
        let right_side = y.add_scalar(-y.mean());
        let found = solve_by_descent(&centered, &right_side, SolveConfig::default()).unwrap();
        let error = (&found.solution - exact.rows(0, 3)).amax();
        assert!(error < 1e-10, "{name}: {error:e}");
        let intercept = y.mean() - centered.mean().dot(&found.solution.column(0));
        assert!((intercept - exact[3]).abs() < 1e-8, "{name}");
    }
}

#[test]
fn identical_observations_leave_nothing() {
    let x = DMatrix::from_fn(20, 6, |_, j| 0.1 + j as f64 / 3.0);
    let top = svd_top_k(&Centered::new(&x).unwrap(), 2, TopConfig::default()).unwrap();
    // What the rounding of the mean leaves.
    assert!(top.singular_values[0] <= 1e-14, "{}", top.singular_values);
}

/// Also where the products of a map cancel: tall, wide, and with features of very different sizes.
#[test]
fn identical_observations_of_any_form_have_singular_values_of_zero() {
    for (rows, columns) in [(20, 6), (6, 20), (1, 5), (500, 80), (80, 500)] {
        let x = DMatrix::from_fn(rows, columns, |_, j| {
            let size = if j % 3 == 0 { 1e6 } else { 1e-3 };
            size * (0.1 + j as f64 / 3.0)
        });
        for (name, is_known, map) in forms(&x) {
            let top = svd_top_k(&Centered::new(map).unwrap(), 1, TopConfig::default()).unwrap();
            // What the rounding of the mean leaves of known entries.
            let allowed = if is_known { 1e-16 * x.norm() } else { 0.0 };
            let found = top.singular_values[0];
            assert!(found <= allowed, "{name}, {rows}×{columns}: {found:e}");
        }
    }
}

/// A spread of some hundred times the rounding of the mean is no rounding.
#[test]
fn a_small_spread_is_not_taken_for_none() {
    let x = DMatrix::from_fn(50, 4, |i, j| 1.0 + 1e-13 * ((i * (j + 3)) % 7) as f64);
    for (name, _, map) in forms(&x) {
        let centered = Centered::new(map).unwrap();
        let mut image = [0.0; 50];
        centered.apply(&[1.0, 1.0, 1.0, 1.0], &mut image);
        assert!(image.iter().any(|&value| value != 0.0), "{name}");
    }
}

/// The first column is constant, and 10²⁰ times as large as the spread of the second.
#[test]
fn a_large_constant_column_hides_no_spread() {
    let x = CsrMatrix::from(&dmatrix![1e20, 0.0; 1e20, 1.0; 1e20, 3.0]);
    let centered = Centered::new(&x).unwrap();
    let mut image = [0.0_f64; 3];
    centered.apply(&[0.0, 1.0], &mut image);
    let expected = [-4.0_f64, -1.0, 5.0].map(|third| third / 3.0);
    assert!(
        image
            .iter()
            .zip(expected)
            .all(|(x, y)| (x - y).abs() < 1e-15)
    );
}

/// With the stated tolerance the values are right to it, where the default one is out of reach.
#[test]
fn the_stated_tolerance_is_met_far_from_the_origin() {
    for offset in [1e4, 1e6, 1e8] {
        let exact = data(120, 40, offset);
        let mean = exact.row_mean();
        let formed = DMatrix::from_fn(120, 40, |i, j| exact[(i, j)] - mean[j]);
        let expected = formed.singular_values();
        let spread = expected[0] / 120.0_f64.sqrt();
        let tolerance = 16.0 * f64::EPSILON * 120.0_f64.sqrt() * (1.0 + mean.norm() / spread);
        let centered = Centered::new(CsrMatrix::from(&exact)).unwrap();
        let config = TopConfig::default().tolerance(tolerance);
        let top = svd_top_k(&centered, 3, config).unwrap();
        for j in 0..3 {
            let error = (top.singular_values[j] - expected[j]).abs();
            assert!(error <= tolerance * expected[0], "{offset:e}: {error:e}");
        }
    }
}

/// At both ends of the range, in every form.
#[test]
fn means_at_the_ends_of_the_range_are_right() {
    let smallest = f64::from_bits(1);
    // The means of the columns: of multiples of the smallest number, of a cancellation of the
    // largest, of numbers at both ends, and of zeros.
    let x = dmatrix![
        3.0 * smallest, f64::MAX, f64::MAX, 0.0;
        7.0 * smallest, -f64::MAX, smallest, 0.0;
        5.0 * smallest, 3.0, smallest, 0.0
    ];
    for (name, _, map) in forms(&x) {
        let mean = Centered::new(map).unwrap().mean().clone();
        assert_eq!(mean[0], 5.0 * smallest, "{name}");
        // Beside the largest numbers, the rest is rounding.
        let error = (mean[1] / f64::MAX).abs();
        assert!(error <= f64::EPSILON, "{name}: {error:e}");
        let error = (mean[2] / f64::MAX - 1.0 / 3.0).abs();
        assert!(error < 1e-15, "{name}: {error:e}");
        assert_eq!(mean[3], 0.0, "{name}");
    }
}

#[test]
fn the_mean_of_the_largest_numbers_does_not_overflow() {
    for rows in 1..=9 {
        let x = DMatrix::from_element(rows, 2, f64::MAX);
        let mean = Centered::new(&x).unwrap().mean().clone();
        assert!((mean[1] / f64::MAX - 1.0).abs() < 1e-15, "{rows}: {mean}");
    }
    // The differences overflow, and the mean does not.
    let x = dmatrix![f64::MAX, 1.0; -f64::MAX, 2.0; -f64::MAX, 3.0; -f64::MAX, 2.0];
    let mean = Centered::new(&x).unwrap().mean().clone();
    assert_eq!(mean[1], 2.0);
    assert!((mean[0] / f64::MAX + 0.5).abs() < 1e-15);
}

#[test]
fn bad_input_is_refused() {
    let x = data(4, 3, 0.0);
    assert_eq!(
        Centered::about(&x, dvector![1.0, 2.0]).unwrap_err(),
        InputError::ShapeMismatch {
            argument: "mean",
            rows: 2,
            columns: 1,
            expected_rows: 3,
            expected_columns: 1,
        }
    );
    let mut bad = x.clone();
    bad[(2, 1)] = f64::INFINITY;
    let not_finite = |argument, row, column| InputError::NotFinite {
        argument,
        row,
        column,
        value: f64::INFINITY,
    };
    let error = Centered::new(&bad).unwrap_err();
    assert_eq!(error, not_finite("data", 2, 1));
    let mean = dvector![0.0, f64::INFINITY, 0.0];
    let error = Centered::about(&x, mean).unwrap_err();
    assert_eq!(error, not_finite("mean", 1, 0));
    // A map that does not say so itself.
    let error = Centered::new(Minimal(bad.clone())).unwrap_err();
    assert_eq!(error, not_finite("mean", 1, 0));
    let about = Centered::about(&bad, DVector::zeros(3)).unwrap();
    assert!(svd_top_k(&about, 1, TopConfig::default()).is_err());
    let empty = Centered::new(DMatrix::<f64>::zeros(0, 3)).unwrap_err();
    assert!(matches!(empty, InputError::Empty { rows: 0, .. }));
}
