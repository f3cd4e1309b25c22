//! What a process has exchanged with the others.

use std::ops::Sub;

/// Counts of what one process has handed to MPI since the beginning of
/// [`together`](crate::together::together), or between two times: `after - before`.
///
/// Bytes are those of the vectors, without what MPI adds; how many messages an all-reduce is made of
/// is up to MPI.
///
/// # Example
///
/// ```standalone_crate
/// use matrix_descent_mpi::{mpi, together, Failure};
///
/// let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
/// together(&universe.world(), |processes| -> Result<(), Failure> {
///     let before = processes.traffic();
///     processes.sum(&mut [1.0; 1000])?;
///     let traffic = processes.traffic() - before;
///     // A frame of 256 bytes, then the numbers.
///     assert_eq!((traffic.collectives, traffic.collective_bytes), (2, 256 + 8000));
///     Ok(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Calls in which all processes take part: all-reduces, broadcasts and all-gathers.
    pub collectives: u64,
    /// The bytes that this process handed over in them.
    pub collective_bytes: u64,
    /// Messages sent to a neighbour.
    pub messages: u64,
    /// Their bytes.
    pub message_bytes: u64,
}

impl Sub for Traffic {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            collectives: self.collectives - before.collectives,
            collective_bytes: self.collective_bytes - before.collective_bytes,
            messages: self.messages - before.messages,
            message_bytes: self.message_bytes - before.message_bytes,
        }
    }
}
