//! Observers on several processes.

use std::ops::ControlFlow;

use matrix_descent::{Observer, Progress};

use crate::processes::Processes;

/// An observer whose wish to stop is agreed on: if that of any process wishes to, all stop at the
/// same step.
///
/// For [`minimize`](matrix_descent::minimize) and [`Stepper`](matrix_descent::Stepper), on all
/// processes; each step costs a frame of 256 bytes. The operations on maps in parts, such as
/// `solve_by_descent`, agree on their own.
///
/// # Example
///
/// ```standalone_crate
/// use std::ops::ControlFlow;
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::{minimize, MeanSquaredError, Progress, Sgd, StopReason, Stopping};
/// use matrix_descent_mpi::{mpi, together, AgreedObserver, AllReduced};
///
/// let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
/// let world = universe.world();
/// together(&world, |processes| -> Result<(), Box<dyn std::error::Error>> {
///     // Process 0 alone wishes to stop, after three steps.
///     let stop = |progress: &Progress<'_, f64>| {
///         let is_over = processes.is_first() && progress.step == 3;
///         if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
///     };
///     let fit = FitObjective::new(MeanSquaredError, vec![1.0]);
///     let objective = AllReduced::mean(processes, fit, 1)?;
///     let observer = AgreedObserver::new(processes, stop);
///     let run = minimize(objective, Sgd::new(0.1), vec![0.0], Stopping::default(), observer)?;
///     assert_eq!((run.report.steps, run.report.stop_reason), (3, StopReason::Observer));
///     Ok(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AgreedObserver<'p, O> {
    processes: &'p Processes,
    observer: O,
}

impl<'p, O> AgreedObserver<'p, O> {
    /// Agrees on the wishes of `observer` and those of the other processes.
    pub fn new(processes: &'p Processes, observer: O) -> Self {
        Self {
            processes,
            observer,
        }
    }
}

impl<T, O: Observer<T>> Observer<T> for AgreedObserver<'_, O> {
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        let wishes_to_stop = self.observer.observe(progress).is_break();
        let mut wishes = [f64::from(u8::from(wishes_to_stop))];
        match self.processes.sum(&mut wishes) {
            Ok(()) if wishes[0] == 0.0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

/// An observer that watches on process 0 alone: a progress bar, a log, a file.
///
/// # Example
///
/// ```standalone_crate
/// use std::ops::ControlFlow;
/// use matrix_descent::{solve_by_descent, Progress, SolveConfig};
/// use matrix_descent_mpi::{mpi, together, OnFirst, SplitRows};
/// use nalgebra::{DMatrix, DVector};
///
/// let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
/// let world = universe.world();
/// together(&world, |processes| -> Result<(), Box<dyn std::error::Error>> {
///     let show = |progress: &Progress<'_, f64>| {
///         println!("{} {:e}", progress.step, progress.loss);
///         ControlFlow::Continue(())
///     };
///     let map = SplitRows::new(processes, DMatrix::from_element(3, 1, 2.0))?;
///     let config = SolveConfig::default().observer(OnFirst::new(processes, show));
///     let found = solve_by_descent(&map, &DVector::repeat(3, 1.0), config)?;
///     assert!((found.solution[0] - 0.5).abs() < 1e-15);
///     Ok(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct OnFirst<O> {
    observer: Option<O>,
}

impl<O> OnFirst<O> {
    /// Keeps `observer` on process 0 and drops it on the others.
    pub fn new(processes: &Processes, observer: O) -> Self {
        let observer = processes.is_first().then_some(observer);
        Self { observer }
    }
}

impl<T, O: Observer<T>> Observer<T> for OnFirst<O> {
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        match &mut self.observer {
            Some(observer) => observer.observe(progress),
            None => ControlFlow::Continue(()),
        }
    }

    fn watches(&self) -> bool {
        self.observer.as_ref().is_some_and(O::watches)
    }
}
