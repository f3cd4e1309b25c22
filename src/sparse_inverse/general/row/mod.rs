//! One row of the inverse: a small least-squares problem that grows along its gradient.

mod accumulator;
mod least_squares;
mod residual;

use std::cmp::Ordering;

pub(super) use residual::RowResidual;

use crate::numerics::real::Real;
use crate::sparse_inverse::general::problem::Problem;
use crate::sparse_inverse::general::row::accumulator::Accumulator;
use crate::sparse_inverse::general::row::least_squares::GrowingLeastSquares;

/// A longer row of A makes the problem so large that it has to be worth it.
const LONG_ROW: usize = 1000;

/// The part of ‖r‖² that such a row has to take off.
///
/// A row of A can take so much off for about a thousand rows of X only, since these have residuals
/// in different directions; so a full row does not make the work quadratic.
const WORTH_A_LONG_ROW: f64 = 1e-3;

/// Gradients smaller than this, in units of ε and relative to their terms, are rounding.
const UNITS_OF_GRADIENT: f64 = 8.0;

/// A candidate whose gain is a smaller part of the best is left for the next gradient.
const PART_OF_BEST: f64 = 0.1;

/// A row that its rounding to the format makes worse than this is solved again with fewer entries.
const WORSE_BY_ROUNDING: f64 = 1.1;

/// How a row grows.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowGrowth {
    /// The most entries.
    pub(super) limit: usize,
    /// Entries from one gradient to the next.
    pub(super) per_step: usize,
    /// ‖r‖ at which it ends.
    pub(super) tolerance: f64,
}

/// A row of X that is out of the range of the format.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutOfRange {
    pub(super) column: usize,
}

/// Memory for one row after another.
///
/// Row i of X has the entries xₖ for k in the pattern, and the residual is r = eᵢ − Σ xₖ·aₖ with the
/// rows aₖ of A, scaled by powers of two. The columns of A in which one of these is not zero are the
/// rows of the small problem, the first of them i.
#[derive(Debug)]
pub(super) struct RowMemory<T> {
    /// Where a column of A is among the rows of the small problem.
    places: Vec<Stamped<usize>>,
    /// The columns of A, by their places.
    columns: Vec<usize>,
    /// Whether a row of A is in the pattern.
    members: Vec<Stamped<()>>,
    /// The rows of A that the small problem has as columns.
    taken: Vec<usize>,
    /// Those that depend on the others, so that their entry is 0.
    dependent: Vec<usize>,
    stamp: u64,
    fit: GrowingLeastSquares,
    /// The row of A that is added.
    entries: Vec<(usize, f64)>,
    sums: Accumulator,
    /// Columns of which the problem keeps only some rows.
    cut: Vec<(usize, f64)>,
    best: Vec<Candidate>,
    row: Vec<(usize, T)>,
    /// Another row.
    aside: Vec<(usize, T)>,
    values: Vec<f64>,
}

/// A value that counts only in one round.
#[derive(Clone, Copy, Debug, Default)]
struct Stamped<V> {
    stamp: u64,
    value: V,
}

/// A row of A that might be added, with what it takes off ‖r‖², to first order.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    row: usize,
    gain: f64,
}

impl Candidate {
    /// The better first; of equal ones the first row.
    fn order(&self, other: &Self) -> Ordering {
        other
            .gain
            .total_cmp(&self.gain)
            .then(self.row.cmp(&other.row))
    }
}

impl<T: Real> RowMemory<T> {
    pub(super) fn new(order: usize) -> Self {
        Self {
            places: vec![Stamped::default(); order],
            columns: Vec::new(),
            members: vec![Stamped::default(); order],
            taken: Vec::new(),
            dependent: Vec::new(),
            stamp: 0,
            fit: GrowingLeastSquares::default(),
            entries: Vec::new(),
            sums: Accumulator::new(order),
            cut: Vec::new(),
            best: Vec::new(),
            row: Vec::new(),
            aside: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Finds row `row` of X on this pattern, and from there on grown as far as `growth` says.
    pub(super) fn find(
        &mut self,
        problem: &Problem<'_, T>,
        row: usize,
        pattern: impl Iterator<Item = usize>,
        growth: Option<RowGrowth>,
    ) -> Result<RowResidual, OutOfRange> {
        self.begin(row);
        for member in pattern {
            self.append(problem, member);
        }
        if let Some(growth) = growth {
            self.grow(problem, growth);
        }
        self.solve_in_format(problem, row)
    }

    /// The entries found last, in the order of their columns.
    pub(super) fn row(&self) -> &[(usize, T)] {
        &self.row
    }

    /// Sets the entries found last aside; those set aside before take their place.
    pub(super) fn set_aside(&mut self) {
        std::mem::swap(&mut self.row, &mut self.aside);
    }

    fn begin(&mut self, row: usize) {
        self.stamp += 1;
        self.columns.clear();
        self.taken.clear();
        self.dependent.clear();
        self.fit.clear();
        self.columns.push(row);
        self.places[row] = Stamped {
            stamp: self.stamp,
            value: 0,
        };
    }

    /// Adds an entry to the pattern; nothing if it is there.
    fn append(&mut self, problem: &Problem<'_, T>, member: usize) {
        if self.members[member].stamp == self.stamp {
            return;
        }
        self.members[member].stamp = self.stamp;
        let (columns, values) = problem.row(member);
        let factor = problem.factor(member);
        self.entries.clear();
        for (&column, value) in columns.iter().zip(values) {
            let place = &mut self.places[column];
            if place.stamp != self.stamp {
                *place = Stamped {
                    stamp: self.stamp,
                    value: self.columns.len(),
                };
                self.columns.push(column);
            }
            self.entries.push((place.value, value.to_f64() * factor));
        }
        if self.fit.append(&self.entries, self.columns.len()) {
            self.taken.push(member);
        } else {
            self.dependent.push(member);
        }
    }

    fn grow(&mut self, problem: &Problem<'_, T>, growth: RowGrowth) {
        loop {
            let room = growth
                .limit
                .saturating_sub(self.taken.len() + self.dependent.len());
            let norm = self.fit.residual_norm();
            if room == 0 || norm <= growth.tolerance {
                return;
            }
            self.descend(problem, norm, growth.per_step.min(room));
            if self.best.is_empty() {
                return;
            }
            for index in 0..self.best.len() {
                let is_enough = index > 0 && self.fit.residual_norm() <= growth.tolerance;
                if !is_enough {
                    self.append(problem, self.best[index].row);
                }
            }
        }
    }

    /// Finds the rows of A with the largest gains, at most `count`, from the gradient A·r.
    ///
    /// The best step along aⱼ takes (aⱼ·r)²/‖aⱼ‖² off ‖r‖².
    fn descend(&mut self, problem: &Problem<'_, T>, norm: f64, count: usize) {
        self.gradient(problem, norm);
        self.best.clear();
        for &row in self.sums.touched() {
            if self.members[row].stamp == self.stamp {
                continue;
            }
            let of_cut = self.cut.iter();
            let rest = of_cut.map(|&(column, r)| problem.scaled_entry(row, column) * r);
            let slope = self.sums.value(row) + rest.sum::<f64>();
            let candidate = Candidate {
                row,
                gain: slope * slope * problem.weight(row),
            };
            let is_full = self.best.len() == count;
            if is_full && self.best[count - 1].order(&candidate).is_lt() {
                continue;
            }
            if candidate.gain < least_gain(problem.row(row).0.len()) * norm * norm {
                continue;
            }
            if is_full {
                self.best.pop();
            }
            let place = self
                .best
                .partition_point(|other| other.order(&candidate).is_lt());
            self.best.insert(place, candidate);
        }
        if let Some(first) = self.best.first() {
            let enough = PART_OF_BEST * first.gain;
            self.best.retain(|candidate| candidate.gain >= enough);
        }
    }

    /// Sums up A·r, except for columns of which the problem keeps only some rows: these go to `cut`,
    /// and their rows are only named.
    fn gradient(&mut self, problem: &Problem<'_, T>, norm: f64) {
        self.sums.clear();
        self.cut.clear();
        for (&column, &r) in self.columns.iter().zip(self.fit.residual()) {
            if r.abs() <= f64::EPSILON * norm {
                continue;
            }
            let lane = problem.column(column);
            if lane.is_cut {
                self.cut.push((column, r));
            }
            let weight = if lane.is_cut { 0.0 } else { r };
            for (&row, &value) in lane.rows.iter().zip(lane.values) {
                self.sums.add(row, value * weight);
            }
        }
    }

    /// The least squares, rounded to the format.
    ///
    /// Where rows of A are nearly dependent, entries are large, and rounded they may leave more than a
    /// row of zeros does. Then entries that came late are 0, as few as make the residual least.
    fn solve_in_format(
        &mut self,
        problem: &Problem<'_, T>,
        row: usize,
    ) -> Result<RowResidual, OutOfRange> {
        let all = self.taken.len();
        let residual = self.solve(problem, row, all)?;
        let is_rounding = |norm: f64| norm > T::EPSILON.to_f64().sqrt();
        if !is_rounding(residual.norm)
            || residual.norm <= WORSE_BY_ROUNDING * self.fit.residual_norm()
        {
            return Ok(residual);
        }
        let (mut best, mut count) = (residual, all);
        for columns in (0..all).rev() {
            let residual = self.solve(problem, row, columns)?;
            if residual.norm < best.norm {
                (best, count) = (residual, columns);
            }
        }
        self.solve(problem, row, count)
    }

    /// The least squares of the first `columns` rows of A that were taken, and what they leave.
    fn solve(
        &mut self,
        problem: &Problem<'_, T>,
        row: usize,
        columns: usize,
    ) -> Result<RowResidual, OutOfRange> {
        self.row.clear();
        for (&column, &value) in self.taken.iter().zip(self.fit.solve(columns)) {
            let value = <T as Real>::from_f64(value * problem.factor(column));
            if !value.is_finite() {
                return Err(OutOfRange { column });
            }
            self.row.push((column, value));
        }
        let without = self.taken[columns..].iter().chain(&self.dependent);
        self.row.extend(without.map(|&column| (column, T::zero())));
        self.row.sort_unstable_by_key(|&(column, _)| column);
        Ok(self.residual(problem, row))
    }

    fn residual(&mut self, problem: &Problem<'_, T>, row: usize) -> RowResidual {
        let entries = self.row.iter().map(|&(column, x)| (x, problem.row(column)));
        RowResidual::of(row, entries, &mut self.sums, &mut self.values)
    }
}

/// The part of ‖r‖² that a row of A with so many entries has to take off.
fn least_gain(entries: usize) -> f64 {
    if entries > LONG_ROW {
        WORTH_A_LONG_ROW
    } else {
        let rounding = UNITS_OF_GRADIENT * f64::EPSILON;
        rounding * rounding
    }
}
