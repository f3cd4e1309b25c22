//! The lines that a logger is given.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::Once;

use log::{Level, LevelFilter, Log, Metadata, Record};
use matrix_descent::watch::LogEvery;
use matrix_descent::{Observer, Progress};

use crate::support::operations::{OPERATIONS, Operation};

thread_local! {
    /// What this thread's test has logged.
    static LINES: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

struct ThreadLogger;

impl Log for ThreadLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "matrix_descent" && metadata.level() <= Level::Debug
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = (record.level(), record.args().to_string());
            LINES.with_borrow_mut(|lines| lines.push(line));
        }
    }

    fn flush(&self) {}
}

fn lines_of(run: impl FnOnce()) -> Vec<(Level, String)> {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        log::set_logger(&ThreadLogger).unwrap();
        log::set_max_level(LevelFilter::Trace);
    });
    LINES.with_borrow_mut(Vec::clear);
    run();
    LINES.with_borrow_mut(std::mem::take)
}

#[test]
fn a_line_for_the_start_and_every_so_many_steps_of_every_operation() {
    for operation in OPERATIONS {
        let mut expected = Vec::new();
        let watch = |progress: &Progress<'_, f32>| {
            if progress.step.is_multiple_of(3) {
                let (step, loss, norm) = (progress.step, progress.loss, progress.gradient_norm());
                let line = format!("step {step}: loss {loss:e}, gradient norm {norm:e}");
                expected.push((Level::Info, line));
            }
            ControlFlow::Continue(())
        };
        let lines = lines_of(|| {
            operation.watched_by((LogEvery::steps(3), watch));
        });
        assert!(lines.len() > 1, "{operation:?}");
        assert_eq!(lines, expected, "{operation:?}");
    }
}

#[test]
fn the_level_is_ones_choice() {
    for (level, count) in [(Level::Warn, 3), (Level::Debug, 3), (Level::Trace, 0)] {
        let lines = lines_of(|| {
            let watch = LogEvery::steps(20).level(level);
            assert_eq!(Observer::<f64>::watches(&watch), count > 0);
            Operation::Minimize.watched_by::<f64, _>(watch);
        });
        assert_eq!(lines.len(), count);
        assert!(lines.iter().all(|line| line.0 == level));
    }
}

#[test]
fn every_zero_steps_is_the_start_alone() {
    let lines = lines_of(|| {
        Operation::Minimize.watched_by::<f64, _>(LogEvery::steps(0));
    });
    assert_eq!(lines.len(), 1);
    assert!(lines[0].1.starts_with("step 0: "));
}
