//! Matrices with missing or weighted entries.

use nalgebra::DMatrix;

use crate::loss::WeightedMeanSquaredError;
use crate::numerics::binary_scaling::{largest_exponent, scaled};
use crate::numerics::input_error::InputError;
use crate::numerics::real::Real;
use crate::numerics::validation::{
    check_at_least_zero, check_finite, check_not_empty, check_shape,
};

/// The matrix with 0 in place of missing entries (those of weight 0), and the loss with these
/// weights.
///
/// Only their ratios matter, so they are scaled by a power of two that brings the largest between 1
/// and 2: then neither their sum nor weighted squares overflow.
pub(crate) fn without_missing<T: Real>(
    matrix: &DMatrix<T>,
    weights: &DMatrix<T>,
) -> Result<(DMatrix<T>, WeightedMeanSquaredError<T>), InputError<T>> {
    check_not_empty("matrix", matrix.nrows(), matrix.ncols())?;
    check_shape("weights", weights.shape(), matrix.shape())?;
    for &weight in weights {
        check_at_least_zero("weights", weight)?;
    }
    let in_range = scaled(weights, -largest_exponent(weights).unwrap_or(0));
    let loss = WeightedMeanSquaredError::new(in_range.as_slice().to_vec())?;
    // A weight that scales to 0 makes its entry missing as well.
    let known = matrix.zip_map(
        &in_range,
        |entry, weight| {
            if weight == T::zero() { weight } else { entry }
        },
    );
    check_finite("matrix", &known)?;
    Ok((known, loss))
}
