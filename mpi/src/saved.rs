//! Runs saved by process 0.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use matrix_descent::descent::{CheckpointError, ResumeError, SavedRun};
use matrix_descent::optimizer::Resumable;
use matrix_descent::{Objective, Stepper};

use crate::failure::AgreedError;
use crate::processes::Processes;
use crate::processes::number::Number;

/// Why a run was not saved or restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError<T: Number = f64> {
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },

    /// The file is no saved run.
    #[error("{}: {source}", path.display())]
    Format {
        /// Its path.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },

    /// The state of the optimizer can't be encoded.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),

    /// The saved run does not fit the objective or the optimizer.
    #[error(transparent)]
    Resume(#[from] ResumeError<T>),
}

/// Saves a run on process 0 as JSON, to resume it with [`restore`]; all processes have to make this
/// call, with runs that are the same.
///
/// The file is complete or the one that was there: a new one is written to `path` with `.part` at its
/// end and to the disk, then renamed.
///
/// # Errors
///
/// [`SaveError::File`] or [`SaveError::Checkpoint`] as [`AgreedError::Own`] on process 0, in words on
/// the others; any [`Failure`](crate::Failure).
///
/// # Example
///
/// ```standalone_crate
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::{Adam, MeanSquaredError, Silent, Stepper, Stopping};
/// use matrix_descent_mpi::{mpi, restore, save, together, AllReduced};
///
/// let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
/// let world = universe.world();
/// let path = std::env::temp_dir().join("matrix-descent-mpi-example.json");
/// together(&world, |processes| -> Result<(), Box<dyn std::error::Error>> {
///     let fit = || FitObjective::new(MeanSquaredError, vec![1.0, 2.0]);
///     let objective = || AllReduced::mean(processes, fit(), 1);
///     let mut stepper = Stepper::new(objective()?, Adam::new(0.01), vec![0.0; 2])?;
///     stepper.run(&Stopping::default().max_steps(20), Silent)?;
///     save(processes, &stepper, &path)?;
///
///     let mut later = restore(processes, objective()?, Adam::new(0.01), &path)?;
///     assert_eq!(later.step(), stepper.step());
///     Ok(())
/// })?;
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn save<T, F, M>(
    processes: &Processes,
    stepper: &Stepper<T, F, M>,
    path: &Path,
) -> Result<(), AgreedError<SaveError<T>>>
where
    T: Number,
    F: Objective<T>,
    M: Resumable<T>,
{
    let written = if processes.is_first() {
        write(stepper, path)
    } else {
        Ok(())
    };
    processes.agree(written)
}

fn write<T, F, M>(stepper: &Stepper<T, F, M>, path: &Path) -> Result<(), SaveError<T>>
where
    T: Number,
    F: Objective<T>,
    M: Resumable<T>,
{
    let text = serde_json::to_string(&stepper.save()?).map_err(|source| SaveError::Format {
        path: path.to_owned(),
        source,
    })?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let written = write_to_disk(&beside, text.as_bytes())
        .map_err(|source| in_file(&beside, source))
        .and_then(|()| fs::rename(&beside, path).map_err(|source| in_file(path, source)));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_to_disk(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Resumes a saved run on all processes: process 0 reads the file, and the others need none.
///
/// The run may have been saved by another number of processes, or by one without MPI, as long as the
/// objective over all of them is the same: the data may be shared out differently.
///
/// # Errors
///
/// [`SaveError`] as [`AgreedError::Own`] where it happened, in words on the other processes; any
/// [`Failure`](crate::Failure).
///
/// # Example
///
/// See [`save`].
pub fn restore<T, F, M>(
    processes: &Processes,
    objective: F,
    optimizer: M,
    path: &Path,
) -> Result<Stepper<T, F, M>, AgreedError<SaveError<T>>>
where
    T: Number,
    F: Objective<T>,
    M: Resumable<T>,
{
    let bytes = processes.from_first(|| fs::read(path).map_err(|source| in_file(path, source)))?;
    let found = serde_json::from_slice::<SavedRun>(&bytes).map_err(|source| SaveError::Format {
        path: path.to_owned(),
        source,
    });
    let found = found.and_then(|saved| Ok(Stepper::restore(objective, optimizer, &saved)?));
    processes.agree(found)
}

fn in_file<T: Number>(path: &Path, source: io::Error) -> SaveError<T> {
    let path = path.to_owned();
    SaveError::File { path, source }
}
