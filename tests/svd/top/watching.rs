//! Observers of a search.

use std::ops::ControlFlow;
use std::time::Duration;

use matrix_descent::svd::{LeadingEvidence, TopRoute, TopSvdError};
use matrix_descent::watch::TimeBudget;
use matrix_descent::{Progress, StopReason, TopConfig, svd_top_k};

use crate::support::spectra::Opaque;

use super::{default, with_values};

#[test]
fn each_step_is_shown_with_orthonormal_directions() {
    let matrix = with_values(150, 120, |i| 1.0 / (1 + i) as f64);
    let mut steps = 0;
    let mut least = 1.0_f64;
    let watch = |progress: &Progress<'_, f64>| {
        steps += 1;
        assert_eq!(progress.step, steps);
        least = least.min(progress.loss);
        let (x, next) = (progress.parameters, progress.gradient);
        assert_eq!((x.len(), next.len()), (120, 120));
        let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        assert!((product(x, x) - 1.0).abs() < 1e-13);
        assert!((product(next, next) - 1.0).abs() < 1e-13);
        assert!(product(x, next).abs() < 1e-13);
        ControlFlow::Continue(())
    };
    let top = svd_top_k(&Opaque(&matrix), 4, TopConfig::default().observer(watch)).unwrap();
    assert_eq!(top.steps, steps);
    assert!(least < 1e-11, "{least:e}");
}

#[test]
fn an_observer_ends_the_search_and_the_second_look() {
    let matrix = with_values(300, 200, |i| 1.0 / (1 + i) as f64);
    let whole = svd_top_k(&Opaque(&matrix), 4, default()).unwrap();
    for at in [1, 5, whole.steps - 1] {
        let until = |progress: &Progress<'_, f64>| {
            if progress.step >= at {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let found = svd_top_k(&Opaque(&matrix), 4, default().observer(until));
        let Err(TopSvdError::NotConverged {
            reason,
            reached,
            converged,
            ..
        }) = found
        else {
            panic!("{found:?}");
        };
        assert_eq!((reason, reached.steps), (StopReason::Observer, at));
        assert_eq!(reached.certificate.leading(), LeadingEvidence::Unknown);
        assert_eq!(converged == 4, at > 5, "{converged}");
    }
    let mut budget = TimeBudget::new(Duration::ZERO);
    let found = svd_top_k(&matrix, 4, default().observer(&mut budget));
    assert!(found.is_err() && budget.is_spent());
}

#[test]
fn the_sweeps_of_a_whole_decomposition_are_shown() {
    let matrix = with_values(30, 20, |i| 1.0 / (1 + i) as f64);
    let mut calls = 0;
    let count = |_: &Progress<'_, f64>| {
        calls += 1;
        ControlFlow::Continue(())
    };
    let top = svd_top_k(&matrix, 4, default().observer(count)).unwrap();
    assert_eq!(top.route, TopRoute::Whole);
    assert!(calls > 0);
    let mut budget = TimeBudget::new(Duration::ZERO);
    let found = svd_top_k(&matrix, 4, default().observer(&mut budget));
    assert!(budget.is_spent());
    assert!(matches!(found, Err(TopSvdError::Whole(_))), "{found:?}");
}

/// A flag that is cleared as it is read, as a signal's may be, is not lost where a search is at its
/// goal and the second look is still to come.
#[test]
fn a_single_break_and_the_last_step_end_the_search() {
    for (name, matrix) in [
        ("decay", with_values(90, 70, |i| 1.0 / (1 + i) as f64)),
        ("a low rank", with_values(30, 60, |i| f64::from(i < 3))),
        (
            "a multiple value",
            with_values(60, 60, |i| if i < 5 { 2.0 } else { 1.0 / (1 + i) as f64 }),
        ),
    ] {
        let whole = svd_top_k(&Opaque(&matrix), 4, default()).unwrap();
        for at in 1..whole.steps {
            let mut calls_after = 0;
            let once = |progress: &Progress<'_, f64>| {
                if progress.step == at {
                    return ControlFlow::Break(());
                }
                calls_after += usize::from(progress.step > at);
                ControlFlow::Continue(())
            };
            let by_break = svd_top_k(&Opaque(&matrix), 4, default().observer(once));
            let by_limit = svd_top_k(&Opaque(&matrix), 4, default().max_steps(at));
            for (found, expected) in [
                (by_break, StopReason::Observer),
                (by_limit, StopReason::StepLimit),
            ] {
                let Err(TopSvdError::NotConverged {
                    reason, reached, ..
                }) = found
                else {
                    panic!("{name}, {at}: {found:?}");
                };
                assert_eq!((reason, reached.steps), (expected, at), "{name}");
            }
            assert_eq!(calls_after, 0, "{name}, {at}");
        }
        let enough = svd_top_k(&Opaque(&matrix), 4, default().max_steps(whole.steps));
        assert_eq!(
            enough.unwrap().singular_values,
            whole.singular_values,
            "{name}"
        );
    }
}
