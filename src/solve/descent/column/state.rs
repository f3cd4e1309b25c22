//! The scaled vectors of a descent, and how inputs enter and solutions leave.

use std::rc::Rc;

use crate::descent::history::LossHistory;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::binary_scaling::scale;
use crate::numerics::real::Real;
use crate::solve::condition::ConditionEstimate;
use crate::solve::config::{SolveProblem, SolveTarget};
use crate::solve::descent::column::recorder::Exponents;
use crate::solve::descent::column::smoothed::Smoothed;
use crate::solve::descent::column::status::LeastError;
use crate::solve::descent::minimal_residual::ResidualSpace;
use crate::solve::descent::multiplier::{Alone, Multiplier};
use crate::solve::descent::system::{Product, System};
use crate::solve::error::SolveError;

/// The descent for a column of the right-hand side; its vectors serve one column after another.
///
/// Everything is scaled by powers of two: A to a norm near 1 and b to entries near 1, so that no
/// square leaves the range of the format. Below, A is the scaled matrix.
///
/// Its functions are `async` only so that they can pause at a product while other columns get to
/// theirs ([`Multiplier`]); there is no runtime, and a column on its own never pauses.
#[derive(Debug)]
pub(crate) struct ColumnDescent<'a, T, A: ?Sized, P, M = Alone> {
    pub(super) system: Rc<System<'a, T, A, P>>,
    pub(in crate::solve::descent) multiplier: M,
    pub(super) b: Vec<T>,
    pub(super) b_norm: T,
    /// The larger of the residuals at x = 0 and at the start, or far less for a general matrix; above
    /// it, x is no solution.
    pub(super) useful_residual: T,
    pub(super) x: Vec<T>,
    pub(super) best_x: Vec<T>,
    pub(super) least: LeastError<T>,
    /// r = b − A·x.
    pub(super) residual: Vec<T>,
    /// Aᵀr − λx, or r for a definite or general matrix.
    pub(super) downhill: Vec<T>,
    /// `downhill` in the metric of the preconditioner, and Pᵀ·`downhill` on the way to it.
    pub(super) preconditioned: Vec<T>,
    pub(super) halfway: Vec<T>,
    pub(super) direction: Vec<T>,
    /// A times the direction.
    pub(super) image: Vec<T>,
    /// For least squares by conjugate gradients.
    pub(super) smoothed: Option<Smoothed<T>>,
    /// For minimal residuals.
    pub(super) space: Option<ResidualSpace<T>>,
    pub(super) condition: ConditionEstimate<T>,
    /// Room for the losses of one run after another.
    pub(super) history: LossHistory<T>,
    /// The largest lower bound so far of the condition number of the Hessian, or of a general A.
    pub(in crate::solve::descent) hessian_condition: T,
}

impl<'a, T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>, M: Multiplier<T>>
    ColumnDescent<'a, T, A, P, M>
{
    pub(in crate::solve::descent) fn new(system: Rc<System<'a, T, A, P>>, multiplier: M) -> Self {
        let (n, m) = system.lengths(Product::Map);
        let zeros = |length| vec![T::zero(); length];
        let preconditioned = if system.preconditioner.is_some() {
            n
        } else {
            0
        };
        Self {
            multiplier,
            history: LossHistory::default(),
            b: zeros(m),
            b_norm: T::zero(),
            useful_residual: T::zero(),
            x: zeros(n),
            best_x: zeros(n),
            least: LeastError::new(n),
            residual: zeros(m),
            downhill: zeros(n),
            preconditioned: zeros(preconditioned),
            halfway: zeros(preconditioned),
            direction: zeros(n),
            image: zeros(m),
            smoothed: (system.settings.has_swinging_gradients()).then(|| Smoothed::new(n)),
            space: (system.settings.problem == SolveProblem::General)
                .then(|| ResidualSpace::new(n, system.settings.cycle(), preconditioned > 0)),
            condition: ConditionEstimate::new(),
            hessian_condition: T::one(),
            system,
        }
    }

    /// Makes room for the losses of a run, no more than `most`; longer histories grow by doubling.
    pub(in crate::solve::descent) fn reserve_losses(&mut self, most: usize) {
        let max_steps = self.system.settings.max_steps;
        let likely = self.x.len().saturating_mul(64).saturating_add(64);
        self.history.clear();
        (self.history).reserve(most.min(likely).min(max_steps.saturating_add(1)));
    }

    /// A·D, whose sums are those of A.
    pub(super) fn map(&self) -> &'a A {
        self.system.map()
    }

    /// The scales of what an observer is shown.
    pub(super) fn exponents(&self, of_b: i32) -> Exponents {
        Exponents {
            of_b,
            of_gradient: match self.system.settings.problem {
                SolveProblem::LeastSquares => 1,
                SolveProblem::PositiveDefinite | SolveProblem::General => 0,
            },
        }
    }

    /// Stores b and x, scaled, and returns the exponent of b's scale.
    pub(super) fn enter(&mut self, b: &[T], start: &[T]) -> i32 {
        let map = self.map();
        let of_b = Space::Image.exponent_of_largest(map, b.iter().copied());
        let beside = of_b.unwrap_or(0);
        let scales = &self.system.operator.map;
        let shifted = start.iter().enumerate().map(|(j, value)| {
            value.scale_by_power_of_two(scales.exponent_of(j).saturating_sub(beside))
        });
        let of_image = Space::Domain.exponent_of_largest(map, shifted);
        // A start this far away is ignored: b would vanish beside it.
        let far = T::MAX.binary_exponent().unwrap_or_default() / 2;
        let is_far = of_image.is_some_and(|e| e == i32::MAX || (of_b.is_some() && e > far));
        let of_image = of_image.filter(|_| !is_far).map(|e| e + beside);
        let exponent = of_b.max(of_image).unwrap_or(0);
        self.b.copy_from_slice(b);
        scale(&mut self.b, -exponent);
        self.b_norm = Space::Image.norm(map, &self.b);
        // A residual of 0 is hard to reach from elsewhere.
        let asks_for_ratio = matches!(
            self.system.settings.target,
            SolveTarget::RelativeResidual(_)
        );
        let is_known = asks_for_ratio && self.b_norm == T::zero();
        for (j, (x, &start)) in self.x.iter_mut().zip(start).enumerate() {
            *x = if is_far || is_known {
                T::zero()
            } else {
                start.scale_by_power_of_two(scales.exponent_of(j) - exponent)
            };
        }
        exponent
    }

    /// Writes the best x, scaled back, to `solution`; `exponent` is that of b's scale.
    pub(super) fn leave(&mut self, solution: &mut [T], exponent: i32) -> Result<(), SolveError<T>> {
        let scales = &self.system.operator.map;
        for (j, (to, &kept)) in solution.iter_mut().zip(&self.best_x).enumerate() {
            *to = kept.scale_by_power_of_two(exponent - scales.exponent_of(j));
        }
        let first = solution.iter().position(|value| !value.is_finite());
        // All parts have to end here if one does.
        if Space::Domain.is_true_anywhere(self.map(), first.is_some()) {
            let row = first.unwrap_or(0);
            return Err(SolveError::OutOfRange { row, column: 0 });
        }
        // Entries lost to underflow matter only if they are not small beside the others.
        let kept = solution.iter().zip(&self.best_x);
        for (j, (lost, (&given, &kept))) in self.x.iter_mut().zip(kept).enumerate() {
            *lost = given.scale_by_power_of_two(scales.exponent_of(j) - exponent) - kept;
        }
        let map = self.map();
        let lost = Space::Domain.norm(map, &self.x);
        if lost <= self.system.rounding * Space::Domain.norm(map, &self.best_x) {
            return Ok(());
        }
        let row = self.x.iter().position(|&lost| lost != T::zero());
        Err(SolveError::OutOfRange {
            row: row.unwrap_or(0),
            column: 0,
        })
    }
}
