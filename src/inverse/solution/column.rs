//! One column of a solution: products with vectors, and the bounds of all their roundings.
//!
//! Everything here is in the scaling of the certificate: A is Mₛ and Y is Xₛ as they come out of
//! the scaling, their entries off by at most half the smallest subnormal η, and β the scaled
//! right-hand side, off by as much. The solution is an unevaluated sum h + l with |l| ≤ u·|h|.

use pulp::{Arch, Simd, WithSimd};

use crate::inverse::certificate::Certificate;
use crate::inverse::residual::entrywise::error_of_product;
use crate::inverse::solution::scaled_columns::{Absorb, ScaledColumns, TOGETHER};
use crate::numerics::real::Real;
use crate::numerics::rounding::{
    enlarge, exact_sum, largest, or_infinity, product_error, slightly_more, smallest_subnormal,
    unit_roundoff,
};

/// What a certificate says of the error Mₛ⁻¹r of a solution with the residual r.
#[derive(Clone, Copy, Debug)]
pub(super) struct ErrorFactors {
    /// ρ/(1 − ρ): ‖Mₛ⁻¹r − Xₛr‖∞ is at most this times ‖Xₛr‖∞.
    of_correction: f64,
    /// ‖Mₛ⁻¹ − Xₛ‖∞: it is also at most this times ‖r‖∞.
    of_residual: f64,
}

impl ErrorFactors {
    pub(super) fn of(certificate: &Certificate) -> Self {
        let residual = certificate.left_residual_bound();
        Self {
            of_correction: if residual < 1.0 {
                slightly_more(residual / (1.0 - residual))
            } else {
                f64::INFINITY
            },
            of_residual: certificate.absolute_error_bound(),
        }
    }

    /// A bound of ‖Mₛ⁻¹r − Xₛr‖∞ from bounds of ‖Xₛr‖∞ and ‖r‖∞.
    fn bound(self, correction: f64, residual: f64) -> f64 {
        let by_correction = or_infinity(self.of_correction * correction);
        let by_residual = or_infinity(self.of_residual * residual);
        slightly_more(by_correction.min(by_residual))
    }
}

/// A column of the solution on its way; all vectors have n entries.
pub(super) struct Column {
    /// The exponent by which the scaled right-hand side was reduced.
    exponent: i32,
    /// β.
    right_side: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    /// r = β − A·(h + l): first the sum that is carried along, then the residual itself.
    residual: Vec<f64>,
    /// The exact errors of that sum and its products, added up.
    errors: Vec<f64>,
    /// |β| + |A||h|; then what a row of |Y| multiplies in the bound of the correction.
    sizes: Vec<f64>,
    /// d = Y·r.
    correction: Vec<f64>,
    /// A bound of |d − Xₛr|; then of the distance of h + l + d from the solution.
    bounds: Vec<f64>,
    /// A bound of ‖r‖∞.
    residual_norm: f64,
    /// What underflow may add to an entry of the correction.
    lost: f64,
    /// The largest of the bounds.
    largest_bound: f64,
    is_done: bool,
}

impl Column {
    pub(super) fn new(n: usize) -> Self {
        let [
            right_side,
            high,
            low,
            residual,
            errors,
            sizes,
            correction,
            bounds,
        ] = [(); 8].map(|()| vec![0.0; n]);
        Self {
            exponent: 0,
            right_side,
            high,
            low,
            residual,
            errors,
            sizes,
            correction,
            bounds,
            residual_norm: 0.0,
            lost: 0.0,
            largest_bound: f64::INFINITY,
            is_done: false,
        }
    }

    /// Begins with a right-hand side, scaled so that its largest entry is near 1.
    fn begin<T: Real>(&mut self, b: &[T], row_exponents: &[i32]) {
        let scaled = b.iter().zip(row_exponents);
        let exponents = scaled.filter_map(|(value, r)| value.binary_exponent().map(|e| e + r));
        let largest = exponents.max();
        self.exponent = largest.unwrap_or(0);
        for ((to, value), r) in self.right_side.iter_mut().zip(b).zip(row_exponents) {
            *to = value.to_f64().scale_by_power_of_two(r - self.exponent);
        }
        self.residual.copy_from_slice(&self.right_side);
        self.sizes.fill(0.0);
        self.low.fill(0.0);
        self.largest_bound = f64::INFINITY;
        // The solution for a right-hand side of zeros is zero, exactly.
        self.is_done = largest.is_none();
        if self.is_done {
            [&mut self.high, &mut self.correction, &mut self.bounds]
                .into_iter()
                .for_each(|values| values.fill(0.0));
        }
    }

    fn prepare_residual(&mut self) {
        self.residual.copy_from_slice(&self.right_side);
        self.errors.fill(0.0);
        let sizes = self.sizes.iter_mut().zip(&self.right_side);
        sizes.for_each(|(size, value)| *size = value.abs());
    }

    /// Adds the errors to the sum, and bounds what is still missing.
    ///
    /// With the exact errors eⱼ of the products and fⱼ of the sums, r is the plain sum plus
    /// Σ(fⱼ − eⱼ − aⱼ·lⱼ). Since |eⱼ| ≤ u|aⱼhⱼ|, |fⱼ| ≤ u·(|β| + |A||h|) but for a factor near 1,
    /// and |lⱼ| ≤ u|hⱼ|, these terms add up to (n + 2)·u·(|β| + |A||h|), and each goes through at
    /// most n + 3 roundings. A product loses less than 8η to underflow.
    fn finish_residual(&mut self) {
        let n = self.high.len();
        let second_order = product_error(n + 3) * (n + 2) as f64 * unit_roundoff();
        let length: f64 = self.high.iter().map(|value| value.abs()).sum();
        let eta: f64 = smallest_subnormal();
        let lost = eta * (16 * n + 4) as f64 + eta * enlarge(length, n);
        let gamma = product_error(n);
        let (mut norm, mut total) = (0.0_f64, 0.0);
        let entries = self.residual.iter_mut().zip(&self.errors);
        for ((sum, error), size) in entries.zip(&mut self.sizes) {
            *sum += error;
            let off = enlarge(unit_roundoff() * sum.abs() + second_order * *size + lost, n);
            let most = or_infinity(slightly_more(sum.abs() + off));
            norm = norm.max(most);
            total += most;
            *size = gamma * sum.abs() + off;
        }
        self.residual_norm = norm;
        self.lost = eta * (4 * n + 4) as f64 + eta * enlarge(total, n);
    }

    fn prepare_correction(&mut self) {
        self.correction.fill(0.0);
        self.bounds.fill(0.0);
    }

    /// The bounds of the distance of h + l + d from the solution.
    fn finish_correction(&mut self, factors: ErrorFactors) {
        let n = self.high.len();
        let entries = self.bounds.iter_mut().zip(&self.correction);
        let sizes = entries.map(|(bound, value)| {
            *bound = enlarge(*bound + self.lost, n);
            slightly_more(value.abs() + *bound)
        });
        let correction_norm = largest(sizes);
        let rest = factors.bound(correction_norm, self.residual_norm);
        let bounds = self.bounds.iter_mut();
        self.largest_bound = largest(bounds.map(|bound| {
            *bound = slightly_more(*bound + rest);
            *bound
        }));
    }

    /// Whether the bounds are negligible beside the rounding of the result to the format `T`, for
    /// components that are not themselves negligible.
    fn is_accurate<T: Real>(&self) -> bool {
        let epsilon = T::EPSILON.to_f64();
        let norm = self.high.iter().fold(0.0, |norm: f64, v| norm.max(v.abs()));
        let entries = self.bounds.iter().zip(&self.high);
        entries
            .map(|(&bound, value)| (bound, value.abs()))
            .all(|(bound, size)| bound <= NEGLIGIBLE * epsilon * size.max(epsilon.sqrt() * norm))
    }

    /// h + l ← h + l + d.
    fn add_correction(&mut self) {
        let entries = self.high.iter_mut().zip(&mut self.low);
        for ((high, low), change) in entries.zip(&self.correction) {
            let (sum, of_low) = exact_sum(*low, *change);
            let (sum, of_high) = exact_sum(*high, sum);
            (*high, *low) = exact_sum(sum, of_high + of_low);
        }
    }

    /// Writes the solution and a bound of its error, both scaled back.
    pub(super) fn write<T: Real>(&self, exponents: &[i32], x: &mut [T], bounds: &mut [f64]) {
        let parts = self.high.iter().zip(&self.low).zip(&self.correction);
        let parts = parts.zip(&self.bounds).zip(exponents);
        let places = x.iter_mut().zip(bounds);
        for ((x, bound), ((((&high, &low), &change), &off), c)) in places.zip(parts) {
            let exponent = c + self.exponent;
            let (sum, of_low) = exact_sum(low, change);
            let (sum, of_high) = exact_sum(high, sum);
            // What is there is sum + of_high + of_low, exactly.
            let nearest = sum + (of_high + of_low);
            *x = <T as Real>::from_f64(nearest.scale_by_power_of_two(exponent));
            let back = x.to_f64().scale_by_power_of_two(-exponent);
            let (first, second) = (sum - back, of_high + of_low);
            let rounding = 2.0 * f64::EPSILON * (first.abs() + second.abs());
            // Scaling may have rounded to a subnormal.
            let is_exact = back == 0.0 || back.abs() >= f64::MIN_POSITIVE;
            let lost = if is_exact { 0.0 } else { smallest_subnormal() };
            let total = or_infinity((first + second).abs() + rounding + lost + off);
            let total = if total == 0.0 {
                0.0
            } else {
                slightly_more(total + smallest_subnormal::<f64>())
            };
            let scaled = total.scale_by_power_of_two(exponent);
            *bound = if total > 0.0 && scaled < f64::MIN_POSITIVE {
                scaled + smallest_subnormal::<f64>()
            } else {
                scaled
            };
        }
    }
}

/// A bound of this part of ε·|xᵢ| is negligible: the result is then rounded as the exact solution
/// would be, nearly always.
const NEGLIGIBLE: f64 = 1.0 / 32.0;

/// Where the inverse is good, one residual is enough, or two; where it is hardly more than a proof
/// that there is one, each residual adds a digit or so.
const MOST_RESIDUALS: usize = 6;

/// An equilibrated matrix and its inverse, and memory for a few columns.
pub(super) struct System<'a, T: Real> {
    pub(super) matrix: ScaledColumns<'a, T>,
    pub(super) inverse: ScaledColumns<'a, T>,
    pub(super) factors: ErrorFactors,
    pub(super) row_exponents: &'a [i32],
}

impl<T: Real> System<'_, T> {
    /// Solves for the right-hand sides `b`, whose columns lie one after another; `buffer` holds
    /// [`TOGETHER`] columns of a matrix.
    pub(super) fn solve(&self, b: &[T], group: &mut [Column], buffer: &mut [f64]) {
        let n = self.row_exponents.len();
        for (column, b) in group.iter_mut().zip(b.chunks_exact(n.max(1))) {
            column.begin(b, self.row_exponents);
        }
        self.correct(group, buffer);
        for column in group.iter_mut().filter(|column| !column.is_done) {
            column.high.copy_from_slice(&column.correction);
        }
        for step in 1..=MOST_RESIDUALS {
            if group.iter().all(|column| column.is_done) {
                return;
            }
            let active = group.iter_mut().filter(|column| !column.is_done);
            active.for_each(Column::prepare_residual);
            Arch::new().dispatch(Pass {
                matrix: &self.matrix,
                buffer: &mut *buffer,
                to: Residuals(group),
            });
            let active = group.iter_mut().filter(|column| !column.is_done);
            active.for_each(Column::finish_residual);
            self.correct(group, buffer);
            for column in group.iter_mut().filter(|column| !column.is_done) {
                let before = column.largest_bound;
                column.finish_correction(self.factors);
                // False for the first, unless nothing is known.
                let has_stalled = column.largest_bound > 0.5 * before;
                column.is_done = has_stalled || step == MOST_RESIDUALS || column.is_accurate::<T>();
                if !column.is_done {
                    column.add_correction();
                }
            }
        }
    }

    /// Writes Y times the residual into the correction, and |Y| times the sizes into the bounds.
    fn correct(&self, group: &mut [Column], buffer: &mut [f64]) {
        let active = group.iter_mut().filter(|column| !column.is_done);
        active.for_each(Column::prepare_correction);
        Arch::new().dispatch(Pass {
            matrix: &self.inverse,
            buffer,
            to: Corrections(group),
        });
    }
}

/// One reading of a matrix.
struct Pass<'p, 'a, T: Real, A> {
    matrix: &'p ScaledColumns<'a, T>,
    buffer: &'p mut [f64],
    to: A,
}

impl<T: Real, A: Absorb> WithSimd for Pass<'_, '_, T, A> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        self.matrix.show(simd, self.buffer, &mut self.to);
    }
}

struct Residuals<'g>(&'g mut [Column]);

impl Absorb for Residuals<'_> {
    #[inline(always)]
    fn absorb<S: Simd>(&mut self, _: S, block: [&[f64]; TOGETHER], first: usize) {
        for column in self.0.iter_mut().filter(|column| !column.is_done) {
            let [high, low] = [&column.high, &column.low].map(|values| factors(values, first));
            let sums = column.residual.iter_mut().zip(&mut column.errors);
            subtract(block, high, low, sums.zip(&mut column.sizes));
        }
    }
}

struct Corrections<'g>(&'g mut [Column]);

impl Absorb for Corrections<'_> {
    #[inline(always)]
    fn absorb<S: Simd>(&mut self, _: S, block: [&[f64]; TOGETHER], first: usize) {
        for column in self.0.iter_mut().filter(|column| !column.is_done) {
            let values = factors(&column.residual, first);
            let sizes = factors(&column.sizes, first);
            add(
                block,
                values,
                sizes,
                &mut column.correction,
                &mut column.bounds,
            );
        }
    }
}

/// The entries for a block of columns; zero beyond the end.
#[inline(always)]
fn factors(values: &[f64], first: usize) -> [f64; TOGETHER] {
    std::array::from_fn(|k| values.get(first + k).copied().unwrap_or(0.0))
}

/// Subtracts A·(h + l) for a block of columns of A: products with h and their sums with their
/// errors, those with l plainly.
#[inline(always)]
fn subtract<'s>(
    [a, b, c, d]: [&[f64]; TOGETHER],
    high: [f64; TOGETHER],
    low: [f64; TOGETHER],
    places: impl Iterator<Item = ((&'s mut f64, &'s mut f64), &'s mut f64)>,
) {
    let entries = a.iter().zip(b).zip(c).zip(d);
    for (((sum, error), size), (((&a, &b), &c), &d)) in places.zip(entries) {
        for (k, entry) in [a, b, c, d].into_iter().enumerate() {
            let product = entry * high[k];
            let of_product = error_of_product(entry, high[k], product);
            let (total, of_sum) = exact_sum(*sum, -product);
            *sum = total;
            *error += (of_sum - of_product) - entry * low[k];
            *size += product.abs();
        }
    }
}

/// Adds Y·v to the sums and |Y|·w to the bounds for a block of columns of Y.
#[inline(always)]
fn add(
    [a, b, c, d]: [&[f64]; TOGETHER],
    v: [f64; TOGETHER],
    w: [f64; TOGETHER],
    sums: &mut [f64],
    bounds: &mut [f64],
) {
    let entries = a.iter().zip(b).zip(c).zip(d);
    for ((sum, bound), (((&a, &b), &c), &d)) in sums.iter_mut().zip(bounds).zip(entries) {
        *sum += (v[0] * a + v[1] * b) + (v[2] * c + v[3] * d);
        *bound += (w[0] * a.abs() + w[1] * b.abs()) + (w[2] * c.abs() + w[3] * d.abs());
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};
    use num_rational::BigRational;
    use num_traits::Signed;
    use pulp::Arch;

    use super::{Column, Corrections, ErrorFactors, Pass, Residuals};
    use crate::inverse::solution::scaled_columns::{ScaledColumns, Sign, TOGETHER};
    use crate::numerics::exact::rational;
    use crate::numerics::real::Real;

    fn wavy(n: usize, frequency: f64, exponent: i32) -> DMatrix<f64> {
        let wave = |i: usize, j: usize| ((i * n + j + 1) as f64 * frequency).sin();
        DMatrix::from_fn(n, n, |i, j| wave(i, j).scale_by_power_of_two(exponent))
    }

    /// Σⱼ aᵢⱼ·vⱼ, exactly.
    fn exact_row(a: &DMatrix<f64>, i: usize, v: &[BigRational]) -> BigRational {
        let terms = a
            .row(i)
            .iter()
            .zip(v)
            .map(|(&a, v)| rational(a) * v)
            .collect::<Vec<_>>();
        terms.into_iter().sum()
    }

    /// The residual of a solution, and its product with another matrix, of numbers that nearly
    /// cancel, in ranges where products lose digits or vanish.
    #[test]
    fn all_rounding_is_within_its_bounds() {
        for n in [1, 2, 5, 9] {
            for exponent in [0, -300, -500, -520, -537, -600] {
                let (a, y) = (wavy(n, 0.7, exponent), wavy(n, 1.9, exponent));
                let zeros = vec![0; n];
                let mut column = Column::new(n);
                let x = wavy(n, 1.3, exponent).column(0).into_owned();
                let b: DVector<f64> = &a * &x;
                column.right_side.copy_from_slice(b.as_slice());
                column.high.copy_from_slice(x.as_slice());
                let low = x.map(|v| 0.4 * f64::EPSILON * v);
                column.low.copy_from_slice(low.as_slice());
                let mut buffer = vec![0.0; TOGETHER * n];
                column.prepare_residual();
                let mut group = [column];
                Arch::new().dispatch(Pass {
                    matrix: &ScaledColumns::new(&a, &zeros, &zeros, Sign::Plus),
                    buffer: &mut buffer,
                    to: Residuals(&mut group),
                });
                group[0].finish_residual();
                let sum = |(&high, &low)| rational(high) + rational(low);
                let solution: Vec<_> = x.iter().zip(&low).map(sum).collect();
                let residual: Vec<_> = (0..n)
                    .map(|i| rational(b[i]) - exact_row(&a, i, &solution))
                    .collect();
                for (i, exact) in residual.iter().enumerate() {
                    let name = format!("n = {n}, 2^{exponent}, row {i}");
                    let off = (rational(group[0].residual[i]) - exact).abs();
                    assert!(off <= rational(group[0].sizes[i]), "{name}");
                    assert!(exact.abs() <= rational(group[0].residual_norm), "{name}");
                }
                group[0].prepare_correction();
                Arch::new().dispatch(Pass {
                    matrix: &ScaledColumns::new(&y, &zeros, &zeros, Sign::Plus),
                    buffer: &mut buffer,
                    to: Corrections(&mut group),
                });
                let factors = ErrorFactors {
                    of_correction: 0.0,
                    of_residual: 0.0,
                };
                group[0].finish_correction(factors);
                for i in 0..n {
                    let off = rational(group[0].correction[i]) - exact_row(&y, i, &residual);
                    let bound = rational(group[0].bounds[i]);
                    assert!(off.abs() <= bound, "n = {n}, 2^{exponent}, row {i}");
                }
            }
        }
    }

    #[test]
    fn the_smaller_of_two_bounds_holds() {
        let factors = ErrorFactors {
            of_correction: 0.5,
            of_residual: 4.0,
        };
        for (correction, residual, expected) in [
            (1.0, 1.0, 0.5),
            (1.0, 0.1, 0.4),
            (f64::NAN, 1.0, 4.0),
            (1.0, f64::INFINITY, 0.5),
            (f64::NAN, f64::NAN, f64::INFINITY),
        ] {
            let found = factors.bound(correction, residual);
            assert!(found >= expected && found <= expected * (1.0 + 1e-14));
        }
        let unknown = ErrorFactors {
            of_correction: f64::INFINITY,
            of_residual: f64::INFINITY,
        };
        assert_eq!(unknown.bound(0.0, 0.0), f64::INFINITY);
    }

    #[test]
    fn a_result_is_rounded_once_and_its_rounding_bounded_exactly() {
        let mut column = Column::new(1);
        let tiny = 2.0_f64.powi(-80);
        for (high, low, change) in [(1.0, tiny, 0.0), (1.0, -tiny, tiny), (3.0, 0.0, -tiny)] {
            (column.high[0], column.low[0], column.correction[0]) = (high, low, change);
            let exact = rational(high) + rational(low) + rational(change);
            for exponent in [0, 300, -300, -1060, -1080] {
                column.exponent = exponent;
                let (mut x, mut bound) = ([f64::NAN], [f64::NAN]);
                column.write(&[0], &mut x, &mut bound);
                let scale = rational(2.0_f64.powi(-540)) * rational(2.0_f64.powi(-540));
                // By 2^1080, so that all exponents are positive.
                let up = rational(1.0) / &scale;
                let power = (0..exponent + 1080).fold(rational(1.0), |p, _| p * rational(2.0));
                let off = (rational(x[0]) * up - &exact * power).abs() * scale;
                assert!(off <= rational(bound[0]), "{high}, {exponent}");
                assert!(bound[0] <= tiny.scale_by_power_of_two(exponent + 1) + 1e-320);
            }
        }
    }
}
