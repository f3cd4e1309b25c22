//! The objective: f = Σ w(y − m)² + λ·(Σ factors²) + λ'·(Σ biases²).

use crate::completion::fit::half_step::{Gain, HalfStep, Signs};
use crate::completion::fit::side::{Features, Layout, Penalty, Side};
use crate::completion::observations::Compressed;
use crate::numerics::norm::{add_multiple, dot, sum_of_squares};
use crate::numerics::real::Real;

/// Observations from the longer and the shorter side of the matrix, and what is fitted to them.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a, T> {
    pub(in crate::completion) long: &'a Compressed<T>,
    pub(in crate::completion) short: &'a Compressed<T>,
    pub(in crate::completion) layout: Layout,
    /// Added to every prediction.
    pub(in crate::completion) mean: T,
    pub(in crate::completion) penalty: Penalty<T>,
    pub(in crate::completion) signs: Signs,
}

/// The factors of both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<T> {
    pub(in crate::completion) long: Side<T>,
    pub(in crate::completion) short: Side<T>,
}

impl<T: Real> Problem<'_, T> {
    pub(in crate::completion) fn zeros(&self) -> Point<T> {
        Point {
            long: Side::zeros(self.layout, self.long.count()),
            short: Side::zeros(self.layout, self.short.count()),
        }
    }

    /// Σ w(m − mean)², which f is compared with.
    pub(in crate::completion) fn total(&self) -> T {
        let squares = self.long.iter().map(|(.., value, weight)| {
            let difference = value - self.mean;
            (weight * difference * difference).to_f64()
        });
        <T as Real>::from_f64(squares.sum())
    }

    /// The prediction between a row of the long side and one of the short.
    pub(in crate::completion) fn predicted(&self, long: &[T], short: &[T]) -> T {
        let (of_long, biases) = long.split_at(self.layout.rank);
        let (of_short, others) = short.split_at(self.layout.rank);
        let biases = biases.iter().chain(others);
        biases.fold(self.mean, |sum, &bias| sum + bias) + dot(of_long, of_short)
    }

    /// Writes m − y for each observation, lane by lane of the long side, and returns f.
    pub(in crate::completion) fn residuals(&self, at: &Point<T>, residuals: &mut Vec<T>) -> T {
        residuals.clear();
        let mut loss = self.penalty_at(at);
        for (row, lane) in at.long.rows().zip(self.long.lanes()) {
            for (index, value, weight) in lane.iter() {
                let residual = value - self.predicted(row, at.short.row(index));
                loss += weight * residual * residual;
                residuals.push(residual);
            }
        }
        loss
    }

    /// The part of f that does not depend on the observations.
    pub(in crate::completion) fn penalty_at(&self, at: &Point<T>) -> T {
        at.long.penalty(self.penalty) + at.short.penalty(self.penalty)
    }

    /// What rounding leaves of f where the fit is exact: (4·ε)²·Σ w(|m|² + ‖factors‖²‖factors‖²).
    pub(in crate::completion) fn rounding(&self, at: &Point<T>) -> T {
        let rank = self.layout.rank;
        let squares = |side: &Side<T>| -> Vec<T> {
            let rows = side.rows();
            rows.map(|row| sum_of_squares(&row[..rank])).collect()
        };
        let (of_long, of_short) = (squares(&at.long), squares(&at.short));
        let sum = self
            .long
            .iter()
            .fold(T::zero(), |sum, (i, j, value, weight)| {
                sum + weight * (value * value + of_long[i] * of_short[j])
            });
        let unit = <T as Real>::from_f64(ROUNDING) * T::EPSILON;
        unit * unit * sum
    }

    /// Whether each known entry is met up to its own rounding, whatever its weight: to `room`·ε of
    /// it and of the numbers that the prediction is summed from.
    ///
    /// A 0 that is met by small factors has no size of its own; it takes that of its row or its column,
    /// the smaller one.
    pub(in crate::completion) fn is_met(&self, at: &Point<T>, residuals: &[T], room: f64) -> bool {
        let rank = self.layout.rank;
        let sizes = |side: &Side<T>| -> Vec<(T, T)> {
            let rows = side.rows();
            rows.map(|row| {
                let bias = row.get(rank).copied().unwrap_or_default();
                (sum_of_squares(&row[..rank]).sqrt(), bias.abs())
            })
            .collect()
        };
        let (of_long, of_short) = (sizes(&at.long), sizes(&at.short));
        let (largest_long, largest_short) = (largest(self.long), largest(self.short));
        let unit = <T as Real>::from_f64(room) * T::EPSILON;
        let mut entries = self.long.iter().zip(residuals);
        entries.all(|((i, j, value, _), residual)| {
            let (long, short) = (of_long[i], of_short[j]);
            let summed = self.mean.abs() + long.1 + short.1 + long.0 * short.0;
            let own = if value == T::zero() {
                smaller_but_zero(largest_long[i], largest_short[j])
            } else {
                value.abs()
            };
            residual.abs() <= unit * (own + summed)
        })
    }

    /// The root mean square of the known entries, as far from the mean as they are.
    pub(in crate::completion) fn usual_entry(&self) -> T {
        let squares = self.long.iter().map(|(_, _, value, _)| {
            let difference = value - self.mean;
            difference * difference
        });
        let sum = squares.fold(T::zero(), |sum, square| sum + square);
        (sum / T::from_count(self.long.known())).sqrt()
    }

    /// Moves each row of the long side to its minimum.
    pub(in crate::completion) fn improve_long(
        &self,
        at: &mut Point<T>,
        features: &mut Features<T>,
        gradient: &mut [T],
    ) -> Gain<T> {
        features.take(&at.short, self.mean);
        let step = self.half_step(self.long, features);
        step.take(&mut at.long, gradient)
    }

    /// Moves each row of the short side to its minimum.
    pub(in crate::completion) fn improve_short(
        &self,
        at: &mut Point<T>,
        features: &mut Features<T>,
        gradient: &mut [T],
    ) -> Gain<T> {
        features.take(&at.long, self.mean);
        let step = self.half_step(self.short, features);
        step.take(&mut at.short, gradient)
    }

    fn half_step<'b>(
        &'b self,
        lanes: &'b Compressed<T>,
        features: &'b Features<T>,
    ) -> HalfStep<'b, T> {
        HalfStep {
            lanes,
            features,
            penalty: self.penalty,
            signs: self.signs,
        }
    }
}

/// max|m| of each lane.
fn largest<T: Real>(lanes: &Compressed<T>) -> Vec<T> {
    let lanes = lanes.lanes();
    lanes
        .map(|lane| {
            let sizes = lane.values.iter().map(|value| value.abs());
            sizes.fold(T::zero(), T::max)
        })
        .collect()
}

/// The smaller of two numbers of which neither is negative; the other one if it is 0.
fn smaller_but_zero<T: Real>(one: T, other: T) -> T {
    if one > T::zero() && other > T::zero() {
        one.min(other)
    } else {
        one.max(other)
    }
}

/// The rounding errors of a residual, in ε of the values that it is the difference of.
const ROUNDING: f64 = 4.0;

impl<T: Real> Point<T> {
    pub(in crate::completion) fn shrink(&mut self, factor: T) {
        let values = self.long.values.iter_mut().chain(&mut self.short.values);
        values.for_each(|value| *value *= factor);
    }

    pub(in crate::completion) fn add(&mut self, other: &Self) {
        add_multiple(&mut self.long.values, T::one(), &other.long.values);
        add_multiple(&mut self.short.values, T::one(), &other.short.values);
    }

    pub(in crate::completion) fn is_finite(&self) -> bool {
        self.long.is_finite() && self.short.is_finite()
    }
}
