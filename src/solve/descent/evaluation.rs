//! The status of an iterate, recomputed or carried along, and whether it is good enough.

use crate::descent::Observer;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::{largest_product, sum_of_absolute_products};
use crate::numerics::real::Real;
use crate::solve::config::{SolveProblem, SolveTarget};
use crate::solve::descent::recorder::SystemRecorder;
use crate::solve::descent::state::SystemDescent;
use crate::solve::descent::status::Status;
use crate::solve::solution::{Acceptance, BackwardError};

impl<T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>> SystemDescent<'_, T, A, P> {
    /// Whether `status` is nearer to a solution than `other`: its backward error is smaller and its
    /// loss is not higher, or its loss is far lower.
    pub(super) fn is_better(&self, status: &Status<T>, other: &Status<T>) -> bool {
        let has_risen = status.loss > self.same_loss(other);
        let is_less = status.error.smallest() < other.error.smallest();
        (is_less && !has_risen) || status.loss <= <T as Real>::from_f64(0.25) * other.loss
    }

    /// The largest loss that rounding can't tell from that of `status`.
    ///
    /// ‖r‖ is known to ε·Σ‖aⱼ‖|xⱼ|, which is 1/`of_system` times as much relative to ‖r‖.
    pub(super) fn same_loss(&self, status: &Status<T>) -> T {
        let doubt = (self.rounding / status.error.of_system).min(T::one());
        status.loss * (T::one() + self.rounding + doubt)
    }

    /// Computes the residual and the gradient from b and x.
    pub(super) fn recompute<O: Observer<T>>(
        &mut self,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Status<T> {
        self.recompute_residual();
        recorder.products += 1;
        self.update_gradient();
        self.status()
    }

    pub(super) fn recompute_residual(&mut self) {
        self.operator.map.apply(&self.x, &mut self.residual);
        for (r, &b) in self.residual.iter_mut().zip(&self.b) {
            *r = b - *r;
        }
    }

    /// Updates the gradient from the residual.
    pub(super) fn update_gradient(&mut self) {
        match self.settings.problem {
            SolveProblem::PositiveDefinite => self.downhill.copy_from_slice(&self.residual),
            SolveProblem::LeastSquares => {
                (self.operator.map).apply_adjoint(&self.residual, &mut self.downhill);
                let ridges = self.ridges.iter().zip(&self.x);
                for (value, (&ridge, &x)) in self.downhill.iter_mut().zip(ridges) {
                    *value -= ridge * x;
                }
            }
        }
    }

    pub(super) fn status(&self) -> Status<T> {
        let map = self.map();
        let residual = Space::Image.norm(map, &self.residual);
        let penalized = if self.ridges.is_empty() {
            residual
        } else {
            let penalty = Space::Domain.total(map, self.penalty(&self.x));
            (residual * residual + penalty).sqrt()
        };
        let is_least_squares = self.settings.problem == SolveProblem::LeastSquares;
        Status {
            error: BackwardError {
                residual,
                relative_residual: quotient(residual, self.b_norm),
                of_system: quotient(penalized, self.size_of_terms() + self.b_norm),
                of_least_squares: is_least_squares.then(|| {
                    if penalized == T::zero() {
                        T::zero()
                    } else {
                        quotient(self.size_of_gradient(&self.downhill), penalized)
                    }
                }),
            },
            loss: <T as Real>::from_f64(0.5) * penalized * penalized,
        }
    }

    /// Σ‖aⱼ‖·|xⱼ|, or ‖A‖·‖x‖ if the lengths of the columns are not known.
    pub(super) fn size_of_terms(&self) -> T {
        let map = self.map();
        match &self.operator.lengths {
            Some(columns) => {
                let held = sum_of_absolute_products(&columns.lengths, &self.x);
                Space::Domain.total(map, held)
            }
            None => self.norm * Space::Domain.norm(map, &self.x),
        }
    }

    /// maxⱼ |gⱼ|/‖aⱼ‖ of the gradient g = Aᵀr with what underflow may hide of it, or ‖g‖/‖A‖ if the lengths of the
    /// columns are not known.
    ///
    /// Where x is in parts, the sum of the maxima of the parts, which is no smaller.
    fn size_of_gradient(&self, gradient: &[T]) -> T {
        let map = self.map();
        match &self.operator.lengths {
            Some(columns) => {
                let held = largest_product(&columns.reciprocals, gradient);
                Space::Domain.total(map, held + columns.underflow)
            }
            None => quotient(Space::Domain.norm(map, gradient), self.norm),
        }
    }

    /// The length of a gradient that may consist of rounding errors alone.
    pub(super) fn rounding_of_gradient(&self) -> T {
        let of_residual = self.rounding * (self.size_of_terms() + self.b_norm);
        match self.settings.problem {
            SolveProblem::LeastSquares => self.norm * of_residual,
            SolveProblem::PositiveDefinite => of_residual,
        }
    }

    /// Whether a gradient is short enough for least squares with the residual of `status`.
    pub(super) fn is_short(&self, gradient: &[T], status: &Status<T>) -> bool {
        let tolerance = match self.settings.target {
            SolveTarget::RoundingFloor => T::EPSILON,
            SolveTarget::BackwardError(tolerance) => tolerance,
            SolveTarget::RelativeResidual(_) => return false,
        };
        let penalized = (status.loss + status.loss).sqrt();
        quotient(self.size_of_gradient(gradient), penalized) <= tolerance
    }

    /// The test that is passed and ends the descent, if any.
    pub(super) fn goal(&self, status: &Status<T>, noise: Option<T>) -> Option<Acceptance> {
        let error = &status.error;
        if noise.is_some_and(|noise| error.residual <= noise) {
            return Some(Acceptance::Noise);
        }
        match self.settings.target {
            SolveTarget::RoundingFloor => self.within(error, T::EPSILON),
            SolveTarget::BackwardError(tolerance) => self.within(error, tolerance),
            SolveTarget::RelativeResidual(ratio) => (error.residual <= ratio * self.b_norm
                || error.relative_residual <= ratio)
                .then_some(Acceptance::RelativeResidual),
        }
    }

    /// The test by which an iterate is as good as rounding allows, if any.
    pub(super) fn acceptance_by_rounding(&self, error: &BackwardError<T>) -> Option<Acceptance> {
        match self.settings.target {
            SolveTarget::RoundingFloor => self.within(error, self.rounding),
            SolveTarget::BackwardError(_) | SolveTarget::RelativeResidual(_) => None,
        }
    }

    /// The same for an iterate that further steps have not improved.
    pub(super) fn acceptance_at_floor(&self, error: &BackwardError<T>) -> Option<Acceptance> {
        // The rounding of r by ε·Σ‖aⱼ‖|xⱼ| leaves aⱼᵀr no smaller than that times ‖aⱼ‖.
        let is_rounded = error.of_least_squares.is_some_and(|other| {
            other <= T::EPSILON.cbrt() && error.of_system * other <= self.rounding
        });
        // By the same rounding the cosine of an angle between r and a column may be off by this.
        let are_angles_known = T::EPSILON / error.of_system <= T::EPSILON.cbrt();
        let applies = self.settings.target == SolveTarget::RoundingFloor && self.is_useful(error);
        let is_at_floor = applies && is_rounded && are_angles_known;
        let floor = is_at_floor.then_some(Acceptance::RoundingFloor);
        self.acceptance_by_rounding(error).or(floor)
    }

    /// Whether no later iterate can come nearer to b.
    pub(super) fn is_out_of_reach(&self, error: &BackwardError<T>) -> bool {
        matches!(self.settings.target, SolveTarget::RelativeResidual(_))
            && error
                .of_least_squares
                .is_some_and(|other| other <= T::EPSILON)
    }

    fn within(&self, error: &BackwardError<T>, tolerance: T) -> Option<Acceptance> {
        if !self.is_useful(error) {
            None
        } else if error.of_system <= tolerance {
            Some(Acceptance::System)
        } else if error
            .of_least_squares
            .is_some_and(|other| other <= tolerance)
        {
            Some(Acceptance::LeastSquares)
        } else {
            None
        }
    }

    /// Whether the residual is at most the larger of those at x = 0 and at the start.
    ///
    /// A huge x that A maps nearly to zero has a tiny backward error whatever b is.
    fn is_useful(&self, error: &BackwardError<T>) -> bool {
        error.residual <= self.useful_residual
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
