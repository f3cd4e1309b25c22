//! What rules remember for each parameter.

use crate::Real;

/// The numbers remembered; made now, as zeros, if the state comes from settings that need none.
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

/// The length of both slices.
pub(super) fn common_length<T>(parameters: &[T], gradient: &[T]) -> usize {
    assert_eq!(
        parameters.len(),
        gradient.len(),
        "parameters and gradient differ in length"
    );
    parameters.len()
}
