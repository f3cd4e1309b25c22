//! The search for the strong Wolfe conditions.

use super::interpolation::{cubic_minimum, parabola_minimum, secant_minimum};
use super::trials::{Point, Trials};
use crate::numerics::real::Real;
use crate::objective::Objective;

/// Two losses count as equal if they differ by at most this many roundings.
const ROUNDINGS: f64 = 256.0;
/// The largest factor by which a trial extends the interval searched.
const LARGEST_EXTENSION: f64 = 10.0;
/// A trial should leave at most this fraction of the bracket; otherwise the next one halves it.
const SLOW: f64 = 0.66;

/// The conditions a point has to meet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions<T> {
    start: Point<T>,
    sufficient_decrease: T,
    /// σ·|φ′(0)|.
    largest_slope: T,
    /// The largest difference of losses that may be rounding alone.
    rounding: T,
    /// Below this, differences of losses have lost half of their digits.
    blur: T,
}

impl<T: Real> Conditions<T> {
    pub(super) fn new(start: Point<T>, sufficient_decrease: T, curvature: T) -> Self {
        Self {
            start,
            sufficient_decrease,
            largest_slope: curvature * start.slope.abs(),
            rounding: <T as Real>::from_f64(ROUNDINGS) * T::EPSILON * start.loss.abs(),
            blur: T::EPSILON.sqrt() * start.loss.abs(),
        }
    }

    fn hold_at(&self, point: Point<T>) -> bool {
        self.has_decreased(point) && point.slope.abs() <= self.largest_slope
    }

    fn has_decreased(&self, point: Point<T>) -> bool {
        let fall = point.loss - self.start.loss;
        let enough = self.sufficient_decrease * point.length * self.start.slope;
        let is_enough = fall <= enough || fall.abs() <= self.rounding;
        is_enough && point.is_finite()
    }

    /// Whether the first condition holds and the slope still falls: a minimum lies beyond.
    fn is_before_minimum(&self, point: Point<T>) -> bool {
        self.has_decreased(point) && point.slope < T::zero()
    }
}

/// Ends at the first trial where the conditions hold.
pub(super) fn search<T, F>(
    conditions: Conditions<T>,
    mut trials: Trials<'_, '_, T, F>,
) -> Option<Point<T>>
where
    T: Real,
    F: Objective<T> + ?Sized,
{
    let mut bracket = Bracket::new(trials.start());
    let mut length = trials.first_length();
    // A guess is only a probe: it determines the minimum of a parabola exactly.
    let mut is_probe = trials.first_is_guess();
    while let Some(point) = trials.go_to(length) {
        if conditions.hold_at(point) && !is_probe {
            return Some(point);
        }
        is_probe = false;
        length = bracket.next_length(point, &conditions);
    }
    trials.settle()
}

/// An interval that contains an acceptable point; open at the far end until a point beyond the
/// minimum is found.
struct Bracket<T> {
    /// The farthest point known to lie before the minimum.
    near: Point<T>,
    /// The nearest point known to lie beyond the minimum.
    far: Option<Point<T>>,
    width: T,
}

impl<T: Real> Bracket<T> {
    fn new(start: Point<T>) -> Self {
        Self {
            near: start,
            far: None,
            width: T::MAX,
        }
    }

    /// Updates the bracket with a trial; returns where to try next.
    fn next_length(&mut self, point: Point<T>, conditions: &Conditions<T>) -> T {
        let before = self.near;
        if conditions.is_before_minimum(point) {
            self.near = point;
        } else {
            self.far = Some(point);
        }
        match self.far {
            Some(far) => self.next_within(far, conditions.blur),
            None => extended(before, point),
        }
    }

    fn next_within(&mut self, far: Point<T>, blur: T) -> T {
        let near = self.near;
        let width = far.length - near.length;
        let is_slow = width > <T as Real>::from_f64(SLOW) * self.width;
        self.width = width;
        let middle = near.length + <T as Real>::from_f64(0.5) * width;
        if !far.is_finite() {
            return near.length + <T as Real>::from_f64(0.1) * width;
        }
        if is_slow {
            return middle;
        }
        let wanted = if (far.loss - near.loss).abs() <= blur {
            secant_minimum(near, far)
        } else if far.slope < T::zero() {
            parabola_minimum(near, far)
        } else {
            cubic_minimum(near, far)
        };
        if wanted > near.length && wanted < far.length {
            wanted
        } else {
            middle
        }
    }
}

/// Where to try after `point`, if the minimum lies beyond.
fn extended<T: Real>(before: Point<T>, point: Point<T>) -> T {
    let most = (<T as Real>::from_f64(LARGEST_EXTENSION) * point.length).min(T::MAX);
    let wanted = secant_minimum(before, point);
    let is_ahead = wanted > point.length && wanted < most;
    if is_ahead { wanted } else { most }
}
