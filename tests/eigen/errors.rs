//! Bad input and searches that end early: each with its error.

use matrix_descent::eigen::{EigenError, OutermostEvidence, Unfinished};
use matrix_descent::{EigenConfig, Error, InputError, LinearMap, StopReason, symmetric_eigen_k};
use nalgebra::{DMatrix, dmatrix};

use crate::support::spectra::{GridLaplacian, Opaque, diagonal};

fn refused(result: Result<matrix_descent::Eigenpairs<f64>, EigenError>) -> InputError {
    match result {
        Err(EigenError::Input(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn input_that_can_not_be_used() {
    let good = diagonal(60, |i| i as f64);
    let config = EigenConfig::<f64>::smallest;
    for k in [0, 61] {
        let error = refused(symmetric_eigen_k(&good, k, config()));
        assert!(matches!(error, InputError::RankOutOfRange { rank, largest: 60, .. } if rank == k));
    }
    let left_out = DMatrix::from_fn(60, 2, |i, j| f64::from(u8::from(i == j)));
    let error = symmetric_eigen_k(&good, 59, config().deflate(left_out)).unwrap_err();
    assert_eq!(error, EigenError::TooFewLeft { k: 59, left: 58 });
    assert_eq!(
        error.to_string(),
        "k is 59, but 58 eigenpairs are left beside the vectors to leave out"
    );
    let wide = DMatrix::<f64>::zeros(3, 4);
    let error = refused(symmetric_eigen_k(&wide, 1, config()));
    assert!(matches!(
        error,
        InputError::NotSquare {
            rows: 3,
            columns: 4,
            ..
        }
    ));
    let error = refused(symmetric_eigen_k(&DMatrix::zeros(0, 0), 1, config()));
    assert!(matches!(error, InputError::Empty { .. }));
    let mut bad = good.clone();
    bad[(3, 4)] = f64::NAN;
    let error = refused(symmetric_eigen_k(&bad, 1, config()));
    assert!(matches!(
        error,
        InputError::NotFinite {
            row: 3,
            column: 4,
            ..
        }
    ));
    let error = refused(symmetric_eigen_k(&good, 1, config().mass(&bad)));
    assert!(matches!(
        error,
        InputError::NotFinite {
            argument: "mass",
            ..
        }
    ));
    let error = refused(symmetric_eigen_k(&good, 1, config().preconditioner(&bad)));
    assert!(matches!(
        error,
        InputError::NotFinite {
            argument: "preconditioner",
            ..
        }
    ));
    for (name, config) in [
        ("start", config().start(bad.clone())),
        ("deflate", config().deflate(bad.clone())),
    ] {
        let error = refused(symmetric_eigen_k(&good, 1, config));
        assert!(matches!(error, InputError::NotFinite { argument, .. } if argument == name));
    }
    let short = DMatrix::<f64>::identity(59, 59);
    let shape = |error: InputError, name: &str| {
        assert!(matches!(error, InputError::ShapeMismatch { argument, .. } if argument == name));
    };
    shape(
        refused(symmetric_eigen_k(&good, 1, config().mass(&short))),
        "mass",
    );
    let preconditioned = config().preconditioner(&short);
    shape(
        refused(symmetric_eigen_k(&good, 1, preconditioned)),
        "preconditioner",
    );
    shape(
        refused(symmetric_eigen_k(&good, 1, config().start(short.clone()))),
        "start",
    );
    let nothing = DMatrix::zeros(60, 0);
    for (name, config) in [
        ("start", config().start(nothing.clone())),
        ("deflate", config().deflate(nothing)),
    ] {
        let error = refused(symmetric_eigen_k(&good, 1, config));
        assert!(
            matches!(error, InputError::Empty { argument, columns: 0, .. } if argument == name)
        );
    }
    for tolerance in [-1.0, 1.0, f64::NAN] {
        let error = refused(symmetric_eigen_k(&good, 1, config().tolerance(tolerance)));
        assert!(matches!(
            error,
            InputError::InvalidSetting {
                name: "tolerance",
                ..
            }
        ));
    }
    let error = refused(symmetric_eigen_k(&good, 1, config().max_steps(0)));
    assert!(matches!(
        error,
        InputError::InvalidSetting {
            name: "max_steps",
            ..
        }
    ));
}

#[test]
fn maps_that_are_not_symmetric() {
    for n in [6, 150] {
        for slant in [1e-3, 1.0] {
            let mut matrix = diagonal(n, |i| 1.0 + i as f64 / n as f64);
            for i in 0..n - 1 {
                matrix[(i, i + 1)] = slant;
            }
            for map in [&matrix as &dyn LinearMap<f64>, &Opaque(&matrix)] {
                match symmetric_eigen_k(map, 2, EigenConfig::smallest()) {
                    Err(EigenError::NotSymmetric {
                        argument: "matrix",
                        asymmetry,
                    }) => {
                        assert!(
                            asymmetry > 1e-5 && asymmetry < 2.0,
                            "{n}, {slant}: {asymmetry}"
                        );
                    }
                    other => panic!("{n}, {slant}: {other:?}"),
                }
            }
            let good = diagonal(n, |i| i as f64);
            let config = EigenConfig::smallest().mass(&matrix);
            let found = symmetric_eigen_k(&good, 2, config);
            let is_told = matches!(
                found,
                Err(EigenError::NotSymmetric {
                    argument: "mass",
                    ..
                })
            );
            assert!(is_told, "{n}, {slant}: {found:?}");
        }
    }
}

#[test]
fn a_mass_that_is_not_definite() {
    for n in [8, 150] {
        let matrix = diagonal(n, |i| i as f64);
        for least in [-1.0, -1e-3, 0.0] {
            let mass = diagonal(n, |i| if i == n / 2 { least } else { 1.0 });
            for map in [&mass as &dyn LinearMap<f64>, &Opaque(&mass)] {
                let config = EigenConfig::smallest().mass(map);
                match symmetric_eigen_k(&matrix, 2, config) {
                    Err(EigenError::NotPositiveDefinite { curvature }) => {
                        assert!(curvature <= 1e-13, "{n}, {least}: {curvature}");
                    }
                    other => panic!("{n}, {least}: {other:?}"),
                }
            }
        }
    }
}

/// NaN from a product, at once or later.
struct Faulty {
    good: DMatrix<f64>,
    left: std::cell::Cell<usize>,
}

impl LinearMap<f64> for Faulty {
    fn rows(&self) -> usize {
        self.good.nrows()
    }

    fn columns(&self) -> usize {
        self.good.ncols()
    }

    fn apply(&self, x: &[f64], image: &mut [f64]) {
        self.good.apply(x, image);
        match self.left.get() {
            0 => image[0] = f64::NAN,
            left => self.left.set(left - 1),
        }
    }

    fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
        self.apply(y, image);
    }
}

#[test]
fn products_that_are_not_finite() {
    for n in [9, 150] {
        for left in [0, 1, 2, 7] {
            let map = Faulty {
                good: diagonal(n, |i| i as f64),
                left: left.into(),
            };
            let found = symmetric_eigen_k(&map, 2, EigenConfig::smallest());
            let is_told = matches!(found, Err(EigenError::ProductNotFinite { .. }));
            assert!(is_told, "{n}, {left}: {found:?}");
        }
    }
    // After a probe, a step takes two products.
    for (left, expected) in [(0, 0), (1, 0), (3, 1), (41, 20)] {
        let map = Faulty {
            good: diagonal(150, |i| i as f64),
            left: left.into(),
        };
        let error = symmetric_eigen_k(&map, 2, EigenConfig::smallest()).unwrap_err();
        match error {
            EigenError::ProductNotFinite {
                argument: "matrix",
                steps,
                reached,
            } => {
                assert_eq!(steps, expected, "{left}");
                assert_eq!(reached.is_some(), expected > 0, "{left}");
            }
            other => panic!("{left}: {other}"),
        }
    }
}

/// In whatever part of the work: the best pairs so far, with residuals as small as they are.
#[test]
fn what_was_reached_before_a_product_that_is_not_finite() {
    let good = diagonal(150, |i| 1.0 + i as f64);
    let mass = diagonal(150, |i| 1.0 + (i % 3) as f64);
    let inverse = diagonal(150, |i| 1.0 / (1.0 + i as f64));
    for left in [40, 80, 120, 140, 160, 180] {
        let configs = [
            EigenConfig::smallest(),
            EigenConfig::smallest().start(DMatrix::identity(150, 1)),
        ];
        for config in configs {
            let map = || Faulty {
                good: good.clone(),
                left: left.into(),
            };
            let plain = (symmetric_eigen_k(&map(), 2, config.clone()), None);
            let with_mass = symmetric_eigen_k(&map(), 2, config.clone().mass(&mass));
            let preconditioned = symmetric_eigen_k(&map(), 2, config.preconditioner(&inverse));
            for (found, mass) in [plain, (with_mass, Some(&mass)), (preconditioned, None)] {
                let Err(EigenError::ProductNotFinite { reached, .. }) = found else {
                    assert!(found.is_ok(), "{left}: {found:?}");
                    continue;
                };
                let reached = reached.expect("steps were taken");
                assert_eq!(reached.eigenvalues.len(), 2, "{left}");
                assert_eq!(reached.certificate.outermost(), OutermostEvidence::Unknown);
                for j in 0..2 {
                    let x = reached.eigenvectors.column(j);
                    let dual = mass.map_or(x.into_owned(), |mass| mass * x);
                    let residual = (&good * x - dual * reached.eigenvalues[j]).norm() / x.norm();
                    let shown = reached.residual_norms[j];
                    assert!(
                        (residual - shown).abs() < 1e-9,
                        "{left}: {residual:e} {shown:e}"
                    );
                }
            }
        }
    }
}

/// All limits are kept to the step, in whatever part of the work they are met.
#[test]
fn no_more_steps_than_allowed() {
    let map = GridLaplacian::new(300, 1);
    let mass = diagonal(300, |i| 1.0 + (i % 3) as f64);
    let inverse = diagonal(300, |_| 0.5);
    for most in [1, 2, 11, 12, 13, 30, 31, 32, 33, 60, 200] {
        let plain = EigenConfig::smallest().max_steps(most);
        let preconditioned = plain.clone().preconditioner(&inverse);
        let results = [
            symmetric_eigen_k(&map, 3, plain.clone()),
            symmetric_eigen_k(&map, 3, preconditioned),
            symmetric_eigen_k(&map, 3, plain.clone().mass(&mass)),
            symmetric_eigen_k(&map, 3, plain.mass(Opaque(&mass))),
        ];
        for (index, found) in results.into_iter().enumerate() {
            match found {
                Ok(found) => assert!(found.steps <= most, "{most}, {index}: {}", found.steps),
                Err(EigenError::NotConverged {
                    reason, reached, ..
                }) => {
                    assert_eq!(reached.steps, most, "{index}");
                    assert_eq!(reason, StopReason::StepLimit, "{most}, {index}");
                    // The first block has two vectors.
                    let count = reached.eigenvalues.len();
                    assert!((2..=3).contains(&count), "{most}, {index}: {count}");
                }
                Err(other) => panic!("{most}, {index}: {other}"),
            }
        }
    }
}

#[test]
fn an_error_says_when_only_the_second_search_is_missing() {
    let map = GridLaplacian::new(300, 1);
    let config = || EigenConfig::smallest().tolerance(1e-6);
    let whole = symmetric_eigen_k(&map, 3, config()).unwrap().steps;
    match symmetric_eigen_k(&map, 3, config().max_steps(whole - 30)) {
        Err(EigenError::NotConverged {
            unfinished: Unfinished::SecondSearch,
            converged: 3,
            residual,
            allowed,
            reached,
            ..
        }) => {
            assert!(residual <= allowed);
            assert_eq!(reached.certificate.outermost(), OutermostEvidence::Unknown);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_reached_comes_with_the_error() {
    let map = GridLaplacian::new(400, 1);
    let config = EigenConfig::smallest().max_steps(60);
    match symmetric_eigen_k(&map, 3, config) {
        Err(EigenError::NotConverged {
            reason,
            unfinished,
            wanted,
            converged,
            residual,
            allowed,
            reached,
        }) => {
            assert_eq!(reason, StopReason::StepLimit);
            assert_eq!((unfinished, wanted), (Unfinished::Residuals, 3));
            assert_eq!(reached.steps, 60);
            assert_eq!(reached.certificate.outermost(), OutermostEvidence::Unknown);
            assert!(
                converged < 3 && residual > allowed,
                "{converged} {residual:e} {allowed:e}"
            );
            assert_eq!(reached.eigenvectors.shape(), (400, 3));
            assert!(reached.eigenvalues[0] > 0.0 && reached.eigenvalues[0] < 0.1);
        }
        other => panic!("{other:?}"),
    }
    // Vectors that span no invariant space.
    let skewed = DMatrix::from_fn(60, 1, |i, _| (i as f64).sin());
    let matrix = diagonal(60, |i| i as f64);
    let config = EigenConfig::smallest().deflate(skewed).max_steps(400);
    let error = symmetric_eigen_k(&matrix, 2, config).unwrap_err();
    let is_told = matches!(error, EigenError::NotInvariant { residual, .. } if residual > 0.1);
    assert!(is_told, "{error}");
    let text = Error::from(error).to_string();
    assert!(text.contains("span no invariant space"), "{text}");
}

/// Vectors to leave out may be off by some tolerances, whatever the scale and the mass.
#[test]
fn vectors_to_leave_out_that_are_nearly_invariant() {
    for (n, size) in [(30, 1.0), (200, 1.0), (200, 1e12), (30, 1e-150)] {
        let matrix = diagonal(n, |i| (1.0 + i as f64) * size);
        let mass = diagonal(n, |i| 1.0 + (i % 2) as f64);
        for (off, is_fine) in [(0.0, true), (1e-12, true), (1e-4, false)] {
            let vector = DMatrix::from_fn(n, 1, |i, _| match i {
                0 => 1.0,
                _ => off,
            });
            let plain = || EigenConfig::smallest().deflate(vector.clone());
            for map in [&matrix as &dyn LinearMap<f64>, &Opaque(&matrix)] {
                let found = symmetric_eigen_k(map, 1, plain());
                let with_mass = symmetric_eigen_k(map, 1, plain().mass(&mass));
                for (found, expected) in [(found, 2.0), (with_mass, 1.0)] {
                    match found {
                        Ok(found) if is_fine => {
                            let error = (found.eigenvalues[0] / size - expected).abs();
                            assert!(error < 1e-9, "{n}, {size:e}, {off:e}: {error:e}");
                        }
                        Err(EigenError::NotInvariant { residual, allowed }) if !is_fine => {
                            assert!(residual > allowed && residual < 1e-2, "{residual:e}");
                        }
                        other => panic!("{n}, {size:e}, {off:e}: {other:?}"),
                    }
                }
            }
        }
    }
}

/// The largest of no curvature is 0, not −0; and a bound that counts rounding is not 0.
#[test]
fn zeros_and_bounds_of_maps() {
    for n in [1, 3, 100] {
        let zero = DMatrix::<f64>::zeros(n, n);
        let found = symmetric_eigen_k(&zero, 1, EigenConfig::largest()).unwrap();
        assert!(found.eigenvalues[0].is_sign_positive());
        let matrix = DMatrix::from_fn(n, n, |i, j| ((1 + i + j) as f32).sin());
        let found = symmetric_eigen_k(&Opaque(&matrix), 1, EigenConfig::largest()).unwrap();
        let bound = found.certificate.error_bound(0);
        let value = f64::from(found.eigenvalues[0]);
        assert!(!found.certificate.is_proof());
        assert!(
            bound >= f64::from(f32::EPSILON) * value.abs(),
            "{n}: {bound:e}"
        );
        assert!(bound < 1e-4 * value.abs(), "{n}: {bound:e}");
    }
}

#[test]
fn a_result_beyond_the_range_is_an_error() {
    let matrix = dmatrix![f64::MAX, f64::MAX; f64::MAX, f64::MAX];
    let found = symmetric_eigen_k(&matrix, 1, EigenConfig::largest());
    assert!(
        matches!(
            found,
            Err(EigenError::Input(InputError::EntriesTooLarge { .. }))
        ),
        "{found:?}"
    );
}

/// The norm is beyond the range, but the smallest eigenvalues are not.
#[test]
fn the_largest_entries_that_there_are() {
    let signs = DMatrix::from_fn(60, 60, |i, j| {
        if (i + j) % 2 == 0 {
            f64::MAX
        } else {
            -f64::MAX
        }
    });
    let on_diagonal = diagonal(60, |i| if i % 2 == 0 { f64::MAX } else { -f64::MAX });
    for map in [&signs as &dyn LinearMap<f64>, &Opaque(&signs)] {
        let found = symmetric_eigen_k(map, 2, EigenConfig::smallest()).unwrap();
        assert!(found.eigenvalues.amax() < 1e-10 * f64::MAX);
        assert_eq!(found.norm_estimate, f64::MAX);
        let found = symmetric_eigen_k(map, 2, EigenConfig::largest());
        let is_told = matches!(
            found,
            Err(EigenError::Input(InputError::EntriesTooLarge { .. }))
        );
        assert!(is_told, "{found:?}");
    }
    for map in [&on_diagonal as &dyn LinearMap<f64>, &Opaque(&on_diagonal)] {
        let found = symmetric_eigen_k(map, 2, EigenConfig::smallest()).unwrap();
        for value in found.eigenvalues.iter() {
            assert!((value / f64::MAX + 1.0).abs() < 1e-12, "{value:e}");
        }
    }
}
