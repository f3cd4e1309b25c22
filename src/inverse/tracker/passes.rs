//! The passes of a low-rank update over the matrices: each entry is read once, and written once.
//!
//! All arithmetic is in `f64`, whatever the format of the matrices. Sums of sizes begin with what
//! underflow may take from them. The widest vector instructions
//! of the processor are chosen when the program runs; they change no result.

use pulp::{Arch, Simd, WithSimd};

use crate::numerics::norm::LANES;
use crate::numerics::product::{add_four_columns, four_columns, four_dots};
use crate::numerics::real::Real;
use crate::numerics::rounding::underflow_of_sum;

/// Reads the n×n matrix `matrix` once, by columns aⱼ: `images` ← A·V and `sums` ← |A|·w.
///
/// V is `vectors`, n×k by columns, and w is `weights`.
pub(super) struct Images<'a, T> {
    pub(super) matrix: &'a [T],
    pub(super) vectors: &'a [f64],
    pub(super) images: &'a mut [f64],
    pub(super) weights: &'a [f64],
    pub(super) sums: &'a mut [f64],
}

/// As [`Images`], and `coimages` ← Aᵀ·U, where U is `covectors`, n×k by columns.
pub(super) struct BothImages<'a, T> {
    pub(super) images: Images<'a, T>,
    pub(super) covectors: &'a [f64],
    pub(super) coimages: &'a mut [f64],
}

/// `next` ← λ·A + L·Rᵀ, rounded to the format, `coimages` ← Aᵀ·W, and `sums` ← |next|·w.
///
/// A is `matrix`, n×n; L, R and W are `left`, `right` and `covectors`, n×k, all by columns.
pub(super) struct NextMatrix<'a, T> {
    pub(super) matrix: &'a [T],
    pub(super) next: &'a mut [T],
    pub(super) factor: f64,
    pub(super) left: &'a [f64],
    pub(super) right: &'a [f64],
    pub(super) covectors: &'a [f64],
    pub(super) coimages: &'a mut [f64],
    pub(super) weights: &'a [f64],
    pub(super) sums: &'a mut [f64],
    pub(super) scratch: Scratch<'a>,
}

/// A ← μ·A − L·Rᵀ, rounded to the format, and `sums` ← |A|·w.
///
/// A is `matrix`, n×n; L and R are `left` and `right`, n×k, all by columns.
pub(super) struct NextInverse<'a, T> {
    pub(super) matrix: &'a mut [T],
    pub(super) factor: f64,
    pub(super) left: &'a [f64],
    pub(super) right: &'a [f64],
    pub(super) weights: &'a [f64],
    pub(super) sums: &'a mut [f64],
    pub(super) scratch: Scratch<'a>,
}

/// Memory for one column and for one row of a factor.
pub(super) struct Scratch<'a> {
    /// n long.
    pub(super) column: &'a mut [f64],
    /// k long.
    pub(super) factors: &'a mut [f64],
}

/// Runs a pass with the widest vectors of the processor.
pub(super) fn run<P: WithSimd>(pass: P) -> P::Output {
    Arch::new().dispatch(pass)
}

impl<T: Real> WithSimd for Images<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        self.begin();
        let n = self.sums.len();
        for (index, block) in self.matrix.chunks(4 * n).enumerate() {
            self.add(4 * index, block);
        }
    }
}

impl<T: Real> Images<'_, T> {
    #[inline(always)]
    fn begin(&mut self) {
        self.images.fill(0.0);
        self.sums.fill(underflow_of_sum(self.sums.len()));
    }

    /// Adds what up to four columns from `first` on contribute.
    #[inline(always)]
    fn add(&mut self, first: usize, block: &[T]) {
        let n = self.sums.len();
        let last = first + block.len() / n;
        add_absolute_columns(self.sums, &self.weights[first..last], block);
        let vectors = self.vectors.chunks_exact(n);
        for (image, vector) in self.images.chunks_exact_mut(n).zip(vectors) {
            add_columns(image, &vector[first..last], block);
        }
    }
}

impl<T: Real> WithSimd for BothImages<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        self.images.begin();
        let n = self.images.sums.len();
        for (index, block) in self.images.matrix.chunks(4 * n).enumerate() {
            let first = 4 * index;
            self.images.add(first, block);
            let covectors = self.covectors.chunks_exact(n);
            for (coimage, covector) in self.coimages.chunks_exact_mut(n).zip(covectors) {
                write_dots(&mut coimage[first..], block, covector);
            }
        }
    }
}

impl<T: Real> WithSimd for NextMatrix<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut scratch = self.scratch;
        let n = self.sums.len();
        self.sums.fill(underflow_of_sum(n));
        let blocks = self.matrix.chunks(4 * n).zip(self.next.chunks_mut(4 * n));
        for (index, (block, next)) in blocks.enumerate() {
            let first = 4 * index;
            let covectors = self.covectors.chunks_exact(n);
            for (coimage, covector) in self.coimages.chunks_exact_mut(n).zip(covectors) {
                write_dots(&mut coimage[first..], block, covector);
            }
            let columns = block.chunks_exact(n).zip(next.chunks_exact_mut(n));
            for (j, (column, next)) in columns.enumerate() {
                let j = first + j;
                scratch.load_row(self.right, n, j, 1.0);
                let sums = (&mut *self.sums, self.weights[j]);
                if let [factor] = *scratch.factors {
                    write_sum(next, (self.factor, column), (factor, self.left), sums);
                    continue;
                }
                next.copy_from_slice(column);
                scratch.update_column(next, self.factor, self.left, sums);
            }
        }
    }
}

impl<T: Real> WithSimd for NextInverse<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut scratch = self.scratch;
        let n = self.sums.len();
        self.sums.fill(underflow_of_sum(n));
        for (j, column) in self.matrix.chunks_exact_mut(n).enumerate() {
            scratch.load_row(self.right, n, j, -1.0);
            let sums = (&mut *self.sums, self.weights[j]);
            scratch.update_column(column, self.factor, self.left, sums);
        }
    }
}

impl Scratch<'_> {
    /// Loads row j of an n×k matrix, times a sign.
    #[inline(always)]
    fn load_row(&mut self, matrix: &[f64], n: usize, j: usize, sign: f64) {
        for (factor, column) in self.factors.iter_mut().zip(matrix.chunks_exact(n)) {
            *factor = sign * column[j];
        }
    }

    /// a ← own·a + L·f, where f are the factors loaded; adds weight·|a| to the sums.
    ///
    /// Two neighbouring columns of L are added up before they are added to the rest, so that a
    /// symmetric pair of changes leaves a symmetric matrix symmetric.
    #[inline(always)]
    fn update_column<T: Real>(
        &mut self,
        column: &mut [T],
        own: f64,
        left: &[f64],
        (sums, weight): (&mut [f64], f64),
    ) {
        let n = column.len();
        if let [factor] = *self.factors {
            for ((value, &l), sum) in column.iter_mut().zip(left).zip(sums) {
                let rounded = <T as Real>::from_f64(own * value.to_f64() + factor * l);
                *value = rounded;
                *sum += weight * rounded.to_f64().abs();
            }
            return;
        }
        let wide = &mut *self.column;
        for (wide, value) in wide.iter_mut().zip(&*column) {
            *wide = own * value.to_f64();
        }
        for (factors, columns) in self.factors.chunks(4).zip(left.chunks(4 * n)) {
            add_columns(wide, factors, columns);
        }
        for ((value, &wide), sum) in column.iter_mut().zip(&*wide).zip(sums) {
            let rounded = <T as Real>::from_f64(wide);
            *value = rounded;
            *sum += weight * rounded.to_f64().abs();
        }
    }
}

/// c ← own·a + factor·l, rounded to the format; adds weight·|c| to the sums.
#[inline(always)]
fn write_sum<T: Real>(
    target: &mut [T],
    (own, column): (f64, &[T]),
    (factor, left): (f64, &[f64]),
    (sums, weight): (&mut [f64], f64),
) {
    let places = target.iter_mut().zip(sums);
    for ((target, sum), (value, l)) in places.zip(column.iter().zip(left)) {
        let rounded = <T as Real>::from_f64(own * value.to_f64() + factor * l);
        *target = rounded;
        *sum += weight * rounded.to_f64().abs();
    }
}

/// y ← y + Σ factorⱼ·columnⱼ over the columns, at most four, that lie one after another in `block`.
#[inline(always)]
fn add_columns<T: Real>(y: &mut [f64], factors: &[f64], block: &[T]) {
    let n = y.len();
    let (pairs, single) = factors.as_chunks::<2>();
    if let [[p, q], [r, s]] = *pairs {
        add_four_columns(y, [p, q, r, s], four_columns(block, n));
        return;
    }
    let (of_pairs, of_single) = block.split_at(2 * pairs.len() * n);
    for ([p, q], columns) in pairs.iter().zip(of_pairs.chunks_exact(2 * n)) {
        let (a, b) = columns.split_at(n);
        for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
            *y += p * a.to_f64() + q * b.to_f64();
        }
    }
    for (factor, column) in single.iter().zip(of_single.chunks_exact(n)) {
        for (y, a) in y.iter_mut().zip(column) {
            *y += factor * a.to_f64();
        }
    }
}

/// y ← y + Σ weightⱼ·|columnⱼ|, as [`add_columns`].
#[inline(always)]
fn add_absolute_columns<T: Real>(y: &mut [f64], weights: &[f64], block: &[T]) {
    let n = y.len();
    let size = |value: &T| value.to_f64().abs();
    if let [p, q, r, s] = *weights {
        let [a, b, c, d] = four_columns(block, n);
        for ((((y, a), b), c), d) in y.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *y += (p * size(a) + q * size(b)) + (r * size(c) + s * size(d));
        }
        return;
    }
    for (weight, column) in weights.iter().zip(block.chunks_exact(n)) {
        for (y, a) in y.iter_mut().zip(column) {
            *y += weight * size(a);
        }
    }
}

/// Writes the inner products with `vector` of the columns, at most four, in `block`.
#[inline(always)]
fn write_dots<T: Real>(dots: &mut [f64], block: &[T], vector: &[f64]) {
    let n = vector.len();
    if block.len() == 4 * n {
        let found = four_dots(four_columns(block, n), vector);
        dots[..4].copy_from_slice(&found);
        return;
    }
    for (dot, column) in dots.iter_mut().zip(block.chunks_exact(n)) {
        *dot = four_dots([column; 4], vector)[0];
    }
}

/// The most roundings that a term of an inner product of n terms above goes through.
pub(super) fn roundings_of_dot(n: usize) -> usize {
    n / LANES + 2 * LANES
}

/// The most roundings that a term of A·v goes through above, for n columns.
pub(super) fn roundings_of_image(n: usize) -> usize {
    n / 4 + 6
}
