//! The scaled vectors of a descent, and how inputs enter and solutions leave.

use crate::linear_map::LinearMap;
use crate::numerics::binary_scaling::scale;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::solve::config::SolveProblem;
use crate::solve::descent::least_error::LeastError;
use crate::solve::descent::operator::Operator;
use crate::solve::descent::recorder::Exponents;
use crate::solve::error::SolveError;
use crate::solve::method::SolveMethod;

/// The function to be minimised, the method, and what ends a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemSettings<T> {
    pub(crate) problem: SolveProblem,
    pub(crate) method: SolveMethod,
    pub(crate) ridge: T,
    pub(crate) noise: Option<T>,
    pub(crate) tolerance: Option<T>,
    pub(crate) max_steps: usize,
}

/// The vectors of a descent, allocated once for all right-hand sides.
///
/// Everything is scaled by powers of two: A to a norm near 1 and b to entries near 1, so that no
/// square leaves the range of the format.
#[derive(Debug)]
pub(crate) struct SystemDescent<'a, T, A, P> {
    pub(super) operator: Operator<'a, T, A>,
    pub(super) preconditioner: Option<Operator<'a, T, P>>,
    pub(super) settings: SystemSettings<T>,
    /// λ, scaled.
    pub(super) ridge: T,
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
}

impl<'a, T: Real, A: LinearMap<T>, P: LinearMap<T>> SystemDescent<'a, T, A, P> {
    pub(crate) fn new(
        map: &'a A,
        preconditioner: Option<&'a P>,
        settings: SystemSettings<T>,
    ) -> Result<Self, SolveError<T>> {
        let ridge = settings.ridge;
        let operator = Operator::new(map, ridge, "matrix")?;
        let preconditioner = preconditioner
            .map(|p| Operator::new(p, T::zero(), "preconditioner"))
            .transpose()?;
        let (m, n) = (operator.map.rows(), operator.map.columns());
        let ridge = ridge.scale_by_power_of_two(-2 * operator.map.exponent());
        let norm = euclidean_norm(&[operator.norm, ridge.sqrt()]);
        let zeros = |length| vec![T::zero(); length];
        let preconditioned = if preconditioner.is_some() { n } else { 0 };
        Ok(Self {
            preconditioner,
            settings,
            ridge,
            norm,
            rounding: <T as Real>::from_f64(16.0) * T::EPSILON * T::from_count(m.max(n)).sqrt(),
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
            operator,
        })
    }

    /// ‖A‖₂, estimated from below; ∞ beyond the range of the format.
    pub(crate) fn norm_estimate(&self) -> T {
        let exponent = self.operator.map.exponent();
        self.operator.norm.scale_by_power_of_two(exponent)
    }

    /// The scales of what an observer is shown.
    pub(super) fn exponents(&self, of_b: i32) -> Exponents {
        Exponents {
            loss: of_b.saturating_mul(2),
            solution: of_b - self.operator.map.exponent(),
            gradient: match self.settings.problem {
                SolveProblem::LeastSquares => of_b.saturating_add(self.operator.map.exponent()),
                SolveProblem::PositiveDefinite => of_b,
            },
        }
    }

    /// Stores b and x, scaled, and returns the exponent of b's scale.
    pub(super) fn enter(&mut self, b: &[T], start: &[T]) -> i32 {
        let largest = |values: &[T]| {
            let magnitudes = values.iter().map(|value| value.abs());
            magnitudes.fold(T::zero(), T::max).binary_exponent()
        };
        let a_exponent = self.operator.map.exponent();
        let of_image = largest(start).map(|exponent| exponent.saturating_add(a_exponent));
        let of_b = largest(b);
        // A start this far away is ignored: b would vanish beside it.
        let far = T::MAX.binary_exponent().unwrap_or_default() / 2;
        let is_far = of_b
            .zip(of_image)
            .is_some_and(|(b, start)| start.saturating_sub(b) > far);
        let of_image = of_image.filter(|_| !is_far);
        let exponent = of_b.max(of_image).unwrap_or(0);
        self.b.copy_from_slice(b);
        scale(&mut self.b, -exponent);
        self.b_norm = euclidean_norm(&self.b);
        if is_far {
            self.x.fill(T::zero());
        } else {
            self.x.copy_from_slice(start);
            scale(&mut self.x, a_exponent - exponent);
        }
        exponent
    }

    /// Writes the best x, scaled back, to `solution`.
    pub(super) fn leave(&mut self, solution: &mut [T], exponent: i32) -> Result<(), SolveError<T>> {
        solution.copy_from_slice(&self.best_x);
        scale(solution, exponent);
        if let Some(row) = solution.iter().position(|value| !value.is_finite()) {
            return Err(SolveError::OutOfRange { row, column: 0 });
        }
        // Entries lost to underflow matter only if they are not small beside the others.
        for (lost, (&given, &kept)) in (self.x.iter_mut()).zip(solution.iter().zip(&self.best_x)) {
            *lost = given.scale_by_power_of_two(-exponent) - kept;
        }
        if euclidean_norm(&self.x) <= self.rounding * euclidean_norm(&self.best_x) {
            return Ok(());
        }
        let row = self.x.iter().position(|&lost| lost != T::zero());
        Err(SolveError::OutOfRange {
            row: row.unwrap_or(0),
            column: 0,
        })
    }
}
