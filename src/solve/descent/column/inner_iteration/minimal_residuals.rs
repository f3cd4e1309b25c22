//! Cycles of minimal residuals.

use crate::descent::Observer;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;
use crate::solve::descent::column::inner_iteration::RestartReason;
use crate::solve::descent::column::recorder::SystemRecorder;
use crate::solve::descent::column::state::ColumnDescent;
use crate::solve::descent::column::status::Status;
use crate::solve::descent::minimal_residual::{Growth, ResidualSpace};
use crate::solve::descent::multiplier::Multiplier;
use crate::solve::descent::system::Product;
use crate::solve::error::SolveError;

impl<T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>, M: Multiplier<T>>
    ColumnDescent<'_, T, A, P, M>
{
    /// Goes to the lowest residual over the directions since it was computed, of which there may be
    /// as many as a cycle has.
    pub(super) async fn cycle<O: Observer<T>>(
        &mut self,
        noise: Option<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Result<RestartReason<T>, SolveError<T>> {
        let Some(mut space) = self.space.take() else {
            return Ok(RestartReason::Breakdown);
        };
        let reason = self.lower_residual(&mut space, noise, recorder).await;
        if let Some(condition) = space.condition() {
            self.hessian_condition = self.hessian_condition.max(condition);
        }
        self.space = Some(space);
        reason
    }

    async fn lower_residual<O: Observer<T>>(
        &mut self,
        space: &mut ResidualSpace<T>,
        noise: Option<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Result<RestartReason<T>, SolveError<T>> {
        let length = Space::Image.norm(self.map(), &self.residual);
        space.begin(&self.x, &self.residual, length);
        if length == T::zero() {
            return Ok(RestartReason::Claim);
        }
        let (terms_at_start, most_for_unit) = (self.size_of_terms(), self.most_terms_of_unit());
        loop {
            let Some(growth) = self.take_direction(space, recorder).await else {
                space.write_lowest(space.count(), &mut self.x);
                let steps = recorder.steps();
                return Ok(RestartReason::NotFinite { steps });
            };
            let residual = space.residual();
            // The point x is made only where its terms may be large enough for a goal, or to be shown.
            let most_terms = terms_at_start + most_for_unit * space.distance();
            let mut status = self.status_with(residual, most_terms);
            let may_be_goal = self.goal(&status, noise).is_some();
            if recorder.is_watched() || may_be_goal {
                space.write_lowest(space.count(), &mut self.x);
            }
            if may_be_goal {
                status = self.status_with(residual, self.size_of_terms());
            }
            if recorder.is_watched() {
                space.write_residual(&mut self.downhill);
            }
            let reason = if let Some(limit) = self.see(&status, recorder) {
                RestartReason::Limit(limit)
            } else if self.goal(&status, noise).is_some() {
                RestartReason::Claim
            } else {
                match growth {
                    Growth::Closed => RestartReason::Breakdown,
                    Growth::Dependent => RestartReason::Dependent { part: space.part() },
                    Growth::Extended if space.count() < self.system.settings.cycle() => continue,
                    Growth::Extended => RestartReason::Cycle,
                }
            };
            space.write_lowest(space.count(), &mut self.x);
            return Ok(reason);
        }
    }

    /// After a cycle that led to x with this recomputed status: goes back to the point of fewer of its
    /// directions where rounding has put x above that, and changes the reason to
    /// [`Dependent`](RestartReason::Dependent) if it was for directions whose images are dependent to
    /// working precision.
    pub(in crate::solve::descent::column) async fn leave_out_dependent<O: Observer<T>>(
        &mut self,
        status: Status<T>,
        reason: &mut RestartReason<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Status<T> {
        let Some(mut space) = self.space.take() else {
            return status;
        };
        let all = space.count();
        let (count, status) = self.lowest_point(&mut space, status, recorder).await;
        let condition = space.condition().unwrap_or_else(T::one);
        let is_limit = matches!(reason, RestartReason::Limit(_));
        if count < all && !is_limit && condition * self.system.rounding >= T::one() {
            *reason = RestartReason::Dependent {
                part: T::one() / condition,
            };
        }
        self.space = Some(space);
        status
    }

    /// The lowest point in the space as far as recomputed residuals show, with its number of
    /// directions, if x with this status is that of all directions; x is left there.
    async fn lowest_point<O: Observer<T>>(
        &mut self,
        space: &mut ResidualSpace<T>,
        status: Status<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> (usize, Status<T>) {
        let (mut count, mut last) = (space.count(), status.error.residual);
        let (mut lowest_count, mut lowest) = (count, status);
        let mut rounding = T::zero();
        loop {
            rounding = rounding.max(space.rounding(count, last));
            let next = space.lowest_with_fewer(count, rounding, lowest.error.residual);
            let Some(fewer) = next else { break };
            count = fewer;
            space.write_lowest(count, &mut self.x);
            let found = self.recompute(recorder).await;
            last = found.error.residual;
            if last < lowest.error.residual || !lowest.error.residual.is_finite() {
                (lowest_count, lowest) = (count, found);
            }
        }
        if lowest_count != count {
            space.write_lowest(lowest_count, &mut self.x);
            lowest = self.recompute(recorder).await;
        }
        (lowest_count, lowest)
    }

    /// Takes a step: the product with the last vector of the basis; nothing if it is not finite.
    async fn take_direction<O: Observer<T>>(
        &mut self,
        space: &mut ResidualSpace<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Option<Growth> {
        let (system, multiplier, map) = (&self.system, &self.multiplier, self.system.map());
        let (direction, preconditioned) = (&mut self.direction, &mut self.preconditioned);
        direction.copy_from_slice(space.last());
        let direction = if system.preconditioner.is_some() {
            (multiplier.multiply(system, Product::Preconditioner, direction, preconditioned)).await;
            preconditioned
        } else {
            direction
        };
        (multiplier.multiply(system, Product::Map, direction, &mut self.image)).await;
        recorder.products += 1;
        let length = Space::Image.norm(map, &self.image);
        if !length.is_finite() {
            return None;
        }
        Some(space.add(map, direction, &mut self.image, length))
    }
}
