//! A map whose rows are split.

use std::cell::Cell;

use matrix_descent::{InputError, LinearMap};

use crate::failure::Failure;
use crate::fingerprint::fingerprint;
use crate::processes::Processes;
use crate::processes::call::{Call, Kind};
use crate::processes::number::Number;

/// This process's rows of a map A with m rows and n columns in all: vectors of length m are split
/// like the rows, vectors of length n are whole on every process.
///
/// With it [`solve_by_descent`](matrix_descent::solve_by_descent) takes this process's entries of the
/// right-hand side and returns the whole solution, and [`svd_top_k`](matrix_descent::svd_top_k)
/// returns this process's rows of U and the whole V. Inside of them all processes are in lock step
/// and take the same decisions. All methods of a [`LinearMap`] that it writes are as good as those of
/// the local map, which may be a `DMatrix`, a sparse matrix or any other.
///
/// | product | exchange |
/// |---|---|
/// | A·x | none |
/// | Aᵀ·y | a frame of 256 bytes, and if n > 19 an all-reduce of n numbers |
/// | a sum of products of entries of vectors of length m | a frame |
///
/// Each sum Aᵀ·y also checks that the last x had the same bits on all processes. When an exchange
/// fails, the results are NaN: the operation ends with an error, and
/// [`together`](crate::together) or [`Processes::agree`] return the [`Failure`].
///
/// # Example
///
/// The largest singular value of the matrix with rows (1, i) for i < 100:
///
/// ```standalone_crate
/// use matrix_descent::{svd_top_k, TopConfig};
/// use matrix_descent_mpi::{mpi, together, SplitRows};
/// use nalgebra::DMatrix;
///
/// let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
/// let world = universe.world();
/// let value = together(&world, |processes| -> Result<f64, Box<dyn std::error::Error>> {
///     let share = processes.share(100);
///     let own = DMatrix::from_fn(share.len(), 2, |i, j| ((share.start + i) as f64).powi(j as i32));
///     let top = svd_top_k(&SplitRows::new(processes, own)?, 1, TopConfig::default())?;
///     Ok(top.singular_values[0])
/// })?;
/// // λ of the Gram matrix (100, 4950; 4950, 328350).
/// let half = (100.0_f64 + 328_350.0) / 2.0;
/// let expected = (half + (half * half - 100.0 * 328_350.0 + 4950.0 * 4950.0).sqrt()).sqrt();
/// assert!((value / expected - 1.0).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SplitRows<'p, A> {
    processes: &'p Processes,
    map: A,
    rows_before: usize,
    block_width: usize,
    /// The fingerprint of the last vectors x in A·x.
    last: Cell<u64>,
}

impl<'p, A> SplitRows<'p, A> {
    /// Joins the rows in `map` with those of the other processes, in the order of the processes; all
    /// have to make this call.
    ///
    /// # Errors
    ///
    /// [`Failure::NoRows`] if a process has none, [`Failure::SizesDiffer`] if the numbers of columns
    /// differ, both on all processes; any other [`Failure`].
    pub fn new<T: Number>(processes: &'p Processes, map: A) -> Result<Self, Failure>
    where
        A: LinearMap<T>,
    {
        let sizes = [map.rows(), map.columns(), map.block_width()];
        let all = processes.gather_sizes::<T>(Kind::SplitRows, &sizes)?;
        let all: Vec<_> = all.chunks_exact(sizes.len()).collect();
        if let Some(process) = all.iter().position(|sizes| sizes[0] == 0) {
            return Err(Failure::NoRows { process });
        }
        let expected = all[0][1];
        if let Some(process) = all.iter().position(|sizes| sizes[1] != expected) {
            return Err(Failure::SizesDiffer {
                what: "columns",
                process,
                found: all[process][1],
                expected,
            });
        }
        let before = &all[..processes.rank()];
        Ok(Self {
            processes,
            map,
            rows_before: before.iter().map(|sizes| sizes[0]).sum(),
            block_width: all.iter().map(|sizes| sizes[2]).max().unwrap_or(1),
            last: Cell::new(0),
        })
    }

    /// The map of this process's rows.
    #[must_use]
    pub fn own(&self) -> &A {
        &self.map
    }

    /// Adds up over all processes; a failure leaves NaN, which ends the operation.
    fn sum<T: Number>(&self, values: &mut [T]) {
        let call = Call::of(Kind::SumAt, values).at(self.last.get());
        let _ = self.processes.sum_as(call, values);
    }
}

impl<T: Number, A: LinearMap<T>> LinearMap<T> for SplitRows<'_, A> {
    fn rows(&self) -> usize {
        self.map.rows()
    }

    fn columns(&self) -> usize {
        self.map.columns()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        self.last.set(fingerprint(x));
        self.map.apply(x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        self.map.apply_adjoint(y, image);
        self.sum(image);
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        self.last.set(fingerprint(x));
        self.map.apply_block(x, images);
    }

    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        self.map.apply_adjoint_block(y, images);
        self.sum(images);
    }

    fn apply_and_adjoint_block(&self, x: &[T], images: &mut [T], back: &mut [T]) {
        self.last.set(fingerprint(x));
        self.map.apply_and_adjoint_block(x, images, back);
        self.sum(back);
    }

    fn block_width(&self) -> usize {
        self.block_width
    }

    fn sum_over_image(&self, partial: &mut [T]) {
        // A failure leaves NaN, which ends the operation.
        let _ = self.processes.sum(partial);
    }

    fn image_offset(&self) -> usize {
        self.rows_before
    }

    fn column_norms(&self) -> Option<Vec<T>> {
        let own = self.map.column_norms();
        let mut known = [T::from_count(usize::from(own.is_some()))];
        self.processes.sum(&mut known).ok()?;
        let own = own.filter(|_| known[0] == T::from_count(self.processes.count()))?;
        Some(joined_norms(self.processes, own))
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        self.map.validate(argument)
    }
}

/// The lengths of vectors from those of their parts, without overflow before the last step.
fn joined_norms<T: Number>(processes: &Processes, mut norms: Vec<T>) -> Vec<T> {
    // At least the length, and at most √P times that.
    let mut bounds = norms.clone();
    let _ = processes.sum(&mut bounds);
    bounds
        .iter_mut()
        .for_each(|bound| *bound = bound.min(T::MAX));
    for (norm, &bound) in norms.iter_mut().zip(&bounds) {
        let part = if bound > T::zero() {
            *norm / bound
        } else {
            T::zero()
        };
        *norm = part * part;
    }
    let _ = processes.sum(&mut norms);
    for (norm, bound) in norms.iter_mut().zip(bounds) {
        *norm = norm.sqrt() * bound;
    }
    norms
}
