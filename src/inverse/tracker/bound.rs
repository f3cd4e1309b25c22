//! A rigorous bound of the residual after an update of low rank, in O(n²·k) operations.
//!
//! In the letters of [`change`](super::change), whatever the stored numbers A, W and G are,
//!
//! I − X₁·M₁ = (1 − μλ)·I + μλ·(I − X·M) − D·Rᵀ − λ·A·Qᵀ,
//!
//! where X₁ = μX − A·Wᵀ and M₁ = λM + L·Rᵀ are exact, D = μ·X·L − A·H with H = λGᵀ + WᵀL, and
//! Q = R·G − MᵀW. D and Q are small, because A and W nearly solve their equations, and are computed
//! with a bound of their own rounding. The stored X′ = X₁ + ΔX and M′ = M₁ + ΔM are rounded:
//! I − X′·M′ = I − X₁·M₁ − X₁·ΔM − ΔX·M′. All norms are those of the equilibrated matrices.

use crate::inverse::automatic::target::is_single_precision;
use crate::inverse::tracker::change::Change;
use crate::inverse::tracker::norms::Norms;
use crate::inverse::tracker::passes::{roundings_of_dot, roundings_of_image};
use crate::numerics::norm::{largest_product, sum_of_absolute_products};
use crate::numerics::real::Real;
use crate::numerics::rounding::{
    enlarge, largest, product_error, underflow, underflow_of_sum, unit_roundoff,
};

/// Room for terms of second order beside the sums of roundings.
const SECOND_ORDER: f64 = 1.01;

/// A residual so many times as large as the rounding of a product X·M has drifted: a correction
/// would lower it.
const DRIFT: f64 = 4.0;

/// What is known of the residual after an update.
#[derive(Clone, Copy, Debug)]
pub(super) struct UpdatedResidual {
    /// A bound of ‖I − Xₛ′·Mₛ′‖∞; ∞ if nothing is known, or if X′ may overflow.
    pub(super) bound: f64,
    /// Whether the residual itself, of which Q = (I − X·M)ᵀ·R shows a part, has grown large.
    pub(super) has_drifted: bool,
}

/// The sizes of the factors of a change; each of k numbers.
#[derive(Clone, Debug, Default)]
struct FactorSizes {
    /// Σⱼ|rⱼ|·2^cⱼ of the columns of R.
    right: Vec<f64>,
    /// maxᵢ|lᵢ|·2^rᵢ of the columns of L.
    left: Vec<f64>,
    /// Σᵢ|wᵢ|·Σⱼ|mᵢⱼ|·2^cⱼ of the columns of W.
    coimage: Vec<f64>,
    /// The same with the sizes of M′.
    next_coimage: Vec<f64>,
    /// A bound of Σⱼ|qⱼ|·2^cⱼ of the columns of Q.
    remainder: Vec<f64>,
    /// Σᵢ|wᵢₘ|·|lᵢₗ|, k×k.
    capacitance: Vec<f64>,
}

/// What a bound needs beside the change itself.
#[derive(Clone, Debug, Default)]
pub(super) struct ResidualBound {
    sizes: FactorSizes,
    /// A bound of Σⱼ|m′ᵢⱼ|·2^cⱼ for each row, and of what underflow may add.
    matrix_sums: Vec<f64>,
}

impl ResidualBound {
    /// Bounds the row sums of M′ before it is computed: these are the weights of the rounding of
    /// X.
    pub(super) fn predict_sums<T: Real>(&mut self, change: &Change, norms: &Norms) -> &[f64] {
        let (n, k) = (change.order, change.rank);
        let sizes = &mut self.sizes;
        sizes.resize(k);
        for l in 0..k {
            let columns = l * n..(l + 1) * n;
            sizes.right[l] = weighted(&change.right[columns.clone()], &norms.columns);
            sizes.left[l] =
                largest_product(&change.left[columns], &norms.rows) + underflow_of_sum(1);
        }
        let least =
            covered_size::<T>() * norms.columns.iter().sum::<f64>() + underflow_of_sum(k + 2);
        self.matrix_sums.clear();
        let own = norms.matrix_sums.iter();
        self.matrix_sums
            .extend(own.map(|sum| change.factor * sum + least));
        for (column, size) in change.left.chunks_exact(n).zip(&sizes.right) {
            for (sum, value) in self.matrix_sums.iter_mut().zip(column) {
                *sum += value.abs() * size;
            }
        }
        &self.matrix_sums
    }

    /// A bound of ‖I − Xₛ′·Mₛ′‖∞ from that of ‖I − Xₛ·Mₛ‖∞, after both passes that read X and M.
    pub(super) fn after<T: Real>(
        &mut self,
        change: &mut Change,
        norms: &Norms,
        residual: f64,
    ) -> UpdatedResidual {
        let (n, k) = (change.order, change.rank);
        let sampled = self.measure_factors(change, norms);
        self.write_rounding_of_d(change);
        let storing = rounding_of_storing::<T>();
        let rounding_of_product = (product_error(n) + 2.0 * storing)
            * largest_product(&change.row, &norms.inverse_columns);
        let has_drifted = sampled > DRIFT * rounding_of_product;
        if !fits_after::<T>(change, norms) {
            return UpdatedResidual {
                bound: f64::INFINITY,
                has_drifted,
            };
        }
        let (lambda, mu) = (change.factor, change.inverse_factor);
        let is_scaled = lambda != 1.0;
        // Each term of M′ and of X′ goes through so many, at most.
        let roundings = (k + 1 + usize::from(is_scaled)) as f64 * unit_roundoff() + storing;
        self.write_growth::<T>(change, 2.0 * SECOND_ORDER * roundings);
        let growth = largest_product(&change.row, &norms.inverse_columns);
        // The rounding of X·L, in norms.
        let sizes = self.sizes.left.iter().zip(&self.sizes.right);
        let sizes = sizes.map(|(l, r)| l * r + underflow_of_sum(1)).sum::<f64>();
        let images = product_error(roundings_of_image(n)) * mu * norms.inverse_norm * sizes;
        let kept = if is_scaled {
            // |1 − μλ| ≤ 4u, since a μ as small as 2⁻¹⁰²⁴ has lost two bits.
            residual + 4.0 * unit_roundoff() * (1.0 + residual)
        } else {
            residual
        };
        UpdatedResidual {
            bound: enlarge(kept + growth + images + underflow(n + k, 1.0), n + k),
            has_drifted,
        }
    }

    /// Bounds of the rows of D·Rᵀ + λ·A·Qᵀ + X₁·ΔM + ΔX·M′, except for the rounding of X·L, into
    /// `row`, which holds |X|·Σⱼ|m′ⱼ|·2^cⱼ; `roundings` is the relative error of M′ and X′ together.
    fn write_growth<T: Real>(&self, change: &mut Change, roundings: f64) {
        let (n, k) = (change.order, change.rank);
        let (lambda, mu) = (change.factor, change.inverse_factor);
        let sizes = &self.sizes;
        // As for M′: what the underflow of an entry of X may add.
        let least = covered_size::<T>() * self.matrix_sums.iter().sum::<f64>();
        let lost = underflow_of_sum(2 * k + 2);
        for sum in &mut change.row {
            *sum = roundings * (mu * *sum + least) + lost;
        }
        for l in 0..k {
            let columns = l * n..(l + 1) * n;
            let of_a = lambda * sizes.remainder[l] + roundings * sizes.next_coimage[l];
            let of_a = of_a + underflow_of_sum(2);
            let entries = change.coefficients[columns.clone()].iter();
            let rounding = &change.rounding[columns];
            for ((sum, a), d) in change.row.iter_mut().zip(entries).zip(rounding) {
                *sum += a.abs() * of_a + d * sizes.right[l];
            }
        }
    }

    /// The sizes of W and Q; returns the largest ‖q‖/‖r‖ for columns r of R·G.
    fn measure_factors(&mut self, change: &Change, norms: &Norms) -> f64 {
        let mut sampled = 0.0_f64;
        let (n, k) = (change.order, change.rank);
        let sizes = &mut self.sizes;
        let rounding = product_error(roundings_of_dot(n) + k + 1);
        let lost = underflow_of_sum(n + k) * (norms.columns.iter().sum::<f64>() + n as f64);
        for l in 0..k {
            let columns = l * n..(l + 1) * n;
            let w = &change.coimage[columns.clone()];
            sizes.coimage[l] = weighted(w, &norms.matrix_sums);
            sizes.next_coimage[l] = weighted(w, &self.matrix_sums);
            let turned = change.turn[l * k..(l + 1) * k].iter().zip(&sizes.right);
            let turned = turned.map(|(g, size)| g.abs() * size).sum::<f64>();
            let remainder = weighted(&change.remainder[columns], &norms.columns);
            sampled = sampled.max(remainder / turned);
            sizes.remainder[l] = remainder + rounding * (turned + sizes.coimage[l]) + lost;
            for m in 0..k {
                sizes.capacitance[l * k + m] = weighted(
                    &change.coimage[m * n..(m + 1) * n],
                    &change.left[l * n..(l + 1) * n],
                );
            }
        }
        sampled
    }

    /// |D| as computed, with its rounding except for that of X·L, into `rounding`.
    fn write_rounding_of_d(&self, change: &mut Change) {
        let (n, k) = (change.order, change.rank);
        let (lambda, mu) = (change.factor, change.inverse_factor);
        let of_sum = product_error(k + 3);
        let of_dot = product_error(roundings_of_dot(n) + 2);
        let smallest = underflow_of_sum(n + k + 2);
        for l in 0..k {
            let columns = l * n..(l + 1) * n;
            let image = &change.image[columns.clone()];
            // D itself in `column`.
            for (d, value) in change.column.iter_mut().zip(image) {
                *d = mu * value;
            }
            let bounds = &mut change.rounding[columns];
            for (bound, value) in bounds.iter_mut().zip(image) {
                *bound = of_sum * mu * value.abs() + smallest * (1.0 + mu);
            }
            for m in 0..k {
                let h = change.capacitance[l * k + m];
                let size =
                    lambda * change.turn[m * k + l].abs() + self.sizes.capacitance[l * k + m];
                let of_entry = of_sum * h.abs() + of_dot * size + smallest;
                let a = &change.coefficients[m * n..(m + 1) * n];
                for ((d, bound), a) in change.column.iter_mut().zip(&mut *bounds).zip(a) {
                    *d -= a * h;
                    *bound += a.abs() * of_entry;
                }
            }
            for (bound, d) in bounds.iter_mut().zip(&change.column) {
                *bound += d.abs();
            }
        }
    }
}

impl FactorSizes {
    fn resize(&mut self, k: usize) {
        for sizes in [
            &mut self.right,
            &mut self.left,
            &mut self.coimage,
            &mut self.next_coimage,
            &mut self.remainder,
        ] {
            sizes.resize(k, 0.0);
        }
        self.capacitance.resize(k * k, 0.0);
    }
}

/// Σ|vᵢ·wᵢ|, with what underflow may take from it.
fn weighted(values: &[f64], weights: &[f64]) -> f64 {
    sum_of_absolute_products(values, weights) + underflow_of_sum(values.len())
}

/// The relative error that storing an `f64` in the format adds.
pub(super) fn rounding_of_storing<T: Real>() -> f64 {
    if is_single_precision::<T>() {
        0.5 * T::EPSILON.to_f64()
    } else {
        0.0
    }
}

/// So much that the rounding of one number covers the underflow of another: the smallest subnormal
/// over the unit roundoff of the format.
fn covered_size<T: Real>() -> f64 {
    2.0 * T::MIN_POSITIVE.to_f64()
}

/// Whether μX − A·Wᵀ is far enough from overflow.
fn fits_after<T: Real>(change: &Change, norms: &Norms) -> bool {
    let n = change.order;
    let size_of = |weights: &[f64]| largest(weights.iter().copied());
    // |xᵢⱼ| ≤ 2^cᵢ·‖Xₛ‖∞·2^rⱼ.
    let products = change.coefficients.chunks_exact(n);
    let products = products.zip(change.coimage.chunks_exact(n)).map(|(a, w)| {
        largest_product(a, &norms.inverse_columns) * largest_product(w, &norms.inverse_rows)
    });
    let norm = change.inverse_factor * norms.inverse_norm + products.sum::<f64>();
    norm * size_of(&norms.columns) * size_of(&norms.rows) <= 0.5 * T::MAX.to_f64()
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;
    use num_rational::BigRational;
    use num_traits::{One, Signed, Zero};

    use super::ResidualBound;
    use crate::inverse::tracker::change::Change;
    use crate::inverse::tracker::norms::Norms;
    use crate::numerics::exact::{Exact, exact, exact_norm, exact_row_sums, rational};
    use crate::numerics::real::Real;
    use crate::numerics::rounding::unit_roundoff;

    /// A change of integers whose formula has no rounding at all: D and Q vanish, and what is left
    /// of the bound is the room for rounding, term by term.
    struct Exactly<T: Real> {
        name: String,
        factor: T,
        matrix: DMatrix<T>,
        inverse: DMatrix<T>,
        u: DMatrix<T>,
        v: DMatrix<T>,
        /// The exponents of all rows and of all columns.
        exponents: [i32; 2],
    }

    /// Ones on and below the diagonal; the inverse has differences of neighbours.
    fn steps<T: Real>(n: usize) -> [DMatrix<T>; 2] {
        let matrix = DMatrix::from_fn(n, n, |i, j| if i >= j { T::one() } else { T::zero() });
        let inverse = DMatrix::from_fn(n, n, |i, j| match i.wrapping_sub(j) {
            0 => T::one(),
            1 => -T::one(),
            _ => T::zero(),
        });
        [matrix, inverse]
    }

    impl<T: Real> Exactly<T> {
        /// K = λI + VᵀXU is diagonal, with powers of two.
        fn general(n: usize, k: usize, factor: f64) -> Self {
            let [matrix, inverse] = steps(n);
            let number = |value: f64| <T as Real>::from_f64(value);
            let u = DMatrix::from_fn(n, k, |i, l| if i >= l { number(2.0) } else { T::zero() });
            // X·U has 2 in row l of column l.
            let v = DMatrix::from_fn(n, k, |i, l| match (i == l, i < k) {
                (true, _) => number(factor * 1.5),
                (false, true) => T::zero(),
                (false, false) => number((i + l) as f64),
            });
            Self {
                name: format!("{n}, {k}, {factor}, {}", std::any::type_name::<T>()),
                factor: number(factor),
                matrix,
                inverse,
                u,
                v,
                exponents: [0; 2],
            }
        }

        /// M = I and U = V with K = 4λ.
        fn symmetric(n: usize, factor: f64) -> Self {
            let number = |value: f64| <T as Real>::from_f64(value);
            let mut u = DMatrix::zeros(n, 1);
            for i in 0..3 {
                u[(i, 0)] = number(1.0);
            }
            Self {
                name: format!("symmetric {n}, {factor}, {}", std::any::type_name::<T>()),
                factor: number(factor),
                matrix: DMatrix::identity(n, n) * number(1.0 / factor),
                inverse: DMatrix::identity(n, n) * number(factor),
                v: u.clone(),
                u,
                exponents: [0; 2],
            }
        }

        /// The same matrix and change, where rows are to be scaled by 2^row and columns by 2^column.
        fn shifted(mut self, row: i32, column: i32) -> Self {
            let shift = |matrix: &mut DMatrix<T>, exponent: i32| {
                matrix.apply(|value| *value = value.scale_by_power_of_two(exponent));
            };
            shift(&mut self.matrix, -row - column);
            shift(&mut self.inverse, row + column);
            shift(&mut self.u, -row);
            shift(&mut self.v, -column);
            self.exponents = [row, column];
            self.name += &format!(", 2^{row}, 2^{column}");
            self
        }

        fn norms(&self) -> Norms {
            let n = self.matrix.nrows();
            let weights = |e: i32| vec![1.0_f64.scale_by_power_of_two(e); n];
            let [row, column] = self.exponents;
            let sums = self.matrix.row_iter().map(|entries| {
                let size = entries.iter().fold(0.0, |sum, m| sum + m.to_f64().abs());
                size.scale_by_power_of_two(column)
            });
            let mut norms = Norms {
                rows: weights(row),
                inverse_rows: weights(-row),
                columns: weights(column),
                inverse_columns: weights(-column),
                matrix_sums: sums.collect(),
                inverse_norm: 0.0,
            };
            norms.measure_inverse(&self.inverse, &mut vec![0.0; n]);
            norms
        }

        fn change(&self) -> (Change, ResidualBound) {
            let (mut change, mut bound) = (Change::default(), ResidualBound::default());
            let is_symmetric = self.matrix == self.matrix.transpose();
            change.load(self.factor, &self.u, &self.v, is_symmetric);
            let norms = self.norms();
            change.prepare(&self.inverse, bound.predict_sums::<T>(&change, &norms));
            let mut next = self.matrix.clone();
            let mut sums = vec![0.0; self.matrix.nrows()];
            change.write_next_matrix((&self.matrix, &mut next), &norms.columns, &mut sums);
            (change, bound)
        }

        fn found(&self, residual: f64) -> f64 {
            let (mut change, mut bound) = self.change();
            bound.after::<T>(&mut change, &self.norms(), residual).bound
        }

        /// The bound without any rounding in its own computation.
        fn expected(&self, residual: f64) -> BigRational {
            let (change, _) = self.change();
            let (n, k) = (change.order, change.rank);
            let one = BigRational::one();
            let unit = rational(unit_roundoff());
            let count = |number: usize| rational(number as f64);
            let gamma = |roundings: usize| {
                let units = count(roundings) * &unit;
                &units / (&one - &units)
            };
            let [row, column] = self
                .exponents
                .map(|e| rational(1.0_f64.scale_by_power_of_two(e)));
            let wide = |values: &[f64], m: usize| exact(&DMatrix::from_column_slice(n, m, values));
            let sizes = |matrix: Exact| matrix.map(|value| value.abs());
            let (left, right) = (
                wide(&change.left, k),
                wide(&change.right, k) * column.clone(),
            );
            let (left, right) = (sizes(left), sizes(right));
            let (a, w) = (wide(&change.coefficients, k), wide(&change.coimage, k));
            let (a, w) = (sizes(a), sizes(w));
            let g = sizes(exact(&DMatrix::from_column_slice(k, k, &change.turn)));
            let h = sizes(exact(&DMatrix::from_column_slice(
                k,
                k,
                &change.capacitance,
            )));
            let image = sizes(wide(&change.image, k));
            let x = sizes(exact(&self.inverse.map(T::to_f64)));
            let m = sizes(exact(&self.matrix.map(T::to_f64))) * column.clone();
            let (lambda, mu) = (rational(change.factor), rational(change.inverse_factor));
            let ones = |length: usize| Exact::from_element(length, 1, one.clone());
            let right_sizes = right.transpose() * ones(n);
            let own = &m * ones(n);
            let next = &own * lambda.clone() + &left * &right_sizes;
            // M′, X′: k products and k sums, λ or μ, and the format; both once.
            let is_scaled = usize::from(change.factor != 1.0);
            let mut roundings = count(k + 1 + is_scaled) * &unit;
            if T::MANTISSA_DIGITS < f64::MANTISSA_DIGITS {
                roundings += rational(0.5 * T::EPSILON.to_f64());
            }
            let roundings = rational(2.0 * 1.01) * roundings;
            let of_next = (&x * &next) * mu.clone() + &a * (w.transpose() * &next);
            // Q: n products in lanes, k products, a difference.
            let of_q = (g.transpose() * &right_sizes + w.transpose() * &own) * lambda.clone();
            let of_q = &a * of_q * gamma(n / 8 + 16 + k + 1);
            // D: μ times the image and k products; H is n products in lanes and λG.
            let of_d = (&image * mu.clone() + &a * &h) * gamma(k + 3);
            let of_h = g.transpose() * lambda + w.transpose() * &left;
            let of_d = (of_d + &a * of_h * gamma(n / 8 + 16 + 2)) * &right_sizes;
            let growth = exact_norm(&(of_next * roundings + of_q + of_d)) / &column;
            let largest = |matrix: &Exact, l: usize| {
                matrix
                    .column(l)
                    .iter()
                    .fold(BigRational::zero(), |a, b| a.max(b.clone()))
            };
            let images = (0..k).map(|l| largest(&left, l) * &row * &right_sizes[l]);
            let images = images.sum::<BigRational>() * exact_norm(&x) / (row * column);
            let images = gamma(n / 4 + 6) * mu * images;
            let mut kept = rational(residual);
            if is_scaled == 1 {
                kept = &kept + rational(4.0) * unit * (one + &kept);
            }
            kept + growth + images
        }
    }

    fn check<T: Real>(case: &Exactly<T>, slack: f64) {
        for residual in [0.0, 1e-14] {
            let (found, expected) = (case.found(residual), case.expected(residual));
            let name = &case.name;
            assert!(found.is_finite(), "{name}");
            assert!(rational(found) >= expected, "{name}: {found:e} is below");
            let most = expected * rational(1.0 + slack);
            assert!(rational(found) <= most, "{name}: {found:e} is far above");
        }
    }

    fn cases<T: Real>() -> Vec<Exactly<T>> {
        let mut cases = Vec::new();
        for (n, k) in [(1, 1), (3, 1), (9, 1), (4, 2), (9, 3), (20, 5)] {
            for factor in [1.0, 0.5, 4.0] {
                cases.push(Exactly::general(n, k, factor));
            }
        }
        cases.extend([3, 10].map(|n| Exactly::symmetric(n, 1.0)));
        cases
    }

    #[test]
    fn cases_have_no_rounding() {
        for case in cases::<f64>() {
            let (change, _) = case.change();
            assert!(change.is_finite(), "{}", case.name);
            assert!(change.remainder.iter().all(|q| *q == 0.0), "{}", case.name);
            let (n, k) = (change.order, change.rank);
            let wide = |values: &[f64], rows| exact(&DMatrix::from_column_slice(rows, k, values));
            let d = wide(&change.image, n) * rational(change.inverse_factor)
                - wide(&change.coefficients, n) * wide(&change.capacitance, k);
            assert!(
                exact_row_sums(&d).iter().all(Zero::is_zero),
                "{}",
                case.name
            );
        }
    }

    #[test]
    fn every_rounding_has_its_room() {
        for case in cases::<f64>() {
            check(&case, 1e-12);
            check(&case.shifted(7, -5), 1e-12);
        }
        for case in cases::<f32>() {
            check(&case, 1e-12);
            check(&case.shifted(7, -5), 1e-12);
        }
    }

    #[test]
    fn what_underflow_takes_has_its_room() {
        // The rows of X are near the smallest normal number, and their rounding is below it.
        for (row, column) in [(515, -1015), (-500, -500), (1000, -1015), (-990, 990)] {
            for case in cases::<f64>() {
                check(&case.shifted(row, column), 10.0);
            }
        }
    }
}
