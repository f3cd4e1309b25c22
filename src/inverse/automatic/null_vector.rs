//! A vector that a matrix takes nearly to zero, and what it proves of the condition.

use std::f64::consts::PI;

use nalgebra::{DMatrix, DMatrixView, DVector};

use crate::inverse::automatic::pivots::PivotedTriangle;
use crate::inverse::residual::entrywise::AccurateImage;
use crate::numerics::norm::columns;
use crate::numerics::product::transpose_times_vector;
use crate::numerics::rounding::{
    absolute_times, exact_sum, largest, largest_row_sum, unit_roundoff,
};

/// Corrections of a null vector: well-conditioned pivots gain ten digits with each.
const CORRECTIONS: usize = 4;

/// An entry of a null vector that is this small beside the largest one is what the corrections
/// leave of zero: about u·√u.
const NEGLIGIBLE: f64 = 1e-24;

/// Lower bounds of κ∞ = ‖M‖∞·‖M⁻¹‖∞ from a vector that M takes nearly to zero, and what rounding
/// makes of such an inverse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ConditionBounds {
    /// For M as it is.
    pub(crate) as_it_is: f64,
    /// For M with rows and columns scaled in any way.
    pub(crate) in_any_scaling: f64,
    /// The ‖I − X·M‖∞ to be expected of the exact inverse after its entries are rounded to `f64`,
    /// as far as the vector tells: nearly a lower bound.
    pub(crate) rounded_residual: f64,
}

impl ConditionBounds {
    /// κ∞ ≥ 1 for every matrix.
    pub(crate) const NOTHING: Self = Self {
        as_it_is: 1.0,
        in_any_scaling: 1.0,
        rounded_residual: 0.0,
    };

    fn tightest(self, other: Self) -> Self {
        Self {
            as_it_is: self.as_it_is.max(other.as_it_is),
            in_any_scaling: self.in_any_scaling.max(other.in_any_scaling),
            rounded_residual: self.rounded_residual.max(other.rounded_residual),
        }
    }
}

/// What a factorisation of M proves of its condition, from the first `rank` pivots and the column
/// after them.
///
/// With R = [R₁, r, …; 0, …], where R₁ has these pivots, M takes the vector v = P·(−R₁⁻¹r, 1, 0, …)
/// nearly to zero. Corrections in twice the working precision show how nearly.
pub(crate) fn condition_bounds(
    matrix: &DMatrix<f64>,
    factors: &PivotedTriangle,
    rank: usize,
) -> ConditionBounds {
    let null_vector = NullVector::new(matrix, factors, rank);
    null_vector.map_or(ConditionBounds::NOTHING, NullVector::condition)
}

/// A vector v that M takes nearly to zero, as the unevaluated sum of two numbers an entry.
struct NullVector<'m> {
    matrix: &'m DMatrix<f64>,
    /// R₁.
    triangle: DMatrixView<'m, f64>,
    /// For each column of M·P, its index in M.
    order: &'m [usize],
    high: DVector<f64>,
    low: DVector<f64>,
    /// M·v.
    image: DVector<f64>,
    accurate: AccurateImage,
}

impl<'m> NullVector<'m> {
    fn new(matrix: &'m DMatrix<f64>, factors: &'m PivotedTriangle, rank: usize) -> Option<Self> {
        let n = matrix.nrows();
        let PivotedTriangle { r, order } = factors;
        let triangle = r.view((0, 0), (rank, rank));
        let solution = triangle.solve_upper_triangular(&r.view((0, rank), (rank, 1)))?;
        let [mut high, low, image] = [(); 3].map(|()| DVector::zeros(n));
        high[order[rank]] = 1.0;
        for (&index, value) in order.iter().zip(solution.iter()) {
            high[index] = -value;
        }
        Some(Self {
            matrix,
            triangle,
            order,
            high,
            low,
            image,
            accurate: AccurateImage::new(n),
        })
    }

    /// What v proves, after corrections as long as they gain something.
    fn condition(mut self) -> ConditionBounds {
        let mut best = self.bounds();
        for _ in 0..CORRECTIONS {
            if self.correct().is_none() {
                break;
            }
            let bounds = self.bounds();
            // False for NaN too.
            let gains = bounds.as_it_is > 2.0 * best.as_it_is;
            best = best.tightest(bounds);
            if !gains {
                break;
            }
        }
        self.drop_negligible();
        best.tightest(self.bounds())
    }

    /// ‖M⁻¹‖∞ ≥ ‖v‖∞/‖M·v‖∞. If |M·v| ≤ ω|M||v|, then (M + E)·v = 0 for an |E| ≤ ω|M| (Oettli and
    /// Prager, "Compatibility of approximate solution of linear equations", 1964), which no scaling
    /// changes: κ∞ ≥ ‖M‖∞/‖E‖∞ ≥ 1/ω.
    fn bounds(&mut self) -> ConditionBounds {
        let (matrix, high) = (self.matrix, &self.high);
        let bounds = self
            .accurate
            .update(matrix, high, &self.low, &mut self.image);
        let sizes: Vec<f64> = high.iter().map(|value| value.abs()).collect();
        let products = absolute_times(matrix, &sizes);
        let ratios = bounds
            .iter()
            .zip(&products)
            .filter(|(bound, _)| **bound > 0.0);
        let omega = largest(ratios.map(|(bound, product)| bound / product));
        let image_norm = largest(bounds.iter().copied());
        let [as_it_is, rounded_residual] = if image_norm == 0.0 {
            [f64::INFINITY; 2]
        } else {
            [
                largest_row_sum(matrix) * high.amax() / image_norm,
                high.amax() * rounded_row_sum(matrix, bounds),
            ]
        };
        ConditionBounds {
            as_it_is,
            in_any_scaling: omega.recip(),
            rounded_residual,
        }
    }

    /// v ← v − P·(z, 0, …) with the least squares solution z of R₁ᵀR₁·z = (M·P)₁ᵀ·(M·v).
    fn correct(&mut self) -> Option<()> {
        let mut gradient = DVector::zeros(self.matrix.nrows());
        let image = self.image.as_slice();
        transpose_times_vector(self.matrix.as_slice(), image, gradient.as_mut_slice());
        let rank = self.triangle.nrows();
        let mut z = DVector::from_fn(rank, |i, _| gradient[self.order[i]]);
        let is_solved = self.triangle.tr_solve_upper_triangular_mut(&mut z)
            && self.triangle.solve_upper_triangular_mut(&mut z);
        for (&index, value) in self.order.iter().zip(z.iter()) {
            (self.high[index], self.low[index]) =
                exact_sum(self.high[index], self.low[index] - value);
        }
        is_solved.then_some(())
    }

    /// Sets to zero what rounding has left of zero, which would count as a relative error.
    fn drop_negligible(&mut self) {
        let negligible = NEGLIGIBLE * self.high.amax();
        for (high, low) in self.high.iter_mut().zip(self.low.iter_mut()) {
            if high.abs() <= negligible {
                (*high, *low) = (0.0, 0.0);
            }
        }
    }
}

/// The row sum to be expected of |δ·M|, where δ is the rounding of the row r = yᵀ/‖y‖² for a y with
/// these |yᵢ|.
///
/// M⁻¹ takes y = M·v to v, so that its row i is vᵢ·yᵀ/‖y‖² and what is orthogonal to y. The entries
/// of δ are independent, with a variance of about u²·rₖ²/3: Σₖ δₖ·mₖⱼ has the variance
/// u²/3·Σₖ rₖ²·mₖⱼ², and as a normal number √(2/π) times its root for a mean size.
fn rounded_row_sum(matrix: &DMatrix<f64>, sizes: &[f64]) -> f64 {
    let largest_size = largest(sizes.iter().copied());
    // Relative to the largest, whose square may underflow.
    let relative: Vec<f64> = sizes.iter().map(|size| size / largest_size).collect();
    let length: f64 = relative.iter().map(|size| size * size).sum();
    let root = |column: &[f64]| -> f64 {
        let terms = column.iter().zip(&relative).map(|(m, size)| m * size);
        terms.map(|term| term * term).sum::<f64>().sqrt()
    };
    let roots: f64 = columns(matrix).map(root).sum();
    unit_roundoff() * (2.0 / (3.0 * PI)).sqrt() * roots / (length * largest_size)
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector, dmatrix};

    use super::{ConditionBounds, condition_bounds};
    use crate::inverse::automatic::pivots::{PivotedTriangle, Pivots};
    use crate::numerics::rounding::{largest_row_sum, unit_roundoff};

    fn all_bounds(matrix: &DMatrix<f64>) -> ConditionBounds {
        let factors = PivotedTriangle::of(matrix);
        let rank = Pivots::on_diagonal(&factors).numerical_rank();
        condition_bounds(matrix, &factors, rank)
    }

    fn bounds(matrix: &DMatrix<f64>) -> [f64; 2] {
        let bounds = all_bounds(matrix);
        [bounds.as_it_is, bounds.in_any_scaling]
    }

    /// M = I − (1 − g)·a·aᵀ with ‖a‖ = 1 has the inverse I + (1 − g)/g·a·aᵀ.
    #[test]
    fn the_residual_of_a_rounded_inverse_is_estimated() {
        let n = 12;
        let a = DVector::from_fn(n, |i, _| 1.0 + 0.3 * (i as f64).sin()).normalize();
        for gap in [1e-6, 1e-9] {
            let m = DMatrix::identity(n, n) - &a * a.transpose() * (1.0 - gap);
            let inverse = DMatrix::identity(n, n) + &a * a.transpose() * ((1.0 - gap) / gap);
            // Any errors of at most u relative to the entries stand for their rounding.
            let rounding = inverse.map_with_location(|i, j, x| {
                let share = (7.1 * (i * n + j) as f64).sin();
                x * share * unit_roundoff()
            });
            let measured = largest_row_sum(&(rounding * &m));
            let factors = PivotedTriangle::of(&m);
            let found = condition_bounds(&m, &factors, n - 1).rounded_residual;
            let ratio = found / measured;
            assert!(
                (0.4..2.5).contains(&ratio),
                "{gap:e}: {found:e}, {measured:e}"
            );
        }
    }

    /// Integer matrices, whose entries show what they are: singular, or not.
    #[test]
    fn the_bounds_tell_singular_from_nearly_singular() {
        let counting = DMatrix::from_fn(9, 9, |i, j| (9 * i + j) as f64);
        let dominant = |i: usize, j: usize| if i == j { 20 } else { (7 * i + 3 * j) % 5 };
        let mut zero_column = DMatrix::from_fn(9, 9, |i, j| dominant(i, j) as f64);
        zero_column.column_mut(4).fill(0.0);
        for matrix in [
            DMatrix::zeros(3, 3),
            dmatrix![1.0, 2.0; 2.0, 4.0],
            dmatrix![1.0, 2.0, 3.0; 4.0, 5.0, 6.0; 7.0, 8.0, 9.0],
            counting,
            zero_column,
        ] {
            assert!(
                bounds(&matrix).iter().all(|&bound| bound > 1e24),
                "{matrix}"
            );
            assert!(all_bounds(&matrix).rounded_residual > 1e6, "{matrix}");
        }
        let large = 2.0_f64.powi(26);
        // The determinant is 1, and κ∞ (2L + 1)².
        let nearly = dmatrix![large + 1.0, large; large, large - 1.0];
        let condition = (2.0 * large + 1.0).powi(2);
        let [as_it_is, in_any_scaling] = bounds(&nearly);
        assert!(as_it_is <= condition * (1.0 + 1e-9) && as_it_is > 0.1 * condition);
        assert!(in_any_scaling <= condition * (1.0 + 1e-9) && in_any_scaling > 0.1 * condition);
    }
}
