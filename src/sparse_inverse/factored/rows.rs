//! The rows of the factor, computed one by one.

use crate::numerics::real::Real;
use crate::sparse_inverse::factored::error::FactoredInverseError;
use crate::sparse_inverse::factored::local_system::{BadPivot, Follow, LocalSystem};
use crate::sparse_inverse::factored::matrix::{UnitDiagonal, range_of_exponents};
use crate::sparse_inverse::factored::sorted_rows::{RowPlaces, SortedRows};
use crate::sparse_inverse::pattern::{Growth, InversePattern};
use crate::sparse_inverse::reach::Reach;
use crate::sparse_inverse::row_runs::RowRun;

/// A row that was kept on its pattern grows from the start again if ψ has become so much larger.
const WORSE: f64 = 1.1;

/// A run of computed rows of G·2^−e.
#[derive(Debug)]
pub(super) struct FactorRun<S> {
    lengths: Vec<u32>,
    /// The columns of each row in ascending order, the diagonal last.
    columns: Vec<u32>,
    values: Vec<S>,
    /// The sum of ψᵢ/aᵢᵢ.
    loss: f64,
}

impl<S: Real> FactorRun<S> {
    /// The number of entries.
    pub(super) fn stored(&self) -> usize {
        self.columns.len()
    }

    /// The columns and values of each row.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&[u32], &[S])> {
        let (mut columns, mut values) = (&self.columns[..], &self.values[..]);
        self.lengths.iter().map(move |&length| {
            let (of_row, others) = columns.split_at(length as usize);
            let (values_of_row, other_values) = values.split_at(length as usize);
            (columns, values) = (others, other_values);
            (of_row, values_of_row)
        })
    }
}

impl<S: Real> RowRun for FactorRun<S> {
    fn loss(&self) -> f64 {
        self.loss
    }
}

/// Memory for one row after another.
pub(super) struct RowMemory {
    system: LocalSystem,
    reach: Option<Reach>,
    row: Vec<(u32, f64)>,
}

impl RowMemory {
    pub(super) fn new(order: usize) -> Self {
        Self {
            system: LocalSystem::new(order),
            reach: None,
            row: Vec::new(),
        }
    }
}

/// How rows are computed.
#[derive(Clone, Copy)]
pub(super) struct RowTask<'a, T, S> {
    pub(super) matrix: UnitDiagonal<'a, T>,
    pub(super) pattern: &'a InversePattern,
    pub(super) tolerance: f64,
    /// Rows are stored as multiples of 2^e.
    pub(super) exponent: i32,
    /// Rows whose pattern a growing one begins with.
    pub(super) before: Option<Yesterday<'a, S>>,
}

/// The rows of a matrix that has changed.
#[derive(Clone, Copy)]
pub(super) struct Yesterday<'a, S> {
    pub(super) rows: &'a SortedRows<S>,
    pub(super) places: &'a RowPlaces,
    pub(super) scales: &'a [f64],
    pub(super) exponent: i32,
}

impl<S: Real> Yesterday<'_, S> {
    fn columns(&self, row: usize) -> &[u32] {
        &self.rows.columns[self.places.range(row)]
    }

    /// ψ of a row, in units of its aᵢᵢ.
    fn psi(&self, row: usize) -> f64 {
        let diagonal = self.rows.values[self.places.range(row).end - 1].to_f64();
        let root = self.scales[row] / diagonal.scale_by_power_of_two(self.exponent);
        root * root
    }
}

impl<T: Real, S: Real> RowTask<'_, T, S> {
    /// Computes these rows.
    pub(super) fn run(
        &self,
        memory: &mut RowMemory,
        rows: impl ExactSizeIterator<Item = usize>,
    ) -> Result<FactorRun<S>, FactoredInverseError<T>> {
        let mut run = FactorRun {
            lengths: Vec::with_capacity(rows.len()),
            columns: Vec::new(),
            values: Vec::new(),
            loss: 0.0,
        };
        let power = 1.0.scale_by_power_of_two(-self.exponent);
        for row in rows {
            self.matrix.check_symmetric(row)?;
            (self.minimize(memory, row)).map_err(|BadPivot { pivot }| {
                FactoredInverseError::NotPositiveDefinite {
                    row,
                    pivot: <T as Real>::from_f64(pivot),
                }
            })?;
            run.loss += memory.system.psi();
            memory.system.write(&self.matrix, &mut memory.row);
            run.lengths.push(memory.row.len() as u32);
            for &(column, value) in &memory.row {
                let stored = <S as Real>::from_f64(value * power);
                if !stored.is_finite() {
                    return Err(self.out_of_range(value));
                }
                run.columns.push(column);
                run.values.push(stored);
            }
        }
        Ok(run)
    }

    fn out_of_range(&self, value: f64) -> FactoredInverseError<T> {
        let (least, _) = range_of_exponents(self.matrix.scales);
        let of_value = value.binary_exponent().unwrap_or(i32::MAX / 2);
        FactoredInverseError::StorageRange {
            exponent: of_value - least,
        }
    }

    /// Minimises ψ of a row.
    fn minimize(&self, memory: &mut RowMemory, row: usize) -> Result<(), BadPivot> {
        let RowMemory { system, reach, .. } = memory;
        let matrix = &self.matrix;
        system.begin(matrix, row);
        match self.pattern {
            InversePattern::Grown(growth) => return self.grow(system, row, growth),
            InversePattern::Power(power) => {
                let reach = reach.get_or_insert_with(|| Reach::new(matrix.order()));
                let columns = reach.of_row(row, *power, |row| matrix.row(row).0);
                add_all(system, matrix, columns.iter().copied(), Follow::Pattern)?;
            }
            InversePattern::Given(pattern) => {
                let columns = pattern.lane(row).iter().copied();
                add_all(system, matrix, columns, Follow::Pattern)?;
            }
        }
        system.solve();
        Ok(())
    }

    fn grow(&self, system: &mut LocalSystem, row: usize, growth: &Growth) -> Result<(), BadPivot> {
        let Some(before) = &self.before else {
            return self.grow_afresh(system, row, growth);
        };
        self.grow_further(system, before.columns(row), growth)?;
        let psi = system.psi();
        if psi <= WORSE * before.psi(row) {
            return Ok(());
        }
        system.begin(&self.matrix, row);
        self.grow_afresh(system, row, growth)?;
        if system.psi() <= psi {
            return Ok(());
        }
        system.begin(&self.matrix, row);
        self.grow_further(system, before.columns(row), growth)
    }

    fn grow_afresh(
        &self,
        system: &mut LocalSystem,
        row: usize,
        growth: &Growth,
    ) -> Result<(), BadPivot> {
        if let Some(start) = &growth.start {
            let columns = start.lane(row).iter().copied();
            add_all(system, &self.matrix, columns, Follow::Everything)?;
        }
        self.grow_to_limit(system, growth)
    }

    /// From the pattern of these columns.
    fn grow_further(
        &self,
        system: &mut LocalSystem,
        columns: &[u32],
        growth: &Growth,
    ) -> Result<(), BadPivot> {
        let follow = if columns.len() < growth.row_limit {
            Follow::Everything
        } else {
            Follow::Pattern
        };
        let before = columns.iter().map(|&column| column as usize);
        add_all(system, &self.matrix, before, follow)?;
        if follow == Follow::Pattern {
            system.solve();
            return Ok(());
        }
        self.grow_to_limit(system, growth)
    }

    fn grow_to_limit(&self, system: &mut LocalSystem, growth: &Growth) -> Result<(), BadPivot> {
        system.solve();
        loop {
            let room = growth.row_limit.saturating_sub(system.size() + 1);
            if room == 0 {
                return Ok(());
            }
            let count = growth.entries_per_step;
            let chosen = system.grow(&self.matrix, count, room, self.tolerance)?;
            if chosen == 0 {
                return Ok(());
            }
            system.solve();
            // The last were not followed.
            if chosen == room {
                return Ok(());
            }
        }
    }
}

fn add_all<T: Real>(
    system: &mut LocalSystem,
    matrix: &UnitDiagonal<'_, T>,
    mut columns: impl Iterator<Item = usize>,
    follow: Follow,
) -> Result<(), BadPivot> {
    columns.try_for_each(|column| system.add_column(matrix, column, follow))
}
