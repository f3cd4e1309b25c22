//! An optimizer chosen while a program runs.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Iterate, Optimizer};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::objective::Objective;
use crate::set::ConvexSet;

/// Any optimizer, under one type: for a choice made while the program runs.
///
/// It takes the same steps as the optimizer inside, searches along a line included. A clone shares
/// that optimizer. Wrap it (clip, schedule, project) before it becomes an `AnyOptimizer`; its state
/// can't be saved.
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, Adam, Lbfgs, MeanSquaredError, Sgd, Silent, Stopping};
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::optimizer::AnyOptimizer;
///
/// let choose = |name: &str| match name {
///     "adam" => AnyOptimizer::new(Adam::new(0.1)),
///     "sgd" => AnyOptimizer::new(Sgd::new(0.25)),
///     _ => AnyOptimizer::new(Lbfgs::default()),
/// };
/// for name in ["adam", "sgd", "lbfgs"] {
///     let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
///     let stopping = Stopping::default().loss(1e-9);
///     let run = minimize(objective, choose(name), vec![0.0], stopping, Silent)?;
///     assert!((run.parameters[0] - 1.0_f64).abs() < 1e-4);
/// }
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone)]
pub struct AnyOptimizer<T: Real> {
    optimizer: Arc<dyn Erased<T> + Send + Sync>,
}

/// The state of an [`AnyOptimizer`], with the optimizer that it belongs to.
pub struct AnyState<T: Real> {
    running: Box<dyn Running<T> + Send>,
}

impl<T: Real> AnyOptimizer<T> {
    /// Hides the type of `optimizer`.
    #[must_use]
    pub fn new<M>(optimizer: M) -> Self
    where
        M: Optimizer<T, State: Send + 'static> + Send + Sync + 'static,
    {
        Self {
            optimizer: Arc::new(optimizer),
        }
    }
}

impl<T: Real> fmt::Debug for AnyOptimizer<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AnyOptimizer")
            .finish_non_exhaustive()
    }
}

impl<T: Real> fmt::Debug for AnyState<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AnyState").finish_non_exhaustive()
    }
}

/// An optimizer without its types of state and objective.
trait Erased<T: Real> {
    fn begin(self: Arc<Self>, parameters: &[T]) -> Box<dyn Running<T> + Send>;

    fn constraint(&self) -> Option<&dyn ConvexSet<T>>;

    fn exceeded_limit(&self, largest_curvature: T) -> Option<T>;

    fn compares_losses(&self) -> bool;

    fn validate(&self) -> Result<(), InputError<T>>;

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>>;
}

/// An optimizer together with its state, so that neither can meet the other's of another type.
trait Running<T: Real> {
    fn step(&mut self, parameters: &mut [T], gradient: &mut [T]);

    fn advance(
        &mut self,
        objective: &mut dyn Objective<T>,
        at: &mut Iterate<'_, T>,
    ) -> ControlFlow<()>;
}

struct Run<M, S> {
    optimizer: Arc<M>,
    state: S,
}

impl<T, M> Erased<T> for M
where
    T: Real,
    M: Optimizer<T, State: Send + 'static> + Send + Sync + 'static,
{
    fn begin(self: Arc<Self>, parameters: &[T]) -> Box<dyn Running<T> + Send> {
        let state = (*self).init(parameters);
        Box::new(Run {
            optimizer: self,
            state,
        })
    }

    fn constraint(&self) -> Option<&dyn ConvexSet<T>> {
        Optimizer::constraint(self)
    }

    fn exceeded_limit(&self, largest_curvature: T) -> Option<T> {
        Optimizer::exceeded_limit(self, largest_curvature)
    }

    fn compares_losses(&self) -> bool {
        Optimizer::compares_losses(self)
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        Optimizer::validate(self)
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        Optimizer::check_dimension(self, dimension)
    }
}

impl<T: Real, M: Optimizer<T>> Running<T> for Run<M, M::State> {
    fn step(&mut self, parameters: &mut [T], gradient: &mut [T]) {
        (*self.optimizer).step(&mut self.state, parameters, gradient);
    }

    fn advance(
        &mut self,
        objective: &mut dyn Objective<T>,
        at: &mut Iterate<'_, T>,
    ) -> ControlFlow<()> {
        (*self.optimizer).advance(&mut self.state, objective, at)
    }
}

impl<T: Real> Optimizer<T> for AnyOptimizer<T> {
    type State = AnyState<T>;

    fn init(&self, parameters: &[T]) -> AnyState<T> {
        AnyState {
            running: Arc::clone(&self.optimizer).begin(parameters),
        }
    }

    fn step(&self, state: &mut AnyState<T>, parameters: &mut [T], gradient: &mut [T]) {
        state.running.step(parameters, gradient);
    }

    fn advance<F>(
        &self,
        state: &mut AnyState<T>,
        mut objective: &mut F,
        at: &mut Iterate<'_, T>,
    ) -> ControlFlow<()>
    where
        F: Objective<T> + ?Sized,
    {
        // A reference is an objective with a size, which the trait object needs.
        state.running.advance(&mut objective, at)
    }

    fn constraint(&self) -> Option<&dyn ConvexSet<T>> {
        self.optimizer.constraint()
    }

    fn exceeded_limit(&self, largest_curvature: T) -> Option<T> {
        self.optimizer.exceeded_limit(largest_curvature)
    }

    fn compares_losses(&self) -> bool {
        self.optimizer.compares_losses()
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        self.optimizer.validate()
    }

    fn check_dimension(&self, dimension: usize) -> Result<(), InputError<T>> {
        self.optimizer.check_dimension(dimension)
    }
}
