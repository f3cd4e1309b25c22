//! One plane rotation.

use crate::numerics::real::Real;

/// The rotation (x, y) ← (c·x − s·y, s·x + c·y) of two columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rotation<T> {
    cosine: T,
    sine: T,
    tangent: T,
}

impl<T: Real> Rotation<T> {
    /// The rotation by at most 45° after which the columns are orthogonal: the exact minimiser of
    /// the loss in their plane.
    ///
    /// `product` is xᵀy and must not be zero.
    #[inline(always)]
    pub(super) fn to_orthogonal(square_x: T, square_y: T, product: T) -> Self {
        let zeta = (square_y - square_x) / (product + product);
        let size = zeta.abs();
        let tangent = if size > T::one() / T::EPSILON {
            T::one() / (zeta + zeta)
        } else {
            (T::one() / (size + (T::one() + size * size).sqrt())).copysign(zeta)
        };
        let cosine = T::one() / (T::one() + tangent * tangent).sqrt();
        Self {
            cosine,
            sine: cosine * tangent,
            tangent,
        }
    }

    /// Rotates the columns.
    #[inline(always)]
    pub(super) fn apply(self, x: &mut [T], y: &mut [T]) {
        for (p, q) in x.iter_mut().zip(y) {
            (*p, *q) = self.image(*p, *q);
        }
    }

    /// The squares of the lengths of the columns after the rotation.
    #[inline(always)]
    pub(super) fn squares(self, square_x: T, square_y: T, product: T) -> (T, T) {
        let shift = self.tangent * product;
        (square_x - shift, square_y + shift)
    }

    #[inline(always)]
    fn image(self, x: T, y: T) -> (T, T) {
        (
            self.cosine * x - self.sine * y,
            self.sine * x + self.cosine * y,
        )
    }
}
