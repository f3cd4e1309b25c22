//! Learning rates that change from step to step.

mod constant;
mod cosine;
mod exponential;
mod scheduled;
mod step;

pub use constant::ConstantRate;
pub use cosine::CosineDecay;
pub use exponential::ExponentialDecay;
pub use scheduled::{Scheduled, ScheduledState};
pub use step::StepDecay;

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// A schedule: the learning rate of each step as a function of the number of steps taken.
///
/// A closure that takes the optimizer's own learning rate and the number of steps taken is a
/// schedule; so is a `Box<dyn Schedule<T>>`.
///
/// # When to use
///
/// Pass it to [`Compose::scheduled`](crate::optimizer::Compose::scheduled). For a rate that depends
/// on the loss, use [`ReducedOnPlateau`](crate::optimizer::ReducedOnPlateau).
///
/// # Example
///
/// ```
/// use matrix_descent::{Compose, Optimizer, Sgd};
///
/// let inverse_time = |rate: f64, steps: usize| rate / (1 + steps) as f64;
/// let rule = Sgd::new(1.0).scheduled(inverse_time);
/// let mut x = [0.0];
/// let mut state = rule.init(&x);
/// rule.step(&mut state, &mut x, &mut [1.0]);
/// rule.step(&mut state, &mut x, &mut [1.0]);
/// assert_eq!(x, [-1.5]);
/// ```
pub trait Schedule<T: Real> {
    /// The learning rate of the step after `steps` others, for an optimizer whose own learning rate
    /// is `rate`.
    fn learning_rate(&self, rate: T, steps: usize) -> T;

    /// Checks the settings; every run calls this before its first step.
    ///
    /// # Errors
    ///
    /// [`InputError::InvalidSetting`] with the first setting outside its range. The provided method
    /// accepts all.
    fn validate(&self) -> Result<(), InputError<T>> {
        Ok(())
    }
}

impl<T: Real, F: Fn(T, usize) -> T> Schedule<T> for F {
    fn learning_rate(&self, rate: T, steps: usize) -> T {
        self(rate, steps)
    }
}

/// A pointer to a schedule that is chosen while a program runs. A pointer to any other type may be
/// a closure, so these are the forms that the language allows beside closures.
macro_rules! forward_schedule {
    ($($pointer:ty),+) => {$(
        impl<T: Real> Schedule<T> for $pointer {
            fn learning_rate(&self, rate: T, steps: usize) -> T {
                (**self).learning_rate(rate, steps)
            }

            fn validate(&self) -> Result<(), InputError<T>> {
                (**self).validate()
            }
        }
    )+};
}

forward_schedule!(
    &(dyn Schedule<T> + '_),
    &(dyn Schedule<T> + Send + Sync + '_),
    Box<dyn Schedule<T> + '_>,
    Box<dyn Schedule<T> + Send + Sync + '_>
);

/// `factor` to the power of `count`.
fn power<T: Real>(factor: T, count: usize) -> T {
    factor.powi(i32::try_from(count).unwrap_or(i32::MAX))
}
