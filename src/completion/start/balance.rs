//! Rows and columns brought to similar sizes.

use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Side;
use crate::completion::observations::Compressed;
use crate::numerics::real::Real;

/// The sweeps over the logarithms; the exponents need only be right to a few units.
const SWEEPS: usize = 20;

/// Exponents a and b such that the known entries mᵢⱼ·2^−(aᵢ + bⱼ) are of similar sizes.
///
/// Where known entries are exact, the low-rank matrices through M and those through a matrix with
/// scaled rows and columns are the same but for the scales; heavy rows only hide the light ones from
/// a descent.
#[derive(Clone, Debug)]
pub(in crate::completion) struct Balance {
    long: Vec<i32>,
    short: Vec<i32>,
}

impl Balance {
    /// Least squares on the logarithms of the entries that are not 0.
    pub(in crate::completion) fn new<T: Real>(long: &Compressed<T>, short: &Compressed<T>) -> Self {
        let mut of_long = vec![0.0; long.count()];
        let mut of_short = vec![0.0; short.count()];
        for _ in 0..SWEEPS {
            improve(&mut of_long, long, &of_short);
            improve(&mut of_short, short, &of_long);
        }
        let rounded = |values: &[f64]| values.iter().map(|value| value.round() as i32).collect();
        Self {
            long: rounded(&of_long),
            short: rounded(&of_short),
        }
    }

    /// The observations with their values scaled and all weights 1.
    pub(in crate::completion) fn applied<T: Real>(
        &self,
        long: &Compressed<T>,
        short: &Compressed<T>,
    ) -> (Compressed<T>, Compressed<T>) {
        let scaled = |value: T, i: usize, j: usize| {
            let exponent = self.long[i].saturating_add(self.short[j]);
            (
                value.scale_by_power_of_two(exponent.saturating_neg()),
                T::one(),
            )
        };
        let mut long = long.changed(|i, j, value, _| scaled(value, i, j));
        let mut short = short.changed(|j, i, value, _| scaled(value, i, j));
        (long.weights, short.weights) = (None, None);
        (long, short)
    }

    /// Factors of the scaled matrix turned into those of M.
    pub(in crate::completion) fn restore<T: Real>(&self, point: &mut Point<T>) {
        scale(&mut point.long, &self.long, 1);
        scale(&mut point.short, &self.short, 1);
    }

    /// Factors of M turned into those of the scaled matrix.
    pub(in crate::completion) fn apply<T: Real>(&self, point: &mut Point<T>) {
        scale(&mut point.long, &self.long, -1);
        scale(&mut point.short, &self.short, -1);
    }
}

fn scale<T: Real>(side: &mut Side<T>, exponents: &[i32], sign: i32) {
    for (row, &exponent) in side.rows_mut().zip(exponents) {
        for entry in row {
            *entry = entry.scale_by_power_of_two(sign * exponent);
        }
    }
}

/// The mean over each lane of the logarithms that the other side leaves.
fn improve<T: Real>(own: &mut [f64], lanes: &Compressed<T>, other: &[f64]) {
    for (own, lane) in own.iter_mut().zip(lanes.lanes()) {
        let (mut sum, mut count) = (0.0, 0);
        for (index, value, _) in lane.iter() {
            if value != T::zero() {
                sum += value.abs().to_f64().log2() - other[index];
                count += 1;
            }
        }
        if count > 0 {
            *own = sum / f64::from(count);
        }
    }
}

/// A problem in the scaled metric: its own observations, without penalty.
pub(in crate::completion) struct Balanced<T> {
    pub(in crate::completion) balance: Balance,
    long: Compressed<T>,
    short: Compressed<T>,
}

impl<T: Real> Balanced<T> {
    pub(in crate::completion) fn new(problem: &Problem<'_, T>) -> Self {
        let balance = Balance::new(problem.long, problem.short);
        let (long, short) = balance.applied(problem.long, problem.short);
        Self {
            balance,
            long,
            short,
        }
    }

    pub(in crate::completion) fn problem<'a>(
        &'a self,
        original: &Problem<'a, T>,
    ) -> Problem<'a, T> {
        Problem {
            long: &self.long,
            short: &self.short,
            ..*original
        }
    }
}
