//! The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno.

use std::ops::ControlFlow;

use super::line_search::{Compass, Kind, Ray, advance, step};
use super::{Iterate, LineSearch, Optimizer};
use crate::numerics::input_error::InputError;
use crate::numerics::norm::{add_multiple, dot, euclidean_norm};
use crate::numerics::real::Real;
use crate::numerics::validation::require;
use crate::objective::Objective;

/// The moves remembered where no number is set.
const HISTORY: usize = 10;
/// The most that may be: far beyond use, and far below where a count of their entries overflows.
const LONGEST_HISTORY: usize = 1000;
/// σ of the Wolfe conditions where none is set: a full step is nearly always good enough.
const CURVATURE: f64 = 0.9;

/// L-BFGS: Newton's method with a Hessian estimated from the last few steps, and a line search.
///
/// From the last m moves s = Δx and changes of the gradient y = Δ∇ it builds H, an estimate of the
/// inverse Hessian, and goes along d = −H·∇:
///
/// - H starts as γ·I, γ = sᵀy/yᵀy of the last pair;
/// - each pair, from the oldest on, makes of it (I − ρsyᵀ)·H·(I − ρysᵀ) + ρssᵀ, ρ = 1/sᵀy. The
///   recursion of two loops applies H in 4mn multiplications without forming it.
///
/// A step first tries α = 1, Newton's. A pair without sᵀy > ε·‖s‖·‖y‖ is left out. Without pairs, as
/// at the start, the direction is −∇. Where the direction does not lead downhill or the search along
/// it fails, all pairs are forgotten.
///
/// | setting | default | range |
/// |---|---|---|
/// | `history` m | 10 | 1 to 1000; more than 20 rarely pays |
/// | `line_search` | [`LineSearch::wolfe`] with σ = 0.9 | |
///
/// # When to use
///
/// For smooth losses with exact gradients, from two to millions of parameters: in curved valleys it
/// takes the fewest evaluations of the rules here, and there is nothing to tune. Not for noisy
/// gradients or losses with kinks. On ill-conditioned quadratics
/// [`ConjugateGradient`](crate::optimizer::ConjugateGradient) is better.
///
/// It keeps 2m + 3 vectors, conjugate gradients 3.
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
    /// m: the moves remembered; 1 to 1000.
    pub history: usize,
    /// How the length of a step is found.
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
    /// Sets the number of moves remembered.
    #[must_use]
    pub fn history(mut self, moves: usize) -> Self {
        self.history = moves;
        self
    }

    /// Sets how the length of a step is found.
    #[must_use]
    pub fn line_search(mut self, line_search: LineSearch<T>) -> Self {
        self.line_search = line_search;
        self
    }
}

/// What [`Lbfgs`] remembers between steps: the last moves, with the changes of the gradient.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LbfgsState<T> {
    pub(super) ray: Ray<T>,
    pub(super) has_origin: bool,
    /// The vectors s, one after another, in a ring of `products.len()` places.
    pub(super) moves: Vec<T>,
    /// The vectors y, likewise.
    pub(super) changes: Vec<T>,
    /// sᵀy of each place.
    pub(super) products: Vec<T>,
    /// What the first loop of the recursion leaves for the second.
    pub(super) coefficients: Vec<T>,
    /// The place for the next pair.
    pub(super) next: usize,
    pub(super) pairs: usize,
    /// γ.
    pub(super) scale: T,
}

impl<T: Real> LbfgsState<T> {
    /// The number of moves now remembered.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// Remembers the move from the last origin to `parameters`, unless it shows no positive
    /// curvature.
    fn learn(&mut self, parameters: &[T], gradient: &[T]) {
        // The direction has been walked, and the old origin and gradient are not needed again.
        let (s, y) = (&mut self.ray.direction, &mut self.ray.gradient);
        for ((s, &new), &old) in s.iter_mut().zip(parameters).zip(&self.ray.origin) {
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
        self.scale = product / change / change;
        let places = self.products.len();
        self.next = (place + 1) % places;
        self.pairs = (self.pairs + 1).min(places);
    }

    /// Writes −H·∇ by the recursion of two loops.
    fn write_direction(&mut self) {
        let (dimension, places) = (self.ray.origin.len(), self.products.len());
        let place = |age: usize| (self.next + places - age) % places;
        let range = |place: usize| place * dimension..(place + 1) * dimension;
        let direction = &mut self.ray.direction;
        for (d, &g) in direction.iter_mut().zip(&self.ray.gradient) {
            *d = -g;
        }
        for age in 1..=self.pairs {
            let place = place(age);
            let (s, y) = (&self.moves[range(place)], &self.changes[range(place)]);
            let coefficient = dot(s, direction) / self.products[place];
            self.coefficients[place] = coefficient;
            add_multiple(direction, -coefficient, y);
        }
        for d in direction.iter_mut() {
            *d *= self.scale;
        }
        for age in (1..=self.pairs).rev() {
            let place = place(age);
            let (s, y) = (&self.moves[range(place)], &self.changes[range(place)]);
            let correction = self.coefficients[place] - dot(y, direction) / self.products[place];
            add_multiple(direction, correction, s);
        }
    }
}

impl<T: Real> Compass<T> for LbfgsState<T> {
    fn ray(&mut self) -> &mut Ray<T> {
        &mut self.ray
    }

    fn point(&mut self, parameters: &[T], gradient: &[T]) {
        if self.has_origin {
            self.learn(parameters, gradient);
        }
        self.ray.begin_at(parameters, gradient);
        self.has_origin = true;
        if self.pairs > 0 {
            self.write_direction();
            if self.ray.accept_direction(Kind::Newton) {
                return;
            }
            self.pairs = 0;
            self.ray.forget();
        }
        self.ray.point_downhill();
    }

    fn forget(&mut self) {
        self.ray.forget();
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
            ray: Ray::of_dimension(dimension),
            has_origin: false,
            moves: zeros(self.history * dimension),
            changes: zeros(self.history * dimension),
            products: zeros(self.history),
            coefficients: zeros(self.history),
            next: 0,
            pairs: 0,
            scale: T::one(),
        }
    }

    /// Moves by −H·∇ without line search; while no move is remembered, by a fixed multiple of −∇, at
    /// the start of length ‖x‖/100 (1 if x = 0).
    ///
    /// # Panics
    ///
    /// If `parameters`, `gradient` and the vectors in `state` differ in length, or if `history` is 0,
    /// which [`validate`](Optimizer::validate) refuses.
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

    fn validate(&self) -> Result<(), InputError<T>> {
        let is_met = (1..=LONGEST_HISTORY).contains(&self.history);
        let history = T::from_count(self.history);
        require(is_met, "history", history, "at least 1 and at most 1000")?;
        self.line_search.validate()
    }
}
