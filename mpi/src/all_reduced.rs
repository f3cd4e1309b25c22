//! An objective summed over processes.

use matrix_descent::{InputError, Objective};

use crate::failure::Failure;
use crate::fingerprint::fingerprint;
use crate::processes::Processes;
use crate::processes::call::{Call, Kind};
use crate::processes::number::Number;

/// An objective whose data are shared out: f(x) = Σ w_p·f_p(x) over the processes p, each with an
/// objective f_p of its own and all with the same parameters x.
///
/// Every optimizer of the crate trains with it: each process evaluates its own part, the losses and
/// gradients are added up, and all take the same step. The parameters remain the same bits on all
/// processes, which each evaluation checks. A ridge goes around it
/// ([`Ridge`](matrix_descent::objective::Ridge)), so that it is added once.
///
/// An evaluation costs a frame of 256 bytes and, for more than 18 parameters, an all-reduce of n + 1
/// numbers. A run that is resumed on another number of processes adds up in another order: its first
/// loss may be off by 1.5·10⁻⁸ of the saved one in `f64` (√ε).
///
/// If an exchange fails, the loss and the gradient are NaN, which ends the descent as diverged;
/// [`together`](crate::together) and [`Processes::agree`] return the [`Failure`]. Where an observer
/// may stop the descent, wrap it in an [`AgreedObserver`](crate::AgreedObserver), so that it stops all.
///
/// # Example
///
/// The mean of 1, 2, …, 10 by its definition, the least mean squared distance:
///
/// ```standalone_crate
/// use matrix_descent::objective::LinearSystem;
/// use matrix_descent::{minimize, Sgd, Silent, Stopping};
/// use matrix_descent_mpi::{mpi, together, AllReduced};
/// use nalgebra::{DMatrix, DVector};
///
/// let universe = mpi::initialize().ok_or("MPI can be initialised once")?;
/// let world = universe.world();
/// let mean = together(&world, |processes| -> Result<f64, Box<dyn std::error::Error>> {
///     let own: Vec<f64> = processes.share(10).map(|i| i as f64 + 1.0).collect();
///     let (ones, b) = (DMatrix::repeat(own.len(), 1, 1.0), DVector::from_vec(own));
///     // ½·Σ(x − bᵢ)² over all processes.
///     let objective = AllReduced::sum(processes, LinearSystem::new(&ones, &b)?)?;
///     let stopping = Stopping::default().gradient_norm(1e-12);
///     let run = minimize(objective, Sgd::new(0.1), vec![0.0], stopping, Silent)?;
///     Ok(run.parameters[0])
/// })?;
/// assert!((mean - 5.5).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AllReduced<'p, T, F> {
    processes: &'p Processes,
    objective: F,
    weight: T,
    /// The gradient and the loss.
    sums: Vec<T>,
}

impl<'p, T: Number, F: Objective<T>> AllReduced<'p, T, F> {
    /// The sum f = Σ f_p, for losses that are sums over rows; all processes have to make this call.
    ///
    /// # Errors
    ///
    /// [`Failure::SizesDiffer`] on all processes if the numbers of parameters differ; any other
    /// [`Failure`].
    pub fn sum(processes: &'p Processes, objective: F) -> Result<Self, Failure> {
        Self::weighted(processes, objective, T::one())
    }

    /// The mean f = Σ m_p·f_p / Σ m_p, for losses that are means over the m_p = `rows` of each
    /// process; all processes have to make this call.
    ///
    /// # Errors
    ///
    /// [`Failure::NoRows`] on all processes if `rows` is 0 on one; those of [`sum`](Self::sum).
    pub fn mean(processes: &'p Processes, objective: F, rows: usize) -> Result<Self, Failure> {
        let all = processes.gather_sizes::<T>(Kind::Weights, &[rows])?;
        if let Some(process) = all.iter().position(|&rows| rows == 0) {
            return Err(Failure::NoRows { process });
        }
        let total = all.iter().sum();
        let weight = T::from_count(rows) / T::from_count(total);
        Self::weighted(processes, objective, weight)
    }

    fn weighted(processes: &'p Processes, objective: F, weight: T) -> Result<Self, Failure> {
        let all = processes.gather_sizes::<T>(Kind::Parameters, &[objective.dimension()])?;
        let expected = all[0];
        if let Some(process) = all.iter().position(|&found| found != expected) {
            return Err(Failure::SizesDiffer {
                what: "parameters",
                process,
                found: all[process],
                expected,
            });
        }
        Ok(Self {
            processes,
            objective,
            weight,
            sums: vec![T::zero(); expected + 1],
        })
    }

    /// The objective of this process.
    #[must_use]
    pub fn own(&self) -> &F {
        &self.objective
    }
}

impl<T: Number, F: Objective<T>> Objective<T> for AllReduced<'_, T, F> {
    fn dimension(&self) -> usize {
        self.sums.len() - 1
    }

    /// # Panics
    ///
    /// If a slice is not as long as there are parameters.
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
        let (own_gradient, own_loss) = self.sums.split_at_mut(parameters.len());
        own_loss[0] = self.objective.value_and_gradient(parameters, own_gradient);
        self.sums.iter_mut().for_each(|sum| *sum *= self.weight);
        let call = Call::of(Kind::Evaluation, &self.sums).at(fingerprint(parameters));
        // A failure leaves NaN, which ends the descent.
        let _ = self.processes.sum_as(call, &mut self.sums);
        gradient.copy_from_slice(&self.sums[..parameters.len()]);
        self.sums[parameters.len()]
    }

    fn begin_step(&mut self, step: usize) {
        self.objective.begin_step(step);
    }

    fn is_stochastic(&self) -> bool {
        self.objective.is_stochastic()
    }

    fn resume_tolerance(&self) -> T {
        T::EPSILON.sqrt().max(self.objective.resume_tolerance())
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        self.objective.validate()
    }
}
