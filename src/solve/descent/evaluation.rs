//! The status of an iterate, recomputed or carried along, and whether it is good enough.

use crate::descent::{Observer, StopReason};
use crate::linear_map::LinearMap;
use crate::numerics::norm::{add_multiple, euclidean_norm};
use crate::numerics::real::Real;
use crate::solve::config::SolveProblem;
use crate::solve::descent::recorder::SystemRecorder;
use crate::solve::descent::state::SystemDescent;
use crate::solve::descent::status::Status;
use crate::solve::solution::BackwardError;

impl<T: Real, A: LinearMap<T>, P: LinearMap<T>> SystemDescent<'_, T, A, P> {
    /// Whether `status` is nearer to a solution than `other`: its backward error is smaller and its
    /// loss is not higher, or its loss is far lower.
    pub(super) fn is_better(&self, status: &Status<T>, other: &Status<T>) -> bool {
        let has_risen = status.loss > other.loss * (T::one() + self.rounding);
        let is_less = status.error.smallest() < other.error.smallest();
        (is_less && !has_risen) || status.loss <= <T as Real>::from_f64(0.25) * other.loss
    }

    /// Computes the residual and the gradient from b and x.
    pub(super) fn recompute<O: Observer<T>>(
        &mut self,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Status<T> {
        self.operator.map.apply(&self.x, &mut self.residual);
        recorder.products += 1;
        for (r, &b) in self.residual.iter_mut().zip(&self.b) {
            *r = b - *r;
        }
        self.update_gradient();
        self.status()
    }

    /// Updates the gradient from the residual.
    pub(super) fn update_gradient(&mut self) {
        match self.settings.problem {
            SolveProblem::PositiveDefinite => self.downhill.copy_from_slice(&self.residual),
            SolveProblem::LeastSquares => {
                (self.operator.map).apply_adjoint(&self.residual, &mut self.downhill);
                if self.ridge != T::zero() {
                    add_multiple(&mut self.downhill, -self.ridge, &self.x);
                }
            }
        }
    }

    pub(super) fn status(&self) -> Status<T> {
        let residual = euclidean_norm(&self.residual);
        let x_norm = euclidean_norm(&self.x);
        let penalized = euclidean_norm(&[residual, self.ridge.sqrt() * x_norm]);
        let of_system = quotient(penalized, self.norm * x_norm + self.b_norm);
        let of_least_squares = (self.settings.problem == SolveProblem::LeastSquares)
            .then(|| quotient(euclidean_norm(&self.downhill), self.norm * penalized));
        Status {
            error: BackwardError {
                residual,
                of_system,
                of_least_squares,
            },
            loss: <T as Real>::from_f64(0.5) * penalized * penalized,
        }
    }

    /// The success criterion that is met, if any.
    pub(super) fn goal(&self, status: &Status<T>, noise: Option<T>) -> Option<StopReason> {
        if noise.is_some_and(|noise| status.error.residual <= noise) {
            return Some(StopReason::Discrepancy);
        }
        let tolerance = self.settings.tolerance.unwrap_or(T::EPSILON);
        let is_met = status.error.smallest() <= tolerance && self.is_useful(&status.error);
        is_met.then_some(StopReason::Accuracy)
    }

    /// Whether the residual is at most the larger of those at x = 0 and at the start.
    ///
    /// A huge x that A maps nearly to zero has a tiny backward error whatever b is.
    fn is_useful(&self, error: &BackwardError<T>) -> bool {
        error.residual <= self.useful_residual
    }

    /// Whether the backward error is good enough although no goal was met.
    pub(super) fn accepts(&self, error: &BackwardError<T>, is_at_floor: bool) -> bool {
        if self.settings.tolerance.is_some() || !self.is_useful(error) {
            return false;
        }
        // The rounding of r by ε‖A‖‖x‖ leaves Aᵀr no smaller than ε‖A‖²‖x‖.
        let is_rounded = error.of_least_squares.is_some_and(|other| {
            other <= T::EPSILON.cbrt() && error.of_system * other <= self.rounding
        });
        error.smallest() <= self.rounding || (is_at_floor && is_rounded)
    }
}

/// numerator/denominator, 0 for 0/0; NaN, which meets no tolerance, if the denominator is infinite.
fn quotient<T: Real>(numerator: T, denominator: T) -> T {
    if numerator == T::zero() {
        T::zero()
    } else if !denominator.is_finite() {
        <T as Real>::from_f64(f64::NAN)
    } else {
        numerator / denominator
    }
}
