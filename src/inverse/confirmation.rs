//! Whether a residual is really within a tolerance, where the rounding of a plain product leaves doubt.

use nalgebra::DMatrix;

use super::certificate::proof::{RowSums, absolute_row_sums, absolute_times, enlarge};
use super::equilibration::Scaling;
use super::finish::{Slices, accurate_residual};
use super::natural::{ProductCounter, Workspace};
use crate::{Real, Side};

/// An inverse and its matrix, both equilibrated.
pub(super) struct Confirmation<'a> {
    matrix: DMatrix<f64>,
    inverse: DMatrix<f64>,
    scaling: &'a Scaling,
}

/// Beside the entries of the identity, u·√u.
const NEXT_TO_NOTHING: f64 = 1e-24;

/// I − A·B, and by how many powers of two row i of it is enlarged, and column i reduced, when it is scaled
/// back.
struct Factors<'a> {
    a: &'a DMatrix<f64>,
    b: &'a DMatrix<f64>,
    exponents: Vec<i32>,
}

impl<'a> Confirmation<'a> {
    pub(super) fn new<T: Real>(
        matrix: &DMatrix<T>,
        inverse: &DMatrix<T>,
        scaling: &'a Scaling,
    ) -> Self {
        Self {
            matrix: scaling.scale(matrix),
            inverse: scaling.scale_inverse(inverse),
            scaling,
        }
    }

    /// How far rounding may have moved a residual on this side that was computed in the format T.
    pub(super) fn rounding<T: Real>(&self, side: Side) -> f64 {
        let of = |factors: Factors<'_>| {
            let n = factors.a.nrows();
            let units = 0.5 * n as f64 * T::EPSILON.to_f64();
            let sums = absolute_times(factors.a, &absolute_row_sums(factors.b));
            let rows: RowSums = sums.iter().map(|sum| 2.0 * units * (1.0 + sum)).collect();
            factors.norm_of_bound(&rows)
        };
        self.largest(side, of)
    }

    /// An upper bound of the residual on this side, from a product of more than twice the working
    /// precision; the residual itself where its rounding is next to nothing, so that that of an exact
    /// inverse is zero.
    pub(super) fn upper_bound(&self, side: Side, counter: &mut ProductCounter) -> f64 {
        let mut workspace = Workspace::new(self.matrix.nrows(), 0);
        workspace.prepare();
        let of = |factors: Factors<'_>| {
            let (a, b) = (factors.a, factors.b);
            let rows = accurate_residual(a, b, Slices::Three, &mut workspace, counter);
            let (norm, rounding) = (factors.norm(&workspace.image), factors.norm_of_bound(&rows));
            if rounding <= NEXT_TO_NOTHING {
                return norm;
            }
            enlarge(norm + rounding, a.nrows())
        };
        self.largest(side, of)
    }

    /// Of the sides that count, the larger value.
    fn largest(&self, side: Side, mut of: impl FnMut(Factors<'_>) -> f64) -> f64 {
        match side {
            Side::Left => of(self.left()),
            Side::Right => of(self.right()),
            Side::Both => of(self.left()).max(of(self.right())),
        }
    }

    /// X·M − I = C·(Xₛ·Mₛ − I)·C⁻¹.
    fn left(&self) -> Factors<'_> {
        Factors {
            a: &self.inverse,
            b: &self.matrix,
            exponents: self.scaling.column_exponents().to_vec(),
        }
    }

    /// M·X − I = R⁻¹·(Mₛ·Xₛ − I)·R.
    fn right(&self) -> Factors<'_> {
        let rows = self.scaling.row_exponents();
        Factors {
            a: &self.matrix,
            b: &self.inverse,
            exponents: rows.iter().map(|exponent| -exponent).collect(),
        }
    }
}

impl Factors<'_> {
    /// ‖·‖_F of a residual scaled back.
    fn norm(&self, residual: &DMatrix<f64>) -> f64 {
        let mut sum = 0.0;
        for (j, column) in residual.column_iter().enumerate() {
            for (value, exponent) in column.iter().zip(&self.exponents) {
                let exponent = exponent - self.exponents[j];
                sum += value.scale_by_power_of_two(exponent).powi(2);
            }
        }
        sum.sqrt()
    }

    /// A bound of ‖·‖_F of a matrix scaled back, from bounds of the row sums of its absolute values.
    fn norm_of_bound(&self, rows: &[f64]) -> f64 {
        let least = self.exponents.iter().min().copied().unwrap_or(0);
        let scaled_back = rows.iter().zip(&self.exponents);
        let squares = scaled_back.map(|(row, e)| row.scale_by_power_of_two(e - least).powi(2));
        squares.sum::<f64>().sqrt()
    }
}
