//! Inverses that begin at a good guess: polished, tracked, or abandoned for a cold start.

use matrix_descent::inverse::InverseError;
use matrix_descent::{
    Accuracy, Config, InputError, InverseTracker, Inversion, Products, Real, Route, Start,
    invert_by_descent, polish_inverse,
};
use nalgebra::{DMatrix, dmatrix};

use crate::support::gallery::{GalleryMatrix, prescribed, random};
use crate::support::lu::nalgebra_inverse;
use crate::support::objectives::SIDES;
use crate::support::reference::{forward_error, widen};
use crate::support::truth::assert_true;

const ROUNDED: f64 = 2e-16;

fn gallery() -> Vec<GalleryMatrix> {
    let with_condition = |condition: f64| {
        prescribed::with_singular_values(&prescribed::log_spaced(condition, 64), 1)
    };
    [
        ("gaussian 64", random::gaussian(64, 2)),
        ("gaussian 128", random::gaussian(128, 2)),
        ("log-spaced 1e3", with_condition(1e3)),
        ("log-spaced 1e6", with_condition(1e6)),
    ]
    .map(|(name, matrix)| GalleryMatrix::new(name.to_owned(), matrix))
    .into()
}

/// A Gaussian matrix with this 2-norm.
fn noise(order: usize, norm: f64, seed: u64) -> DMatrix<f64> {
    let noise = random::gaussian(order, seed);
    let factor = norm / noise.singular_values().max();
    noise * factor
}

/// (I − F)·M⁻¹ with ‖F‖₂ = `distance`, so that ‖I − XM‖₂ is as large.
fn spoilt(entry: &GalleryMatrix, distance: f64) -> DMatrix<f64> {
    let inverse = entry.inverse.rounded();
    &inverse - noise(inverse.nrows(), distance, 51) * &inverse
}

/// M·(I − F) with ‖F‖₂ = `distance`, so that ‖I − XM‖₂ is as large for the inverse X of M.
fn drifted(matrix: &DMatrix<f64>, distance: f64, seed: u64) -> DMatrix<f64> {
    matrix - matrix * noise(matrix.nrows(), distance, seed)
}

fn assert_polished(name: &str, entry: &GalleryMatrix, inversion: &Inversion<f64>, limit: usize) {
    assert_eq!(inversion.route, Route::Polished, "{name}");
    // The residuals that are stated take products beyond those of the inverse.
    let products = &inversion.products;
    let spent = products.descent + products.refinement;
    assert!(
        spent <= limit && products.verification <= 3,
        "{name}: {products:?}"
    );
    assert_true(name, &inversion.certificate, entry, &inversion.inverse);
    let error = forward_error(&inversion.inverse, &entry.inverse);
    assert!(error <= ROUNDED, "{name}: {error:e}");
}

#[test]
fn the_parts_of_the_products_add_up() {
    let found = invert_by_descent(&random::gaussian(16, 52), Config::default()).unwrap();
    let Products {
        descent,
        refinement,
        verification,
        ..
    } = found.products;
    assert_eq!(found.products.total(), descent + refinement + verification);
    assert!(descent > 0);
}

/// ‖I − X₀M‖₂ and the products that full accuracy may take, certificate included.
const FULL_ACCURACY: [(f64, usize); 2] = [(1e-3, 7), (1e-1, 9)];

#[test]
fn a_tracker_reaches_full_accuracy_in_few_products() {
    for entry in gallery() {
        for (distance, limit) in FULL_ACCURACY {
            let name = format!("{}, {distance:e}", entry.name);
            let next = drifted(&entry.matrix, distance, 53);
            let next = GalleryMatrix::new(name.clone(), next);
            let mut tracker = InverseTracker::new(&entry.matrix).expect(&name);
            let refresh = tracker.update(&next.matrix).expect(&name);
            assert_eq!(refresh.route, Route::Polished, "{name}");
            assert!(
                refresh.products.total() <= limit,
                "{name}: {}",
                refresh.products.total()
            );
            assert_true(&name, tracker.certificate(), &next, tracker.inverse());
            let error = forward_error(tracker.inverse(), &next.inverse);
            assert!(error <= ROUNDED, "{name}: {error:e}");
        }
    }
}

#[test]
fn polishing_reaches_full_accuracy_in_few_products() {
    for entry in gallery() {
        for (distance, limit) in FULL_ACCURACY {
            let name = format!("{}, {distance:e}", entry.name);
            let inversion = polish_inverse(&entry.matrix, &spoilt(&entry, distance)).expect(&name);
            assert_polished(&name, &entry, &inversion, limit);
        }
    }
}

#[test]
fn a_given_start_is_polished() {
    for entry in gallery() {
        for (distance, limit) in FULL_ACCURACY {
            let name = format!("{}, {distance:e}", entry.name);
            let config = Config::default().start(Start::Given(spoilt(&entry, distance)));
            let inversion = invert_by_descent(&entry.matrix, config).expect(&name);
            assert_polished(&name, &entry, &inversion, limit);
        }
    }
}

#[test]
fn a_tolerance_saves_products() {
    for entry in gallery() {
        let next = GalleryMatrix::new(entry.name.clone(), drifted(&entry.matrix, 1e-3, 54));
        let tracker = InverseTracker::new(&entry.matrix).expect(&entry.name);
        let mut tracker = tracker.tolerance(1e-6).expect(&entry.name);
        let refresh = tracker.update(&next.matrix).expect(&entry.name);
        assert_eq!(refresh.route, Route::Polished, "{}", entry.name);
        assert!(
            refresh.products.total() <= 4,
            "{}: {}",
            entry.name,
            refresh.products.total()
        );
        assert_true(&entry.name, tracker.certificate(), &next, tracker.inverse());
        let proven = tracker.certificate().relative_error_bound();
        assert!(proven <= 1e-6, "{}: {proven:e}", entry.name);
    }
}

/// What a near miss of a tolerance may cost beyond full accuracy.
const MISS: usize = 8;

#[test]
fn a_tolerance_never_costs_much_more_than_full_accuracy() {
    let spent = |products: Products| products.descent + products.refinement;
    for condition in [1e1, 1e2, 1e3, 1e5, 1e7, 1e9] {
        for order in [5, 20, 64] {
            let values = prescribed::log_spaced(condition, order);
            let matrix = prescribed::with_singular_values(&values, 3);
            let full = invert_by_descent(&matrix, Config::default()).unwrap();
            for tolerance in [1e-1, 1e-3, 1e-6, 1e-9] {
                for side in SIDES {
                    let config = Config::default().tolerance(tolerance).side(side);
                    // A tolerance is refused after searches that aim at more, the last at full accuracy.
                    let (products, searches) = match invert_by_descent(&matrix, config) {
                        Ok(found) => (found.products, 1),
                        Err(InverseError::NotConverged { best, .. }) => (best.products, 3),
                        Err(error) => panic!("{error}"),
                    };
                    let ours = spent(products);
                    let limit = searches * (spent(full.products) + MISS);
                    let name = format!("κ = {condition:e}, n = {order}, {tolerance:e}, {side:?}");
                    assert!(ours <= limit, "{name}: {products:?}, {:?}", full.products);
                }
            }
        }
    }
}

/// Errors do not pile up over many refreshments.
#[test]
fn a_tracker_follows_a_long_drift() {
    let mut matrix = random::gaussian(24, 55);
    let mut tracker = InverseTracker::new(&matrix).unwrap();
    for step in 0..50 {
        matrix = drifted(&matrix, 1e-2, 500 + step);
        let refresh = tracker.update(&matrix).unwrap();
        assert_eq!(refresh.route, Route::Polished, "step {step}");
        assert!(
            refresh.products.total() <= 9,
            "step {step}: {}",
            refresh.products.total()
        );
    }
    let entry = GalleryMatrix::new("drifted".to_owned(), matrix);
    assert_true("drifted", tracker.certificate(), &entry, tracker.inverse());
    assert!(forward_error(tracker.inverse(), &entry.inverse) <= ROUNDED);
}

/// λM, to full accuracy and to 10⁻⁶: the residual is zero but for rounding as soon as X is scaled.
#[test]
fn a_tracker_sees_a_matrix_that_was_only_multiplied() {
    for entry in gallery() {
        let tracker = InverseTracker::new(&entry.matrix).expect(&entry.name);
        for factor in [-1.0, 0.1, 0.5, 0.9, 0.99, 1.01, 1.5, 1.7, 3.0, 10.0, 1e6] {
            for (tolerance, limit) in [(None, 5), (Some(1e-6), 2)] {
                let name = format!("{}, {factor}, {tolerance:?}", entry.name);
                let next = GalleryMatrix::new(name.clone(), &entry.matrix * factor);
                let mut tracker = tracker.clone();
                if let Some(tolerance) = tolerance {
                    tracker = tracker.tolerance(tolerance).expect(&name);
                }
                let refresh = tracker.update(&next.matrix).expect(&name);
                assert_eq!(refresh.route, Route::Polished, "{name}");
                let spent = refresh.products.total();
                // At κ = 10⁶ a plain residual is too coarse for a proof of 10⁻⁶.
                let more = if entry.condition_number > 1e5 { 4 } else { 0 };
                assert!(spent <= limit + more, "{name}: {spent}");
                assert_true(&name, tracker.certificate(), &next, tracker.inverse());
            }
        }
    }
}

/// A covariance with a forgetting factor: each tick multiplies it and adds a matrix of rank one.
#[test]
fn a_tick_of_a_covariance_that_forgets_is_polished() {
    for order in [60, 100] {
        let noise = random::gaussian(4 * order, 61);
        let observations = noise.rows(0, order);
        let mut matrix = observations * observations.transpose() / (4 * order) as f64;
        let tracker = InverseTracker::new(&matrix).unwrap();
        let mut trackers = [tracker.clone(), tracker.tolerance(1e-6).unwrap()];
        for tick in 0..5 {
            let observation = noise.view((order, tick), (order, 1));
            matrix = matrix * 0.99 + observation * observation.transpose() * 0.01;
            for (tracker, limit) in trackers.iter_mut().zip([7, 4]) {
                let refresh = tracker.update(&matrix).unwrap();
                assert_eq!(refresh.route, Route::Polished, "n = {order}, tick {tick}");
                let spent = refresh.products.total();
                assert!(spent <= limit, "n = {order}, tick {tick}: {spent}");
            }
        }
        let entry = GalleryMatrix::new("covariance".to_owned(), matrix);
        for tracker in &trackers {
            assert_true(
                "covariance",
                tracker.certificate(),
                &entry,
                tracker.inverse(),
            );
        }
    }
}

/// What full accuracy does not reach is no answer of a tracker either.
#[test]
fn a_tracker_accepts_what_the_one_call_accepts() {
    let out_of_range = dmatrix![
        1e300, 1.0, 2e150;
        1e300, 1.0, -1.0;
        2.0, 1e150, 1e300
    ];
    let mut tracker = InverseTracker::new(&DMatrix::identity(3, 3)).unwrap();
    let before = (tracker.inverse().clone(), tracker.certificate().clone());
    let cold = invert_by_descent(&out_of_range, Config::default());
    let polished = polish_inverse(&out_of_range, &DMatrix::identity(3, 3));
    for answer in [
        cold.map(|_| ()),
        polished.map(|_| ()),
        tracker.update(&out_of_range).map(|_| ()),
    ] {
        let is_refused = matches!(answer, Err(InverseError::OutOfRange { .. }));
        assert!(is_refused, "{answer:?}");
    }
    assert_eq!(
        (tracker.inverse(), tracker.certificate()),
        (&before.0, &before.1)
    );
}

#[test]
fn a_jump_is_answered_by_a_full_run() {
    let mut tracker = InverseTracker::new(&random::gaussian(32, 56)).unwrap();
    let entry = GalleryMatrix::new("elsewhere".to_owned(), random::gaussian(32, 57));
    let refresh = tracker.update(&entry.matrix).unwrap();
    assert_ne!(refresh.route, Route::Polished);
    assert_true(
        "elsewhere",
        tracker.certificate(),
        &entry,
        tracker.inverse(),
    );
    assert!(forward_error(tracker.inverse(), &entry.inverse) <= ROUNDED);
}

/// Starts from which nothing is to be gained.
fn useless_starts(entry: &GalleryMatrix) -> Vec<(&'static str, DMatrix<f64>)> {
    let inverse = entry.inverse.rounded();
    let order = inverse.nrows();
    vec![
        ("zero", DMatrix::zeros(order, order)),
        ("identity", DMatrix::identity(order, order)),
        ("noise", random::gaussian(order, 58)),
        ("huge noise", random::gaussian(order, 59) * 1e10),
        (
            "largest numbers",
            DMatrix::from_element(order, order, 1e300),
        ),
        ("negative inverse", -&inverse),
        ("inverse, far too large", inverse * 1e10),
    ]
}

#[test]
fn a_useless_start_does_no_harm() {
    for entry in gallery() {
        let cold = invert_by_descent(&entry.matrix, Config::default()).expect(&entry.name);
        for (kind, start) in useless_starts(&entry) {
            let name = format!("{}, {kind}", entry.name);
            let config = Config::default().start(Start::Given(start));
            let found = invert_by_descent(&entry.matrix, config).expect(&name);
            assert_true(&name, &found.certificate, &entry, &found.inverse);
            let error = forward_error(&found.inverse, &entry.inverse);
            assert!(error <= ROUNDED, "{name}: {error:e}");
            // A look at the start, and what a cold run takes.
            let (spent, usual) = (found.products.total(), cold.products.total());
            assert!(spent <= usual + 10, "{name}: {spent}, cold {usual}");
        }
    }
}

#[test]
fn a_tolerance_beyond_reach_is_an_error_that_keeps_the_best_iterate() {
    let hilbert = DMatrix::from_fn(11, 11, |i, j| 1.0 / (i + j + 1) as f64);
    let tracker = InverseTracker::new(&hilbert).unwrap();
    let certificate = tracker.certificate().clone();
    let mut tracker = tracker.tolerance(1e-17).unwrap();
    let result = tracker.update(&hilbert);
    let Err(InverseError::NotConverged { tolerance, best }) = result else {
        panic!("{result:?}");
    };
    assert_eq!(tolerance, Some(1e-17));
    assert!(best.certificate.relative_error_bound() < 1e-12);
    assert_eq!(tracker.certificate(), &certificate);
}

#[test]
fn a_start_that_is_no_matrix_of_numbers_is_an_error() {
    let matrix = dmatrix![2.0, 1.0; 1.0, 3.0];
    let with = |start| invert_by_descent(&matrix, Config::default().start(Start::Given(start)));
    let mismatch = with(DMatrix::zeros(3, 3));
    assert!(matches!(
        mismatch,
        Err(InverseError::Input(InputError::ShapeMismatch { .. }))
    ));
    let not_finite = with(DMatrix::from_element(2, 2, f64::NAN));
    assert!(matches!(
        not_finite,
        Err(InverseError::Input(InputError::NotFinite { .. }))
    ));
    let mismatch = polish_inverse(&matrix, &DMatrix::zeros(3, 3));
    assert!(matches!(
        mismatch,
        Err(InverseError::Input(InputError::ShapeMismatch { .. }))
    ));
    let mut tracker = InverseTracker::new(&matrix).unwrap();
    let mismatch = tracker.update(&DMatrix::identity(3, 3));
    assert!(matches!(
        mismatch,
        Err(InverseError::Input(InputError::ShapeMismatch { .. }))
    ));
    assert!(tracker.update(&matrix).is_ok());
}

#[test]
fn a_singular_update_leaves_the_tracker_as_it_was() {
    for order in [2, 16, 64] {
        let matrix = random::gaussian(order, 60);
        let mut tracker = InverseTracker::new(&matrix).unwrap();
        let before = tracker.inverse().clone();
        let certificate = tracker.certificate().clone();
        let mut singular = matrix.clone();
        singular.set_row(order - 1, &matrix.row(0));
        let result = tracker.update(&singular);
        let Err(InverseError::Singular { rank, .. }) = result else {
            panic!("n = {order}: {result:?}");
        };
        assert_eq!(rank, order - 1);
        assert_eq!(tracker.inverse(), &before, "n = {order}");
        assert_eq!(tracker.certificate(), &certificate, "n = {order}");
        let near = GalleryMatrix::new("near".to_owned(), drifted(&matrix, 1e-3, 61));
        let refresh = tracker.update(&near.matrix).unwrap();
        assert_eq!(refresh.route, Route::Polished, "n = {order}");
        assert!(forward_error(tracker.inverse(), &near.inverse) <= ROUNDED);
    }
}

#[test]
fn a_tracker_begins_with_a_regular_matrix() {
    let result = InverseTracker::new(&DMatrix::from_element(4, 4, 1.0));
    assert!(matches!(
        result,
        Err(InverseError::Singular { rank: 1, .. })
    ));
}

/// How the last rounding falls depends on the way, and that may move the bound by this factor.
const SAME_BOUND: f64 = 1.25;

fn assert_bound_of_the_default(name: &str, matrix: &DMatrix<f64>, polished: &Inversion<f64>) {
    let cold = invert_by_descent(matrix, Config::default()).expect(name);
    let bound = |inversion: &Inversion<f64>| inversion.certificate.relative_error_bound();
    let (ours, default) = (bound(polished), bound(&cold));
    assert!(
        ours <= SAME_BOUND * default,
        "{name}: {ours:e}, {default:e}"
    );
    let spent = |inversion: &Inversion<f64>| inversion.products.total();
    assert!(2 * spent(polished) <= spent(&cold), "{name}");
}

#[test]
fn inverses_from_elsewhere_are_polished() {
    for entry in gallery() {
        let lu = nalgebra_inverse(&entry.matrix).expect(&entry.name);
        let polished = polish_inverse(&entry.matrix, &lu).expect(&entry.name);
        assert_polished(&entry.name, &entry, &polished, 6);
        assert_bound_of_the_default(&entry.name, &entry.matrix, &polished);
        let narrow = entry.matrix.map(f32::from_f64).try_inverse();
        let narrow = widen(&narrow.expect(&entry.name));
        // For κ = 1e6 an inverse in single precision is none.
        if entry.equilibrated_condition_number < 1e5 {
            let polished = polish_inverse(&entry.matrix, &narrow).expect(&entry.name);
            assert_polished(&entry.name, &entry, &polished, 9);
        }
    }
}

#[test]
fn an_exact_inverse_stays_as_it_is() {
    let matrix = dmatrix![2.0, 1.0; 1.0, 1.0];
    let exact = dmatrix![1.0, -1.0; -1.0, 2.0];
    assert_eq!(polish_inverse(&matrix, &exact).unwrap().inverse, exact);
}

#[test]
fn single_precision_is_tracked() {
    let matrix = random::gaussian(32, 62);
    let mut tracker = InverseTracker::new(&matrix.map(f32::from_f64)).unwrap();
    let next = drifted(&matrix, 1e-3, 63).map(f32::from_f64);
    let refresh = tracker.update(&next).unwrap();
    assert_eq!(refresh.route, Route::Polished);
    let entry = GalleryMatrix::new("drifted".to_owned(), widen(&next));
    assert_true("drifted", tracker.certificate(), &entry, tracker.inverse());
    let error = forward_error(&widen(tracker.inverse()), &entry.inverse);
    assert!(error <= 1.1e-7, "{error:e}");
}

/// ‖I − X₀M‖₂ from where products in `f32` are of use.
const NEARLY_RIGHT: [f64; 4] = [1e-2, 1e-3, 1e-5, 1e-8];

#[test]
fn nearly_right_starts_give_what_working_precision_can() {
    for entry in gallery() {
        for distance in NEARLY_RIGHT {
            let name = format!("{}, {distance:e}", entry.name);
            let start = Start::Given(spoilt(&entry, distance));
            let config = Config::default().accuracy(Accuracy::Working).start(start);
            let found = invert_by_descent(&entry.matrix, config).expect(&name);
            assert_true(&name, &found.certificate, &entry, &found.inverse);
            let error = forward_error(&found.inverse, &entry.inverse);
            let limit = f64::EPSILON.max(0.1 * f64::EPSILON * entry.condition_number);
            assert!(error <= limit, "{name}: {error:e} > {limit:e}");
            // ‖X‖·‖M‖/√n is about κ; a plain inverse leaves some ε·κ.
            let order = entry.matrix.nrows() as f64;
            let condition = found.inverse.norm() * entry.matrix.norm() / order.sqrt();
            assert!(found.residual <= 16.0 * f64::EPSILON * condition, "{name}");
            assert_residual_is_stated(&name, &entry, &found, 1e-9);
        }
    }
}

#[test]
fn nearly_right_starts_are_taken_to_a_tolerance() {
    for entry in gallery() {
        for distance in NEARLY_RIGHT {
            for tolerance in [1e-4, 1e-6, 1e-8] {
                let name = format!("{}, {distance:e} to {tolerance:e}", entry.name);
                let start = Start::Given(spoilt(&entry, distance));
                let config = Config::default().tolerance(tolerance).start(start);
                let found = invert_by_descent(&entry.matrix, config).expect(&name);
                assert_true(&name, &found.certificate, &entry, &found.inverse);
                assert_residual_is_stated(&name, &entry, &found, distance);
                assert!(found.residual <= tolerance, "{name}: {:e}", found.residual);
            }
        }
    }
}

/// The residual stated is that of a plain product, to the rounding of one in `f64`, and of one in
/// `f32` with a last step of this relative size.
fn assert_residual_is_stated(name: &str, entry: &GalleryMatrix, found: &Inversion<f64>, step: f64) {
    let n = entry.matrix.nrows();
    let residual = (&found.inverse * &entry.matrix - DMatrix::identity(n, n)).norm();
    let unit = f64::EPSILON + step * f64::from(f32::EPSILON);
    let rounding = unit * found.inverse.norm() * entry.matrix.norm();
    let difference = (found.residual - residual).abs();
    assert!(
        difference <= rounding,
        "{name}: {difference:e} > {rounding:e}"
    );
}

#[test]
fn a_tracker_to_a_tolerance_is_as_good_as_it_says() {
    for entry in gallery() {
        for (distance, tolerance) in [(1e-3, 1e-6), (1e-2, 1e-10), (1e-6, 1e-13)] {
            let name = format!("{}, {distance:e} to {tolerance:e}", entry.name);
            let next = GalleryMatrix::new(name.clone(), drifted(&entry.matrix, distance, 55));
            let tracker = InverseTracker::new(&entry.matrix).expect(&name);
            let mut tracker = tracker.tolerance(tolerance).expect(&name);
            tracker.update(&next.matrix).expect(&name);
            assert_true(&name, tracker.certificate(), &next, tracker.inverse());
            assert!(tracker.certificate().relative_error_bound() <= tolerance);
        }
    }
}
