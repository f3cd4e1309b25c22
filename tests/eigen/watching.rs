//! Observers of a search.

use std::ops::ControlFlow;
use std::time::Duration;

use matrix_descent::eigen::{EigenError, Unfinished};
use matrix_descent::watch::TimeBudget;
use matrix_descent::{EigenConfig, Progress, StopReason, symmetric_eigen_k};
use nalgebra::DVector;

use crate::support::spectra::{GridLaplacian, diagonal};

#[test]
fn each_step_is_shown_with_a_vector_and_its_residual() {
    let matrix = diagonal(150, |i| 1.0 + (i as f64).sqrt());
    let mut steps = 0;
    let mut last = 1.0;
    let watch = |progress: &Progress<'_, f64>| {
        steps += 1;
        assert_eq!(progress.step, steps);
        last = progress.loss;
        if !progress.parameters.is_empty() {
            let x = DVector::from_column_slice(progress.parameters);
            let r = DVector::from_column_slice(progress.gradient);
            let image = &matrix * &x;
            let value = x.dot(&image);
            // The second search leaves out what the tolerance allows along the vectors found.
            assert!((image - &x * value - r).norm() < 1e-7);
            assert!((x.norm() - 1.0).abs() < 1e-12);
        }
        ControlFlow::Continue(())
    };
    let config = EigenConfig::smallest().tolerance(1e-9).observer(watch);
    let found = symmetric_eigen_k(&matrix, 3, config).unwrap();
    assert_eq!(found.steps, steps);
    assert!(last < 0.1, "{last}");
}

#[test]
fn an_observer_ends_a_search() {
    let map = GridLaplacian::new(500, 1);
    let mut budget = TimeBudget::new(Duration::ZERO);
    for at in [1, 30] {
        let until = |progress: &Progress<'_, f64>| {
            if progress.step >= at {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let found = symmetric_eigen_k(&map, 4, EigenConfig::smallest().observer(until));
        let Err(EigenError::NotConverged {
            reason, reached, ..
        }) = found
        else {
            panic!("{found:?}");
        };
        assert_eq!((reason, reached.steps), (StopReason::Observer, at));
    }
    let found = symmetric_eigen_k(&map, 4, EigenConfig::smallest().observer(&mut budget));
    assert!(found.is_err() && budget.is_spent());
}

/// A single wish to stop is kept, also at the step that reaches the goal of the first search.
#[test]
fn one_break_ends_a_search_wherever_it_comes() {
    let map = GridLaplacian::new(80, 1);
    let mass = diagonal(80, |i| 1.0 + (i % 2) as f64);
    let config = || EigenConfig::smallest().tolerance(1e-6).mass(&mass);
    let whole = symmetric_eigen_k(&map, 2, config()).unwrap().steps;
    let mut seen = [0; 2];
    for at in 1..=whole {
        let once = |progress: &Progress<'_, f64>| {
            if progress.step == at {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        match symmetric_eigen_k(&map, 2, config().observer(once)) {
            // Everything was done: what the break made it look at shows that a little earlier.
            Ok(found) => {
                assert_eq!(found.steps, at);
                assert!(whole - at <= 4, "{at} of {whole}");
            }
            Err(EigenError::NotConverged {
                reason,
                reached,
                unfinished,
                converged,
                ..
            }) => {
                assert_eq!((reason, reached.steps), (StopReason::Observer, at));
                assert_eq!(
                    unfinished == Unfinished::SecondSearch,
                    converged == 2,
                    "{at}"
                );
                seen[usize::from(converged == 2)] += 1;
            }
            Err(other) => panic!("{at}: {other}"),
        }
    }
    assert!(seen.iter().all(|&count| count > 0), "{seen:?}");
}

/// Watching changes nothing.
#[test]
fn an_observer_changes_no_bit() {
    let map = GridLaplacian::new(250, 1);
    let inverse = diagonal(250, |i| 1.0 / (1.0 + i as f64));
    let watch = |_: &Progress<'_, f64>| ControlFlow::Continue(());
    let config = || EigenConfig::smallest().tolerance(1e-9);
    let plain = symmetric_eigen_k(&map, 3, config()).unwrap();
    assert_eq!(
        symmetric_eigen_k(&map, 3, config().observer(watch)).unwrap(),
        plain
    );
    let config = || config().preconditioner(&inverse);
    let plain = symmetric_eigen_k(&map, 3, config()).unwrap();
    assert_eq!(
        symmetric_eigen_k(&map, 3, config().observer(watch)).unwrap(),
        plain
    );
}
