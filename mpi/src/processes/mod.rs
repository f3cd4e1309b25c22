//! The processes that work together, and what they exchange.

pub(crate) mod call;
mod failing;
mod frame;
pub(crate) mod number;
pub(crate) mod traffic;

use std::cell::{Cell, RefCell};
use std::fmt::{Debug, Display};

use matrix_descent::Real;
use mpi::collective::SystemOperation;
use mpi::datatype::PartitionMut;
use mpi::point_to_point::send_receive_into;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Destination, Root, Source};

use crate::failure::{AgreedError, Failure};
pub(crate) use call::Shares;
use call::{Call, Kind};
pub(crate) use failing::Obstacle;
use failing::{Ended, find_out};
use frame::{Frame, MOST_PROCESSES, ROOM};
use number::{Number, Room};
use traffic::Traffic;

/// The most numbers of one all-reduce: MPI counts them in 32 bits.
const MOST_NUMBERS: usize = 1 << 30;

/// The processes that work together, inside of [`together`](crate::together::together).
///
/// All of them have to call the same methods in the same order. Each exchange begins with a frame,
/// an all-reduce of 256 bytes that shows whether all are about to make the same one; up to 19
/// numbers travel with it. If one process has returned an error or panicked, or if they are out of
/// step, all of them get the same [`Failure`] at that exchange, and none waits for another.
///
/// After a failure, exchanges are refused until the next [`agree`](Self::agree), which returns the
/// failure, so that a program may go on from there. If a process has left `together`, they are
/// refused for good.
///
/// # Example
///
/// The mean of numbers that are split:
///
/// ```standalone_crate
/// use matrix_descent_mpi::{mpi, together, Failure};
///
/// let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
/// let mean = together(&universe.world(), |processes| -> Result<f64, Failure> {
///     let own = [1.0, 2.0, 6.0];
///     let mut sums = [own.iter().sum(), own.len() as f64];
///     processes.sum(&mut sums)?;
///     Ok(sums[0] / sums[1])
/// })?;
/// assert_eq!(mean, 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Processes {
    communicator: Handle,
    failure: RefCell<Option<Ended>>,
    traffic: Cell<Traffic>,
    room: Room,
}

/// A communicator of our own, so that no message of others is taken for ours.
struct Handle(SimpleCommunicator);

impl Debug for Handle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rank, size) = (self.0.rank(), self.0.size());
        write!(formatter, "process {rank} of {size}")
    }
}

impl Processes {
    pub(crate) fn new(communicator: &impl Communicator) -> Result<Self, Failure> {
        let processes = communicator.size() as usize;
        if processes > MOST_PROCESSES {
            let most = MOST_PROCESSES;
            return Err(Failure::TooManyProcesses { processes, most });
        }
        Ok(Self {
            communicator: Handle(communicator.duplicate()),
            failure: RefCell::new(None),
            traffic: Cell::default(),
            room: Room::default(),
        })
    }

    /// The number of this process, counted from 0.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.communicator.0.rank() as usize
    }

    /// The number of processes, P.
    #[must_use]
    pub fn count(&self) -> usize {
        self.communicator.0.size() as usize
    }

    /// Whether this is process 0, the one that shows progress and writes files.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// What this process has exchanged so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.traffic.get()
    }

    /// The rows of this process if `rows` in all are shared out evenly: the first
    /// `rows` mod P processes have one more.
    ///
    /// # Example
    ///
    /// With 10 rows, 4 processes have 0..3, 3..6, 6..8 and 8..10.
    #[must_use]
    pub fn share(&self, rows: usize) -> std::ops::Range<usize> {
        share(self.rank(), self.count(), rows)
    }

    /// Replaces each number by its sum over all processes; all get the same bits.
    ///
    /// Up to 19 numbers travel with the frame, added up in `f64`; more are a second all-reduce.
    ///
    /// # Errors
    ///
    /// A [`Failure`], with all numbers NaN.
    pub fn sum<T: Number>(&self, values: &mut [T]) -> Result<(), Failure> {
        self.sum_as(Call::of(Kind::Sum, values), values)
    }

    /// The same, under a name.
    pub(crate) fn sum_as<T: Number>(&self, call: Call, values: &mut [T]) -> Result<(), Failure> {
        let nan = <T as Real>::from_f64(f64::NAN);
        if values.len() <= ROOM {
            let mut numbers = [0.0; ROOM];
            for (number, value) in numbers.iter_mut().zip(&*values) {
                *number = value.to_f64();
            }
            let found = self.frame(call, None, &mut numbers);
            for (value, &number) in values.iter_mut().zip(&numbers) {
                *value = match found {
                    Ok(()) => <T as Real>::from_f64(number),
                    Err(_) => nan,
                };
            }
            return found;
        }
        if let Err(failure) = self.frame(call, None, &mut [0.0; ROOM]) {
            values.fill(nan);
            return Err(failure);
        }
        let mut copy = T::room(&self.room).borrow_mut();
        for part in values.chunks_mut(MOST_NUMBERS) {
            copy.clear();
            copy.extend_from_slice(part);
            self.count_collective(part);
            let sum = SystemOperation::sum();
            self.communicator.0.all_reduce_into(&copy[..], part, sum);
        }
        Ok(())
    }

    /// Writes the numbers of all processes to `all`, one process after another, as `shares` says.
    pub(crate) fn gather<T: Number>(
        &self,
        own: &[T],
        shares: &Shares,
        all: &mut [T],
    ) -> Result<(), Failure> {
        let call = Call::of(Kind::Gathering, all).at(shares.fingerprint);
        if let Err(failure) = self.announce(call) {
            all.fill(<T as Real>::from_f64(f64::NAN));
            return Err(failure);
        }
        self.count_collective(own);
        let mut parts = PartitionMut::new(all, &shares.counts[..], &shares.offsets[..]);
        self.communicator
            .0
            .all_gather_varcount_into(own, &mut parts);
        Ok(())
    }

    /// The sizes of all processes, one process after another, for something that computes with `T`.
    pub(crate) fn gather_sizes<T: Number>(
        &self,
        kind: Kind,
        own: &[usize],
    ) -> Result<Vec<usize>, Failure> {
        self.announce(Call::new::<T>(kind, own.len()))?;
        let own: Vec<u64> = own.iter().map(|&size| size as u64).collect();
        let mut all = vec![0; own.len() * self.count()];
        self.count_collective(&own[..]);
        self.communicator.0.all_gather_into(&own[..], &mut all[..]);
        Ok(all.into_iter().map(|size: u64| size as usize).collect())
    }

    /// Exchanges numbers with the processes before and after this one, as a grid that is split in
    /// slabs needs: sends `to_previous` and `to_next`, and receives what the previous process sent to
    /// its next in `from_previous`, and what the next one sent to its previous in `from_next`.
    ///
    /// All four have the same length, the same on all processes. The first process receives nothing
    /// from a previous one and the last nothing from a next one: these are left as they are.
    ///
    /// # Errors
    ///
    /// A [`Failure`], with all received numbers NaN.
    ///
    /// # Panics
    ///
    /// If the lengths differ on this process.
    pub fn exchange_with_neighbours<T: Number>(
        &self,
        [to_previous, to_next]: [&[T]; 2],
        [from_previous, from_next]: [&mut [T]; 2],
    ) -> Result<(), Failure> {
        let length = to_previous.len();
        let others = [to_next.len(), from_previous.len(), from_next.len()];
        assert_eq!(others, [length; 3], "all four have the same length");
        if let Err(failure) = self.announce(Call::of(Kind::Neighbours, to_previous)) {
            let nan = <T as Real>::from_f64(f64::NAN);
            from_previous.fill(nan);
            from_next.fill(nan);
            return Err(failure);
        }
        let neighbour = |rank: usize| self.communicator.0.process_at_rank(rank as i32);
        let previous = self.rank().checked_sub(1).map(neighbour);
        let next = (self.rank() + 1 < self.count()).then(|| neighbour(self.rank() + 1));
        self.shift(to_next, next.as_ref(), from_previous, previous.as_ref());
        self.shift(to_previous, previous.as_ref(), from_next, next.as_ref());
        Ok(())
    }

    /// Sends to one side and receives from the other, where there is one, in parts that MPI can count.
    fn shift<T: Number, P: Source + Destination>(
        &self,
        sent: &[T],
        to: Option<&P>,
        received: &mut [T],
        from: Option<&P>,
    ) {
        let parts = sent.chunks(MOST_NUMBERS);
        for (sent, received) in parts.zip(received.chunks_mut(MOST_NUMBERS)) {
            self.shift_part(sent, to, received, from);
        }
    }

    fn shift_part<T: Number, P: Source + Destination>(
        &self,
        sent: &[T],
        to: Option<&P>,
        received: &mut [T],
        from: Option<&P>,
    ) {
        if to.is_some() {
            let mut traffic = self.traffic.get();
            traffic.messages += 1;
            traffic.message_bytes += size_of_val(sent) as u64;
            self.traffic.set(traffic);
        }
        match (to, from) {
            (Some(to), Some(from)) => {
                send_receive_into(sent, to, received, from);
            }
            (Some(to), None) => to.send(sent),
            (None, Some(from)) => {
                from.receive_into(received);
            }
            (None, None) => {}
        }
    }

    /// Calls `compute` on process 0 alone and returns its bytes on all of them.
    ///
    /// # Errors
    ///
    /// What `compute` returns, as [`AgreedError::Own`] on process 0 and as [`AgreedError::Shared`]
    /// elsewhere; any other [`Failure`].
    pub fn from_first<E: Debug + Display>(
        &self,
        compute: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, AgreedError<E>> {
        let own = if self.is_first() {
            compute()
        } else {
            Ok(Vec::new())
        };
        let mut bytes = self.agree(own)?;
        let mut length = [bytes.len() as f64];
        self.sum(&mut length)?;
        bytes.resize(length[0] as usize, 0);
        self.announce(Call::of(Kind::FromFirst, &bytes))?;
        let first = self.communicator.0.process_at_rank(0);
        for part in bytes.chunks_mut(MOST_NUMBERS) {
            self.count_collective(part);
            first.broadcast_into(part);
        }
        Ok(bytes)
    }

    /// Returns the value of `result` if all processes have one, and otherwise an error on all of
    /// them: the own one on those that failed, the first one in words on the others.
    ///
    /// The processes may come here from different places, for example one from a solver that refused
    /// its right-hand side and the others from within the products of the same solver.
    ///
    /// # Errors
    ///
    /// [`AgreedError::Own`] if `result` is an error; [`AgreedError::Shared`] if that of another
    /// process is, or if the processes are out of step; [`AgreedError::After`] if an exchange failed
    /// before and `result` is an error besides.
    ///
    /// # Example
    ///
    /// ```standalone_crate
    /// use matrix_descent_mpi::{mpi, together, AgreedError, Failure};
    ///
    /// let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
    /// together(&universe.world(), |processes| -> Result<(), Failure> {
    ///     let read = "3.5 metres".parse::<f64>();
    ///     match processes.agree(read) {
    ///         Ok(_) => unreachable!(),
    ///         Err(AgreedError::Own(error)) => println!("here: {error}"),
    ///         Err(error) => println!("elsewhere: {error}"),
    ///     }
    ///     // All go on together.
    ///     processes.sum(&mut [1.0])
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn agree<V, E: Debug + Display>(&self, result: Result<V, E>) -> Result<V, AgreedError<E>> {
        let message = result.as_ref().err().map(ToString::to_string);
        let stored = self.failure.borrow().clone();
        if let Some(Ended { failure, is_final }) = stored {
            if !is_final {
                self.failure.replace(None);
            }
            return Err(match (result, message) {
                (Err(error), Some(words)) => AgreedError::after(failure, &words, error),
                _ => AgreedError::Shared(failure),
            });
        }
        let obstacle = message.as_deref().map(Obstacle::Error);
        let call = Call::bare(Kind::Agreement);
        let found = self.frame(call, obstacle, &mut [0.0; ROOM]);
        let is_final = |ended: &Ended| ended.is_final;
        if !self.failure.borrow().as_ref().is_some_and(is_final) {
            self.failure.replace(None);
        }
        match (result, found) {
            (Ok(value), Ok(())) => Ok(value),
            (Ok(_), Err(failure)) => Err(AgreedError::Shared(failure)),
            (Err(error), _) => Err(AgreedError::Own(error)),
        }
    }

    /// The last agreement, after which this process takes part in nothing; returns what ended it from
    /// elsewhere.
    pub(crate) fn end(&self, obstacle: Option<Obstacle<'_>>) -> Option<Failure> {
        let stored = self.failure.borrow_mut().take();
        let call = Call::bare(Kind::End);
        let Some(ended) = stored else {
            let found = self.frame(call, obstacle, &mut [0.0; ROOM]);
            return found.err().filter(|_| obstacle.is_none());
        };
        if !ended.is_final {
            // Some may have gone on from an agreement that this process did not come to.
            let message = ended.failure.to_string();
            // They find out the same failure, which is returned below.
            let _ = self.frame(call, Some(Obstacle::Error(&message)), &mut [0.0; ROOM]);
        }
        Some(ended.failure)
    }

    /// A frame without numbers.
    fn announce(&self, call: Call) -> Result<(), Failure> {
        self.frame(call, None, &mut [0.0; ROOM])
    }

    /// Tells all what this process is about to do, and adds up `numbers`, if all are about to do the
    /// same; otherwise finds out why not, and keeps the failure.
    fn frame(
        &self,
        call: Call,
        obstacle: Option<Obstacle<'_>>,
        numbers: &mut [f64; ROOM],
    ) -> Result<(), Failure> {
        if let Some(ended) = &*self.failure.borrow() {
            return Err(ended.failure.clone());
        }
        let mut own = Frame::new(call.tag(), obstacle.is_some());
        own.payload().copy_from_slice(numbers);
        let mut sum = own;
        self.count_collective(&own.0[..]);
        let communicator = &self.communicator.0;
        communicator.all_reduce_into(&own.0[..], &mut sum.0[..], SystemOperation::sum());
        if sum.is_fine(self.count()) {
            numbers.copy_from_slice(sum.payload());
            return Ok(());
        }
        let ended = find_out(communicator, call, obstacle, |bytes| {
            self.count_bytes(bytes);
        });
        let failure = ended.failure.clone();
        self.failure.replace(Some(ended));
        Err(failure)
    }

    fn count_collective<T>(&self, values: &[T]) {
        self.count_bytes(size_of_val(values));
    }

    fn count_bytes(&self, bytes: usize) {
        let mut traffic = self.traffic.get();
        traffic.collectives += 1;
        traffic.collective_bytes += bytes as u64;
        self.traffic.set(traffic);
    }
}

fn share(rank: usize, count: usize, rows: usize) -> std::ops::Range<usize> {
    let before = |rank: usize| rank * (rows / count) + rank.min(rows % count);
    before(rank)..before(rank + 1)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_cover_all_rows_evenly() {
        let shares = [0, 1, 2, 3].map(|rank| share(rank, 4, 10));
        assert_eq!(shares, [0..3, 3..6, 6..8, 8..10]);
        for (count, rows) in [(1, 5), (3, 2), (7, 100), (256, 4_000_000)] {
            let mut end = 0;
            for rank in 0..count {
                let own = share(rank, count, rows);
                assert_eq!(own.start, end);
                assert!(own.len().abs_diff(rows / count) <= 1);
                end = own.end;
            }
            assert_eq!(end, rows);
        }
    }
}
