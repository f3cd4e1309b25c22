//! The least-squares step over the entries between their bounds, by a factorisation, where conjugate
//! gradients are slow.

use nalgebra::{DMatrix, DVector, Dyn, QR};

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;
use crate::solve::bounded::scaling::ScaledProblem;

/// The most entries of a factorisation for a map that is not a stored dense matrix.
const MOST_ENTRIES: usize = 1 << 22;

/// The steps before the first factorisation, beside one for each entry between its bounds: for a
/// dense matrix these take about as long.
const FIRST_STEPS: usize = 20;

/// The same before another one, beside one for four entries, if the last did not help; if it did, the
/// next follows at once.
const FURTHER_STEPS: usize = 10;

/// Whether a factorisation has lowered the residual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Some,
    None,
}

/// When the next factorisation of a descent is due.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Schedule {
    steps: usize,
    last: Option<Progress>,
}

impl Schedule {
    pub(super) fn count_step(&mut self) {
        self.steps += 1;
    }

    pub(super) fn count_factorisation(&mut self, progress: Progress) {
        self.last = Some(progress);
        self.steps = 0;
    }

    /// Whether there has been any factorisation.
    pub(super) fn has_begun(&self) -> bool {
        self.last.is_some()
    }

    /// Whether a factorisation for so many entries is worth its time.
    pub(super) fn is_due(&self, between: usize) -> bool {
        match self.last {
            None => self.steps >= between + FIRST_STEPS,
            Some(Progress::None) => self.steps >= between / 4 + FURTHER_STEPS,
            Some(Progress::Some) => true,
        }
    }
}

/// Whether the columns of so many entries can be gathered and factorised.
pub(super) fn is_possible<T: Real, A: LinearMap<T> + ?Sized>(map: &A, between: usize) -> bool {
    let rows = map.rows();
    let is_whole = Space::Image.length::<T, A>(map) == T::from_count(rows);
    let fits = map.as_matrix().is_some() || rows.saturating_mul(between) <= MOST_ENTRIES;
    is_whole && fits && between > 0
}

/// A·D = Q·R for a dense matrix with more rows than columns: columns of R, which are shorter, are
/// factorised in place of those of A·D.
#[derive(Debug)]
pub(super) struct Compact<T: Real> {
    factors: QR<T, Dyn, Dyn>,
    triangle: DMatrix<T>,
}

impl<T: Real> Compact<T> {
    /// `None` if the map is not a dense matrix, or has too few rows.
    pub(super) fn new<A>(problem: &ScaledProblem<'_, T, A>) -> Option<Self>
    where
        A: LinearMap<T> + ?Sized,
    {
        let map = &problem.operator.map;
        map.map().as_matrix()?;
        let all: Vec<usize> = (0..map.columns()).collect();
        (map.rows() > all.len()).then(|| {
            let factors = columns_of(problem, &all).qr();
            let triangle = factors.r();
            Self { factors, triangle }
        })
    }
}

/// These columns of A·D.
fn columns_of<T: Real, A: LinearMap<T> + ?Sized>(
    problem: &ScaledProblem<'_, T, A>,
    indices: &[usize],
) -> DMatrix<T> {
    let map = &problem.operator.map;
    if let Some(matrix) = map.map().as_matrix() {
        let mut columns = matrix.select_columns(indices);
        for (mut column, &j) in columns.column_iter_mut().zip(indices) {
            column.apply(|value| *value = value.scale_by_power_of_two(-map.exponent_of(j)));
        }
        return columns;
    }
    let mut columns = DMatrix::zeros(map.rows(), indices.len());
    let mut unit = vec![T::zero(); map.columns()];
    for (column, &j) in (columns.as_mut_slice().chunks_exact_mut(map.rows())).zip(indices) {
        unit[j] = T::one();
        map.apply(&unit, column);
        unit[j] = T::zero();
    }
    columns
}

/// Writes d for which ‖A·d + r‖ is least over the entries of `between` to `direction`, and 0 to the
/// others; where columns are dependent to rounding, some of their entries are 0.
pub(super) fn write_direction<T: Real, A: LinearMap<T> + ?Sized>(
    problem: &ScaledProblem<'_, T, A>,
    compact: Option<&Compact<T>>,
    between: &[usize],
    residual: &[T],
    direction: &mut [T],
) {
    let longer = T::from_count(residual.len().max(between.len()));
    let mut right_side = DVector::from_column_slice(residual);
    let columns = match compact {
        Some(compact) => {
            compact.factors.q_tr_mul(&mut right_side);
            compact.triangle.select_columns(between)
        }
        None => columns_of(problem, between),
    };
    let mut right_side = right_side.rows(0, columns.nrows()).into_owned();
    let factors = columns.col_piv_qr();
    factors.q_tr_mul(&mut right_side);
    let triangle = factors.r();
    let order = triangle.nrows();
    let negligible = T::EPSILON * longer * triangle[(0, 0)].abs();
    let rank = (0..order)
        .position(|k| {
            let is_usable = triangle[(k, k)].abs() > negligible;
            !is_usable
        })
        .unwrap_or(order);
    let mut found = DVector::zeros(between.len());
    let solved = triangle
        .view((0, 0), (rank, rank))
        .solve_upper_triangular(&right_side.rows(0, rank));
    if let Some(solved) = solved {
        found.rows_mut(0, rank).copy_from(&solved);
    }
    factors.p().inv_permute_rows(&mut found);
    direction.fill(T::zero());
    for (&j, &value) in between.iter().zip(&found) {
        // Steps go against the direction.
        direction[j] = -value;
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{Compact, Progress, Schedule, is_possible, write_direction};
    use crate::solve::bounded::scaling::ScaledProblem;

    #[test]
    fn the_direction_leads_to_the_least_residual() {
        for (a, residual, between, expected) in [
            (
                dmatrix![2.0, 0.0; 0.0, 4.0],
                [2.0, 2.0],
                vec![0, 1],
                [-1.0, -0.5],
            ),
            (
                dmatrix![2.0, 0.0; 0.0, 4.0],
                [2.0, 2.0],
                vec![1],
                [0.0, -0.5],
            ),
            (
                dmatrix![3.0, 1.0; 4.0, 1.0],
                [5.0, 5.0],
                vec![0],
                [-1.4, 0.0],
            ),
            (
                dmatrix![1.0, 2.0; 0.0, 0.0],
                [4.0, 1.0],
                vec![0, 1],
                [0.0, -2.0],
            ),
        ] {
            let problem = ScaledProblem::new(&a).expect("refused");
            let mut direction = [7.0; 2];
            write_direction(&problem, None, &between, &residual, &mut direction);
            for (found, expected) in direction.iter().zip(expected) {
                let error: f64 = found - expected;
                assert!(error.abs() < 1e-14, "{a}: {direction:?}");
            }
        }
    }

    #[test]
    fn columns_of_the_triangle_lead_to_the_same_point() {
        let a = dmatrix![3.0, 1.0; 4.0, 1.0; 0.0, 2.0];
        let problem = ScaledProblem::new(&a).expect("refused");
        let compact = Compact::new(&problem);
        assert!(compact.is_some());
        let residual = [5.0, 5.0, 2.0];
        for between in [vec![0], vec![1], vec![0, 1]] {
            let directions = [None, compact.as_ref()].map(|compact| {
                let mut direction = [7.0; 2];
                write_direction(&problem, compact, &between, &residual, &mut direction);
                direction
            });
            for j in 0..2 {
                let error: f64 = directions[0][j] - directions[1][j];
                assert!(error.abs() < 1e-14, "{directions:?}");
            }
        }
        let a = dmatrix![1.0, 2.0];
        assert!(Compact::new(&ScaledProblem::new(&a).expect("refused")).is_none());
    }

    #[test]
    fn factorisations_are_due_after_steps() {
        let mut schedule = Schedule::default();
        for _ in 0..24 {
            schedule.count_step();
        }
        assert!(schedule.is_due(4) && !schedule.is_due(5));
        schedule.count_factorisation(Progress::None);
        for _ in 0..11 {
            assert!(!schedule.is_due(4));
            schedule.count_step();
        }
        assert!(schedule.is_due(4) && !schedule.is_due(8));
        schedule.count_factorisation(Progress::Some);
        assert!(schedule.is_due(1000));
    }

    #[test]
    fn no_entry_between_its_bounds_needs_no_factorisation() {
        let a = DMatrix::<f64>::zeros(3, 2);
        assert!(is_possible(&a, 2) && !is_possible(&a, 0));
    }
}
