//! Observers of the sweeps.

use std::ops::ControlFlow;
use std::time::Duration;

use matrix_descent::svd::SvdError;
use matrix_descent::watch::TimeBudget;
use matrix_descent::{Progress, StopReason, SvdConfig, svd_by_descent};
use nalgebra::{DMatrix, DMatrixView};

use crate::support::shapes::{graded, hard_matrices, uniform};

/// Shapes that are decomposed in every way, the graded ones in a second descent.
fn shapes() -> Vec<(String, DMatrix<f64>)> {
    let mut all = hard_matrices();
    for (rows, columns) in [(5, 5), (9, 4), (6, 5), (20, 20), (31, 13), (14, 40)] {
        all.push((format!("{rows}×{columns}"), uniform(rows, columns, 5)));
        all.push((
            format!("graded {rows}×{columns}"),
            graded(rows, columns, 9.0),
        ));
    }
    all
}

/// ½‖off(WᵀW)‖²_F/‖W‖⁴_F.
fn loss_of(w: &DMatrix<f64>) -> f64 {
    let total = w.norm();
    if total == 0.0 {
        return 0.0;
    }
    let mut gram = (w / total).tr_mul(&(w / total));
    gram.fill_diagonal(0.0);
    0.5 * gram.norm_squared()
}

/// The central difference of the loss in the angle of the plane of columns i and j.
fn slope(w: &DMatrix<f64>, i: usize, j: usize) -> f64 {
    let angle = 1e-5_f64;
    let turned = |angle: f64| {
        let mut turned = w.clone();
        let (x, y) = (w.column(i), w.column(j));
        turned.set_column(i, &(x * angle.cos() - y * angle.sin()));
        turned.set_column(j, &(x * angle.sin() + y * angle.cos()));
        loss_of(&turned)
    };
    (turned(angle) - turned(-angle)) / (2.0 * angle)
}

#[test]
fn each_sweep_is_shown_with_its_loss_and_gradient_and_changes_no_result() {
    for (name, matrix) in shapes() {
        let order = matrix.nrows().min(matrix.ncols());
        let mut losses = Vec::new();
        let watch = |progress: &Progress<'_, f64>| {
            assert_eq!(progress.step, losses.len(), "{name}");
            losses.push(progress.loss);
            let rows = progress.parameters.len() / order;
            let w = DMatrixView::from_slice(progress.parameters, rows, order).into_owned();
            let expected = loss_of(&w);
            assert!((progress.loss - expected).abs() <= 1e-13, "{name}");
            let pairs = (0..order).flat_map(|i| (i + 1..order).map(move |j| (i, j)));
            assert_eq!(progress.gradient.len(), pairs.clone().count(), "{name}");
            for ((i, j), &derivative) in pairs.zip(progress.gradient) {
                let error = (derivative - slope(&w, i, j)).abs();
                assert!(error < 1e-8, "{name}, {i}, {j}: {error:e}");
            }
            ControlFlow::Continue(())
        };
        let watched = svd_by_descent(&matrix, SvdConfig::default().observer(watch)).unwrap();
        let alone = svd_by_descent(&matrix, SvdConfig::default()).unwrap();
        assert_eq!(watched, alone, "{name}");
        let of_last = &losses[losses.len() - watched.sweeps..];
        for (shown, kept) in of_last.iter().zip(&watched.losses[1..]) {
            assert!((shown - kept).abs() <= 1e-13, "{name}: {shown:e} {kept:e}");
        }
    }
}

/// W = M·V holds at any time, so that the factors give M back.
#[test]
fn an_observer_ends_the_sweeps_and_what_they_reached_is_kept() {
    for (name, matrix) in shapes() {
        for at in 0..3 {
            let until = |progress: &Progress<'_, f64>| {
                if progress.step >= at {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            let reached = match svd_by_descent(&matrix, SvdConfig::default().observer(until)) {
                Err(SvdError::NotConverged { reached }) => reached,
                // Few sweeps may be all.
                Ok(svd) if svd.sweeps <= at => continue,
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(reached.stop_reason, StopReason::Observer, "{name}");
            assert!(reached.sweeps <= at, "{name}");
            let error = (reached.reconstruct() - &matrix).norm();
            assert!(error <= 1e-10 * matrix.norm(), "{name}, {at}: {error:e}");
        }
    }
}

#[test]
fn no_more_sweeps_are_shown_than_allowed_and_none_is_lost() {
    for (name, matrix) in shapes() {
        let complete = svd_by_descent(&matrix, SvdConfig::default()).unwrap();
        for most in 1..=6 {
            let mut last = 0;
            let watch = |progress: &Progress<'_, f64>| {
                last = progress.step;
                ControlFlow::Continue(())
            };
            let config = SvdConfig::default().max_sweeps(most);
            let alone = svd_by_descent(&matrix, config);
            let found = svd_by_descent(&matrix, config.observer(watch));
            assert_eq!(found, alone, "{name}, {most}");
            assert!(last <= most, "{name}, {most}: {last}");
            match found {
                Ok(svd) => assert!(svd.sweeps <= last, "{name}, {most}"),
                Err(SvdError::NotConverged { reached }) => {
                    assert!((1..=last).contains(&reached.sweeps), "{name}, {most}");
                    let error = (reached.reconstruct() - &matrix).norm();
                    assert!(error <= 1e-13 * matrix.norm(), "{name}, {most}: {error:e}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
        // Ended in any sweep of either descent, also in the last one of the first.
        for at in 1..=2 * complete.sweeps {
            let until = |progress: &Progress<'_, f64>| match progress.step == at {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
            let found = svd_by_descent(&matrix, SvdConfig::default().observer(until));
            match found {
                Err(SvdError::NotConverged { reached }) => {
                    assert!(reached.sweeps > 0, "{name}, {at}");
                }
                Ok(_) => {}
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_time_budget_ends_the_sweeps() {
    let matrix = uniform(30, 30, 8).map(|entry| entry as f32);
    let mut budget = TimeBudget::new(Duration::ZERO);
    let found = svd_by_descent(&matrix, SvdConfig::default().observer(&mut budget));
    let Err(SvdError::NotConverged { reached }) = found else {
        panic!("{found:?}");
    };
    assert!(budget.is_spent());
    assert_eq!((reached.sweeps, reached.losses.len()), (0, 1));
}
