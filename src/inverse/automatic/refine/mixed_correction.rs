//! Corrections of an inverse that is nearly right, by products in `f32`.
//!
//! X⁺ = X + (R + R² + … + Rᵏ)·X with R = I − XM leaves Rᵏ⁺¹. The sum added to X is small compared
//! with X, so that its own rounding may be relatively large.

use nalgebra::DMatrix;

use crate::inverse::certificate::proof::{Proof, ResidualBounds};
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::rounding::{
    enlarge, largest_row_sum, slightly_more, smallest_subnormal, unit_roundoff,
};

/// The largest relative error of one rounding in `f32`.
pub(crate) const SINGLE_ROUNDOFF: f64 = 0.5 * f32::EPSILON as f64;

/// With ‖X‖∞ up to this and ‖R‖∞ < 1, nothing overflows in `f32`.
const LARGEST_NORM: f64 = 1e30;

/// The largest ‖R‖∞ for which the bounds hold.
const LARGEST_RESIDUAL: f64 = 0.5;

/// The largest n·u in `f32` for which the bounds hold.
const LARGEST_PRODUCT_ERROR: f64 = 0.01;

/// The memory of a correction: four n×n matrices of `f32`.
pub(crate) struct MixedCorrection {
    residual: DMatrix<f32>,
    /// X before the correction, then M.
    inverse: DMatrix<f32>,
    /// X + R·X + …, then the sum added to X.
    sum: DMatrix<f32>,
    product: DMatrix<f32>,
}

impl MixedCorrection {
    pub(crate) fn new(n: usize) -> Self {
        // Matrices that are overwritten as a whole need not be zeroed first.
        let empty = || DMatrix::zeros(0, 0);
        Self {
            residual: empty(),
            inverse: empty(),
            sum: empty(),
            product: DMatrix::zeros(n, n),
        }
    }

    /// X ← X + (R + … + Rᵏ)·X for k = `degree`: k products, by Horner's scheme.
    pub(crate) fn apply(
        &mut self,
        residual: &DMatrix<f64>,
        x: &mut DMatrix<f64>,
        degree: usize,
        counter: &mut ProductCounter,
    ) {
        to_single(&mut self.residual, residual);
        to_single(&mut self.inverse, x);
        self.sum.clone_from(&self.inverse);
        counter.multiply(&mut self.product, &self.residual, &self.sum);
        for _ in 1..degree {
            let terms = self.inverse.as_slice().iter().zip(self.product.as_slice());
            for (sum, (x, product)) in self.sum.as_mut_slice().iter_mut().zip(terms) {
                *sum = x + product;
            }
            counter.multiply(&mut self.product, &self.residual, &self.sum);
        }
        let steps = self.sum.as_mut_slice().iter_mut();
        let entries = x.as_mut_slice().iter_mut().zip(self.product.as_slice());
        for ((x, &product), step) in entries.zip(steps) {
            let before = *x;
            *x += f64::from(product);
            *step = (*x - before) as f32;
        }
    }

    /// R ← R − ΔX·M for the last step: the residual of the new X without a product in `f64`.
    pub(crate) fn follow(
        &mut self,
        residual: &mut DMatrix<f64>,
        matrix: &DMatrix<f64>,
        counter: &mut ProductCounter,
    ) -> FollowedResidual {
        let n = matrix.nrows();
        let step = f64::from(self.sum.norm());
        let step_norm = enlarge(largest_row_sum(&self.sum), n);
        to_single(&mut self.inverse, matrix);
        counter.multiply(&mut self.product, &self.sum, &self.inverse);
        let products = self.product.as_slice();
        for (r, &product) in residual.as_mut_slice().iter_mut().zip(products) {
            *r -= f64::from(product);
        }
        FollowedResidual {
            step_norm,
            doubt: 4.0 * SINGLE_ROUNDOFF * step * matrix.norm() / (n as f64).sqrt(),
        }
    }
}

/// How far a residual that followed a step may be off.
///
/// With R̂ = R − δ before the step, the exact step ΔX and its rounding S to `f32`, the true
/// residual of X + ΔX is R̂ − S·M + δ − (ΔX − S)·M, where |ΔX − S| ≤ u|ΔX|, and the product S·M is
/// off by (g + u)·|S||M| with the rounding of M; u and g = nu/(1 − nu) are those of `f32`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FollowedResidual {
    /// ‖S‖∞, rounded up.
    step_norm: f64,
    /// Four times the effect of independent roundings on ‖R‖_F.
    doubt: f64,
}

impl FollowedResidual {
    /// ‖R‖_F as far as is probable.
    pub(crate) fn largest_norm(self, residual: &DMatrix<f64>) -> f64 {
        residual.norm() + self.doubt
    }

    /// The proof for the new X from this residual, with the bounds of the one before the step, for
    /// which [`Remainder`] holds.
    pub(crate) fn proof(
        self,
        residual: &DMatrix<f64>,
        before: &ResidualBounds,
        corrected: &DMatrix<f64>,
    ) -> Proof {
        let n = corrected.nrows();
        let tiny = single_underflow(n, self.step_norm + before.b_norm);
        let roundings = per_product(n) * self.step_norm * before.b_norm + tiny;
        let rho = largest_row_sum(residual) + before.rounding + roundings;
        let norm = enlarge(largest_row_sum(corrected), n);
        Proof::from_residual(enlarge(rho, n), norm)
    }
}

/// g + 3u of `f32`: a product with the roundings of both factors, where nu is small.
fn per_product(n: usize) -> f64 {
    let units = n as f64 * SINGLE_ROUNDOFF;
    units / (1.0 - units) + 3.0 * SINGLE_ROUNDOFF
}

fn to_single(out: &mut DMatrix<f32>, wide: &DMatrix<f64>) {
    if out.shape() != wide.shape() {
        *out = wide.map(|value| value as f32);
        return;
    }
    for (o, &w) in out.as_mut_slice().iter_mut().zip(wide.as_slice()) {
        *o = w as f32;
    }
}

/// The error that a correction of this degree leaves, for R = I − XM with these bounds.
///
/// With ρ = ‖R‖, δ = ‖R̂ − R‖ and D the computed sum that is added,
/// M⁻¹ − X⁺ = Rᵏ⁺¹(I − R)⁻¹X + Σ(Rʲ − R̂ʲ)X + (ΣR̂ʲX − D) − Δ, where
///
/// - ‖Σ(Rʲ − R̂ʲ)‖ ≤ δ/(1 − ρ)²;
/// - ‖ΣR̂ʲX − D‖ ≤ 1.1·ρ(g + 3u)/(1 − ρ)²·‖X‖, with u and g = nu/(1 − nu) of `f32`: each product is
///   off by (g + u)·|R̂||Y| with the rounding of R̂, X itself and each sum by u, for ρ ≤ 1/2 and nu
///   ≤ 1/100;
/// - |Δ| ≤ u|X⁺| rounds the sum in `f64`;
///
/// and I − X⁺M = R̂ᵏ⁺¹ − (I + R̂ + … + R̂ᵏ)(R̂ − R) + …, where the remaining terms are those of M⁻¹
/// − X⁺ times M.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remainder {
    /// Rᵏ⁺¹(I − R)⁻¹, the error of R̂ and that of the products, each relative to ‖X‖.
    power: f64,
    from_residual: f64,
    from_products: f64,
}

impl Remainder {
    /// None if the bounds do not hold.
    pub(crate) fn after(bounds: &ResidualBounds, degree: usize, n: usize) -> Option<Self> {
        let units = n as f64 * SINGLE_ROUNDOFF;
        let (rho, delta) = (bounds.residual, bounds.rounding);
        // False for NaN too.
        let holds = rho <= LARGEST_RESIDUAL
            && units <= LARGEST_PRODUCT_ERROR
            && bounds.a_norm.max(bounds.b_norm) <= LARGEST_NORM;
        holds.then(|| {
            let growth = (1.0 - rho).recip();
            Self {
                power: rho.powi(degree as i32 + 1) * growth,
                from_residual: delta * growth * growth,
                from_products: 1.1 * rho * per_product(n) * growth * growth,
            }
        })
    }

    /// ‖M⁻¹ − X⁺‖/‖X‖ without the rounding of X⁺.
    pub(crate) fn relative_error(self) -> f64 {
        self.power + self.from_residual + self.from_products
    }

    /// The proof for X⁺.
    pub(crate) fn proof(self, bounds: &ResidualBounds, corrected: &DMatrix<f64>) -> Proof {
        let n = corrected.nrows();
        let norm = enlarge(largest_row_sum(corrected), n);
        let tiny = single_underflow(n, bounds.a_norm);
        let roundings = unit_roundoff() * norm + self.from_products * bounds.a_norm + tiny;
        let absolute = (self.power + self.from_residual) * bounds.a_norm + roundings;
        let residual = self.power + self.from_residual + roundings * bounds.b_norm;
        let enlarged = |value| slightly_more(slightly_more(value));
        Proof::from_bounds(enlarged(residual), enlarged(absolute), norm)
    }
}

/// The most that underflow in `f32` adds to the entries of a row: n products of n terms, and the
/// converted entries, each off by the smallest subnormal at most.
fn single_underflow(n: usize, norm: f64) -> f64 {
    /// The terms up to degree 4, each carried on by a factor of at most 1/(1 − ρ) ≤ 2.
    const CARRIED: f64 = 8.0;
    let smallest = f64::from(smallest_subnormal::<f32>());
    CARRIED * smallest * n as f64 * (n as f64 + 1.0 + norm)
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{
        FollowedResidual, MixedCorrection, Remainder, ResidualBounds, SINGLE_ROUNDOFF,
        single_underflow,
    };
    use crate::numerics::exact::{
        assert_bounded, exact, exact_norm, exact_residual, exact_row_sums,
    };
    use crate::numerics::matrix::subtract_from_identity;
    use crate::numerics::product::counter::ProductCounter;
    use crate::numerics::rounding::absolute_row_sums;

    /// Corrects X and compares the proof with exact arithmetic.
    fn check(m: &DMatrix<f64>, inverse: &DMatrix<f64>, x: &DMatrix<f64>, degree: usize) {
        let n = m.nrows();
        let mut counter = ProductCounter::new();
        let mut residual = DMatrix::zeros(n, n);
        counter.multiply(&mut residual, x, m);
        subtract_from_identity(&mut residual);
        let bounds = ResidualBounds::new(x, &absolute_row_sums(m), &residual);
        let remainder = Remainder::after(&bounds, degree, n).expect("a small residual");
        let mut corrected = x.clone();
        let mut correction = MixedCorrection::new(n);
        correction.apply(&residual, &mut corrected, degree, &mut counter);
        let proof = remainder.proof(&bounds, &corrected);
        let left = exact_norm(&exact_residual(&corrected, m));
        let followed = correction.follow(&mut residual, m, &mut counter);
        let sharper = followed.proof(&residual, &bounds, &corrected);
        let errors = exact_row_sums(&(exact(inverse) - exact(&corrected)));
        let name = format!("degree {degree}, {x}");
        assert_bounded(
            &name,
            &[left.clone(), left],
            &[proof.residual, sharper.residual],
        );
        assert_bounded(&name, &errors, &vec![sharper.absolute; n]);
        assert!(followed.largest_norm(&residual) >= residual.norm() + step_doubt(x, &corrected));
        assert_bounded(&name, &errors, &vec![proof.absolute; n]);
    }

    /// A little less than what has to be added to ‖R‖_F for the roundings of a step, if ‖M‖_F ≥ 1.
    fn step_doubt(before: &DMatrix<f64>, after: &DMatrix<f64>) -> f64 {
        let n = before.nrows() as f64;
        3.9 * SINGLE_ROUNDOFF * (after - before).norm() / n.sqrt()
    }

    #[test]
    fn the_bounds_hold_after_a_correction() {
        let one = DMatrix::from_element(1, 1, 1.0);
        let (m, inverse) = (dmatrix![1.0, 4.0; 0.0, 1.0], dmatrix![1.0, -4.0; 0.0, 1.0]);
        let direction = dmatrix![-2.0, 1.0; 1.0, -3.0];
        for size in [0.03, 1e-3, -1e-5, 1e-8, 0.0] {
            for degree in 1..=4 {
                check(&one, &one, &(&one * (1.0 - 16.0 * size)), degree);
                check(&m, &inverse, &(&inverse + &direction * size), degree);
            }
        }
    }

    fn assert_near(name: &str, found: f64, expected: f64) {
        let error = (found - expected).abs();
        // A bound that may have underflowed is raised to the smallest number.
        assert!(
            error <= 1e-12 * expected + f64::from_bits(1),
            "{name}: {found:e}, not {expected:e}"
        );
    }

    fn bounds(residual: f64, rounding: f64, a_norm: f64, b_norm: f64) -> ResidualBounds {
        ResidualBounds {
            residual,
            rounding,
            a_norm,
            b_norm,
        }
    }

    #[test]
    fn the_remainder_is_that_of_the_formula() {
        let u = 2.0_f64.powi(-24);
        for (n, degree) in [(1_usize, 1), (100_000, 3)] {
            let g = 1.0 / (1.0 / (n as f64 * u) - 1.0);
            for rho in [0.5, 0.25] {
                let found = Remainder::after(&bounds(rho, 0.125, 1.0, 1.0), degree, n);
                let found = found.expect("within the limits");
                let powers = rho.powi(degree as i32) * rho / (1.0 - rho);
                let square = (1.0 - rho).powi(-2);
                assert_near("power", found.power, powers);
                assert_near("residual", found.from_residual, 0.125 * square);
                let products = 1.1 * rho * (g + 3.0 * u) * square;
                assert_near("products", found.from_products, products);
            }
        }
        for (rho, n, a_norm, b_norm, holds) in [
            (0.5, 1000, 1e30, 1e30, true),
            (0.501, 1000, 1.0, 1.0, false),
            (0.5, 170_000, 1.0, 1.0, false),
            (0.5, 1000, 1.001e30, 1.0, false),
            (0.5, 1000, 1.0, 1.001e30, false),
            (f64::NAN, 1000, 1.0, 1.0, false),
        ] {
            let found = Remainder::after(&bounds(rho, 0.0, a_norm, b_norm), 1, n);
            assert_eq!(found.is_some(), holds, "{rho}, {n}, {a_norm}, {b_norm}");
        }
    }

    /// Each term alone, so that none hides another.
    #[test]
    fn the_bounds_are_the_sums_of_their_terms() {
        let (a, b) = (0.125, 4.0);
        // (n + 1 + ‖X‖) times n products of n terms, carried on by 8.
        let tiny = |n: f64, norm: f64| 8.0 * n * (n + 1.0 + norm) * 2.0_f64.powi(-149);
        assert_near("underflow", single_underflow(3, 5.0), tiny(3.0, 5.0));
        for (power, from_residual, from_products, entry) in [
            (0.01, 0.0, 0.0, 2.0),
            (0.0, 0.01, 0.0, 2.0),
            (0.0, 0.0, 0.01, 2.0),
            (0.0, 0.0, 0.0, 2.0),
            (0.0, 0.0, 0.0, 0.0),
        ] {
            let remainder = Remainder {
                power,
                from_residual,
                from_products,
            };
            let total = power + from_residual + from_products;
            assert_near("relative error", remainder.relative_error(), total);
            let corrected = DMatrix::from_element(1, 1, entry);
            let proof = remainder.proof(&bounds(0.25, 0.0, a, b), &corrected);
            let rounding = 2.0_f64.powi(-53) * entry + from_products * a + tiny(1.0, a);
            let residual = power + from_residual + rounding * b;
            let absolute = (power + from_residual) * a + rounding;
            let from_residual_alone = residual / (1.0 - residual) * entry;
            let name = format!("{remainder:?}");
            assert_near(&name, proof.residual, residual);
            assert_near(&name, proof.absolute, absolute.min(from_residual_alone));
        }
        let remainder = Remainder {
            power: 0.25,
            from_residual: 0.5,
            from_products: 1.0,
        };
        assert_near("relative error", remainder.relative_error(), 1.75);
        let u = 2.0_f64.powi(-24);
        for (entry, rounding, step_norm, b_norm) in [
            (0.25, 0.0, 0.0, 0.0),
            (0.0, 0.25, 0.0, 0.0),
            (0.0, 0.0, 0.5, 8.0),
            (0.0, 0.0, 0.0, 5.0),
            (0.0, 0.0, 3.0, 0.0),
        ] {
            let residual = DMatrix::from_element(1, 1, -entry);
            let before = bounds(0.25, rounding, 1.0, b_norm);
            let followed = FollowedResidual {
                step_norm,
                doubt: 0.0,
            };
            let proof = followed.proof(&residual, &before, &residual);
            let product = (u / (1.0 - u) + 3.0 * u) * step_norm * b_norm;
            let expected = entry + rounding + product + tiny(1.0, step_norm + b_norm);
            assert_near("followed residual", proof.residual, expected);
        }
    }

    #[test]
    fn a_residual_follows_the_step() {
        let m = dmatrix![1.0, 4.0, 0.0; 0.0, 1.0, -2.0; 3.0, 0.0, 5.0];
        let residual = dmatrix![0.5, -0.25, 0.0; 0.125, 0.0, 0.25; 0.0, 0.5, -0.125];
        let before = dmatrix![2.0, 1.0, 0.0; -1.0, 3.0, 0.5; 0.0, 1.0, -4.0];
        let (mut after, mut followed) = (before.clone(), residual.clone());
        let mut correction = MixedCorrection::new(3);
        let mut counter = ProductCounter::new();
        correction.apply(&residual, &mut after, 2, &mut counter);
        let found = correction.follow(&mut followed, &m, &mut counter);
        // Such short numbers have no roundings.
        let step = &after - &before;
        assert_eq!(step, &residual * (&before + &residual * &before));
        assert_eq!(followed, &residual - &step * &m);
        assert_near("norm", found.step_norm, step.abs().column_sum().max());
        let doubt = 4.0 * 2.0_f64.powi(-24) * step.norm() * m.norm() / 3.0_f64.sqrt();
        assert!((found.doubt - doubt).abs() < 1e-6 * doubt);
        let largest = found.largest_norm(&followed);
        assert_near("largest norm", largest, followed.norm() + found.doubt);
    }
}
