//! The part of a program that runs on several processes.

use std::any::Any;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use mpi::traits::Communicator;

use crate::failure::AgreedError;
use crate::processes::{Obstacle, Processes};

/// Calls `work` on every process of `communicator`, which have to make this call together, and
/// returns its value if it succeeded on all of them.
///
/// If it fails on one, all end with an error: the processes tell each other before each exchange and
/// at the end, so none of them waits for one that has left. A panic is passed on where it happened
/// and is [`Failure::Panicked`](crate::Failure::Panicked) elsewhere. What is not caught is a process
/// that never comes to its next exchange, or is killed; in the latter case `mpirun` ends the others.
/// Nor is anything outside: where a process returns or panics before this call, or only some make it a
/// second time, the others wait for ever.
///
/// # Errors
///
/// - [`AgreedError::Own`] with the error that `work` returned here;
/// - [`AgreedError::Shared`] with that of another process, in words, or if the processes went
///   different ways;
/// - [`AgreedError::After`] with both, if `work` returned another error here after that.
///
/// # Panics
///
/// If `work` does.
///
/// # Example
///
/// ```standalone_crate
/// use matrix_descent::{solve_by_descent, SolveConfig};
/// use matrix_descent_mpi::{mpi, together, SplitRows};
/// use nalgebra::{DMatrix, DVector};
///
/// let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
/// let world = universe.world();
/// // The line through the points (i/1000, 1 + 2·i/1000), which are shared out.
/// let line = together(&world, |processes| -> Result<_, Box<dyn std::error::Error>> {
///     let points: Vec<f64> = processes.share(1000).map(|i| i as f64 / 1000.0).collect();
///     let a = DMatrix::from_fn(points.len(), 2, |i, j| if j == 0 { 1.0 } else { points[i] });
///     let b = DVector::from_fn(points.len(), |i, _| 1.0 + 2.0 * points[i]);
///     let map = SplitRows::new(processes, a)?;
///     Ok(solve_by_descent(&map, &b, SolveConfig::default())?.solution)
/// })?;
/// assert!((line[0] - 1.0).abs() < 1e-12 && (line[1] - 2.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn together<C, V, E>(
    communicator: &C,
    work: impl FnOnce(&Processes) -> Result<V, E>,
) -> Result<V, AgreedError<E>>
where
    C: Communicator,
    E: Debug + Display,
{
    let processes = Processes::new(communicator)?;
    // The words as well: nothing of the caller's runs between this and the end, where the others wait.
    let in_words = || work(&processes).map_err(|error| (error.to_string(), error));
    let found = match catch_unwind(AssertUnwindSafe(in_words)) {
        Ok(found) => found,
        Err(panic) => {
            // The panic is passed on, whatever has happened elsewhere.
            let _ = processes.end(Some(Obstacle::Panic(words(&*panic))));
            resume_unwind(panic)
        }
    };
    let message = found.as_ref().err().map(|(words, _)| &words[..]);
    let elsewhere = processes.end(message.map(Obstacle::Error));
    match (elsewhere, found) {
        (None, Ok(value)) => Ok(value),
        (None, Err((_, error))) => Err(AgreedError::Own(error)),
        (Some(failure), Ok(_)) => Err(AgreedError::Shared(failure)),
        (Some(failure), Err((words, error))) => Err(AgreedError::after(failure, &words, error)),
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without words")
}
