//! States that can be saved and read back.

mod checks;
mod rules;

pub use checks::StateError;
pub(crate) use checks::{MOST_STEPS, check_count, check_lengths};

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Optimizer;
use crate::numerics::real::Real;

/// An optimizer whose state can be saved, so that a [`SavedRun`](crate::descent::SavedRun) can be
/// resumed with it.
///
/// Every optimizer of this crate is one. A `SavedRun` does not hold the settings: supply the
/// optimizer again when resuming. Only an optimizer with the same name and a state of the same
/// shape is accepted.
///
/// Optimizers and their states also implement serde's traits, so your own loop can save them in any
/// format. Choose one that keeps every bit: JSON has no NaN or ∞ and may round the last digit.
///
/// # Examples
///
/// Your own loop that saves the parameters, the optimizer and its state:
///
/// ```
/// use matrix_descent::optimizer::{Adam, AdamState, Optimizer, Resumable};
///
/// fn step(rule: &Adam<f64>, state: &mut AdamState<f64>, x: &mut [f64]) {
///     let mut gradient = [2.0 * (x[0] - 3.0)];
///     rule.step(state, x, &mut gradient);
/// }
///
/// let (rule, mut x) = (Adam::new(0.1), vec![0.0]);
/// let mut state = rule.init(&x);
/// step(&rule, &mut state, &mut x);
/// let file = postcard::to_allocvec(&(&x, &rule, &state))?;
///
/// // In another process:
/// let (mut y, rule, mut restored): (Vec<f64>, Adam<f64>, AdamState<f64>) =
///     postcard::from_bytes(&file)?;
/// rule.check_state(&restored, &rule.init(&y))?;
/// step(&rule, &mut restored, &mut y);
///
/// step(&rule, &mut state, &mut x);
/// assert_eq!((x, state), (y, restored));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Your own optimizer, sign descent with steps 1, 1/2, 1/3, …; if its state is your own type,
/// derive `Serialize` and `Deserialize` for it:
///
/// ```
/// use matrix_descent::optimizer::Resumable;
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::{Error, MeanSquaredError, Optimizer, Stepper};
///
/// struct SignDescent;
///
/// impl Optimizer<f64> for SignDescent {
///     type State = u32;
///
///     fn init(&self, _parameters: &[f64]) -> u32 {
///         0
///     }
///
///     fn step(&self, steps: &mut u32, parameters: &mut [f64], gradient: &mut [f64]) {
///         *steps = steps.saturating_add(1);
///         for (x, g) in parameters.iter_mut().zip(gradient) {
///             *x -= g.signum() / f64::from(*steps);
///         }
///     }
/// }
///
/// impl Resumable<f64> for SignDescent {
///     fn name(&self) -> String {
///         "sign descent".to_owned()
///     }
/// }
///
/// let objective = || FitObjective::new(MeanSquaredError, vec![0.3, 0.7]);
/// let mut stepper = Stepper::new(objective(), SignDescent, vec![0.0; 2])?;
/// stepper.step();
/// let mut restored = Stepper::restore(objective(), SignDescent, &stepper.save()?)?;
/// assert_eq!(restored.step(), stepper.step());
/// # Ok::<(), Error>(())
/// ```
pub trait Resumable<T: Real>: Optimizer<T, State: Serialize + DeserializeOwned> {
    /// The name of the optimizer, with the names of the optimizers it wraps, but without settings.
    fn name(&self) -> String;

    /// Checks that this optimizer can go on with a state read from a file.
    ///
    /// `fresh` is what [`init`](Optimizer::init) returns for the same parameters.
    ///
    /// # Errors
    ///
    /// [`StateError`] for the first part whose length differs from that in `fresh`, or the first
    /// value out of range. The provided method accepts all; override it if
    /// [`step`](Optimizer::step) could panic on a state of another shape.
    fn check_state(&self, _state: &Self::State, _fresh: &Self::State) -> Result<(), StateError> {
        Ok(())
    }
}

/// A pointer to an optimizer saves and resumes what the optimizer would.
macro_rules! forward_resumable {
    ($($pointer:ty),+) => {$(
        impl<T: Real, M: Resumable<T>> Resumable<T> for $pointer {
            fn name(&self) -> String {
                (**self).name()
            }

            fn check_state(
                &self,
                state: &Self::State,
                fresh: &Self::State,
            ) -> Result<(), StateError> {
                (**self).check_state(state, fresh)
            }
        }
    )+};
}

forward_resumable!(&M, Box<M>, Arc<M>);
