//! Where an answer is easily claimed to be better, or worse, than it is.

use std::ops::ControlFlow;

use matrix_descent::inverse::InverseError;
use matrix_descent::{
    Accuracy, Config, InverseTracker, Progress, Real, Sgd, Side, Start, certify, invert_by_descent,
};
use nalgebra::{DMatrix, DVector, dmatrix};

use crate::support::gallery::random::uniform;
use crate::support::reference::reference_inverse;
use crate::support::truth::{false_claims, residual_on};

/// An orthogonal matrix that differs from frequency to frequency.
fn orthogonal(order: usize, frequency: f64) -> DMatrix<f64> {
    let wave = |i, j| (((i + 1) * (i + 2 * j + 1)) as f64 * frequency).sin();
    DMatrix::from_fn(order, order, wave).qr().q()
}

#[test]
fn three_clusters_up_to_the_limit_are_not_singular() {
    let spread = DVector::from_fn(24, |i, _| 10_f64.powf(-6.975 * (i % 3) as f64));
    let m = orthogonal(24, 1.4) * DMatrix::from_diagonal(&spread) * orthogonal(24, 2.68);
    let found = invert_by_descent(&m, Config::default()).unwrap();
    assert!(found.certificate.relative_error_bound() < 1e-10);
}

/// The inverse of an upper triangular matrix by back substitution, which is accurate entry by entry
/// for these.
fn triangular_inverse(m: &DMatrix<f64>) -> DMatrix<f64> {
    let identity = DMatrix::identity(m.nrows(), m.nrows());
    m.solve_upper_triangular(&identity).unwrap()
}

#[test]
fn entries_that_weigh_much_before_the_scaling_are_right_in_single_precision() {
    let matrices: [DMatrix<f32>; 2] = [
        dmatrix![3e-7, 3e11, 1e7; 0.0, 3e11, 1e7; 0.0, 0.0, 3e-8],
        dmatrix![1e4, 0.0, 3e3, 0.0; 0.0, 2e-4, 2e-3, 3e2; 0.0, 0.0, 2e-6, 1e-6; 0.0, 0.0, 0.0, 0.1],
    ];
    for m in matrices {
        let found = invert_by_descent(&m, Config::default()).unwrap();
        let truth = triangular_inverse(&m.map(f64::from));
        let error = (found.inverse.map(f64::from) - &truth).norm() / truth.norm();
        assert!(error < 1e-7, "{error:e}: {m}");
    }
}

#[test]
fn a_residual_computed_as_zero_is_not_taken_for_one() {
    let m: DMatrix<f64> = dmatrix![
        -4.661749769358282e-1, 8.843199097194356e-1;
        1.1972830736073277e-2, -2.271209978965485e-2
    ];
    let config = Config::default().side(Side::Right).tolerance(1e-10);
    match invert_by_descent(&m, config) {
        Err(InverseError::NotConverged { best, .. }) => assert!(best.residual > 1e-4),
        other => panic!("{other:?}"),
    }
}

#[test]
fn bounds_of_what_is_no_inverse_are_true() {
    let m: DMatrix<f32> = dmatrix![
        6.37475e5, -1.452642e6, 2.115229e6;
        -2.00347e5, 4.57552e5, -6.64524e5;
        3.25889e5, -7.42459e5, 1.081384e6
    ];
    let Err(InverseError::Singular { best, .. }) = invert_by_descent(&m, Config::default()) else {
        panic!("regular");
    };
    let independent = certify(&m, &best.inverse).unwrap();
    // A bound of the true residual may not lie below what is left of another one after its slack.
    let least = 0.5 * independent.left_residual_bound();
    assert!(best.certificate.left_residual_bound() >= least);
}

#[test]
fn a_limit_of_steps_holds_for_all_scalings_together() {
    let exponent = |i: usize, j: usize| ((7 * i + 13 * j + i * j) % 41) as i32 - 20;
    let mut m = DMatrix::from_fn(6, 6, |i, j| 10_f64.powi(exponent(i, j)));
    let first = m.column(0).clone_owned();
    m.set_column(3, &first);
    let mut seen = 0;
    let config = Config::default()
        .max_steps(12)
        .observer(|_: &Progress<'_, f64>| {
            seen += 1;
            ControlFlow::Continue(())
        });
    assert!(invert_by_descent(&m, config).is_err());
    assert!(
        seen <= 14,
        "{seen} iterates within 12 steps of up to two searches"
    );
}

#[test]
fn an_error_of_the_tracker_carries_the_residual_of_its_iterate() {
    let tracker = InverseTracker::<f64>::new(&dmatrix![4.0, 1.0; 2.0, 3.0]).unwrap();
    let changed = dmatrix![4.3, 1.0; 2.0, 3.0];
    match tracker.tolerance(1e-17).unwrap().update(&changed) {
        Err(InverseError::NotConverged { best, .. }) => {
            let residual = (&best.inverse * &changed - DMatrix::identity(2, 2)).norm();
            assert!(
                (best.residual - residual).abs() < 1e-15,
                "{:e}",
                best.residual
            );
            assert!(!best.report.stop_reason.is_convergence());
        }
        other => panic!("{other:?}"),
    }
}

/// Ones on the diagonal, −8 below it: the inverse holds powers of 8 up to 8³¹, all of them exact.
fn bidiagonal() -> DMatrix<f64> {
    DMatrix::from_fn(32, 32, |i, j| match (i == j, i == j + 1) {
        (true, _) => 1.0,
        (_, true) => -8.0,
        _ => 0.0,
    })
}

#[test]
fn a_tolerance_far_above_the_residual_is_met_in_every_scale() {
    let diagonal = |scale| dmatrix![3.0 / scale, 0.0, 0.0; 0.0, 3.0, 0.0; 0.0, 0.0, 3.0 * scale];
    for m in [
        diagonal(1e30),
        diagonal(1e100),
        diagonal(1e200),
        bidiagonal(),
    ] {
        let found = invert_by_descent(&m, Config::default().tolerance(1e-6)).unwrap();
        assert!(found.residual <= 1e-6);
    }
}

#[test]
fn a_residual_that_the_scaling_hides_is_told() {
    for m in [
        dmatrix![1e-6, 3e8; 0.0, 7e12],
        dmatrix![1.06e-6, 1.78e26; 0.0, 1.56e36],
    ] {
        // In the scaled matrix the entry below the diagonal is dust.
        match invert_by_descent(&m, Config::default().tolerance(1e-3)) {
            Err(InverseError::NotConverged { best, .. }) => assert!(best.residual > 1e-3),
            other => panic!("{other:?}"),
        }
    }
}

/// Tolerances from the least one that can be met up to loose ones.
#[test]
fn a_larger_tolerance_is_met_too() {
    let moderate: DMatrix<f64> = dmatrix![
        0.25335879047144466, 0.4038889670020465;
        0.4713037176816408, 0.7513233362456203
    ];
    let nearly_singular: DMatrix<f64> = dmatrix![
        -0.4175883406437537, 0.5116568180934111;
        -0.41758834064377526, 0.5116568180934513
    ];
    // A run that ends its descent early is off by a last bit, which is most of the residual.
    let more_nearly_singular: DMatrix<f64> = dmatrix![
        -0.5968428755992485, 0.48848341370409676;
        -0.5968428755991694, 0.4884834137040484
    ];
    let ladders: [(_, _, &[f64]); 3] = [
        (
            moderate,
            Side::Left,
            &[4.1e-7, 8.03e-7, 1.6053226413526484e-6, 3.2e-6, 1e-5, 1e-3],
        ),
        (nearly_singular, Side::Right, &[6.26e-3, 1e-2, 0.11, 0.226]),
        (
            more_nearly_singular,
            Side::Left,
            &[1.41e-3, 1.55e-3, 1.6481e-3, 2.5e-3, 4e-3, 0.05, 0.5],
        ),
    ];
    for (m, side, tolerances) in ladders {
        for &tolerance in tolerances {
            let config = Config::default().side(side).tolerance(tolerance);
            let residual = invert_by_descent(&m, config).map(|found| found.residual);
            let is_met = residual.as_ref().is_ok_and(|&found| found <= tolerance);
            assert!(is_met, "{tolerance:e}: {residual:?}");
        }
    }
}

/// A row that is nearly a combination of the others, for κ around 1e12.
fn nearly_dependent(order: usize, seed: u64) -> DMatrix<f64> {
    let mut m = uniform(order, seed);
    let last = m.row(0) * 0.3 + m.row(order - 1) * 1e-12;
    m.set_row(order - 1, &last);
    m
}

#[test]
fn a_residual_is_not_hidden_by_its_own_rounding() {
    let sides = [Side::Left, Side::Right, Side::Both];
    let accuracies = [Accuracy::Full, Accuracy::Working];
    for (order, seed) in [2, 3, 8, 12]
        .into_iter()
        .flat_map(|n| (0..20).map(move |s| (n, s)))
    {
        let m = nearly_dependent(order, seed);
        for (side, accuracy) in sides.iter().flat_map(|s| accuracies.map(|a| (*s, a))) {
            let config = Config::default().side(side).accuracy(accuracy);
            let Ok(found) = invert_by_descent(&m, config) else {
                continue;
            };
            let truth = residual_on(side, &m, &found.inverse);
            let told = found.residual;
            assert!(
                told >= 0.5 * truth,
                "{order}, {seed}, {side:?}: {told:e} < {truth:e}"
            );
        }
    }
}

/// Zero at the top left and `b` beside and below it: the entry of the inverse there is about −b⁻².
fn bordered<T: Real>(exponent: i32) -> DMatrix<T> {
    let b = 1.0.scale_by_power_of_two(exponent);
    dmatrix![0.0, b, b; b, 1.0, 2.0; b, 3.0, 1.0].map(<T as Real>::from_f64)
}

#[test]
fn an_entry_that_underflows_is_named_if_it_counts() {
    let expected = InverseError::OutOfRange { row: 0, column: 0 };
    assert_eq!(
        invert_by_descent(&bordered::<f64>(600), Config::default()),
        Err(expected)
    );
    let expected = InverseError::OutOfRange { row: 0, column: 0 };
    assert_eq!(
        invert_by_descent(&bordered::<f32>(90), Config::default()),
        Err(expected)
    );
    // Some of its digits are left, and the certificate says how many.
    let found = invert_by_descent(&bordered::<f64>(520), Config::default()).unwrap();
    let bound = found.certificate.relative_error_bound();
    assert!((1e-14..1e-10).contains(&bound), "{bound:e}");
}

#[test]
fn entries_below_the_normal_range_hardly_loosen_a_bound() {
    for seed in 0..20 {
        let order = 2 + seed as usize % 12;
        let (m, shifts) = (uniform(order, seed), uniform(order, seed + 100));
        let large = m.map(|value| value.scale_by_power_of_two(997));
        // Rows of sizes that take entries of the inverse below the normal range.
        let graded = DMatrix::from_fn(order, order, |i, j| {
            let exponent = 960 + (35.0 * shifts[i]) as i32 + (25.0 * shifts[(j, j)]) as i32;
            m[(i, j)].scale_by_power_of_two(exponent)
        });
        for matrix in [large, graded] {
            let found = invert_by_descent(&matrix, Config::default()).unwrap();
            let claims = false_claims(
                &found.certificate,
                &matrix,
                &found.inverse,
                &reference_inverse(&matrix),
            );
            assert!(claims.is_empty(), "{claims:?}");
            let bound = found.certificate.relative_error_bound();
            assert!(bound <= 4.0 * f64::EPSILON, "{order}, {seed}: {bound:e}");
        }
    }
}

#[test]
fn a_residual_whose_square_underflows_is_not_taken_for_zero() {
    let residual = 2.0_f64.powi(-560);
    let m = DMatrix::<f64>::identity(2, 2);
    let nearly = dmatrix![1.0, residual; 0.0, 1.0];
    let config = |tolerance| {
        Config::default()
            .optimizer(Sgd::new(1e-12))
            .start(Start::Given(nearly.clone()))
            .max_steps(2)
            .tolerance(tolerance)
    };
    assert!(invert_by_descent(&m, config(2.0 * residual)).is_ok());
    match invert_by_descent(&m, config(0.5 * residual)) {
        Err(InverseError::NotConverged { best, .. }) => assert!(best.residual > 0.5 * residual),
        other => panic!("{other:?}"),
    }
}
