//! Cycles of minimal residuals.

use crate::descent::Observer;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;
use crate::solve::descent::column::inner_iteration::RestartReason;
use crate::solve::descent::column::recorder::SystemRecorder;
use crate::solve::descent::column::state::ColumnDescent;
use crate::solve::descent::minimal_residual::{Growth, ResidualSpace};
use crate::solve::descent::multiplier::Multiplier;
use crate::solve::descent::system::Product;
use crate::solve::error::SolveError;

/// The size of x is computed again once the residual has fallen to this part.
const SIZED_EVERY: f64 = 0.25;

impl<T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>, M: Multiplier<T>>
    ColumnDescent<'_, T, A, P, M>
{
    /// Goes to the lowest residual over the directions since it was computed, of which there may be
    /// as many as a cycle has.
    pub(super) async fn cycle<O: Observer<T>>(
        &mut self,
        noise: Option<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Result<RestartReason, SolveError<T>> {
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
    ) -> Result<RestartReason, SolveError<T>> {
        let length = Space::Image.norm(self.map(), &self.residual);
        if length == T::zero() {
            return Ok(RestartReason::Claim);
        }
        space.begin(&self.x, &self.residual, length);
        // The point x of each step is made only where something depends on it.
        let (mut terms, mut sized_at) = (self.size_of_terms(), length);
        loop {
            let growth = self.take_direction(space, recorder).await?;
            let residual = space.residual();
            let mut status = self.status_with(residual, terms);
            let is_lower = residual <= <T as Real>::from_f64(SIZED_EVERY) * sized_at;
            if recorder.is_watched() || is_lower || self.goal(&status, noise).is_some() {
                space.write_lowest(&mut self.x);
                (terms, sized_at) = (self.size_of_terms(), residual);
                status = self.status_with(residual, terms);
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
                    Growth::Dependent => RestartReason::Dependent,
                    Growth::Extended if space.count() < self.system.settings.cycle() => continue,
                    Growth::Extended => RestartReason::Cycle,
                }
            };
            space.write_lowest(&mut self.x);
            return Ok(reason);
        }
    }

    /// Takes a step: the product with the last vector of the basis.
    async fn take_direction<O: Observer<T>>(
        &mut self,
        space: &mut ResidualSpace<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Result<Growth, SolveError<T>> {
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
            return Err(SolveError::ProductNotFinite {
                steps: recorder.steps(),
            });
        }
        Ok(space.add(map, direction, &mut self.image, length))
    }
}
