//! Runs that are saved and go on: to the same bits, or refused with the reason.

mod damaged;
mod exact;
mod foreign;

use matrix_descent::{
    Fit, MeanSquaredError, Optimizer, Real, SavedRun, Silent, Stepper, StopReason, Stopping,
};
use serde_json::Value;

use crate::support::objectives::wavy;

fn objective<T: Real>() -> Fit<T, MeanSquaredError> {
    Fit::new(MeanSquaredError, wavy(3, 0.4))
}

fn started<T: Real, M: Optimizer<T>>(rule: M) -> Stepper<T, Fit<T, MeanSquaredError>, M> {
    Stepper::new(objective(), rule, vec![T::one(); 3]).unwrap()
}

fn run_until<T: Real, M: Optimizer<T>>(
    stepper: &mut Stepper<T, Fit<T, MeanSquaredError>, M>,
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
