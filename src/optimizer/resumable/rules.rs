//! Which states each optimizer accepts.

use super::Resumable;
use super::checks::{MOST_STEPS, StateError, check_count, check_lengths, check_squares};
use crate::numerics::real::Real;
use crate::optimizer::line_search::SearchLine;
use crate::optimizer::moments::Moments;
use crate::optimizer::{
    AdaDelta, AdaGrad, Adam, AdamW, Clipped, ConjugateGradient, Lbfgs, LearningRate, Lion, Muon,
    NAdam, ParameterGroups, Projected, ReducedOnPlateau, RmsProp, Schedule, Scheduled, Sgd,
};
use crate::set::ConvexSet;

type Checked = Result<(), StateError>;

/// Implements [`Resumable`] for an optimizer: its name, and the checks of its state.
macro_rules! resumable {
    ($rule:ident, $name:literal, |$state:ident, $fresh:ident| $checked:expr) => {
        impl<T: Real> Resumable<T> for $rule<T> {
            fn name(&self) -> String {
                $name.to_owned()
            }

            fn check_state(&self, $state: &Self::State, $fresh: &Self::State) -> Checked {
                $checked
            }
        }
    };
}

/// Checks that the vectors in these fields are as long as those of a fresh state.
macro_rules! check_vectors {
    ($state:ident, $fresh:ident, $($field:ident),+) => {
        check_lengths([$((stringify!($field), &$state.$field, &$fresh.$field)),+])
    };
}

resumable!(Sgd, "sgd", |state, fresh| {
    check_vectors!(state, fresh, velocity)
});

resumable!(Adam, "adam", |state, fresh| {
    state.moments.check(&fresh.moments)
});

resumable!(AdamW, "adamw", |state, fresh| {
    state.moments.check(&fresh.moments)
});

resumable!(NAdam, "nadam", |state, fresh| {
    state.moments.check(&fresh.moments)?;
    check_count("steps", state.steps, MOST_STEPS)
});

resumable!(RmsProp, "rmsprop", |state, fresh| {
    check_vectors!(state, fresh, squared_spread, mean, velocity)?;
    check_squares("squared_spread", &state.squared_spread)
});

resumable!(AdaGrad, "adagrad", |state, fresh| {
    check_vectors!(state, fresh, sum)?;
    check_squares("sum", &state.sum)?;
    check_count("steps", state.steps, MOST_STEPS)
});

resumable!(AdaDelta, "adadelta", |state, fresh| {
    check_vectors!(state, fresh, squared_gradient, squared_step)?;
    check_squares("squared_gradient", &state.squared_gradient)?;
    check_squares("squared_step", &state.squared_step)
});

resumable!(Lion, "lion", |state, fresh| {
    check_vectors!(state, fresh, average)
});

resumable!(Muon, "muon", |state, fresh| {
    check_vectors!(state, fresh, momentum)?;
    check_parts("rest", &AdamW::default(), &state.rest, &fresh.rest)
});

resumable!(Lbfgs, "l-bfgs", |state, fresh| {
    state.line.check(&fresh.line)?;
    check_vectors!(state, fresh, moves, changes, products, coefficients)?;
    let places = state.products.len();
    check_count("next", state.next, places.saturating_sub(1))?;
    check_count("pairs", state.pairs, places)
});

resumable!(ConjugateGradient, "conjugate gradient", |state, fresh| {
    state.line.check(&fresh.line)
});

impl<T: Real> Moments<T> {
    fn check(&self, fresh: &Self) -> Checked {
        check_vectors!(self, fresh, first, second, largest_second)?;
        check_squares("second", &self.second)?;
        check_squares("largest_second", &self.largest_second)
    }
}

impl<T: Real> SearchLine<T> {
    fn check(&self, fresh: &Self) -> Checked {
        check_vectors!(self, fresh, origin, gradient, direction)?;
        check_count("idle_steps", self.stall_detector.idle_steps, MOST_STEPS)
    }
}

impl<T: Real, M: LearningRate<T> + Resumable<T>> Resumable<T> for Clipped<T, M> {
    fn name(&self) -> String {
        format!("clipped {}", self.rule.name())
    }

    fn check_state(&self, state: &Self::State, fresh: &Self::State) -> Checked {
        self.rule.check_state(state, fresh)
    }
}

impl<T, M, S> Resumable<T> for Projected<M, S>
where
    T: Real,
    M: LearningRate<T> + Resumable<T>,
    S: ConvexSet<T>,
{
    fn name(&self) -> String {
        format!("projected {}", self.rule.name())
    }

    fn check_state(&self, state: &Self::State, fresh: &Self::State) -> Checked {
        self.rule.check_state(state, fresh)
    }
}

impl<T, M, S> Resumable<T> for Scheduled<M, S>
where
    T: Real,
    M: LearningRate<T> + Resumable<T>,
    S: Schedule<T>,
{
    fn name(&self) -> String {
        format!("scheduled {}", self.rule.name())
    }

    fn check_state(&self, state: &Self::State, fresh: &Self::State) -> Checked {
        check_count("scheduled_steps", state.steps, MOST_STEPS)?;
        self.rule.check_state(&state.rule, &fresh.rule)
    }
}

impl<T: Real, M: LearningRate<T> + Resumable<T>> Resumable<T> for ReducedOnPlateau<T, M> {
    fn name(&self) -> String {
        format!("plateau-reduced {}", self.rule.name())
    }

    fn check_state(&self, state: &Self::State, fresh: &Self::State) -> Checked {
        check_count("idle_losses", state.idle, MOST_STEPS)?;
        check_count("cooldown", state.cooldown, MOST_STEPS)?;
        self.rule.check_state(&state.rule, &fresh.rule)
    }
}

impl<T: Real, M: LearningRate<T> + Resumable<T>> Resumable<T> for ParameterGroups<T, M> {
    fn name(&self) -> String {
        format!("grouped {}", self.rest.name())
    }

    fn check_state(&self, state: &Self::State, fresh: &Self::State) -> Checked {
        check_parts("parts", &self.rest, &state.parts, &fresh.parts)
    }
}

/// Checks that there are as many states as fresh ones, and each of them.
fn check_parts<T: Real, M: Resumable<T>>(
    part: &'static str,
    rule: &M,
    states: &[M::State],
    fresh: &[M::State],
) -> Checked {
    check_lengths([(part, states, fresh)])?;
    let mut pairs = states.iter().zip(fresh);
    pairs.try_for_each(|(state, fresh)| rule.check_state(state, fresh))
}
