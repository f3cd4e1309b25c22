//! A run that was saved ends with the bits of one that never stopped.

use std::fmt::Debug;

use matrix_descent::descent::{SavedRun, Stall};
use matrix_descent::optimizer::{Clip, CosineDecay, LearningRate, Plateau, Resumable};
use matrix_descent::set::Bounds;
use matrix_descent::{
    Adam, Compose, Objective, Optimizer, Real, Sgd, Silent, Stepper, StopReason, Stopping,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{objective, run_until, started};
use crate::support::optimizers::{Listed, OptimizerCheck, for_each_optimizer};

const STEPS: usize = 40;

/// Writes to a format and reads it back.
type Format = fn(&SavedRun) -> SavedRun;

const FORMATS: [(&str, Format); 2] = [
    ("json", |saved| {
        serde_json::from_str(&serde_json::to_string(saved).unwrap()).unwrap()
    }),
    ("postcard", |saved| {
        postcard::from_bytes(&postcard::to_allocvec(saved).unwrap()).unwrap()
    }),
];

struct GoesOnExactly;

impl<T: Real> OptimizerCheck<T> for GoesOnExactly {
    fn check<M: Listed<T>>(&mut self, name: &str, optimizer: &M)
    where
        M::State: Clone + Debug + PartialEq,
    {
        let mut whole = started(optimizer);
        let end = run_until(&mut whole, STEPS);
        for (format, pass) in FORMATS {
            for interruption in [0, 1, 2, 7, 23, STEPS - 1, STEPS] {
                let name = format!("{name}, {format}, at {interruption}");
                let mut part = started(optimizer);
                run_until(&mut part, interruption.max(1));
                if interruption == 0 {
                    part = started(optimizer);
                }
                let saved = pass(&part.save().unwrap());
                assert_eq!(saved.steps(), part.steps(), "{name}");
                let mut rest = Stepper::restore(objective(), optimizer, &saved).unwrap();
                assert_eq!(rest.save().unwrap(), saved, "{name}");
                assert_eq!(run_until(&mut rest, STEPS), end, "{name}");
                assert_same_end(rest, whole.clone(), &name);
            }
        }
    }
}

fn assert_same_end<T, F, M>(rest: Stepper<T, F, M>, whole: Stepper<T, F, M>, name: &str)
where
    T: Real,
    F: Objective<T>,
    M: Resumable<T>,
    M::State: Debug + PartialEq,
{
    assert_eq!(rest.evaluations(), whole.evaluations(), "{name}");
    assert_eq!(rest.best_parameters(), whole.best_parameters(), "{name}");
    let (rest, whole) = (rest.into_checkpoint(), whole.into_checkpoint());
    assert_eq!(rest.parameters(), whole.parameters(), "{name}");
    assert_eq!(rest.losses(), whole.losses(), "{name}");
    assert_eq!(rest.state(), whole.state(), "{name}");
}

#[test]
fn every_optimizer_goes_on_exactly() {
    for_each_optimizer::<f32>(&mut GoesOnExactly);
    for_each_optimizer::<f64>(&mut GoesOnExactly);
}

#[test]
fn patience_counts_from_before_the_run_was_saved() {
    let rule = Sgd::new(0.01);
    let stopping = Stopping::default().stall(Stall {
        patience: 10,
        minimum_improvement: 0.5,
    });
    let mut whole = started::<f64, _>(rule);
    assert_eq!(whole.run(&stopping, Silent), Ok(StopReason::Stalled));
    for interruption in 1..whole.steps() {
        let mut part = started(rule);
        run_until(&mut part, interruption);
        let saved = part.save().unwrap();
        let mut rest = Stepper::restore(objective(), rule, &saved).unwrap();
        assert_eq!(rest.run(&stopping, Silent), Ok(StopReason::Stalled));
        assert_eq!(rest.steps(), whole.steps(), "saved at {interruption}");
    }
}

#[test]
fn time_adds_up() {
    let mut stepper = started::<f64, _>(Sgd::new(0.01));
    run_until(&mut stepper, 1000);
    let saved = stepper.save().unwrap();
    let before = stepper.finish().report.elapsed;
    let mut rest = Stepper::restore(objective(), Sgd::new(0.01), &saved).unwrap();
    run_until(&mut rest, 2000);
    assert!(rest.finish().report.elapsed > before);
}

/// Worth ∞ everywhere, or NaN, with a slope that no square can hold.
#[derive(Clone, Copy)]
struct Extreme(f64);

impl Objective<f64> for Extreme {
    fn dimension(&self) -> usize {
        1
    }

    fn value_and_gradient(&mut self, _parameters: &[f64], gradient: &mut [f64]) -> f64 {
        gradient[0] = 1e200;
        self.0
    }
}

#[test]
fn what_is_not_finite_survives_every_format() {
    for loss in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        for (format, pass) in FORMATS {
            let rule = Adam::new(0.1);
            let mut stepper = Stepper::new(Extreme(loss), rule, vec![-0.0]).unwrap();
            stepper.step();
            let saved = pass(&stepper.save().unwrap());
            let rest = Stepper::restore(Extreme(loss), rule, &saved).unwrap();
            assert_eq!(rest.loss().to_bits(), loss.to_bits(), "{format}");
            let best = rest.best_parameters()[0];
            assert_eq!(best.to_bits(), (-0.0_f64).to_bits(), "{format}");
            let state = rest.into_checkpoint().state().clone();
            assert_eq!(state.second_moment(), [f64::INFINITY], "{format}");
        }
    }
}

#[test]
fn the_learning_rate_may_be_another() {
    let mut stepper = started::<f64, _>(Sgd::new(0.1).momentum(0.5));
    run_until(&mut stepper, 5);
    let slower = Sgd::new(0.1).momentum(0.5).with_learning_rate(0.01);
    let mut rest = Stepper::restore(objective(), slower, &stepper.save().unwrap()).unwrap();
    let mut by_hand = stepper.into_checkpoint();
    let mut state = by_hand.state().clone();
    let mut parameters = by_hand.parameters().to_vec();
    let mut gradient = vec![0.0; 3];
    objective().value_and_gradient(&parameters, &mut gradient);
    slower.step(&mut state, &mut parameters, &mut gradient);
    rest.step();
    assert_eq!(rest.parameters(), parameters);
    by_hand = rest.into_checkpoint();
    assert_eq!(*by_hand.state(), state);
}

#[test]
fn what_was_saved_tells_what_it_is() {
    let mut stepper = started::<f32, _>(Sgd::new(0.1));
    run_until(&mut stepper, 5);
    let saved = stepper.save().unwrap();
    assert_eq!(saved.optimizer(), "sgd");
    assert_eq!((saved.steps(), saved.dimension()), (5, 3));
    assert_eq!(saved.bits_of_a_number(), 32);
}

fn assert_survives<V: Debug + PartialEq + Serialize + DeserializeOwned>(value: &V) {
    let encoded = postcard::to_allocvec(value).unwrap();
    assert_eq!(postcard::from_bytes::<V>(&encoded).as_ref(), Ok(value));
}

#[test]
fn settings_and_reports_can_be_saved_too() {
    let rule = Adam::new(0.1_f32)
        .clipped(Clip::Norm(1.0))
        .scheduled(CosineDecay::new(9).warm_up(2));
    assert_survives(&rule.projected(Bounds::new(-1.0, f32::INFINITY)));
    assert_survives(&rule.reduced_on_plateau(Plateau::default()));
    let stall = Stall {
        patience: 10,
        minimum_improvement: 0.5,
    };
    assert_survives(&Stopping::<f32>::default().loss(0.1).stall(stall));
    let mut stepper = started(rule);
    run_until(&mut stepper, 5);
    assert_survives(&stepper.clone().finish());
    assert_survives(&stepper.into_checkpoint());
}
