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
    let error = refused(symmetric_eigen_k(&good, 59, config().deflate(left_out)));
    assert!(matches!(
        error,
        InputError::RankOutOfRange { largest: 58, .. }
    ));
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
    shape(
        refused(symmetric_eigen_k(&good, 1, config().start(nothing))),
        "start",
    );
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
        let argument = "matrix";
        let steps = expected;
        assert_eq!(
            error,
            EigenError::ProductNotFinite { argument, steps },
            "{left}"
        );
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
                    assert_eq!(reached.eigenvalues.len(), 3, "{most}, {index}");
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
    match symmetric_eigen_k(&map, 3, config().max_steps(whole - 1)) {
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
    assert!(matches!(error, EigenError::NotConverged { .. }), "{error}");
    let text = Error::from(error).to_string();
    assert!(
        text.contains("of 2 eigenpairs within the tolerance"),
        "{text}"
    );
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
