//! The evaluations of one search.

use super::search_line::{DirectionKind, SearchLine};
use crate::numerics::norm::dot;
use crate::numerics::real::Real;
use crate::objective::Objective;
use crate::optimizer::Iterate;

/// The number of evaluations after which a search ends at the latest.
const MOST_EVALUATIONS: usize = 30;

/// A point on the search line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point<T> {
    /// α.
    pub(super) length: T,
    /// φ(α).
    pub(super) loss: T,
    /// φ′(α).
    pub(super) slope: T,
}

impl<T: Real> Point<T> {
    pub(super) fn is_finite(&self) -> bool {
        self.loss.is_finite() && self.slope.is_finite()
    }
}

/// Evaluates points on a search line and remembers the lowest.
pub(super) struct Trials<'t, 'a, T, F: ?Sized> {
    line: &'t SearchLine<T>,
    objective: &'t mut F,
    at: &'t mut Iterate<'a, T>,
    start: Point<T>,
    lowest: Point<T>,
    /// The α to which loss and gradient in `at` belong.
    evaluated: T,
    left: usize,
}

impl<'t, 'a, T: Real, F: Objective<T> + ?Sized> Trials<'t, 'a, T, F> {
    pub(super) fn new(
        line: &'t SearchLine<T>,
        objective: &'t mut F,
        at: &'t mut Iterate<'a, T>,
    ) -> Self {
        let start = Point {
            length: T::zero(),
            loss: at.loss,
            slope: line.slope,
        };
        Self {
            line,
            objective,
            at,
            start,
            lowest: start,
            evaluated: T::zero(),
            left: MOST_EVALUATIONS,
        }
    }

    pub(super) fn start(&self) -> Point<T> {
        self.start
    }

    pub(super) fn first_length(&self) -> T {
        self.line.first_trial(self.start.loss)
    }

    pub(super) fn first_is_guess(&self) -> bool {
        self.line.kind() != DirectionKind::Newton
    }

    /// Evaluates the point at `length`; none if the evaluations are used up.
    pub(super) fn go_to(&mut self, length: T) -> Option<Point<T>> {
        self.left = self.left.checked_sub(1)?;
        let has_moved = self.line.write_point(length, self.at.parameters);
        if !has_moved {
            // This is the start, whose loss is known; the loss in `at` belongs to another point.
            self.evaluated = T::zero();
            return Some(Point {
                length,
                ..self.start
            });
        }
        let point = self.evaluate(length);
        if point.is_finite() && point.loss < self.lowest.loss {
            self.lowest = point;
        }
        Some(point)
    }

    /// Ends at the lowest point if it is below the start.
    pub(super) fn settle(mut self) -> Option<Point<T>> {
        if self.lowest.length == T::zero() {
            self.at.loss = self.start.loss;
            return None;
        }
        if self.evaluated != self.lowest.length {
            self.line
                .write_point(self.lowest.length, self.at.parameters);
            self.evaluate(self.lowest.length);
        }
        Some(self.lowest)
    }

    fn evaluate(&mut self, length: T) -> Point<T> {
        self.evaluated = length;
        self.at.loss = self
            .objective
            .value_and_gradient(self.at.parameters, self.at.gradient);
        Point {
            length,
            loss: self.at.loss,
            slope: dot(self.at.gradient, &self.line.direction),
        }
    }
}
