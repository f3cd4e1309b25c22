//! Watching a run.

use std::ops::ControlFlow;

use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;

/// The current state of a run, as shown to an [`Observer`].
///
/// # Example
///
/// ```
/// use std::ops::ControlFlow;
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::{minimize, MeanSquaredError, Progress, Sgd, Stopping};
///
/// // The loss is (3 − x)², its gradient 2·(x − 3).
/// let mut norms = Vec::new();
/// let watch = |progress: &Progress<'_, f64>| {
///     assert_eq!(progress.loss, (3.0 - progress.parameters[0]).powi(2));
///     norms.push(progress.gradient_norm());
///     ControlFlow::Continue(())
/// };
/// let objective = FitObjective::new(MeanSquaredError, vec![3.0]);
/// minimize(objective, Sgd::new(0.25), vec![0.0], Stopping::default().max_steps(2), watch)?;
/// assert_eq!(norms, [6.0, 3.0, 1.5]);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress<'a, T> {
    /// The steps taken since the start, 0 at the start itself.
    pub step: usize,
    /// The loss at `parameters`.
    pub loss: T,
    /// The parameters after that many steps.
    pub parameters: &'a [T],
    /// The gradient at `parameters`.
    pub gradient: &'a [T],
}

impl<T: Real> Progress<'_, T> {
    /// The Euclidean norm of the gradient, computed at each call in one pass over it.
    #[must_use]
    pub fn gradient_norm(&self) -> T {
        euclidean_norm(self.gradient)
    }
}

/// Watches a run and may stop it.
///
/// A closure is an observer, and so is a pair of observers: each sees every iterate; pairs nest.
/// The module [`watch`](crate::watch) has ready-made ones. To read an observer after the run, pass
/// it as `&mut watcher as &mut dyn Observer<f64>`; to choose one while the program runs, as a
/// `Box<dyn Observer<f64>>`.
///
/// # Example
///
/// ```
/// use std::ops::ControlFlow;
/// use matrix_descent::{minimize, MeanSquaredError, Progress, Sgd, StopReason, Stopping};
/// use matrix_descent::objective::FitObjective;
///
/// let mut losses = Vec::new();
/// let until_small = |progress: &Progress<'_, f64>| {
///     losses.push(progress.loss);
///     if progress.loss < 0.01 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// };
/// let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
/// let run = minimize(objective, Sgd::new(0.25), vec![0.0], Stopping::default(), until_small)?;
/// assert_eq!(run.report.stop_reason, StopReason::Observer);
/// assert_eq!(losses, run.report.losses);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub trait Observer<T> {
    /// Called with each iterate; returning `Break` ends the run with
    /// [`StopReason::Observer`](crate::descent::StopReason).
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()>;

    /// Whether it watches at all; if not, a run can skip preparing what it would see. True unless
    /// overridden.
    fn watches(&self) -> bool {
        true
    }
}

impl<T, F> Observer<T> for F
where
    F: FnMut(&Progress<'_, T>) -> ControlFlow<()>,
{
    fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
        self(progress)
    }
}

/// A pointer to an observer that is chosen while a program runs. A pointer to any other type may be
/// a closure, so these are the forms that the language allows beside closures.
macro_rules! forward_observer {
    ($($pointer:ty),+) => {$(
        impl<T> Observer<T> for $pointer {
            fn observe(&mut self, progress: &Progress<'_, T>) -> ControlFlow<()> {
                (**self).observe(progress)
            }

            fn watches(&self) -> bool {
                (**self).watches()
            }
        }
    )+};
}

forward_observer!(
    &mut (dyn Observer<T> + '_),
    &mut (dyn Observer<T> + Send + '_),
    Box<dyn Observer<T> + '_>,
    Box<dyn Observer<T> + Send + '_>
);

/// The observer that does nothing.
///
/// ```
/// use matrix_descent::{minimize, MeanSquaredError, Sgd, Silent, Stopping};
/// use matrix_descent::objective::FitObjective;
///
/// let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
/// let run = minimize(objective, Sgd::new(0.25), vec![0.0], Stopping::default(), Silent)?;
/// assert_eq!(run.parameters, [1.0]);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Silent;

impl<T> Observer<T> for Silent {
    fn observe(&mut self, _progress: &Progress<'_, T>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn watches(&self) -> bool {
        false
    }
}
