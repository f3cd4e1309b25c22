//! Matrices cut into slices of so few bits that products of slices are exact.
//!
//! Ozaki, Ogita, Oishi and Rump, "Error-free transformations of matrix multiplication by using fast
//! routines of matrix multiplication and its applications", 2012.

use nalgebra::DMatrix;

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
    let bits = slice_bits(a.nrows());
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

/// Writes a part of every column of `b` into `out`, each column with the exponent of its own
/// largest entry.
pub(crate) fn cut_columns(out: &mut DMatrix<f64>, b: &DMatrix<f64>, part: SlicePart) {
    let bits = slice_bits(b.nrows());
    for (mut to, from) in out.column_iter_mut().zip(b.column_iter()) {
        let exponent = from.iter().filter_map(|v| v.binary_exponent()).max();
        let cutter = Cutter::new(exponent, bits);
        for (t, &f) in to.iter_mut().zip(from.iter()) {
            *t = cutter.part(f, part);
        }
    }
}

/// Rounds to multiples of a power of two by adding and subtracting a large constant.
struct Cutter {
    first: f64,
    second: f64,
    third: f64,
}

impl Cutter {
    /// For numbers below 2^(exponent + 1), slices of `bits` bits. The constant is 1.5·2^k, which
    /// keeps the sum in one binade for both signs; its spacing is 2^(exponent + 1 − bits).
    fn new(exponent: Option<i32>, bits: u32) -> Self {
        let bits = bits as i32;
        let top = exponent.unwrap_or(0) + f64::MANTISSA_DIGITS as i32 - 1 - bits;
        let constant = |k: i32| 1.5.scale_by_power_of_two(k);
        Self {
            first: constant(top + 1),
            second: constant(top + 1 - bits),
            third: constant(top + 1 - 2 * bits),
        }
    }

    fn part(&self, value: f64, part: SlicePart) -> f64 {
        let first = (value + self.first) - self.first;
        let rest = value - first;
        let second = (rest + self.second) - self.second;
        let last = rest - second;
        let third = (last + self.third) - self.third;
        match part {
            SlicePart::Slice(1) => first,
            SlicePart::Slice(2) => second,
            SlicePart::Slice(_) => third,
            SlicePart::Rest(0) => value,
            SlicePart::Rest(1) => rest,
            SlicePart::Rest(2) => last,
            SlicePart::Rest(_) => last - third,
        }
    }
}
