//! L-BFGS: the limited-memory method of Broyden, Fletcher, Goldfarb and Shanno.

use std::ops::ControlFlow;

use super::line_search::{DirectionKind, SearchDirection, SearchLine, advance, step};
use super::{Iterate, LineSearch, Optimizer};
use crate::numerics::input_error::InputError;
use crate::numerics::norm::{add_multiple, dot, euclidean_norm};
use crate::numerics::real::Real;
use crate::numerics::validation::require;
use crate::objective::Objective;

/// The default number of steps remembered.
const HISTORY: usize = 10;
/// The largest number allowed: far more than is useful, and far too few for the number of their
/// entries to overflow.
const LONGEST_HISTORY: usize = 1000;
/// The default σ of the Wolfe conditions: a full step is nearly always good enough.
const CURVATURE: f64 = 0.9;

/// L-BFGS: a line search along Newton's direction, with the Hessian estimated from the last few
/// steps.
///
/// From the last m steps s = Δx and gradient changes y = Δ∇ it builds H, an estimate of the inverse
/// Hessian, and searches along d = −H·∇:
///
/// - H starts as γ·I, with γ = sᵀy/yᵀy from the last pair;
/// - each pair, from the oldest on, replaces it by (I − ρsyᵀ)·H·(I − ρysᵀ) + ρssᵀ, with ρ = 1/sᵀy.
///   The two-loop recursion applies H in 4mn multiplications without forming it.
///
/// A step first tries α = 1, Newton's step. A pair without sᵀy > ε·‖s‖·‖y‖ is left out. Without
/// pairs, as at the start, the direction is −∇. If the direction does not lead downhill, or the
/// search along it fails, all pairs are forgotten.
///
/// | setting | default | range |
/// |---|---|---|
/// | `history` m | 10 | 1 to 1000; more than 20 rarely pays |
/// | `line_search` | [`LineSearch::wolfe`] with σ = 0.9 | |
///
/// # When to use
///
/// For smooth losses with exact gradients, from two to millions of parameters: in curved valleys it
/// takes the fewest evaluations of all the optimizers here, and there is nothing to tune. It is not
/// for noisy gradients or losses with kinks. On ill-conditioned quadratics
/// [`ConjugateGradient`](crate::optimizer::ConjugateGradient) is better.
///
/// It keeps 2m + 3 vectors; conjugate gradients keep 3.
///
/// # Source
///
/// Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", 1989; the
/// recursion from Nocedal, "Updating quasi-Newton matrices with limited storage", 1980.
///
/// # Example
///
/// Rosenbrock's valley:
///
/// ```
/// use matrix_descent::{minimize, Lbfgs, Objective, Silent, Stopping};
///
/// struct Rosenbrock;
///
/// impl Objective<f64> for Rosenbrock {
///     fn dimension(&self) -> usize {
///         2
///     }
///
///     fn value_and_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
///         let (offset, bend) = (1.0 - x[0], x[1] - x[0] * x[0]);
///         gradient[0] = -2.0 * offset - 400.0 * x[0] * bend;
///         gradient[1] = 200.0 * bend;
///         offset * offset + 100.0 * bend * bend
///     }
/// }
///
/// let stopping = Stopping::default().gradient_norm(1e-8);
/// let run = minimize(Rosenbrock, Lbfgs::default(), vec![-1.2, 1.0], stopping, Silent)?;
/// assert!((run.parameters[0] - 1.0).abs() < 1e-8);
/// assert!(run.report.evaluations < 60);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Lbfgs<T> {
    /// m: the number of steps remembered; 1 to 1000.
    pub history: usize,
    /// How the step length is found.
    pub line_search: LineSearch<T>,
}

impl<T: Real> Default for Lbfgs<T> {
    fn default() -> Self {
        Self {
            history: HISTORY,
            line_search: LineSearch::wolfe(<T as Real>::from_f64(CURVATURE)),
        }
    }
}

impl<T: Real> Lbfgs<T> {
    /// Sets the number of steps remembered.
    #[must_use]
    pub fn history(mut self, moves: usize) -> Self {
        self.history = moves;
        self
    }

    /// Sets how the step length is found.
    #[must_use]
    pub fn line_search(mut self, line_search: LineSearch<T>) -> Self {
        self.line_search = line_search;
        self
    }
}

/// What [`Lbfgs`] remembers between steps: the last steps, with the changes of the gradient.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LbfgsState<T> {
    pub(super) line: SearchLine<T>,
    pub(super) has_origin: bool,
    /// The vectors s, one after another, in a ring of `products.len()` places.
    pub(super) moves: Vec<T>,
    /// The vectors y, likewise.
    pub(super) changes: Vec<T>,
    /// sᵀy of each place.
    pub(super) products: Vec<T>,
    /// What the first loop of the recursion passes to the second.
    pub(super) coefficients: Vec<T>,
    /// The place for the next pair.
    pub(super) next: usize,
    pub(super) pairs: usize,
    /// ‖y‖ and sᵀy/‖y‖ of the last pair, so that γ = sᵀy/‖y‖².
    pub(super) last_pair: [T; 2],
}

impl<T: Real> LbfgsState<T> {
    /// The number of steps now remembered.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// Remembers the step from the last origin to `parameters`, unless its curvature is not
    /// positive.
    fn learn(&mut self, parameters: &[T], gradient: &[T]) {
        // The step is done: its direction, origin and gradient are not needed again.
        let (s, y) = (&mut self.line.direction, &mut self.line.gradient);
        for ((s, &new), &old) in s.iter_mut().zip(parameters).zip(&self.line.origin) {
            *s = new - old;
        }
        for (y, &new) in y.iter_mut().zip(gradient) {
            *y = new - *y;
        }
        let (product, change) = (dot(s, y), euclidean_norm(y));
        let is_curved = product > T::EPSILON * euclidean_norm(s) * change;
        if !(is_curved && product.is_finite()) {
            return;
        }
        let (place, dimension) = (self.next, s.len());
        let range = place * dimension..(place + 1) * dimension;
        self.moves[range.clone()].copy_from_slice(s);
        self.changes[range].copy_from_slice(y);
        self.products[place] = product;
        self.last_pair = [change, product / change];
        let places = self.products.len();
        self.next = (place + 1) % places;
        self.pairs = (self.pairs + 1).min(places);
    }

    /// Writes −H·∇ by the two-loop recursion.
    fn write_direction(&mut self) {
        let (dimension, places) = (self.line.origin.len(), self.products.len());
        let place = |age: usize| (self.next + places - age) % places;
        let range = |place: usize| place * dimension..(place + 1) * dimension;
        let direction = &mut self.line.direction;
        for (d, &g) in direction.iter_mut().zip(&self.line.gradient) {
            *d = -g;
        }
        for age in 1..=self.pairs {
            let place = place(age);
            let (s, y) = (&self.moves[range(place)], &self.changes[range(place)]);
            let coefficient = dot(s, direction) / self.products[place];
            self.coefficients[place] = coefficient;
            add_multiple(direction, -coefficient, y);
        }
        let [change, length] = self.last_pair;
        for d in direction.iter_mut() {
            // γ itself may be out of range.
            *d = *d / change * length;
        }
        for age in (1..=self.pairs).rev() {
            let place = place(age);
            let (s, y) = (&self.moves[range(place)], &self.changes[range(place)]);
            let correction = self.coefficients[place] - dot(y, direction) / self.products[place];
            add_multiple(direction, correction, s);
        }
    }
}

impl<T: Real> SearchDirection<T> for LbfgsState<T> {
    fn line(&mut self) -> &mut SearchLine<T> {
        &mut self.line
    }

    fn update(&mut self, parameters: &[T], gradient: &[T]) {
        if self.has_origin {
            self.learn(parameters, gradient);
        }
        self.line.begin_at(parameters, gradient);
        self.has_origin = true;
        if self.pairs > 0 {
            self.write_direction();
            if self.line.accept_direction(DirectionKind::Newton) {
                return;
            }
            self.pairs = 0;
            self.line.forget();
        }
        self.line.use_steepest_descent();
    }

    fn forget(&mut self) {
        self.line.forget();
        self.has_origin = false;
        self.pairs = 0;
    }
}

impl<T: Real> Optimizer<T> for Lbfgs<T> {
    type State = LbfgsState<T>;

    fn init(&self, parameters: &[T]) -> LbfgsState<T> {
        let dimension = parameters.len();
        let zeros = |length| vec![T::zero(); length];
        LbfgsState {
            line: SearchLine::of_dimension(dimension),
            has_origin: false,
            moves: zeros(self.history * dimension),
            changes: zeros(self.history * dimension),
            products: zeros(self.history),
            coefficients: zeros(self.history),
            next: 0,
            pairs: 0,
            last_pair: [T::one(); 2],
        }
    }

    /// Moves by −H·∇ without a line search; while no step is remembered, by a fixed multiple of −∇,
    /// at the start of length ‖x‖/100 (1 if x = 0).
    ///
    /// # Panics
    ///
    /// If `parameters`, `gradient` and the vectors in `state` differ in length, or if `history` is
    /// 0, which [`validate`](Optimizer::validate) refuses.
    fn step(&self, state: &mut LbfgsState<T>, parameters: &mut [T], gradient: &mut [T]) {
        step(state, parameters, gradient);
    }

    fn advance<F>(
        &self,
        state: &mut LbfgsState<T>,
        objective: &mut F,
        at: &mut Iterate<'_, T>,
    ) -> ControlFlow<()>
    where
        F: Objective<T> + ?Sized,
    {
        advance(&self.line_search, state, objective, at)
    }

    fn compares_losses(&self) -> bool {
        true
    }

    fn validate(&self) -> Result<(), InputError<T>> {
        let is_met = (1..=LONGEST_HISTORY).contains(&self.history);
        let history = T::from_count(self.history);
        require(is_met, "history", history, "at least 1 and at most 1000")?;
        self.line_search.validate()
    }
}
