//! The history as a table.

use std::io::{self, Write};
use std::ops::ControlFlow;

use super::is_due;
use crate::descent::{Observer, Progress};
use crate::numerics::real::Real;

/// Writes the history of a run as comma-separated values, one line per iterate.
///
/// The columns are `step`, `loss` and `gradient_norm`, named in the first line. Numbers are written
/// with enough digits to read them back exactly; values that are not finite appear as `NaN`, `inf`
/// and `-inf`. Several runs, such as those for the columns of a linear system, follow one another,
/// each from step 0. If a run is interrupted and continued, the iterate at each break appears
/// twice.
///
/// Pass it by reference, `&mut csv`, so that [`finish`](Self::finish) can report whether everything
/// was written: a run goes on when the writer fails. Buffer the writer if it is a file.
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, MeanSquaredError, Sgd, Stopping};
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::watch::Csv;
///
/// let mut csv = Csv::new(Vec::new());
/// let objective = FitObjective::new(MeanSquaredError, vec![4.0]);
/// let stopping = Stopping::default().max_steps(2);
/// minimize(objective, Sgd::new(0.25), vec![0.0], stopping, &mut csv)?;
/// let table = String::from_utf8(csv.finish()?)?;
/// assert_eq!(table, "step,loss,gradient_norm\n0,1.6e1,8e0\n1,4e0,4e0\n2,1e0,2e0\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "only `finish` tells whether all was written"]
pub struct Csv<W> {
    writer: W,
    every: usize,
    written: io::Result<()>,
}

impl<W: Write> Csv<W> {
    /// Writes the column names, and then every iterate it sees.
    pub fn new(mut writer: W) -> Self {
        Self {
            written: writeln!(writer, "step,loss,gradient_norm"),
            writer,
            every: 1,
        }
    }

    /// Writes only the start and every `steps`-th iterate; 0 writes the start alone. Default: 1.
    pub fn every(mut self, steps: usize) -> Self {
        self.every = steps;
        self
    }

    /// Ends the table, flushes the writer and returns it.
    ///
    /// # Errors
    ///
    /// The writer's first error, after which nothing more was written.
    pub fn finish(mut self) -> io::Result<W> {
        self.written?;
        self.writer.flush()?;
        Ok(self.writer)
    }
}

impl<T: Real, W: Write> Observer<T> for &mut Csv<W> {
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        if self.written.is_ok() && is_due(progress.step, self.every) {
            let (step, loss, norm) = (progress.step, progress.loss, progress.gradient_norm());
            self.written = writeln!(self.writer, "{step},{loss:e},{norm:e}");
        }
        ControlFlow::Continue(())
    }
}
