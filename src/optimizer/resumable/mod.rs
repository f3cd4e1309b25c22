//! States that can be written down and read back.

mod basic;
mod line_search;
mod parts;
mod wrappers;

pub use parts::Parts;
pub(crate) use parts::{Part, check_length, number_of, out_of_range};

use crate::descent::CheckpointError;
use crate::numerics::real::Real;
use crate::optimizer::Optimizer;

/// A rule whose state can be saved, so that a [`SavedRun`](crate::descent::SavedRun) can go on by it.
///
/// Every rule of this crate is one. Settings are not saved: who goes on brings the rule again, and
/// only one of the same kind, for a state of the same shape, is accepted.
///
/// # Example
///
/// Sign descent with steps that halve when the sign of the first entry turns:
///
/// ```
/// use matrix_descent::{Error, MeanSquaredError, Optimizer, Real};
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::optimizer::{Parts, Resumable};
/// use matrix_descent::Stepper;
/// use matrix_descent::optimizer::StateParts;
///
/// #[derive(Clone)]
/// struct Halving;
///
/// #[derive(Clone)]
/// struct HalvingState<T> {
///     length: T,
///     was_positive: bool,
/// }
///
/// impl<T: Real> Optimizer<T> for Halving {
///     type State = HalvingState<T>;
///
///     fn init(&self, _parameters: &[T]) -> HalvingState<T> {
///         HalvingState { length: T::one(), was_positive: false }
///     }
///
///     fn step(&self, state: &mut HalvingState<T>, parameters: &mut [T], gradient: &mut [T]) {
///         let is_positive = gradient[0] > T::zero();
///         if is_positive != state.was_positive {
///             state.length *= <T as Real>::from_f64(0.5);
///         }
///         state.was_positive = is_positive;
///         for (x, g) in parameters.iter_mut().zip(gradient) {
///             *x -= state.length * g.signum();
///         }
///     }
/// }
///
/// impl<T: Real> StateParts<T> for HalvingState<T> {
///     fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError> {
///         parts.number("length", &mut self.length)?;
///         parts.flag("was_positive", &mut self.was_positive)
///     }
/// }
///
/// impl<T: Real> Resumable<T> for Halving {
///     fn kind(&self) -> String {
///         "halving".to_owned()
///     }
/// }
///
/// let objective = || FitObjective::new(MeanSquaredError, vec![0.3, 0.7]);
/// let mut stepper = Stepper::new(objective(), Halving, vec![0.0; 2])?;
/// stepper.step();
/// let mut restored = Stepper::restore(objective(), Halving, &stepper.save()?)?;
/// assert_eq!(restored.step(), stepper.step());
/// # Ok::<(), Error>(())
/// ```
pub trait Resumable<T: Real>: Optimizer<T, State: Clone + StateParts<T>> {
    /// The name of the rule, with those of the rules within; not of its settings.
    fn kind(&self) -> String;
}

/// A state that is made of named parts; [`Resumable`] has an example.
///
/// One method serves for writing and for reading: it shows each part to [`Parts`], which takes a copy
/// or puts a saved value in its place. To be read, a state is made by
/// [`Optimizer::init`], which settles the lengths.
pub trait StateParts<T: Real> {
    /// Shows every part, always in the same order.
    ///
    /// # Errors
    ///
    /// What the methods of [`Parts`] return; none while a state is written.
    fn each_part(&mut self, parts: &mut Parts<T>) -> Result<(), CheckpointError>;
}

/// A rule without state.
impl<T: Real> StateParts<T> for () {
    fn each_part(&mut self, _parts: &mut Parts<T>) -> Result<(), CheckpointError> {
        Ok(())
    }
}

impl<T: Real, M: Resumable<T>> Resumable<T> for &M {
    fn kind(&self) -> String {
        (**self).kind()
    }
}
