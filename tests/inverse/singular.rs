//! Singular matrices are found, with their ranks, and no regular one is taken for singular.

use matrix_descent::inverse::InverseError;
use matrix_descent::{Config, Inversion, Real, invert_by_descent};
use nalgebra::{DMatrix, DVector};

use crate::support::gallery::singular::{Singular, cycle_laplacian, magic_square, random_of_rank};
use crate::support::gallery::{GalleryMatrix, prescribed, random, singular_gallery};
use crate::support::reference::{forward_error, widen};
use crate::support::truth::{assert_none, assert_true};

/// About twice what a regular matrix of the same order takes.
const MOST_PRODUCTS: usize = 120;
/// In f32 noise is regular enough for f64 to be inverted there, before it turns out to be noise.
const MOST_PRODUCTS_ON_NOISE: usize = 250;

/// What is wrong with the answer to a matrix whose entries make it singular exactly, if anything.
fn complaint_if_exact<T: Real>(matrix: &DMatrix<T>, rank: usize) -> Option<String> {
    complaint(matrix, rank, MOST_PRODUCTS).or_else(|| {
        let found = invert_by_descent(matrix, Config::default());
        let is_proof =
            matches!(found, Err(InverseError::Singular { best, .. }) if best.certificate.is_proof());
        is_proof.then(|| "proves an inverse".to_owned())
    })
}

/// The same for a matrix that may be singular only to rounding.
fn complaint<T: Real>(matrix: &DMatrix<T>, rank: usize, most: usize) -> Option<String> {
    match invert_by_descent(matrix, Config::default()) {
        Err(InverseError::Singular { rank: found, best }) if found == rank => {
            complaint_about(&best, most)
        }
        Err(InverseError::Singular { rank: found, best }) => Some(format!(
            "rank {found}, not {rank}, after {:?}",
            best.products
        )),
        other => Some(format!("{other:?}")),
    }
}

fn complaint_about<T: Real>(best: &Inversion<T>, most: usize) -> Option<String> {
    let checks = [
        ("too many products", best.products.total() < most),
        (
            "no finite iterate",
            best.inverse.iter().all(|x| x.is_finite()),
        ),
        (
            "no history",
            best.report.losses.len() == best.report.steps + 1,
        ),
    ];
    let failed = checks.iter().find(|(_, is_met)| !is_met);
    failed.map(|(complaint, _)| format!("{complaint}: {:?}", best.products))
}

#[test]
fn singular_matrices_are_found_with_their_ranks() {
    let complaints = singular_gallery()
        .into_iter()
        .filter_map(|(name, m, rank)| {
            complaint_if_exact(&m, rank).map(|complaint| format!("{name}: {complaint}"))
        });
    assert_none(complaints);
}

#[test]
fn singular_matrices_are_found_in_single_precision() {
    let complaints = singular_gallery()
        .into_iter()
        .filter_map(|(name, m, rank)| {
            let narrow = m.map(f32::from_f64);
            let is_exact = widen(&narrow) == m;
            let complaint = is_exact.then(|| complaint_if_exact(&narrow, rank))??;
            Some(format!("{name}: {complaint}"))
        });
    assert_none(complaints);
}

/// Singular matrices of an order that is a multiple of 4, with their ranks. All are singular
/// exactly, and their other singular values are as those of a random matrix or larger.
fn singular_of_order(n: usize) -> Vec<Singular> {
    let gaussian = random::gaussian(n, 5).map(|entry| f64::from(entry as f32));
    let [mut row, mut column, mut scaled, mut zeros] = [(); 4].map(|()| gaussian.clone());
    row.set_row(n - 2, &gaussian.row(1));
    column.set_column(n - 2, &gaussian.column(1));
    scaled.set_row(n - 2, &(gaussian.row(1) * 2.0_f64.powi(-60)));
    zeros.column_mut(n / 2).fill(0.0);
    let half = DMatrix::from_fn(n, n, |i, j| gaussian[(i % (n / 2), j)]);
    let cases = [
        ("rank n − 1", random_of_rank(n, n - 1), n - 1),
        ("rank n/2", random_of_rank(n, n / 2), n / 2),
        ("rank 1", random_of_rank(n, 1), 1),
        ("duplicated row", row, n - 1),
        ("duplicated column", column, n - 1),
        ("duplicated row on another scale", scaled, n - 1),
        ("duplicated half", half, n / 2),
        ("zero column", zeros, n - 1),
        ("magic square", magic_square(n), 3),
        ("cycle Laplacian", cycle_laplacian(n), n - 1),
        ("ones", DMatrix::from_element(n, n, 1.0), 1),
    ];
    cases
        .map(|(name, matrix, rank)| (format!("{name} {n}"), matrix, rank))
        .to_vec()
}

/// What is wrong if a singular matrix takes more than 1.5 times the products of a regular one.
fn complaint_if_slow<T: Real>((name, matrix, rank): &Singular) -> Option<String> {
    let of_format = |matrix: &DMatrix<f64>| matrix.map(<T as Real>::from_f64);
    let regular = of_format(&random::gaussian(matrix.nrows(), 2));
    let found = invert_by_descent(&regular, Config::default()).expect("regular");
    let most = found.products.total() * 3 / 2;
    let complaint = complaint(&of_format(matrix), *rank, most + 1)?;
    Some(format!("{name}, {most} allowed: {complaint}"))
}

#[test]
fn a_singular_matrix_takes_few_products_more_than_a_regular_one() {
    let complaints = [24, 64, 128].into_iter().flat_map(|order| {
        let cases = singular_of_order(order);
        let complaints = |case| {
            [
                complaint_if_slow::<f64>(case),
                complaint_if_slow::<f32>(case),
            ]
        };
        let complaints: Vec<_> = cases.iter().flat_map(complaints).flatten().collect();
        complaints
    });
    assert_none(complaints);
}

/// The product of Gaussian matrices with `rank` columns and rows: the other singular values are
/// not zero, but what rounding leaves.
fn singular_but_for_rounding(order: usize, rank: usize, seed: u64) -> DMatrix<f64> {
    let left = random::gaussian(order, seed).columns(0, rank).into_owned();
    let right = random::gaussian(order, seed + 1);
    left * right.rows(0, rank)
}

/// Matrices in `f64` that rounding alone makes regular, with κ∞·ε from about 10, and their ranks.
fn nearly_singular_of_order(n: usize) -> Vec<Singular> {
    let gaussian = random::gaussian(n, 5);
    let mut row = gaussian.clone();
    row.set_row(n - 2, &(gaussian.row(0) * 0.3 + gaussian.row(3) * 0.7));
    let one_lost = |condition_number: f64| {
        let mut values = prescribed::log_spaced(1e3, n);
        values[n - 1] = condition_number.recip();
        prescribed::with_singular_values(&values, 4)
    };
    let cases = [
        ("product", singular_but_for_rounding(n, n - 1, 1)),
        ("combined rows", row),
        ("κ = 1e17", one_lost(1e17)),
        ("κ = ∞", one_lost(f64::INFINITY)),
    ];
    cases
        .map(|(name, matrix)| (format!("{name} {n}"), matrix, n - 1))
        .to_vec()
}

#[test]
fn a_matrix_that_rounding_makes_regular_takes_few_products_more_than_a_regular_one() {
    let cases = [24, 64, 120].map(nearly_singular_of_order).concat();
    assert_none(cases.iter().filter_map(complaint_if_slow::<f64>));
}

fn check_rank_without_noise<T: Real>(order: usize, rank: usize, seed: u64) -> Option<String> {
    let matrix = singular_but_for_rounding(order, rank, seed).map(<T as Real>::from_f64);
    let complaint = complaint(&matrix, rank, MOST_PRODUCTS_ON_NOISE)?;
    Some(format!("rank {rank} of {order}, seed {seed}: {complaint}"))
}

#[test]
fn noise_does_not_count_as_rank() {
    let cases = [2, 3, 5, 8, 16, 30, 64, 128].into_iter().flat_map(|order| {
        let ranks = [1, order / 3, order / 2, order - 1];
        let is_distinct = |&(k, &rank): &(usize, &usize)| rank > 0 && !ranks[..k].contains(&rank);
        let ranks: Vec<_> = ranks
            .iter()
            .enumerate()
            .filter(is_distinct)
            .map(|(_, &r)| r)
            .collect();
        ranks.into_iter().map(move |rank| (order, rank))
    });
    for (order, rank) in cases {
        let seeds = if order <= 30 { 0..10 } else { 0..1 };
        for seed in seeds {
            assert_none(check_rank_without_noise::<f64>(order, rank, 2 * seed));
            // In f32 an order of 2 leaves too few noise bits to tell from a regular matrix.
            let is_clear = order > 2 && order <= 64;
            let in_single =
                is_clear.then(|| check_rank_without_noise::<f32>(order, rank, 2 * seed));
            assert_none(in_single.flatten());
        }
    }
}

/// The best iterate of a singular matrix is an inverse on the range: its residual is that of the
/// pseudo-inverse, one for each dimension that is lost.
#[test]
fn the_best_iterate_inverts_what_can_be_inverted() {
    for (name, matrix, rank) in singular_gallery() {
        let Err(InverseError::Singular { best, .. }) =
            invert_by_descent(&matrix, Config::default())
        else {
            panic!("{name}");
        };
        let lost = ((matrix.nrows() - rank) as f64).sqrt();
        let allowed = lost * (1.0 - 1e-6)..=f64::INFINITY;
        assert!(
            allowed.contains(&best.residual),
            "{name}: {}",
            best.residual
        );
    }
}

fn check_tiny<T: Real>(value: f64, n: usize) {
    let matrix = DMatrix::from_diagonal_element(n, n, <T as Real>::from_f64(value));
    let found = invert_by_descent(&matrix, Config::default());
    let inverse = found.unwrap_or_else(|error| panic!("{value:e}: {error}"));
    let expected = T::one() / <T as Real>::from_f64(value);
    assert_eq!(
        inverse.inverse,
        DMatrix::from_diagonal_element(n, n, expected)
    );
}

#[test]
fn tiny_and_huge_matrices_are_regular() {
    for (value, n) in [
        (1e-200, 2),
        (1e-120, 3),
        (1e300, 3),
        (1e-308, 4),
        (3e-308, 1),
    ] {
        check_tiny::<f64>(value, n);
    }
    for (value, n) in [(1e-30, 2), (1e-37, 3), (1e37, 3)] {
        check_tiny::<f32>(value, n);
    }
}

fn check_graded<T: Real>(name: &str, entries: &[f64]) {
    let diagonal = DVector::from_iterator(entries.len(), entries.iter().copied());
    let wide = DMatrix::from_diagonal(&diagonal);
    let matrix = wide.map(<T as Real>::from_f64);
    let entry = GalleryMatrix::new(name.to_owned(), widen(&matrix));
    let found = invert_by_descent(&matrix, Config::default()).expect(name);
    assert_true(name, &found.certificate, &entry, &found.inverse);
    let error = forward_error(&widen(&found.inverse), &entry.inverse);
    assert!(error <= T::EPSILON.to_f64() / 2.0, "{name}: {error:e}");
}

#[test]
fn diagonals_of_very_different_sizes_are_regular() {
    check_graded::<f64>("1e200, 1e-200", &[1e200, 1e-200]);
    check_graded::<f64>("powers of 1e-60", &[1e120, 1e60, 1.0, 1e-60, 1e-120]);
    check_graded::<f32>("1e30, 1e-30", &[1e30, 1e-30]);
}

/// Hostile entries: no panic, no endless run, and no inverse that is none.
#[test]
fn extreme_entries_get_an_honest_answer() {
    for value in [
        f64::MAX,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        1e308,
        -1e-310,
    ] {
        for n in [1, 2, 5] {
            let mut corner = DMatrix::identity(n, n);
            corner[(0, n - 1)] = value;
            for matrix in [DMatrix::from_element(n, n, value), corner] {
                if let Ok(found) = invert_by_descent(&matrix, Config::default()) {
                    let name = format!("{value:e}, n = {n}");
                    let entry = GalleryMatrix::new(name.clone(), matrix);
                    assert_true(&name, &found.certificate, &entry, &found.inverse);
                }
            }
        }
    }
}

/// Two clusters of singular values in f32, near the end of what is promised there.
#[test]
fn single_precision_serves_up_to_a_million() {
    for (order, large) in [(64, 32), (64, 1), (100, 50)] {
        let values = DVector::from_fn(order, |i, _| if i < large { 1.0 } else { 1.0 / 8e5 });
        let matrix = prescribed::with_singular_values(&values, 5).map(f32::from_f64);
        let name = format!("{large} large of {order}");
        let found = invert_by_descent(&matrix, Config::default()).expect(&name);
        assert!(found.certificate.relative_error_bound() < 1e-7, "{name}");
    }
}
