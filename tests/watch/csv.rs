//! The table that is written, read back.

use std::fmt::Debug;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::str::FromStr;

use matrix_descent::objective::FitObjective;
use matrix_descent::watch::Csv;
use matrix_descent::{MeanSquaredError, Progress, Real, Sgd, Stepper, StopReason, Stopping};

use crate::support::operations::{OPERATIONS, Operation};

#[derive(Debug, PartialEq)]
struct Row<T> {
    step: usize,
    loss: T,
    gradient_norm: T,
}

fn rows<T>(table: Vec<u8>) -> Vec<Row<T>>
where
    T: FromStr,
    T::Err: Debug,
{
    let table = String::from_utf8(table).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("step,loss,gradient_norm"));
    let row = |line: &str| match line.split(',').collect::<Vec<_>>()[..] {
        [step, loss, gradient_norm] => Row {
            step: step.parse().unwrap(),
            loss: loss.parse().unwrap(),
            gradient_norm: gradient_norm.parse().unwrap(),
        },
        _ => panic!("{line}"),
    };
    lines.map(row).collect()
}

fn table_is_the_history<T>()
where
    T: Real + FromStr,
    <T as FromStr>::Err: Debug,
{
    for operation in OPERATIONS {
        let mut csv = Csv::new(Vec::new());
        let mut seen = Vec::new();
        let watch = |progress: &Progress<'_, T>| {
            seen.push(Row {
                step: progress.step,
                loss: progress.loss,
                gradient_norm: progress.gradient_norm(),
            });
            ControlFlow::Continue(())
        };
        let report = operation.watched_by((&mut csv, watch));
        let written = rows::<T>(csv.finish().unwrap());
        assert_eq!(written, seen, "{operation:?}");
        let losses: Vec<T> = written.iter().map(|row| row.loss).collect();
        assert_eq!(losses, report.losses, "{operation:?}");
        assert!(report.steps > 0, "{operation:?}");
    }
}

#[test]
fn gives_the_history_back_to_the_bit() {
    table_is_the_history::<f32>();
    table_is_the_history::<f64>();
}

#[test]
fn writes_as_often_as_it_is_told() {
    for (every, expected) in [(0, vec![0]), (15, vec![0, 15, 30]), (41, vec![0])] {
        let mut csv = Csv::new(Vec::new()).every(every);
        Operation::Minimize.watched_by::<f64, _>(&mut csv);
        let steps: Vec<_> = rows::<f64>(csv.finish().unwrap())
            .iter()
            .map(|row| row.step)
            .collect();
        assert_eq!(steps, expected, "every {every}");
    }
}

#[test]
fn numbers_that_are_not_finite_can_be_read() {
    let mut csv = Csv::new(Vec::new());
    // Each step multiplies the offset, and with it the gradient, by −2.
    let objective = FitObjective::new(MeanSquaredError, vec![1e154]);
    let mut stepper = Stepper::new(objective, Sgd::new(1.5), vec![0.0]).unwrap();
    let stopping = Stopping::default().divergence(f64::INFINITY);
    assert_eq!(stepper.run(&stopping, &mut csv), Ok(StopReason::Diverged));
    let written = rows::<f64>(csv.finish().unwrap());
    assert_eq!(written.last().unwrap().loss, f64::INFINITY);
    let losses: Vec<_> = written.iter().map(|row| row.loss).collect();
    assert_eq!(losses, stepper.losses());
}

/// Room for so many bytes, and none to flush a full one.
#[derive(Debug)]
struct Disk {
    left: usize,
    calls_when_full: usize,
}

impl Disk {
    fn of_size(bytes: usize) -> Self {
        Self {
            left: bytes,
            calls_when_full: 0,
        }
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.calls_when_full += 1;
            let message = format!("full, told {} times", self.calls_when_full);
            return Err(io::Error::new(io::ErrorKind::StorageFull, message));
        }
        let written = bytes.len().min(self.left);
        self.left -= written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write(&[0]).map(|_| ())
    }
}

#[test]
fn the_first_error_of_the_writer_is_returned_and_the_run_goes_on() {
    let undisturbed = Operation::Minimize.watched_by::<f64, _>(matrix_descent::Silent);
    // Full at once, within the names of the columns, and within a row.
    for room in [0, 10, 100] {
        let mut csv = Csv::new(Disk::of_size(room));
        let report = Operation::Minimize.watched_by::<f64, _>(&mut csv);
        assert_eq!(report.losses, undisturbed.losses);
        let error = csv.finish().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(error.to_string(), "full, told 1 times", "{room} bytes");
    }
}

#[test]
fn an_error_while_flushing_is_returned() {
    let names = "step,loss,gradient_norm\n";
    let csv = Csv::new(Disk::of_size(names.len()));
    let error = csv.finish().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}
