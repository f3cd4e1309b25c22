//! The least-squares step over the entries between their bounds, by a factorisation, where conjugate
//! gradients are slow.

use nalgebra::{DMatrix, DVector};

use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::real::Real;
use crate::solve::bounded::scaling::ScaledProblem;

/// The most entries of a factorisation for a map that is not a stored dense matrix.
const MOST_ENTRIES: usize = 1 << 22;

/// The steps before the first factorisation, beside one for each entry between its bounds: for a
/// dense matrix these take about as long.
const FIRST_STEPS: usize = 20;

/// The same before each further one, beside one for four entries: conjugate gradients have been slow
/// before.
const FURTHER_STEPS: usize = 10;

/// When the next factorisation of a descent is due.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Schedule {
    steps: usize,
    factorisations: usize,
}

impl Schedule {
    pub(super) fn count_step(&mut self) {
        self.steps += 1;
    }

    pub(super) fn count_factorisation(&mut self) {
        self.factorisations += 1;
        self.steps = 0;
    }

    /// Whether a factorisation for so many entries is worth its time.
    pub(super) fn is_due(&self, between: usize) -> bool {
        match self.factorisations {
            0 => self.steps >= between + FIRST_STEPS,
            _ => self.steps >= between / 4 + FURTHER_STEPS,
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

/// Writes d for which ‖A·d + r‖ is least over the entries of `between` to `direction`, and 0 to the
/// others; where columns are dependent to rounding, some of their entries are 0.
///
/// `image` is overwritten.
pub(super) fn write_direction<T: Real, A: LinearMap<T> + ?Sized>(
    problem: &ScaledProblem<'_, T, A>,
    between: &[usize],
    residual: &[T],
    direction: &mut [T],
    image: &mut [T],
) {
    let map = &problem.operator.map;
    let mut columns = DMatrix::zeros(residual.len(), between.len());
    direction.fill(T::zero());
    for (mut column, &j) in columns.column_iter_mut().zip(between) {
        direction[j] = T::one();
        map.apply(direction, image);
        direction[j] = T::zero();
        column.copy_from_slice(image);
    }
    let longer = T::from_count(columns.nrows().max(columns.ncols()));
    let factors = columns.col_piv_qr();
    let mut right_side = DVector::from_column_slice(residual);
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
    for (&j, &value) in between.iter().zip(&found) {
        // Steps go against the direction.
        direction[j] = -value;
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{Schedule, is_possible, write_direction};
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
            let (mut direction, mut image) = ([7.0; 2], [0.0; 2]);
            write_direction(&problem, &between, &residual, &mut direction, &mut image);
            for (found, expected) in direction.iter().zip(expected) {
                let error: f64 = found - expected;
                assert!(error.abs() < 1e-14, "{a}: {direction:?}");
            }
        }
    }

    #[test]
    fn factorisations_are_due_after_steps() {
        let mut schedule = Schedule::default();
        for _ in 0..24 {
            schedule.count_step();
        }
        assert!(schedule.is_due(4) && !schedule.is_due(5));
        schedule.count_factorisation();
        for _ in 0..11 {
            assert!(!schedule.is_due(4));
            schedule.count_step();
        }
        assert!(schedule.is_due(4) && !schedule.is_due(8));
    }

    #[test]
    fn no_entry_between_its_bounds_needs_no_factorisation() {
        let a = DMatrix::<f64>::zeros(3, 2);
        assert!(is_possible(&a, 2) && !is_possible(&a, 0));
    }
}
