//! Ranges of the parameters with settings of their own.

use std::ops::Range;
use std::sync::Arc;

use super::{LearningRate, Optimizer};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::require;

/// An optimizer with other settings for some ranges of the parameters: another learning rate, no
/// weight decay, …
///
/// A step of x in ℝᵈ is a step of each group's rule on the part of x and ∇ in its range, and of the
/// remaining rule on each part in between. All rules are of one type; each part has a state of its
/// own. Wrappers act on the whole: [`clipped`](crate::optimizer::Compose::clipped) by norm limits one
/// norm over all groups, and a schedule that multiplies the learning rate η of the remaining rule by
/// a factor multiplies every group's by the same. Groups are PyTorch's `param_groups`.
///
/// # When to use
///
/// For a model whose parameters are of several kinds: biases without weight decay, a last layer that
/// learns faster. If only the scales of the entries differ, an optimizer that adapts to them, such
/// as [`Adam`](super::Adam), needs no groups.
///
/// Parameters that should stay as they are need no group with a learning rate of 0, which is refused.
/// Let the objective write 0 for their gradients, which leaves them out of a clipped norm too, and
/// put them in a group without weight decay if the remaining rule has one.
///
/// # Example
///
/// Weight decay for the weights 0 and 1, none for the bias after them:
///
/// ```
/// use matrix_descent::optimizer::ParameterGroups;
/// use matrix_descent::{Optimizer, Sgd};
///
/// let rule = ParameterGroups::new(Sgd::new(0.5)).group(0..2, Sgd::new(0.5).weight_decay(0.5));
/// let mut x = [4.0, -4.0, 4.0];
/// let mut state = rule.init(&x);
/// rule.step(&mut state, &mut x, &mut [0.0, 0.0, 0.0]);
/// assert_eq!(x, [3.0, -3.0, 4.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ParameterGroups<T, M> {
    pub(super) rest: M,
    /// In the order of their ranges.
    groups: Arc<[ParameterGroup<M>]>,
    /// η of the remaining rule; that of a group changes in proportion.
    learning_rate: T,
}

/// A range of the parameters and the rule for them.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ParameterGroup<M> {
    /// The indices of the parameters, from 0.
    pub range: Range<usize>,
    /// How they are changed.
    pub rule: M,
}

impl<T: Real, M: LearningRate<T> + Clone> ParameterGroups<T, M> {
    /// One rule for all parameters, until groups are added.
    #[must_use]
    pub fn new(rest: M) -> Self {
        let learning_rate = rest.learning_rate();
        Self {
            rest,
            groups: Arc::new([]),
            learning_rate,
        }
    }

    /// Adds a rule for the parameters of this range, which has to be apart from all others.
    ///
    /// A run checks that it is, and that the parameters have such a range; a loop of your own panics
    /// at its first step if not, unless it calls [`Optimizer::check_dimension`].
    #[must_use]
    pub fn group(self, range: Range<usize>, rule: M) -> Self {
        let place = self
            .groups
            .partition_point(|group| ends(&group.range) <= ends(&range));
        let mut groups = self.groups.to_vec();
        groups.insert(place, ParameterGroup { range, rule });
        Self {
            groups: groups.into(),
            ..self
        }
    }

    /// The groups, in the order of their ranges.
    #[must_use]
    pub fn groups(&self) -> &[ParameterGroup<M>] {
        &self.groups
    }

    /// The rule for the parameters in no group, with its own learning rate.
    #[must_use]
    pub fn rest(&self) -> &M {
        &self.rest
    }
}

/// What ranges are ordered by.
fn ends(range: &Range<usize>) -> (usize, usize) {
    (range.start, range.end)
}

impl<T, M> ParameterGroups<T, M> {
    /// The ranges that 0 … `dimension` falls into: what precedes a group, the group, and so on; the
    /// last one is what follows all groups. Each comes with the rule of its group, if it is one.
    fn parts(&self, dimension: usize) -> impl Iterator<Item = (Range<usize>, Option<&M>)> {
        let mut end = 0;
        self.groups
            .iter()
            .flat_map(move |group| {
                let between = end..group.range.start;
                end = group.range.end;
                [(between, None), (group.range.clone(), Some(&group.rule))]
            })
            .chain(std::iter::once_with(move || {
                let end = self.groups.last().map_or(0, |group| group.range.end);
                (end..dimension, None)
            }))
    }
}

impl<T: Real, M: LearningRate<T>> ParameterGroups<T, M> {
    /// The remaining rule at the present learning rate.
    fn current_rest(&self) -> M {
        self.rest.with_learning_rate(self.learning_rate)
    }

    /// The rule of a group, its learning rate changed in proportion.
    fn current(&self, rule: &M) -> M {
        let factor = self.learning_rate / self.rest.learning_rate();
        rule.with_learning_rate(factor * rule.learning_rate())
    }
}

/// What [`ParameterGroups`] remembers between steps: the state of each part.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ParameterGroupsState<S> {
    pub(super) parts: Vec<S>,
}

impl<S> ParameterGroupsState<S> {
    /// The states in the order of the parameters: of the part before the first group, of that group,
    /// and so on, to the part after the last group. A part may be empty.
    #[must_use]
    pub fn parts(&self) -> &[S] {
        &self.parts
    }
}

impl<T: Real, M: LearningRate<T>> Optimizer<T> for ParameterGroups<T, M> {
    type State = ParameterGroupsState<M::State>;

    fn init(&self, parameters: &[T]) -> Self::State {
        let parts = self.parts(parameters.len());
        ParameterGroupsState {
            parts: parts
                .map(|(range, rule)| rule.unwrap_or(&self.rest).init(&parameters[range]))
                .collect(),
        }
    }

    fn step(&self, state: &mut Self::State, parameters: &mut [T], gradient: &mut [T]) {
        let rest = self.current_rest();
        let parts = self.parts(parameters.len());
        for ((range, rule), state) in parts.zip(&mut state.parts) {
            let (parameters, gradient) = (&mut parameters[range.clone()], &mut gradient[range]);
            match rule {
                None => rest.step(state, parameters, gradient),
                Some(rule) => self.current(rule).step(state, parameters, gradient),
            }
        }
    }

    fn exceeded_limit(&self, largest_curvature: T) -> Option<T> {
        let groups = self.groups.iter().map(|group| self.current(&group.rule));
        groups
            .chain([self.current_rest()])
            .find_map(|rule| rule.exceeded_limit(largest_curvature))
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        // First, since the learning rates of the groups are relative to its.
        self.rest.validate()?;
        let groups = self.groups.iter().map(|group| self.current(&group.rule));
        for rule in groups.chain([self.current_rest()]) {
            rule.validate()?;
            let sets = usize::from(rule.constraint().is_some());
            let requirement = "0; project the groups together";
            let name = "the number of projections in a group";
            require(sets == 0, name, T::from_count(sets), requirement)?;
        }
        Ok(())
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        let mut taken = 0;
        for ParameterGroup { range, .. } in &*self.groups {
            let (start, end) = (range.start, range.end);
            if start > end || end > dimension {
                return Err(InputError::GroupOutOfRange {
                    start,
                    end,
                    dimension,
                });
            }
            if start < taken {
                return Err(InputError::InTwoGroups { parameter: start });
            }
            taken = end;
        }
        let mut parts = self.parts(dimension);
        parts.try_for_each(|(range, rule)| {
            let rule = rule.unwrap_or(&self.rest);
            rule.check_dimension(range.len())
        })
    }
}

impl<T: Real, M: LearningRate<T> + Clone> LearningRate<T> for ParameterGroups<T, M> {
    fn learning_rate(&self) -> T {
        self.learning_rate
    }

    fn with_learning_rate(&self, learning_rate: T) -> Self {
        Self {
            rest: self.rest.clone(),
            groups: Arc::clone(&self.groups),
            learning_rate,
        }
    }
}
