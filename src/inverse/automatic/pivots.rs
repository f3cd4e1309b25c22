//! How singular a matrix is.
//!
//! A factorisation decides, because it separates singular values that are noise from small ones
//! better than a descent, which may invert some of the noise before it ends.

use nalgebra::{ColPivQR, DMatrix, DVector};

use crate::numerics::real::Real;

/// The pivots of a square matrix by a QR factorisation with column pivoting: M·P = Q·R.
///
/// nalgebra takes the column with the largest remaining entry, where Businger and Golub ("Linear
/// least squares solutions by Householder transformations", 1965) take the one of the largest norm.
pub(crate) struct Pivots<T: Real> {
    /// |rᵢᵢ|.
    magnitudes: DVector<T>,
}

impl<T: Real> Pivots<T> {
    /// The pivots of a matrix that is not empty.
    pub(crate) fn of(matrix: &DMatrix<T>) -> Self {
        let factors = ColPivQR::new(matrix.clone());
        Self {
            magnitudes: factors.unpack_r().diagonal().abs(),
        }
    }

    /// The numerical rank of a matrix that is singular to working precision: the number of pivots
    /// that exceed n·ε times the first one, at most n − 1.
    pub(crate) fn numerical_rank(&self) -> usize {
        let noise = self.noise();
        let rank = self.magnitudes.iter().filter(|&&pivot| pivot > noise);
        rank.count().min(self.magnitudes.len() - 1)
    }

    /// Whether the last pivot may be nothing but rounding.
    pub(crate) fn end_in_noise(&self) -> bool {
        self.magnitudes.min() <= self.noise()
    }

    /// Whether κ is so large that no search in this format can succeed: σₙ ≤ |rₙₙ| and |r₁₁| ≤ σ₁,
    /// so that |rₙₙ| ≤ 2ε·|r₁₁| means κ ≥ 1/(2ε). Entries rounded to nearest are off by up to ε/2
    /// of themselves; together that moves singular values by up to about ε·σ₁.
    pub(crate) fn are_beyond_precision(&self) -> bool {
        self.magnitudes.min() <= <T as Real>::from_f64(2.0) * T::EPSILON * self.magnitudes[0]
    }

    fn noise(&self) -> T {
        T::from_count(self.magnitudes.len()) * T::EPSILON * self.magnitudes[0]
    }
}
