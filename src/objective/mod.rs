//! Objectives: what a run minimises, with its gradient.

mod estimate;
mod fit;
mod gradient_check;
mod gram;
mod held;
mod inverse;
mod linear_system;
mod low_rank;
mod orthogonality;
mod ridge;
mod side;
mod svd_factors;
mod svd_penalty;
pub(crate) mod unit_scale;
pub(crate) mod weights;

pub use fit::FitObjective;
pub use gradient_check::{GradientCheck, check_gradient};
pub use gram::InverseGramObjective;
pub use inverse::InverseObjective;
pub use linear_system::LinearSystem;
pub use low_rank::LowRankObjective;
pub use ridge::Ridge;
pub use side::Side;
pub use svd_factors::SvdFactors;
pub use svd_penalty::SvdPenalty;

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// A function to minimise, of a flat vector of parameters, with its gradient.
///
/// `&mut self` lets an implementation reuse its workspaces; the value depends only on the
/// parameters, unless [`is_stochastic`](Self::is_stochastic) says otherwise.
///
/// # Minibatches
///
/// An objective that changes from step to step, such as the loss of a random minibatch, returns true
/// from [`is_stochastic`](Self::is_stochastic) and chooses its data in
/// [`begin_step`](Self::begin_step). If the choice depends on nothing but the number of the step, a
/// run that is resumed gives the bits of one that was never interrupted; the
/// [guide](crate::guide::minibatches) has such an objective.
///
/// # Example
///
/// Your own objective, here the parabola (x − 3)², minimised:
///
/// ```
/// use matrix_descent::{minimize, Objective, Real, Sgd, Silent, Stopping};
///
/// struct Parabola;
///
/// impl<T: Real> Objective<T> for Parabola {
///     fn dimension(&self) -> usize {
///         1
///     }
///
///     fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
///         let offset = parameters[0] - <T as Real>::from_f64(3.0);
///         gradient[0] = <T as Real>::from_f64(2.0) * offset;
///         offset * offset
///     }
/// }
///
/// let stopping = Stopping::default().loss(1e-20);
/// let minimum = minimize(Parabola, Sgd::new(0.25), vec![0.0], stopping, Silent)?;
/// assert!((minimum.parameters[0] - 3.0_f64).abs() < 1e-9);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub trait Objective<T: Real> {
    /// The number of parameters.
    fn dimension(&self) -> usize;

    /// Returns the value at `parameters` and writes every entry of the gradient there into
    /// `gradient`.
    ///
    /// # Panics
    ///
    /// Slices that are not [`dimension`](Self::dimension) long are a programming error; an
    /// implementation may panic on them. The crate's own functions check lengths first.
    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T;

    /// Prepares the evaluations that step number `step` needs: at the start of a run with 0, then
    /// before each step with the number of the iterate that it leads to. A run that is resumed begins
    /// with the number of its last step.
    ///
    /// The provided method does nothing.
    fn begin_step(&mut self, _step: usize) {}

    /// Whether the value depends on the step too.
    ///
    /// Optimizers with a line search refuse such an objective, since they compare losses; a run that
    /// is resumed does not check that it has the loss it had. The losses of different
    /// steps are of different functions, so the best iterate of a run and
    /// [`Stopping::loss`](crate::descent::Stopping) say little. The provided method returns false.
    fn is_stochastic(&self) -> bool {
        false
    }

    /// How far the value may be from the one that was saved, relative to that, when a run is resumed
    /// ([`Stepper::resume`](crate::descent::Stepper::resume)).
    ///
    /// The provided method returns 0: the same objective has the same value, to the last bit. More is
    /// right where the order of its sums may change from run to run, as with the number of processes
    /// that share the data. The range is 0 ≤ tolerance < 1.
    fn resume_tolerance(&self) -> T {
        T::zero()
    }

    /// Checks that its parts fit together; every run calls this before its first evaluation.
    ///
    /// # Errors
    ///
    /// What the implementation returns for parts that do not. The provided method accepts all.
    fn validate(&self) -> Result<(), InputError<T>> {
        Ok(())
    }
}

/// A pointer to an objective is an objective, which may be chosen while a program runs.
macro_rules! forward_objective {
    ($($pointer:ty),+) => {$(
        impl<T: Real, F: Objective<T> + ?Sized> Objective<T> for $pointer {
            fn dimension(&self) -> usize {
                (**self).dimension()
            }

            fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> T {
                (**self).value_and_gradient(parameters, gradient)
            }

            fn begin_step(&mut self, step: usize) {
                (**self).begin_step(step);
            }

            fn is_stochastic(&self) -> bool {
                (**self).is_stochastic()
            }

            fn resume_tolerance(&self) -> T {
                (**self).resume_tolerance()
            }

            fn validate(&self) -> Result<(), InputError<T>> {
                (**self).validate()
            }
        }
    )+};
}

forward_objective!(&mut F, Box<F>);
