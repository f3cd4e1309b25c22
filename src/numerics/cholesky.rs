//! Cholesky's factorisation by blocks, its solves, and what a successful one proves.

use nalgebra::DMatrix;

use crate::numerics::matrix::trace;
use crate::numerics::norm::{add_multiple, dot};
use crate::numerics::rounding::{enlarge, product_error, underflow, unit_roundoff};

/// The columns that are eliminated one by one; what lies left of them is subtracted as one product.
const BLOCK: usize = 48;

/// So many columns are divided by a triangular matrix one by one.
const NARROW: usize = 24;

/// The lower triangular L of A = L·Lᵀ.
pub(crate) struct Cholesky {
    lower: DMatrix<f64>,
}

impl Cholesky {
    /// Reads the lower triangle of `a`; `None` where a pivot is not positive.
    pub(crate) fn new(mut a: DMatrix<f64>) -> Option<Self> {
        let n = a.nrows();
        for first in (0..n).step_by(BLOCK) {
            let end = n.min(first + BLOCK);
            if first > 0 {
                subtract_known(&mut a, first, end);
            }
            eliminate(&mut a, first, end)?;
        }
        a.fill_upper_triangle(0.0, 1);
        Some(Self { lower: a })
    }

    /// From a triangular R with A = RᵀR, whose diagonal may have any sign; `None` if an entry of it is
    /// 0.
    pub(crate) fn of_upper(r: &DMatrix<f64>) -> Option<Self> {
        let is_regular = r.diagonal().iter().all(|&value| value != 0.0);
        is_regular.then(|| Self {
            lower: r.transpose(),
        })
    }

    /// R = Lᵀ.
    pub(crate) fn upper(&self) -> DMatrix<f64> {
        self.lower.transpose()
    }

    /// B ← B·L⁻¹, where the columns of B are as many as those of L.
    pub(crate) fn divide_on_the_right(&self, b: &mut DMatrix<f64>) {
        divide_columns(b, &self.lower, 0, self.lower.ncols());
    }

    /// v ← A⁻¹·v.
    pub(crate) fn solve(&self, v: &mut [f64]) {
        let n = v.len();
        let column = |j: usize| &self.lower.as_slice()[j * n..][..n];
        for j in 0..n {
            let column = column(j);
            let (done, rest) = v.split_at_mut(j + 1);
            done[j] /= column[j];
            add_multiple(rest, -done[j], &column[j + 1..]);
        }
        for j in (0..n).rev() {
            let column = column(j);
            v[j] = (v[j] - dot(&column[j + 1..], &v[j + 1..])) / column[j];
        }
    }
}

/// B ← B·L⁻¹ for the columns from `first` to `end` of L, by halves from the right one on.
///
/// The columns of B are long, so that they are worked on as vectors.
fn divide_columns(b: &mut DMatrix<f64>, lower: &DMatrix<f64>, first: usize, end: usize) {
    if end - first <= NARROW {
        return substitute(b, lower, first, end);
    }
    let middle = first + ((end - first) / 2).next_multiple_of(8);
    divide_columns(b, lower, middle, end);
    let (mut left, right) = b.columns_range_pair_mut(first..middle, middle..end);
    let across = lower.view((middle, first), (end - middle, middle - first));
    left.gemm(-1.0, &right, &across, 1.0);
    divide_columns(b, lower, first, middle);
}

/// B ← B·L⁻¹ for a few columns of L, one by one.
fn substitute(b: &mut DMatrix<f64>, lower: &DMatrix<f64>, first: usize, end: usize) {
    let rows = b.nrows();
    for j in (first..end).rev() {
        let factors = lower.column(j);
        let (left, right) = b.as_mut_slice().split_at_mut((j + 1) * rows);
        let column = &mut left[j * rows..];
        let others = right[..(end - j - 1) * rows].chunks_exact(rows.max(1));
        for (other, factor) in others.zip(factors.iter().skip(j + 1)) {
            add_multiple(column, -factor, other);
        }
        column.iter_mut().for_each(|value| *value /= factors[j]);
    }
}

/// Subtracts L·Lᵀ of the columns before `first` from the columns up to `end`.
fn subtract_known(a: &mut DMatrix<f64>, first: usize, end: usize) {
    let n = a.nrows();
    let (known, mut rest) = a.columns_range_pair_mut(0..first, first..end);
    let turned = known.rows(first, end - first).transpose();
    rest.rows_mut(first, n - first)
        .gemm(-1.0, &known.rows(first, n - first), &turned, 1.0);
}

/// Eliminates the columns from `first` to `end`, one by one.
fn eliminate(a: &mut DMatrix<f64>, first: usize, end: usize) -> Option<()> {
    let n = a.nrows();
    for j in first..end {
        let (before, rest) = a.as_mut_slice().split_at_mut(j * n);
        let column = &mut rest[j..n];
        for earlier in before[first * n..].chunks_exact(n) {
            add_multiple(column, -earlier[j], &earlier[j..]);
        }
        // Not so for NaN either.
        if !(column[0] > 0.0 && column[0].is_finite()) {
            return None;
        }
        let root = column[0].sqrt();
        column.iter_mut().for_each(|value| *value /= root);
        column[0] = root;
    }
    Some(())
}

/// A positive lower bound of the smallest eigenvalue of a symmetric matrix, near `shift` if that is a
/// little below the eigenvalue; `None` where nothing is proven.
///
/// If the factorisation of the computed B = fl(A − shift·I) succeeds, then L·Lᵀ = B + Δ for a
/// positive definite L·Lᵀ, ‖Δ‖₂ ≤ g/(1 − g)·tr(B), g = (n + 1)u/(1 − (n + 1)u), in any order of
/// summation (J. W. Demmel, "On floating point errors in Cholesky", 1989; S. M. Rump,
/// "Verification of positive definiteness", 2006).
pub(crate) fn smallest_eigenvalue_bound(matrix: &DMatrix<f64>, shift: f64) -> Option<f64> {
    let n = matrix.nrows();
    let mut shifted = matrix.clone();
    let mut diagonal = 0.0_f64;
    for i in 0..n {
        shifted[(i, i)] -= shift;
        diagonal = diagonal.max(shifted[(i, i)].abs());
    }
    let trace = trace(&shifted);
    let gamma = product_error(n + 3);
    let tiny = underflow(n, trace);
    let rounding = gamma / (1.0 - gamma) * trace + unit_roundoff() * diagonal + tiny;
    let bound = shift - enlarge(rounding, n);
    if bound > 0.0 && bound.is_finite() {
        Cholesky::new(shifted).map(|_| bound * (1.0 - f64::EPSILON))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{BLOCK, Cholesky, smallest_eigenvalue_bound};

    const ORDERS: [usize; 7] = [1, 2, 7, BLOCK, BLOCK + 1, 2 * BLOCK, 131];

    /// Diagonally dominant, with entries that differ everywhere.
    fn definite(n: usize) -> DMatrix<f64> {
        let wave = DMatrix::from_fn(n, n, |i, j| ((i * n + 3 * j) as f64).sin());
        &wave * wave.transpose() + DMatrix::identity(n, n)
    }

    #[test]
    fn the_factors_give_the_matrix_and_its_solutions() {
        for n in ORDERS {
            let a = definite(n);
            let factor = Cholesky::new(a.clone()).expect("definite");
            let r = factor.upper();
            assert_eq!(r, r.upper_triangle(), "{n}");
            let scale = 1e-15 * n as f64 * a.norm();
            assert!((r.transpose() * &r - &a).norm() <= scale, "{n}");
            let x = DMatrix::from_fn(n, 3, |i, j| (i as f64) - 2.0 * (j as f64));
            let mut found = &a * &x;
            for column in found.as_mut_slice().chunks_exact_mut(n) {
                factor.solve(column);
            }
            assert!((found - &x).norm() <= scale * x.norm(), "{n}");
            let x = DMatrix::from_fn(n, n, |i, j| (i as f64) - 2.0 * (j as f64));
            let mut found = &x * r.transpose();
            factor.divide_on_the_right(&mut found);
            assert!((found - &x).norm() <= scale * x.norm(), "{n}");
        }
    }

    #[test]
    fn a_pivot_that_is_not_positive_is_refused_in_every_place() {
        for n in ORDERS {
            for place in [0, n / 2, n - 1] {
                for bad in [0.0, -1.0, f64::NAN] {
                    let mut a = definite(n);
                    a[(place, place)] = bad;
                    assert!(Cholesky::new(a).is_none(), "{n}, {place}, {bad}");
                }
            }
        }
    }

    #[test]
    fn a_bound_of_the_smallest_eigenvalue_lies_barely_below_it() {
        for n in ORDERS {
            // I + wwᵀ has the eigenvalues 1 and 1 + ‖w‖².
            let w = DMatrix::from_fn(n, 1, |i, _| (i as f64).cos());
            let a = DMatrix::identity(n, n) + &w * w.transpose();
            let smallest = if n == 1 { 2.0 } else { 1.0 };
            let bound = smallest_eigenvalue_bound(&a, 0.99 * smallest).expect("definite");
            assert!(bound < 0.99 * smallest && bound > 0.98 * smallest, "{n}");
            assert_eq!(smallest_eigenvalue_bound(&a, 1.01 * smallest), None, "{n}");
            // Too near 0 to tell from the rounding.
            assert_eq!(smallest_eigenvalue_bound(&a, 1e-17), None, "{n}");
        }
        // Not definite, whatever the shift: eigenvalues 3 and −1.
        let a = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]);
        assert_eq!(smallest_eigenvalue_bound(&a, 1e-3), None);
    }
}
