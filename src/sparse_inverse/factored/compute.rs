//! The call.

use std::sync::OnceLock;

use nalgebra_sparse::CsrMatrix;

use crate::descent::{Observer, Silent};
use crate::numerics::real::Real;
use crate::sparse_inverse::factored::config::FactoredInverseConfig;
use crate::sparse_inverse::factored::error::FactoredInverseError;
use crate::sparse_inverse::factored::inverse::FactoredInverse;
use crate::sparse_inverse::factored::matrix::{
    UnitDiagonal, check_shape, common_exponent, fingerprint, scale_of_row,
};
use crate::sparse_inverse::factored::product::Scratch;
use crate::sparse_inverse::factored::rows::{FactorRun, RowMemory, RowTask};
use crate::sparse_inverse::factored::sorted_rows::SortedRows;
use crate::sparse_inverse::row_runs::{RowRun, RowsEnd, compute_rows};

/// The multiplications that an entry of A takes, about, for the choice whether threads are worth it.
const MULTIPLICATIONS_PER_ENTRY: usize = 64;

/// Computes a sparse lower triangular G with Gᵀ·G ≈ A⁻¹ for a symmetric positive definite matrix A,
/// n×n: a preconditioner whose products need no triangular solves.
///
/// # Formula
///
/// Row i of G is (f, 1)/√ψᵢ, with entries f on a sparse pattern P left of the diagonal, and f is the
/// minimum of Kaporin's functional
///
/// ```text
/// ψᵢ(f) = aᵢᵢ + 2·fᵀ·a + fᵀ·A_PP·f,  a = A_P,i,  so that  A_PP·f = −a.
/// ```
///
/// Over all G with this pattern, this G has the least Kaporin condition number
/// (trace(G·A·Gᵀ)/n)ⁿ/det(G·A·Gᵀ), and G·A·Gᵀ has a diagonal of ones. Half of the gradient of ψᵢ
/// outside of the pattern is gⱼ = (A·(f, 1))ⱼ for j < i, and an entry j lowers ψᵢ by at least
/// gⱼ²/aⱼⱼ: where that is largest the pattern grows, several entries at a time, until
/// gⱼ² ≤ τ²·aⱼⱼ·ψᵢ for all j or the row is full. The small systems are solved by a Cholesky
/// factorisation that grows with the pattern.
///
/// Rows are independent of each other, and with the feature `threads` they are computed in parallel,
/// with the same result to the last bit on any number of threads. Nothing is stored beside A and G
/// but two numbers for each row, and room for one row in each thread.
///
/// # What it is good for
///
/// As [`SolveConfig::preconditioner`](crate::solve::SolveConfig::preconditioner) of a problem of
/// the kind [`PositiveDefinite`](crate::solve::SolveProblem::PositiveDefinite), above all for
/// several right-hand sides, for one after another, and on several threads: a step takes more work
/// than with the diagonal alone, and there are far fewer. It does not break down on a positive
/// definite matrix, as incomplete Cholesky factorisations can: an entry that depends on the others of
/// its row, up to rounding, is left out. For smooth problems on grids, multigrid
/// takes fewer steps.
///
/// # Errors
///
/// [`FactoredInverseError::Input`] if A is empty, not square or has an entry that is NaN or infinite,
/// or if a setting is out of its range; otherwise the error of the first row that has one:
/// [`NotSymmetric`](FactoredInverseError::NotSymmetric),
/// [`DiagonalNotPositive`](FactoredInverseError::DiagonalNotPositive) or
/// [`NotPositiveDefinite`](FactoredInverseError::NotPositiveDefinite). No error does not prove that A
/// is positive definite.
///
/// # Source
///
/// Kolotilina and Yeremin, "Factorized sparse approximate inverse preconditionings I", 1993;
/// Kaporin, "New convergence results and preconditioning strategies for the conjugate gradient
/// method", 1994. The growing pattern: Janna, Ferronato, Sartoretto and Gambolati, "FSAIPACK: a
/// software package for high-performance factored sparse approximate inverse preconditioning", 2015.
///
/// # Example
///
/// ```
/// use matrix_descent::sparse_inverse::{factored_inverse_by_descent, FactoredInverseConfig};
/// use matrix_descent::{solve_by_descent, SolveConfig, SolveProblem};
/// use nalgebra::DVector;
/// use nalgebra_sparse::{CooMatrix, CsrMatrix};
///
/// // A chain of 1000 springs, every tenth a hundred times as stiff.
/// let n = 1000;
/// let stiffness = |i: usize| if i % 10 == 0 { 100.0 } else { 1.0 };
/// let mut entries = CooMatrix::new(n, n);
/// for i in 0..n {
///     entries.push(i, i, stiffness(i) + stiffness(i + 1) + 0.01);
///     if i + 1 < n {
///         entries.push(i, i + 1, -stiffness(i + 1));
///         entries.push(i + 1, i, -stiffness(i + 1));
///     }
/// }
/// let a = CsrMatrix::from(&entries);
///
/// let inverse = factored_inverse_by_descent(&a, FactoredInverseConfig::default())?;
/// let b = DVector::from_element(n, 1.0);
/// let config = SolveConfig::default().problem(SolveProblem::PositiveDefinite).tolerance(1e-10);
/// let plain = solve_by_descent(&a, &b, config.clone())?;
/// let found = solve_by_descent(&a, &b, config.preconditioner(&inverse))?;
/// assert!(4 * found.reports[0].steps < plain.reports[0].steps);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn factored_inverse_by_descent<T: Real, S: Real, O: Observer<T>>(
    matrix: &CsrMatrix<T>,
    config: FactoredInverseConfig<T, S, O>,
) -> Result<FactoredInverse<T, S>, FactoredInverseError<T>> {
    check_shape(matrix)?;
    config.validate(matrix.nrows())?;
    let FactoredInverseConfig {
        pattern,
        tolerance,
        mut observer,
        ..
    } = config;
    let RowFacts {
        scales,
        fingerprints,
    } = RowFacts::of(matrix)?;
    let exponent = common_exponent::<T, S>(&scales)?;
    let task = RowTask::<T, S> {
        matrix: UnitDiagonal::new(matrix, &scales),
        pattern: &pattern,
        tolerance: tolerance.to_f64(),
        exponent,
        before: None,
    };
    let runs = computed(&task, matrix.nrows(), |row| row, &mut observer)?;
    let entries = runs.iter().map(FactorRun::stored).sum();
    let rows = runs.iter().flat_map(FactorRun::rows);
    Ok(FactoredInverse {
        rows: SortedRows::new(entries, matrix.nrows(), rows),
        transposed: OnceLock::new(),
        exponent,
        scales,
        fingerprints,
        tolerance: tolerance.to_f64(),
        pattern,
        scratch: Scratch::new(),
    })
}

/// Computes `count` rows, the index of each of which is given.
pub(super) fn computed<T: Real, S: Real>(
    task: &RowTask<'_, T, S>,
    count: usize,
    index: impl Fn(usize) -> usize + Send + Sync,
    observer: &mut impl Observer<T>,
) -> Result<Vec<FactorRun<S>>, FactoredInverseError<T>> {
    let order = task.matrix.order();
    let entries_per_row = task.matrix.stored().div_ceil(order);
    let multiplications = MULTIPLICATIONS_PER_ENTRY * entries_per_row * count;
    let runs = compute_rows(
        count,
        multiplications,
        observer,
        || RowMemory::new(order),
        |memory, rows| task.run(memory, rows.map(&index)),
    );
    runs.map_err(ended)
}

fn ended<T: Real>(end: RowsEnd<FactoredInverseError<T>>) -> FactoredInverseError<T> {
    match end {
        RowsEnd::Failed(error) => error,
        RowsEnd::Stopped { rows } => FactoredInverseError::Stopped { rows },
    }
}

/// What is known of each row before any is computed.
pub(super) struct RowFacts {
    pub(super) scales: Vec<f64>,
    pub(super) fingerprints: Vec<u64>,
}

impl RowRun for RowFacts {
    fn loss(&self) -> f64 {
        0.0
    }
}

impl RowFacts {
    /// Checks that all entries are finite and the diagonal is positive.
    pub(super) fn of<T: Real>(matrix: &CsrMatrix<T>) -> Result<Self, FactoredInverseError<T>> {
        let runs = compute_rows::<T, _, _, _>(
            matrix.nrows(),
            2 * matrix.nnz(),
            &mut Silent,
            || (),
            |(), rows| {
                let mut facts = Self {
                    scales: Vec::with_capacity(rows.len()),
                    fingerprints: Vec::with_capacity(rows.len()),
                };
                for row in rows {
                    let view = matrix.row(row);
                    let (columns, values) = (view.col_indices(), view.values());
                    facts.scales.push(scale_of_row(row, columns, values)?);
                    facts.fingerprints.push(fingerprint(columns, values));
                }
                Ok(facts)
            },
        );
        let runs = runs.map_err(ended)?;
        Ok(Self {
            scales: runs.iter().flat_map(|run| &run.scales).copied().collect(),
            fingerprints: (runs.iter())
                .flat_map(|run| &run.fingerprints)
                .copied()
                .collect(),
        })
    }
}
