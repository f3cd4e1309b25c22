//! What holds of every matrix, tried on random ones: the same ones on every run.
//!
//! Each property is tried a few hundred times; the environment variable `MATRIX_DESCENT_CASES`
//! asks for more, in a release build:
//!
//! ```text
//! MATRIX_DESCENT_CASES=100000 cargo test --release -p matrix-descent-tests properties
//! ```

use matrix_descent::inverse::InverseError;
use matrix_descent::{Accuracy, Config, Inversion, Real, Side, Start, certify, invert_by_descent};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

use crate::support::cases::config;
use crate::support::gallery::random::{gaussian, integers, orthogonal, uniform};
use crate::support::rational::exact_solution;
use crate::support::reference::equilibration::equilibrate;
use crate::support::reference::{reference_inverse, residuals, widen};
use crate::support::truth::{false_claims, is_working_accuracy, relative_error, residual_on};

/// The kinds of random matrices.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Random singular vectors, singular values anywhere in the given decades.
    Spectrum,
    /// Independent entries.
    Uniform,
    /// Independent entries, the rows of sizes over the given decades.
    Rows,
    /// The same with the columns.
    Columns,
    /// Integers up to 3, often singular.
    Integers,
    /// Most entries zero, the others of sizes over the given decades.
    Sparse,
    /// The last row close to the first.
    NearlyDependent,
    /// Zero below the diagonal.
    Triangular,
}

const KINDS: [Kind; 8] = [
    Kind::Spectrum,
    Kind::Uniform,
    Kind::Rows,
    Kind::Columns,
    Kind::Integers,
    Kind::Sparse,
    Kind::NearlyDependent,
    Kind::Triangular,
];

/// All that a matrix depends on, so that a failure shows it.
#[derive(Clone, Copy, Debug)]
struct Recipe {
    kind: Kind,
    order: usize,
    decades: f64,
    exponent: i32,
    seed: u64,
}

impl Recipe {
    fn matrix<T: Real>(&self) -> DMatrix<T> {
        let entry = |value: f64| <T as Real>::from_f64(value).scale_by_power_of_two(self.exponent);
        self.unscaled().map(entry)
    }

    fn unscaled(&self) -> DMatrix<f64> {
        let (order, seed) = (self.order, self.seed);
        let noise = uniform(order, seed);
        let sizes = uniform(order, seed + 1).map(|u| 10_f64.powf(0.5 * self.decades * u));
        match self.kind {
            Kind::Spectrum => self.with_random_spectrum(),
            Kind::Uniform => noise,
            Kind::Rows => DMatrix::from_fn(order, order, |i, j| noise[(i, j)] * sizes[i]),
            Kind::Columns => DMatrix::from_fn(order, order, |i, j| noise[(i, j)] * sizes[j]),
            Kind::Integers => integers(order, order, 3, seed),
            Kind::Sparse => {
                let kept = uniform(order, seed + 2).map(|u| f64::from(u8::from(u > 0.2)));
                noise.component_mul(&sizes).component_mul(&kept)
            }
            Kind::NearlyDependent => {
                let mut matrix = noise;
                let distance = 10_f64.powf(-self.decades);
                let last = matrix.row(0) + matrix.row(order - 1) * distance;
                matrix.set_row(order - 1, &last);
                matrix
            }
            Kind::Triangular => noise.upper_triangle(),
        }
    }

    fn with_random_spectrum(&self) -> DMatrix<f64> {
        let (order, seed) = (self.order, self.seed);
        let places = uniform(order, seed + 3);
        let value = |i: usize| 10_f64.powf(0.5 * self.decades * places[i]);
        let values = DVector::from_fn(order, |i, _| value(i));
        let (left, right) = (orthogonal(order, seed + 4), orthogonal(order, seed + 5));
        left * DMatrix::from_diagonal(&values) * right.transpose()
    }
}

/// Matrices of orders up to 12 with factors 2^±`exponent` and condition numbers mostly up to
/// 1e`decades`.
fn recipes(decades: f64, exponent: i32) -> impl Strategy<Value = Recipe> {
    let parts = (
        prop::sample::select(&KINDS[..]),
        1_usize..=12,
        0.0..decades,
        -exponent..=exponent,
        0..1_000_000_000_u64,
    );
    parts.prop_map(|(kind, order, decades, exponent, seed)| Recipe {
        kind,
        order,
        decades,
        exponent,
        seed,
    })
}

fn double() -> impl Strategy<Value = Recipe> {
    recipes(13.0, 300)
}

fn single() -> impl Strategy<Value = Recipe> {
    recipes(6.0, 40)
}

fn invert<T: Real>(matrix: &DMatrix<T>) -> Result<Inversion<T>, InverseError<T>> {
    invert_by_descent(matrix, Config::default())
}

/// Whether the equilibrated matrix has an inverse with a digit to spare: σ₁/σₙ ≤ 0.05/ε.
fn is_clearly_regular<T: Real>(matrix: &DMatrix<f64>) -> bool {
    let values = equilibrate(matrix).matrix.singular_values();
    values.min() > 20.0 * T::EPSILON.to_f64() * values.max()
}

/// What an answer gets wrong, held against the reference.
fn untruths<T: Real>(
    matrix: &DMatrix<T>,
    answer: &Result<Inversion<T>, InverseError<T>>,
) -> Vec<String> {
    let wide = widen(matrix);
    match answer {
        Ok(found) if !found.certificate.is_proof() => vec!["nothing is proven".to_owned()],
        Ok(found) => {
            let reference = reference_inverse(&wide);
            false_claims(
                &found.certificate,
                &wide,
                &widen(&found.inverse),
                &reference,
            )
        }
        Err(error) if is_clearly_regular::<T>(&wide) => vec![format!("regular, but {error}")],
        Err(_) => vec![],
    }
}

fn check_answer<T: Real>(recipe: &Recipe) -> Result<(), TestCaseError> {
    let matrix: DMatrix<T> = recipe.matrix();
    let untruths = untruths(&matrix, &invert(&matrix));
    prop_assert!(untruths.is_empty(), "{:?}", untruths);
    Ok(())
}

/// The certificate of an inverse by LU, so that not only good inverses are certified.
fn check_certify<T: Real>(recipe: &Recipe, perturbation: f64) -> Result<(), TestCaseError> {
    let matrix: DMatrix<T> = recipe.matrix();
    let Some(mut x) = matrix.clone().try_inverse() else {
        return Ok(());
    };
    let change = gaussian(recipe.order, recipe.seed + 6) * perturbation;
    for (entry, change) in x.iter_mut().zip(&change) {
        *entry += *entry * <T as Real>::from_f64(*change);
    }
    let Ok(certificate) = certify(&matrix, &x) else {
        return Ok(());
    };
    if certificate.is_proof() {
        let wide = widen(&matrix);
        let claims = false_claims(&certificate, &wide, &widen(&x), &reference_inverse(&wide));
        prop_assert!(claims.is_empty(), "{:?}", claims);
    }
    Ok(())
}

/// An inverse that is accepted at a tolerance has a residual within it.
fn check_tolerance<T: Real>(recipe: &Recipe, tolerance: f64) -> Result<(), TestCaseError> {
    let matrix: DMatrix<T> = recipe.matrix();
    let config = Config::default().tolerance(<T as Real>::from_f64(tolerance));
    let Ok(found) = invert_by_descent(&matrix, config) else {
        return Ok(());
    };
    let (wide, x) = (widen(&matrix), widen(&found.inverse));
    let (residual, _) = residuals(&wide, &x);
    // The residual is computed with rounding errors of its own.
    let slack = T::from_count(recipe.order).to_f64() * T::EPSILON.to_f64();
    let allowed = <T as Real>::from_f64(tolerance).to_f64() + slack * wide.norm() * x.norm();
    prop_assert!(residual <= allowed, "{residual:e} > {allowed:e}");
    prop_assert!(found.certificate.is_proof());
    Ok(())
}

/// An accepted inverse solves XM = I.
fn check_residual<T: Real>(recipe: &Recipe) -> Result<(), TestCaseError> {
    let matrix: DMatrix<T> = recipe.matrix();
    if let Ok(found) = invert(&matrix) {
        let bound = found.certificate.relative_error_bound();
        prop_assert!(found.residual.is_finite());
        prop_assert!(bound < 1.0, "{bound:e}");
    }
    Ok(())
}

/// Working accuracy is what it promises, from wherever the search begins.
fn check_working_accuracy<T: Real>(recipe: &Recipe) -> Result<(), TestCaseError> {
    let matrix: DMatrix<T> = recipe.matrix();
    let config = Config::default().accuracy(Accuracy::Working);
    let config = config.start(Start::RandomUniform).seed(recipe.seed);
    let wide = widen(&matrix);
    match invert_by_descent(&matrix, config) {
        Ok(found) => {
            let reference = reference_inverse(&wide);
            let x = widen(&found.inverse);
            let claims = false_claims(&found.certificate, &wide, &x, &reference);
            prop_assert!(claims.is_empty(), "{:?}", claims);
            prop_assert!(is_working_accuracy(&found, &wide, &reference));
        }
        Err(error) => prop_assert!(!is_clearly_regular::<T>(&wide), "regular, but {error}"),
    }
    Ok(())
}

/// A larger tolerance is met wherever a smaller one is, none is met falsely, and one of four times
/// the residual of the inverse to full accuracy is met.
fn check_ladder<T: Real>(recipe: &Recipe, side: Side, steps: &[f64]) -> Result<(), TestCaseError> {
    let matrix: DMatrix<T> = recipe.matrix();
    let Ok(full) = invert(&matrix) else {
        return Ok(());
    };
    let wide = widen(&matrix);
    // An exact inverse leaves nothing, but its proof bounds that only by what rounding may hide.
    let least = residual_on(side, &wide, &widen(&full.inverse)).max(f64::EPSILON);
    let mut steps = steps.to_vec();
    steps.sort_by(f64::total_cmp);
    let mut met = None;
    for step in steps {
        let tolerance = <T as Real>::from_f64(least * 10_f64.powf(step));
        if tolerance >= T::one() {
            break;
        }
        match invert_by_descent(&matrix, Config::default().side(side).tolerance(tolerance)) {
            Ok(found) => {
                let residual = residual_on(side, &wide, &widen(&found.inverse));
                let allowed = (1.0 + 1.1e-3) * tolerance.to_f64();
                prop_assert!(residual <= allowed, "{residual:e} > {allowed:e}");
                met = Some(tolerance);
            }
            Err(error) => {
                prop_assert!(met.is_none(), "{met:?} is met, but {error}");
                prop_assert!(step < 4_f64.log10(), "{least:e} is met, but {error}");
            }
        }
    }
    Ok(())
}

fn sides() -> impl Strategy<Value = Side> {
    prop::sample::select(&[Side::Left, Side::Right, Side::Both][..])
}

/// Decades above the least residual, most of them near it.
fn ladders() -> impl Strategy<Value = Vec<f64>> {
    let near = prop::collection::vec(-1.0..2.0, 6);
    let far = prop::collection::vec(0.0..10.0, 2);
    (near, far).prop_map(|(near, far)| [near, far].concat())
}

fn check_scaling<T: Real>(recipe: &Recipe, exponent: i32) -> Result<(), TestCaseError> {
    let matrix: DMatrix<T> = recipe.matrix();
    let scaled = matrix.map(|value| value.scale_by_power_of_two(exponent));
    match (invert(&matrix), invert(&scaled)) {
        (Ok(one), Ok(other)) => {
            // An entry below the normal numbers has fewer digits, and is left out.
            let is_normal = |value: T| value.abs() >= T::MIN_POSITIVE;
            for (&one, &other) in one.inverse.iter().zip(&other.inverse) {
                if is_normal(one) && is_normal(other) {
                    prop_assert_eq!(other.scale_by_power_of_two(exponent), one);
                }
            }
            prop_assert_eq!(other.report.losses, one.report.losses);
        }
        (
            Err(InverseError::Singular { rank, .. }),
            Err(InverseError::Singular { rank: other, .. }),
        ) => {
            prop_assert_eq!(rank, other);
        }
        (one, other) => prop_assert!(false, "{one:?}, {other:?}"),
    }
    Ok(())
}

/// Both are the inverse but for the rounding of their entries, in the norm of the certificate.
fn check_transpose<T: Real>(recipe: &Recipe) -> Result<(), TestCaseError> {
    let matrix: DMatrix<T> = recipe.matrix();
    let wide = widen(&matrix);
    if !is_clearly_regular::<T>(&wide) {
        return Ok(());
    }
    for matrix in [&matrix, &matrix.transpose()] {
        let found = invert(matrix);
        prop_assert!(found.is_ok(), "{found:?}");
        if let Ok(found) = found {
            let error = relative_error(&found, &reference_inverse(&widen(matrix)));
            prop_assert!(error <= 0.9 * T::EPSILON.to_f64(), "{error:e}");
        }
    }
    Ok(())
}

/// How the inverse that a solution comes from is found.
#[derive(Clone, Copy, Debug)]
enum Quality {
    Full,
    Working,
    OnTheRight,
    Loose,
}

const QUALITIES: [Quality; 4] = [
    Quality::Full,
    Quality::Working,
    Quality::OnTheRight,
    Quality::Loose,
];

fn invert_to<T: Real>(
    quality: Quality,
    matrix: &DMatrix<T>,
) -> Result<Inversion<T>, InverseError<T>> {
    let config = Config::default();
    let config = match quality {
        Quality::Full => config,
        Quality::Working => config.accuracy(Accuracy::Working),
        Quality::OnTheRight => config.side(Side::Right),
        Quality::Loose => config.tolerance(<T as Real>::from_f64(0.3)),
    };
    invert_by_descent(matrix, config)
}

/// Every component of a solution is within its bound of the exact one, whatever the right-hand
/// side: random, that of a random solution, one that the inverse hardly enlarges, with entries of
/// many sizes.
fn check_solution<T: Real>(
    recipe: &Recipe,
    quality: Quality,
    exponent: i32,
) -> Result<(), TestCaseError> {
    let matrix: DMatrix<T> = recipe.matrix();
    let Ok(inversion) = invert_to(quality, &matrix) else {
        return Ok(());
    };
    let noise = uniform(recipe.order, recipe.seed + 7);
    let column = |k: usize| -> DVector<T> {
        let scale = |v: f64| <T as Real>::from_f64(v).scale_by_power_of_two(exponent);
        noise.column(k % recipe.order).map(scale)
    };
    let graded = column(1).map_with_location(|i, _, v| v.scale_by_power_of_two(-6 * i as i32));
    let image = |x: DVector<T>| {
        let product = &matrix * x;
        // An image may leave the range of the format.
        if product.iter().all(|v| v.is_finite()) {
            product
        } else {
            graded.clone()
        }
    };
    let sides = [
        column(0),
        graded.clone(),
        image(column(2)),
        image(graded.clone()),
    ];
    let b = DMatrix::from_columns(&sides);
    let Ok(found) = inversion.solve(&b) else {
        return Ok(());
    };
    let wide = widen(&matrix);
    for (k, side) in sides.iter().enumerate() {
        let side: Vec<f64> = side.iter().map(|v| v.to_f64()).collect();
        let exact = exact_solution(&wide, &side);
        prop_assert!(exact.is_some(), "a singular matrix has no proven solution");
        for (i, exact) in exact.iter().flatten().enumerate() {
            let (x, bound) = (found.solution[(i, k)].to_f64(), found.error_bounds[(i, k)]);
            prop_assert!(!bound.is_nan());
            let is_true = exact.is_within(x, bound);
            prop_assert!(is_true, "({i}, {k}): {:e} > {bound:e}", exact.error(x));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bound_of_a_solution_is_false(
        recipe in double(),
        quality in prop::sample::select(&QUALITIES[..]),
        exponent in -600..=600,
    ) {
        check_solution::<f64>(&recipe, quality, exponent)?;
    }

    #[test]
    fn no_bound_of_a_solution_in_single_precision_is_false(
        recipe in single(),
        quality in prop::sample::select(&QUALITIES[..]),
        exponent in -60..=60,
    ) {
        check_solution::<f32>(&recipe, quality, exponent)?;
    }

    #[test]
    fn no_answer_is_false(recipe in double()) {
        check_answer::<f64>(&recipe)?;
    }

    #[test]
    fn no_answer_in_single_precision_is_false(recipe in single()) {
        check_answer::<f32>(&recipe)?;
    }

    #[test]
    fn no_certificate_is_false(recipe in double(), decades in -16.0..-1.0) {
        check_certify::<f64>(&recipe, 10_f64.powf(decades))?;
    }

    #[test]
    fn no_certificate_in_single_precision_is_false(recipe in single(), decades in -8.0..-1.0) {
        check_certify::<f32>(&recipe, 10_f64.powf(decades))?;
    }

    #[test]
    fn an_accepted_residual_is_within_the_tolerance(recipe in double(), decades in -12.0..-1.0) {
        check_tolerance::<f64>(&recipe, 10_f64.powf(decades))?;
        check_residual::<f64>(&recipe)?;
    }

    #[test]
    fn an_accepted_residual_in_single_precision_is_within_the_tolerance(
        recipe in single(),
        decades in -5.0..-1.0,
    ) {
        check_tolerance::<f32>(&recipe, 10_f64.powf(decades))?;
        check_residual::<f32>(&recipe)?;
    }

    #[test]
    fn working_accuracy_is_reached(recipe in double()) {
        check_working_accuracy::<f64>(&recipe)?;
    }

    #[test]
    fn working_accuracy_is_reached_in_single_precision(recipe in single()) {
        check_working_accuracy::<f32>(&recipe)?;
    }

    #[test]
    fn a_larger_tolerance_is_met_too(recipe in double(), side in sides(), steps in ladders()) {
        check_ladder::<f64>(&recipe, side, &steps)?;
    }

    #[test]
    fn a_larger_tolerance_is_met_too_in_single_precision(
        recipe in single(),
        side in sides(),
        steps in ladders(),
    ) {
        check_ladder::<f32>(&recipe, side, &steps)?;
    }

    #[test]
    fn a_power_of_two_scales_the_inverse_exactly(recipe in double(), exponent in -300..=300) {
        check_scaling::<f64>(&recipe, exponent)?;
    }

    #[test]
    fn a_power_of_two_scales_the_inverse_exactly_in_single_precision(
        recipe in single(),
        exponent in -20..=20,
    ) {
        check_scaling::<f32>(&recipe, exponent)?;
    }

    #[test]
    fn the_inverse_of_the_transpose_is_the_transpose(recipe in double()) {
        check_transpose::<f64>(&recipe)?;
    }

    #[test]
    fn the_inverse_of_the_transpose_is_the_transpose_in_single_precision(recipe in single()) {
        check_transpose::<f32>(&recipe)?;
    }
}
