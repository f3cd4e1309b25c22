//! Rows and columns brought to similar sizes.

use crate::completion::fit::problem::{Point, Problem};
use crate::completion::fit::side::Side;
use crate::completion::observations::Compressed;
use crate::numerics::norm::sum_of_squares;
use crate::numerics::real::Real;

/// The sweeps over the logarithms, at most.
const SWEEPS: usize = 20;

/// A sweep that moves no logarithm further is the last: the exponents need only be right to a few
/// units.
const STILL: f64 = 0.125;

/// What the mean leaves of an entry is 0 if it is at most so many ε of the mean.
const ROUNDING: f64 = 64.0;

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
    /// Least squares on the logarithms of the entries (less the mean) that are not 0; nor next to 0
    /// beside those in their rows and columns, since a single one would else outweigh all others.
    pub(in crate::completion) fn new<T: Real>(problem: &Problem<'_, T>) -> Self {
        let rounding = <T as Real>::from_f64(ROUNDING) * T::EPSILON * problem.mean.abs();
        let logs = |lanes: &Compressed<T>| {
            lanes.changed(|_, _, value, weight| {
                let rest = (value - problem.mean).abs();
                let size = if rest > rounding { rest.to_f64() } else { 0.0 };
                (<T as Real>::from_f64(size.log2()), weight)
            })
        };
        let (long, short) = (logs(problem.long), logs(problem.short));
        let mut fitted = Logarithms {
            long: vec![0.0; long.count()],
            short: vec![0.0; short.count()],
            floor: f64::NEG_INFINITY,
        };
        for _ in 0..FITS {
            let last = fitted.clone();
            fitted.improve(&long, &short, &last);
            let counted = long.iter().filter(|&(i, j, log, _)| last.counts(i, j, log));
            let rests = counted.map(|(i, j, log, _)| fitted.rest(i, j, log));
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

    /// The observations less the mean, with their values scaled and all weights 1.
    fn scaled<T: Real>(&self, problem: &Problem<'_, T>) -> (Compressed<T>, Compressed<T>) {
        let scaled =
            |value: T, i: usize, j: usize| (self.of_own_size(value - problem.mean, i, j), T::one());
        let long = problem.long.changed(|i, j, value, _| scaled(value, i, j));
        let short = problem.short.changed(|j, i, value, _| scaled(value, i, j));
        (long.without_weights(), short.without_weights())
    }

    /// The observations with weights that make their errors count as if they were scaled.
    fn weighted<T: Real>(&self, problem: &Problem<'_, T>) -> (Compressed<T>, Compressed<T>) {
        let weighted = |value: T, i: usize, j: usize| {
            let exponent = self.exponent(i, j).clamp(-LARGEST_SHIFT, LARGEST_SHIFT);
            (value, T::one().scale_by_power_of_two(-2 * exponent))
        };
        let weigh = |lanes: &Compressed<T>| lanes.clone().with_weights();
        let (long, short) = (weigh(problem.long), weigh(problem.short));
        (
            long.changed(|i, j, value, _| weighted(value, i, j)),
            short.changed(|j, i, value, _| weighted(value, i, j)),
        )
    }

    fn exponent(&self, i: usize, j: usize) -> i32 {
        self.long[i].saturating_add(self.short[j])
    }

    /// A number at row i, column j with rows and columns of similar sizes.
    pub(in crate::completion) fn of_own_size<T: Real>(&self, value: T, i: usize, j: usize) -> T {
        value.scale_by_power_of_two(self.exponent(i, j).saturating_neg())
    }

    /// The largest known entry less the mean, with rows and columns of similar sizes.
    fn largest<T: Real>(&self, problem: &Problem<'_, T>) -> T {
        let entries = problem.long.iter();
        let sizes = entries.map(|(i, j, value, _)| self.of_own_size(value - problem.mean, i, j));
        sizes.fold(T::zero(), |most, size| most.max(size.abs()))
    }

    /// The exponents of the rows and columns.
    pub(in crate::completion) fn exponents(&self) -> [&[i32]; 2] {
        [&self.long, &self.short]
    }
}

/// The largest exponent of a weight's root: squares of both signs are far from the limits of `f32`.
const LARGEST_SHIFT: i32 = 24;

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
    /// What the fit leaves of a logarithm.
    fn rest<T: Real>(&self, i: usize, j: usize, log: T) -> f64 {
        log.to_f64() - self.long[i] - self.short[j]
    }

    /// The logarithm of 0 does not count.
    fn counts<T: Real>(&self, i: usize, j: usize, log: T) -> bool {
        log.is_finite() && self.rest(i, j, log) >= self.floor
    }

    /// Fits those that count beside the `last` fit.
    fn improve<T: Real>(&mut self, long: &Compressed<T>, short: &Compressed<T>, last: &Self) {
        for _ in 0..SWEEPS {
            let moved = to_means(&mut self.long, long, |i, j, log| {
                last.counts(i, j, log).then(|| log.to_f64() - self.short[j])
            });
            let also = to_means(&mut self.short, short, |j, i, log| {
                last.counts(i, j, log).then(|| log.to_f64() - self.long[i])
            });
            if moved.max(also) <= STILL {
                break;
            }
        }
    }
}

/// Moves each number to the mean over its lane of what `rest` leaves of the logarithms, and returns
/// the largest move.
fn to_means<T: Real>(
    own: &mut [f64],
    logs: &Compressed<T>,
    rest: impl Fn(usize, usize, T) -> Option<f64>,
) -> f64 {
    let mut moved: f64 = 0.0;
    for (at, (own, lane)) in own.iter_mut().zip(logs.lanes()).enumerate() {
        let (mut sum, mut count) = (0.0, 0);
        for (index, log, _) in lane.iter() {
            if let Some(rest) = rest(at, index, log) {
                sum += rest;
                count += 1;
            }
        }
        if count > 0 {
            let mean = sum / f64::from(count);
            moved = moved.max((mean - *own).abs());
            *own = mean;
        }
    }
    moved
}

/// A problem in the metric of similar rows and columns: its own observations, without penalty.
///
/// With biases, which no scaled matrix has, only the weights are those of that metric.
pub(in crate::completion) struct Balanced<T> {
    pub(in crate::completion) balance: Balance,
    long: Compressed<T>,
    short: Compressed<T>,
    largest: T,
}

impl<T: Real> Balanced<T> {
    /// `None` if entries remain that are too large for products of four.
    pub(in crate::completion) fn new(problem: &Problem<'_, T>) -> Option<Self> {
        let balance = Balance::new(problem);
        let (long, short) = if problem.layout.biases == 0 {
            balance.scaled(problem)
        } else {
            balance.weighted(problem)
        };
        let largest = balance.largest(problem);
        let exponent = largest.binary_exponent();
        let is_moderate =
            exponent.is_none_or(|exponent| exponent.unsigned_abs() <= T::MANTISSA_DIGITS);
        (is_moderate && largest.is_finite()).then_some(Self {
            balance,
            long,
            short,
            largest,
        })
    }

    pub(in crate::completion) fn problem<'a>(
        &'a self,
        original: &Problem<'a, T>,
    ) -> Problem<'a, T> {
        let has_biases = original.layout.biases > 0;
        Problem {
            long: &self.long,
            short: &self.short,
            mean: if has_biases { original.mean } else { T::zero() },
            ..*original
        }
    }

    /// Factors of the scaled matrix turned into those of M.
    pub(in crate::completion) fn restore(&self, point: &mut Point<T>) {
        self.scale(point, 1);
    }

    /// Factors of M turned into those of the scaled matrix.
    pub(in crate::completion) fn apply(&self, point: &mut Point<T>) {
        self.scale(point, -1);
    }

    fn scale(&self, point: &mut Point<T>, sign: i32) {
        if point.long.layout.biases == 0 {
            scale(&mut point.long, &self.balance.long, sign);
            scale(&mut point.short, &self.balance.short, sign);
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
        return furthest(problem, balanced.largest, &balanced.balance, at);
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
    let balance = Balance::new(problem);
    furthest(problem, balance.largest(problem), &balance, at)
}

/// A growth that is not worth a closer look.
const MODERATE: f64 = 64.0;

/// `known` is the largest known entry less the mean, with rows and columns of similar sizes; `None` if
/// no prediction is beyond what is moderate.
fn furthest<T: Real>(
    problem: &Problem<'_, T>,
    known: T,
    balance: &Balance,
    at: &Point<T>,
) -> Option<Growth<T>> {
    if known == T::zero() {
        return None;
    }
    // |aᵢ + bⱼ + ⟨lᵢ, rⱼ⟩| ≤ ‖(lᵢ, aᵢ, 1)‖·‖(rⱼ, 1, bⱼ)‖: most predictions need not be formed.
    let one = T::from_count(problem.layout.biases);
    let sizes = |side: &Side<T>, exponents: &[i32]| -> Vec<T> {
        let rows = side.rows().zip(exponents);
        let size = |row: &[T]| (sum_of_squares(row) + one).sqrt();
        rows.map(|(row, &exponent)| size(row).scale_by_power_of_two(exponent.saturating_neg()))
            .collect()
    };
    let of_long = sizes(&at.long, &balance.long);
    let of_short = sizes(&at.short, &balance.short);
    let widest = of_short.iter().copied().fold(T::zero(), T::max);
    let mut most = known * <T as Real>::from_f64(MODERATE);
    let mut found = None;
    for (i, row) in at.long.rows().enumerate() {
        if of_long[i] * widest <= most {
            continue;
        }
        for (j, column) in at.short.rows().enumerate() {
            if of_long[i] * of_short[j] <= most {
                continue;
            }
            let y = problem.predicted(row, column) - problem.mean;
            let size = balance.of_own_size(y, i, j).abs();
            if size > most {
                most = size;
                found = Some((i, j));
            }
        }
    }
    found.map(|(long, short)| Growth {
        long,
        short,
        times: most / known,
    })
}
