//! Runs that are saved and go on: to the same bits, or refused with the reason.

mod damaged;
mod exact;
mod foreign;

use matrix_descent::descent::SavedRun;
use matrix_descent::objective::FitObjective;
use matrix_descent::optimizer::Resumable;
use matrix_descent::{
    Error, MeanSquaredError, Optimizer, Real, Silent, Stepper, StopReason, Stopping,
};
use serde_json::Value;

use crate::support::objectives::wavy;

fn objective<T: Real>() -> FitObjective<T, MeanSquaredError> {
    FitObjective::new(MeanSquaredError, wavy(3, 0.4))
}

fn started<T: Real, M: Optimizer<T>>(rule: M) -> Stepper<T, FitObjective<T, MeanSquaredError>, M> {
    Stepper::new(objective(), rule, vec![T::one(); 3]).unwrap()
}

fn run_until<T: Real, M: Optimizer<T>>(
    stepper: &mut Stepper<T, FitObjective<T, MeanSquaredError>, M>,
    steps: usize,
) -> StopReason {
    let stopping = Stopping::default().max_steps(steps);
    stepper.run(&stopping, Silent).unwrap()
}

fn to_value(saved: &SavedRun) -> Value {
    serde_json::to_value(saved).unwrap()
}

fn from_value(value: Value) -> SavedRun {
    serde_json::from_value(value).unwrap()
}

fn refusal<T: Real, M: Resumable<T>>(rule: M, saved: &SavedRun) -> Error<T> {
    match Stepper::restore(objective(), rule, saved) {
        Ok(stepper) => panic!("goes on from step {}", stepper.steps()),
        Err(error) => error.into(),
    }
}
