//! Damage of every kind: an error with numbers, whatever is hit, and no panic.

use std::fmt::Debug;

use matrix_descent::descent::{CheckpointError, ResumeError, SavedRun};
use matrix_descent::optimizer::NAdam;
use matrix_descent::{Error, InputError, Lbfgs, Real, Sgd, Stepper};
use serde_json::{Value, json};

use super::{from_value, objective, run_until, started, to_value};
use crate::support::optimizers::{Listed, OptimizerCheck, for_each_optimizer};

fn saved<T: Real, M: Listed<T>>(rule: M) -> SavedRun {
    let mut stepper = started(rule);
    run_until(&mut stepper, 4);
    stepper.save().unwrap()
}

/// The damaged run with the checksum that it would have if nothing had happened to it.
fn resealed<T: Real, M: Listed<T>>(rule: &M, mut damaged: Value) -> SavedRun {
    let found = Stepper::restore(objective(), rule, &from_value(damaged.clone())).map(|_| ());
    if let Err(ResumeError::Checkpoint(CheckpointError::Damaged { computed, .. })) = found {
        damaged["checksum"] = json!(computed.cast_signed());
    }
    from_value(damaged)
}

fn refusal<M: Listed<f64>>(rule: &M, damaged: Value) -> Error {
    let damaged = resealed(rule, damaged);
    let restored = Stepper::restore(objective(), rule, &damaged);
    restored.map(|stepper| stepper.steps()).unwrap_err().into()
}

#[test]
fn a_changed_value_is_noticed() {
    let rule = Sgd::new(0.1).momentum(0.5);
    let whole = to_value(&saved(rule));
    for path in [
        "/bits_of_a_number",
        "/parameters/0",
        "/best_parameters/2",
        "/best_step",
        "/losses/1",
        "/evaluations",
        "/elapsed_nanoseconds",
        "/state/0/words/1",
        "/checksum",
    ] {
        let mut damaged = whole.clone();
        let value = damaged.pointer_mut(path).unwrap();
        *value = json!(value.as_i64().unwrap() ^ 1);
        let restored = Stepper::restore(objective(), rule, &from_value(damaged)).map(|_| ());
        let Err(ResumeError::Checkpoint(CheckpointError::Damaged { recorded, computed })) =
            restored
        else {
            panic!("{path}: {restored:?}");
        };
        assert_ne!(recorded, computed, "{path}");
    }
}

#[test]
fn a_missing_field_is_noticed() {
    let rule = Sgd::new(0.1).momentum(0.5);
    let whole = to_value(&saved(rule));
    for field in whole.as_object().unwrap().keys() {
        let mut damaged = whole.clone();
        damaged.as_object_mut().unwrap().remove(field);
        let damaged = from_value(damaged);
        let error = Stepper::restore(objective(), rule, &damaged).map(|_| ());
        let is_typed = matches!(
            (field.as_str(), error),
            ("format", Err(ResumeError::Checkpoint(CheckpointError::Format { .. })))
                | ("version", Err(ResumeError::Checkpoint(CheckpointError::Version { found: 0, .. })))
                // False is what it was.
                | ("is_exhausted", Ok(()))
                | (_, Err(ResumeError::Checkpoint(CheckpointError::Damaged { .. })))
        );
        assert!(is_typed, "{field}");
    }
}

#[test]
fn inconsistent_parts_are_refused_even_under_a_right_checksum() {
    let rule = Lbfgs::default().history(2);
    let whole = to_value(&saved(rule));
    let state = whole["state"].as_array().unwrap();
    let index_of = |name| state.iter().position(|part| part["name"] == name).unwrap();
    let changed = |path: &str, value: Value| {
        let mut damaged = whole.clone();
        *damaged.pointer_mut(path).unwrap() = value;
        refusal(&rule, damaged)
    };
    let length = |part, found, expected| {
        Error::Checkpoint(CheckpointError::Length {
            part,
            found,
            expected,
        })
    };
    let value = |part, value| {
        Error::Checkpoint(CheckpointError::Value {
            part,
            index: 0,
            value,
        })
    };
    let words = |name| format!("/state/{}/words", index_of(name));
    assert_eq!(changed("/losses", json!([])), length("losses", 0, 1));
    let error = changed("/best_parameters", json!([0]));
    assert_eq!(error, length("best_parameters", 1, 3));
    assert_eq!(changed("/best_step", json!(5)), value("best_step", 5));
    assert_eq!(changed("/best_step", json!(-1)), value("best_step", -1));
    assert_eq!(changed("/evaluations", json!(-2)), value("evaluations", -2));
    let error = changed("/elapsed_nanoseconds", json!(-3));
    assert_eq!(error, value("elapsed_nanoseconds", -3));
    assert_eq!(changed(&words("next"), json!([2])), value("next", 2));
    assert_eq!(changed(&words("pairs"), json!([3])), value("pairs", 3));
    let error = changed(&words("has_origin"), json!([2]));
    assert_eq!(error, value("has_origin", 2));
    let error = changed(&words("kind_of_direction"), json!([-1]));
    assert_eq!(error, value("kind_of_direction", -1));
    let error = changed(&words("last_slope"), json!([7, 0]));
    assert_eq!(error, value("last_slope", 7));
    assert_eq!(changed(&words("moves"), json!([1])), length("moves", 1, 6));
    let name = format!("/state/{}/name", index_of("scale"));
    assert_eq!(changed(&name, json!("skale")), length("scale", 0, 1));
    let mut longer = whole.clone();
    let extra = json!({ "name": "more", "words": [] });
    longer["state"].as_array_mut().unwrap().push(extra);
    assert_eq!(refusal(&rule, longer), length("state", 1, 0));
}

#[test]
fn numbers_that_are_too_long_for_the_precision_are_refused() {
    let rule = Sgd::<f32>::new(0.1);
    let mut damaged = to_value(&saved(rule));
    let (index, long) = (2, 1_i64 << 32);
    damaged["parameters"][index] = json!(long);
    let damaged = resealed(&rule, damaged);
    let error = Stepper::restore(objective(), rule, &damaged).map(|_| ());
    let expected = ResumeError::Checkpoint(CheckpointError::Value {
        part: "parameters",
        index,
        value: long,
    });
    assert_eq!(error, Err(expected));
}

#[test]
fn parameters_that_are_not_finite_are_refused() {
    let rule = Sgd::new(0.1);
    let mut damaged = to_value(&saved(rule));
    damaged["parameters"][1] = json!(f64::INFINITY.to_bits().cast_signed());
    let expected = Error::Input(InputError::NotFinite {
        argument: "parameters",
        row: 1,
        column: 0,
        value: f64::INFINITY,
    });
    assert_eq!(refusal(&rule, damaged), expected);
}

/// Goes on from a state in which any one value has been put to an extreme.
struct SurvivesExtremes;

impl<T: Real> OptimizerCheck<T> for SurvivesExtremes {
    fn check<M: Listed<T>>(&mut self, _name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let whole = to_value(&saved(optimizer));
        let state = whole["state"].as_array().unwrap();
        for (part, value) in state.iter().enumerate() {
            for word in 0..value["words"].as_array().unwrap().len() {
                for extreme in [0, 1, -1, i64::MAX, i64::MAX - 1, i64::MIN] {
                    let mut damaged = whole.clone();
                    damaged["state"][part]["words"][word] = json!(extreme);
                    let damaged = resealed(optimizer, damaged);
                    let restored = Stepper::restore(objective(), optimizer, &damaged);
                    if let Ok(mut stepper) = restored {
                        run_until(&mut stepper, 8);
                    }
                }
            }
        }
    }
}

#[test]
fn extremes_in_the_state_make_no_panic() {
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
