//! How singular a matrix is.
//!
//! A factorisation decides, because it separates singular values that are noise from small ones
//! better than a descent, which may invert some of the noise before it ends.

use nalgebra::{ColPivQR, DMatrix, DVector};
use pulp::{Arch, Simd, WithSimd};

use crate::numerics::norm::{columns, sum_of_squares};
use crate::numerics::real::Real;
use crate::numerics::reflection::{reflect, to_axis_of};

/// The pivots of a square matrix by a QR factorisation with column pivoting: M·P = Q·R.
///
/// nalgebra takes the column with the largest remaining entry, where Businger and Golub ("Linear
/// least squares solutions by Householder transformations", 1965) take the one of the largest norm.
#[derive(Debug, Clone)]
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

    /// The first pivot, divided by the smallest one.
    pub(crate) fn spread(&self) -> T {
        self.magnitudes[0] / self.magnitudes.min()
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

impl Pivots<f64> {
    /// The pivots on the diagonal of R.
    pub(crate) fn on_diagonal(factors: &PivotedTriangle) -> Self {
        Self {
            magnitudes: factors.r.diagonal().abs(),
        }
    }
}

/// R of M·P = Q·R, with the longest remaining column first (Businger and Golub), and the order of
/// the columns. It takes a fraction of the time of nalgebra's factorisation.
pub(crate) struct PivotedTriangle {
    /// R in the upper triangle; what is below it has no meaning.
    pub(crate) r: DMatrix<f64>,
    /// For each column of M·P, its index in M.
    pub(crate) order: Vec<usize>,
}

impl PivotedTriangle {
    /// For an equilibrated matrix, of which no sum of squares overflows.
    pub(crate) fn of(matrix: &DMatrix<f64>) -> Self {
        let squares: Vec<f64> = columns(matrix).map(sum_of_squares).collect();
        Arch::new().dispatch(Elimination {
            order: (0..matrix.ncols()).collect(),
            measured: squares.clone(),
            squares,
            a: matrix.clone(),
        })
    }
}

/// The factorisation in progress.
struct Elimination {
    a: DMatrix<f64>,
    order: Vec<usize>,
    /// The squares of the lengths of what is left of the columns.
    squares: Vec<f64>,
    /// The same squares when they were last summed from the entries.
    measured: Vec<f64>,
}

/// A squared length that has shrunk to this share of itself has lost two digits, and is summed from
/// the entries again.
const LOST_SHARE: f64 = 0.01;

impl WithSimd for Elimination {
    type Output = PivotedTriangle;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> PivotedTriangle {
        for k in 0..self.order.len() {
            let left = self.squares.iter().enumerate().skip(k);
            let longest = left.max_by(|(_, a), (_, b)| a.total_cmp(b));
            if let Some((longest, _)) = longest.filter(|&(longest, _)| longest != k) {
                self.a.swap_columns(k, longest);
                self.order.swap(k, longest);
                self.squares.swap(k, longest);
                self.measured.swap(k, longest);
            }
            self.eliminate(k);
        }
        PivotedTriangle {
            r: self.a,
            order: self.order,
        }
    }
}

impl Elimination {
    /// Reflects column k so that it becomes zero below row k, and all later columns with it.
    #[inline(always)]
    fn eliminate(&mut self, k: usize) {
        let n = self.a.nrows();
        let (done, rest) = self.a.as_mut_slice().split_at_mut((k + 1) * n);
        let axis = &mut done[k * n + k..];
        let pivot = to_axis(axis);
        for (index, column) in (k + 1..).zip(rest.chunks_exact_mut(n)) {
            let column = &mut column[k..];
            reflect(column, axis);
            self.squares[index] -= column[0] * column[0];
            if self.squares[index] <= LOST_SHARE * self.measured[index] {
                self.squares[index] = sum_of_squares(&column[1..]);
                self.measured[index] = self.squares[index];
            }
        }
        axis[0] = pivot;
    }
}

/// Turns a vector into the axis of the reflection that makes all its entries but the first zero, a
/// zero vector into zero; returns the first entry after the reflection.
#[inline(always)]
fn to_axis(vector: &mut [f64]) -> f64 {
    let norm = sum_of_squares(vector).sqrt();
    if norm == 0.0 {
        vector.fill(0.0);
        return 0.0;
    }
    to_axis_of(vector, norm)
}
