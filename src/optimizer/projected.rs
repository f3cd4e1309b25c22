//! Steps that end in a set.

use super::{LearningRate, Optimizer};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::require;
use crate::set::ConvexSet;

/// A rule that keeps the parameters in a set; made by
/// [`Compose::projected`](crate::optimizer::Compose::projected).
///
/// A step is that of the rule within, followed by the projection: x ← P(x + step). A run begins
/// with the projection of its start, so that every iterate is in the set. One rule takes one set:
/// nearest points of two sets, one after the other, are not the nearest point of both in general.
/// For an intersection bring a set of your own, as in the example of [`ConvexSet`].
///
/// # When to use
///
/// For a minimum under a constraint; in [`invert_by_descent`](crate::inverse::invert_by_descent), for the
/// best approximate inverse with a structure. By gradient descent with a learning rate below 2/L, L
/// the largest curvature, a convex loss falls to its minimum over the set (Goldstein, "Convex
/// programming in Hilbert space", 1964; Levitin and Polyak, "Constrained minimization methods",
/// 1966). Momentum does in a [`Subspace`](crate::set::Subspace) what it does without a set; in other sets
/// it mostly converges, without a theorem. A rule that scales each entry by itself, as Adam does,
/// finds that minimum only in sets that treat each entry by itself.
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, Compose, MeanSquaredError, Sgd, Silent, Stopping};
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::set::NonNegative;
///
/// let objective = FitObjective::new(MeanSquaredError, vec![1.0, -1.0]);
/// let rule = Sgd::new(0.5).projected(NonNegative);
/// let stopping = Stopping::default().max_steps(100);
/// let run = minimize(objective, rule, vec![0.0, 5.0], stopping, Silent)?;
/// assert_eq!(run.parameters, [1.0, 0.0]);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Projected<M, S> {
    /// The rule within.
    pub rule: M,
    /// Where the parameters stay.
    pub set: S,
}

impl<M, S> Projected<M, S> {
    /// `rule`, with parameters kept in `set`.
    #[must_use]
    pub fn new(rule: M, set: S) -> Self {
        Self { rule, set }
    }
}

impl<T, M, S> Optimizer<T> for Projected<M, S>
where
    T: Real,
    M: LearningRate<T>,
    S: ConvexSet<T>,
{
    type State = M::State;

    fn init(&self, parameters: &[T]) -> M::State {
        self.rule.init(parameters)
    }

    fn step(&self, state: &mut M::State, parameters: &mut [T], gradient: &mut [T]) {
        self.rule.step(state, parameters, gradient);
        self.set.project(parameters);
    }

    fn constraint(&self) -> Option<&dyn ConvexSet<T>> {
        Some(&self.set)
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        self.rule.validate()?;
        let sets = 1 + usize::from(self.rule.constraint().is_some());
        require(
            sets == 1,
            "the number of projections",
            T::from_count(sets),
            "1; an intersection is a set of its own",
        )?;
        self.set.validate()
    }
}

impl<T, M, S> LearningRate<T> for Projected<M, S>
where
    T: Real,
    M: LearningRate<T>,
    S: ConvexSet<T> + Clone,
{
    fn learning_rate(&self) -> T {
        self.rule.learning_rate()
    }

    fn with_learning_rate(&self, learning_rate: T) -> Self {
        Self {
            rule: self.rule.with_learning_rate(learning_rate),
            set: self.set.clone(),
        }
    }
}
