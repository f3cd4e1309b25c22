//! What optimizers remember for each parameter.

use crate::numerics::real::Real;

/// The numbers remembered; created now, as zeros, if the state comes from settings that need none.
pub(super) fn remembered<T: Real>(values: &mut Vec<T>, length: usize) -> &mut [T] {
    if values.is_empty() {
        values.resize(length, T::zero());
    }
    assert_eq!(
        values.len(),
        length,
        "the state belongs to parameters of another length"
    );
    values
}

/// The same for an average that keeps the fraction `share` in each step. It is cleared if that is
/// 0, since 0·∞ would be NaN where a square has overflowed.
pub(super) fn remembered_in_part<T: Real>(
    values: &mut Vec<T>,
    length: usize,
    share: T,
) -> &mut [T] {
    let values = remembered(values, length);
    if share == T::zero() {
        values.fill(T::zero());
    }
    values
}

/// The length of both slices.
pub(super) fn common_length<T>(parameters: &[T], gradient: &[T]) -> usize {
    assert_eq!(
        parameters.len(),
        gradient.len(),
        "parameters and gradient differ in length"
    );
    parameters.len()
}
