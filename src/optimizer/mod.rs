//! Optimizers: how a gradient changes the parameters.
//!
//! # Which optimizer
//!
//! First ask: is the gradient exact, that is, of the whole loss and not of a random part of it?
//!
//! - **Exact and smooth**: [`Lbfgs`]. There is nothing to tune, and it needs the fewest evaluations
//!   in curved valleys.
//! - **Exact, and a quadratic or nearly so**, such as the mean squared error of an inverse:
//!   [`ConjugateGradient`], with nothing to tune either. If the curvatures are known, theory gives
//!   the learning rate: [`Sgd::tuned_heavy_ball`] takes more steps, but only one evaluation for
//!   each; [`heavy_ball_for_inverse`](crate::inverse::heavy_ball_for_inverse) estimates them.
//! - **Exact, with a kink or a constraint**: [`Sgd`], since a line search expects a smooth loss and
//!   can't be wrapped. With [`Compose::projected`] it finds the minimum over a set.
//! - **Noisy, or parameters of very different scales**: [`Adam`] with a falling learning rate
//!   ([`Compose::scheduled`]); [`AdamW`] if parameters should stay small; [`Lion`] if memory is
//!   short; [`AdaGrad`] for gradients with few nonzero entries.
//! - **Matrices**, such as the weights of a network's hidden layers: [`Muon`], with [`AdamW`] for the
//!   parameters that are none.
//! - **Other settings for some of the parameters**, such as no weight decay for a bias:
//!   [`ParameterGroups`] around rules of one kind.
//! - **Following a lesson or a paper**: the optimizer it names. All optimizers with a learning rate
//!   follow PyTorch's definitions, except [`Lion`], which PyTorch lacks and which follows its
//!   paper.
//!
//! # Measured
//!
//! Steps and evaluations until mean((X·M − I)²) ≤ 10⁻⁶, from X = 0, for a random 16×16 matrix M
//! with singular values from 1 to 10, in `f64`; L and ℓ are the largest and the smallest curvature,
//! κ = 10. Each numeric η is the fastest of 1, 2 and 5 times the powers of ten; the other settings
//! are the defaults. `cargo run --release --example race` prints the table and draws the losses.
//!
//! | rule | settings | steps | evaluations |
//! |---|---|---|---|
//! | [`ConjugateGradient`] | defaults | 15 | 32 |
//! | [`Lbfgs`] | defaults | 27 | 29 |
//! | [`Sgd`], heavy ball | [`Sgd::tuned_heavy_ball`] | 43 | 44 |
//! | [`Sgd`], Nesterov | η = 1/L, μ = (κ − 1)/(κ + 1) | 57 | 58 |
//! | [`Adam`] | η = 2·10⁻² | 99 | 100 |
//! | [`RmsProp`], centred, μ = 0.9 | η = 10⁻³ | 100 | 101 |
//! | [`AdamW`] | η = 2·10⁻² | 101 | 102 |
//! | [`Sgd`] | η = 2/(L + ℓ) | 225 | 226 |
//! | [`AdaDelta`] | η = 2 | 288 | 289 |
//! | [`AdaGrad`] | η = 5·10⁻² | 303 | 304 |
//! | [`NAdam`] | η = 10⁻³ | 1049 | 1050 |
//! | [`Muon`] | η = 10⁻³ | 1079 | 1080 |
//! | [`Lion`] | η = 2·10⁻⁴ | 2195 | 2196 |
//! | [`RmsProp`] | η = 2·10⁻⁴ | 2469 | 2470 |
//!
//! This problem is smooth, exact and evenly scaled, which is not what the optimizers below plain
//! descent are made for. The shorter their steps have to be at the minimum, the slower they are on
//! the way.
//!
//! In a curved valley, Rosenbrock's function started at (−1.2, 1), the loss falls to a millionth of
//! its first value within these evaluations. The learning rates are those of the tests, which use
//! them for six other functions as well; `cargo test minimises_every_function -- --nocapture`
//! prints all.
//!
//! | rule | settings | evaluations |
//! |---|---|---|
//! | [`RmsProp`], centred, μ = 0.9 | η = 10⁻² | 559 |
//! | [`Adam`], [`AdamW`] without decay | η = 0.1 | 962 |
//! | [`Lion`] | η = 10⁻³ | 2911 |
//! | [`NAdam`] | η = 10⁻² | 3911 |
//! | [`AdaGrad`] | η = 0.5 | 5876 |
//! | [`RmsProp`] | η = 2·10⁻⁴ | 15630 |
//! | [`AdaDelta`] | η = 5·10⁻³ | 25756 |
//!
//! On the same function [`Lbfgs`] takes at most 65 evaluations and [`ConjugateGradient`] at most
//! 93, and both end at ε times the first loss.
//!
//! # Limits
//!
//! Optimizers that square the gradient accept entries up to about 10¹⁹ in `f32` and 10¹⁵⁴ in `f64`.
//! A parameter whose gradient once exceeded that does not move again, or stands still for only one
//! step if β₂, α or ρ is 0.

mod ada_delta;
mod ada_grad;
mod adam;
mod adam_w;
mod any;
mod clip;
mod compose;
mod conjugate_gradient;
mod lbfgs;
mod learning_rate;
mod line_search;
mod lion;
mod memory;
mod moments;
mod muon;
mod nadam;
mod parameter_groups;
mod plateau;
mod projected;
#[cfg(feature = "serde")]
mod resumable;
mod rms_prop;
mod schedule;
mod settings;
mod sgd;

pub use ada_delta::{AdaDelta, AdaDeltaState};
pub use ada_grad::{AdaGrad, AdaGradState};
pub use adam::{Adam, AdamState};
pub use adam_w::AdamW;
pub use any::{AnyOptimizer, AnyState};
pub use clip::{Clip, Clipped};
pub use compose::Compose;
pub use conjugate_gradient::{BetaFormula, ConjugateGradient, ConjugateGradientState};
pub use lbfgs::{Lbfgs, LbfgsState};
pub use line_search::LineSearch;
pub use lion::{Lion, LionState};
pub use moments::SecondMoment;
pub use muon::{MatrixMomentum, Muon, MuonState, ParameterMatrix, StepScale};
pub use nadam::{NAdam, NAdamState};
pub use parameter_groups::{ParameterGroup, ParameterGroups, ParameterGroupsState};
pub use plateau::{Plateau, PlateauState, ReducedOnPlateau};
pub use projected::Projected;
#[cfg(feature = "serde")]
pub(crate) use resumable::{MOST_STEPS, check_count, check_lengths};
#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub use resumable::{Resumable, StateError};
pub use rms_prop::{Centering, RmsProp, RmsPropState};
pub use schedule::{
    ConstantRate, CosineDecay, ExponentialDecay, Schedule, Scheduled, ScheduledState, StepDecay,
};
pub use sgd::{Momentum, Sgd, SgdState};

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::objective::Objective;
use crate::set::ConvexSet;

/// An optimizer: turns a gradient into a step of the parameters, in place, on flat slices.
///
/// Settings and state are separate: the optimizer is a plain value of settings that many runs can
/// share; the state (a velocity, say) belongs to one run. Parameters may have any shape, as long as
/// their entries lie one after another.
///
/// # Example
///
/// Your own optimizer, here sign descent x ← x − η·sign(∇), without state:
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
    /// What the optimizer remembers from step to step.
    type State;

    /// The state before the first step, for parameters of this length.
    fn init(&self, parameters: &[T]) -> Self::State;

    /// Takes one step: changes `parameters`, given the `gradient` there.
    ///
    /// `gradient` may be overwritten as scratch. Nothing is allocated if the state comes from
    /// [`init`](Self::init) of the same optimizer.
    ///
    /// # Panics
    ///
    /// Slices of unequal length are a programming error; an implementation may panic on them.
    fn step(&self, state: &mut Self::State, parameters: &mut [T], gradient: &mut [T]);

    /// Moves from one iterate to the next; a descent repeats this.
    ///
    /// The provided method takes one [`step`](Self::step) and evaluates the objective once. A
    /// method that evaluates more than one point before it moves, such as a line search, overrides
    /// it; its [`step`](Self::step) is then the move without a search. Either way `at` holds the
    /// new parameters with the loss and the gradient there. It returns `Break` if no further step
    /// can lower the loss, which ends a run as stalled.
    fn advance<F>(
        &self,
        state: &mut Self::State,
        objective: &mut F,
        at: &mut Iterate<'_, T>,
    ) -> ControlFlow<()>
    where
        Self: Sized,
        F: Objective<T> + ?Sized,
    {
        self.step(state, at.parameters, at.gradient);
        at.loss = objective.value_and_gradient(at.parameters, at.gradient);
        ControlFlow::Continue(())
    }

    /// The set in which every step ends, if the optimizer has one.
    ///
    /// A run projects its start onto it, and
    /// [`invert_by_descent`](crate::inverse::invert_by_descent) looks for the best matrix in it.
    /// The provided method returns none; a wrapper returns the set of its inner optimizer.
    fn constraint(&self) -> Option<&dyn ConvexSet<T>> {
        None
    }

    /// The limit that the learning rate has to stay below to converge on every quadratic with this
    /// largest curvature, if it is not below that limit; `None` if it is, or if no limit is known.
    ///
    /// The error of a diverged inversion names it. The provided method returns `None`.
    ///
    /// # Example
    ///
    /// ```
    /// use matrix_descent::{Optimizer, Sgd};
    ///
    /// assert_eq!(Sgd::new(0.5).exceeded_limit(8.0), Some(0.25));
    /// assert_eq!(Sgd::new(0.1).exceeded_limit(8.0), None);
    /// ```
    fn exceeded_limit(&self, _largest_curvature: T) -> Option<T> {
        None
    }

    /// Whether a step compares losses at several points, so that the objective must not
    /// [change](Objective::is_stochastic) from step to step.
    ///
    /// The provided method returns false.
    fn compares_losses(&self) -> bool {
        false
    }

    /// Checks the settings; every run calls this before its first step.
    ///
    /// # Errors
    ///
    /// [`InputError::InvalidSetting`] with the first setting outside its range. The provided method
    /// accepts all.
    fn validate(&self) -> Result<(), InputError<T>> {
        Ok(())
    }

    /// Checks that it can change this many parameters; every run calls this too.
    ///
    /// # Errors
    ///
    /// The provided method returns what [`ConvexSet::check_dimension`] of the
    /// [`constraint`](Self::constraint) does.
    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        self.constraint()
            .map_or(Ok(()), |set| set.check_dimension(dimension))
    }
}

/// The current point of a descent: parameters, with the gradient and the loss there.
#[derive(Debug, PartialEq)]
pub struct Iterate<'a, T> {
    /// The parameters x.
    pub parameters: &'a mut [T],
    /// The gradient at x.
    pub gradient: &'a mut [T],
    /// The loss at x.
    pub loss: T,
}

/// An optimizer with a learning rate as a setting, so that it can be changed from step to step.
///
/// Such an optimizer uses one gradient per step. Wrappers that change the gradient before a step,
/// the learning rate during it or the parameters after it rely on that. Methods with a line search
/// do not implement this trait.
///
/// ```
/// use matrix_descent::Sgd;
/// use matrix_descent::optimizer::LearningRate;
///
/// let rule = Sgd::new(0.5).momentum(0.9);
/// let slower = rule.with_learning_rate(0.1 * rule.learning_rate());
/// assert_eq!(slower, Sgd::new(0.05).momentum(0.9));
/// ```
pub trait LearningRate<T: Real>: Optimizer<T> {
    /// η, the factor of every step.
    fn learning_rate(&self) -> T;

    /// The same optimizer with another learning rate.
    #[must_use]
    fn with_learning_rate(&self, learning_rate: T) -> Self;
}

/// A pointer to an optimizer is an optimizer.
macro_rules! forward_optimizer {
    ($($pointer:ty),+) => {$(
        impl<T: Real, M: Optimizer<T>> Optimizer<T> for $pointer {
            type State = M::State;

            fn init(&self, parameters: &[T]) -> Self::State {
                (**self).init(parameters)
            }

            fn step(&self, state: &mut Self::State, parameters: &mut [T], gradient: &mut [T]) {
                (**self).step(state, parameters, gradient);
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
                (**self).advance(state, objective, at)
            }

            fn constraint(&self) -> Option<&dyn ConvexSet<T>> {
                (**self).constraint()
            }

            fn exceeded_limit(&self, largest_curvature: T) -> Option<T> {
                (**self).exceeded_limit(largest_curvature)
            }

            fn compares_losses(&self) -> bool {
                (**self).compares_losses()
            }

            fn validate(&self) -> Result<(), InputError<T>> {
                (**self).validate()
            }

            fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
                (**self).check_dimension(dimension)
            }
        }
    )+};
}

forward_optimizer!(&M, Box<M>, Arc<M>);

/// A pointer that owns its optimizer can have another learning rate.
macro_rules! forward_learning_rate {
    ($($pointer:ident),+) => {$(
        impl<T: Real, M: LearningRate<T>> LearningRate<T> for $pointer<M> {
            fn learning_rate(&self) -> T {
                (**self).learning_rate()
            }

            fn with_learning_rate(&self, learning_rate: T) -> Self {
                Self::new((**self).with_learning_rate(learning_rate))
            }
        }
    )+};
}

forward_learning_rate!(Box, Arc);
