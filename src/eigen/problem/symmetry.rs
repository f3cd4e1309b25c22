//! Whether maps are symmetric.

use nalgebra::DMatrix;

use crate::eigen::error::EigenError;
use crate::eigen::problem::operator::Operator;
use crate::eigen::ritz::largest_difference;
use crate::linear_map::LinearMap;
use crate::numerics::real::Real;

pub(in crate::eigen) fn check_entries_symmetric<T: Real>(
    argument: &'static str,
    matrix: Option<&DMatrix<T>>,
) -> Result<(), EigenError<T>> {
    let asymmetry = matrix.map_or(T::zero(), asymmetry);
    if asymmetry > T::EPSILON.sqrt() {
        return Err(EigenError::NotSymmetric {
            argument,
            asymmetry,
        });
    }
    Ok(())
}

pub(in crate::eigen) fn check_symmetry<T: Real, A: LinearMap<T> + ?Sized>(
    operator: &Operator<'_, T, A>,
    asymmetry: T,
) -> Result<(), EigenError<T>> {
    let norm = operator.norm();
    if asymmetry > T::EPSILON.sqrt() * norm {
        let argument = operator.argument();
        let asymmetry = asymmetry / norm;
        return Err(EigenError::NotSymmetric {
            argument,
            asymmetry,
        });
    }
    Ok(())
}

/// max|aᵢⱼ − aⱼᵢ|/max|aᵢⱼ|.
fn asymmetry<T: Real>(matrix: &DMatrix<T>) -> T {
    let largest = matrix
        .iter()
        .fold(T::zero(), |largest, value| largest.max(value.abs()));
    if largest == T::zero() {
        return T::zero();
    }
    // Halves, so that the difference of two large entries stays in range.
    let half = <T as Real>::from_f64(0.5);
    let halves = matrix * half;
    largest_difference(&halves, &halves.transpose()) / (largest * half)
}
