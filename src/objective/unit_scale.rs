//! A matrix in units of its own size.

use nalgebra::DMatrix;

use crate::loss::Loss;
use crate::numerics::binary_scaling::{largest_exponent, scaled};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;

/// M/ν and ν, where ν² = N·L(0, M) for N entries and L a mean of squares: with the mean squared
/// error, ν is the Frobenius norm. ν is 1 for a matrix of zeros.
pub(crate) fn in_units<T: Real>(
    matrix: &DMatrix<T>,
    loss: &impl Loss<T>,
) -> Result<(DMatrix<T>, T), InputError<T>> {
    // Scales entries to at most 2, so that their squares do not overflow.
    let exponent = largest_exponent(matrix).unwrap_or_default();
    let in_range = scaled(matrix, -exponent);
    let zeros = vec![T::zero(); matrix.len()];
    let mean = loss.value(&zeros, in_range.as_slice());
    let root = match (T::from_count(matrix.len()) * mean).sqrt() {
        root if root > T::zero() => root,
        _ => T::one(),
    };
    let unit = root.scale_by_power_of_two(exponent);
    if unit.is_finite() {
        Ok((in_range / root, unit))
    } else {
        let largest_entry = matrix.amax();
        Err(InputError::EntriesTooLarge { largest_entry })
    }
}
