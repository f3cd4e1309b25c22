//! The columns of an equilibrated matrix, without a copy of the whole.

use nalgebra::DMatrix;
use pulp::Simd;

use crate::numerics::norm::columns;
use crate::numerics::real::Real;
use crate::numerics::real::sealed::Sealed;

/// How many columns are read together, so that sums are read and written less often.
pub(super) const TOGETHER: usize = 4;

/// The matrix with entries aᵢⱼ·2^(s·(rᵢ + cⱼ)), where s is 1 or −1.
pub(super) struct ScaledColumns<'a, T: Real> {
    matrix: &'a DMatrix<T>,
    rows: &'a [i32],
    columns: &'a [i32],
    sign: Sign,
    /// The smallest and the largest of the exponents rᵢ.
    range: (i32, i32),
}

/// Whether a scaling is applied or undone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// The exponents are added.
    Plus,
    /// They are subtracted.
    Minus,
}

/// Takes what a block of columns adds to vectors of sums.
pub(super) trait Absorb {
    /// Adds the columns of the block from column `first` on; those beyond the matrix are zero.
    fn absorb<S: Simd>(&mut self, simd: S, block: [&[f64]; TOGETHER], first: usize);
}

impl<'a, T: Real> ScaledColumns<'a, T> {
    pub(super) fn new(
        matrix: &'a DMatrix<T>,
        rows: &'a [i32],
        columns: &'a [i32],
        sign: Sign,
    ) -> Self {
        let smallest = rows.iter().min().copied().unwrap_or(0);
        let largest = rows.iter().max().copied().unwrap_or(0);
        Self {
            matrix,
            rows,
            columns,
            sign,
            range: (smallest, largest),
        }
    }

    /// Shows all columns, a block at a time; `buffer` holds [`TOGETHER`] of them.
    #[inline(always)]
    pub(super) fn show<S: Simd>(&self, simd: S, buffer: &mut [f64], to: &mut impl Absorb) {
        let n = self.matrix.nrows();
        if n == 0 {
            return;
        }
        let mut left = columns(self.matrix).zip(self.columns);
        for first in (0..self.matrix.ncols()).step_by(TOGETHER) {
            for place in buffer.chunks_exact_mut(n) {
                match left.next() {
                    Some((column, &exponent)) => self.write(column, exponent, place),
                    None => place.fill(0.0),
                }
            }
            let (ab, cd) = buffer.split_at(2 * n);
            let ((a, b), (c, d)) = (ab.split_at(n), cd.split_at(n));
            to.absorb(simd, [a, b, c, d], first);
        }
    }

    /// Writes a column, each entry off by at most half the smallest subnormal.
    #[inline(always)]
    fn write(&self, column: &[T], exponent: i32, place: &mut [f64]) {
        let (smallest, largest) = self.range;
        let shifted = |row: i32| match self.sign {
            Sign::Plus => exponent + row,
            Sign::Minus => -(exponent + row),
        };
        let entries = place.iter_mut().zip(column);
        // Between them lie all others.
        let ends = [smallest, largest].map(|row| f64::power_of_two(shifted(row)));
        match ends {
            [Some(factor), _] if smallest == largest => {
                entries.for_each(|(to, v)| *to = v.to_f64() * factor);
            }
            [Some(_), Some(_)] => {
                for ((to, v), &row) in entries.zip(self.rows) {
                    *to = v.to_f64() * f64::power_of_two(shifted(row)).unwrap_or(f64::NAN);
                }
            }
            _ => {
                for ((to, v), &row) in entries.zip(self.rows) {
                    *to = v.to_f64().scale_by_power_of_two(shifted(row));
                }
            }
        }
    }
}
