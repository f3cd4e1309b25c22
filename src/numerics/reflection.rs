//! Reflections x − v·(vᵀx) along an axis v (A. S. Householder, "Unitary triangularization of a
//! nonsymmetric matrix", 1958).

use crate::numerics::norm::dot;
use crate::numerics::real::Real;

/// Turns a vector of this norm, above 0, into the axis v, ‖v‖² = 2, of the reflection that makes
/// all its entries but the first zero; returns the first entry after the reflection.
#[inline(always)]
pub(crate) fn to_axis_of<T: Real>(vector: &mut [T], norm: T) -> T {
    let first = vector[0];
    // The sign of the first entry avoids cancellation.
    vector[0] = first + norm.copysign(first);
    let length = (norm * (norm + first.abs())).sqrt();
    for value in vector {
        *value /= length;
    }
    -norm.copysign(first)
}

/// x ← x − v·(vᵀx).
#[inline(always)]
pub(crate) fn reflect<T: Real>(vector: &mut [T], axis: &[T]) {
    let component = dot(vector, axis);
    for (value, &direction) in vector.iter_mut().zip(axis) {
        *value -= component * direction;
    }
}
