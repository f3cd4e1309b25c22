//! The accurate finish: the residual to more than working precision, and one correction with it.
//!
//! Rows of A and columns of B are cut into slices of so few bits that products of slices are exact
//! (K. Ozaki, T. Ogita, S. Oishi, S. M. Rump, "Error-free transformations of matrix multiplication
//! by using fast routines of matrix multiplication and its applications", 2012). Only the products
//! with the remainders round, and those are small.

use crate::inverse::certificate::proof::{
    Proof, absolute_row_sums, absolute_times, enlarge, largest, largest_row_sum, product_error,
    underflow, unit_roundoff,
};
use crate::inverse::natural::{
    Estimate, Monitor, ProductCounter, Workspace, subtract_from_identity,
};

use crate::{Real, StopReason};
use nalgebra::DMatrix;

/// Cuts per factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slices {
    /// A = A₁ + rest: three products, about 76 bits in f64.
    Two,
    /// A = A₁ + A₂ + rest: six products, about 99 bits in f64.
    Three,
}

/// More corrections than this are never useful: each at least squares the residual.
const MOST_CORRECTIONS: usize = 8;

/// Residuals above this promise nothing.
const HOPELESS: f64 = 0.5;

/// Improves `x` towards the correctly rounded inverse and proves how near it came.
///
/// X ← X + R·X, or X + R·(X + R·X), with R = I − XM taken accurately, until what is left is below
/// the rounding of X. Returns the certificate of the final X, which needs no further product.
pub(crate) fn finish<T: Real>(
    matrix: &DMatrix<T>,
    x: &mut DMatrix<T>,
    w: &mut Workspace<T>,
    counter: &mut ProductCounter,
    monitor: &mut dyn Monitor<T>,
) -> Result<Proof, StopReason> {
    let mut proven = Proof::NOTHING;
    let mut error_before = f64::INFINITY;
    for _ in 0..MOST_CORRECTIONS {
        let slices = slices_for(matrix, x);
        let rounding = accurate_residual(x, matrix, slices, w, counter);
        let size = w.image.norm().to_f64();
        // False for NaN too.
        let is_promising = size <= HOPELESS;
        if !is_promising {
            return Ok(if proven.is_proof() {
                proven
            } else {
                proof_here(x, &w.image, &rounding)
            });
        }
        if let Some(reason) = monitor.see(x, size * size, Estimate::Residual(&w.image)) {
            return Err(reason);
        }
        let correction = Correction::apply(matrix, x, w, counter, rounding, size);
        monitor.advance();
        proven = correction.proof(matrix, x, w);
        let error_after = correction.remaining_error(size);
        let done = error_after <= NEGLIGIBLE * unit_roundoff::<T>();
        if done || error_after > 0.5 * error_before {
            return Ok(proven);
        }
        error_before = error_after;
    }
    Ok(proven)
}

/// An error this many times u, relative to X, is lost in the rounding of X.
const NEGLIGIBLE: f64 = 0.2;

/// X⁺ = fl(X + fl(R̂·Y)) with Y = X (order two) or Y = fl(X + fl(R̂·X)) (order three).
///
/// R̂ = R − δ is in the workspace's `image`, X in `best`, fl(R̂X) in `momentum`, and Y, for order
/// three, in `direction`. With Δ the rounding of X⁺ and Δ′ that of Y,
///
/// order two: I − X⁺M = δ + R̂R − ΔM, M⁻¹ − X⁺ = δX + R(I − R)⁻¹·RX − Δ;
/// order three: I − X⁺M = δ + R̂δ + R̂²R − (R̂Δ′ + Δ)M,
/// M⁻¹ − X⁺ = δX + (Rδ + δR̂)X + R²(I − R)⁻¹·RX − R̂Δ′ − Δ.
struct Correction {
    third_order: bool,
    /// Bounds of the row sums of |δ|.
    rounding: Vec<f64>,
    /// ‖R̂X‖_F/‖X‖_F: the relative error of X that was found.
    found: f64,
}

impl Correction {
    fn apply<T: Real>(
        matrix: &DMatrix<T>,
        x: &mut DMatrix<T>,
        w: &mut Workspace<T>,
        counter: &mut ProductCounter,
        rounding: Vec<f64>,
        size: f64,
    ) -> Self {
        debug_assert_eq!(matrix.shape(), x.shape());
        w.best.copy_from(x);
        counter.multiply(&mut w.momentum, &w.image, x);
        let found = w.momentum.norm().to_f64() / x.norm().to_f64();
        let enough = size * found <= NEGLIGIBLE * unit_roundoff::<T>();
        if enough {
            *x += &w.momentum;
        } else {
            w.direction.copy_from(x);
            w.direction += &w.momentum;
            counter.multiply(&mut w.momentum_image, &w.image, &w.direction);
            *x += &w.momentum_image;
        }
        Self {
            third_order: !enough,
            rounding,
            found,
        }
    }

    /// An estimate of ‖M⁻¹ − X⁺‖_F/‖M⁻¹‖_F, the rounding of X⁺ aside.
    fn remaining_error(&self, size: f64) -> f64 {
        let powers = if self.third_order { size * size } else { size };
        powers * self.found
    }

    fn proof<T: Real>(
        &self,
        matrix: &DMatrix<T>,
        corrected: &DMatrix<T>,
        w: &Workspace<T>,
    ) -> Proof {
        let n = matrix.nrows();
        let residual = &w.image;
        let rows: Vec<f64> = absolute_row_sums(residual)
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
        let tiny = underflow::<T>(residual, &w.best) + underflow::<T>(corrected, matrix);
        let delta = max(&self.rounding);
        let matrix_sums = absolute_row_sums(matrix);
        let ones = vec![1.0; n];

        let image_roundings = self.rounding_of_step(corrected, w, &matrix_sums);
        let square = absolute_times(residual, &rows);
        let powers = if self.third_order {
            absolute_times(residual, &square)
        } else {
            square
        };
        let growth = if self.third_order { 1.0 + rho } else { 1.0 };
        let residuals = (0..n).map(|i| self.rounding[i] + powers[i] + image_roundings[i]);
        let beyond_own_row = if self.third_order { rho * delta } else { 0.0 };
        let new_rho = largest(residuals) + beyond_own_row + tiny * (1.0 + max(&matrix_sums));

        let norm = max(&absolute_row_sums(&w.best));
        let roundings = self.rounding_of_step(corrected, w, &ones);
        let first_product = absolute_times(residual, &absolute_row_sums(&w.best));
        let found = max(&absolute_row_sums(&w.momentum))
            + product_error::<T>(n) * max(&first_product)
            + delta * norm
            + tiny;
        let tail = growth_of_tail(rho, self.third_order) * found;
        let from_delta = delta * norm * growth * growth;
        let absolute = max(&roundings) + from_delta + tail + tiny;
        let corrected_norm = enlarge(largest_row_sum(corrected), n);
        Proof::from_bounds(enlarge(new_rho, n), enlarge(absolute, n), corrected_norm)
    }

    /// (|Δ| + |R̂||Δ′|)·v by rows: |Δ| ≤ g·|R̂||Y| + u·|X⁺|, |Δ′| ≤ g·|R̂||X| + u·|Y|.
    fn rounding_of_step<T: Real>(
        &self,
        corrected: &DMatrix<T>,
        w: &Workspace<T>,
        v: &[f64],
    ) -> Vec<f64> {
        let n = corrected.nrows();
        let (u, gamma) = (unit_roundoff::<T>(), product_error::<T>(n));
        let factor = if self.third_order {
            &w.direction
        } else {
            &w.best
        };
        let factor_sums = absolute_times(factor, v);
        let product = absolute_times(&w.image, &factor_sums);
        let sums = absolute_times(corrected, v);
        let mut bounds: Vec<f64> = product
            .iter()
            .zip(&sums)
            .map(|(p, s)| gamma * p + u * s)
            .collect();
        if self.third_order {
            let inner = absolute_times(&w.image, &absolute_times(&w.best, v));
            let of_factor: Vec<f64> = inner
                .iter()
                .zip(&factor_sums)
                .map(|(p, s)| gamma * p + u * s)
                .collect();
            let carried = absolute_times(&w.image, &of_factor);
            bounds
                .iter_mut()
                .zip(carried)
                .for_each(|(bound, c)| *bound += c);
        }
        bounds
    }
}

/// A bound of ‖R^k(I − R)⁻¹‖, k = 1 or 2.
fn growth_of_tail(rho: f64, third_order: bool) -> f64 {
    let power = if third_order { rho * rho } else { rho };
    power / (1.0 - rho)
}

fn max(values: &[f64]) -> f64 {
    largest(values.iter().copied())
}

/// Two slices as long as their rounding, times κ, stays below that of X.
fn slices_for<T: Real>(matrix: &DMatrix<T>, x: &DMatrix<T>) -> Slices {
    let n = matrix.nrows();
    let condition = matrix.norm().to_f64() * x.norm().to_f64() / (n as f64).sqrt();
    let two_slices = f64::from(slice_bits::<T>(n)).exp2().recip();
    if condition * two_slices < 0.5 {
        Slices::Two
    } else {
        Slices::Three
    }
}

/// The certificate of X from its accurate residual R̂ and the bound of its rounding by rows.
pub(crate) fn proof_here<T: Real>(
    x: &DMatrix<T>,
    residual: &DMatrix<T>,
    rounding: &[f64],
) -> Proof {
    let n = x.nrows();
    let rows = absolute_row_sums(residual);
    let rho = largest(rows.iter().zip(rounding).map(|(r, d)| r + d));
    Proof::from_residual(enlarge(rho, n), enlarge(largest_row_sum(x), n))
}

/// R̂ = I − A·B into the workspace's `image`; returns, by rows, a bound of Σⱼ|R̂ − R|.
///
/// In f32 the product is taken in f64 and counts as two.
pub(crate) fn accurate_residual<T: Real>(
    a: &DMatrix<T>,
    b: &DMatrix<T>,
    slices: Slices,
    w: &mut Workspace<T>,
    counter: &mut ProductCounter,
) -> Vec<f64> {
    if T::MANTISSA_DIGITS <= 24 {
        return wide_residual(a, b, w, counter);
    }
    let n = a.nrows();
    w.image.fill(T::zero());
    w.image.fill_diagonal(T::one());
    w.momentum_image.fill(T::zero());
    let mut sum = Accumulator {
        w,
        counter,
        rounding: vec![0.0; n],
        terms: 0,
    };
    match slices {
        Slices::Two => {
            sum.subtract_exact((a, Part::Slice(1)), (b, Part::Slice(1)));
            sum.subtract((a, Part::Slice(1)), (b, Part::Rest(1)));
            sum.subtract((a, Part::Rest(1)), (b, Part::Rest(0)));
        }
        Slices::Three => {
            sum.subtract_exact((a, Part::Slice(1)), (b, Part::Slice(1)));
            sum.subtract_exact((a, Part::Slice(1)), (b, Part::Slice(2)));
            sum.subtract_exact((a, Part::Slice(2)), (b, Part::Slice(1)));
            sum.subtract((a, Part::Slice(1)), (b, Part::Rest(2)));
            sum.subtract((a, Part::Slice(2)), (b, Part::Rest(1)));
            sum.subtract((a, Part::Rest(2)), (b, Part::Rest(0)));
        }
    }
    sum.finish(a, b)
}

/// A part of a factor.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// The first or the second slice.
    Slice(u32),
    /// What is left after so many slices; after none, all of it.
    Rest(u32),
}

/// I minus products, with the roundings of the sums kept in a second matrix.
struct Accumulator<'a, T: Real> {
    w: &'a mut Workspace<T>,
    counter: &'a mut ProductCounter,
    rounding: Vec<f64>,
    terms: usize,
}

type Factor<'a, T> = (&'a DMatrix<T>, Part);

impl<T: Real> Accumulator<'_, T> {
    fn subtract_exact(&mut self, a: Factor<'_, T>, b: Factor<'_, T>) {
        cut_rows(&mut self.w.direction, a.0, a.1);
        cut_columns(&mut self.w.direction_image, b.0, b.1);
        self.counter.multiply(
            &mut self.w.momentum,
            &self.w.direction,
            &self.w.direction_image,
        );
        self.add_negative();
    }

    fn subtract(&mut self, a: Factor<'_, T>, b: Factor<'_, T>) {
        self.subtract_exact(a, b);
        let gamma = product_error::<T>(a.0.nrows());
        let sums = absolute_row_sums(&self.w.direction_image);
        let bounds = absolute_times(&self.w.direction, &sums);
        self.rounding
            .iter_mut()
            .zip(bounds)
            .for_each(|(sum, bound)| *sum += gamma * bound);
    }

    /// Knuth's (1969) two-sum, entry by entry.
    fn add_negative(&mut self) {
        self.terms += 1;
        let (sums, errors) = (&mut self.w.image, &mut self.w.momentum_image);
        let entries = sums
            .iter_mut()
            .zip(errors.iter_mut())
            .zip(self.w.momentum.iter());
        for ((sum, error), &term) in entries {
            let total = *sum - term;
            let other = total - *sum;
            *error += (*sum - (total - other)) - (term + other);
            *sum = total;
        }
    }

    /// Adds the roundings. Their own roundings are of second order: at most terms·u times
    /// terms·u·(1 + 8|A||B|): each partial sum is a product of partial sums of slices, which are at
    /// most (1 + 2^−β)|A| or, where the first slice is zero, 2|A|; so it is at most
    /// I + 4(1 + 2^−β)|A||B|.
    fn finish(mut self, a: &DMatrix<T>, b: &DMatrix<T>) -> Vec<f64> {
        self.w.image += &self.w.momentum_image;
        let u = unit_roundoff::<T>();
        let second_order = 2.0 * (self.terms as f64 * u).powi(2);
        let sizes = absolute_times(a, &absolute_row_sums(b));
        let tiny = self.terms as f64 * underflow::<T>(a, b);
        let rows = absolute_row_sums(&self.w.image);
        for ((bound, size), row) in self.rounding.iter_mut().zip(&sizes).zip(&rows) {
            *bound += u * row + second_order * (1.0 + 8.0 * size) + tiny;
            *bound = enlarge(*bound, a.nrows());
        }
        self.rounding
    }
}

/// β = ⌊(p − ⌈log₂n⌉)/2⌋ bits per slice, so that n products of 2β bits add up exactly in p bits.
fn slice_bits<T: Real>(n: usize) -> u32 {
    let log = n.next_power_of_two().trailing_zeros();
    T::MANTISSA_DIGITS.saturating_sub(log) / 2
}

/// A part of every row of `a`, each row with the exponent of its own largest entry.
fn cut_rows<T: Real>(out: &mut DMatrix<T>, a: &DMatrix<T>, part: Part) {
    let bits = slice_bits::<T>(a.nrows());
    let mut exponents = vec![None; a.nrows()];
    for column in a.column_iter() {
        let entries = exponents.iter_mut().zip(column.iter());
        entries.for_each(|(e, v)| *e = (*e).max(v.binary_exponent()));
    }
    let cutters: Vec<_> = exponents
        .into_iter()
        .map(|e| Cutter::new(e, bits))
        .collect();
    for (mut to, from) in out.column_iter_mut().zip(a.column_iter()) {
        for ((t, &f), cutter) in to.iter_mut().zip(from.iter()).zip(&cutters) {
            *t = cutter.part(f, part);
        }
    }
}

/// A part of every column of `b`, each column with the exponent of its own largest entry.
fn cut_columns<T: Real>(out: &mut DMatrix<T>, b: &DMatrix<T>, part: Part) {
    let bits = slice_bits::<T>(b.nrows());
    for (mut to, from) in out.column_iter_mut().zip(b.column_iter()) {
        let exponent = from.iter().filter_map(|v| v.binary_exponent()).max();
        let cutter = Cutter::new(exponent, bits);
        for (t, &f) in to.iter_mut().zip(from.iter()) {
            *t = cutter.part(f, part);
        }
    }
}

/// Rounds to multiples of a power of two by adding and subtracting a large constant.
struct Cutter<T> {
    first: T,
    second: T,
}

impl<T: Real> Cutter<T> {
    /// For numbers below 2^(exponent + 1), slices of `bits` bits. The constant is 1.5·2^k, which
    /// keeps the sum in one binade for both signs; its spacing is 2^(exponent + 1 − bits).
    fn new(exponent: Option<i32>, bits: u32) -> Self {
        let bits = bits as i32;
        let top = exponent.unwrap_or(0) + T::MANTISSA_DIGITS as i32 - 1 - bits;
        let constant = |k: i32| T::nearest(1.5).scale_by_power_of_two(k);
        Self {
            first: constant(top + 1),
            second: constant(top + 1 - bits),
        }
    }

    fn part(&self, value: T, part: Part) -> T {
        let first = (value + self.first) - self.first;
        let rest = value - first;
        let second = (rest + self.second) - self.second;
        match part {
            Part::Slice(1) => first,
            Part::Slice(_) => second,
            Part::Rest(0) => value,
            Part::Rest(1) => rest,
            Part::Rest(_) => rest - second,
        }
    }
}

/// I − A·B by one product in f64, for T = f32.
fn wide_residual<T: Real>(
    a: &DMatrix<T>,
    b: &DMatrix<T>,
    w: &mut Workspace<T>,
    counter: &mut ProductCounter,
) -> Vec<f64> {
    let n = a.nrows();
    let wide = w.wide.get_or_insert_with(|| {
        [
            DMatrix::zeros(n, n),
            DMatrix::zeros(n, n),
            DMatrix::zeros(n, n),
        ]
    });
    let [wide_a, wide_b, out] = wide;
    wide_a.zip_apply(a, |t, v| *t = v.to_f64());
    wide_b.zip_apply(b, |t, v| *t = v.to_f64());
    counter.multiply(out, wide_a, wide_b);
    counter.count_extra(1);
    subtract_from_identity(out);
    w.image.zip_apply(out, |t, v| *t = T::nearest(v));
    let sizes = absolute_times(a, &absolute_row_sums(b));
    let gamma = product_error::<f64>(n);
    let tiny = underflow::<T>(a, b);
    let rows = absolute_row_sums(out);
    let (u, wide_u) = (unit_roundoff::<T>(), unit_roundoff::<f64>());
    let bounds = rows.iter().zip(&sizes);
    bounds
        .map(|(r, s)| enlarge((u + wide_u) * r + gamma * s + tiny, n))
        .collect()
}
