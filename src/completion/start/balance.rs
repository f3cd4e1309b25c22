//! Rows and columns brought to similar sizes.

use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Side;
use crate::completion::observations::Compressed;
use crate::numerics::norm::sum_of_squares;
use crate::numerics::real::Real;

/// The sweeps over the logarithms; the exponents need only be right to a few units.
const SWEEPS: usize = 20;

/// The fits to the logarithms, each without the entries that the last one left far below.
const FITS: usize = 8;

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
    /// Least squares on the logarithms of the entries that are not 0; nor next to 0 beside those in
    /// their rows and columns, since a single one would else outweigh all others.
    pub(in crate::completion) fn new<T: Real>(long: &Compressed<T>, short: &Compressed<T>) -> Self {
        let mut fitted = Logarithms {
            long: vec![0.0; long.count()],
            short: vec![0.0; short.count()],
            floor: f64::NEG_INFINITY,
        };
        for _ in 0..FITS {
            let last = fitted.clone();
            for _ in 0..SWEEPS {
                improve(&mut fitted.long, long, |i, j, log| {
                    last.counts(i, j, log).then(|| log - fitted.short[j])
                });
                improve(&mut fitted.short, short, |j, i, log| {
                    last.counts(i, j, log).then(|| log - fitted.long[i])
                });
            }
            let logs = long.iter().filter(|&(.., value, _)| value != T::zero());
            let logs = logs.map(|(i, j, value, _)| (i, j, value.abs().to_f64().log2()));
            let counted = logs.filter(|&(i, j, log)| last.counts(i, j, log));
            let rests = counted.map(|(i, j, log)| log - fitted.long[i] - fitted.short[j]);
            let lowest = rests.fold(0.0, f64::min);
            let tiny = -f64::from(T::MANTISSA_DIGITS / 2);
            if lowest >= tiny {
                break;
            }
            // The lowest one pulls others down.
            fitted.floor = tiny.min(0.5 * lowest);
        }
        let rounded = |values: &[f64]| values.iter().map(|value| value.round() as i32).collect();
        Self {
            long: rounded(&fitted.long),
            short: rounded(&fitted.short),
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

/// What is fitted to the logarithms of the entries: the sum of two numbers, of the row and the column.
#[derive(Clone)]
struct Logarithms {
    long: Vec<f64>,
    short: Vec<f64>,
    /// How far below the sum a logarithm counts.
    floor: f64,
}

impl Logarithms {
    fn counts(&self, i: usize, j: usize, log: f64) -> bool {
        log - self.long[i] - self.short[j] >= self.floor
    }
}

/// The mean over each lane of what `rest` leaves of the logarithms.
fn improve<T: Real>(
    own: &mut [f64],
    lanes: &Compressed<T>,
    rest: impl Fn(usize, usize, f64) -> Option<f64>,
) {
    for (at, (own, lane)) in own.iter_mut().zip(lanes.lanes()).enumerate() {
        let (mut sum, mut count) = (0.0, 0);
        for (index, value, _) in lane.iter().filter(|&(_, value, _)| value != T::zero()) {
            if let Some(rest) = rest(at, index, value.abs().to_f64().log2()) {
                sum += rest;
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
    /// `None` if entries remain that are too large for products of four.
    pub(in crate::completion) fn new(problem: &Problem<'_, T>) -> Option<Self> {
        let balance = Balance::new(problem.long, problem.short);
        let (long, short) = balance.applied(problem.long, problem.short);
        let exponent = largest(&long).binary_exponent();
        let is_moderate =
            exponent.is_none_or(|exponent| exponent.unsigned_abs() <= T::MANTISSA_DIGITS);
        (is_moderate && long.values.iter().all(|value| value.is_finite())).then_some(Self {
            balance,
            long,
            short,
        })
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

fn largest<T: Real>(lanes: &Compressed<T>) -> T {
    let sizes = lanes.values.iter().map(|value| value.abs());
    sizes.fold(T::zero(), T::max)
}

/// A prediction that has grown far beyond the known entries.
#[derive(Clone, Copy, Debug)]
pub(in crate::completion) struct Growth<T> {
    pub(in crate::completion) long: usize,
    pub(in crate::completion) short: usize,
    /// How many times as large as the largest known entry it is, with rows and columns of similar
    /// sizes.
    pub(in crate::completion) times: T,
}

/// The prediction that is furthest beyond the known entries, in the metric of similar rows and
/// columns, in which heavy rows are no reason for heavy predictions.
pub(in crate::completion) fn growth<T: Real>(
    problem: &Problem<'_, T>,
    balanced: Option<&Balanced<T>>,
    at: &Point<T>,
) -> Option<Growth<T>> {
    if let Some(balanced) = balanced {
        return furthest(problem, &balanced.long, &balanced.balance, at);
    }
    // The bound needs no m·n products.
    let size = |row: &[T]| sum_of_squares(row).sqrt();
    let most = |side: &Side<T>| side.rows().map(size).fold(T::zero(), T::max);
    let (long, short) = (most(&at.long), most(&at.short));
    let bound = problem.mean.abs() + long + short + long * short;
    let is_bounded = bound <= largest(problem.long) * <T as Real>::from_f64(MODERATE);
    if is_bounded {
        return None;
    }
    let balance = Balance::new(problem.long, problem.short);
    let (long, _) = balance.applied(problem.long, problem.short);
    furthest(problem, &long, &balance, at)
}

/// A growth that is not worth a closer look.
const MODERATE: f64 = 64.0;

/// `scaled` are the known entries with rows and columns of similar sizes.
fn furthest<T: Real>(
    problem: &Problem<'_, T>,
    scaled: &Compressed<T>,
    balance: &Balance,
    at: &Point<T>,
) -> Option<Growth<T>> {
    let known = largest(scaled);
    if known == T::zero() {
        return None;
    }
    let mut found: Option<Growth<T>> = None;
    for (i, row) in at.long.rows().enumerate() {
        for (j, column) in at.short.rows().enumerate() {
            let exponent = balance.long[i].saturating_add(balance.short[j]);
            let y = problem.predicted(row, column).abs();
            let times = y.scale_by_power_of_two(exponent.saturating_neg()) / known;
            if found.is_none_or(|found| times > found.times) {
                found = Some(Growth {
                    long: i,
                    short: j,
                    times,
                });
            }
        }
    }
    found
}
