//! The steps from one fresh residual to the next.

use super::Descent;
use super::standing::Standing;
use crate::descent::{Observer, StopReason};
use crate::linear_map::LinearMap;
use crate::numerics::norm::add_multiple;
use crate::numerics::real::Real;
use crate::solve::error::SolveError;
use crate::solve::recorder::Recorder;

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

/// The iterate of a walk with the least backward error, of those with a loss no higher than at its start.
/// Conjugacy that rounding has spoilt can take later ones far away from it.
#[derive(Debug)]
pub(super) struct Least<T> {
    x: Vec<T>,
    error: T,
    loss: T,
    highest_loss: T,
}

impl<T: Real> Least<T> {
    pub(super) fn new(dimension: usize) -> Self {
        Self {
            x: vec![T::zero(); dimension],
            error: T::MAX,
            loss: T::MAX,
            highest_loss: T::MAX,
        }
    }

    fn begin(&mut self, highest_loss: T) {
        (self.error, self.loss) = (T::MAX, T::MAX);
        self.highest_loss = highest_loss;
    }

    /// Keeps an iterate, if its error has fallen by more than a trifle, or its loss by much, and tells
    /// whether it has.
    fn takes(&mut self, x: &[T], standing: &Standing<T>) -> bool {
        let error = standing.error.smallest();
        let is_lower = standing.loss <= self.highest_loss;
        let has_fallen = (is_lower && error < self.error * <T as Real>::from_f64(0.99))
            || standing.loss <= <T as Real>::from_f64(0.25) * self.loss;
        if has_fallen {
            self.x.copy_from_slice(x);
            (self.error, self.loss) = (error, standing.loss);
        }
        has_fallen
    }

    /// Whether the error is so much larger that rounding must have spoilt the directions: on the way down
    /// it goes up and down as well, by up to κ.
    fn is_far_below(&self, standing: &Standing<T>) -> bool {
        self.error < standing.error.smallest() * T::EPSILON.sqrt()
    }
}

impl<T: Real, A: LinearMap<T>, P: LinearMap<T>> Descent<'_, T, A, P> {
    /// Steps from a fresh gradient until there is a reason to look afresh, and returns to the least
    /// iterate where the walk led away from it.
    pub(super) fn walk<O: Observer<T>>(
        &mut self,
        noise: Option<T>,
        recorder: &mut Recorder<'_, T, O>,
    ) -> Result<Pause, SolveError<T>> {
        let loss = self.stand().loss;
        self.least.begin(loss * (T::one() + self.rounding));
        let pause = self.walk_on(noise, recorder)?;
        let stays = match pause {
            Pause::Claim => true,
            // An owner who ends a descent wants what he saw, unless it had been better.
            Pause::Limit(_) => self.stand().loss <= self.least.loss,
            Pause::Breakdown | Pause::Idle => self.least.error == T::MAX,
        };
        if !stays {
            self.x.copy_from_slice(&self.least.x);
        }
        Ok(pause)
    }

    fn walk_on<O: Observer<T>>(
        &mut self,
        noise: Option<T>,
        recorder: &mut Recorder<'_, T, O>,
    ) -> Result<Pause, SolveError<T>> {
        let patience = self.x.len().saturating_mul(20).saturating_add(1000);
        self.earlier.forget();
        let mut idle_steps = 0;
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
                self.meet_curvatures(curvature);
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
            let has_fallen = self.least.takes(&self.x, &standing);
            idle_steps = if has_fallen { 0 } else { idle_steps + 1 };
            if idle_steps >= patience.saturating_add(self.pace.transient()) {
                return Ok(Pause::Idle);
            }
            if self.least.is_far_below(&standing) {
                return Ok(Pause::Breakdown);
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
