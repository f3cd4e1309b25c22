//! An optimizer with a schedule.

use super::Schedule;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::optimizer::{LearningRate, Optimizer};
use crate::set::ConvexSet;

/// An optimizer whose learning rate follows a schedule; made by
/// [`Compose::scheduled`](crate::optimizer::Compose::scheduled).
///
/// Step number t, counted from 0, is a step of the inner optimizer with the learning rate
/// that [`Schedule::learning_rate`] returns for t and the inner optimizer's own.
///
/// # When to use
///
/// With noisy gradients, and when the first steps should be longer or shorter than the last ones.
/// For a quadratic with exact gradients one well-chosen rate is best.
///
/// # Example
///
/// ```
/// use matrix_descent::{Compose, Optimizer, Sgd};
/// use matrix_descent::optimizer::ExponentialDecay;
///
/// let rule = Sgd::new(1.0).scheduled(ExponentialDecay::new(0.5));
/// let mut x = [0.0];
/// let mut state = rule.init(&x);
/// for expected in [-1.0, -1.5, -1.75] {
///     rule.step(&mut state, &mut x, &mut [1.0]);
///     assert_eq!(x, [expected]);
/// }
/// assert_eq!(state.steps(), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Scheduled<M, S> {
    /// The inner optimizer.
    pub rule: M,
    /// The schedule of its learning rate.
    pub schedule: S,
}

impl<M, S> Scheduled<M, S> {
    /// Wraps `rule` so that its learning rate follows `schedule`.
    #[must_use]
    pub fn new(rule: M, schedule: S) -> Self {
        Self { rule, schedule }
    }
}

/// What [`Scheduled`] remembers between steps: their number, and the state of the inner optimizer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ScheduledState<R> {
    pub(in crate::optimizer) steps: usize,
    pub(in crate::optimizer) rule: R,
}

impl<R> ScheduledState<R> {
    /// The number of steps taken.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The state of the inner optimizer.
    #[must_use]
    pub fn rule(&self) -> &R {
        &self.rule
    }
}

impl<T, M, S> Optimizer<T> for Scheduled<M, S>
where
    T: Real,
    M: LearningRate<T>,
    S: Schedule<T>,
{
    type State = ScheduledState<M::State>;

    fn init(&self, parameters: &[T]) -> Self::State {
        ScheduledState {
            steps: 0,
            rule: self.rule.init(parameters),
        }
    }

    fn step(&self, state: &mut Self::State, parameters: &mut [T], gradient: &mut [T]) {
        let rate = self.rule.learning_rate();
        let rate = self.schedule.learning_rate(rate, state.steps);
        let rule = self.rule.with_learning_rate(rate);
        rule.step(&mut state.rule, parameters, gradient);
        state.steps += 1;
    }

    fn constraint(&self) -> Option<&dyn ConvexSet<T>> {
        self.rule.constraint()
    }

    fn exceeded_limit(&self, largest_curvature: T) -> Option<T> {
        self.rule.exceeded_limit(largest_curvature)
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        self.rule.validate()?;
        self.schedule.validate()
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        self.rule.check_dimension(dimension)
    }
}

impl<T, M, S> LearningRate<T> for Scheduled<M, S>
where
    T: Real,
    M: LearningRate<T>,
    S: Schedule<T> + Clone,
{
    fn learning_rate(&self) -> T {
        self.rule.learning_rate()
    }

    fn with_learning_rate(&self, learning_rate: T) -> Self {
        Self {
            rule: self.rule.with_learning_rate(learning_rate),
            schedule: self.schedule.clone(),
        }
    }
}
