//! A measured residual and one correction, when the bound of an updated inverse has grown too
//! large.

use nalgebra::DMatrix;

use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::inverse::certificate::proof::ResidualBounds;
use crate::inverse::scaling::Scaling;
use crate::inverse::tracker::bound::rounding_of_storing;
use crate::inverse::tracker::norms::Norms;
use crate::inverse::tracker::passes::{Images, run};
use crate::numerics::matrix::subtract_from_identity;
use crate::numerics::norm::all_finite;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::numerics::rounding::{
    enlarge, largest, or_infinity, product_error, smallest_subnormal, underflow_of_sum,
    unit_roundoff,
};

/// A matrix, and memory for what a refresh of its inverse computes.
pub(super) struct Refresh<'a, T: Real> {
    pub(super) matrix: &'a DMatrix<T>,
    pub(super) scaling: &'a Scaling,
    pub(super) norms: &'a Norms,
    /// Σⱼ|mᵢⱼ|·2^cⱼ for each row.
    pub(super) matrix_sums: &'a [f64],
    pub(super) is_symmetric: bool,
    pub(super) workspace: &'a mut Workspace<f64>,
    /// Two rows of n numbers.
    pub(super) rows: [&'a mut [f64]; 2],
}

/// A residual so many times as large as the bound of its rounding is worth a correction.
const MEASURABLE: f64 = 2.0;

/// A refreshed inverse.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refreshed {
    /// A bound of ‖I − Xₛ·Mₛ‖∞.
    pub(super) residual: f64,
    pub(super) is_corrected: bool,
}

impl<T: Real> Refresh<'_, T> {
    /// Measures the residual of X by one product, and if it is above the goal or above its rounding,
    /// corrects X by a second one; returns a bound at most the goal, or nothing if that is out of
    /// reach.
    pub(super) fn run(
        mut self,
        inverse: &mut DMatrix<T>,
        goal: f64,
        counter: &mut ProductCounter,
    ) -> Option<Refreshed> {
        if !all_finite(inverse.as_slice()) {
            return None;
        }
        let bounds = self.measure(inverse, counter);
        // A correction lowers what is more than the rounding of the product.
        if bounds.residual <= goal && bounds.residual <= MEASURABLE * bounds.rounding {
            return Some(Refreshed {
                residual: bounds.residual,
                is_corrected: false,
            });
        }
        let size = bounds.residual + bounds.rounding;
        let remainder = bounds.rounding + size * bounds.residual;
        // False for NaN too.
        let is_within_reach = remainder <= goal;
        if !is_within_reach {
            return None;
        }
        let rounding = self.correct(inverse, &bounds, counter);
        if !all_finite(inverse.as_slice()) {
            return None;
        }
        let residual = enlarge(remainder + rounding, inverse.nrows());
        (residual <= goal).then_some(Refreshed {
            residual,
            is_corrected: true,
        })
    }

    /// Xₛ into `momentum`, Mₛ into `direction`, and I − Xₛ·Mₛ into `image`, with its bounds.
    fn measure(&mut self, inverse: &DMatrix<T>, counter: &mut ProductCounter) -> ResidualBounds {
        let w = &mut *self.workspace;
        w.prepare();
        self.scaling.write_scaled(self.matrix, &mut w.direction);
        self.scaling.write_scaled_inverse(inverse, &mut w.momentum);
        counter.multiply(&mut w.image, &w.momentum, &w.direction);
        subtract_from_identity(&mut w.image);
        let [rows, products] = &mut self.rows;
        let sums = self.matrix_sums.iter().zip(&self.norms.rows);
        let sums = sums.map(|(sum, weight)| sum * weight);
        let matrix_norm = largest(sums.clone());
        w.diagonal
            .iter_mut()
            .zip(sums)
            .for_each(|(to, sum)| *to = sum);
        let inverse_norm = {
            products.fill(1.0);
            write_absolute_image(&w.momentum, products, rows);
            largest(rows.iter().copied())
        };
        write_absolute_image(&w.image, products, rows);
        write_absolute_image(&w.momentum, w.diagonal.as_slice(), products);
        ResidualBounds::from_sums(rows, products, [inverse_norm, matrix_norm])
    }

    /// X ← X + (I − X·M)·X; returns a bound of ‖ΔX·Mₛ‖∞ for all rounding on the way, where `measure`
    /// has left its results.
    fn correct(
        &mut self,
        inverse: &mut DMatrix<T>,
        bounds: &ResidualBounds,
        counter: &mut ProductCounter,
    ) -> f64 {
        let w = &mut *self.workspace;
        let n = inverse.nrows();
        counter.multiply(&mut w.direction_image, &w.image, &w.momentum);
        w.momentum += &w.direction_image;
        let store = |entry: &mut T, value: f64| *entry = <T as Real>::from_f64(value);
        inverse.zip_apply(&w.momentum, store);
        self.scaling.unscale_inverse(inverse);
        let [sums, products] = &mut self.rows;
        sums.fill(underflow_of_sum(n));
        if self.is_symmetric {
            symmetrize(inverse, &self.norms.inverse_rows, sums);
        }
        let moved = self.norms.norm_of_inverse(sums);
        write_absolute_image(&w.momentum, w.diagonal.as_slice(), products);
        let storing = 2.0 * rounding_of_storing::<T>();
        // The sum, and X as it is stored.
        let rounding = (2.0 * unit_roundoff() + storing) * largest(products.iter().copied());
        let size = bounds.residual + bounds.rounding;
        let of_product = product_error(n) * size * bounds.a_norm;
        or_infinity(rounding + (of_product + moved + self.lost()) * bounds.b_norm)
    }

    /// The most that underflow may take from a row of Xₛ: in the product, when it is stored in the
    /// format, and when it is scaled back.
    fn lost(&self) -> f64 {
        let largest_of = |weights: &[f64]| largest(weights.iter().copied());
        let n = self.norms.rows.len();
        let entry = T::to_f64(smallest_subnormal::<T>());
        let weight = largest_of(&self.norms.inverse_rows) * largest_of(&self.norms.inverse_columns);
        n as f64 * (entry * (1.0 + weight) + underflow_of_sum(n))
    }
}

/// `sums` ← |A|·w.
fn write_absolute_image(matrix: &DMatrix<f64>, weights: &[f64], sums: &mut [f64]) {
    run(Images {
        matrix: matrix.as_slice(),
        vectors: &[],
        images: &mut [],
        weights,
        sums,
    });
}

/// X ← (X + Xᵀ)/2; adds |ΔX|·w, where w are the `weights`, to the sums of the rows.
pub(super) fn symmetrize<T: Real>(x: &mut DMatrix<T>, weights: &[f64], sums: &mut [f64]) {
    let half = <T as Real>::from_f64(0.5);
    for j in 0..x.ncols() {
        for i in 0..j {
            let (upper, lower) = (x[(i, j)], x[(j, i)]);
            // Halved first, so that the sum cannot overflow.
            let mean = half * upper + half * lower;
            sums[i] += (mean.to_f64() - upper.to_f64()).abs() * weights[j];
            sums[j] += (mean.to_f64() - lower.to_f64()).abs() * weights[i];
            (x[(i, j)], x[(j, i)]) = (mean, mean);
        }
    }
}
