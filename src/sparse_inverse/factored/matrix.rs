//! The matrix as the rows of its inverse see it: scaled to a diagonal of ones.

use nalgebra_sparse::CsrMatrix;

use crate::numerics::binary_scaling::significant;
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_not_empty, require};
use crate::sparse_inverse::factored::error::FactoredInverseError;

/// The rows of a symmetric matrix A, read as Â = D·A·D with D = diag(1/√aᵢᵢ).
#[derive(Clone, Copy, Debug)]
pub(super) struct UnitDiagonal<'a, T> {
    offsets: &'a [usize],
    columns: &'a [usize],
    values: &'a [T],
    /// The diagonal of D.
    pub(super) scales: &'a [f64],
}

impl<'a, T: Real> UnitDiagonal<'a, T> {
    pub(super) fn new(matrix: &'a CsrMatrix<T>, scales: &'a [f64]) -> Self {
        let (offsets, columns, values) = matrix.csr_data();
        Self {
            offsets,
            columns,
            values,
            scales,
        }
    }

    pub(super) fn order(&self) -> usize {
        self.scales.len()
    }

    /// The number of stored entries.
    pub(super) fn stored(&self) -> usize {
        self.columns.len()
    }

    /// The columns, in ascending order, and the values of A, without scaling, of a row.
    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> (&'a [usize], &'a [T]) {
        let range = self.offsets[row]..self.offsets[row + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// Accepts a row that is equal to its column up to rounding.
    pub(super) fn check_symmetric(&self, row: usize) -> Result<(), FactoredInverseError<T>> {
        let (columns, values) = self.row(row);
        for (&column, &value) in columns.iter().zip(values) {
            let mirrored = self.entry(column, row);
            if mirrored != value && self.is_asymmetric(row, column, value - mirrored) {
                return Err(FactoredInverseError::NotSymmetric {
                    row,
                    column,
                    value,
                    mirrored,
                });
            }
        }
        Ok(())
    }

    /// Whether a difference between two entries is more than rounding.
    fn is_asymmetric(&self, row: usize, column: usize, difference: T) -> bool {
        let scaled = difference.to_f64() * self.scales[row] * self.scales[column];
        // Also if the difference overflows.
        let is_rounding = scaled.abs() <= T::EPSILON.sqrt().to_f64();
        !is_rounding
    }

    /// aᵢⱼ, 0 if it is not stored.
    fn entry(&self, row: usize, column: usize) -> T {
        let (columns, values) = self.row(row);
        let found = columns.binary_search(&column);
        found.map_or(T::zero(), |place| values[place])
    }
}

/// Accepts a square matrix with as many rows as can be counted in 32 bits.
pub(super) fn check_shape<T: Real>(matrix: &CsrMatrix<T>) -> Result<(), InputError<T>> {
    let (rows, columns) = (matrix.nrows(), matrix.ncols());
    check_not_empty("matrix", rows, columns)?;
    if rows != columns {
        return Err(InputError::NotSquare {
            argument: "matrix",
            rows,
            columns,
        });
    }
    // The indices of the factor are stored in 32 bits.
    let is_met = rows < u32::MAX as usize;
    require(
        is_met,
        "the number of rows",
        T::from_count(rows),
        "below 2³²",
    )
}

/// 1/√aᵢᵢ of a row whose entries are finite.
pub(super) fn scale_of_row<T: Real>(
    row: usize,
    columns: &[usize],
    values: &[T],
) -> Result<f64, FactoredInverseError<T>> {
    let bad = values.iter().position(|value| !value.is_finite());
    if let Some(place) = bad {
        return Err(FactoredInverseError::Input(InputError::NotFinite {
            argument: "matrix",
            row,
            column: columns[place],
            value: values[place],
        }));
    }
    let stored = columns.binary_search(&row);
    let diagonal = stored.map_or(T::zero(), |place| values[place]);
    if diagonal > T::zero() {
        Ok(1.0 / diagonal.to_f64().sqrt())
    } else {
        Err(FactoredInverseError::DiagonalNotPositive {
            row,
            value: diagonal,
        })
    }
}

/// A number that changes whenever an entry of the row does, but for one chance in 2⁶⁴.
pub(super) fn fingerprint<T: Real>(columns: &[usize], values: &[T]) -> u64 {
    // Odd constants of random bits (Steele, Lea and Flood, "Fast splittable pseudorandom number
    // generators", 2014).
    const FIRST: u64 = 0xbf58_476d_1ce4_e5b9;
    const SECOND: u64 = 0x94d0_49bb_1331_11eb;
    let mut sum = columns.len() as u64;
    for (&column, &value) in columns.iter().zip(values) {
        let mut mixed = (column as u64).wrapping_mul(FIRST) ^ value.to_f64().to_bits();
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(SECOND);
        sum = sum.wrapping_add(mixed ^ (mixed >> 27));
    }
    sum
}

/// The exponent e of a power of two near the middle of the entries of G, if they are far from 1.
pub(super) fn common_exponent<T: Real, S: Real>(
    scales: &[f64],
) -> Result<i32, FactoredInverseError<T>> {
    let (least, most) = range_of_exponents(scales);
    let middle = least + (most - least) / 2;
    let exponent = significant(Some(middle), S::MANTISSA_DIGITS / 3);
    if has_room::<S>(scales, exponent) {
        return Ok(exponent);
    }
    Err(FactoredInverseError::StorageRange {
        exponent: most - least,
    })
}

/// Whether a factor with this common exponent stays among the normal numbers of its format.
///
/// The diagonal of G is at least that of D = diag(1/√aᵢᵢ), and larger by at most 1/√ε or so.
pub(super) fn has_room<S: Real>(scales: &[f64], exponent: i32) -> bool {
    let (least, most) = range_of_exponents(scales);
    let digits = S::MANTISSA_DIGITS as i32;
    let room = S::MAX.binary_exponent().unwrap_or(0) - digits;
    least - exponent >= -room && most - exponent <= room
}

pub(super) fn range_of_exponents(scales: &[f64]) -> (i32, i32) {
    let exponents = scales.iter().filter_map(|scale| scale.binary_exponent());
    exponents.fold((i32::MAX, i32::MIN), |(least, most), exponent| {
        (least.min(exponent), most.max(exponent))
    })
}
