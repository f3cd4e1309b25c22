//! Each bad input, and the exact error that it gives.

use std::fmt::Debug;

use matrix_descent::descent::{ResumeError, Stall};
use matrix_descent::inverse::{InverseError, heavy_ball_for_inverse};
use matrix_descent::loss::{Huber, SmoothL1, WeightedMeanSquaredError};
use matrix_descent::objective::{
    FitObjective, LowRankObjective, Ridge, SvdPenalty, check_gradient,
};
use matrix_descent::optimizer::{AdaDelta, AdaGrad, CosineDecay, Lion, Muon, NAdam, RmsProp};
use matrix_descent::roots::RootOrder;
use matrix_descent::{
    Adam, AdamW, Compose, Config, Error, InputError, InverseObjective, MeanSquaredError, Objective,
    Optimizer, Real, RootConfig, Sgd, Side, Silent, Start, Stepper, Stopping,
    inverse_root_by_descent, invert_by_descent, minimize, polar_decomposition,
    square_root_by_descent,
};
use nalgebra::{DMatrix, dmatrix};

type Case = (&'static str, Error, Error);

const ABOVE_ZERO: &str = "finite and above 0";
const NOT_SUBNORMAL: &str = "finite and above 0, not subnormal";
const NOT_NEGATIVE: &str = "finite and at least 0";
const BELOW_ONE: &str = "at least 0 and below 1";

fn error<R: Debug, E: Debug + Into<Error>>(result: Result<R, E>) -> Error {
    result.unwrap_err().into()
}

fn regular() -> DMatrix<f64> {
    dmatrix![2.0, 1.0; 1.0, 3.0]
}

fn inverted(m: &DMatrix<f64>) -> Error {
    error(invert_by_descent(m, Config::default()))
}

fn root(m: &DMatrix<f64>) -> Error {
    error(square_root_by_descent(m, RootConfig::default()))
}

fn inverse_root(m: &DMatrix<f64>) -> Error {
    error(inverse_root_by_descent(
        m,
        RootOrder::Fourth,
        RootConfig::default(),
    ))
}

fn polar(m: &DMatrix<f64>) -> Error {
    error(polar_decomposition(m))
}

fn by_rule(rule: Sgd<f64>) -> Error {
    error(invert_by_descent(
        &regular(),
        Config::default().optimizer(rule),
    ))
}

fn stopped_by(stopping: Stopping<f64>) -> Error {
    let objective = FitObjective::new(MeanSquaredError, vec![0.0]);
    error(minimize(
        objective,
        Sgd::new(0.1),
        vec![1.0],
        stopping,
        Silent,
    ))
}

fn setting(name: &'static str, value: f64, requirement: &'static str) -> Error {
    Error::Input(InputError::InvalidSetting {
        name,
        value,
        requirement,
    })
}

fn not_finite(argument: &'static str, row: usize, column: usize, value: f64) -> Error {
    Error::Input(InputError::NotFinite {
        argument,
        row,
        column,
        value,
    })
}

fn shapes() -> Vec<Case> {
    let not_square = |rows, columns| {
        Error::Input(InputError::NotSquare {
            argument: "matrix",
            rows,
            columns,
        })
    };
    let empty = |rows, columns| {
        Error::Input(InputError::Empty {
            argument: "matrix",
            rows,
            columns,
        })
    };
    let wide = DMatrix::zeros(2, 3);
    let objective = InverseObjective::new(&wide, Side::Left, MeanSquaredError);
    vec![
        ("wide", inverted(&wide), not_square(2, 3)),
        ("tall", inverted(&DMatrix::zeros(5, 1)), not_square(5, 1)),
        ("0×0", inverted(&DMatrix::zeros(0, 0)), empty(0, 0)),
        ("0×3", inverted(&DMatrix::zeros(0, 3)), empty(0, 3)),
        ("3×0", inverted(&DMatrix::zeros(3, 0)), empty(3, 0)),
        (
            "wide objective",
            error(objective.map(|_| ())),
            not_square(2, 3),
        ),
        (
            "wide for the tuning",
            error(heavy_ball_for_inverse(&wide, 0)),
            not_square(2, 3),
        ),
        ("root, wide", root(&wide), not_square(2, 3)),
        ("root, 0×0", root(&DMatrix::zeros(0, 0)), empty(0, 0)),
        ("inverse root, wide", inverse_root(&wide), not_square(2, 3)),
        ("polar, 0×0", polar(&DMatrix::zeros(0, 0)), empty(0, 0)),
        ("polar, 0×3", polar(&DMatrix::zeros(0, 3)), empty(0, 3)),
        ("polar, 3×0", polar(&DMatrix::zeros(3, 0)), empty(3, 0)),
    ]
}

fn entries() -> Vec<Case> {
    let mut cases = Vec::new();
    for value in [f64::INFINITY, f64::NEG_INFINITY] {
        let mut m = DMatrix::identity(4, 4);
        m[(3, 1)] = value;
        m[(0, 2)] = f64::NAN;
        cases.push(("infinite", inverted(&m), not_finite("matrix", 3, 1, value)));
        for found in [root(&m), inverse_root(&m), polar(&m)] {
            cases.push(("infinite, roots", found, not_finite("matrix", 3, 1, value)));
        }
        let config = Config::default().start(Start::Given(m));
        let found = error(invert_by_descent(&DMatrix::identity(4, 4), config));
        cases.push(("infinite start", found, not_finite("start", 3, 1, value)));
        let objective = FitObjective::new(MeanSquaredError, vec![0.0; 2]);
        let found = error(Stepper::new(objective, Sgd::new(0.1), vec![0.0, value]).map(|_| ()));
        cases.push((
            "infinite parameter",
            found,
            not_finite("parameters", 1, 0, value),
        ));
    }
    cases
}

fn starts() -> Vec<Case> {
    let config = Config::default().start(Start::Given(DMatrix::zeros(2, 3)));
    let mismatch = Error::Input(InputError::ShapeMismatch {
        argument: "start",
        rows: 2,
        columns: 3,
        expected_rows: 2,
        expected_columns: 2,
    });
    let dimension =
        |expected, found| Error::Input(InputError::DimensionMismatch { expected, found });
    let mut objective = FitObjective::new(MeanSquaredError, vec![0.0; 3]);
    let checked = check_gradient(&mut objective, &[1.0]);
    let stopping = Stopping::default();
    let minimized = minimize(
        &mut objective,
        Sgd::new(0.1),
        vec![0.0; 4],
        stopping,
        Silent,
    );
    let other = Stepper::new(&mut objective, Sgd::new(0.1), vec![0.0; 3]).unwrap();
    let checkpoint = other.into_checkpoint();
    let smaller = FitObjective::new(MeanSquaredError, vec![0.0; 2]);
    let resumed = Stepper::resume(smaller, Sgd::new(0.1), checkpoint).map(|_| ());
    let mut other = Stepper::new(
        FitObjective::new(MeanSquaredError, vec![0.0; 2]),
        Sgd::new(0.1),
        vec![1.0; 2],
    )
    .unwrap();
    other.step();
    let far = FitObjective::new(MeanSquaredError, vec![1e200; 2]);
    let beyond = Stepper::resume(far, Sgd::new(0.1), other.clone().into_checkpoint()).map(|_| ());
    let infinite = Error::Resume(ResumeError::DifferentObjective {
        recorded: 0.9 * 0.9,
        found: f64::INFINITY,
    });
    let found = FitObjective::new(MeanSquaredError, vec![3.0; 2]);
    let foreign = Stepper::resume(found, Sgd::new(0.1), other.into_checkpoint()).map(|_| ());
    let different = Error::Resume(ResumeError::DifferentObjective {
        recorded: 0.9 * 0.9,
        found: 2.1 * 2.1,
    });
    vec![
        ("another objective", error(foreign), different),
        ("an objective out of range", error(beyond), infinite),
        (
            "shape",
            error(invert_by_descent(&regular(), config)),
            mismatch,
        ),
        ("gradient check", error(checked), dimension(3, 1)),
        ("minimize", error(minimized), dimension(3, 4)),
        ("resume", error(resumed), dimension(2, 3)),
    ]
}

fn rules() -> Vec<Case> {
    let rule = Sgd::new(0.1);
    let infinity = f64::INFINITY;
    vec![
        (
            "η < 0",
            by_rule(Sgd::new(-0.1)),
            setting("learning_rate", -0.1, ABOVE_ZERO),
        ),
        (
            "η = 0",
            by_rule(Sgd::new(0.0)),
            setting("learning_rate", 0.0, ABOVE_ZERO),
        ),
        (
            "η = ∞",
            by_rule(Sgd::new(infinity)),
            setting("learning_rate", infinity, ABOVE_ZERO),
        ),
        (
            "μ < 0",
            by_rule(rule.momentum(-0.5)),
            setting("momentum", -0.5, BELOW_ONE),
        ),
        (
            "μ = 1",
            by_rule(rule.momentum(1.0)),
            setting("momentum", 1.0, BELOW_ONE),
        ),
        (
            "Nesterov",
            by_rule(rule.nesterov_momentum(1.5)),
            setting("momentum", 1.5, BELOW_ONE),
        ),
        (
            "τ = 1",
            by_rule(rule.dampened_momentum(0.5, 1.0)),
            setting("dampening", 1.0, BELOW_ONE),
        ),
        (
            "λ < 0",
            by_rule(rule.weight_decay(-1.0)),
            setting("weight_decay", -1.0, NOT_NEGATIVE),
        ),
        (
            "zero matrix for the tuning",
            error(heavy_ball_for_inverse(&DMatrix::zeros(2, 2), 0)),
            setting("smallest_curvature", 0.0, ABOVE_ZERO),
        ),
    ]
}

fn limits() -> Vec<Case> {
    let below_one = "at least 0 and below 1";
    let config = Config::default;
    let inversion = |config| error(invert_by_descent(&regular(), config));
    let by_root = |config| error(square_root_by_descent(&DMatrix::identity(2, 2), config));
    let stopping = Stopping::default();
    let stall = |patience, minimum_improvement| {
        stopped_by(stopping.stall(Stall {
            patience,
            minimum_improvement,
        }))
    };
    vec![
        (
            "tolerance < 0",
            inversion(config().tolerance(-1.0)),
            setting("tolerance", -1.0, below_one),
        ),
        (
            "tolerance 1",
            inversion(config().tolerance(1.0)),
            setting("tolerance", 1.0, below_one),
        ),
        (
            "no steps",
            inversion(config().max_steps(0)),
            setting("max_steps", 0.0, "at least 1"),
        ),
        (
            "no steps",
            stopped_by(stopping.max_steps(0)),
            setting("max_steps", 0.0, "at least 1"),
        ),
        (
            "norm < 0",
            stopped_by(stopping.gradient_norm(-1.0)),
            setting("gradient_norm", -1.0, "finite and at least 0"),
        ),
        (
            "loss ∞",
            stopped_by(stopping.loss(f64::INFINITY)),
            setting("loss", f64::INFINITY, "finite"),
        ),
        (
            "growth 1",
            stopped_by(stopping.divergence(1.0)),
            setting("divergence", 1.0, "above 1"),
        ),
        (
            "root, tolerance 0",
            by_root(RootConfig::default().tolerance(0.0)),
            setting("tolerance", 0.0, "above 0 and below 1"),
        ),
        (
            "root, no steps",
            by_root(RootConfig::default().max_steps(0)),
            setting("max_steps", 0.0, "at least 1"),
        ),
        (
            "no patience",
            stall(0, 0.5),
            setting("patience", 0.0, "at least 1"),
        ),
        (
            "improvement 1",
            stall(5, 1.0),
            setting("minimum_improvement", 1.0, below_one),
        ),
    ]
}

#[test]
fn each_bad_input_gives_its_error() {
    let cases = [shapes(), entries(), starts(), rules(), limits()].concat();
    for (name, found, expected) in cases {
        assert_eq!(found, expected, "{name}");
        assert!(!found.to_string().is_empty());
    }
}

#[test]
fn every_rule_checks_its_settings() {
    fn refuses<M: Optimizer<f64>>(
        with: impl Fn(f64) -> M,
        name: &'static str,
        range: &'static str,
    ) {
        let too_large = if range == BELOW_ONE {
            1.0
        } else {
            f64::INFINITY
        };
        let too_small = if range == ABOVE_ZERO || range == NOT_SUBNORMAL {
            0.0
        } else {
            -0.5
        };
        for value in [too_small, -1.0, too_large] {
            assert_eq!(
                error(with(value).validate()),
                setting(name, value, range),
                "{name}"
            );
        }
        let Err(InputError::InvalidSetting { value, .. }) = with(f64::NAN).validate() else {
            panic!("{name}: accepted NaN");
        };
        assert!(value.is_nan());
        assert_eq!(with(0.5).validate(), Ok(()), "{name}");
    }
    let adam = Adam::default();
    refuses(Adam::new, "learning_rate", ABOVE_ZERO);
    refuses(|b| adam.betas(b, 0.9), "beta1", BELOW_ONE);
    refuses(|b| adam.betas(0.9, b), "beta2", BELOW_ONE);
    refuses(|e| adam.epsilon(e), "epsilon", NOT_SUBNORMAL);
    refuses(|d| adam.weight_decay(d), "weight_decay", NOT_NEGATIVE);
    let adam_w = AdamW::default();
    refuses(AdamW::new, "learning_rate", ABOVE_ZERO);
    refuses(|b| adam_w.betas(b, 0.9), "beta1", BELOW_ONE);
    refuses(|b| adam_w.betas(0.9, b), "beta2", BELOW_ONE);
    refuses(|e| adam_w.epsilon(e), "epsilon", NOT_SUBNORMAL);
    refuses(|d| adam_w.weight_decay(d), "weight_decay", NOT_NEGATIVE);
    let nadam = NAdam::default();
    refuses(NAdam::new, "learning_rate", ABOVE_ZERO);
    refuses(|b| nadam.betas(b, 0.9), "beta1", BELOW_ONE);
    refuses(|b| nadam.betas(0.9, b), "beta2", BELOW_ONE);
    refuses(|e| nadam.epsilon(e), "epsilon", NOT_SUBNORMAL);
    refuses(|d| nadam.weight_decay(d), "weight_decay", NOT_NEGATIVE);
    refuses(|p| nadam.momentum_decay(p), "momentum_decay", NOT_NEGATIVE);
    let rms_prop = RmsProp::default();
    refuses(RmsProp::new, "learning_rate", ABOVE_ZERO);
    refuses(|a| rms_prop.smoothing(a), "smoothing", BELOW_ONE);
    refuses(|e| rms_prop.epsilon(e), "epsilon", NOT_SUBNORMAL);
    refuses(|m| rms_prop.momentum(m), "momentum", BELOW_ONE);
    refuses(|d| rms_prop.weight_decay(d), "weight_decay", NOT_NEGATIVE);
    let ada_grad = AdaGrad::default();
    let slowed = |d| ada_grad.learning_rate_decay(d);
    refuses(AdaGrad::new, "learning_rate", ABOVE_ZERO);
    refuses(slowed, "learning_rate_decay", NOT_NEGATIVE);
    refuses(|e| ada_grad.epsilon(e), "epsilon", NOT_SUBNORMAL);
    refuses(|d| ada_grad.weight_decay(d), "weight_decay", NOT_NEGATIVE);
    refuses(|s| ada_grad.initial_sum(s), "initial_sum", NOT_NEGATIVE);
    let ada_delta = AdaDelta::default();
    refuses(AdaDelta::new, "learning_rate", ABOVE_ZERO);
    refuses(|r| ada_delta.smoothing(r), "smoothing", BELOW_ONE);
    refuses(|e| ada_delta.epsilon(e), "epsilon", NOT_SUBNORMAL);
    refuses(|d| ada_delta.weight_decay(d), "weight_decay", NOT_NEGATIVE);
    let lion = Lion::default();
    refuses(Lion::new, "learning_rate", ABOVE_ZERO);
    refuses(|b| lion.betas(b, 0.9), "beta1", BELOW_ONE);
    refuses(|b| lion.betas(0.9, b), "beta2", BELOW_ONE);
    refuses(|d| lion.weight_decay(d), "weight_decay", NOT_NEGATIVE);
    let muon = Muon::default;
    refuses(Muon::new, "learning_rate", ABOVE_ZERO);
    refuses(|m| muon().momentum(m), "momentum", BELOW_ONE);
    refuses(|m| muon().nesterov_momentum(m), "momentum", BELOW_ONE);
    refuses(|d| muon().weight_decay(d), "weight_decay", NOT_NEGATIVE);
    refuses(|e| muon().epsilon(e), "epsilon", NOT_NEGATIVE);
    let rest = |b| muon().rest(AdamW::default().betas(b, 0.9));
    refuses(rest, "beta1", BELOW_ONE);
}

#[test]
fn losses_and_penalties_check_their_settings() {
    let infinity = f64::INFINITY;
    for value in [0.0, -1.0, infinity] {
        assert_eq!(
            error(Huber::new(value)),
            setting("delta", value, ABOVE_ZERO)
        );
        assert_eq!(
            error(SmoothL1::new(value)),
            setting("beta", value, ABOVE_ZERO)
        );
    }
    assert!(Huber::new(f64::NAN).is_err() && SmoothL1::new(f64::NAN).is_err());
    for value in [-1.0, infinity] {
        let fit = FitObjective::new(MeanSquaredError, vec![0.0]);
        assert_eq!(
            error(Ridge::new(fit, value)),
            setting("weight", value, NOT_NEGATIVE)
        );
        assert_eq!(
            error(WeightedMeanSquaredError::new(vec![1.0, value])),
            setting("weights", value, NOT_NEGATIVE)
        );
    }
    assert!(Ridge::new(FitObjective::new(MeanSquaredError, vec![0.0]), f64::NAN).is_err());
    assert!(WeightedMeanSquaredError::new(vec![f64::NAN]).is_err());
    let sum = "the sum of the weights";
    assert_eq!(
        error(WeightedMeanSquaredError::new(vec![0.0; 3])),
        setting(sum, 0.0, ABOVE_ZERO)
    );
    assert_eq!(
        error(WeightedMeanSquaredError::new(vec![f64::MAX; 2])),
        setting(sum, infinity, ABOVE_ZERO)
    );
}

#[test]
fn a_loss_for_another_number_of_entries_is_refused() {
    let loss = || WeightedMeanSquaredError::new(vec![1.0; 3]).unwrap();
    let mismatch = |entries| {
        Error::Input(InputError::ShapeMismatch {
            argument: "weights",
            rows: 3,
            columns: 1,
            expected_rows: entries,
            expected_columns: 1,
        })
    };
    let m = regular();
    let inverse = InverseObjective::new(&m, Side::Left, loss());
    assert_eq!(error(inverse.map(|_| ())), mismatch(4));
    let low_rank = LowRankObjective::new(&m, 1, loss());
    assert_eq!(error(low_rank.map(|_| ())), mismatch(4));
    let mut fit = Ridge::new(FitObjective::new(loss(), vec![0.0; 2]), 1.0).unwrap();
    let checked = check_gradient(&mut fit, &[0.0; 2]);
    assert_eq!(error(checked), mismatch(2));
    let started = Stepper::new(&mut fit, Sgd::new(0.1), vec![0.0; 2]);
    assert_eq!(error(started.map(|_| ())), mismatch(2));
    assert_eq!(FitObjective::new(loss(), vec![0.0; 3]).validate(), Ok(()));
}

#[test]
fn what_overflows_when_factors_are_put_together_is_refused() {
    let m = regular();
    let squared = SvdPenalty::squared(&m).unwrap();
    let mut parameters = vec![1.0; 10];
    parameters[5] = 1e200;
    let overflow = not_finite("singular values", 1, 0, f64::INFINITY);
    assert_eq!(error(squared.factors(&parameters)), overflow);
    let low_rank = LowRankObjective::new(&m, 1, MeanSquaredError).unwrap();
    let overflow = not_finite("product", 1, 0, f64::NEG_INFINITY);
    let found = low_rank.product(&[1.0, -1e200, 1e200, 1.0]);
    assert_eq!(error(found), overflow);
}

#[test]
fn settings_that_are_not_numbers_are_refused() {
    let nan = f64::NAN;
    let refused = |error: Error, expected: &str| match error {
        Error::Input(InputError::InvalidSetting { name, value, .. }) => {
            assert!(value.is_nan() && name == expected);
        }
        other => panic!("{expected}: {other}"),
    };
    let rule = Sgd::new(0.1);
    refused(by_rule(Sgd::new(nan)), "learning_rate");
    refused(by_rule(rule.momentum(nan)), "momentum");
    refused(by_rule(rule.nesterov_momentum(nan)), "momentum");
    refused(by_rule(rule.dampened_momentum(0.5, nan)), "dampening");
    refused(by_rule(rule.weight_decay(nan)), "weight_decay");
    let config = Config::default().tolerance(nan);
    refused(error(invert_by_descent(&regular(), config)), "tolerance");
    refused(stopped_by(Stopping::default().loss(nan)), "loss");
    refused(
        stopped_by(Stopping::default().gradient_norm(nan)),
        "gradient_norm",
    );
    refused(
        stopped_by(Stopping::default().divergence(nan)),
        "divergence",
    );
    let stall = Stall {
        patience: 1,
        minimum_improvement: nan,
    };
    refused(
        stopped_by(Stopping::default().stall(stall)),
        "minimum_improvement",
    );
}

#[test]
fn an_entry_that_is_not_a_number_is_found() {
    let mut m = DMatrix::identity(3, 3);
    m[(1, 2)] = f32::NAN;
    let Err(InverseError::Input(InputError::NotFinite {
        argument,
        row,
        column,
        value,
    })) = invert_by_descent(&m, Config::default())
    else {
        panic!("accepted NaN");
    };
    assert_eq!((argument, row, column), ("matrix", 1, 2));
    assert!(value.is_nan());
}

#[test]
fn the_tuning_names_the_curvature_that_is_wrong() {
    let (smallest, largest) = ("smallest_curvature", "largest_curvature");
    for (low, high, expected) in [
        (-1.0, 1.0, setting(smallest, -1.0, ABOVE_ZERO)),
        (0.0, 1.0, setting(smallest, 0.0, ABOVE_ZERO)),
        (1.0, -1.0, setting(largest, -1.0, ABOVE_ZERO)),
        (
            1.0,
            f64::INFINITY,
            setting(largest, f64::INFINITY, ABOVE_ZERO),
        ),
        (
            9.0,
            1.0,
            setting(largest, 1.0, "at least smallest_curvature"),
        ),
        (
            1e-320,
            1e-320,
            setting("learning_rate", f64::INFINITY, ABOVE_ZERO),
        ),
    ] {
        assert_eq!(error(Sgd::tuned_heavy_ball(low, high)), expected);
    }
}

#[test]
fn a_schedule_without_steps_is_told_so() {
    let rule = Sgd::new(0.1).scheduled(CosineDecay::new(0));
    assert_eq!(error(rule.validate()), setting("steps", 0.0, "at least 1"));
}

/// The smallest ε keeps a gradient of 0 from giving 0/0; a smaller one is refused.
fn check_least_epsilon<T: Real>() {
    fn moves<T: Real, M: Optimizer<T>>(name: &str, with_epsilon: impl Fn(T) -> M) {
        let rule = with_epsilon(T::MIN_POSITIVE);
        rule.validate().unwrap();
        let mut x = [T::one(); 2];
        let mut state = rule.init(&x);
        for _ in 0..3 {
            rule.step(&mut state, &mut x, &mut [T::zero(); 2]);
        }
        assert!(x.iter().all(|x| x.is_finite()), "{name}: {x:?}");
        for too_small in [T::zero(), T::MIN_POSITIVE * <T as Real>::from_f64(0.5)] {
            assert!(with_epsilon(too_small).validate().is_err(), "{name}");
        }
    }
    let almost_one = T::one() - T::EPSILON * <T as Real>::from_f64(0.5);
    let rate = <T as Real>::from_f64(0.1);
    for beta in [T::zero(), <T as Real>::from_f64(0.999), almost_one] {
        moves("adam", |e| Adam::new(rate).betas(rate, beta).epsilon(e));
        moves("amsgrad", |e| {
            Adam::new(rate).betas(rate, beta).amsgrad().epsilon(e)
        });
        moves("adamw", |e| AdamW::new(rate).betas(rate, beta).epsilon(e));
        moves("nadam", |e| NAdam::new(rate).betas(rate, beta).epsilon(e));
        moves("rmsprop", |e| RmsProp::new(rate).smoothing(beta).epsilon(e));
        moves("adadelta", |e| {
            AdaDelta::new(rate).smoothing(beta).epsilon(e)
        });
    }
    moves("rmsprop, centred", |e| {
        RmsProp::new(rate).centered().epsilon(e)
    });
    moves("adagrad", |e| AdaGrad::new(rate).epsilon(e));
}

#[test]
fn no_epsilon_that_is_accepted_vanishes() {
    check_least_epsilon::<f32>();
    check_least_epsilon::<f64>();
}

#[test]
fn messages_carry_the_numbers() {
    let not_square = inverted(&DMatrix::zeros(2, 3)).to_string();
    assert_eq!(
        not_square,
        "the matrix has 2 rows and 3 columns, but has to be square"
    );
    let setting = by_rule(Sgd::new(-0.5)).to_string();
    assert_eq!(
        setting,
        "learning_rate is -0.5, but has to be finite and above 0"
    );
    let rank = error(LowRankObjective::new(&regular(), 5, MeanSquaredError).map(|_| ()));
    assert_eq!(
        rank.to_string(),
        "rank is 5, but has to be from 1 to 2, the smaller side of the matrix"
    );
    let parameters = not_finite("parameters", 3, 0, f64::NAN).to_string();
    assert_eq!(
        parameters,
        "row 3, column 0 (counted from 0) of the parameters is NaN, but has to be finite"
    );
    let rule = Sgd::new(0.01);
    let short = Config::default()
        .optimizer(rule)
        .max_steps(1)
        .tolerance(1e-3);
    let short = error(invert_by_descent(&regular(), short)).to_string();
    assert!(
        short.contains("1e-3") && short.contains("after 1 step;"),
        "{short}"
    );
}
