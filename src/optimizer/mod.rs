//! Update rules: how a gradient changes the parameters.

mod sgd;

pub use sgd::{Momentum, Sgd, SgdState};

use crate::{Error, Real};

/// A rule that turns a gradient into a step, in place, on flat slices.
///
/// Rule and state are apart: the rule is a plain value of settings that many runs can share, the
/// state (a velocity, say) belongs to one run. Parameters of any shape serve, as long as their
/// entries lie one after another.
///
/// # Example
///
/// A rule of one's own, sign descent x ← x − η·sign(∇), without state:
///
/// ```
/// use matrix_descent::{Optimizer, Real};
///
/// struct SignDescent<T> {
///     learning_rate: T,
/// }
///
/// impl<T: Real> Optimizer<T> for SignDescent<T> {
///     type State = ();
///
///     fn init(&self, _parameters: &[T]) {}
///
///     fn step(&self, _state: &mut (), parameters: &mut [T], gradient: &mut [T]) {
///         for (x, g) in parameters.iter_mut().zip(gradient) {
///             *x -= self.learning_rate * g.signum();
///         }
///     }
/// }
///
/// let mut x = [1.0, -1.0];
/// SignDescent { learning_rate: 0.25 }.step(&mut (), &mut x, &mut [3.0, -7.0]);
/// assert_eq!(x, [0.75, -0.75]);
/// ```
pub trait Optimizer<T: Real> {
    /// What the rule remembers from step to step.
    type State;

    /// The state before the first step, for parameters of this length.
    fn init(&self, parameters: &[T]) -> Self::State;

    /// Takes one step: changes `parameters` by `gradient`, which is the gradient there.
    ///
    /// `gradient` may be overwritten as scratch. Nothing is allocated, given a state that
    /// [`init`](Self::init) of the same rule has made.
    ///
    /// # Panics
    ///
    /// Slices of unequal length are a programming error; an implementation may panic on them.
    fn step(&self, state: &mut Self::State, parameters: &mut [T], gradient: &mut [T]);

    /// Checks the settings; every run calls this before its first step.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSetting`] with the first setting that makes no sense. The provided method
    /// accepts all.
    fn validate(&self) -> Result<(), Error<T>> {
        Ok(())
    }
}

impl<T: Real, M: Optimizer<T> + ?Sized> Optimizer<T> for &M {
    type State = M::State;

    fn init(&self, parameters: &[T]) -> Self::State {
        (**self).init(parameters)
    }

    fn step(&self, state: &mut Self::State, parameters: &mut [T], gradient: &mut [T]) {
        (**self).step(state, parameters, gradient);
    }

    fn validate(&self) -> Result<(), Error<T>> {
        (**self).validate()
    }
}
