//! A square map whose rows are split, and its vectors with them.

use std::cell::RefCell;

use matrix_descent::{InputError, LinearMap};

use crate::failure::Failure;
use crate::processes::call::Kind;
use crate::processes::number::Number;
use crate::processes::{Processes, Shares};

/// This process's rows of a square matrix A of order n: all vectors are split like the rows.
///
/// For [`symmetric_eigen_k`](matrix_descent::symmetric_eigen_k) and the definite and general systems
/// of [`solve_by_descent`](matrix_descent::solve_by_descent), whose right-hand side and solution are
/// this process's entries.
///
/// | product | exchange |
/// |---|---|
/// | A·x | a frame of 256 bytes, and an all-gather of the n entries of x |
/// | Aᵀ·y | a frame, and an all-reduce of n numbers |
/// | a sum of products of entries | a frame |
///
/// A product needs the whole of x: n numbers on each process for each vector that is multiplied at a
/// time, room that is kept. For a grid or a matrix with a narrow band it is enough to exchange what lies at the borders
/// ([`Processes::exchange_with_neighbours`]), by a map of your own as in the example `poisson`.
///
/// # Example
///
/// ```standalone_crate
/// use matrix_descent::{symmetric_eigen_k, EigenConfig};
/// use matrix_descent_mpi::{mpi, together, SplitSquare};
/// use nalgebra::DMatrix;
///
/// let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
/// let world = universe.world();
/// let least = together(&world, |processes| -> Result<f64, Box<dyn std::error::Error>> {
///     // diag(1, 2, …, 100).
///     let share = processes.share(100);
///     let own = DMatrix::from_fn(share.len(), 100, |i, j| {
///         if share.start + i == j { (j + 1) as f64 } else { 0.0 }
///     });
///     let map = SplitSquare::new(processes, own)?;
///     let found = symmetric_eigen_k(&map, 1, EigenConfig::smallest())?;
///     Ok(found.eigenvalues[0])
/// })?;
/// assert!((least - 1.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SplitSquare<'p, T, A> {
    processes: &'p Processes,
    map: A,
    /// The rows of each process.
    shares: Shares,
    /// Whole vectors.
    whole: RefCell<Vec<T>>,
    block_width: usize,
}

impl<'p, T: Number, A: LinearMap<T>> SplitSquare<'p, T, A> {
    /// Joins the rows in `map` with those of the other processes, in the order of the processes; all
    /// have to make this call.
    ///
    /// # Errors
    ///
    /// [`Failure::NoRows`] if a process has none, [`Failure::NotSquare`] if a process has not as
    /// many columns as all of them have rows, [`Failure::TooManyRows`] if these are 2³¹ or more, each
    /// on all processes; any other [`Failure`].
    pub fn new(processes: &'p Processes, map: A) -> Result<Self, Failure> {
        let sizes = [map.rows(), map.columns(), map.block_width()];
        let all = processes.gather_sizes::<T>(Kind::SplitSquare, &sizes)?;
        let all: Vec<_> = all.chunks_exact(sizes.len()).collect();
        if let Some(process) = all.iter().position(|sizes| sizes[0] == 0) {
            return Err(Failure::NoRows { process });
        }
        let order: usize = all.iter().map(|sizes| sizes[0]).sum();
        if let Some(process) = all.iter().position(|sizes| sizes[1] != order) {
            return Err(Failure::NotSquare {
                process,
                columns: all[process][1],
                order,
            });
        }
        let shares = Shares::new(all.iter().map(|sizes| sizes[0]));
        let shares = shares.ok_or(Failure::TooManyRows { rows: order })?;
        Ok(Self {
            processes,
            map,
            shares,
            whole: RefCell::new(Vec::new()),
            block_width: all.iter().map(|sizes| sizes[2]).max().unwrap_or(1),
        })
    }

    /// The map of this process's rows.
    #[must_use]
    pub fn own(&self) -> &A {
        &self.map
    }

    fn place(&self) -> std::ops::Range<usize> {
        self.shares.of(self.processes.rank())
    }
}

impl<T: Number, A: LinearMap<T>> LinearMap<T> for SplitSquare<'_, T, A> {
    fn rows(&self) -> usize {
        self.map.rows()
    }

    fn columns(&self) -> usize {
        self.map.rows()
    }

    fn apply(&self, x: &[T], image: &mut [T]) {
        self.apply_block(x, image);
    }

    fn apply_adjoint(&self, y: &[T], image: &mut [T]) {
        self.apply_adjoint_block(y, image);
    }

    fn apply_block(&self, x: &[T], images: &mut [T]) {
        let (order, own) = (self.map.columns(), self.map.rows());
        let mut whole = self.whole.borrow_mut();
        whole.resize(x.len() / own * order, T::zero());
        let vectors = x.chunks_exact(own).zip(whole.chunks_exact_mut(order));
        for (own, whole) in vectors {
            // A failure leaves NaN, which ends the operation.
            let _ = self.processes.gather(own, &self.shares, whole);
        }
        if x.len() == own {
            self.map.apply(&whole, images);
        } else {
            self.map.apply_block(&whole, images);
        }
    }

    fn apply_adjoint_block(&self, y: &[T], images: &mut [T]) {
        let (order, own) = (self.map.columns(), self.map.rows());
        let mut whole = self.whole.borrow_mut();
        whole.resize(y.len() / own * order, T::zero());
        if y.len() == own {
            self.map.apply_adjoint(y, &mut whole);
        } else {
            self.map.apply_adjoint_block(y, &mut whole);
        }
        // A failure leaves NaN, which ends the operation.
        let _ = self.processes.sum(&mut whole);
        let vectors = images.chunks_exact_mut(own);
        for (image, whole) in vectors.zip(whole.chunks_exact(order)) {
            image.copy_from_slice(&whole[self.place()]);
        }
    }

    fn block_width(&self) -> usize {
        self.block_width
    }

    fn sum_over_image(&self, partial: &mut [T]) {
        let _ = self.processes.sum(partial);
    }

    fn sum_over_domain(&self, partial: &mut [T]) {
        let _ = self.processes.sum(partial);
    }

    fn image_offset(&self) -> usize {
        self.place().start
    }

    fn domain_offset(&self) -> usize {
        self.place().start
    }

    fn validate(&self, argument: &'static str) -> Result<(), InputError<T>> {
        self.map.validate(argument)
    }
}
