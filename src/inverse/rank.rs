//! How singular a matrix is.
//!
//! A factorisation tells, because it separates singular values that are noise from those that are
//! small better than a descent does, which may invert some of the noise before it ends.

use nalgebra::{ColPivQR, DMatrix, DVector};

use crate::Real;

/// The numerical rank of a square matrix that is singular to working precision: the diagonal
/// entries of R in M·P = Q·R, columns pivoted, that exceed n·ε times the largest one, n − 1 at the
/// most (Businger and Golub, "Linear least squares solutions by Householder transformations", 1965).
pub(super) fn numerical_rank<T: Real>(matrix: &DMatrix<T>) -> usize {
    let n = matrix.nrows();
    let pivots = pivots(matrix);
    let noise = T::from_count(n) * T::EPSILON * pivots[0];
    let rank = pivots.iter().filter(|&&pivot| pivot > noise).count();
    rank.min(n - 1)
}

/// Whether κ is so large that no search in this format can succeed: σₙ ≤ |rₙₙ| and |r₁₁| ≤ σ₁, so
/// that |rₙₙ| ≤ 2ε·|r₁₁| means κ ≥ 1/(2ε). Entries rounded to nearest are off by up to ε/2 of
/// themselves; together that moves singular values by up to about ε·σ₁.
pub(super) fn is_beyond_precision<T: Real>(matrix: &DMatrix<T>) -> bool {
    let pivots = pivots(matrix);
    pivots.min() <= T::nearest(2.0) * T::EPSILON * pivots[0]
}

/// |r₁₁| ≥ |r₂₂| ≥ … ≥ |rₙₙ|, to rounding.
fn pivots<T: Real>(matrix: &DMatrix<T>) -> DVector<T> {
    ColPivQR::new(matrix.clone()).unpack_r().diagonal().abs()
}
