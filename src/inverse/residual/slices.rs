//! Matrices cut into slices of so few bits that products of slices are exact.
//!
//! Ozaki, Ogita, Oishi and Rump, "Error-free transformations of matrix multiplication by using fast
//! routines of matrix multiplication and its applications", 2012.

use std::iter::repeat;

use nalgebra::DMatrix;

use crate::numerics::norm::columns;
use crate::numerics::real::Real;

/// A part of a factor.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SlicePart {
    /// The first, the second or the third slice.
    Slice(u32),
    /// The rest after this many slices; after none, the whole factor.
    Rest(u32),
}

/// β = ⌊(p − ⌈log₂n⌉)/2⌋ bits per slice, so that n products of 2β bits add up exactly in p bits.
pub(crate) fn slice_bits(n: usize) -> u32 {
    let log = n.next_power_of_two().trailing_zeros();
    f64::MANTISSA_DIGITS.saturating_sub(log) / 2
}

/// Writes a part of every row of `a` into `out`, each row with the exponent of its own largest
/// entry.
pub(crate) fn cut_rows(out: &mut DMatrix<f64>, a: &DMatrix<f64>, part: SlicePart) {
    let n = a.nrows();
    let mut largest = vec![0.0; n];
    for column in columns(a) {
        for (largest, &value) in largest.iter_mut().zip(column) {
            *largest = larger(*largest, value);
        }
    }
    let bits = slice_bits(n);
    let cutters: Vec<_> = largest.iter().map(|&l| Cutter::new(l, bits)).collect();
    for (to, from) in columns_mut(out).zip(columns(a)) {
        write_parts(to, from, &cutters, part);
    }
}

/// Writes a part of every column of `b` into `out`, each column with the exponent of its own
/// largest entry.
pub(crate) fn cut_columns(out: &mut DMatrix<f64>, b: &DMatrix<f64>, part: SlicePart) {
    let bits = slice_bits(b.nrows());
    for (to, from) in columns_mut(out).zip(columns(b)) {
        let largest = from.iter().fold(0.0, |largest, &v| larger(largest, v));
        let cutter = Cutter::new(largest, bits);
        write_parts(to, from, repeat(&cutter), part);
    }
}

fn columns_mut(matrix: &mut DMatrix<f64>) -> impl Iterator<Item = &mut [f64]> {
    let rows = matrix.nrows().max(1);
    matrix.as_mut_slice().chunks_exact_mut(rows)
}

/// The larger of `largest` and |`value`|; values that are not finite are ignored.
fn larger(largest: f64, value: f64) -> f64 {
    let size = value.abs();
    // False for NaN.
    if size > largest && size <= f64::MAX {
        size
    } else {
        largest
    }
}

/// Writes the part of each value by the cutter at its place. The part is chosen outside the loop,
/// which then compiles to vector instructions.
fn write_parts<'a>(
    out: &mut [f64],
    values: &[f64],
    cutters: impl IntoIterator<Item = &'a Cutter>,
    part: SlicePart,
) {
    let places = out.iter_mut().zip(values).zip(cutters);
    match part {
        SlicePart::Slice(1) => places.for_each(|((to, &v), cutter)| *to = cutter.first(v)),
        SlicePart::Slice(2) => places.for_each(|((to, &v), cutter)| *to = cutter.second(v)),
        SlicePart::Slice(_) => places.for_each(|((to, &v), cutter)| *to = cutter.third(v)),
        SlicePart::Rest(0) => out.copy_from_slice(values),
        SlicePart::Rest(1) => places.for_each(|((to, &v), cutter)| *to = cutter.after_first(v)),
        SlicePart::Rest(2) => places.for_each(|((to, &v), cutter)| *to = cutter.after_second(v)),
        SlicePart::Rest(_) => places.for_each(|((to, &v), cutter)| *to = cutter.after_third(v)),
    }
}

/// Rounds to multiples of a power of two by adding and subtracting a large constant.
struct Cutter {
    first: f64,
    second: f64,
    third: f64,
}

impl Cutter {
    /// For numbers of the binary exponent of `largest` at most, slices of `bits` bits. The constant
    /// is 1.5·2^k, which keeps the sum in one binade for both signs; its spacing is
    /// 2^(exponent + 1 − bits).
    fn new(largest: f64, bits: u32) -> Self {
        let bits = bits as i32;
        let exponent = largest.binary_exponent().unwrap_or(0);
        let top = exponent + f64::MANTISSA_DIGITS as i32 - 1 - bits;
        let constant = |k: i32| 1.5.scale_by_power_of_two(k);
        Self {
            first: constant(top + 1),
            second: constant(top + 1 - bits),
            third: constant(top + 1 - 2 * bits),
        }
    }

    fn first(&self, value: f64) -> f64 {
        (value + self.first) - self.first
    }

    fn after_first(&self, value: f64) -> f64 {
        value - self.first(value)
    }

    fn second(&self, value: f64) -> f64 {
        (self.after_first(value) + self.second) - self.second
    }

    fn after_second(&self, value: f64) -> f64 {
        self.after_first(value) - self.second(value)
    }

    fn third(&self, value: f64) -> f64 {
        (self.after_second(value) + self.third) - self.third
    }

    fn after_third(&self, value: f64) -> f64 {
        self.after_second(value) - self.third(value)
    }
}
