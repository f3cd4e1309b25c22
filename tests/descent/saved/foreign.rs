//! What belongs to another run, or is none, is refused with the reason.

use std::fmt::Debug;

use matrix_descent::descent::{CheckpointError, ResumeError, SavedRun};
use matrix_descent::objective::FitObjective;
use matrix_descent::optimizer::{Clip, ConstantRate, Plateau, Resumable, RmsProp, StateError};
use matrix_descent::set::Bounds;
use matrix_descent::{
    Adam, AdamW, Compose, ConjugateGradient, Error, InputError, Lbfgs, MeanSquaredError, Sgd,
    Stepper,
};
use serde_json::{Value, json};

use super::{from_value, objective, refusal, run_until, started, to_value};
use crate::support::optimizers::{Listed, OptimizerCheck, for_each_optimizer};

fn saved<M: Resumable<f64>>(rule: M) -> SavedRun {
    let mut stepper = started(rule);
    run_until(&mut stepper, 5);
    stepper.save().unwrap()
}

fn with(saved: &SavedRun, field: &str, value: Value) -> SavedRun {
    let mut changed = to_value(saved);
    changed[field] = value;
    from_value(changed)
}

#[test]
fn another_format() {
    let rule = Sgd::new(0.1);
    let expect = |found: &str| {
        let found = found.to_owned();
        Error::from(CheckpointError::Format { found })
    };
    assert_eq!(refusal(rule, &from_value(json!({}))), expect(""));
    let other = json!({ "format": "recipe", "version": 1, "salt": "a pinch" });
    assert_eq!(refusal(rule, &from_value(other)), expect("recipe"));
}

#[test]
fn another_version() {
    let rule = Sgd::new(0.1);
    let saved = saved(rule);
    let supported = 2;
    for found in [0, 1, u32::MAX] {
        let error = refusal(rule, &with(&saved, "version", json!(found)));
        assert_eq!(error, CheckpointError::Version { found, supported }.into());
    }
    // Nothing is known of another version but its name.
    let later = json!({ "format": "matrix-descent run", "version": 7, "blocks": [] });
    let expected = CheckpointError::Version {
        found: 7,
        supported,
    };
    assert_eq!(refusal(rule, &from_value(later)), expected.into());
}

#[test]
fn another_precision() {
    let mut single = started::<f32, _>(Sgd::new(0.1));
    run_until(&mut single, 5);
    let (found, expected) = (32, 64);
    let error = refusal::<f64, _>(Sgd::new(0.1), &single.save().unwrap());
    assert_eq!(error, CheckpointError::Precision { found, expected }.into());
    let (found, expected) = (64, 32);
    let error = refusal::<f32, _>(Sgd::new(0.1), &saved(Sgd::new(0.1)));
    assert_eq!(error, CheckpointError::Precision { found, expected }.into());
}

fn other_optimizer(found: &str, expected: &str) -> Error {
    let (found, expected) = (found.to_owned(), expected.to_owned());
    CheckpointError::Optimizer { found, expected }.into()
}

#[test]
fn another_optimizer() {
    let error = refusal(AdamW::new(0.1), &saved(Adam::new(0.1)));
    assert_eq!(error, other_optimizer("adam", "adamw"));
    let error = refusal(Lbfgs::default(), &saved(ConjugateGradient::default()));
    assert_eq!(error, other_optimizer("conjugate gradient", "l-bfgs"));
    let rule = Sgd::new(0.1);
    let bounds = Bounds::new(-2.0, 2.0);
    let wrapped = saved(rule.clipped(Clip::Value(1.0)).projected(bounds));
    let error = refusal(rule.projected(bounds), &wrapped);
    assert_eq!(
        error,
        other_optimizer("projected clipped sgd", "projected sgd")
    );
    let scheduled = saved(rule.scheduled(ConstantRate));
    let error = refusal(rule.reduced_on_plateau(Plateau::default()), &scheduled);
    assert_eq!(
        error,
        other_optimizer("scheduled sgd", "plateau-reduced sgd")
    );
}

/// Collects the kinds, each with one saved run.
#[derive(Default)]
struct Kinds(Vec<(String, SavedRun)>);

impl OptimizerCheck<f64> for Kinds {
    fn check<M: Listed<f64>>(&mut self, _name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        self.0.push((optimizer.name(), saved(optimizer)));
    }
}

/// Refuses what another kind has saved, and takes or refuses what its own kind has.
struct RefusesOtherKinds(Vec<(String, SavedRun)>);

impl OptimizerCheck<f64> for RefusesOtherKinds {
    fn check<M: Listed<f64>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        for (kind, saved) in &self.0 {
            let restored = Stepper::restore(objective(), optimizer, saved);
            if *kind == optimizer.name() {
                let is_fine = match &restored {
                    Ok(_) => true,
                    Err(error) => {
                        matches!(error, ResumeError::Checkpoint(CheckpointError::Content(_)))
                    }
                };
                assert!(is_fine, "{name}, {kind}");
                continue;
            }
            let error = Error::from(restored.map(|_| ()).unwrap_err());
            let expected = other_optimizer(kind, &optimizer.name());
            assert_eq!(error, expected, "{name}");
        }
    }
}

#[test]
fn every_optimizer_refuses_every_other() {
    let mut kinds = Kinds::default();
    for_each_optimizer(&mut kinds);
    for_each_optimizer(&mut RefusesOtherKinds(kinds.0));
}

#[test]
fn a_state_of_another_shape() {
    let length = |part, found, expected| {
        let error = StateError::Length {
            part,
            found,
            expected,
        };
        Error::from(CheckpointError::from(error))
    };
    let plain = saved(Sgd::new(0.1));
    let error = refusal(Sgd::new(0.1).momentum(0.9), &plain);
    assert_eq!(error, length("velocity", 0, 3));
    let adam = saved(Adam::new(0.1));
    let error = refusal(Adam::new(0.1).amsgrad(), &adam);
    assert_eq!(error, length("largest_second", 0, 3));
    let centred = saved(RmsProp::new(0.1).centered());
    let error = refusal(RmsProp::new(0.1), &centred);
    assert_eq!(error, length("mean", 3, 0));
    let error = refusal(Lbfgs::default().history(2), &saved(Lbfgs::default()));
    assert_eq!(error, length("moves", 30, 6));
}

#[test]
fn another_objective() {
    let rule = Sgd::new(0.1);
    let saved = saved(rule);
    let larger = FitObjective::new(MeanSquaredError, vec![0.5; 4]);
    let error = Stepper::restore(larger, rule, &saved).map(|_| ());
    let (expected, found) = (4, 3);
    assert_eq!(
        error,
        Err(InputError::DimensionMismatch { expected, found }.into())
    );
    let elsewhere = FitObjective::new(MeanSquaredError, vec![50.0; 3]);
    let error = Stepper::restore(elsewhere, rule, &saved).map(|_| ());
    assert!(
        matches!(error, Err(ResumeError::DifferentObjective { recorded, found }) if recorded < found)
    );
}

#[test]
fn another_set() {
    let within = |upper: f64| Sgd::new(0.1).projected(Bounds::new(-upper, upper));
    let saved = saved(within(2.0));
    let stepper = Stepper::restore(objective(), within(2.0), &saved).unwrap();
    // A smaller set that still holds all of them is fine.
    let values = [stepper.parameters(), stepper.best_parameters()].concat();
    let fits = values.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    assert!(Stepper::restore(objective(), within(fits), &saved).is_ok());
    let error = refusal(within(0.5 * fits), &saved);
    let outside = matches!(
        error,
        Error::Resume(ResumeError::OutsideSet { part: "parameters", distance }) if distance > 0.0
    );
    assert!(outside, "{error:?}");
    // Nor may the best parameters lie outside: they are what the run returns.
    let checkpoint = stepper.into_checkpoint();
    let error = Stepper::resume(objective(), within(0.5 * fits), checkpoint).map(|_| ());
    assert!(
        matches!(error, Err(ResumeError::OutsideSet { .. })),
        "{error:?}"
    );
}

#[test]
fn settings_that_make_no_sense() {
    let saved = saved(Sgd::new(0.1));
    let error = refusal(Sgd::new(-1.0), &saved);
    assert!(
        matches!(error, Error::Input(InputError::InvalidSetting { name: "learning_rate", value, .. }) if value == -1.0)
    );
}

#[test]
fn errors_name_their_numbers() {
    let shown = |error: Error| error.to_string();
    let rule = Sgd::new(0.1);
    let error = refusal(rule, &with(&saved(rule), "version", json!(9)));
    assert_eq!(
        shown(error),
        "the checkpoint has version 9 of the format, but only 2 can be read"
    );
    let error = refusal(Sgd::new(0.1).momentum(0.9), &saved(rule));
    assert_eq!(
        shown(error),
        "the saved part \"velocity\" has 0 values, but has to have 3"
    );
}

#[test]
fn a_rule_behind_a_reference_is_the_same_rule() {
    let rule = Adam::new(0.1);
    let borrowed = &rule;
    let by_reference = saved(borrowed);
    assert_eq!(by_reference.optimizer(), "adam");
    assert!(Stepper::restore(objective(), rule, &by_reference).is_ok());
    assert!(Stepper::restore(objective(), borrowed, &by_reference).is_ok());
}
