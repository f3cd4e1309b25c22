//! The default method on the gallery, beside LU, against inverses of thirty digits.
//!
//! `cargo test --release accuracy -- --nocapture` prints the table.

use std::sync::LazyLock;

use matrix_descent::inverse::InverseError;
use matrix_descent::{Accuracy, Config, Inversion, Real, Start, invert_by_descent};
use nalgebra::{DMatrix, dmatrix};

use crate::support::gallery::prescribed::{two_clusters, with_singular_values};
use crate::support::gallery::{GalleryMatrix, gallery, single_precision_gallery};
use crate::support::lu::nalgebra_inverse;
use crate::support::reference::{forward_error, reference_inverse, residuals, widen};
use crate::support::truth::{
    assert_history, assert_none, assert_true, is_working_accuracy, relative_error,
};

/// A condition number that is prescribed is met up to this factor after equilibration.
const MARGIN: f64 = 1.1;
/// Above the rounding of the inverse to `f64`, by less than a factor of two.
const ROUNDED: f64 = 2e-16;
/// The same in `f32`.
const ROUNDED_TO_SINGLE: f64 = ROUNDED * (1 << 29) as f64;
/// An inverse as close as this is the correctly rounded one: no other has a better right to its
/// residual.
const CORRECTLY_ROUNDED: f64 = 1.2e-16;

/// Measures of an approximate inverse; infinite if there is none.
#[derive(Clone, Copy, Debug)]
struct Quality {
    forward: f64,
    left: f64,
    right: f64,
}

impl Quality {
    fn of(x: &DMatrix<f64>, entry: &GalleryMatrix) -> Self {
        let (left, right) = residuals(&entry.matrix, x);
        let forward = forward_error(x, &entry.inverse);
        Self {
            forward,
            left,
            right,
        }
    }

    const NONE: Self = Self {
        forward: f64::INFINITY,
        left: f64::INFINITY,
        right: f64::INFINITY,
    };

    fn worse_residual(&self) -> f64 {
        self.left.max(self.right)
    }

    fn better_residual(&self) -> f64 {
        self.left.min(self.right)
    }
}

/// A matrix of the gallery, inverted.
struct Row<T: Real> {
    entry: &'static GalleryMatrix,
    result: Result<Inversion<T>, InverseError<T>>,
    quality: Quality,
}

impl<T: Real> Row<T> {
    fn new(entry: &'static GalleryMatrix) -> Self {
        let result = invert_by_descent(&entry.matrix.map(<T as Real>::from_f64), Config::default());
        let quality = match &result {
            Ok(inversion) => Quality::of(&widen(&inversion.inverse), entry),
            Err(_) => Quality::NONE,
        };
        Self {
            entry,
            result,
            quality,
        }
    }

    fn name(&self) -> &str {
        &self.entry.name
    }

    fn condition(&self) -> f64 {
        self.entry.equilibrated_condition_number
    }

    /// Whether a rule for equilibrated condition numbers up to `limit` is for this matrix.
    fn is_up_to(&self, limit: f64) -> bool {
        self.condition() <= limit * MARGIN
    }

    /// The same where rows and columns may not be scaled, as in residuals.
    fn is_up_to_unscaled(&self, limit: f64) -> bool {
        self.is_up_to(limit) && self.entry.condition_number <= limit * MARGIN
    }
}

/// A row with its inversion, if there is one.
type Solved<'a, T> = (&'a Row<T>, &'a Inversion<T>);

fn solved<T: Real>(rows: &'static [Row<T>]) -> impl Iterator<Item = Solved<'static, T>> {
    let solved = |row: &'static Row<T>| row.result.as_ref().ok().map(|found| (row, found));
    rows.iter().filter_map(solved)
}

fn double() -> &'static [Row<f64>] {
    static ROWS: LazyLock<Vec<Row<f64>>> = LazyLock::new(|| {
        let rows = gallery().iter().map(Row::new);
        rows.filter(|row| row.condition() <= 1e14 * MARGIN)
            .collect()
    });
    &ROWS
}

fn single() -> &'static [Row<f32>] {
    static ROWS: LazyLock<Vec<Row<f32>>> = LazyLock::new(|| {
        let rows = single_precision_gallery().iter().map(Row::new);
        rows.filter(|row| row.condition() <= 1e6 * MARGIN).collect()
    });
    &ROWS
}

/// A matrix of the gallery, inverted by LU decomposition.
fn lu_quality(entry: &GalleryMatrix) -> Quality {
    let inverse = nalgebra_inverse(&entry.matrix);
    inverse.map_or(Quality::NONE, |x| Quality::of(&x, entry))
}

/// The rows of [`double`] beside LU.
fn beside_lu() -> impl Iterator<Item = (&'static Row<f64>, &'static Quality)> {
    static LU: LazyLock<Vec<Quality>> =
        LazyLock::new(|| double().iter().map(|row| lu_quality(row.entry)).collect());
    double().iter().zip(LU.iter())
}

#[test]
fn table() {
    println!(
        "{:<40}{:>8}{:>8} |{:>10}{:>8}{:>8}{:>8}{:>8} |{:>22}",
        "matrix", "κ", "scaled", "products", "error", "left", "right", "proven", "LU"
    );
    for (row, lu) in beside_lu() {
        println!(
            "{:<40}{:>8.0e}{:>8.0e} |{} |{}",
            row.name(),
            row.entry.condition_number,
            row.condition(),
            line(row),
            triple(lu)
        );
    }
    println!(
        "worse residual over LU's best one, κ ≤ 1e6, geometric mean: {:.3}",
        mean_residual_ratio()
    );
}

fn line(row: &Row<f64>) -> String {
    let Ok(found) = &row.result else {
        return format!("{:>42}", "no inverse");
    };
    let products = &found.products;
    let counts = format!(
        "{}+{}+{}",
        products.descent, products.refinement, products.verification
    );
    let proven = found.certificate.relative_error_bound();
    format!("{counts:>10}{}{proven:>8.0e}", triple(&row.quality))
}

fn triple(quality: &Quality) -> String {
    let Quality {
        forward,
        left,
        right,
    } = quality;
    format!("{forward:>8.0e}{left:>8.0e}{right:>8.0e}")
}

fn failures<T: Real>(rows: &[Row<T>]) -> Vec<String> {
    let failure = |row: &Row<T>| {
        let error = row.result.as_ref().err()?;
        Some(format!(
            "{}, κ = {:e}: {error}",
            row.name(),
            row.condition()
        ))
    };
    rows.iter().filter_map(failure).collect()
}

#[test]
fn every_matrix_is_inverted() {
    assert_none(failures(double()));
    assert_none(failures(single()));
}

fn check_certificates<T: Real>(rows: &'static [Row<T>]) {
    for (row, found) in solved(rows) {
        assert!(found.certificate.is_proof(), "{}", row.name());
        assert_true(row.name(), &found.certificate, row.entry, &found.inverse);
    }
}

#[test]
fn certificates_are_true() {
    check_certificates(double());
    check_certificates(single());
}

fn check_histories<T: Real>(rows: &'static [Row<T>]) {
    for (row, found) in solved(rows) {
        assert_history(row.name(), row.condition(), found);
    }
}

#[test]
fn the_loss_never_rises_but_by_rounding() {
    check_histories(double());
    check_histories(single());
}

fn check_stated_residuals<T: Real>(rows: &'static [Row<T>]) {
    let violation = |(row, found): Solved<T>| {
        let stated = found.residual.to_f64();
        let order = T::from_count(row.entry.matrix.nrows()).to_f64();
        // The rounding of a product in working precision.
        let sizes = row.entry.matrix.norm() * widen(&found.inverse).norm();
        let slack = order * T::EPSILON.to_f64() * sizes;
        let truth = row.quality.left;
        let is_off = (stated - truth).abs() > slack;
        is_off.then(|| format!("{}: {stated:?}, not {truth:?}", row.name()))
    };
    assert_none(solved(rows).filter_map(violation));
}

#[test]
fn the_stated_residuals_are_those_of_the_inverse() {
    check_stated_residuals(double());
    check_stated_residuals(single());
}

/// The forward error that a matrix may have: that of rounding, a tenth of LU's or LU's own.
fn allowed_error(row: &Row<f64>, lu: &Quality) -> f64 {
    let lu = if row.is_up_to(1e6) {
        0.0
    } else if row.is_up_to(1e12) {
        lu.forward / 10.0
    } else {
        lu.forward
    };
    lu.max(ROUNDED)
}

#[test]
fn inverses_are_right_to_the_last_digit() {
    let violation = |(row, lu): (&Row<f64>, &Quality)| {
        let (error, allowed) = (row.quality.forward, allowed_error(row, lu));
        let is_large = row.result.is_ok() && error > allowed;
        is_large.then(|| format!("{}: {error:e} > {allowed:e}", row.name()))
    };
    assert_none(beside_lu().filter_map(violation));
}

#[test]
fn inverses_in_single_precision_are_right_to_the_last_digit() {
    let violation = |(row, _): Solved<f32>| {
        let error = row.quality.forward;
        (error > ROUNDED_TO_SINGLE).then(|| format!("{}: {error:e}", row.name()))
    };
    assert_none(solved(single()).filter_map(violation));
}

/// The residual that a matrix may have where the entries are no integers, which LU may invert
/// exactly: LU's best one, or its worst one. None is stated beyond.
fn allowed_residual(row: &Row<f64>, lu: &Quality) -> f64 {
    if row.entry.integer {
        f64::INFINITY
    } else if row.is_up_to_unscaled(1e6) {
        lu.better_residual()
    } else if row.is_up_to_unscaled(1e12) {
        lu.worse_residual()
    } else {
        f64::INFINITY
    }
}

#[test]
fn residuals_are_below_those_of_lu() {
    let exceeds = |(row, lu): &(&Row<f64>, &Quality)| {
        row.result.is_ok() && row.quality.worse_residual() > allowed_residual(row, lu)
    };
    let (rounding, violations): (Vec<_>, Vec<_>) = beside_lu()
        .filter(exceeds)
        .partition(|(row, _)| row.quality.forward <= CORRECTLY_ROUNDED);
    let describe = |(row, lu): (&Row<f64>, &Quality)| {
        let (ours, theirs) = (row.quality.worse_residual(), allowed_residual(row, lu));
        format!("{}: {ours:e} > {theirs:e}", row.name())
    };
    assert_none(violations.into_iter().map(describe));
    let rounding: Vec<_> = rounding.into_iter().map(describe).collect();
    println!("correctly rounded, with a residual above LU's: {rounding:#?}");
    assert!(rounding.len() <= MOST_ROUNDING_EXCEPTIONS, "{rounding:#?}");
}

/// Small and structured matrices whose LU decomposition happens to be nearly exact.
const MOST_ROUNDING_EXCEPTIONS: usize = 6;

/// The geometric mean of the larger residual over LU's best one, κ ≤ 1e6, integers aside.
fn mean_residual_ratio() -> f64 {
    let counts = |(row, lu): &(&Row<f64>, &Quality)| {
        let is_positive = row.quality.worse_residual() > 0.0 && lu.better_residual() > 0.0;
        row.is_up_to_unscaled(1e6) && !row.entry.integer && row.result.is_ok() && is_positive
    };
    let logarithm = |(row, lu): (&Row<f64>, &Quality)| {
        (row.quality.worse_residual() / lu.better_residual()).ln()
    };
    let logarithms: Vec<f64> = beside_lu().filter(counts).map(logarithm).collect();
    (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp()
}

#[test]
fn residuals_are_a_fifth_of_those_of_lu_on_average() {
    let ratio = mean_residual_ratio();
    assert!(ratio <= 0.2, "{ratio}");
}

/// κ and the products that the descent may take up to there.
const DESCENT: [(f64, usize); 3] = [(1e2, 30), (1e4, 48), (1e6, 65)];
/// The products that the accurate finish may take.
const FINISH: usize = 6;
/// In `f32` a plain proof is tried before the accurate finish.
const FINISH_IN_SINGLE: usize = 7;

fn check_products<T: Real>(rows: &'static [Row<T>], most_in_finish: usize) {
    let violation = |(row, found): Solved<T>| {
        let limit = DESCENT.iter().find(|limit| row.is_up_to(limit.0));
        let &(_, most_in_descent) = limit?;
        let products = &found.products;
        let is_many = products.descent > most_in_descent || products.refinement > most_in_finish;
        is_many.then(|| format!("{}, κ = {:e}: {products:?}", row.name(), row.condition()))
    };
    assert_none(solved(rows).filter_map(violation));
}

#[test]
fn products_are_few() {
    check_products(double(), FINISH);
    check_products(single(), FINISH_IN_SINGLE);
}

/// Beyond κ = 1e14 nothing is promised but honesty.
#[test]
fn nearly_singular_matrices_get_a_true_certificate_or_an_error() {
    let is_beyond = |entry: &&GalleryMatrix| entry.equilibrated_condition_number > 1e14 * MARGIN;
    for entry in gallery().iter().filter(is_beyond) {
        if let Ok(found) = invert_by_descent(&entry.matrix, Config::default()) {
            assert!(found.certificate.is_proof(), "{}", entry.name);
            assert_true(&entry.name, &found.certificate, entry, &found.inverse);
        }
    }
}

fn check_working_accuracy<T: Real>(entries: &[GalleryMatrix]) {
    let is_moderate = |entry: &&GalleryMatrix| {
        entry.equilibrated_condition_number <= 1e4 && entry.matrix.nrows() <= 64
    };
    for entry in entries.iter().filter(is_moderate) {
        let matrix = entry.matrix.map(<T as Real>::from_f64);
        let full = invert_by_descent(&matrix, Config::default()).expect(&entry.name);
        let config = Config::default().accuracy(Accuracy::Working);
        let working = invert_by_descent(&matrix, config).expect(&entry.name);
        assert_true(&entry.name, &working.certificate, entry, &working.inverse);
        let (spent, saved) = (working.products.total(), full.products.total());
        assert!(spent <= saved, "{}: {spent} > {saved}", entry.name);
        let error = forward_error(&widen(&working.inverse), &entry.inverse);
        let order = T::from_count(matrix.nrows()).to_f64();
        let allowed = order * T::EPSILON.to_f64() * entry.equilibrated_condition_number;
        assert!(error <= allowed, "{}: {error:e} > {allowed:e}", entry.name);
    }
}

/// The first two are a start from which an estimate of ‖I − X₀M‖ is far too small.
#[test]
fn working_accuracy_is_reached_from_every_start() {
    let m = dmatrix![0.7, 0.1; 0.1, 0.5];
    let given = Start::Given(dmatrix![0.375, 0.499; -0.062, 0.922]);
    let mut runs = vec![
        (m.clone(), Start::RandomUniform, 6587),
        (DMatrix::identity(2, 2), given, 0),
    ];
    runs.extend((0..2000).map(|seed| (m.clone(), Start::RandomUniform, seed)));
    for (matrix, start, seed) in runs {
        let config = Config::default()
            .accuracy(Accuracy::Working)
            .start(start)
            .seed(seed);
        let found = invert_by_descent(&matrix, config).unwrap();
        let bound = found.certificate.relative_error_bound();
        let reference = reference_inverse(&matrix);
        assert!(
            is_working_accuracy(&found, &matrix, &reference),
            "{seed}: {bound:e}"
        );
        let error = relative_error(&found, &reference);
        assert!(error <= bound, "{seed}: {error:e} > {bound:e}");
    }
}

/// Two clusters: the order, the condition number, and the products that the descent and the finish
/// may take. Three slices of each factor would leave more than an ulp, and from κ = 2e14 on the
/// descent ends where rounding makes ‖I − XM‖_F more than a half.
const CLIFF: [(usize, f64, usize, usize); 6] = [
    (64, 1e14, 45, 22),
    (100, 3.2e13, 45, 22),
    (100, 1e14, 45, 22),
    (64, 3e14, 50, 24),
    (120, 3e14, 50, 24),
    (64, 5e14, 60, 26),
];

#[test]
fn many_small_singular_values_cost_no_digits_and_few_products() {
    for (order, condition_number, most_in_descent, most_in_finish) in CLIFF {
        let name = format!("{order}, {condition_number:e}");
        let m = with_singular_values(&two_clusters(condition_number, order), 9);
        let found = invert_by_descent(&m, Config::default()).expect(&name);
        let error = forward_error(&found.inverse, &reference_inverse(&m));
        assert!(error <= CORRECTLY_ROUNDED, "{name}: {error:e}");
        let products = found.products;
        let is_few = products.descent <= most_in_descent && products.refinement <= most_in_finish;
        assert!(is_few, "{name}: {products:?}");
    }
}

#[test]
fn working_accuracy_saves_products() {
    check_working_accuracy::<f64>(gallery());
    check_working_accuracy::<f32>(single_precision_gallery());
}
