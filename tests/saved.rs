//! What serde saves and reads back: settings, results and what they are made of, in a text and in a
//! binary format; and files that somebody has edited.

use std::fmt::Debug;
use std::time::Duration;

use matrix_descent::completion::{Baseline, Observations, complete_by_descent};
use matrix_descent::descent::{Minimization, Report, Stall};
use matrix_descent::eigen::{EigenRoute, OutermostEvidence};
use matrix_descent::inverse::{Automatic, ByOptimizer, ProvenSolution, SolutionError};
use matrix_descent::loss::{Huber, LogCosh, MeanAbsoluteError, SmoothL1, WeightedMeanSquaredError};
use matrix_descent::objective::{FitObjective, SvdFactors, SvdPenalty, check_gradient};
use matrix_descent::roots::RootOrder;
use matrix_descent::set::{
    Banded, Bounds, EntryBounds, NonNegative, Pattern, Symmetric, Toeplitz, UnitBall,
};
use matrix_descent::solve::BoundedError;
use matrix_descent::sparse_inverse::{FactoredInverseConfig, Growth, InversePattern};
use matrix_descent::svd::{Cutoff, LeadingEvidence, SmallestRoute, TopRoute, Vectors};
use matrix_descent::{
    Accuracy, BoundedConfig, Certificate, Completion, CompletionConfig, Compose, Config, ConvexSet,
    EigenConfig, Error, InputError, Inversion, Lbfgs, MeanSquaredError, Products, Real, RootConfig,
    Route, Sgd, Side, Silent, SmallestConfig, SolveConfig, SolveMethod, SolveProblem,
    SparseInverseConfig, Start, StopReason, Stopping, Svd, SvdConfig, TopConfig, TopSvd,
    condition_number, inverse_root_by_descent, invert_by_descent, minimize, polar_decomposition,
    pseudo_inverse, smallest_singular_values, solve_by_descent, solve_in_bounds,
    square_root_by_descent, svd_by_descent, svd_top_k, symmetric_eigen_k,
};
use nalgebra::{DMatrix, dmatrix};
use nalgebra_sparse::pattern::SparsityPattern;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::support::objectives::wavy;

fn check<X>(name: &str, value: &X)
where
    X: Serialize + DeserializeOwned + Debug + PartialEq,
{
    let text = serde_json::to_string(value).expect(name);
    let read: X = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e} in {text}"));
    assert_eq!(&read, value, "{name}: {text}");
    let bytes = postcard::to_allocvec(value).expect(name);
    let read: X = postcard::from_bytes(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(&read, value, "{name}");
}

fn check_settings<T: Real>() {
    let t = <T as Real>::from_f64;
    check("config", &Config::<T>::default());
    let start = DMatrix::from_vec(2, 2, wavy::<T>(4, 0.3));
    let config = Config::default()
        .accuracy(Accuracy::Working)
        .side(Side::Both)
        .start(Start::Given(start.clone()))
        .seed(u64::MAX)
        .tolerance(t(0.1))
        .max_steps(7);
    check("config, all set", &config);
    let rule = Sgd::new(t(0.1))
        .momentum(t(0.9))
        .projected(Bounds::new(t(0.0), t(1e30)));
    let config: Config<T, ByOptimizer<_>> = config.optimizer(rule);
    check("config by optimizer", &config);
    check("method", &Automatic::default());
    check("completion", &CompletionConfig::<T>::default());
    let config = CompletionConfig::default()
        .ridge(t(0.1))
        .tolerance(t(0.2))
        .max_steps(3);
    check(
        "completion, all set",
        &config.seed(4).baseline(Baseline::Biases).non_negative(),
    );
    check(
        "svd",
        &SvdConfig::default().vectors(Vectors::Full).max_sweeps(9),
    );
    check("top", &TopConfig::<T>::default());
    let config = TopConfig::default().tolerance(t(0.1)).max_steps(4);
    check("top, all set", &config.seed(5).start(start.clone()));
    check("eigen", &EigenConfig::<T>::largest());
    check("roots", &RootConfig::<T>::default());
    check(
        "roots",
        &RootConfig::default().tolerance(t(1e-3)).max_steps(9),
    );
    check("order", &RootOrder::Eighth);
    let config = EigenConfig::smallest()
        .start(start.clone())
        .deflate(start)
        .tolerance(t(0.1));
    check("eigen, all set", &config.max_steps(4).seed(5));
    check("smallest", &SmallestConfig::<T>::default());
    let config = SmallestConfig::<T>::default().tolerance(t(0.1));
    check("smallest, all set", &config.max_steps(4).seed(5));
    check("solve", &SolveConfig::<T>::default());
    let start = DMatrix::from_vec(2, 2, wavy::<T>(4, 0.3));
    let config = SolveConfig::default()
        .problem(SolveProblem::LeastSquares)
        .method(SolveMethod::GradientDescent)
        .ridge(t(0.3))
        .noise(t(0.1))
        .start(start)
        .max_steps(9)
        .restart(7);
    check("solve, all set", &config.clone().tolerance(t(1e-3)));
    check("solve, by the residual", &config.relative_residual(t(1e-3)));
    check("bounded", &BoundedConfig::<T>::default());
    let config = BoundedConfig::default().start(DMatrix::from_vec(2, 1, wavy::<T>(2, 0.3)));
    check("bounded, all set", &config.tolerance(t(0.1)).max_steps(6));
    check("sparse inverse", &SparseInverseConfig::<T>::default());
    let pattern = SparsityPattern::try_from_offsets_and_indices(2, 2, vec![0, 1, 3], vec![0, 0, 1]);
    let pattern = pattern.expect("lower triangular");
    let growth = Growth::default().row_limit(4).entries_per_step(2);
    let grown = InversePattern::Grown(growth.start(pattern.clone()));
    let config = SparseInverseConfig::default()
        .pattern(grown)
        .side(Side::Right);
    check("sparse inverse, all set", &config.tolerance(t(0.1)));
    check("factored inverse", &FactoredInverseConfig::<T>::default());
    for pattern in [InversePattern::Power(3), InversePattern::Given(pattern)] {
        let config = FactoredInverseConfig::default().pattern(pattern);
        check(
            "factored inverse, all set",
            &config.tolerance(t(0.1)).stored_as::<f32>(),
        );
    }
    check("stopping", &Stopping::<T>::default());
    let stall = Stall {
        patience: 3,
        minimum_improvement: t(0.25),
    };
    let stopping = Stopping::default()
        .divergence(T::one() / T::zero())
        .loss(t(-1.0));
    check(
        "stopping, all set",
        &stopping.gradient_norm(t(0.1)).stall(stall).max_steps(2),
    );
    for cutoff in [
        Cutoff::Rounding,
        Cutoff::Relative(t(0.1)),
        Cutoff::Absolute(t(2.0)),
    ] {
        check("cutoff", &cutoff);
    }
    check("huber", &Huber::new(t(0.1)).unwrap());
    check("smooth l1", &SmoothL1::new(t(0.1)).unwrap());
    let weights = wavy::<T>(5, 0.2).iter().map(|w| w.abs()).collect();
    check(
        "weighted",
        &WeightedMeanSquaredError::<T>::new(weights).unwrap(),
    );
    let infinity = T::one() / T::zero();
    check("bounds", &Bounds::new(-infinity, t(0.1)));
    let lower: Vec<T> = wavy(4, 0.1);
    check("entry bounds", &EntryBounds::new(&lower, &[infinity; 4]));
}

fn check_results<T: Real>() {
    let t = <T as Real>::from_f64;
    let m = DMatrix::from_vec(3, 3, wavy::<T>(9, 0.7)) + DMatrix::identity(3, 3) * t(2.0);
    check(
        "inversion",
        &invert_by_descent(&m, Config::default()).unwrap(),
    );
    let found = invert_by_descent(&m, Config::default()).unwrap();
    let b = DMatrix::from_vec(3, 2, wavy::<T>(6, 0.1));
    check("proven solution", &found.solve(&b).unwrap());
    let rule = Sgd::new(t(0.3)).projected(Banded::new(0, 0));
    let found = invert_by_descent(&m, Config::default().optimizer(rule)).unwrap();
    check("inversion in a set", &found);
    check("certificate", &found.certificate);
    check("optimality", &found.optimality);
    check("report", &found.report);
    let tall = DMatrix::from_vec(5, 3, wavy::<T>(15, 0.4));
    check("svd", &svd_by_descent(&tall, SvdConfig::default()).unwrap());
    let b = DMatrix::from_vec(5, 2, wavy::<T>(10, 0.6));
    let solution = solve_by_descent(&tall, &b, SolveConfig::default());
    check("solution", &solution.unwrap());
    let within = solve_in_bounds(&tall, &b, &NonNegative, BoundedConfig::default());
    let within = within.unwrap();
    check("solution within bounds", &within);
    check("optimality within bounds", &within.optimalities[0]);
    check(
        "top svd",
        &svd_top_k(&tall, 2, TopConfig::default()).unwrap(),
    );
    let symmetric = &m + m.transpose();
    let config = EigenConfig::smallest().mass(DMatrix::identity(3, 3));
    let found = symmetric_eigen_k(&symmetric, 2, config).unwrap();
    check("eigenpairs", &found);
    check("eigenvalue bounds", &found.certificate);
    let singular = DMatrix::from_element(5, 3, T::one());
    for m in [&tall, &singular] {
        let found = smallest_singular_values(m, 2, SmallestConfig::default());
        check("smallest", &found.unwrap());
        let found = condition_number(m, SmallestConfig::default());
        check("condition number", &found.unwrap());
    }
    let gram = tall.tr_mul(&tall);
    let found = square_root_by_descent(&gram, RootConfig::default()).unwrap();
    check("square root", &found);
    check("square root's bounds", &found.certificate);
    let found = inverse_root_by_descent(&gram, RootOrder::Fourth, RootConfig::default());
    check("inverse root", &found.unwrap());
    check("polar", &polar_decomposition(&tall).unwrap());
    check(
        "pseudo-inverse",
        &pseudo_inverse(&tall, Cutoff::default()).unwrap(),
    );
    let weights = DMatrix::from_element(5, 3, T::one());
    let observations = Observations::from_matrix(&tall, &weights).unwrap();
    let completion = complete_by_descent(&observations, 1, CompletionConfig::default());
    let completion = completion.unwrap();
    check("completion", &completion);
    check("new row", &completion.fold_in([(1, T::one())]).unwrap());
    let column = completion.fold_in_column([(1, T::one())]).unwrap();
    check("new column", &column);
    check("observations", &observations);
    let weighted = [(0, 2, T::one(), t(0.1)), (1, 0, t(-0.3), t(2.0))];
    let weighted = Observations::from_weighted_triplets(3, 4, weighted).unwrap();
    check("weighted observations", &weighted);
    let mut fit = FitObjective::new(MeanSquaredError, wavy::<T>(3, 0.2));
    check(
        "gradient check",
        &check_gradient(&mut fit, &wavy(3, 0.9)).unwrap(),
    );
    let start: Vec<T> = wavy(3, 0.9);
    let run = minimize(fit, Lbfgs::default(), start, Stopping::default(), Silent);
    check("minimization", &run.unwrap());
}

#[test]
fn settings_are_read_back_as_they_were() {
    check_settings::<f32>();
    check_settings::<f64>();
    check("mean squared error", &MeanSquaredError);
    check("mean absolute error", &MeanAbsoluteError);
    check("log cosh", &LogCosh);
    check("banded", &Banded::new(1, 2));
    check("non-negative", &NonNegative);
    check("symmetric", &Symmetric);
    check("Toeplitz", &Toeplitz);
    check("unit ball", &UnitBall);
    check("pattern", &Pattern::of_matrix(3, |i, j| i >= j));
    check("silent", &Silent);
    for side in [Side::Left, Side::Right, Side::Both] {
        check("side", &side);
    }
    for method in [
        SolveMethod::ConjugateGradients,
        SolveMethod::GradientDescent,
    ] {
        check("method of solving", &method);
    }
    for problem in [
        SolveProblem::LeastSquares,
        SolveProblem::PositiveDefinite,
        SolveProblem::General,
    ] {
        check("problem", &problem);
    }
}

#[test]
fn results_are_read_back_as_they_were() {
    check_results::<f32>();
    check_results::<f64>();
    check("products", &Products::default());
    for route in [
        Route::Optimizer,
        Route::Cold,
        Route::Polished,
        Route::Repaired,
    ] {
        check("route", &route);
    }
    check("route of top", &[TopRoute::Descent, TopRoute::Whole]);
    let routes = [SmallestRoute::Gram, SmallestRoute::Whole];
    check("route of smallest", &routes);
    check(
        "evidence",
        &[LeadingEvidence::Proven, LeadingEvidence::Unknown],
    );
    for reason in [StopReason::Loss, StopReason::Diverged, StopReason::Caller] {
        check("stop reason", &reason);
    }
}

#[test]
fn numbers_that_are_not_finite_survive_a_text() {
    let text = r#"{"losses": ["NaN", "inf", "-inf", 3, -1, 0.5], "steps": 5, "evaluations": 6,
        "best_step": 2, "stop_reason": "Diverged", "elapsed": {"secs": 1, "nanos": 0}}"#;
    let report: Report<f32> = serde_json::from_str(text).unwrap();
    assert!(report.losses[0].is_nan());
    assert_eq!(
        report.losses[1..],
        [f32::INFINITY, f32::NEG_INFINITY, 3.0, -1.0, 0.5]
    );
    assert_eq!(report.elapsed, Duration::from_secs(1));
    let again: Report<f32> =
        serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(format!("{again:?}"), format!("{report:?}"));
    let bytes = postcard::to_allocvec(&report).unwrap();
    let again: Report<f32> = postcard::from_bytes(&bytes).unwrap();
    let bits = |report: &Report<f32>| {
        report
            .losses
            .iter()
            .map(|l| l.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&again), bits(&report));
    // Nothing is proven of a singular matrix: its bounds are ∞.
    let certificate =
        matrix_descent::certify(&dmatrix![1.0, 1.0; 1.0, 1.0], &dmatrix![1.0, 0.0; 0.0, 1.0]);
    let certificate = certificate.unwrap();
    assert!(!certificate.is_proof());
    check("certificate without a proof", &certificate);
}

fn refused<X: DeserializeOwned + Debug>(text: &str) {
    let read = serde_json::from_str::<X>(text);
    assert!(read.is_err(), "{text}: {read:?}");
}

/// `value` as text, with one passage replaced.
fn edited(value: &impl Serialize, from: &str, to: &str) -> String {
    let text = serde_json::to_string(value).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    text.replacen(from, to, 1)
}

#[test]
fn what_no_constructor_would_make_is_refused() {
    for bad in ["0", "-1", "\"inf\"", "\"NaN\"", "\"one\"", "null", "true"] {
        refused::<Huber<f64>>(&format!("{{\"delta\": {bad}}}"));
        refused::<SmoothL1<f64>>(&format!("{{\"beta\": {bad}}}"));
        refused::<WeightedMeanSquaredError<f64>>(&format!("[{bad}]"));
    }
    refused::<Huber<f32>>("{\"delta\": 1e39}");
    refused::<Bounds<f32>>("{\"lower\": -1e300, \"upper\": 0}");
    refused::<SvdConfig>("{\"max_sweep\": 3}");
    refused::<TopConfig<f64>>("{\"tolerence\": 0.1}");
    let config = EigenConfig::<f64>::smallest();
    refused::<EigenConfig<f64>>(&edited(&config, "tolerance", "tolerence"));
    refused::<Config<f64>>(&edited(&Config::<f64>::default(), "tolerance", "tolerence"));
    let config = BoundedConfig::<f64>::default();
    refused::<BoundedConfig<f64>>(&edited(&config, "tolerance", "tolerence"));
    let config = CompletionConfig::<f64>::default();
    refused::<CompletionConfig<f64>>(&edited(&config, "ridge", "rigde"));
    let observations = Observations::from_triplets(2, 3, [(0, 1, 5.0), (1, 2, 4.0)]).unwrap();
    for (from, to) in [
        ("\"rows\":2", "\"rows\":1"),
        ("\"columns\":3", "\"columns\":0"),
        ("[1,2,4.0", "[0,1,4.0"),
        ("5.0,1.0", "5.0,-1.0"),
        ("5.0,1.0", "1e999,1.0"),
        ("\"rows\"", "\"row\""),
    ] {
        refused::<Observations<f64>>(&edited(&observations, from, to));
    }
    for shape in [
        r#"{"rows": 2, "columns": 2, "entries": [1, 2, 3]}"#,
        r#"{"rows": 4294967296, "columns": 4294967296, "entries": []}"#,
        r#"{"rows": -1, "columns": -1, "entries": [1]}"#,
        r#"{"rows": 1, "columns": 1, "entries": [1e999]}"#,
    ] {
        refused::<Start<f64>>(&format!("{{\"Given\": {shape}}}"));
    }
    let inversion = invert_by_descent(&dmatrix![2.0], Config::default()).unwrap();
    for (from, to) in [
        ("\"absolute\":", "\"absolute\": -1, \"was\":"),
        ("\"rows\":[", "\"rows\":[2147483647, "),
        ("\"columns\":[", "\"columns\":[-2147483648, "),
    ] {
        refused::<Certificate>(&edited(&inversion.certificate, from, to));
    }
    let found = inversion.solve(&dmatrix![1.0]).unwrap();
    let text = edited(
        &found,
        "\"error_bounds\":{\"rows\":1,\"columns\":1,\"entries\":[",
        "\"error_bounds\":{\"rows\":1,\"columns\":2,\"entries\":[-1, ",
    );
    refused::<ProvenSolution<f64>>(&text);
    let svd = svd_by_descent(&dmatrix![2.0], SvdConfig::default()).unwrap();
    let text = edited(&svd.certificate, "\"errors\":[", "\"errors\":[-1, ");
    refused::<matrix_descent::svd::SvdCertificate>(&text);
    let pairs = symmetric_eigen_k(&dmatrix![2.0], 1, EigenConfig::smallest()).unwrap();
    let text = edited(&pairs.certificate, "\"errors\":[", "\"errors\":[-1, ");
    refused::<matrix_descent::eigen::EigenCertificate>(&text);
}

#[test]
fn edited_settings_are_errors_of_the_call() {
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let is_input = |error: Error| error.to_string();
    let default = Config::<f64>::default();
    for (from, to) in [
        ("\"tolerance\":null", "\"tolerance\":2"),
        ("\"tolerance\":null", "\"tolerance\":\"NaN\""),
        ("\"max_steps\":100000", "\"max_steps\":0"),
        (
            "\"ScaledTranspose\"",
            r#"{"Given": {"rows": 1, "columns": 1, "entries": [1]}}"#,
        ),
        (
            "\"ScaledTranspose\"",
            r#"{"Given": {"rows": 2, "columns": 2, "entries": [1, "inf", 0, 1]}}"#,
        ),
    ] {
        let config: Config<f64> = serde_json::from_str(&edited(&default, from, to)).unwrap();
        let error = invert_by_descent(&m, config)
            .map_err(Error::from)
            .map_err(is_input);
        assert!(error.is_err(), "{to}: {error:?}");
    }
    let default = BoundedConfig::<f64>::default();
    for to in ["\"tolerance\":2", "\"tolerance\":\"NaN\""] {
        let text = edited(&default, "\"tolerance\":null", to);
        let config: BoundedConfig<f64> = serde_json::from_str(&text).unwrap();
        let found = solve_in_bounds(&m, &dmatrix![1.0; 1.0], &NonNegative, config);
        assert!(
            matches!(found, Err(BoundedError::Input(_))),
            "{to}: {found:?}"
        );
    }
    let config: SvdConfig = serde_json::from_str("{\"max_sweeps\": 0}").unwrap();
    assert!(svd_by_descent(&m, config).is_err());
    let config: TopConfig<f64> = serde_json::from_str("{\"tolerance\": -1}").unwrap();
    assert!(svd_top_k(&m, 1, config).is_err());
    let pattern: Pattern = serde_json::from_str("{\"is_in\": [true]}").unwrap();
    let length = ConvexSet::<f64>::check_dimension(&pattern, 4);
    assert!(matches!(length, Err(InputError::DimensionMismatch { .. })));
    let bounds = "{\"lower\": [0, 0, 0, 0], \"upper\": [1, 1, 1]}";
    let bounds: EntryBounds<f64> = serde_json::from_str(bounds).unwrap();
    let rule = Sgd::new(0.1).projected(bounds);
    assert!(invert_by_descent(&m, Config::default().optimizer(rule)).is_err());
}

/// What is read may be as wrong as the file, but nothing panics.
#[test]
fn edited_results_do_not_panic() {
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let inversion = invert_by_descent(&m, Config::default()).unwrap();
    let (rows, none) = (inversion.certificate.row_exponents(), "\"rows\":[]");
    let rows = format!("\"rows\":{}", serde_json::to_string(rows).unwrap());
    let text = edited(&inversion.certificate, &rows, none);
    let certificate: Certificate = serde_json::from_str(&text).unwrap();
    assert_eq!(certificate.entry_error_bound(0, 0), f64::INFINITY);
    let text = edited(&inversion, "\"losses\":[", "\"losses\":[\"NaN\",");
    assert!(serde_json::from_str::<Inversion<f64>>(&text).is_ok());
    // M and its exponents may not even fit X.
    let other = "\"matrix\":{\"rows\":1,\"columns\":1,\"entries\":[2]},\"was\":";
    for (from, to) in [(rows.as_str(), none), ("\"matrix\":", other)] {
        let read: Inversion<f64> = serde_json::from_str(&edited(&inversion, from, to)).unwrap();
        for b in [dmatrix![1.0; 1.0], dmatrix![1.0]] {
            let error = read.solve(&b).unwrap_err();
            let is_told = matches!(error, SolutionError::NoProof | SolutionError::Input(_));
            assert!(is_told, "{error}");
        }
    }
    let narrow = r#""v":{"rows":2,"columns":1,"entries":[1,0]}"#;
    let narrowed = |value: &dyn Fn() -> String| {
        let text = value();
        let (before, after) = text.split_once("\"v\":").unwrap();
        let (_, after) = after.split_once('}').unwrap();
        format!("{before}{narrow}{after}")
    };
    let svd = svd_by_descent(&m, SvdConfig::default()).unwrap();
    let text = narrowed(&|| serde_json::to_string(&svd).unwrap());
    let read: Svd<f64> = serde_json::from_str(&text).unwrap();
    assert_eq!(read.reconstruct().shape(), (2, 2));
    let top = svd_top_k(&m, 2, TopConfig::default()).unwrap();
    let text = narrowed(&|| serde_json::to_string(&top).unwrap());
    let read: TopSvd<f64> = serde_json::from_str(&text).unwrap();
    assert_eq!(read.reconstruct().shape(), (2, 2));
    let penalty = SvdPenalty::squared(&m).unwrap();
    let factors = penalty
        .factors(&[1.0, 0.0, 0.0, 1.0, 2.0, 1.0, 1.0, 0.0, 0.0, 1.0])
        .unwrap();
    let text = narrowed(&|| serde_json::to_string(&factors).unwrap());
    let read: SvdFactors<f64> = serde_json::from_str(&text).unwrap();
    assert_eq!(read.reconstruct().shape(), (2, 2));
    let text = r#"{"parameters": [1], "best_parameters": [], "report": {"losses": [], "steps": 9,
        "evaluations": 0, "best_step": 4, "stop_reason": "Loss",
        "elapsed": {"secs": 0, "nanos": 0}}}"#;
    let run: Minimization<f64> = serde_json::from_str(text).unwrap();
    assert!(!format!("{run:?} {}", run.report.stop_reason).is_empty());
}

/// Factors and biases of other numbers than the matrix has rows and columns.
#[test]
fn an_edited_completion_is_refused() {
    let m = dmatrix![1.0, 2.0; 2.0, 4.0; 3.0, 6.0];
    let observations = Observations::from_matrix(&m, &m.map(|_| 1.0)).unwrap();
    let completion = complete_by_descent(&observations, 1, CompletionConfig::default()).unwrap();
    let rows = "\"row_factors\":{\"rows\":3,\"columns\":1,\"entries\":[";
    let short = "\"row_factors\":{\"rows\":1,\"columns\":1,\"entries\":[1]},\"was\":{\"rows\":3,\"columns\":1,\"entries\":[";
    let twice = "\"row_factors\":{\"rows\":3,\"columns\":2,\"entries\":[0,0,0,";
    for (from, to, told) in [
        ("\"row_biases\":[0.0,", "\"row_biases\":[", "row_biases"),
        (
            "\"column_biases\":[0.0,",
            "\"column_biases\":[0.0,0.0,",
            "column_biases",
        ),
        (
            "\"row_biases\":[0.0,",
            "\"row_biases\":[\"NaN\",",
            "row_biases",
        ),
        ("\"mean\":0.0", "\"mean\":\"inf\"", "mean"),
        ("\"ridge\":0.0", "\"ridge\":-1", "ridge"),
        (rows, short, "row_biases"),
        (rows, twice, "column_factors"),
    ] {
        let read = serde_json::from_str::<Completion<f64>>(&edited(&completion, from, to));
        let error = read.unwrap_err().to_string();
        assert!(error.contains(told), "{to}: {error}");
    }
}

#[test]
fn what_a_user_prints_reads_as_words() {
    let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    let inversion = invert_by_descent(&m, Config::default()).unwrap();
    assert_eq!(inversion.route.to_string(), "from the scaled transpose");
    let proof = inversion.certificate.to_string();
    assert!(
        proof.starts_with("proven, with a relative error of at most "),
        "{proof}"
    );
    assert_eq!(Accuracy::Working.to_string(), "working accuracy");
    assert_eq!(Side::Both.to_string(), "both sides");
    assert_eq!(SolveMethod::default().to_string(), "conjugate gradients");
    assert_eq!(
        SolveProblem::PositiveDefinite.to_string(),
        "positive definite"
    );
    assert_eq!(Vectors::default().to_string(), "thin");
    assert_eq!(Cutoff::Relative(0.5).to_string(), "5e-1 of the largest");
    assert_eq!(
        LeadingEvidence::Proven.to_string(),
        "proven to be the largest"
    );
    let probable = LeadingEvidence::Probable {
        shortfall: 0.05,
        failure_probability: 1e-3,
    };
    let words = "the largest to a fraction of 5.0e-2, except with probability 1.0e-3";
    assert_eq!(probable.to_string(), words);
    assert_eq!(TopRoute::Whole.to_string(), "from the whole decomposition");
    assert_eq!(
        EigenRoute::Whole.to_string(),
        "from the whole decomposition"
    );
    assert_eq!(EigenRoute::Descent.to_string(), "by descent");
    let of_eigen = OutermostEvidence::Probable {
        shortfall: 0.05,
        failure_probability: 1e-3,
    };
    let words = "the outermost to 5.0e-2 of the spectrum's width, except with probability 1.0e-3";
    assert_eq!(of_eigen.to_string(), words);
    let svd = svd_by_descent(&m, SvdConfig::default()).unwrap();
    assert!(
        svd.certificate
            .to_string()
            .starts_with("singular values proven to ")
    );
}
