//! Nonlinear conjugate gradients.

use std::ops::ControlFlow;

use super::line_search::{DirectionKind, SearchDirection, SearchLine, advance, step};
use super::{Iterate, LineSearch, Optimizer};
use crate::numerics::input_error::InputError;
use crate::numerics::norm::{dot, euclidean_norm};
use crate::numerics::real::Real;
use crate::objective::Objective;

/// The default σ of the Wolfe conditions: conjugacy needs searches that are nearly exact.
const CURVATURE: f64 = 0.01;
/// The overlap of successive gradients, |∇ᵀ∇₀|/∇ᵀ∇, at which Fletcher–Reeves restarts.
const LARGEST_OVERLAP: f64 = 0.2;
/// How far the Hager–Zhang β may fall below zero.
const LOWER_BOUND: f64 = 0.4;

/// How [`ConjugateGradient`] weighs the last direction: the choice of β.
///
/// In the formulas ∇ and ∇₀ are the gradients now and before the last step, y = ∇ − ∇₀, and d₀ is
/// the last direction. On a quadratic with exact line searches, all formulas give the same β.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum BetaFormula {
    /// β = ∇ᵀ∇/∇₀ᵀ∇₀ (Fletcher and Reeves, "Function minimization by conjugate gradients", 1964).
    ///
    /// After a bad step it would take many short ones, so it restarts with −∇ where
    /// |∇ᵀ∇₀| ≥ 0.2·∇ᵀ∇ (Powell, "Restart procedures for the conjugate gradient method", 1977).
    FletcherReeves,
    /// β = max(0, ∇ᵀy/∇₀ᵀ∇₀) (Polak and Ribière, "Note sur la convergence de méthodes de directions
    /// conjuguées", 1969; never below zero after Powell, 1984, and Gilbert and Nocedal, 1992).
    ///
    /// It restarts by itself after a bad step.
    PolakRibiere,
    /// β = max((y − θ·d₀·yᵀy/d₀ᵀy)ᵀ∇/d₀ᵀy, 0.4·d₀ᵀ∇₀/d₀ᵀd₀) with θ = 2, the default (Hager and
    /// Zhang, "A new conjugate gradient method with guaranteed descent and an efficient line
    /// search", 2005; the bound from "The limited memory conjugate gradient method", 2013).
    ///
    /// The term with θ guards the descent against an inexact search, but makes d less conjugate to
    /// d₀, by the inexactness times the condition number. So θ = 0 (Hestenes and Stiefel, 1952)
    /// after a search that was exact to |d₀ᵀ∇| ≤ ∛ε·|d₀ᵀ∇₀|, as long as ∇ᵀd ≤ −½·‖∇‖² without it.
    ///
    /// Its directions lead downhill, ∇ᵀd ≤ −½·‖∇‖², however inexact the search was. Where
    /// d₀ᵀy ≤ 0, which cannot happen after a successful Wolfe search, β = 0.
    #[default]
    HagerZhang,
}

/// Nonlinear conjugate gradients: d ← −∇ + β·d, and a line search along d.
///
/// The weight β is chosen by [`BetaFormula`]. The first direction is −∇. If d does not lead
/// downhill, or the search along it fails, the method restarts with d = −∇.
///
/// | setting | default |
/// |---|---|
/// | `conjugation` | [`BetaFormula::HagerZhang`] |
/// | `line_search` | [`LineSearch::wolfe`] with σ = 0.01 |
///
/// On a quadratic whose curvatures have k distinct values it finishes after about k steps. On any
/// quadratic with condition number κ the error falls by a factor (√κ − 1)/(√κ + 1) per step or
/// faster, like the best-tuned heavy ball, but without tuning. Each step then takes two
/// evaluations.
///
/// # When to use
///
/// For smooth losses with exact gradients: for quadratics and near-quadratics such as the mean
/// squared error of an inverse, especially ill-conditioned ones; and when there are so many
/// parameters that the 2m + 3 vectors of [`Lbfgs`](crate::optimizer::Lbfgs) are too many, since
/// this keeps 3. On other losses L-BFGS takes fewer evaluations.
///
/// # Source
///
/// Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", 1952;
/// Fletcher and Reeves, 1964, for general losses; see [`BetaFormula`] for each β.
///
/// # Example
///
/// ```
/// use matrix_descent::{minimize, ConjugateGradient, InverseObjective, MeanSquaredError};
/// use matrix_descent::{Side, Silent, Stopping};
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![2.0, 1.0; 1.0, 3.0];
/// let objective = InverseObjective::new(&m, Side::Left, MeanSquaredError)?;
/// let stopping = Stopping::default().gradient_norm(1e-10);
/// let run = minimize(objective, ConjugateGradient::default(), vec![0.5; 4], stopping, Silent)?;
/// // The curvatures have two distinct values.
/// assert!(run.report.steps <= 3);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ConjugateGradient<T> {
    /// How β is chosen.
    pub conjugation: BetaFormula,
    /// How the step length is found.
    pub line_search: LineSearch<T>,
}

impl<T: Real> Default for ConjugateGradient<T> {
    fn default() -> Self {
        Self {
            conjugation: BetaFormula::default(),
            line_search: LineSearch::wolfe(<T as Real>::from_f64(CURVATURE)),
        }
    }
}

impl<T: Real> ConjugateGradient<T> {
    /// Sets how β is chosen.
    #[must_use]
    pub fn conjugation(mut self, conjugation: BetaFormula) -> Self {
        self.conjugation = conjugation;
        self
    }

    /// Sets how the step length is found.
    #[must_use]
    pub fn line_search(mut self, line_search: LineSearch<T>) -> Self {
        self.line_search = line_search;
        self
    }

    fn direction<'s>(&self, state: &'s mut ConjugateGradientState<T>) -> ConjugateDirection<'s, T> {
        ConjugateDirection {
            conjugation: self.conjugation,
            state,
        }
    }
}

/// What [`ConjugateGradient`] remembers between steps: the last direction and gradient.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConjugateGradientState<T> {
    /// The direction is kept as d/‖∇‖, so that no scale of the loss makes a product overflow.
    pub(super) line: SearchLine<T>,
    /// ‖∇₀‖; none before the first step.
    pub(super) last_norm: Option<T>,
}

impl<T> ConjugateGradientState<T> {
    /// The direction of the last step, divided by the norm of the gradient there.
    #[must_use]
    pub fn direction(&self) -> &[T] {
        &self.line.direction
    }
}

/// The state together with the formula for β.
struct ConjugateDirection<'s, T> {
    conjugation: BetaFormula,
    state: &'s mut ConjugateGradientState<T>,
}

impl<T: Real> ConjugateDirection<'_, T> {
    /// Writes −∇/‖∇‖ + w·d, where w = β·‖∇₀‖/‖∇‖ is the weight of the last direction in units of
    /// the new gradient.
    fn write_direction(&mut self, gradient: &[T], last_norm: T, norm: T) {
        let line = &mut self.state.line;
        // The old gradient is not needed again: y/‖∇₀‖ takes its place.
        for (y, &g) in line.gradient.iter_mut().zip(gradient) {
            *y = (g - *y) / last_norm;
        }
        let weight = match self.conjugation {
            BetaFormula::FletcherReeves => fletcher_reeves(line, gradient, norm / last_norm, norm),
            BetaFormula::PolakRibiere => (dot(&line.gradient, gradient) / norm).max(T::zero()),
            BetaFormula::HagerZhang => hager_zhang(line, gradient, norm),
        };
        for (d, &g) in line.direction.iter_mut().zip(gradient) {
            *d = weight * *d - g / norm;
        }
    }
}

/// The Fletcher–Reeves weight, with Powell's restart; `line.gradient` holds y/‖∇₀‖.
fn fletcher_reeves<T: Real>(line: &SearchLine<T>, gradient: &[T], ratio: T, norm: T) -> T {
    // ∇ᵀ∇₀/∇ᵀ∇.
    let overlap = T::one() - dot(&line.gradient, gradient) / norm / ratio;
    if overlap.abs() < <T as Real>::from_f64(LARGEST_OVERLAP) {
        ratio
    } else {
        T::zero()
    }
}

/// The Hager–Zhang weight; `line` holds d₀/‖∇₀‖ and y/‖∇₀‖.
fn hager_zhang<T: Real>(line: &SearchLine<T>, gradient: &[T], norm: T) -> T {
    let (d, y) = (&line.direction, &line.gradient);
    let curvature = dot(d, y);
    let is_convex = curvature > T::zero();
    if !is_convex {
        return T::zero();
    }
    let (dg, yg) = (dot(d, gradient) / norm, dot(y, gradient) / norm);
    let plain = yg / curvature;
    let is_exact = dg.abs() <= T::EPSILON.cbrt() * (line.slope.abs() / norm);
    let leads_down = plain * dg <= <T as Real>::from_f64(0.5);
    let weight = if is_exact && leads_down {
        plain
    } else {
        (yg - <T as Real>::from_f64(2.0) * dg * (dot(y, y) / curvature)) / curvature
    };
    let bound = <T as Real>::from_f64(LOWER_BOUND) * (line.slope / norm) / dot(d, d);
    weight.max(bound)
}

impl<T: Real> SearchDirection<T> for ConjugateDirection<'_, T> {
    fn line(&mut self) -> &mut SearchLine<T> {
        &mut self.state.line
    }

    fn update(&mut self, parameters: &[T], gradient: &[T]) {
        let norm = euclidean_norm(gradient);
        let last_norm = self.state.last_norm.replace(norm);
        let remembered = last_norm.filter(|&last_norm| last_norm > T::zero() && norm > T::zero());
        if let Some(last_norm) = remembered {
            self.write_direction(gradient, last_norm, norm);
        }
        let line = &mut self.state.line;
        line.begin_at(parameters, gradient);
        if remembered.is_none() || !line.accept_direction(DirectionKind::Unscaled) {
            line.use_steepest_descent();
        }
    }

    fn forget(&mut self) {
        self.state.line.forget();
        self.state.last_norm = None;
    }
}

impl<T: Real> Optimizer<T> for ConjugateGradient<T> {
    type State = ConjugateGradientState<T>;

    fn init(&self, parameters: &[T]) -> ConjugateGradientState<T> {
        ConjugateGradientState {
            line: SearchLine::of_dimension(parameters.len()),
            last_norm: None,
        }
    }

    /// Moves along d without a line search, by the α of the last step times the change of ∇ᵀd/∇ᵀ∇,
    /// which is −1 after every exact search. The first step moves ‖x‖/100 along −∇ (1 if x = 0).
    ///
    /// # Panics
    ///
    /// If `parameters`, `gradient` and the vectors in `state` differ in length.
    fn step(
        &self,
        state: &mut ConjugateGradientState<T>,
        parameters: &mut [T],
        gradient: &mut [T],
    ) {
        step(&mut self.direction(state), parameters, gradient);
    }

    fn advance<F>(
        &self,
        state: &mut ConjugateGradientState<T>,
        objective: &mut F,
        at: &mut Iterate<'_, T>,
    ) -> ControlFlow<()>
    where
        F: Objective<T> + ?Sized,
    {
        advance(&self.line_search, &mut self.direction(state), objective, at)
    }

    fn compares_losses(&self) -> bool {
        true
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        self.line_search.validate()
    }
}
