//! Observers that end a run.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use matrix_descent::objective::FitObjective;
use matrix_descent::watch::{StopWhen, TimeBudget};
use matrix_descent::{MeanSquaredError, Progress, Sgd, Stepper, StopReason, Stopping};

use crate::support::operations::OPERATIONS;

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn no_time_ends_every_operation_at_its_start() {
    for operation in OPERATIONS {
        let mut budget = TimeBudget::new(Duration::ZERO);
        let report = operation.watched_by::<f64, _>(&mut budget);
        assert_eq!(report.stop_reason, StopReason::Observer, "{operation:?}");
        assert_eq!(report.steps, 0, "{operation:?}");
        assert!(budget.is_spent(), "{operation:?}");
    }
}

#[test]
fn enough_time_changes_nothing() {
    for operation in OPERATIONS {
        let alone = operation.watched_by::<f32, _>(matrix_descent::Silent);
        let mut budget = TimeBudget::new(LONG);
        let report = operation.watched_by::<f32, _>(&mut budget);
        assert_eq!(report.losses, alone.losses, "{operation:?}");
        assert_eq!(report.stop_reason, alone.stop_reason, "{operation:?}");
        assert!(!budget.is_spent(), "{operation:?}");
    }
}

/// A descent that would take for ever.
fn endless() -> Stepper<f64, FitObjective<f64, MeanSquaredError>, Sgd<f64>> {
    let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
    Stepper::new(objective, Sgd::new(1e-12), vec![0.0]).unwrap()
}

#[test]
fn the_clock_runs_from_the_first_iterate() {
    let allowed = Duration::from_millis(20);
    let budget = TimeBudget::new(allowed);
    std::thread::sleep(2 * allowed);
    let stopping = Stopping::default().max_steps(usize::MAX);
    let mut stepper = endless();
    let started = Instant::now();
    assert_eq!(stepper.run(&stopping, budget), Ok(StopReason::Observer));
    assert!(started.elapsed() >= allowed);
    assert!(stepper.steps() > 0);
}

#[test]
fn a_run_in_parts_has_one_budget() {
    let mut budget = TimeBudget::new(Duration::from_millis(20));
    let mut stepper = endless();
    let started = Instant::now();
    let mut reason = StopReason::StepLimit;
    while reason == StopReason::StepLimit {
        let stopping = Stopping::default().max_steps(stepper.steps() + 10);
        reason = stepper.run(&stopping, &mut budget).unwrap();
    }
    assert_eq!(reason, StopReason::Observer);
    assert!(started.elapsed() >= Duration::from_millis(20));
}

#[test]
fn a_criterion_that_holds_goes_before_the_budget() {
    let mut stepper = endless();
    let stopping = Stopping::default().loss(2.0);
    let none = TimeBudget::new(Duration::ZERO);
    assert_eq!(stepper.run(&stopping, none), Ok(StopReason::Loss));
}

#[test]
fn a_flag_ends_every_operation_at_the_next_iterate() {
    for operation in OPERATIONS {
        let flag = AtomicBool::new(false);
        let raise = |progress: &Progress<'_, f64>| {
            flag.store(progress.step == 1, Ordering::Relaxed);
            ControlFlow::Continue(())
        };
        // The flag is looked at before it is raised.
        let report = operation.watched_by((StopWhen::set(&flag), raise));
        assert_eq!(report.stop_reason, StopReason::Observer, "{operation:?}");
        assert_eq!(report.steps, 2, "{operation:?}");
    }
}
