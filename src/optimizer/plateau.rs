//! A learning rate that falls when the loss stops falling.

use std::ops::ControlFlow;

use super::{Iterate, LearningRate, Optimizer};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_at_least_zero, check_fraction, check_positive_fraction};
use crate::objective::Objective;
use crate::set::ConvexSet;

/// When and how far [`ReducedOnPlateau`] lowers the learning rate.
///
/// A loss counts as an improvement if it is below best − threshold·|best|, where best is the last
/// loss that was an improvement. After more than `patience` losses in a row without improvement,
/// η ← max(η·factor, minimum); the `cooldown` losses that follow are not counted.
///
/// | field | default | range |
/// |---|---|---|
/// | `factor` | 0.1 | above 0 and below 1 |
/// | `patience` | 10 | any |
/// | `threshold` | 10⁻⁴ | at least 0 and below 1 |
/// | `cooldown` | 0 | any |
/// | `minimum` | 0 | finite and at least 0 |
///
/// The definition and the defaults are those of PyTorch's `ReduceLROnPlateau` with its relative
/// threshold, for losses that are not negative, except that there is no `eps`: even the smallest
/// reduction is made.
///
/// # Example
///
/// ```
/// use matrix_descent::optimizer::Plateau;
///
/// let plateau = Plateau::default().factor(0.5).patience(3);
/// assert_eq!(plateau.threshold, 1e-4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Plateau<T> {
    /// The factor of each reduction.
    pub factor: T,
    /// The number of losses without improvement that are tolerated.
    pub patience: usize,
    /// The fraction of the loss that counts as improvement.
    pub threshold: T,
    /// The number of losses after a reduction that are not counted.
    pub cooldown: usize,
    /// The lower limit of the learning rate.
    pub minimum: T,
}

impl<T: Real> Default for Plateau<T> {
    fn default() -> Self {
        Self {
            factor: <T as Real>::from_f64(0.1),
            patience: 10,
            threshold: <T as Real>::from_f64(1e-4),
            cooldown: 0,
            minimum: T::zero(),
        }
    }
}

impl<T: Real> Plateau<T> {
    /// Sets the factor of a reduction.
    #[must_use]
    pub fn factor(mut self, factor: T) -> Self {
        self.factor = factor;
        self
    }

    /// Sets the number of losses without improvement that are tolerated.
    #[must_use]
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// Sets the fraction of the loss that counts as improvement.
    #[must_use]
    pub fn threshold(mut self, threshold: T) -> Self {
        self.threshold = threshold;
        self
    }

    /// Sets the number of losses after a reduction that are not counted.
    #[must_use]
    pub fn cooldown(mut self, cooldown: usize) -> Self {
        self.cooldown = cooldown;
        self
    }

    /// Sets the lower limit of the learning rate.
    #[must_use]
    pub fn minimum(mut self, learning_rate: T) -> Self {
        self.minimum = learning_rate;
        self
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        check_positive_fraction("factor", self.factor)?;
        check_fraction("threshold", self.threshold)?;
        check_at_least_zero("minimum", self.minimum)
    }
}

/// An optimizer whose learning rate falls when the loss stops falling; made by
/// [`Compose::reduced_on_plateau`](crate::optimizer::Compose::reduced_on_plateau).
///
/// Before each step of a run it sees the loss at the current parameters and may lower the learning
/// rate as [`Plateau`] says; then it steps as the inner optimizer does. [`step`](Optimizer::step)
/// alone does not show it a loss: if you drive the steps yourself, call [`see`](Self::see) before
/// each.
///
/// It does not implement [`LearningRate`], so it has to be the outermost wrapper: inside another it
/// would see no loss. A schedule inside it starts from the learning rate it sets.
///
/// # When to use
///
/// With noisy losses, when you can't know in advance when the noise will dominate.
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, Compose, MeanSquaredError, Sgd, Silent, Stopping};
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::optimizer::Plateau;
///
/// // A learning rate too large by half: the loss stays where it is until the rate is lowered.
/// let rule = Sgd::new(2.0).reduced_on_plateau(Plateau::default().factor(0.5));
/// let objective = FitObjective::new(MeanSquaredError, vec![1.0, -1.0]);
/// let run = minimize(objective, rule, vec![0.0; 2], Stopping::default().loss(1e-20), Silent)?;
/// assert_eq!(run.report.losses[10], 1.0);
/// assert_eq!(run.report.steps, 12);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ReducedOnPlateau<T, M> {
    /// The inner optimizer.
    pub rule: M,
    /// When and how far the learning rate falls.
    pub plateau: Plateau<T>,
}

impl<T: Real, M: LearningRate<T>> ReducedOnPlateau<T, M> {
    /// Wraps `rule` so that its learning rate falls as `plateau` says.
    #[must_use]
    pub fn new(rule: M, plateau: Plateau<T>) -> Self {
        Self { rule, plateau }
    }

    /// Records the loss at the current parameters; a run does this before each step.
    pub fn see(&self, state: &mut PlateauState<T, M::State>, loss: T) {
        let is_better = |best: T| loss < best - self.plateau.threshold * best.abs();
        if loss.is_finite() && state.best.is_none_or(is_better) {
            state.best = Some(loss);
            state.idle = 0;
        } else {
            state.idle += 1;
        }
        if state.cooldown > 0 {
            state.cooldown -= 1;
            state.idle = 0;
        }
        if state.idle > self.plateau.patience {
            let lower = state.learning_rate * self.plateau.factor;
            // A rate that starts below the minimum is kept.
            let floor = self.plateau.minimum.min(state.learning_rate);
            state.learning_rate = lower.max(floor);
            state.cooldown = self.plateau.cooldown;
            state.idle = 0;
        }
    }
}

/// What [`ReducedOnPlateau`] remembers between steps: the learning rate, its counters, and the
/// state of the inner optimizer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PlateauState<T, R> {
    pub(super) learning_rate: T,
    pub(super) best: Option<T>,
    pub(super) idle: usize,
    pub(super) cooldown: usize,
    pub(super) rule: R,
}

impl<T: Real, R> PlateauState<T, R> {
    /// The learning rate of the next step, unless the loss before it lowers it.
    #[must_use]
    pub fn learning_rate(&self) -> T {
        self.learning_rate
    }

    /// The state of the inner optimizer.
    #[must_use]
    pub fn rule(&self) -> &R {
        &self.rule
    }
}

impl<T: Real, M: LearningRate<T>> Optimizer<T> for ReducedOnPlateau<T, M> {
    type State = PlateauState<T, M::State>;

    fn init(&self, parameters: &[T]) -> Self::State {
        PlateauState {
            learning_rate: self.rule.learning_rate(),
            best: None,
            idle: 0,
            cooldown: 0,
            rule: self.rule.init(parameters),
        }
    }

    fn step(&self, state: &mut Self::State, parameters: &mut [T], gradient: &mut [T]) {
        let rule = self.rule.with_learning_rate(state.learning_rate);
        rule.step(&mut state.rule, parameters, gradient);
    }

    fn advance<F>(
        &self,
        state: &mut Self::State,
        objective: &mut F,
        at: &mut Iterate<'_, T>,
    ) -> ControlFlow<()>
    where
        F: Objective<T> + ?Sized,
    {
        self.see(state, at.loss);
        self.step(state, at.parameters, at.gradient);
        at.loss = objective.value_and_gradient(at.parameters, at.gradient);
        ControlFlow::Continue(())
    }

    fn constraint(&self) -> Option<&dyn ConvexSet<T>> {
        self.rule.constraint()
    }

    fn exceeded_limit(&self, largest_curvature: T) -> Option<T> {
        self.rule.exceeded_limit(largest_curvature)
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        self.rule.validate()?;
        self.plateau.validate()
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        self.rule.check_dimension(dimension)
    }
}
