//! The report of a run.

use std::fmt;
use std::time::Duration;

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum StopReason {
    /// The loss reached [`Stopping::loss`](crate::descent::Stopping::loss).
    Loss,
    /// The norm of the gradient, projected if there is a set, reached
    /// [`Stopping::gradient_norm`](crate::descent::Stopping::gradient_norm).
    GradientNorm,
    /// The requested accuracy was reached.
    Accuracy,
    /// The parameters are the best in the
    /// [`Optimizer::constraint`](crate::optimizer::Optimizer::constraint), for a convex loss: an
    /// operation tested this to the requested accuracy, or the run stood still there
    /// ([`Stopping`](crate::descent::Stopping)).
    Stationary,
    /// The residual is within the noise of the data
    /// ([`SolveConfig::noise`](crate::solve::SolveConfig::noise)).
    Discrepancy,
    /// The loss stopped falling, as measured by [`Stall`](crate::descent::Stall), or the optimizer
    /// found no lower point.
    Stalled,
    /// [`Stopping::max_steps`](crate::descent::Stopping::max_steps) were taken.
    StepLimit,
    /// The loss, the parameters or the gradient stopped being finite, or the loss exceeded
    /// [`Stopping::divergence`](crate::descent::Stopping::divergence).
    Diverged,
    /// The observer ended the run.
    Observer,
    /// The caller drove the steps and stopped.
    Caller,
}

impl StopReason {
    /// Whether a criterion of success was met, rather than a limit.
    ///
    /// ```
    /// use matrix_descent::StopReason;
    ///
    /// assert!(StopReason::Loss.is_convergence());
    /// assert!(!StopReason::StepLimit.is_convergence());
    /// ```
    #[must_use]
    pub fn is_convergence(self) -> bool {
        matches!(
            self,
            Self::Loss | Self::GradientNorm | Self::Accuracy | Self::Stationary | Self::Discrepancy
        )
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Loss => "the loss reached its goal",
            Self::GradientNorm => "the gradient vanished",
            Self::Accuracy => "the requested accuracy was reached",
            Self::Stationary => "the best point of the set was reached",
            Self::Discrepancy => "the residual is within the noise",
            Self::Stalled => "the loss stopped falling",
            Self::StepLimit => "the step limit was reached",
            Self::Diverged => "the loss diverged",
            Self::Observer => "the observer asked to stop",
            Self::Caller => "the caller took no further step",
        })
    }
}

/// The record of a run.
///
/// Its `Debug` form shows the first and the last of the losses and their number: there may be
/// millions.
///
/// # Example
///
/// ```
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::{minimize, MeanSquaredError, Sgd, Silent, StopReason, Stopping};
///
/// // The loss is (1 − x)²; each step halves the error.
/// let objective = FitObjective::new(MeanSquaredError, vec![1.0]);
/// let stopping = Stopping::default().max_steps(3);
/// let report = minimize(objective, Sgd::new(0.25), vec![0.0], stopping, Silent)?.report;
/// assert_eq!(report.losses, [1.0, 0.25, 0.0625, 0.015625]);
/// assert_eq!((report.steps, report.best_step), (3, 3));
/// assert_eq!(report.stop_reason, StopReason::StepLimit);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: crate::numerics::real::Real"))]
#[non_exhaustive]
pub struct Report<T> {
    /// The loss after 0, 1, 2, … steps: one entry more than there were steps.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::numbers"))]
    pub losses: Vec<T>,
    /// The number of steps taken.
    pub steps: usize,
    /// The number of evaluations of the objective: one at the start and one per step; more with a
    /// line search.
    pub evaluations: usize,
    /// The step after which the loss was smallest; the first one if several are equal.
    pub best_step: usize,
    /// Why the run ended.
    pub stop_reason: StopReason,
    /// The wall time of the run, summed over the parts of an interrupted one; steps that the caller
    /// takes one by one are not timed.
    pub elapsed: Duration,
}

impl<T: fmt::Debug> fmt::Debug for Report<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Report")
            .field("losses", &Ends(&self.losses))
            .field("steps", &self.steps)
            .field("evaluations", &self.evaluations)
            .field("best_step", &self.best_step)
            .field("stop_reason", &self.stop_reason)
            .field("elapsed", &self.elapsed)
            .finish()
    }
}

/// Shows only the ends of a history and its length.
pub(super) struct Ends<'a, T>(pub(super) &'a [T]);

impl<T: fmt::Debug> fmt::Debug for Ends<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [first, _, .., last] => {
                let count = self.0.len();
                write!(formatter, "[{first:?}, …, {last:?}] ({count} in all)")
            }
            few => few.fmt(formatter),
        }
    }
}

/// What a descent reached.
///
/// # Example
///
/// ```
/// use matrix_descent::objective::FitObjective;
/// use matrix_descent::{minimize, MeanSquaredError, Sgd, Silent, Stopping};
///
/// let objective = FitObjective::new(MeanSquaredError, vec![1.0, 2.0]);
/// let stopping = Stopping::default().loss(1e-12);
/// let run = minimize(objective, Sgd::new(0.5), vec![0.0_f64; 2], stopping, Silent)?;
/// assert!((run.parameters[1] - 2.0).abs() < 1e-5);
/// // The loss fell at every step, so the last parameters are the best.
/// assert_eq!(run.best_parameters, run.parameters);
/// assert!(run.report.stop_reason.is_convergence());
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: crate::numerics::real::Real"))]
#[non_exhaustive]
pub struct Minimization<T> {
    /// The parameters after the last step.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::numbers"))]
    pub parameters: Vec<T>,
    /// The parameters with the smallest loss of the run; not always the last ones.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::numbers"))]
    pub best_parameters: Vec<T>,
    /// The record of the run. Its stop reason says whether the run converged or met a limit.
    pub report: Report<T>,
}
