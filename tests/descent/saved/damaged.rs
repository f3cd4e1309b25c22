//! Damage of every kind: an error with numbers, whatever is hit, and no panic.

use std::fmt::Debug;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE_64;
use matrix_descent::descent::{Checkpoint, CheckpointError, ResumeError, SavedRun};
use matrix_descent::optimizer::NAdam;
use matrix_descent::optimizer::{LbfgsState, Optimizer, Resumable, StateError};
use matrix_descent::{Error, InputError, Lbfgs, Real, Sgd, Stepper};
use serde_json::{Value, json};

use super::{from_value, objective, refusal, run_until, started, to_value};
use crate::support::optimizers::{Listed, OptimizerCheck, for_each_optimizer};

fn saved<T: Real, M: Listed<T>>(rule: M) -> SavedRun {
    let mut stepper = started(rule);
    run_until(&mut stepper, 4);
    stepper.save().unwrap()
}

fn content_of(saved: &SavedRun) -> Vec<u8> {
    let text = to_value(saved)["content"].as_str().unwrap().to_owned();
    BASE_64.decode(text).unwrap()
}

/// The saved run with other content, and with the checksum that belongs to it.
fn with_content<T: Real, M: Listed<T>>(rule: &M, saved: &SavedRun, content: &[u8]) -> SavedRun {
    let mut changed = to_value(saved);
    changed["content"] = json!(BASE_64.encode(content));
    let found = Stepper::restore(objective(), rule, &from_value(changed.clone())).map(|_| ());
    if let Err(ResumeError::Checkpoint(CheckpointError::Damaged { computed, .. })) = found {
        changed["checksum"] = json!(computed);
    }
    from_value(changed)
}

/// Why a run is refused in which one value was another when it was saved.
fn refusal_of_changed<M: Listed<f64>>(rule: &M, path: &str, value: Value) -> Error {
    let mut stepper = started(rule);
    run_until(&mut stepper, 4);
    let saved = stepper.save().unwrap();
    let mut changed = serde_json::to_value(stepper.into_checkpoint()).unwrap();
    *changed.pointer_mut(path).unwrap() = value;
    let changed: Checkpoint<f64, M::State> = serde_json::from_value(changed).unwrap();
    let content = postcard::to_allocvec(&changed).unwrap();
    refusal(rule, &with_content(rule, &saved, &content))
}

#[test]
fn a_changed_value_is_noticed() {
    let rule = Sgd::new(0.1).momentum(0.5);
    let whole = to_value(&saved(rule));
    let changes = [
        ("bits_of_a_number", json!(32)),
        ("optimizer", json!("lion")),
        ("dimension", json!(4)),
        ("steps", json!(3)),
        ("content", json!("")),
        ("checksum", json!(0)),
    ];
    for (field, value) in changes {
        let mut damaged = whole.clone();
        damaged[field] = value;
        let error = refusal(rule, &from_value(damaged));
        let Error::Checkpoint(CheckpointError::Damaged { recorded, computed }) = error else {
            panic!("{field}: {error}");
        };
        assert_ne!(recorded, computed, "{field}");
    }
}

#[test]
fn a_missing_field_is_noticed() {
    let rule = Sgd::new(0.1).momentum(0.5);
    let whole = to_value(&saved(rule));
    for field in whole.as_object().unwrap().keys() {
        let mut damaged = whole.clone();
        damaged.as_object_mut().unwrap().remove(field);
        let Error::Checkpoint(error) = refusal(rule, &from_value(damaged)) else {
            panic!("{field}");
        };
        let is_typed = matches!(
            (field.as_str(), error),
            ("format", CheckpointError::Format { .. })
                | ("version", CheckpointError::Version { found: 0, .. })
                | (_, CheckpointError::Damaged { .. })
        );
        assert!(is_typed, "{field}");
    }
}

fn wrong_length(part: &'static str, found: usize, expected: usize) -> Error {
    let error = StateError::Length {
        part,
        found,
        expected,
    };
    CheckpointError::from(error).into()
}

fn wrong_value(part: &'static str, index: usize, value: f64) -> Error {
    CheckpointError::from(StateError::Value { part, index, value }).into()
}

#[test]
fn an_inconsistent_history_is_refused_even_under_a_right_checksum() {
    let changed = |path, value| refusal_of_changed(&Sgd::new(0.1), path, value);
    assert_eq!(changed("/losses", json!([])), wrong_length("losses", 0, 1));
    let error = changed("/best_parameters", json!([0.0]));
    assert_eq!(error, wrong_length("best_parameters", 1, 3));
    let error = changed("/best_step", json!(5));
    assert_eq!(error, wrong_value("best_step", 0, 5.0));
    let error = changed("/evaluations", json!(u64::MAX));
    assert_eq!(error, wrong_value("evaluations", 0, u64::MAX as f64));
    let error = changed("/parameters", json!([0.0, 0.0]));
    let (expected, found) = (3, 2);
    assert_eq!(
        error,
        InputError::DimensionMismatch { expected, found }.into()
    );
}

#[test]
fn an_inconsistent_state_is_refused_even_under_a_right_checksum() {
    let lbfgs = Lbfgs::default().history(2);
    let changed = |path, value| refusal_of_changed(&lbfgs, path, value);
    let error = changed("/state/next", json!(2));
    assert_eq!(error, wrong_value("next", 0, 2.0));
    let error = changed("/state/pairs", json!(3));
    assert_eq!(error, wrong_value("pairs", 0, 3.0));
    let error = changed("/state/moves", json!([1.0]));
    assert_eq!(error, wrong_length("moves", 1, 6));
    let error = changed("/state/line/direction", json!([1.0, 0.0]));
    assert_eq!(error, wrong_length("direction", 2, 3));
    let error = changed("/state/line/stall_detector/idle_steps", json!(u64::MAX));
    assert_eq!(error, wrong_value("idle_steps", 0, u64::MAX as f64));
    let changed = |path, value| refusal_of_changed(&NAdam::new(0.1), path, value);
    let error = changed("/state/moments/second/1", json!(-1.0));
    assert_eq!(error, wrong_value("second", 1, -1.0));
    let error = changed("/state/steps", json!(u64::MAX));
    assert_eq!(error, wrong_value("steps", 0, u64::MAX as f64));
}

#[test]
fn a_state_of_your_own_loop_is_checked_alike() {
    let (rule, x) = (Lbfgs::default(), [1.0, 2.0]);
    let state = serde_json::to_string(&rule.init(&x)).unwrap();
    let state: LbfgsState<f64> = serde_json::from_str(&state).unwrap();
    assert_eq!(rule.check_state(&state, &rule.init(&x)), Ok(()));
    let shorter = rule.history(3);
    let error = shorter.check_state(&state, &shorter.init(&x));
    let (found, expected) = (20, 6);
    let part = "moves";
    assert_eq!(
        error,
        Err(StateError::Length {
            part,
            found,
            expected
        })
    );
}

#[test]
fn content_that_is_no_checkpoint_is_refused() {
    let rule = Sgd::new(0.1);
    let whole = saved::<f64, _>(rule);
    let content = content_of(&whole);
    let longer = [&content[..], &[0]].concat();
    for changed in [&[], &content[1..], &content[..content.len() - 1], &longer] {
        let error = refusal(rule, &with_content(&rule, &whole, changed));
        let is_typed = matches!(error, Error::Checkpoint(CheckpointError::Encoding { .. }));
        assert!(is_typed, "{} bytes: {error}", changed.len());
    }
}

#[test]
fn parameters_that_are_not_finite_are_refused() {
    let rule = Sgd::new(0.1);
    let whole = saved(rule);
    let mut content = content_of(&whole);
    // Parameters come first: their number in one byte, then their bits.
    content[9..17].copy_from_slice(&f64::INFINITY.to_le_bytes());
    let expected = InputError::NotFinite {
        argument: "parameters",
        row: 1,
        column: 0,
        value: f64::INFINITY,
    };
    let error = refusal(rule, &with_content(&rule, &whole, &content));
    assert_eq!(error, expected.into());
}

/// Goes on from content in which a byte, or eight, have been put to an extreme.
struct SurvivesExtremes;

impl<T: Real> OptimizerCheck<T> for SurvivesExtremes {
    fn check<M: Listed<T>>(&mut self, _name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let whole = saved(optimizer);
        let content = content_of(&whole);
        for place in 0..content.len() {
            for (extreme, length) in [(0, 1), (1, 1), (0x7f, 1), (0x80, 1), (0xff, 1), (0xff, 8)] {
                let mut damaged = content.clone();
                let end = content.len().min(place + length);
                damaged[place..end].fill(extreme);
                let damaged = with_content(optimizer, &whole, &damaged);
                let restored = Stepper::restore(objective(), optimizer, &damaged);
                if let Ok(mut stepper) = restored {
                    run_until(&mut stepper, 8);
                }
            }
        }
    }
}

#[test]
fn extremes_in_the_content_make_no_panic() {
    for_each_optimizer::<f32>(&mut SurvivesExtremes);
    for_each_optimizer::<f64>(&mut SurvivesExtremes);
}

/// Whether what was read goes on, which only the undamaged run may.
fn is_refused_or_whole(read: Result<SavedRun, impl Debug>, whole: &SavedRun) -> bool {
    let Ok(read) = read else {
        return true;
    };
    let restored = Stepper::<f64, _, _>::restore(objective(), NAdam::new(0.1), &read);
    restored.is_err() || read == *whole
}

#[test]
fn a_truncated_file_is_refused() {
    let whole = saved(NAdam::<f64>::new(0.1));
    let text = serde_json::to_string(&whole).unwrap();
    for length in 0..text.len() {
        assert!(serde_json::from_str::<SavedRun>(&text[..length]).is_err());
    }
    let bytes = postcard::to_allocvec(&whole).unwrap();
    for length in 0..bytes.len() {
        assert!(postcard::from_bytes::<SavedRun>(&bytes[..length]).is_err());
    }
}

#[test]
fn a_changed_bit_anywhere_in_a_file_is_refused() {
    let whole = saved(NAdam::<f64>::new(0.1));
    let text = serde_json::to_vec(&whole).unwrap();
    let bytes = postcard::to_allocvec(&whole).unwrap();
    for bit in 0..8 {
        for place in 0..text.len() {
            let mut damaged = text.clone();
            damaged[place] ^= 1 << bit;
            let read = serde_json::from_slice(&damaged);
            assert!(is_refused_or_whole(read, &whole), "json, {place}, {bit}");
        }
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << bit;
            let read = postcard::from_bytes(&damaged);
            assert!(
                is_refused_or_whole(read, &whole),
                "postcard, {place}, {bit}"
            );
        }
    }
}
