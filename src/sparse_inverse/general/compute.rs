//! The call, and the rows of an inverse one by one.

use std::borrow::Cow;

use nalgebra_sparse::CsrMatrix;
use nalgebra_sparse::pattern::SparsityPattern;

use crate::descent::Observer;
use crate::numerics::real::Real;
use crate::objective::Side;
use crate::sparse_inverse::general::config::SparseInverseConfig;
use crate::sparse_inverse::general::error::SparseInverseError;
use crate::sparse_inverse::general::problem::Problem;
use crate::sparse_inverse::general::result::{Settings, SparseInversion};
use crate::sparse_inverse::general::row::{OutOfRange, RowGrowth, RowMemory, RowResidual};
use crate::sparse_inverse::general::row_set::RowSet;
use crate::sparse_inverse::pattern::InversePattern;
use crate::sparse_inverse::reach::Reach;
use crate::sparse_inverse::row_runs::{RowsEnd, compute_rows};

/// The multiplications that an entry of A takes, about, for the choice whether threads are worth it.
const MULTIPLICATIONS_PER_ENTRY: usize = 256;

/// A row whose residual grew by more than this factor is grown from the start again.
const WORSE: f64 = 1.1;

/// Finds the sparse X that minimises ‖X·M − I‖_F for a square sparse M (or ‖M·X − I‖_F, by
/// [`SparseInverseConfig::side`]).
///
/// # Formula
///
/// The sum splits by rows: row i of X, with entries xₖ for k in its pattern P, minimises ‖r‖² for
///
/// ```text
/// r = eᵢ − Σ xₖ·mₖ,  k ∈ P,
/// ```
///
/// with the rows mₖ of M. Along an entry j outside P the gradient is −2·(M·r)ⱼ, and the best step
/// along it takes (M·r)ⱼ²/‖mⱼ‖² off ‖r‖². So a pattern that grows starts at the diagonal, or the
/// given start, and takes the entries with the largest such gain, a few from each gradient; the least
/// squares are solved exactly after each, by a QR factorisation that gains columns. A row ends at
/// ‖r‖ ≤ tolerance, at the limit for a row, or where no entry gains anything: M·r = 0 then, so that
/// M is singular, at least to rounding, unless only rows of more than 1000 entries would gain
/// something, which have to take off a thousandth of ‖r‖², or rows beyond the 1000 weightiest ones of
/// a column. The default pattern grows up to 10 entries a row.
///
/// Rows are scaled by powers of two first, so M may be multiplied by any number and its rows may
/// differ in length by any factor. The arithmetic is that of `f64`, also for `f32`.
///
/// # What it costs
///
/// For k entries in a row of X and b in one of M about 2·b·k² multiplications a row, the rows shared
/// out to threads with the feature `threads`, with the same bits on any number of them. In memory X,
/// a copy of M for [`update`](SparseInversion::update), and while a pattern grows another one by
/// columns; nothing of size n². A full row of M makes the small problem of each row of X large that
/// has an entry for it; growing avoids that, the pattern of a power of M does not.
///
/// # When to use
///
/// As a preconditioner for a nonsymmetric M, whose products are sparse and run on several threads,
/// where triangular solves do not. [`solve_by_descent`](crate::solve::solve_by_descent) with
/// [`SolveProblem::General`](crate::solve::SolveProblem::General) applies it on the right: take
/// [`Side::Right`](crate::objective::Side::Right) there. For a symmetric positive definite M use
/// [`factored_inverse_by_descent`](crate::sparse_inverse::factored_inverse_by_descent): this X is not
/// symmetric. For a small M and any structure of X there is
/// [`set::Pattern`](crate::set::Pattern) with [`invert_by_descent`](crate::inverse::invert_by_descent).
///
/// # Errors
///
/// [`SparseInverseError::Input`] if M is empty, not square, or has an entry that is not finite, or if
/// a setting is out of range; [`ZeroRow`](SparseInverseError::ZeroRow),
/// [`ZeroColumn`](SparseInverseError::ZeroColumn) or
/// [`StructurallySingular`](SparseInverseError::StructurallySingular) if M is singular for all values
/// of its nonzero entries. A matrix that is singular for its own values only is no error: the
/// residual tells, and stays at 1 or above.
///
/// # Sources
///
/// Grote and Huckle, "Parallel preconditioning with sparse approximate inverses", 1997; Chow and
/// Saad, "Approximate inverse preconditioners via sparse-sparse iterations", 1998.
///
/// # Example
///
/// ```
/// use matrix_descent::{sparse_inverse_by_descent, SparseInverseConfig};
/// use nalgebra_sparse::{CooMatrix, CsrMatrix};
///
/// // Transport to the right with some diffusion.
/// let n = 1000;
/// let mut entries = CooMatrix::new(n, n);
/// for i in 0..n {
///     entries.push(i, i, 5.0);
///     if i > 0 {
///         entries.push(i, i - 1, -2.0);
///         entries.push(i - 1, i, -0.5);
///     }
/// }
/// let m = CsrMatrix::from(&entries);
/// let found = sparse_inverse_by_descent(&m, SparseInverseConfig::default().tolerance(0.01))?;
/// assert_eq!(found.rows_missed(), 0);
/// assert!(found.residual() <= 0.01 * (n as f64).sqrt());
/// // Rows of X·M − I are so short that M is invertible.
/// assert!(found.is_proven_invertible());
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn sparse_inverse_by_descent<T: Real, O: Observer<T>>(
    matrix: &CsrMatrix<T>,
    config: SparseInverseConfig<T, O>,
) -> Result<SparseInversion<T>, SparseInverseError<T>> {
    let problem = Problem::new(matrix, config.side)?;
    config.validate(problem.order())?;
    let mut observer = config.observer;
    let settings = Settings {
        pattern: config.pattern,
        tolerance: config.tolerance,
        side: config.side,
    };
    let solver = RowSolver::new(&problem, &settings);
    let rows = solver.all(&mut observer)?;
    let (lanes, scales) = problem.into_parts();
    SparseInversion::new(lanes.into_owned(), scales, rows, settings)
}

/// Where rows of X begin, and how they grow, with the rows as those of A.
pub(super) struct RowSolver<'p, T: Real> {
    problem: &'p Problem<'p, T>,
    start: RowStart<'p>,
    growth: Option<RowGrowth>,
    side: Side,
}

/// The pattern that a row begins with.
enum RowStart<'p> {
    Power(usize),
    Given(Cow<'p, SparsityPattern>),
    /// Together with the diagonal.
    Grown(Cow<'p, SparsityPattern>),
}

/// What a thread works in.
struct Memory<T> {
    row: RowMemory<T>,
    reach: Reach,
}

/// A row that failed.
struct FailedRow {
    row: usize,
    column: usize,
}

/// What an update starts from.
#[derive(Clone, Copy)]
pub(super) struct Yesterday<'y, T> {
    /// X, or Xᵀ for the right side.
    pub(super) rows: &'y CsrMatrix<T>,
    pub(super) residuals: &'y [RowResidual],
    /// The rows to find again.
    pub(super) affected: &'y [usize],
}

impl<'p, T: Real> RowSolver<'p, T> {
    pub(super) fn new(problem: &'p Problem<'p, T>, settings: &'p Settings<T>) -> Self {
        let of_rows = |pattern: &'p SparsityPattern| match settings.side {
            Side::Right => Cow::Owned(pattern.transpose()),
            _ => Cow::Borrowed(pattern),
        };
        let (start, growth) = match &settings.pattern {
            InversePattern::Power(power) => (RowStart::Power(*power), None),
            InversePattern::Given(pattern) => (RowStart::Given(of_rows(pattern)), None),
            InversePattern::Grown(growth) => {
                let start = match &growth.start {
                    None => RowStart::Power(0),
                    Some(pattern) => RowStart::Grown(of_rows(pattern)),
                };
                let limits = RowGrowth {
                    limit: growth.row_limit,
                    per_step: growth.entries_per_step,
                    tolerance: settings.target(),
                };
                (start, Some(limits))
            }
        };
        Self {
            problem,
            start,
            growth,
            side: settings.side,
        }
    }

    /// All rows.
    pub(super) fn all(
        &self,
        observer: &mut impl Observer<T>,
    ) -> Result<RowSet<T>, SparseInverseError<T>> {
        self.run(self.problem.order(), observer, |memory, row| {
            self.find(memory, row)
        })
    }

    /// The affected rows, from yesterday's patterns.
    pub(super) fn again(
        &self,
        yesterday: Yesterday<'_, T>,
        observer: &mut impl Observer<T>,
    ) -> Result<RowSet<T>, SparseInverseError<T>> {
        self.run(yesterday.affected.len(), observer, |memory, index| {
            self.find_again(memory, yesterday.affected[index], yesterday)
        })
    }

    fn run(
        &self,
        count: usize,
        observer: &mut impl Observer<T>,
        find: impl Fn(&mut Memory<T>, usize) -> Result<RowResidual, FailedRow> + Send + Sync,
    ) -> Result<RowSet<T>, SparseInverseError<T>> {
        let order = self.problem.order();
        let share = self.problem.stored() as u128 * count as u128 / order as u128;
        let multiplications = (share as usize).saturating_mul(MULTIPLICATIONS_PER_ENTRY);
        let memory = || Memory {
            row: RowMemory::new(order),
            reach: Reach::new(order),
        };
        let sets = compute_rows(count, multiplications, observer, memory, |memory, range| {
            let mut set = RowSet::with_room(range.len(), 8 * range.len());
            for index in range {
                let residual = find(memory, index)?;
                set.push(memory.row.row(), residual);
            }
            Ok(set)
        });
        sets.map(RowSet::joined).map_err(|end| match end {
            RowsEnd::Stopped { rows } => SparseInverseError::Stopped { rows },
            RowsEnd::Failed(FailedRow { row, column }) => match self.side {
                Side::Right => SparseInverseError::OutOfRange {
                    row: column,
                    column: row,
                },
                _ => SparseInverseError::OutOfRange { row, column },
            },
        })
    }

    fn find(&self, memory: &mut Memory<T>, row: usize) -> Result<RowResidual, FailedRow> {
        let Memory { row: rows, reach } = memory;
        let found = match &self.start {
            RowStart::Power(power) => {
                let pattern = reach.of_row(row, *power, |row| self.problem.row(row).0);
                rows.find(self.problem, row, pattern.iter().copied(), self.growth)
            }
            RowStart::Given(pattern) => {
                let pattern = pattern.lane(row).iter().copied();
                rows.find(self.problem, row, pattern, self.growth)
            }
            RowStart::Grown(pattern) => {
                let pattern = std::iter::once(row).chain(pattern.lane(row).iter().copied());
                rows.find(self.problem, row, pattern, self.growth)
            }
        };
        found.map_err(|OutOfRange { column }| FailedRow { row, column })
    }

    /// Finds a row from yesterday's pattern, or as a new one if that has become much worse.
    fn find_again(
        &self,
        memory: &mut Memory<T>,
        row: usize,
        yesterday: Yesterday<'_, T>,
    ) -> Result<RowResidual, FailedRow> {
        let Some(growth) = self.growth else {
            // The pattern of a power may have changed.
            return self.find(memory, row);
        };
        let pattern = yesterday.rows.pattern().lane(row).iter().copied();
        let found = memory.row.find(self.problem, row, pattern, Some(growth));
        let residual = found.map_err(|OutOfRange { column }| FailedRow { row, column })?;
        let before = yesterday.residuals[row].norm;
        if residual.norm <= growth.tolerance || residual.norm <= WORSE * before {
            return Ok(residual);
        }
        memory.row.set_aside();
        let afresh = self.find(memory, row)?;
        if afresh.norm < residual.norm {
            return Ok(afresh);
        }
        memory.row.set_aside();
        Ok(residual)
    }
}
