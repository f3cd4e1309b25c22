//! Steps that end in a set.

use super::{LearningRate, Optimizer};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::require;
use crate::set::ConvexSet;

/// An optimizer that keeps the parameters in a convex set; made by
/// [`Compose::projected`](crate::optimizer::Compose::projected).
///
/// Each step is that of the inner optimizer, followed by the projection: x ← P(x + step). A run
/// first projects its start, so every iterate is in the set. Only one set can be used: projecting
/// onto two sets in turn does not give the nearest point of their intersection in general. For an
/// intersection write your own set, as in the example of [`ConvexSet`].
///
/// # When to use
///
/// For a minimum under a constraint; in [`invert_by_descent`](crate::inverse::invert_by_descent),
/// for the best approximate inverse with a structure. With gradient descent and a learning rate
/// below 2/L, where L is the largest curvature, a convex loss falls to its minimum over the set
/// (Goldstein, "Convex programming in Hilbert space", 1964; Levitin and Polyak, "Constrained
/// minimization methods", 1966). In a [`Subspace`](crate::set::Subspace) momentum works as it does
/// without a set; in other sets it usually converges, but no theorem says so. An optimizer that
/// scales each entry separately, such as Adam, finds that minimum only in sets that treat each
/// entry separately.
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
    /// The inner optimizer.
    pub rule: M,
    /// The set in which the parameters stay.
    pub set: S,
}

impl<M, S> Projected<M, S> {
    /// Wraps `rule` so that the parameters stay in `set`.
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

    fn exceeded_limit(&self, largest_curvature: T) -> Option<T> {
        self.rule.exceeded_limit(largest_curvature)
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

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        self.rule.check_dimension(dimension)?;
        self.set.check_dimension(dimension)
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
