//! Several observers of one run.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::Duration;

use matrix_descent::watch::TimeBudget;
use matrix_descent::{Observer, Progress, Silent, StopReason};

use crate::support::operations::{OPERATIONS, Operation};

#[test]
fn each_sees_every_iterate_whoever_ends_the_run() {
    for breaker in 0..4 {
        let seen = RefCell::new(Vec::new());
        let observer = |name: usize| {
            let seen = &seen;
            move |progress: &Progress<'_, f64>| {
                seen.borrow_mut().push((progress.step, name));
                if name == breaker && progress.step == 2 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            }
        };
        let all = ((observer(0), observer(1)), (observer(2), observer(3)));
        let report = Operation::Minimize.watched_by(all);
        assert_eq!(
            (report.steps, report.stop_reason),
            (2, StopReason::Observer)
        );
        let in_order = |step| (0..4).map(move |name| (step, name));
        let expected: Vec<_> = (0..=2).flat_map(in_order).collect();
        assert_eq!(*seen.borrow(), expected, "ended by {breaker}");
    }
}

#[test]
fn a_budget_ends_every_operation_beside_observers_that_go_on() {
    let go_on = |_: &Progress<'_, f64>| ControlFlow::Continue(());
    for operation in OPERATIONS {
        let none = TimeBudget::new(Duration::ZERO);
        let reports = [
            operation.watched_by((go_on, none)),
            operation.watched_by(((go_on, Silent), none)),
            operation.watched_by((none, (go_on, go_on))),
            operation.watched_by((go_on, ((none, Silent), go_on))),
        ];
        for report in reports {
            assert_eq!(report.stop_reason, StopReason::Observer, "{operation:?}");
        }
    }
}

#[test]
fn nobody_watches_if_none_does() {
    fn watches(observer: &impl Observer<f64>) -> bool {
        observer.watches()
    }
    let budget = TimeBudget::new(Duration::ZERO);
    assert!(!watches(&(Silent, Silent)));
    assert!(!watches(&((Silent, Silent), (Silent, Silent))));
    assert!(watches(&(Silent, budget)));
    assert!(watches(&((budget, Silent), Silent)));
    assert!(watches(&(Silent, ((Silent, Silent), budget))));
}
