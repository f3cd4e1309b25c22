//! The line x + α·d of a search.

use super::stall_detector::StallDetector;
use crate::numerics::norm::{dot, euclidean_norm};
use crate::numerics::real::Real;
use crate::optimizer::Iterate;

/// The first step of a descent has this fraction of ‖x‖ as its length; for x = 0 it aims at
/// lowering the loss by this fraction.
const FIRST_STEP: f64 = 0.01;
/// A search begins where, to first order, the loss falls by this multiple of the fall predicted for
/// the last step.
const GROWTH: f64 = 2.0;

/// Where a step begins, which way it goes, and how long the last one was.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::optimizer) struct SearchLine<T> {
    /// x.
    pub(in crate::optimizer) origin: Vec<T>,
    /// ∇ at x.
    pub(in crate::optimizer) gradient: Vec<T>,
    /// d.
    pub(in crate::optimizer) direction: Vec<T>,
    /// φ′(0) = ∇ᵀd.
    pub(in crate::optimizer) slope: T,
    pub(in crate::optimizer) kind: DirectionKind,
    pub(in crate::optimizer) last: Option<LastStep<T>>,
    pub(in crate::optimizer) stall_detector: StallDetector<T>,
}

/// What is known about a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::optimizer) enum DirectionKind {
    /// −∇/‖∇‖.
    Steepest,
    /// A direction of arbitrary length, so the first trial is a guess.
    Unscaled,
    /// Newton's step or an estimate of it: the minimum should lie at α = 1.
    Newton,
}

/// The last step taken.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::optimizer) struct LastStep<T> {
    /// Its α.
    pub(in crate::optimizer) length: T,
    /// Its φ′(0).
    pub(in crate::optimizer) slope: T,
}

impl<T: Real> SearchLine<T> {
    pub(in crate::optimizer) fn of_dimension(dimension: usize) -> Self {
        let zeros = || vec![T::zero(); dimension];
        Self {
            origin: zeros(),
            gradient: zeros(),
            direction: zeros(),
            slope: T::zero(),
            kind: DirectionKind::Steepest,
            last: None,
            stall_detector: StallDetector::new(),
        }
    }

    /// Moves the origin to these parameters.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length of the line's vectors.
    pub(in crate::optimizer) fn begin_at(&mut self, parameters: &[T], gradient: &[T]) {
        self.origin.copy_from_slice(parameters);
        self.gradient.copy_from_slice(gradient);
    }

    /// Points along −∇/‖∇‖, which cannot overflow at any scale of the loss.
    pub(in crate::optimizer) fn use_steepest_descent(&mut self) {
        let norm = euclidean_norm(&self.gradient);
        self.slope = -norm;
        self.kind = DirectionKind::Steepest;
        if norm == T::zero() {
            self.direction.fill(T::zero());
            return;
        }
        for (d, &g) in self.direction.iter_mut().zip(&self.gradient) {
            *d = -g / norm;
        }
    }

    /// Computes the slope along the direction just written; returns whether it leads downhill.
    pub(in crate::optimizer) fn accept_direction(&mut self, kind: DirectionKind) -> bool {
        self.slope = dot(&self.gradient, &self.direction);
        self.kind = kind;
        self.is_downhill()
    }

    pub(super) fn is_downhill(&self) -> bool {
        self.slope < T::zero() && self.slope.is_finite()
    }

    pub(super) fn kind(&self) -> DirectionKind {
        self.kind
    }

    /// Forgets the last step.
    pub(in crate::optimizer) fn forget(&mut self) {
        self.last = None;
    }

    /// The α with which a search begins.
    pub(super) fn first_trial(&self, loss: T) -> T {
        // The predicted fall is −α·φ′(0) (Nocedal and Wright, 2006, section 3.5).
        let like_last = |last: LastStep<T>| {
            <T as Real>::from_f64(GROWTH) * last.length * (last.slope / self.slope)
        };
        self.length_after(like_last, loss)
    }

    /// The α of a step without a search: that of the last step, in units of the gradient.
    pub(super) fn fixed_length(&self) -> T {
        let like_last = |last: LastStep<T>| last.length * (self.slope / last.slope);
        self.length_after(like_last, T::zero())
    }

    fn length_after(&self, like_last: impl Fn(LastStep<T>) -> T, loss: T) -> T {
        if self.kind == DirectionKind::Newton {
            return T::one();
        }
        let is_useful = |&length: &T| length > T::zero() && length.is_finite();
        let of_last = self.last.map(like_last).filter(is_useful);
        of_last.unwrap_or_else(|| {
            let size = euclidean_norm(&self.origin);
            let scale = if size > T::zero() {
                size
            } else {
                loss.abs() / self.slope.abs()
            };
            let length = Some(<T as Real>::from_f64(FIRST_STEP) * scale);
            length.filter(is_useful).unwrap_or(T::one())
        })
    }

    pub(super) fn record_step(&mut self, length: T) {
        let slope = self.slope;
        self.last = Some(LastStep { length, slope });
    }

    /// Writes x + α·d; returns whether it differs from x.
    pub(super) fn write_point(&self, length: T, parameters: &mut [T]) -> bool {
        let mut has_moved = false;
        let places = self.origin.iter().zip(&self.direction);
        for (parameter, (&x, &d)) in parameters.iter_mut().zip(places) {
            *parameter = x + length * d;
            has_moved |= *parameter != x;
        }
        has_moved
    }

    /// Returns `at` to x, except for its loss.
    pub(super) fn return_to_origin(&self, at: &mut Iterate<'_, T>) {
        at.parameters.copy_from_slice(&self.origin);
        at.gradient.copy_from_slice(&self.gradient);
    }
}

#[cfg(test)]
mod tests {
    use super::{DirectionKind, LastStep, SearchLine};

    fn line(origin: [f64; 2], slope: f64, last: Option<LastStep<f64>>) -> SearchLine<f64> {
        SearchLine {
            origin: origin.to_vec(),
            slope,
            kind: DirectionKind::Unscaled,
            last,
            ..SearchLine::of_dimension(2)
        }
    }

    #[test]
    fn the_first_length_is_a_hundredth_of_the_parameters_or_of_the_loss() {
        let line_from = |origin, slope| line(origin, slope, None);
        assert_eq!(line_from([3.0, -4.0], -2.0).first_trial(7.0), 0.05);
        assert_eq!(line_from([3.0, -4.0], -2.0).fixed_length(), 0.05);
        assert_eq!(line_from([0.0, 0.0], -2.0).first_trial(-8.0), 0.04);
        assert_eq!(line_from([0.0, 0.0], -4.0).first_trial(8.0), 0.02);
        // Nothing to go by.
        assert_eq!(line_from([0.0, 0.0], -4.0).first_trial(0.0), 1.0);
        assert_eq!(line_from([0.0, 0.0], -4.0).fixed_length(), 1.0);
        let mut newton = line([3.0, -4.0], -2.0, None);
        newton.kind = DirectionKind::Newton;
        assert_eq!(newton.first_trial(7.0), 1.0);
    }

    #[test]
    fn later_lengths_follow_from_the_last_step() {
        let last = LastStep {
            length: 5.0,
            slope: -6.0,
        };
        let mut line = line([3.0, -4.0], -3.0, Some(last));
        // Twice the predicted fall of the last step, 5·6; the same step in units of the gradient.
        assert_eq!(line.first_trial(1.0), 20.0);
        assert_eq!(line.fixed_length(), 2.5);
        line.record_step(0.5);
        assert_eq!(line.first_trial(1.0), 1.0);
        assert_eq!(line.fixed_length(), 0.5);
        line.forget();
        assert_eq!(line.first_trial(1.0), 0.05);
        // A length that is no number is not used.
        line.record_step(f64::INFINITY);
        assert_eq!(line.first_trial(1.0), 0.05);
        line.record_step(0.0);
        assert_eq!(line.first_trial(1.0), 0.05);
    }
}
