//! Why all processes ended.

use std::fmt::{Debug, Display};

/// What ended an exchange between processes; the same value on every process that took part in it.
/// Those that had ended, or failed at another exchange before, may have another one.
///
/// A process that fails tells the others before the next exchange, so none of them waits for it.
///
/// # Example
///
/// ```
/// use matrix_descent_mpi::Failure;
///
/// let failure = Failure::Process { process: 2, message: "no such file".into() };
/// assert_eq!(failure.to_string(), "process 2 failed: no such file");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A process returned an error; of several, the first.
    #[error("process {process} failed: {message}")]
    Process {
        /// Which one, counted from 0.
        process: usize,
        /// Its error in words, at most 64 KiB of them.
        message: String,
    },

    /// A process panicked.
    #[error("process {process} panicked: {message}")]
    Panicked {
        /// Which one.
        process: usize,
        /// What it said, if that was text.
        message: String,
    },

    /// A process was about to make another exchange than process 0: it had other arguments, went
    /// another way, or left early.
    #[error("process {process} was at {found}, but process 0 at {expected}")]
    OutOfStep {
        /// The first such process.
        process: usize,
        /// Its exchange.
        found: String,
        /// The exchange of process 0.
        expected: String,
    },

    /// A process has another size than process 0.
    #[error("process {process} has {found} {what}, but process 0 has {expected}")]
    SizesDiffer {
        /// "columns", "parameters", …
        what: &'static str,
        /// The first such process.
        process: usize,
        /// Its size.
        found: usize,
        /// The size on process 0.
        expected: usize,
    },

    /// A square map does not have as many columns on a process as rows on all of them.
    #[error("process {process} has {columns} columns, but all have {order} rows together")]
    NotSquare {
        /// The first such process.
        process: usize,
        /// Its columns.
        columns: usize,
        /// The rows of all.
        order: usize,
    },

    /// A process has no rows.
    #[error("process {process} has no rows; each needs at least one")]
    NoRows {
        /// The first such process.
        process: usize,
    },

    /// The parameters, which have to be the same on all processes to the last bit, are not.
    #[error("process {process} has other parameters than process 0")]
    ParametersDiffer {
        /// The first such process.
        process: usize,
    },

    /// A vector that is whole on each process, and so has to be the same on all to the last bit, is
    /// not: processors of different kinds may round differently.
    #[error("process {process} has another vector than process 0, where all need the same")]
    VectorsDiffer {
        /// The first such process.
        process: usize,
    },

    /// A square map has more rows than MPI can count, 2³¹ − 1.
    #[error("a square map has {rows} rows, but at most {} can be split", i32::MAX)]
    TooManyRows {
        /// The rows of all processes together.
        rows: usize,
    },

    /// There are more processes than can agree on anything.
    #[error("there are {processes} processes, but at most {most} can take part")]
    TooManyProcesses {
        /// Their number.
        processes: usize,
        /// The most.
        most: usize,
    },
}

/// An error of this process, or what ended it from elsewhere.
///
/// [`Own`](Self::Own) has no [`source`](std::error::Error::source), since E may be an error that has been
/// put into words or a box: the error itself is in the variant.
///
/// # Example
///
/// ```
/// use matrix_descent_mpi::{AgreedError, Failure};
///
/// let failure = Failure::NoRows { process: 1 };
/// let error: AgreedError<std::fmt::Error> = failure.clone().into();
/// assert_eq!(error.to_string(), failure.to_string());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgreedError<E: Debug + Display> {
    /// This process failed with this error; others may have failed too.
    #[error("{0}")]
    Own(E),
    /// This process did not fail, but another one did, or they are out of step.
    #[error(transparent)]
    Shared(#[from] Failure),
    /// An exchange failed, and this process then returned an error of its own, mostly because of it:
    /// a solver ends with an error when sums are NaN.
    #[error("{failure}; after that, here: {error}")]
    After {
        /// Why the exchange failed.
        failure: Failure,
        /// What this process returned.
        error: Box<E>,
    },
}

impl<E: Debug + Display> AgreedError<E> {
    /// An error, and the failure that was there before; one that says the same adds nothing.
    pub(crate) fn after(failure: Failure, words: &str, error: E) -> Self {
        if words == failure.to_string() {
            Self::Shared(failure)
        } else {
            let error = Box::new(error);
            Self::After { failure, error }
        }
    }
}
