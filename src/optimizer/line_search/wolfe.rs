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
/// How far towards a loss that is not finite the next trial goes.
const PART_OF_WAY: f64 = 0.1;
/// A slope so many times that at the start is one of a wall. On a parabola no trial at a tenth of the
/// way there lies before the minimum.
const WALL: f64 = 10.0;

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

    /// Whether the loss rises here as at a barrier, or is infinite.
    fn is_wall(&self, point: Point<T>) -> bool {
        !point.is_finite() || point.slope > <T as Real>::from_f64(WALL) * self.start.slope.abs()
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
        if bracket.ends_before_wall(point, &conditions) {
            return Some(point);
        }
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

    /// Whether the point has come a good part of the way to a wall.
    ///
    /// Along a line that falls evenly up to a barrier, the second condition holds only at the foot
    /// of the barrier, where the curvature is useless for the steps to come.
    fn ends_before_wall(&self, point: Point<T>, conditions: &Conditions<T>) -> bool {
        let part = <T as Real>::from_f64(PART_OF_WAY);
        self.far.is_some_and(|far| {
            conditions.is_wall(far)
                && conditions.is_before_minimum(point)
                // Not the start again, at a length that rounding hides.
                && point.loss < conditions.start.loss
                && point.length >= part * far.length
        })
    }

    fn next_within(&mut self, far: Point<T>, blur: T) -> T {
        let near = self.near;
        let width = far.length - near.length;
        let is_slow = width > <T as Real>::from_f64(SLOW) * self.width;
        self.width = width;
        let middle = near.length + <T as Real>::from_f64(0.5) * width;
        if !far.is_finite() {
            return near.length + <T as Real>::from_f64(PART_OF_WAY) * width;
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

#[cfg(test)]
mod tests {
    use super::{Bracket, Conditions, extended};
    use crate::optimizer::line_search::trials::Point;

    fn point(length: f64, loss: f64, slope: f64) -> Point<f64> {
        Point {
            length,
            loss,
            slope,
        }
    }

    #[test]
    fn the_conditions_are_those_of_wolfe_up_to_rounding() {
        let conditions = Conditions::new(point(0.0, 1.0, -1.0), 0.25, 0.5);
        let infinity = f64::INFINITY;
        // Whether the loss has fallen, both conditions hold, and the minimum is still ahead.
        for (at, expected) in [
            (point(1.0, 0.75, 0.5), [true, true, false]),
            (point(1.0, 0.75, -0.5), [true, true, true]),
            (point(1.0, 0.75, -0.75), [true, false, true]),
            (point(1.0, 0.75, 0.75), [true, false, false]),
            (point(1.0, 0.75, 0.0), [true, true, false]),
            (point(1.0, 0.8, 0.0), [false, false, false]),
            (point(2.0, 0.5, 0.0), [true, true, false]),
            (point(2.0, 0.75, 0.0), [false, false, false]),
            // A loss that is the same up to rounding.
            (
                point(1.0, 1.0 + 50.0 * f64::EPSILON, -0.1),
                [true, true, true],
            ),
            (
                point(1.0, 1.0 - 50.0 * f64::EPSILON, -0.1),
                [true, true, true],
            ),
            (
                point(1.0, 1.0 + 500.0 * f64::EPSILON, -0.1),
                [false, false, false],
            ),
            (point(1.0, -infinity, 0.0), [false; 3]),
            (point(1.0, f64::NAN, 0.0), [false; 3]),
            (point(1.0, 0.5, f64::NAN), [false; 3]),
            (point(1.0, 0.5, -infinity), [false; 3]),
        ] {
            let found = [
                conditions.has_decreased(at),
                conditions.hold_at(at),
                conditions.is_before_minimum(at),
            ];
            assert_eq!(found, expected, "{at:?}");
        }
    }

    #[test]
    fn the_next_length_is_interpolated_between_the_ends() {
        // From (0, 1) with slope −1; the cubic is 1 − x + x³/3, with its minimum at 1.
        let far = point(2.0, 1.0 - 2.0 + 8.0 / 3.0, 3.0);
        let (width, blur) = (100.0, 0.0);
        for (far, width, blur, expected) in [
            (far, width, blur, 1.0),
            (far, width, 0.6, 1.0),
            // Losses that differ by rounding: the secant of the slopes, −1 and 3.
            (far, width, 0.7, 0.5),
            (point(2.0, 1.0 / 3.0, 3.0), width, 0.7, 0.5),
            // Still falling: the parabola through both losses and the first slope.
            (point(2.0, 2.0, -0.5), width, blur, 2.0 / 3.0),
            (point(2.0, 2.0, 0.0), width, blur, cubic(2.0, 0.0)),
            // Outside: the middle.
            (point(2.0, -3.0, -0.5), width, blur, 1.0),
            (point(2.0, -0.5, -0.5), width, blur, 1.0),
            // At the far end itself.
            (point(2.0, 1.0, 0.0), width, 0.7, 1.0),
            // Narrowed by less than a third.
            (point(2.0, 2.0, -0.5), 3.0, blur, 1.0),
            (point(2.0, 2.0, -0.5), 3.1, blur, 2.0 / 3.0),
            // Out of range.
            (point(2.0, f64::INFINITY, 3.0), width, blur, 0.2),
            (point(2.0, 2.0, f64::NAN), 1.0, blur, 0.2),
        ] {
            for shift in [0.0, 8.0] {
                let mut bracket = Bracket {
                    near: point(shift, 1.0, -1.0),
                    far: None,
                    width,
                };
                let far = point(far.length + shift, far.loss, far.slope);
                let found = bracket.next_within(far, blur) - shift;
                assert!(
                    (found - expected).abs() < 1e-12,
                    "{far:?}: {found} {expected}"
                );
                assert_eq!(bracket.width, 2.0);
            }
        }
    }

    #[test]
    fn a_search_ends_before_a_wall() {
        let conditions = Conditions::new(point(0.0, 1.0, -1.0), 0.25, 0.5);
        let infinite = point(10.0, f64::INFINITY, f64::NAN);
        let (steep, gentle) = (point(10.0, 50.0, 10.5), point(10.0, 50.0, 9.5));
        let falling = |length: f64| point(length, 1.0 - 0.9 * length, -0.9);
        for (far, at, expected) in [
            (Some(infinite), falling(1.0), true),
            (Some(steep), falling(1.0), true),
            (Some(gentle), falling(1.0), false),
            (None, falling(1.0), false),
            // Less than a tenth of the way.
            (Some(infinite), falling(0.9), false),
            // Too little decrease, none, and beyond a minimum.
            (Some(infinite), point(1.0, 0.9, -0.9), false),
            (Some(infinite), point(1.0, 1.0, -0.9), false),
            (Some(infinite), point(1.0, 0.5, 0.9), false),
        ] {
            let bracket = Bracket {
                near: at,
                far,
                width: 100.0,
            };
            let found = bracket.ends_before_wall(at, &conditions);
            assert_eq!(found, expected, "{far:?} {at:?}");
        }
    }

    #[test]
    fn a_minimum_at_the_near_end_is_not_tried_again() {
        let mut bracket = Bracket {
            near: point(0.0, 1.0, 0.0),
            far: None,
            width: 100.0,
        };
        assert_eq!(bracket.next_within(point(2.0, 1.0, 3.0), 0.5), 1.0);
    }

    #[test]
    fn a_step_that_is_too_short_is_extended_to_the_secant_or_tenfold() {
        let before = point(0.0, 1.0, -1.0);
        for (slope, expected) in [
            (-0.5, 2.0),
            (-0.75, 4.0),
            // Beyond ten times the length, behind it, and at it.
            (-0.95, 10.0),
            (-2.0, 10.0),
            (0.0, 10.0),
        ] {
            let found = extended(before, point(1.0, 0.5, slope));
            assert!((found - expected).abs() < 1e-12, "{slope}: {found}");
        }
        assert_eq!(extended(before, point(1e308, 0.5, -2.0)), f64::MAX);
    }

    /// The minimum of the cubic 1 − x + a·x² + b·x³ with this value and slope at 2.
    fn cubic(value: f64, slope: f64) -> f64 {
        // value = −1 + 4a + 8b, slope = −1 + 4a + 12b.
        let b = (slope - value) / 4.0;
        let a = (value + 1.0 - 8.0 * b) / 4.0;
        ((a * a + 3.0 * b).sqrt() - a) / (3.0 * b)
    }
}
