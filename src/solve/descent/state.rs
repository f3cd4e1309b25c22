//! The scaled vectors of a descent, and how inputs enter and solutions leave.

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::binary_scaling::scale;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::solve::condition::ConditionEstimate;
use crate::solve::config::{SolveProblem, SolveTarget};
use crate::solve::descent::recorder::Exponents;
use crate::solve::descent::smoothed::Smoothed;
use crate::solve::descent::status::LeastError;
use crate::solve::error::SolveError;
use crate::solve::method::SolveMethod;
use crate::solve::operator::Operator;

/// The function to be minimised, the method, and what ends a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemSettings<T> {
    pub(crate) problem: SolveProblem,
    pub(crate) method: SolveMethod,
    pub(crate) ridge: T,
    pub(crate) noise: Option<T>,
    pub(crate) target: SolveTarget<T>,
    pub(crate) max_steps: usize,
}

impl<T: Real> SystemSettings<T> {
    /// Whether the run may end by a gradient, and the gradients swing on their way down.
    fn has_swinging_gradients(&self) -> bool {
        self.problem == SolveProblem::LeastSquares
            && self.method == SolveMethod::ConjugateGradients
            && !matches!(self.target, SolveTarget::RelativeResidual(_))
    }

    /// Whether the columns may be scaled as far as the settings go.
    ///
    /// A run that ends by the noise depends on the scaling, and so on the units.
    pub(crate) fn may_balance(&self) -> bool {
        self.problem == SolveProblem::LeastSquares && self.noise.is_none()
    }
}

/// The vectors of a descent, allocated once for all right-hand sides.
///
/// Everything is scaled by powers of two: A to a norm near 1 and b to entries near 1, so that no
/// square leaves the range of the format. Below, A is the scaled matrix.
#[derive(Debug)]
pub(crate) struct SystemDescent<'a, T, A: ?Sized, P> {
    pub(super) operator: Operator<'a, T, A>,
    pub(super) preconditioner: Option<Operator<'a, T, P>>,
    pub(super) settings: SystemSettings<T>,
    /// λ times the square of the scale of each column; empty if λ is 0.
    pub(super) ridges: Vec<T>,
    /// ‖A‖, or √(‖A‖² + λ) with a ridge.
    pub(super) norm: T,
    /// The backward error that rounding alone may leave.
    pub(super) rounding: T,
    pub(super) b: Vec<T>,
    pub(super) b_norm: T,
    /// The larger of the residuals at x = 0 and at the start; above it, x is no solution.
    pub(super) useful_residual: T,
    pub(super) x: Vec<T>,
    pub(super) best_x: Vec<T>,
    pub(super) least: LeastError<T>,
    /// r = b − A·x.
    pub(super) residual: Vec<T>,
    /// Aᵀr − λx, or r for a definite matrix.
    pub(super) downhill: Vec<T>,
    /// `downhill` in the metric of the preconditioner, and Pᵀ·`downhill` on the way to it.
    pub(super) preconditioned: Vec<T>,
    pub(super) halfway: Vec<T>,
    pub(super) direction: Vec<T>,
    /// A times the direction.
    pub(super) image: Vec<T>,
    /// For least squares by conjugate gradients.
    pub(super) smoothed: Option<Smoothed<T>>,
    pub(super) condition: ConditionEstimate<T>,
    /// The largest lower bound so far of the condition number of the Hessian.
    pub(super) hessian_condition: T,
}

impl<'a, T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>> SystemDescent<'a, T, A, P> {
    pub(crate) fn new(
        operator: Operator<'a, T, A>,
        preconditioner: Option<&'a P>,
        settings: SystemSettings<T>,
    ) -> Result<Self, SolveError<T>> {
        let preconditioner = preconditioner
            .map(|p| Operator::new(p, T::zero(), "preconditioner"))
            .transpose()?;
        let map = &operator.map;
        let (m, n) = (map.rows(), map.columns());
        let ridge = |j| (settings.ridge).scale_by_power_of_two(-2 * map.exponent_of(j));
        let ridges: Vec<T> = if settings.ridge == T::zero() {
            Vec::new()
        } else {
            (0..n).map(ridge).collect()
        };
        let largest_ridge = ridges.iter().copied().fold(T::zero(), T::max);
        let norm = euclidean_norm(&[operator.norm, largest_ridge.sqrt()]);
        let longer = (Space::Image.length(map.map())).max(Space::Domain.length(map.map()));
        let zeros = |length| vec![T::zero(); length];
        let preconditioned = if preconditioner.is_some() { n } else { 0 };
        Ok(Self {
            preconditioner,
            settings,
            ridges,
            norm,
            rounding: <T as Real>::from_f64(16.0) * T::EPSILON * longer.sqrt(),
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
            smoothed: settings.has_swinging_gradients().then(|| Smoothed::new(n)),
            condition: ConditionEstimate::new(),
            hessian_condition: T::one(),
            operator,
        })
    }

    /// A·D, whose sums are those of A.
    pub(super) fn map(&self) -> &'a A {
        self.operator.map.map()
    }

    /// A lower bound of the condition number of A, or of A·P.
    ///
    /// Rounding may have put the least value that was found too low by this fraction of the largest.
    pub(crate) fn condition_estimate(&self) -> T {
        let estimate = match self.settings.problem {
            SolveProblem::LeastSquares => self.hessian_condition.sqrt(),
            SolveProblem::PositiveDefinite => self.hessian_condition,
        };
        // Also where `estimate` is so large that the product with the rounding overflows.
        (T::one() / (T::one() / estimate + self.rounding)).max(T::one())
    }

    /// The scales of what an observer is shown.
    pub(super) fn exponents(&self, of_b: i32) -> Exponents {
        Exponents {
            of_b,
            of_gradient: match self.settings.problem {
                SolveProblem::LeastSquares => 1,
                SolveProblem::PositiveDefinite => 0,
            },
        }
    }

    /// Stores b and x, scaled, and returns the exponent of b's scale.
    pub(super) fn enter(&mut self, b: &[T], start: &[T]) -> i32 {
        let map = self.map();
        let of_b = Space::Image.exponent_of_largest(map, b.iter().copied());
        let beside = of_b.unwrap_or(0);
        let scales = &self.operator.map;
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
        let asks_for_ratio = matches!(self.settings.target, SolveTarget::RelativeResidual(_));
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
        let scales = &self.operator.map;
        for (j, (to, &kept)) in solution.iter_mut().zip(&self.best_x).enumerate() {
            *to = kept.scale_by_power_of_two(exponent - scales.exponent_of(j));
        }
        if let Some(row) = solution.iter().position(|value| !value.is_finite()) {
            return Err(SolveError::OutOfRange { row, column: 0 });
        }
        // Entries lost to underflow matter only if they are not small beside the others.
        let kept = solution.iter().zip(&self.best_x);
        for (j, (lost, (&given, &kept))) in self.x.iter_mut().zip(kept).enumerate() {
            *lost = given.scale_by_power_of_two(scales.exponent_of(j) - exponent) - kept;
        }
        let map = self.map();
        let lost = Space::Domain.norm(map, &self.x);
        if lost <= self.rounding * Space::Domain.norm(map, &self.best_x) {
            return Ok(());
        }
        let row = self.x.iter().position(|&lost| lost != T::zero());
        Err(SolveError::OutOfRange {
            row: row.unwrap_or(0),
            column: 0,
        })
    }
}
