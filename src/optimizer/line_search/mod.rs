//! Line searches: how far to go in a direction, found by trying.

mod advance;
mod backtracking;
mod interpolation;
mod search_line;
mod stall_detector;
mod trials;
mod wolfe;

pub(super) use advance::{SearchDirection, advance, step};
pub(super) use search_line::{DirectionKind, SearchLine};

use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::require;
use crate::objective::Objective;
use crate::optimizer::Iterate;

use trials::Trials;
use wolfe::Conditions;

/// How a method such as [`Lbfgs`](crate::optimizer::Lbfgs) or
/// [`ConjugateGradient`](crate::optimizer::ConjugateGradient) finds the length of its step.
///
/// In the formulas φ(α) = f(x + α·d) is the loss along the direction d; δ is `sufficient_decrease`.
///
/// A search begins at α = 1 if d estimates Newton's step; otherwise where α·∇ᵀd is twice that of
/// the last step. If there was none, it begins at the length ‖α·d‖ = ‖x‖/100, or for x = 0 at the α
/// that to first order lowers the loss by a hundredth.
///
/// Both searches back away from a loss or a slope that is not finite, and end after 30 evaluations
/// at the latest. Then they take the lowest point found, if it is below the start (which costs one
/// more evaluation). If no point is below the start, the method forgets its history and tries −∇
/// once; if that fails too, the parameters stay as they are and the run ends as
/// [`Stalled`](crate::descent::StopReason::Stalled). It also ends this way after 20 steps in a row
/// that reached neither a lower loss nor a smaller gradient than all steps before.
///
/// # When to use
///
/// [`Wolfe`](Self::Wolfe), the default, unless an evaluation costs much more than the direction and
/// the first trial is nearly always good, as with L-BFGS.
///
/// # Example
///
/// ```
/// use matrix_descent::{Lbfgs, Optimizer};
/// use matrix_descent::optimizer::LineSearch;
///
/// let rule = Lbfgs::<f64>::default().line_search(LineSearch::backtracking());
/// assert!(rule.validate().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum LineSearch<T> {
    /// The strong Wolfe conditions, φ(α) ≤ φ(0) + δ·α·φ′(0) and |φ′(α)| ≤ σ·|φ′(0)|.
    ///
    /// The search first lengthens the step until it has passed a minimum, by the secant of the
    /// slopes but at most tenfold; then it narrows the bracket by cubic interpolation, and halves
    /// it if that removes less than a third (Nocedal and Wright, "Numerical Optimization", 2006,
    /// algorithms 3.5 and 3.6, after Moré and Thuente, "Line search algorithms with guaranteed
    /// sufficient decrease", 1994). A first trial other than Newton's step is only a probe: the
    /// next trial is then exact on a parabola.
    ///
    /// Before a barrier, where a trial was infinite or more than ten times as steep as the start, the
    /// second condition may hold only at its foot, where the curvature says nothing about the
    /// steps to come. There the search ends at the first trial that has the decrease and has come a
    /// tenth of the way, as `Backtracking` would.
    ///
    /// Near a minimum the losses differ only by rounding while the slopes are still meaningful. If
    /// |φ(α) − φ(0)| ≤ 256·ε·|φ(0)|, the first condition is waived; if the losses agree to half
    /// of their digits, the bracket is narrowed by secants (after Hager and Zhang, "A new
    /// conjugate gradient method with guaranteed descent and an efficient line search", 2005).
    Wolfe {
        /// δ, in (0, σ) and below 1/2.
        sufficient_decrease: T,
        /// σ, in (δ, 1): small for a search that is nearly exact.
        curvature: T,
    },
    /// Armijo's condition, φ(α) ≤ φ(0) + δ·α·φ′(0) ("Minimization of functions having Lipschitz
    /// continuous first partial derivatives", 1966).
    ///
    /// The search shortens the step until the condition holds: each time to the minimum of the
    /// parabola through φ(0), φ′(0) and φ(α), but to at least a tenth and at most a half of the
    /// last trial.
    Backtracking {
        /// δ, in (0, 1/2).
        sufficient_decrease: T,
    },
}

/// The default δ.
const SUFFICIENT_DECREASE: f64 = 1e-4;

impl<T: Real> LineSearch<T> {
    /// [`LineSearch::Wolfe`] with σ = `curvature` and δ = min(10⁻⁴, σ/2).
    #[must_use]
    pub fn wolfe(curvature: T) -> Self {
        let half = <T as Real>::from_f64(0.5) * curvature;
        Self::Wolfe {
            sufficient_decrease: <T as Real>::from_f64(SUFFICIENT_DECREASE).min(half),
            curvature,
        }
    }

    /// [`LineSearch::Backtracking`] with δ = 10⁻⁴.
    #[must_use]
    pub fn backtracking() -> Self {
        Self::Backtracking {
            sufficient_decrease: <T as Real>::from_f64(SUFFICIENT_DECREASE),
        }
    }

    pub(super) fn validate(&self) -> Result<(), InputError<T>> {
        let half = <T as Real>::from_f64(0.5);
        let (Self::Wolfe {
            sufficient_decrease,
            ..
        }
        | Self::Backtracking {
            sufficient_decrease,
        }) = *self;
        require(
            sufficient_decrease > T::zero() && sufficient_decrease < half,
            "sufficient_decrease",
            sufficient_decrease,
            "above 0 and below 1/2",
        )?;
        match *self {
            Self::Wolfe { curvature, .. } => require(
                curvature > sufficient_decrease && curvature < T::one(),
                "curvature",
                curvature,
                "above sufficient_decrease and below 1",
            ),
            Self::Backtracking { .. } => Ok(()),
        }
    }

    /// Searches along the line and leaves `at` at the end point; returns whether it moved.
    fn search<F>(
        &self,
        line: &mut SearchLine<T>,
        objective: &mut F,
        at: &mut Iterate<'_, T>,
    ) -> bool
    where
        F: Objective<T> + ?Sized,
    {
        let trials = Trials::new(line, objective, at);
        let end = match *self {
            Self::Wolfe {
                sufficient_decrease,
                curvature,
            } => {
                let start = trials.start();
                let conditions = Conditions::new(start, sufficient_decrease, curvature);
                wolfe::search(conditions, trials)
            }
            Self::Backtracking {
                sufficient_decrease,
            } => backtracking::search(sufficient_decrease, trials),
        };
        match end {
            Some(point) => line.record_step(point.length),
            None => line.return_to_origin(at),
        }
        end.is_some()
    }
}
