//! The singular value decomposition, on every kind of matrix, against references of twice the
//! precision, closed forms and nalgebra's.

mod penalty;
mod pseudo_inverse;
mod smallest;
mod top;
mod watching;

use matrix_descent::svd::{SvdError, Vectors};
use matrix_descent::{InputError, Real, StopReason, Svd, SvdConfig, svd_by_descent};
use nalgebra::{DMatrix, dmatrix};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::support::gallery::{classical, matrices, random, singular_gallery};
use crate::support::reference::{ReferenceValues, singular_values, widen};
use crate::support::shapes::{graded, hard_matrices, uniform};
use crate::support::truth::assert_none;

/// How far anything may be off, relative to σ₁ or to an orthonormal vector.
fn tolerance<T: Real>() -> f64 {
    if T::MANTISSA_DIGITS == f64::MANTISSA_DIGITS {
        1e-13
    } else {
        1e-5
    }
}

fn smallest<T: Real>() -> f64 {
    (T::MIN_POSITIVE * T::EPSILON).to_f64()
}

fn departure_from_orthogonality<T: Real>(vectors: &DMatrix<T>) -> f64 {
    let wide = widen(vectors);
    (wide.tr_mul(&wide) - DMatrix::identity(wide.ncols(), wide.ncols())).norm()
}

/// ‖M − U·diag(σ)·Vᵀ‖_F/‖M‖_F, at a scale without overflow.
fn reconstruction_error<T: Real>(matrix: &DMatrix<T>, svd: &Svd<T>) -> f64 {
    let wide = widen(matrix);
    let Some(exponent) = wide.amax().binary_exponent() else {
        return svd.singular_values.iter().map(|value| value.to_f64()).sum();
    };
    let scale = |value: f64| value.scale_by_power_of_two(-exponent);
    let count = svd.singular_values.len();
    let values = svd.singular_values.map(|value| scale(value.to_f64()));
    let left = widen(&svd.u).columns(0, count).into_owned();
    let right = widen(&svd.v).columns(0, count).into_owned();
    let matrix = wide.map(scale);
    let rounding = scale(smallest::<T>()) * (matrix.len() as f64).sqrt();
    let error = (&matrix - left * DMatrix::from_diagonal(&values) * right.transpose()).norm();
    (error - rounding).max(0.0) / matrix.norm()
}

/// What is wrong with the SVD of a matrix, in its form, factors and history.
fn complaint_about_form<T: Real>(matrix: &DMatrix<T>, svd: &Svd<T>) -> Option<String> {
    let values = svd.singular_values.as_slice();
    let (rows, columns) = matrix.shape();
    let count = rows.min(columns);
    let is_shaped = values.len() == count
        && svd.u.shape() == (rows, rows)
        && svd.v.shape() == (columns, columns);
    let is_sorted = values.windows(2).all(|pair| pair[0] >= pair[1]);
    let is_positive = values
        .iter()
        .all(|&value| value >= T::zero() && value.is_finite());
    let falls = svd.losses.windows(2).all(|pair| pair[1] <= pair[0]);
    let errors = [
        departure_from_orthogonality(&svd.u),
        departure_from_orthogonality(&svd.v),
        reconstruction_error(matrix, svd),
    ];
    // A column is rotated once with each other one in a sweep, and each time rounded.
    let allowed = tolerance::<T>() * (rows.max(columns) as f64 / 32.0).max(1.0);
    let is_accurate = errors.iter().all(|&error| error <= allowed);
    let checks = [
        ("shape", is_shaped),
        ("order", is_sorted),
        ("values", is_positive),
        ("history", falls && svd.losses.len() == svd.sweeps + 1),
        ("sweeps", svd.sweeps <= 30),
        ("accuracy", is_accurate),
    ];
    let failed = checks.iter().find(|(_, is_met)| !is_met)?;
    Some(format!("{}: {errors:?}, {} sweeps", failed.0, svd.sweeps))
}

/// What is wrong with its singular values and the bounds of their errors.
fn complaint_about_values<T: Real>(svd: &Svd<T>, reference: &ReferenceValues) -> Option<String> {
    let scale = |value: f64| value.scale_by_power_of_two(-reference.exponent);
    svd.singular_values
        .iter()
        .enumerate()
        .find_map(|(index, value)| {
            let error = reference.error(index, value.to_f64());
            let allowed = tolerance::<T>() * reference.largest() + scale(smallest::<T>());
            let bound = scale(svd.certificate.error_bound(index));
            // The reference has its own error, of some 10⁻³⁰.
            let is_proven = error <= bound + 1e-29 * reference.largest();
            let complaint = format!("number {index}: error {error:e}, bound {bound:e}");
            (error > allowed || !is_proven).then_some(complaint)
        })
}

fn full() -> SvdConfig {
    SvdConfig::default().vectors(Vectors::Full)
}

/// What is wrong with the SVD.
fn complaint<T: Real>(matrix: &DMatrix<T>) -> Option<String> {
    complaint_about(matrix, full())
}

fn complaint_about<T: Real>(matrix: &DMatrix<T>, config: SvdConfig) -> Option<String> {
    let svd = match svd_by_descent(matrix, config) {
        Ok(svd) => svd,
        Err(error) => return Some(error.to_string()),
    };
    complaint_about_form(matrix, &svd).or_else(|| {
        let is_zero = matrix.iter().all(|&entry| entry == T::zero());
        if is_zero {
            let is_right = svd.singular_values.iter().all(|&value| value == T::zero());
            (!is_right).then(|| "not zero".to_owned())
        } else {
            complaint_about_values(&svd, &singular_values(&widen(matrix)))
        }
    })
}

#[test]
fn hard_matrices_are_decomposed() {
    let complaints = hard_matrices()
        .into_iter()
        .filter_map(|(name, matrix)| complaint(&matrix).map(|text| format!("{name}: {text}")));
    assert_none(complaints);
}

#[test]
fn hard_matrices_are_decomposed_in_single_precision() {
    let complaints = hard_matrices().into_iter().filter_map(|(name, matrix)| {
        let narrow = matrix.map(f32::from_f64);
        let is_in_range = narrow.iter().all(|entry| entry.is_finite());
        let text = is_in_range.then(|| complaint(&narrow)).flatten()?;
        Some(format!("{name}: {text}"))
    });
    assert_none(complaints);
}

/// From order 12 on the descent starts from a QR factorisation with pivoting.
#[test]
fn hard_matrices_inside_larger_ones_are_decomposed() {
    let complaints = hard_matrices().into_iter().filter_map(|(name, matrix)| {
        let (rows, columns) = matrix.shape();
        let size = matrix.amax().clamp(1e-290, 1e290);
        let mut larger = DMatrix::zeros(rows + 33, columns + 33);
        larger.view_mut((0, 0), (rows, columns)).copy_from(&matrix);
        larger
            .view_mut((rows, columns), (33, 33))
            .copy_from(&(uniform(33, 33, 41) * size));
        let narrow = larger.map(f32::from_f64);
        let is_in_range = narrow.iter().all(|entry| entry.is_finite());
        let config = full();
        let text = complaint_about(&larger, config).or_else(|| {
            is_in_range
                .then(|| complaint_about(&narrow, config))
                .flatten()
        })?;
        Some(format!("{name}: {text}"))
    });
    assert_none(complaints);
}

/// The square gallery, and its singular matrices, up to the order that the reference can do.
#[test]
fn the_gallery_is_decomposed() {
    let regular = matrices();
    let singular = singular_gallery()
        .into_iter()
        .map(|(name, matrix, _)| (name, matrix));
    let small = regular
        .into_iter()
        .chain(singular)
        .filter(|(_, matrix)| matrix.nrows() <= 16);
    let complaints =
        small.filter_map(|(name, matrix)| complaint(&matrix).map(|text| format!("{name}: {text}")));
    assert_none(complaints);
}

/// nalgebra's `svd(true, true)` is wrong on 231 of 841 matrices of ones.
#[test]
fn matrices_of_ones() {
    assert_none(complaints_about_ones::<f64>(1e-14));
}

#[test]
fn matrices_of_ones_in_single_precision() {
    assert_none(complaints_about_ones::<f32>(2e-6));
}

fn complaints_about_ones<T: Real>(tolerance: f64) -> impl Iterator<Item = String> {
    let shapes = (2..=30).flat_map(|rows| (2..=30).map(move |columns| (rows, columns)));
    shapes.filter_map(move |(rows, columns)| {
        let matrix = DMatrix::from_element(rows, columns, T::one());
        let svd = match svd_by_descent(&matrix, full()) {
            Ok(svd) => svd,
            Err(error) => return Some(format!("{rows}×{columns}: {error}")),
        };
        let exact = ((rows * columns) as f64).sqrt();
        let values = svd.singular_values.map(T::to_f64);
        let error = (values[0] - exact).abs();
        let rest = values.iter().skip(1).copied().fold(0.0, f64::max);
        let is_proven = error <= svd.certificate.error_bound(0);
        let is_right = error <= tolerance * exact && rest <= tolerance * exact && is_proven;
        let wrong = (!is_right).then(|| format!("{error:e}, {rest:e}"));
        let text = complaint_about_form(&matrix, &svd).or(wrong)?;
        Some(format!("{rows}×{columns}: {text}"))
    })
}

/// Each singular value to nearly all of its digits, however small it is beside the largest.
#[test]
fn graded_columns_keep_their_digits() {
    for decades in [10.0, 30.0, 100.0] {
        for (rows, columns) in [(10, 10), (30, 8), (13, 12), (40, 36)] {
            let matrix = graded(rows, columns, decades);
            let reference = singular_values(&matrix);
            for (name, matrix) in [("columns", matrix.clone()), ("wide", matrix.transpose())] {
                let svd = svd_by_descent(&matrix, SvdConfig::default()).expect(name);
                for (index, &value) in svd.singular_values.iter().enumerate() {
                    let error = reference.relative_error(index, value);
                    assert!(error <= 1e-14, "{name}, {decades}, {index}: {error:e}");
                }
            }
        }
    }
}

/// `cargo test svd -- --nocapture graded` prints the largest relative errors beside those of
/// nalgebra, whose method does not promise more than ε·σ₁ for any of them.
#[test]
fn graded_columns_beside_nalgebra() {
    println!("largest relative error of a singular value, columns from 1 to 10^−decades:");
    println!("   shape  decades  descent  nalgebra");
    for (rows, columns) in [(10, 10), (30, 8), (50, 40)] {
        for decades in [5.0, 10.0, 30.0, 100.0] {
            let matrix = graded(rows, columns, decades);
            let reference = singular_values(&matrix);
            let largest = |values: &[f64]| {
                let each = values.iter().enumerate();
                each.map(|(index, &value)| reference.relative_error(index, value))
                    .fold(0.0, f64::max)
            };
            let svd = svd_by_descent(&matrix, SvdConfig::default()).expect("finite");
            let ours = largest(svd.singular_values.as_slice());
            let by_nalgebra = largest(matrix.singular_values().as_slice());
            println!(
                "{:>8}  {decades:>7}  {ours:>7.0e}  {by_nalgebra:>8.0e}",
                format!("{rows}×{columns}")
            );
            assert!(ours <= 1e-14, "{rows}×{columns}, {decades}: {ours:e}");
        }
    }
}

#[test]
fn larger_matrices_agree_with_nalgebra() {
    for (rows, columns) in [(64, 64), (100, 100), (150, 40), (40, 150), (90, 80)] {
        let matrix = uniform(rows, columns, 21);
        let by_nalgebra = matrix.singular_values();
        let svd = svd_by_descent(&matrix, full()).expect("finite");
        assert_eq!(complaint_about_form(&matrix, &svd), None);
        for (index, &value) in svd.singular_values.iter().enumerate() {
            let allowed = 1e-13 * by_nalgebra[0];
            assert!((value - by_nalgebra[index]).abs() <= allowed);
        }
    }
}

#[test]
fn without_vectors_or_with_thin_ones_the_values_are_the_same() {
    let matrices = [uniform(9, 4, 22), uniform(4, 9, 23), uniform(5, 5, 24)];
    for matrix in matrices {
        let run = |vectors| {
            let config = SvdConfig::default().vectors(vectors);
            svd_by_descent(&matrix, config).expect("finite")
        };
        let (none, thin, full) = (run(Vectors::None), run(Vectors::Thin), run(Vectors::Full));
        assert_eq!(none.singular_values, full.singular_values);
        assert_eq!(thin.singular_values, full.singular_values);
        assert_eq!((none.u.ncols(), none.v.ncols()), (0, 0));
        let count = thin.singular_values.len();
        assert_eq!(thin.u, full.u.columns(0, count));
        assert_eq!(thin.v, full.v.columns(0, count));
        assert_eq!(none.certificate, thin.certificate);
        assert_eq!(
            none.reconstruct(),
            DMatrix::zeros(matrix.nrows(), matrix.ncols())
        );
    }
}

/// ‖(UᵀU − I)·p‖/‖p‖, for a U too large for UᵀU.
fn departure_along(u: &DMatrix<f64>, seed: u64) -> f64 {
    let p = uniform(u.ncols(), 1, seed);
    (u.tr_mul(&(u * &p)) - &p).norm() / p.norm()
}

/// U is completed by reflections where few columns are known, and one by one where few are missing.
#[test]
fn complete_bases_of_every_rank() {
    for (rows, columns, rank) in [
        (3000, 2, 2),
        (500, 40, 40),
        (500, 40, 3),
        (90, 60, 0),
        (90, 60, 59),
        (64, 64, 1),
        (64, 64, 62),
        (34, 33, 33),
    ] {
        let matrix = uniform(rows, rank, 31) * uniform(rank, columns, 32);
        for (name, matrix) in [("tall", matrix.clone()), ("wide", matrix.transpose())] {
            let svd = svd_by_descent(&matrix, full()).expect("finite");
            let long = if name == "tall" { &svd.u } else { &svd.v };
            assert_eq!(long.shape(), (rows, rows));
            for seed in 33..36 {
                let departure = departure_along(long, seed);
                let text = format!("{rows}×{columns}, rank {rank}, {name}: {departure:e}");
                assert!(departure <= 1e-13, "{text}");
            }
            let thin = svd_by_descent(&matrix, SvdConfig::default()).expect("finite");
            let of_thin = if name == "tall" { &thin.u } else { &thin.v };
            assert_eq!(long.columns(0, columns), *of_thin);
        }
    }
}

#[test]
fn the_history_begins_with_the_loss_of_the_matrix_itself() {
    for matrix in [uniform(6, 6, 25), uniform(20, 5, 26), uniform(5, 20, 27)] {
        let svd = svd_by_descent(&matrix, SvdConfig::default()).expect("finite");
        let is_wide = matrix.nrows() < matrix.ncols();
        let upright = if is_wide { matrix.transpose() } else { matrix };
        let gram = upright.tr_mul(&upright);
        let off = gram.norm_squared() - gram.diagonal().norm_squared();
        let expected = 0.5 * off / upright.norm_squared().powi(2);
        assert!((svd.losses[0] / expected - 1.0).abs() < 1e-12);
        assert!(svd.losses[svd.sweeps] < 1e-30);
    }
}

/// R of PᵀAP = RᵀR, the largest diagonal entry first, the columns in the order of A.
fn pivoted_triangle(mut a: DMatrix<f64>) -> DMatrix<f64> {
    let mut r = DMatrix::zeros(a.nrows(), a.nrows());
    let mut left: Vec<usize> = (0..a.nrows()).collect();
    for k in 0..a.nrows() {
        left.sort_by(|&i, &j| a[(i, i)].total_cmp(&a[(j, j)]));
        let pivot = left.pop().expect("as many as steps");
        let row = a.row(pivot) / a[(pivot, pivot)].sqrt();
        a -= row.transpose() * &row;
        for &column in left.iter().chain([&pivot]) {
            r[(k, column)] = row[column];
        }
    }
    r
}

/// From order 12 on it begins with Q, or with the triangular factor, which is the same.
#[test]
fn the_history_of_larger_matrices_begins_with_a_pivoted_triangular_factor() {
    for (rows, columns) in [(35, 35), (60, 33), (33, 60)] {
        let matrix = uniform(rows, columns, 42);
        let svd = svd_by_descent(&matrix, SvdConfig::default()).expect("finite");
        let is_wide = rows < columns;
        let upright = if is_wide { matrix.transpose() } else { matrix };
        let r = pivoted_triangle(upright.tr_mul(&upright));
        let gram = &r * r.transpose();
        let off = gram.norm_squared() - gram.diagonal().norm_squared();
        let expected = 0.5 * off / r.norm_squared().powi(2);
        assert!((svd.losses[0] / expected - 1.0).abs() < 1e-10);
        assert!(svd.losses.windows(2).all(|pair| pair[1] <= pair[0]));
        assert!(svd.losses[svd.sweeps] < 1e-28);
    }
}

#[test]
fn a_decomposition_is_there_at_once_where_columns_are_orthogonal() {
    let svd = svd_by_descent(&dmatrix![0.0, 3.0; -2.0, 0.0], SvdConfig::default()).expect("finite");
    assert_eq!((svd.sweeps, svd.losses), (1, vec![0.0, 0.0]));
    assert_eq!(svd.singular_values.as_slice(), [3.0, 2.0]);
}

#[test]
fn too_few_sweeps_are_an_error_that_carries_what_was_reached() {
    let matrix = uniform(12, 12, 28);
    let reference = singular_values(&matrix);
    let found = svd_by_descent(&matrix, full().max_sweeps(2));
    let Err(SvdError::NotConverged { reached }) = found else {
        panic!("{found:?}");
    };
    assert_eq!((reached.sweeps, reached.losses.len()), (2, 3));
    assert_eq!(reached.stop_reason, StopReason::StepLimit);
    let enough = svd_by_descent(&matrix, full()).expect("converges");
    assert_eq!(enough.stop_reason, StopReason::Accuracy);
    assert!(reached.losses[2] > 0.0 && reached.losses[2] < reached.losses[1]);
    // Even then the bounds are above the errors.
    for (index, &value) in reached.singular_values.iter().enumerate() {
        let error = reference.error(index, value);
        let error = error.scale_by_power_of_two(reference.exponent);
        assert!(error <= reached.certificate.error_bound(index));
    }
}

#[test]
fn the_largest_numbers_give_an_answer_or_say_why_not() {
    let one = svd_by_descent(&dmatrix![f64::MAX], full()).expect("in range");
    assert_eq!(one.singular_values[0], f64::MAX);
    for (rows, columns) in [(2, 2), (5, 1), (1, 3)] {
        let matrix = DMatrix::from_element(rows, columns, -f64::MAX);
        let found = svd_by_descent(&matrix, full());
        let largest_entry = f64::MAX;
        assert_eq!(
            found,
            Err(SvdError::Input(InputError::EntriesTooLarge {
                largest_entry
            }))
        );
    }
    let matrix = DMatrix::from_diagonal_element(3, 3, f32::MAX);
    let svd = svd_by_descent(&matrix, full()).expect("in range");
    assert_eq!(svd.singular_values.as_slice(), [f32::MAX; 3]);
    assert_eq!(
        complaint(&DMatrix::from_element(3, 2, f64::from_bits(1))),
        None
    );
    let tiny = DMatrix::from_element(3, 2, f32::from_bits(3));
    assert_eq!(complaint(&tiny), None);
}

/// Beyond the range of squares a value counts as zero, and the vectors are orthonormal all the
/// same.
#[test]
fn columns_of_sizes_beyond_the_range_of_squares() {
    for small in [1e-250, 1e-290, 1e-300, 1e-308, f64::from_bits(7)] {
        let matrix = dmatrix![1.0, small, small; 2.0, small, 2.0 * small; 3.0, small, small];
        assert_eq!(complaint(&matrix), None, "{small:e}");
        let tall = matrix.resize_vertically(8, small);
        assert_eq!(complaint(&tall), None, "{small:e}, tall");
        assert_eq!(complaint(&tall.transpose()), None, "{small:e}, wide");
    }
}

#[test]
fn the_documented_defaults() {
    let default = SvdConfig::default();
    let documented = SvdConfig::default().vectors(Vectors::Thin).max_sweeps(60);
    assert_eq!(default, documented);
}

fn random_matrix(generator: &mut Xoshiro256PlusPlus) -> DMatrix<f64> {
    let (rows, columns) = (generator.random_range(1..=8), generator.random_range(1..=8));
    let seed = generator.random();
    let entries = uniform(rows, columns, seed);
    let mut size = |decades: f64| 10_f64.powf(-generator.random_range(0.0..decades));
    match seed % 7 {
        0 => random::integers(rows, columns, 2, seed),
        1 => random::integers(rows, 1, 3, seed) * random::integers(1, columns, 3, seed + 1),
        2 => uniform(rows, 2, seed) * uniform(2, columns, seed + 1),
        3 => DMatrix::from_fn(rows, columns, |i, j| entries[(i, j)] * size(20.0)),
        4 => {
            let sizes: Vec<f64> = (0..columns).map(|_| size(40.0)).collect();
            DMatrix::from_fn(rows, columns, |i, j| entries[(i, j)] * sizes[j])
        }
        5 => entries.map(|x| if x > 0.3 { x } else { 0.0 }),
        _ => entries,
    }
}

/// `MATRIX_DESCENT_CASES=100000 cargo test --release svd` tries more of them.
#[test]
fn random_small_matrices_are_decomposed() {
    const USUAL: usize = 2000;
    let wanted = std::env::var("MATRIX_DESCENT_CASES").ok();
    let cases = wanted.map_or(USUAL, |text| {
        text.parse().expect("MATRIX_DESCENT_CASES is a number")
    });
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(314);
    for case in 0..cases {
        let matrix = random_matrix(&mut generator);
        assert_eq!(complaint(&matrix), None, "number {case}: {matrix:?}");
        let narrow = matrix.map(f32::from_f64);
        assert_eq!(complaint(&narrow), None, "number {case} in f32: {narrow:?}");
    }
}

/// Columns of nearly the same length turn by large angles however small the loss is, so that a
/// sweep with little to do may leave as much.
#[test]
fn clustered_values_are_decomposed() {
    for n in [5, 11, 12, 13, 31, 40, 67] {
        for gap in [0.0, 1e-16, 1e-15, 1e-13, 1e-10, 1e-7, 1e-4] {
            let cluster = |i: usize| if i < n / 2 { 1.0 } else { 0.3 };
            let middle = DMatrix::from_fn(n, n, |i, j| {
                let exact = if i == j { cluster(i) } else { 0.0 };
                exact + gap * scattered(i, j)
            });
            let matrix = uniform(n, n, 61).qr().q() * middle * uniform(n, n, 62).qr().q();
            assert_eq!(complaint_of(&matrix), None, "{n}, {gap:e}");
            let narrow = matrix.map(|entry| entry as f32);
            assert_eq!(complaint_of(&narrow), None, "{n}, {gap:e} in f32");
        }
    }
}

fn complaint_of<T: Real>(matrix: &DMatrix<T>) -> Option<String> {
    let svd = svd_by_descent(matrix, full()).expect("converges");
    let allowed = T::EPSILON.to_f64() * T::EPSILON.to_f64() * matrix.len() as f64;
    let last = svd.losses[svd.sweeps].to_f64();
    let is_left = (last > allowed).then(|| format!("a loss of {last:e}"));
    complaint_about_form(matrix, &svd).or(is_left)
}

#[test]
fn kahan_and_hilbert_of_larger_orders_are_reconstructed() {
    for matrix in [
        classical::hilbert(40),
        classical::kahan(40, 1.2),
        classical::cauchy(40),
    ] {
        let svd = svd_by_descent(&matrix, full()).expect("finite");
        assert_eq!(complaint_about_form(&matrix, &svd), None);
    }
}

#[test]
fn bad_input_is_refused() {
    let run = |matrix: DMatrix<f64>| svd_by_descent(&matrix, full()).unwrap_err();
    for (rows, columns) in [(0, 0), (0, 3), (3, 0)] {
        let argument = "matrix";
        let expected = SvdError::Input(InputError::Empty {
            argument,
            rows,
            columns,
        });
        assert_eq!(run(DMatrix::zeros(rows, columns)), expected);
    }
    for value in [f64::INFINITY, f64::NEG_INFINITY] {
        let mut matrix = uniform(3, 5, 29);
        matrix[(2, 4)] = f64::NAN;
        matrix[(1, 3)] = value;
        let (argument, row, column) = ("matrix", 1, 3);
        assert_eq!(
            run(matrix),
            SvdError::Input(InputError::NotFinite {
                argument,
                row,
                column,
                value
            })
        );
    }
    let with_nan = run(DMatrix::from_element(2, 2, f64::NAN));
    assert!(
        matches!(with_nan, SvdError::Input(InputError::NotFinite { row: 0, column: 0, value, .. }) if value.is_nan())
    );
    let found = svd_by_descent(&uniform(2, 2, 30), full().max_sweeps(0));
    let (name, value, requirement) = ("max_sweeps", 0.0, "at least 1");
    assert_eq!(
        found,
        Err(SvdError::Input(InputError::InvalidSetting {
            name,
            value,
            requirement
        }))
    );
}

#[test]
fn long_columns_lose_no_digits() {
    let m = DMatrix::from_element(100_000, 3, 0.1_f32);
    let svd = svd_by_descent(&m, SvdConfig::default()).unwrap();
    let exact = (3.0 * 1e5 * f64::from(0.1_f32).powi(2)).sqrt();
    let values = svd.singular_values.map(f64::from);
    assert!((values[0] - exact).abs() <= 1e-5 * exact);
    assert!(values[1] <= 1e-5 * exact);
}

/// Entries without structure.
fn scattered(i: usize, j: usize) -> f64 {
    ((i * i + 3 * i * j + 7 * j + 1) as f64).sin()
}

/// Below the order from which a pivoted factorisation comes first, the order of the planes decides.
#[test]
fn graded_rows_take_no_more_sweeps() {
    for (n, decades) in [(11, 2), (11, 9), (31, 2), (31, 4), (31, 9), (40, 9)] {
        let scale = |i: usize| 10.0_f64.powi(-(decades * i as i32));
        let m = DMatrix::from_fn(n, n, |i, j| scattered(i, j) * scale(i));
        let svd = svd_by_descent(&m, SvdConfig::default()).unwrap();
        assert!(svd.sweeps <= 20, "{n}, {decades}: {}", svd.sweeps);
    }
}

/// Around √ε·σ₁, where another way to U and σ begins.
#[test]
fn columns_half_of_the_digits_apart_keep_theirs() {
    let n = 66;
    for size in [1e-2, 5e-3, 2e-3, 1e-3, 4e-4, 3e-4, 1e-4] {
        let m = DMatrix::<f32>::from_fn(n, n, |i, j| {
            let angle = std::f64::consts::PI * ((2 * i + 1) * j) as f64 / (2 * n) as f64;
            let entry = angle.cos() + 0.1 * scattered(i, j);
            (if j < 4 { entry * size } else { entry }) as f32
        });
        let found = svd_by_descent(&m, SvdConfig::default()).unwrap();
        let expected = m.map(f64::from).singular_values();
        for (found, expected) in found.singular_values.iter().zip(expected.iter()) {
            let error = (f64::from(*found) / expected - 1.0).abs();
            let allowed = 16.0 * f64::from(f32::EPSILON);
            assert!(error < allowed, "{size:e}: {error:e} at {expected:e}");
        }
    }
}
