//! The steps from one fresh residual to the next.

use super::{Descent, add_multiple};
use crate::solve::recorder::Recorder;
use crate::{Error, LinearMap, Observer, Real, StopReason};

/// Why a walk ended.
pub(super) enum Pause {
    /// The residual carried along says that a goal is reached.
    Claim,
    /// No further step along these directions goes lower.
    Breakdown,
    /// The backward error has not fallen for long.
    Idle,
    Limit(StopReason),
}

impl<T: Real, A: LinearMap<T>, P: LinearMap<T>> Descent<'_, T, A, P> {
    /// Steps from a fresh gradient until there is a reason to look afresh.
    pub(super) fn walk<O: Observer<T>>(
        &mut self,
        noise: Option<T>,
        recorder: &mut Recorder<'_, T, O>,
    ) -> Result<Pause, Error<T>> {
        let patience = self.x.len().saturating_mul(20).saturating_add(1000);
        let (mut least, mut idle_steps) = (T::MAX, 0);
        let mut slope = self.precondition()?;
        if !is_positive(slope) {
            return Ok(Pause::Breakdown);
        }
        self.turn(T::zero());
        loop {
            self.operator.apply(&self.direction, &mut self.image);
            recorder.products += 1;
            let curvature = self.curvature()?;
            if !is_positive(curvature) {
                return Ok(Pause::Breakdown);
            }
            if self.pace.is_tuned() {
                let square = self.square_of_direction();
                self.pace.meet(curvature / square);
            }
            let length = self.pace.learning_rate(slope, curvature);
            add_multiple(&mut self.x, length, &self.direction);
            add_multiple(&mut self.residual, -length, &self.image);
            self.point_downhill();
            let standing = self.stand();
            if let Some(reason) = recorder.see(&self.x, standing.loss, &self.downhill) {
                return Ok(Pause::Limit(reason));
            }
            if !standing.loss.is_finite() {
                return Ok(Pause::Breakdown);
            }
            if self.goal(&standing, noise).is_some() {
                return Ok(Pause::Claim);
            }
            let error = standing.error.smallest();
            let has_fallen = error < least * T::nearest(0.99);
            (least, idle_steps) = if has_fallen {
                (error, 0)
            } else {
                (least, idle_steps + 1)
            };
            if idle_steps >= patience {
                return Ok(Pause::Idle);
            }
            let next_slope = self.precondition()?;
            if !is_positive(next_slope) {
                return Ok(Pause::Breakdown);
            }
            let momentum = self.pace.momentum(slope, next_slope);
            slope = next_slope;
            self.turn(momentum);
        }
    }

    /// d ← g + μ·d.
    pub(super) fn turn(&mut self, momentum: T) {
        let gradient = if self.preconditioner.is_some() {
            &self.preconditioned
        } else {
            &self.downhill
        };
        fade_into(&mut self.direction, momentum, gradient);
        if !self.accumulated.is_empty() {
            fade_into(&mut self.accumulated, momentum, &self.downhill);
        }
    }
}

/// y ← x + factor·y; with 0 whatever y was.
fn fade_into<T: Real>(y: &mut [T], factor: T, x: &[T]) {
    if factor == T::zero() {
        return y.copy_from_slice(x);
    }
    for (y, &x) in y.iter_mut().zip(x) {
        *y = x + factor * *y;
    }
}

/// Whether a number is finite and above 0.
pub(super) fn is_positive<T: Real>(value: T) -> bool {
    value > T::zero() && value.is_finite()
}
