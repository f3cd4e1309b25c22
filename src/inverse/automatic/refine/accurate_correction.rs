//! One correction by a residual of known rounding, and the proof of the remaining error.

use std::mem::swap;

use nalgebra::{DMatrix, DVector};

use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::scaling::Weights;
use crate::numerics::random::{fill_at_random, seeded};
use crate::numerics::rounding::{
    RowSums, absolute_row_sums, absolute_times, enlarge, largest, largest_row_sum, product_error,
    underflow, unit_roundoff,
};

/// An error this many times u, relative to X, is lost in the rounding of X.
pub(crate) const NEGLIGIBLE: f64 = 0.2;

/// Random vectors of a norm estimate, which is then at least half of the norm in 24 of 25 cases,
/// even for a matrix of rank one.
const PROBES: usize = 6;

/// The order up to which a better estimate takes longer than the product that it may save.
const CHEAP_UP_TO: usize = 12;

/// The variance of the entries of a random vector, each the sum of four uniform numbers.
const VARIANCE: f64 = 4.0 / 12.0;

/// X⁺ = Yₖ of order k ≥ 2, with Y₁ = X and Yⱼ₊₁ = fl(X + fl(R̂·Yⱼ)).
///
/// R̂ = R − δ is in the workspace's `image`, fl(R̂X) in `momentum`, and X⁺ − X in `momentum_image`.
/// With Δⱼ the rounding of Yⱼ₊₁, where i runs from 0 to k − 2 and j from 1 to k − 1,
///
/// I − X⁺M = Σ R̂ⁱδ + R̂ᵏ⁻¹R − Σ R̂ᵏ⁻¹⁻ʲΔⱼ·M,
/// M⁻¹ − X⁺ = Σ (Rʲ − R̂ʲ)X + Rᵏ⁻¹(I − R)⁻¹·RX − Σ R̂ᵏ⁻¹⁻ʲΔⱼ.
pub(crate) struct AccurateCorrection {
    /// The sums of Y₂ to Yₖ₋₁.
    between: Vec<Sums>,
    /// Bounds of the row sums of |δ|.
    rounding: RowSums,
    /// An estimate of ‖M⁻¹ − X⁺‖/‖M⁻¹‖ without the rounding of X⁺ and of R̂.
    remaining_error: f64,
    /// The row sums of X before it is overwritten.
    before: Sums,
    /// |M|·e, where e is the vector of ones.
    matrix_sums: RowSums,
}

/// The row sums of a matrix A that the bounds need.
struct Sums {
    /// |A|·e.
    rows: RowSums,
    /// |A|·(|M|·e).
    image: RowSums,
}

/// The sizes that both bounds of a corrected inverse depend on.
struct Sizes {
    /// A bound of ‖R‖∞.
    rho: f64,
    /// A bound of ‖δ‖∞.
    delta: f64,
    /// ‖X‖∞.
    norm: f64,
    /// The most that underflow adds to a row.
    tiny: f64,
    /// The sums of X⁺.
    after: Sums,
}

impl Sums {
    fn of(a: &DMatrix<f64>, matrix_sums: &[f64]) -> Self {
        Self {
            rows: absolute_row_sums(a),
            image: absolute_times(a, matrix_sums),
        }
    }
}

impl AccurateCorrection {
    /// Corrects X to the first order from two to `most_order`, at least three, that leaves at most
    /// the error `allowed`, or as far as more orders help.
    pub(crate) fn apply(
        iteration: &mut Iteration<'_, f64>,
        weights: Option<&Weights>,
        rounding: RowSums,
        allowed: f64,
        most_order: usize,
    ) -> Self {
        let (matrix, x) = (iteration.matrix, &mut *iteration.x);
        let w = &mut *iteration.workspace;
        let counter = &mut *iteration.counter;
        let matrix_sums = absolute_row_sums(matrix);
        let before = Sums::of(x, &matrix_sums);
        counter.multiply(&mut w.momentum, &w.image, x);
        let [second, third] = errors_left(x, weights, w, allowed);
        let mut between = Vec::with_capacity(most_order - 2);
        let mut remaining_error = second;
        w.momentum_image.copy_from(&w.momentum);
        if second > allowed {
            between.push(next_factor(x, &matrix_sums, w));
            counter.multiply(&mut w.momentum_image, &w.image, &w.direction);
            remaining_error = third;
        }
        let mut last_change = second;
        let mut tail = Tail::after_third_order(w, &before, &rounding);
        let is_short = remaining_error > allowed;
        while is_short
            && (remaining_error > allowed || tail.is_loose())
            && between.len() + 2 < most_order
        {
            between.push(next_factor(x, &matrix_sums, w));
            counter.multiply(&mut w.direction_image, &w.image, &w.direction);
            // R̂Yₖ − R̂Yₖ₋₁ is about RᵏX.
            w.momentum_image -= &w.direction_image;
            let change = relative_size(&w.momentum_image, x, weights);
            swap(&mut w.momentum_image, &mut w.direction_image);
            tail.bound *= tail.ratio;
            let ratio = change / last_change;
            remaining_error = change * ratio;
            // False for NaN too.
            let helps = ratio < 0.5;
            if !helps {
                break;
            }
            last_change = change;
        }
        let steps = w.momentum_image.as_mut_slice().iter_mut();
        for (entry, step) in x.as_mut_slice().iter_mut().zip(steps) {
            let before = *entry;
            *entry += *step;
            *step = *entry - before;
        }
        Self {
            between,
            rounding,
            remaining_error,
            before,
            matrix_sums,
        }
    }

    pub(crate) fn remaining_error(&self) -> f64 {
        self.remaining_error
    }

    pub(crate) fn proof(&self, corrected: &DMatrix<f64>, w: &Workspace<f64>) -> Proof {
        let n = corrected.nrows();
        let residual = &w.image;
        let rows: RowSums = absolute_row_sums(residual)
            .iter()
            .zip(&self.rounding)
            .map(|(r, d)| r + d)
            .collect();
        let rho = enlarge(max(&rows), n);
        // False for NaN too.
        let is_proof = rho < 1.0;
        if !is_proof {
            return Proof::NOTHING;
        }
        let after = Sums::of(corrected, &self.matrix_sums);
        let (norm, corrected_norm) = (max(&self.before.rows), max(&after.rows));
        let sizes = Sizes {
            rho,
            delta: max(&self.rounding),
            norm,
            tiny: self.order() as f64
                * (underflow(n, rho + norm)
                    + underflow(n, corrected_norm + max(&self.matrix_sums))),
            after,
        };
        Proof::from_bounds(
            enlarge(self.residual_bound(&sizes, residual, &rows), n),
            enlarge(self.error_bound(&sizes, residual, &w.momentum), n),
            enlarge(corrected_norm, n),
        )
    }

    /// A bound of ‖I − X⁺M‖∞ from the row sums of |R̂| + |δ|, before it is rounded up.
    fn residual_bound(&self, sizes: &Sizes, residual: &DMatrix<f64>, rows: &[f64]) -> f64 {
        let roundings = self.rounding_of_step(sizes, residual, |sums| &sums.image);
        let mut powers = absolute_times(residual, rows);
        for _ in 2..self.order() {
            powers = absolute_times(residual, &powers);
        }
        let totals = (0..rows.len()).map(|i| self.rounding[i] + powers[i] + roundings[i]);
        let beyond_own_row = self.sum_of_powers(sizes.rho) * sizes.delta;
        largest(totals) + beyond_own_row + sizes.tiny * (1.0 + max(&self.matrix_sums))
    }

    /// ρ + ρ² + … + ρ^(k − 2).
    fn sum_of_powers(&self, rho: f64) -> f64 {
        (2..self.order()).fold(0.0, |sum, _| rho * (1.0 + sum))
    }

    /// k.
    fn order(&self) -> usize {
        self.between.len() + 2
    }

    /// A bound of ‖M⁻¹ − X⁺‖∞ from fl(R̂X), before it is rounded up.
    fn error_bound(
        &self,
        sizes: &Sizes,
        residual: &DMatrix<f64>,
        first_step: &DMatrix<f64>,
    ) -> f64 {
        let &Sizes {
            rho,
            delta,
            norm,
            tiny,
            ..
        } = sizes;
        let roundings = self.rounding_of_step(sizes, residual, |sums| &sums.rows);
        let first_product = absolute_times(residual, &self.before.rows);
        let first_norm = max(&absolute_row_sums(first_step))
            + product_error(residual.nrows()) * max(&first_product)
            + delta * norm
            + tiny;
        // ‖R‖ to the power k − 1.
        let power = (1..self.order()).fold(1.0, |power, _| power * rho);
        let tail = power / (1.0 - rho) * first_norm;
        // ‖Rʲ − R̂ʲ‖ ≤ j·ρ^(j − 1)·‖δ‖, and the square of 1 + ρ + … contains these terms.
        let growth = 1.0 + self.sum_of_powers(rho);
        let from_delta = delta * norm * growth * growth;
        max(&roundings) + from_delta + tail + tiny
    }

    /// Σ |R̂|ᵏ⁻¹⁻ʲ|Δⱼ|·v by rows, where v is e or |M|·e: |Δⱼ| ≤ g·|R̂||Yⱼ| + u·|Yⱼ₊₁|.
    fn rounding_of_step(
        &self,
        sizes: &Sizes,
        residual: &DMatrix<f64>,
        times_v: fn(&Sums) -> &[f64],
    ) -> RowSums {
        let (u, gamma) = (unit_roundoff(), product_error(residual.nrows()));
        let of_product = |factor: &[f64], sum: &[f64]| -> RowSums {
            let products = absolute_times(residual, factor);
            let terms = products.iter().zip(sum);
            terms.map(|(p, s)| gamma * p + u * s).collect()
        };
        let mut sums = self.between.iter().chain([&sizes.after]).map(times_v);
        let Some(mut factor) = sums.next() else {
            return RowSums::new();
        };
        let mut bounds = of_product(times_v(&self.before), factor);
        for next in sums {
            let carried = absolute_times(residual, &bounds);
            bounds = of_product(factor, next);
            bounds.iter_mut().zip(carried).for_each(|(b, c)| *b += c);
            factor = next;
        }
        bounds
    }
}

/// What the bound of the error says of the powers of R that are left.
struct Tail {
    /// Nearly ‖R‖ᵏ⁻¹·‖RX‖/‖X‖, in the ∞-norm.
    bound: f64,
    /// By how much the next order multiplies it.
    ratio: f64,
    /// What the rounding of R̂ adds to the bound of the error in any case.
    least: f64,
}

impl Tail {
    fn after_third_order(w: &Workspace<f64>, before: &Sums, rounding: &[f64]) -> Self {
        let least = max(rounding);
        let ratio = largest_row_sum(&w.image) + least;
        let first = largest_row_sum(&w.momentum) / max(&before.rows);
        Self {
            bound: ratio * ratio * first,
            ratio,
            least: least.max(unit_roundoff()),
        }
    }

    /// Whether more orders make the bound of the error clearly smaller.
    fn is_loose(&self) -> bool {
        self.bound > self.least
    }
}

/// Y = X + P, from the product P in `momentum_image`, into `direction`; returns its sums.
fn next_factor(x: &DMatrix<f64>, matrix_sums: &[f64], w: &mut Workspace<f64>) -> Sums {
    w.direction.copy_from(x);
    w.direction += &w.momentum_image;
    Sums::of(&w.direction, matrix_sums)
}

/// ‖A‖/‖X‖: with weights, the larger of the plain and the weighted ratio.
fn relative_size(a: &DMatrix<f64>, x: &DMatrix<f64>, weights: Option<&Weights>) -> f64 {
    let plain = a.norm() / x.norm();
    weights.map_or(plain, |weights| {
        plain.max(weighted_sum(a, weights) / weighted_sum(x, weights))
    })
}

/// The sum of all |aᵢⱼ| with these weights.
fn weighted_sum(a: &DMatrix<f64>, weights: &Weights) -> f64 {
    weighted(&absolute_times(a, &weights.columns), weights)
}

fn weighted(rows: &[f64], weights: &Weights) -> f64 {
    rows.iter().zip(&weights.rows).map(|(r, w)| r * w).sum()
}

/// Estimates of ‖R·D‖/‖X‖ and ‖R²·D‖/‖X‖ with D = R·X, which is in `momentum`: the errors that
/// corrections of order two and three leave. With weights, the larger of the plain and the weighted
/// norms.
fn errors_left(
    x: &DMatrix<f64>,
    weights: Option<&Weights>,
    w: &Workspace<f64>,
    allowed: f64,
) -> [f64; 2] {
    let plain = plain_errors(x.norm(), w, allowed);
    let Some(weights) = weights else {
        return plain;
    };
    let first = absolute_times(&w.momentum, &weights.columns);
    let second = absolute_times(&w.image, &first);
    let third = absolute_times(&w.image, &second);
    let norm = weighted_sum(x, weights);
    [
        plain[0].max(weighted(&second, weights) / norm),
        plain[1].max(weighted(&third, weights) / norm),
    ]
}

/// The same without weights, from products of norms if these are small enough.
fn plain_errors(norm: f64, w: &Workspace<f64>, allowed: f64) -> [f64; 2] {
    let size = w.image.norm();
    let largest = size * w.momentum.norm() / norm;
    let is_enough = largest <= allowed;
    if is_enough || w.image.nrows() <= CHEAP_UP_TO {
        return [largest, size * largest];
    }
    norms_of_products(w).map(|product| product / norm)
}

/// ‖R·D‖_F and ‖R²·D‖_F, nearly: the mean of ‖A·v‖² over random v with independent entries of
/// variance s is s·‖A‖²_F (M. F. Hutchinson, "A stochastic estimator of the trace of the influence
/// matrix", 1989).
///
/// The entries are not signs as they are there, because nearly equal columns make an A = u·(1, −1,
/// 0, …)ᵀ, which many vectors of signs would miss.
fn norms_of_products(w: &Workspace<f64>) -> [f64; 2] {
    let n = w.image.nrows();
    let mut random = seeded(w.seed);
    let [mut v, mut image] = [DVector::zeros(n), DVector::zeros(n)];
    let mut squares = [0.0; 2];
    for _ in 0..PROBES {
        fill_at_random(v.as_mut_slice(), &mut random);
        image.gemv(1.0, &w.momentum, &v, 0.0);
        for square in &mut squares {
            v.gemv(1.0, &w.image, &image, 0.0);
            *square += v.norm_squared();
            image.copy_from(&v);
        }
    }
    squares.map(|square| (square / (VARIANCE * PROBES as f64)).sqrt())
}

fn max(values: &[f64]) -> f64 {
    largest(values.iter().copied())
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, dmatrix};

    use super::{
        AccurateCorrection, CHEAP_UP_TO, NEGLIGIBLE, RowSums, Sizes, Sums, errors_left,
        plain_errors,
    };
    use crate::inverse::automatic::iteration::Iteration;
    use crate::inverse::automatic::iteration::monitor::Unwatched;
    use crate::inverse::automatic::iteration::workspace::Workspace;
    use crate::inverse::scaling::Weights;
    use crate::numerics::exact::{
        assert_bounded, exact, exact_norm, exact_residual, exact_row_sums,
    };
    use crate::numerics::product::counter::ProductCounter;
    use crate::numerics::rounding::{absolute_row_sums, unit_roundoff};

    /// Corrects X by R̂ = R − δ to several orders and compares the proofs with exact arithmetic. R
    /// and δ have to be numbers of the format.
    fn check(m: &DMatrix<f64>, inverse: &DMatrix<f64>, x: &DMatrix<f64>, delta: &DMatrix<f64>) {
        for most_order in [3, 4, 8] {
            check_order(m, inverse, x, delta, most_order);
        }
    }

    fn check_order(
        m: &DMatrix<f64>,
        inverse: &DMatrix<f64>,
        x: &DMatrix<f64>,
        delta: &DMatrix<f64>,
        most_order: usize,
    ) {
        let n = m.nrows();
        let residual = DMatrix::identity(n, n) - x * m;
        assert_eq!(exact(&residual), exact_residual(x, m));
        let mut w = Workspace::new(n, 0);
        w.prepare();
        w.image.copy_from(&(residual - delta));
        let mut corrected = x.clone();
        let rounding = absolute_row_sums(delta);
        let mut iteration = Iteration {
            matrix: m,
            x: &mut corrected,
            workspace: &mut w,
            counter: &mut ProductCounter::new(),
            monitor: &mut Unwatched,
        };
        let allowed = NEGLIGIBLE * unit_roundoff();
        let correction =
            AccurateCorrection::apply(&mut iteration, None, rounding, allowed, most_order);
        let proof = correction.proof(&corrected, &w);
        let left = exact_norm(&exact_residual(&corrected, m));
        let errors = exact_row_sums(&(exact(inverse) - exact(&corrected)));
        let name = format!("order {}, {x}, {delta}", correction.order());
        assert_bounded(&name, &[left], &[proof.residual]);
        assert_bounded(&name, &errors, &vec![proof.absolute; n]);
    }

    /// In one dimension nothing cancels and no norm is too large: apart from rounding, the bounds
    /// of a residual that is off by δ are attained.
    #[test]
    fn the_bounds_hold_for_a_number() {
        let one = DMatrix::from_element(1, 1, 1.0);
        for residual in [0.5, 0.375, -0.375, 2.0_f64.powi(-30), 0.0] {
            for delta in [0.0, 2.0_f64.powi(-40), 2.0_f64.powi(-10), 0.125, -0.125] {
                let (x, delta) = (&one * (1.0 - residual), &one * delta);
                check(&one, &one, &x, &delta);
            }
        }
    }

    #[test]
    fn the_bounds_hold_for_a_matrix() {
        let (m, inverse) = (dmatrix![1.0, 4.0; 0.0, 1.0], dmatrix![1.0, -4.0; 0.0, 1.0]);
        for size in [0.0625, 2.0_f64.powi(-30)] {
            let x = &inverse + dmatrix![-2.0, 1.0; 1.0, -3.0] * size;
            for delta in [
                dmatrix![0.0, 0.0; 0.0, 0.0],
                dmatrix![-1.0, 2.0; 0.0, 0.0],
                dmatrix![0.0, 0.0; 3.0, 1.0],
                dmatrix![1.0, 1.0; -1.0, 1.0],
            ] {
                check(&m, &inverse, &x, &(delta * 2.0_f64.powi(-7)));
            }
        }
    }

    fn assert_near(name: &str, found: f64, expected: f64) {
        let error = (found - expected).abs();
        assert!(
            error <= 1e-12 * expected,
            "{name}: {found:e}, not {expected:e}"
        );
    }

    /// Numbers of such sizes that every term of both bounds counts.
    #[test]
    fn the_bounds_are_the_sums_of_their_terms() {
        let u = 0.5 * f64::EPSILON;
        let number = |value: f64| RowSums::from_elem(value, 1);
        let sums = |rows: f64, image: f64| Sums {
            rows: number(rows / u),
            image: number(image / u),
        };
        // |R̂|, |δ|, the bounds of ‖R‖, ‖δ‖ and ‖X‖, underflow, |M|, and the computed R̂X.
        let (r, d, rho, delta, norm) = (0.375, 0.75, 0.25, 1.5, 5.0);
        let (tiny, m, step) = (0.625, 3.0, 7.0);
        let residual = DMatrix::from_element(1, 1, -r);
        let first_step = DMatrix::from_element(1, 1, -step);
        for third_order in [false, true] {
            let correction = AccurateCorrection {
                between: third_order.then(|| sums(19.0, 23.0)).into_iter().collect(),
                rounding: number(d),
                remaining_error: 0.0,
                before: sums(2.0, 11.0),
                matrix_sums: number(m),
            };
            let sizes = Sizes {
                rho,
                delta,
                norm,
                tiny,
                after: sums(13.0, 17.0),
            };
            let found = [
                correction.residual_bound(&sizes, &residual, &[r + d]),
                correction.error_bound(&sizes, &residual, &first_step),
            ];
            let tail = |power: f64| power / (1.0 - rho) * (step + r * 2.0 + delta * norm + tiny);
            let expected = if third_order {
                let of_image = r * 23.0 + 17.0 + r * (r * 11.0 + 23.0);
                let of_rows = r * 19.0 + 13.0 + r * (r * 2.0 + 19.0);
                [
                    d + r * r * (r + d) + of_image + rho * delta + tiny * (1.0 + m),
                    of_rows + delta * norm * (1.0 + rho) * (1.0 + rho) + tail(rho * rho) + tiny,
                ]
            } else {
                [
                    d + r * (r + d) + r * 11.0 + 17.0 + tiny * (1.0 + m),
                    r * 2.0 + 13.0 + delta * norm + tail(rho) + tiny,
                ]
            };
            assert_near("residual", found[0], expected[0]);
            assert_near("error", found[1], expected[1]);
        }
    }

    /// Corrects the number `x` by R̂ = `residual` and returns it with its proof.
    fn corrected_number(
        m: f64,
        x: f64,
        residual: f64,
    ) -> (AccurateCorrection, Workspace<f64>, f64) {
        let mut w = Workspace::new(1, 0);
        w.prepare();
        w.image.fill(residual);
        let mut x = DMatrix::from_element(1, 1, x);
        let mut iteration = Iteration {
            matrix: &DMatrix::from_element(1, 1, m),
            x: &mut x,
            workspace: &mut w,
            counter: &mut ProductCounter::new(),
            monitor: &mut Unwatched,
        };
        let allowed = NEGLIGIBLE * unit_roundoff();
        let exact = RowSums::from_elem(0.0, 1);
        let correction = AccurateCorrection::apply(&mut iteration, None, exact, allowed, 3);
        (correction, w, x[(0, 0)])
    }

    #[test]
    fn underflow_counts_on_both_sides_of_the_range() {
        let power = |exponent: i32| 2.0_f64.powi(exponent);
        // Products of 1 term, off by 2⁻¹⁰⁷⁴ times 2¹⁰⁰⁰, twice for each of two products.
        for (x, expected_residual, expected_error) in [
            (power(1000), Some(power(-53) + power(-72)), None),
            (power(-1000), None, Some(power(-73))),
        ] {
            let (correction, w, x) = corrected_number(1.0 / x, x, 0.0);
            let proof = correction.proof(&DMatrix::from_element(1, 1, x), &w);
            for (found, expected) in [
                (proof.residual, expected_residual),
                (proof.absolute, expected_error),
            ] {
                if let Some(expected) = expected {
                    assert_near("bound", found, expected);
                }
            }
        }
    }

    #[test]
    fn the_order_is_the_least_that_leaves_little() {
        for (exponent, order) in [(-30, 2), (-20, 3)] {
            let residual = 2.0_f64.powi(exponent);
            let (correction, w, x) = corrected_number(1.0, 1.0 - residual, residual);
            assert_eq!(correction.order(), order);
            let remaining = correction.remaining_error();
            assert_near("error", remaining, residual.powi(order as i32));
            assert_eq!(w.momentum_image[(0, 0)], x - (1.0 - residual));
        }
    }

    #[test]
    fn the_errors_left_are_those_of_the_products() {
        let (r, d) = (
            dmatrix![0.5, -1.0; 0.25, 2.0],
            dmatrix![-3.0, 1.0; 2.0, 0.5],
        );
        let x = dmatrix![1.0, -2.0; 4.0, 8.0];
        let mut w = Workspace::new(2, 0);
        w.prepare();
        w.image.copy_from(&r);
        w.momentum.copy_from(&d);
        let first = r.norm() * d.norm() / x.norm();
        let plain = [first, r.norm() * first];
        let found = errors_left(&x, None, &w, 0.0);
        (0..2).for_each(|k| assert_near("plain", found[k], plain[k]));
        // The weighted errors are the larger ones, then the plain ones.
        for (rows, columns) in [([3.0, 1e-3], [0.25, 1e-3]), ([5.0, 0.5], [0.25, 3.0])] {
            let weights = Weights {
                rows: rows.to_vec(),
                columns: columns.to_vec(),
            };
            let columns = DMatrix::from_column_slice(2, 1, &weights.columns);
            let rows = DMatrix::from_row_slice(1, 2, &weights.rows);
            let of = |a: DMatrix<f64>| (&rows * a * &columns)[(0, 0)];
            let (r, d) = (r.abs(), d.abs());
            let weighted = [&r * &d, &r * &r * &d].map(|a| of(a) / of(x.abs()));
            let found = errors_left(&x, Some(&weights), &w, 0.0);
            for k in 0..2 {
                assert_near("weighted", found[k], plain[k].max(weighted[k]));
            }
        }
    }

    /// For multiples of orthogonal matrices, whose products have √n of the product of their norms.
    #[test]
    fn the_errors_left_are_estimated_where_norms_are_too_large() {
        let n = 64;
        assert!(n > CHEAP_UP_TO);
        let cycle = DMatrix::from_fn(n, n, |i, j| f64::from(i == (j + 1) % n));
        let mut w = Workspace::new(n, 0);
        w.prepare();
        let (r, d, norm) = (0.5, 3.0, 64.0);
        w.image.copy_from(&(&cycle * r));
        w.momentum.copy_from(&(&cycle * d));
        let root = (n as f64).sqrt();
        let bounds = [1.0, r * root].map(|factor| factor * r * d * n as f64 / norm);
        let truth = [1.0, r].map(|factor| factor * r * d * root / norm);
        let enough = plain_errors(norm, &w, 1.001 * bounds[0]);
        let estimated = plain_errors(norm, &w, 0.999 * bounds[0]);
        for k in 0..2 {
            assert_near("bound", enough[k], bounds[k]);
            let ratio = estimated[k] / truth[k];
            assert!((0.8..=1.2).contains(&ratio), "{k}: {ratio}");
        }
    }
}
