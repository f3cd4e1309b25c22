//! The steps of conjugate gradients and of gradient descent.

use crate::descent::Observer;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::norm::add_multiple;
use crate::numerics::real::Real;
use crate::solve::condition::ConditionEstimate;
use crate::solve::config::SolveProblem;
use crate::solve::descent::column::inner_iteration::RestartReason;
use crate::solve::descent::column::recorder::SystemRecorder;
use crate::solve::descent::column::state::ColumnDescent;
use crate::solve::descent::column::status::Status;
use crate::solve::descent::multiplier::Multiplier;
use crate::solve::descent::system::Product;
use crate::solve::error::SolveError;
use crate::solve::method::SolveMethod;

impl<T: Real, A: LinearMap<T> + ?Sized, P: LinearMap<T>, M: Multiplier<T>>
    ColumnDescent<'_, T, A, P, M>
{
    /// Steps along the gradient until there is a reason to compute the residual again.
    pub(super) async fn step_along_gradients<O: Observer<T>>(
        &mut self,
        noise: Option<T>,
        recorder: &mut SystemRecorder<'_, T, O>,
    ) -> Result<RestartReason<T>, SolveError<T>> {
        let patience = (self.system.unknowns.saturating_mul(20)).saturating_add(1000);
        let mut idle_steps = 0;
        if self.system.preconditioner.is_some() {
            self.precondition().await;
        }
        let mut slope = self.slope()?;
        if !is_positive(slope) {
            return Ok(RestartReason::Breakdown);
        }
        self.turn(T::zero());
        self.condition = ConditionEstimate::new();
        let (floor, mut is_resolved) = (self.rounding_of_gradient(), true);
        if let Some(smoothed) = &mut self.smoothed {
            smoothed.begin(&self.x, &self.downhill);
        }
        loop {
            let (direction, image) = (&mut self.direction, &mut self.image);
            (self
                .multiplier
                .multiply(&self.system, Product::Map, direction, image))
            .await;
            recorder.products += 1;
            let curvature = self.curvature()?;
            if curvature == T::zero() && self.squared_gradient(slope) > floor * floor {
                self.check_bounded_below()?;
            }
            if !is_positive(curvature) {
                return Ok(RestartReason::Breakdown);
            }
            let length = slope / curvature;
            is_resolved = is_resolved && self.squared_gradient(slope) > floor * floor;
            if is_resolved {
                self.note_step(length);
            }
            add_multiple(&mut self.x, length, &self.direction);
            add_multiple(&mut self.residual, -length, &self.image);
            self.update_gradient().await;
            let status = self.status();
            if let Some(reason) = self.see(&status, recorder) {
                return Ok(RestartReason::Limit(reason));
            }
            if !status.loss.is_finite() {
                return Ok(RestartReason::Breakdown);
            }
            if self.goal(&status, noise).is_some() || self.moves_to_smoothed(&status) {
                return Ok(RestartReason::Claim);
            }
            let has_fallen = self.least.takes(&self.x, &status);
            idle_steps = if has_fallen { 0 } else { idle_steps + 1 };
            if idle_steps >= patience {
                return Ok(RestartReason::Idle);
            }
            if self.least.is_far_below(&status) {
                return Ok(RestartReason::Breakdown);
            }
            if self.system.preconditioner.is_some() {
                self.precondition().await;
            }
            let next_slope = self.slope()?;
            if !is_positive(next_slope) {
                return Ok(RestartReason::Breakdown);
            }
            let momentum = match self.system.settings.method {
                SolveMethod::ConjugateGradients => next_slope / slope,
                SolveMethod::GradientDescent => T::zero(),
            };
            slope = next_slope;
            self.condition.turn(momentum, length);
            self.turn(momentum);
        }
    }

    /// Takes the smoothed iterate instead of the last one, which has this status, if its gradient is
    /// short enough; returns whether it did.
    fn moves_to_smoothed(&mut self, status: &Status<T>) -> bool {
        let map = self.map();
        let Some(mut smoothed) = self.smoothed.take() else {
            return false;
        };
        smoothed.add(map, &self.x, &self.downhill);
        // Conjugate gradients have the shorter residual, so that this cosine is not too small.
        let is_short = self.is_short(&smoothed.downhill, status);
        if is_short {
            self.x.copy_from_slice(&smoothed.x);
        }
        self.smoothed = Some(smoothed);
        is_short
    }

    /// ‖g‖² of the downhill direction g, whose square in the metric of the preconditioner is `slope`.
    fn squared_gradient(&self, slope: T) -> T {
        if self.system.preconditioner.is_some() {
            Space::Domain.dot(self.map(), &self.downhill, &self.downhill)
        } else {
            slope
        }
    }

    /// Bounds the condition number with a step of this length.
    fn note_step(&mut self, length: T) {
        if self.system.settings.method == SolveMethod::GradientDescent {
            return;
        }
        self.condition.step(length);
        // The norm of a matrix with a preconditioner is not known.
        let norm = match (&self.system.preconditioner, self.system.settings.problem) {
            (Some(_), _) => T::zero(),
            (None, SolveProblem::LeastSquares) => self.system.norm * self.system.norm,
            (None, _) => self.system.norm,
        };
        let bound = self.condition.of_hessian(norm);
        self.hessian_condition = self.hessian_condition.max(bound);
    }

    /// d ← g + μ·d.
    fn turn(&mut self, momentum: T) {
        let gradient = if self.system.preconditioner.is_some() {
            &self.preconditioned
        } else {
            &self.downhill
        };
        fade_into(&mut self.direction, momentum, gradient);
    }
}

/// y ← x + factor·y; with the factor 0, y ← x even if y was not finite.
fn fade_into<T: Real>(y: &mut [T], factor: T, x: &[T]) {
    if factor == T::zero() {
        return y.copy_from_slice(x);
    }
    for (y, &x) in y.iter_mut().zip(x) {
        *y = x + factor * *y;
    }
}

/// Whether a number is finite and above 0.
fn is_positive<T: Real>(value: T) -> bool {
    value > T::zero() && value.is_finite()
}
