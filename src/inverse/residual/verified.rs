//! Whether a residual is really within a tolerance, if the rounding of a plain product leaves
//! doubt.

use nalgebra::DMatrix;

use crate::inverse::residual::accurate::{
    DIRECT_UP_TO, ResidualBuffers, Slices, accurate_residual,
};
use crate::inverse::residual::entrywise::residual_by_entries;
use crate::inverse::scaling::Scaling;
use crate::numerics::matrix::add_to_diagonal;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::numerics::rounding::{absolute_row_sums, absolute_times, enlarge, unit_roundoff};
use crate::objective::Side;

/// A residual to verify: an inverse and its matrix, both equilibrated.
pub(crate) struct VerifiedResidual<'a> {
    matrix: DMatrix<f64>,
    inverse: DMatrix<f64>,
    scaling: &'a Scaling,
}

/// u·√u: negligible compared with the entries of the identity.
const NEGLIGIBLE: f64 = 1e-24;

/// The factors of I − A·B, and the power of two by which scaling back enlarges row i of it and
/// reduces column i.
struct ScaledFactors<'a> {
    a: &'a DMatrix<f64>,
    b: &'a DMatrix<f64>,
    exponents: Vec<i32>,
}

impl<'a> VerifiedResidual<'a> {
    pub(crate) fn new<T: Real>(
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
    pub(crate) fn rounding<T: Real>(&self, side: Side, counter: &mut ProductCounter) -> f64 {
        let of = |factors: ScaledFactors<'_>| factors.rounding(T::EPSILON.to_f64(), counter);
        self.largest(side, of)
    }

    /// The residual on this side, from one by a plain product in `f64`: for small matrices that of
    /// more than twice the working precision, for others at least as large as the rounding of the
    /// plain product, which may hide it.
    pub(crate) fn honest(&self, plain: f64, side: Side) -> f64 {
        let finer = if self.matrix.nrows() <= DIRECT_UP_TO {
            self.upper_bound(side, &mut ProductCounter::new())
        } else {
            self.resolution(side).max(plain)
        };
        // Scaling back a matrix that is no inverse may overflow.
        if finer.is_finite() && plain.is_finite() {
            finer
        } else {
            plain
        }
    }

    /// The size below which the rounding of a plain product in `f64` is likely to hide the
    /// residual: that of independent roundings, u·‖|X||M|‖_F/√n at most.
    pub(crate) fn resolution(&self, side: Side) -> f64 {
        self.largest(side, |factors| factors.resolution())
    }

    /// An upper bound of the residual on this side, from a product of more than twice the working
    /// precision. If its rounding is negligible, the residual itself, so that an exact inverse has
    /// residual zero.
    pub(crate) fn upper_bound(&self, side: Side, counter: &mut ProductCounter) -> f64 {
        self.largest(side, |factors| factors.upper_bound(counter))
    }

    /// The largest value over the sides that count.
    fn largest(&self, side: Side, mut of: impl FnMut(ScaledFactors<'_>) -> f64) -> f64 {
        match side {
            Side::Left => of(self.left()),
            Side::Right => of(self.right()),
            Side::Both => of(self.left()).max(of(self.right())),
        }
    }

    /// X·M − I = C·(Xₛ·Mₛ − I)·C⁻¹.
    fn left(&self) -> ScaledFactors<'_> {
        ScaledFactors {
            a: &self.inverse,
            b: &self.matrix,
            exponents: self.scaling.column_exponents().to_vec(),
        }
    }

    /// M·X − I = R⁻¹·(Mₛ·Xₛ − I)·R.
    fn right(&self) -> ScaledFactors<'_> {
        let rows = self.scaling.row_exponents();
        ScaledFactors {
            a: &self.matrix,
            b: &self.inverse,
            exponents: rows.iter().map(|exponent| -exponent).collect(),
        }
    }
}

impl ScaledFactors<'_> {
    /// Whether the residual is the same before and after the scaling.
    fn are_scaled_alike(&self) -> bool {
        self.exponents.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// A bound of ‖δ‖_F for the rounding δ of a plain product: |δ| ≤ 2nu·(I + |A||B|), before and
    /// after the scaling.
    fn rounding(&self, epsilon: f64, counter: &mut ProductCounter) -> f64 {
        let n = self.a.nrows();
        let units = n as f64 * epsilon;
        if self.are_scaled_alike() {
            let mut rows = absolute_times(self.a, &absolute_row_sums(self.b));
            rows.iter_mut().for_each(|row| *row += 1.0);
            return units * euclidean_norm(&rows);
        }
        let mut sizes = DMatrix::zeros(n, n);
        counter.multiply(&mut sizes, &self.a.abs(), &self.b.abs());
        add_to_diagonal(&mut sizes, 1.0);
        units * self.norm(&sizes)
    }

    fn resolution(&self) -> f64 {
        // (|A||B|·e)ᵢ, scaled back.
        let power = |exponent: i32| 1.0.scale_by_power_of_two(exponent);
        let weights: Vec<f64> = self.exponents.iter().map(|e| power(-e)).collect();
        let mut rows = absolute_times(self.a, &absolute_times(self.b, &weights));
        for (row, exponent) in rows.iter_mut().zip(&self.exponents) {
            *row = row.scale_by_power_of_two(*exponent);
        }
        unit_roundoff() * euclidean_norm(&rows) / (self.a.nrows() as f64).sqrt()
    }

    fn upper_bound(&self, counter: &mut ProductCounter) -> f64 {
        let n = self.a.nrows();
        let [mut residual, mut errors] = [(); 2].map(|()| DMatrix::zeros(n, n));
        let rounding = if self.are_scaled_alike() {
            // A small residual is computed without slices.
            let order = if n <= DIRECT_UP_TO { 0 } else { n };
            let [mut slice_of_a, mut slice_of_b, mut product] =
                [(); 3].map(|()| DMatrix::zeros(order, order));
            let buffers = ResidualBuffers {
                residual: &mut residual,
                errors: &mut errors,
                slice_of_a: &mut slice_of_a,
                slice_of_b: &mut slice_of_b,
                product: &mut product,
            };
            let rows = accurate_residual(self.a, self.b, Slices::Three, buffers, counter);
            // The 2-norm of a row is at most the sum of its absolute values.
            euclidean_norm(&rows)
        } else {
            counter.count(Slices::Three.products());
            residual_by_entries(self.a, self.b, &mut residual, &mut errors);
            self.norm(&errors)
        };
        let norm = self.norm(&residual);
        if rounding <= NEGLIGIBLE {
            return norm;
        }
        enlarge(norm + rounding, n)
    }

    /// ‖·‖_F of a matrix scaled back like the residual.
    fn norm(&self, matrix: &DMatrix<f64>) -> f64 {
        let scaled_back = matrix.map_with_location(|i, j, value| {
            value.scale_by_power_of_two(self.exponents[i] - self.exponents[j])
        });
        euclidean_norm(scaled_back.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{DIRECT_UP_TO, ScaledFactors, VerifiedResidual};
    use crate::inverse::scaling::Scaling;
    use crate::numerics::product::counter::ProductCounter;
    use crate::objective::Side;

    fn assert_near(name: &str, found: f64, expected: f64) {
        let error = (found - expected).abs();
        assert!(error <= 1e-12 * expected, "{name}: {found}, not {expected}");
    }

    /// |xᵢⱼ|·2^(eᵢ − eⱼ).
    fn scaled_back(matrix: &DMatrix<f64>, exponents: &[i32]) -> DMatrix<f64> {
        matrix.map_with_location(|i, j, x| x.abs() * 2.0_f64.powi(exponents[i] - exponents[j]))
    }

    #[test]
    fn the_rounding_is_that_of_the_sums_of_magnitudes() {
        let a = dmatrix![3.0, -1.0, 2.0; 0.0, 4.0, -5.0; 7.0, 1.0, -2.0];
        let b = dmatrix![-2.0, 1.0, 0.0; 6.0, -3.0, 1.0; 2.0, 0.0, -8.0];
        let product = a.abs() * b.abs();
        let (one, epsilon) = (DMatrix::identity(3, 3), 1.0 / 1024.0);
        for exponents in [vec![0; 3], vec![4; 3], vec![3, -1, 2], vec![-1, -1, 4]] {
            let name = format!("{exponents:?}");
            let expected = if exponents.iter().all(|&e| e == exponents[0]) {
                // The 2-norm of a row is at most its sum.
                product.column_sum().add_scalar(1.0).norm()
            } else {
                scaled_back(&(&one + &product), &exponents).norm()
            };
            let factors = ScaledFactors {
                a: &a,
                b: &b,
                exponents,
            };
            let found = factors.rounding(epsilon, &mut ProductCounter::new());
            assert_near(&name, found, 3.0 * epsilon * expected);
        }
    }

    #[test]
    fn the_bound_of_an_exact_product_is_its_residual() {
        for n in [3, DIRECT_UP_TO + 2] {
            let a = DMatrix::from_fn(n, n, |i, j| ((5 * i + 3 * j) % 11) as f64 - 5.0);
            let b = DMatrix::from_fn(n, n, |i, j| ((2 * i + 7 * j) % 13) as f64 - 6.0);
            let residual = DMatrix::identity(n, n) - &a * &b;
            let uneven: Vec<i32> = (0..n as i32).map(|i| i % 5 - 2).collect();
            for exponents in [vec![0; n], vec![7; n], uneven] {
                let expected = scaled_back(&residual, &exponents).norm();
                let mut counter = ProductCounter::new();
                let factors = ScaledFactors {
                    a: &a,
                    b: &b,
                    exponents,
                };
                let name = format!("{n}, {}", factors.exponents[0]);
                assert_near(&name, factors.upper_bound(&mut counter), expected);
                assert_eq!(counter.products(), 6, "{name}");
            }
        }
    }

    #[test]
    fn the_bound_holds_what_the_sums_of_the_product_lose() {
        // A·B = I exactly, for every t; its products have 101 bits.
        let t = 2.0_f64.powi(30) + 2.0_f64.powi(-20);
        let a = dmatrix![1.0 + t, -t; t, 1.0 - t];
        let b = dmatrix![1.0 - t, t; -t, 1.0 + t];
        // Two products an entry lose up to u·t² each, and the sum of the losses 2n roundings.
        let u = f64::EPSILON / 2.0;
        let most = 64.0 * (u * t) * (u * t);
        for exponents in [vec![0, 0], vec![0, 1]] {
            let name = format!("{exponents:?}");
            let factors = ScaledFactors {
                a: &a,
                b: &b,
                exponents,
            };
            let found = factors.upper_bound(&mut ProductCounter::new());
            assert!(found > 0.0 && found <= most, "{name}: {found} of {most}");
        }
    }

    #[test]
    fn a_residual_is_that_of_the_matrix_before_the_scaling() {
        let power = |exponent: i32| 2.0_f64.powi(exponent);
        let (rows, columns) = ([0, 25, -13], [-20, 3, 11]);
        let small = dmatrix![3.0, 1.0, -2.0; 1.0, -5.0, 1.0; 2.0, 1.0, 4.0];
        let other = dmatrix![1.0, 0.0, 2.0; -1.0, 1.0, 0.0; 3.0, 1.0, -1.0];
        let m = small.map_with_location(|i, j, value| value * power(rows[i] + columns[j]));
        let x = other.map_with_location(|i, j, value| value * power(-columns[i] - rows[j]));
        let one = DMatrix::identity(3, 3);
        let of = |a: &DMatrix<f64>, b: &DMatrix<f64>| {
            let size = &one + a.abs() * b.abs();
            let rows = (a.abs() * b.abs()).column_sum().norm();
            let resolution = 0.5 * f64::EPSILON * rows / 3.0_f64.sqrt();
            let rounding = 3.0 * f64::EPSILON * size.norm();
            [(a * b - &one).norm(), rounding, resolution]
        };
        let (left, right) = (of(&x, &m), of(&m, &x));
        let both = [0, 1, 2].map(|k| left[k].max(right[k]));
        let scaling = Scaling::of(&m);
        let verified = VerifiedResidual::new(&m, &x, &scaling);
        for (side, [residual, rounding, resolution]) in
            [(Side::Left, left), (Side::Right, right), (Side::Both, both)]
        {
            let counter = &mut ProductCounter::new();
            let name = format!("{side:?}");
            assert_near(&name, verified.upper_bound(side, counter), residual);
            assert_near(&name, verified.rounding::<f64>(side, counter), rounding);
            assert_near(&name, verified.resolution(side), resolution);
            // A small residual is computed again, whatever the plain product says.
            assert_near(&name, verified.honest(123.0, side), residual);
            assert_eq!(
                verified.honest(f64::INFINITY, side),
                f64::INFINITY,
                "{name}"
            );
        }
    }

    #[test]
    fn a_large_residual_is_at_least_its_resolution() {
        let one = DMatrix::<f64>::identity(DIRECT_UP_TO + 1, DIRECT_UP_TO + 1);
        let scaling = Scaling::of(&one);
        let verified = VerifiedResidual::new(&one, &one, &scaling);
        let u = 0.5 * f64::EPSILON;
        for (plain, expected) in [(0.0, u), (0.5 * u, u), (2.0 * u, 2.0 * u), (0.5, 0.5)] {
            assert_near("identity", verified.honest(plain, Side::Left), expected);
        }
    }
}
