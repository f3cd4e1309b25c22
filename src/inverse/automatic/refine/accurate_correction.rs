//! One correction by a residual of known rounding, and the proof of the remaining error.

use nalgebra::{DMatrix, DVector};

use crate::inverse::automatic::iteration::Iteration;
use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::inverse::certificate::proof::Proof;
use crate::inverse::scaling::Weights;
use crate::numerics::random::{fill_at_random, seeded};
use crate::numerics::rounding::{
    RowSums, absolute_row_sums, absolute_times, enlarge, largest, product_error, underflow,
    unit_roundoff,
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

/// X⁺ = fl(X + fl(R̂·Y)) with Y = X (order two) or Y = fl(X + fl(R̂·X)) (order three).
///
/// R̂ = R − δ is in the workspace's `image`, fl(R̂X) in `momentum`, X⁺ − X in `momentum_image`, and
/// Y, for order three, in `direction`. With Δ the rounding of X⁺ and Δ′ that of Y,
///
/// order two: I − X⁺M = δ + R̂R − ΔM, M⁻¹ − X⁺ = δX + R(I − R)⁻¹·RX − Δ;
/// order three: I − X⁺M = δ + R̂δ + R̂²R − (R̂Δ′ + Δ)M,
/// M⁻¹ − X⁺ = δX + (Rδ + δR̂)X + R²(I − R)⁻¹·RX − R̂Δ′ − Δ.
pub(crate) struct AccurateCorrection {
    third_order: bool,
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
    /// The sums of Y, for order three.
    factor: Option<Sums>,
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
    /// Corrects X to order two if that leaves at most the error `allowed`, to order three
    /// otherwise.
    pub(crate) fn apply(
        iteration: &mut Iteration<'_, f64>,
        weights: Option<&Weights>,
        rounding: RowSums,
        allowed: f64,
    ) -> Self {
        let (matrix, x) = (iteration.matrix, &mut *iteration.x);
        let w = &mut *iteration.workspace;
        let counter = &mut *iteration.counter;
        let matrix_sums = absolute_row_sums(matrix);
        let before = Sums::of(x, &matrix_sums);
        counter.multiply(&mut w.momentum, &w.image, x);
        let [second, third] = errors_left(x, weights, w, allowed);
        let is_enough = second <= allowed;
        if is_enough {
            w.momentum_image.copy_from(&w.momentum);
        } else {
            w.direction.copy_from(x);
            w.direction += &w.momentum;
            counter.multiply(&mut w.momentum_image, &w.image, &w.direction);
        }
        let steps = w.momentum_image.as_mut_slice().iter_mut();
        for (entry, step) in x.as_mut_slice().iter_mut().zip(steps) {
            let before = *entry;
            *entry += *step;
            *step = *entry - before;
        }
        Self {
            third_order: !is_enough,
            rounding,
            remaining_error: if is_enough { second } else { third },
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
            tiny: underflow(n, rho + norm) + underflow(n, corrected_norm + max(&self.matrix_sums)),
            factor: self
                .third_order
                .then(|| Sums::of(&w.direction, &self.matrix_sums)),
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
        let square = absolute_times(residual, rows);
        let powers = if self.third_order {
            absolute_times(residual, &square)
        } else {
            square
        };
        let totals = (0..rows.len()).map(|i| self.rounding[i] + powers[i] + roundings[i]);
        let beyond_own_row = if self.third_order {
            sizes.rho * sizes.delta
        } else {
            0.0
        };
        largest(totals) + beyond_own_row + sizes.tiny * (1.0 + max(&self.matrix_sums))
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
        // ‖R^k(I − R)⁻¹‖, k = 1 or 2.
        let power = if self.third_order { rho * rho } else { rho };
        let tail = power / (1.0 - rho) * first_norm;
        let growth = if self.third_order { 1.0 + rho } else { 1.0 };
        let from_delta = delta * norm * growth * growth;
        max(&roundings) + from_delta + tail + tiny
    }

    /// (|Δ| + |R̂||Δ′|)·v by rows, where v is e or |M|·e: |Δ| ≤ g·|R̂||Y| + u·|X⁺|, |Δ′| ≤
    /// g·|R̂||X| + u·|Y|.
    /// |Δ′| ≤ g·|R̂||X| + u·|Y|.
    fn rounding_of_step(
        &self,
        sizes: &Sizes,
        residual: &DMatrix<f64>,
        times_v: fn(&Sums) -> &[f64],
    ) -> RowSums {
        let (u, gamma) = (unit_roundoff(), product_error(residual.nrows()));
        let before = times_v(&self.before);
        let of_product = |factor: &[f64], sum: &[f64]| -> RowSums {
            let products = absolute_times(residual, factor);
            let terms = products.iter().zip(sum);
            terms.map(|(p, s)| gamma * p + u * s).collect()
        };
        let after = times_v(&sizes.after);
        let Some(factor) = sizes.factor.as_ref().map(times_v) else {
            return of_product(before, after);
        };
        let mut bounds = of_product(factor, after);
        let carried = absolute_times(residual, &of_product(before, factor));
        bounds.iter_mut().zip(carried).for_each(|(b, c)| *b += c);
        bounds
    }
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
    let sum = |rows: &[f64]| -> f64 { rows.iter().zip(&weights.rows).map(|(r, w)| r * w).sum() };
    let first = absolute_times(&w.momentum, &weights.columns);
    let second = absolute_times(&w.image, &first);
    let third = absolute_times(&w.image, &second);
    let norm = sum(&absolute_times(x, &weights.columns));
    [
        plain[0].max(sum(&second) / norm),
        plain[1].max(sum(&third) / norm),
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

    use super::{AccurateCorrection, NEGLIGIBLE};
    use crate::inverse::automatic::iteration::Iteration;
    use crate::inverse::automatic::iteration::monitor::Unwatched;
    use crate::inverse::automatic::iteration::workspace::Workspace;
    use crate::numerics::exact::{
        assert_bounded, exact, exact_norm, exact_residual, exact_row_sums,
    };
    use crate::numerics::product::counter::ProductCounter;
    use crate::numerics::rounding::{absolute_row_sums, unit_roundoff};

    /// Corrects X by R̂ = R − δ and compares the proof with exact arithmetic. R and δ have to be
    /// numbers of the format.
    fn check(m: &DMatrix<f64>, inverse: &DMatrix<f64>, x: &DMatrix<f64>, delta: &DMatrix<f64>) {
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
        let correction =
            AccurateCorrection::apply(&mut iteration, None, rounding, NEGLIGIBLE * unit_roundoff());
        let proof = correction.proof(&corrected, &w);
        let left = exact_norm(&exact_residual(&corrected, m));
        let errors = exact_row_sums(&(exact(inverse) - exact(&corrected)));
        let name = format!(
            "order {}, {x}, {delta}",
            2 + usize::from(correction.third_order)
        );
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
}
