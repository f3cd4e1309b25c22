//! One plane rotation.

use pulp::{Scalar, Simd};

use crate::numerics::real::Real;

/// The rotation (x, y) ← (c·x − s·y, s·x + c·y) of two columns.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rotation<T> {
    cosine: T,
    sine: T,
    tangent: T,
}

impl<T: Real> Rotation<T> {
    /// For each plane the rotation by at most 45° after which its columns are orthogonal: the exact
    /// minimiser of the loss in that plane. Without meaning where the product xᵀy is zero.
    #[inline(always)]
    pub(super) fn to_orthogonal<S: Simd, const N: usize>(
        simd: S,
        squares_x: [T; N],
        squares_y: [T; N],
        products: [T; N],
    ) -> [Self; N] {
        let mut differences = [T::zero(); N];
        for k in 0..N {
            differences[k] = squares_y[k] - squares_x[k];
        }
        let (mut tangents, mut cosines) = ([T::zero(); N], [T::one(); N]);
        let (t, c) = (&mut tangents, &mut cosines);
        let done = T::angles(simd, &differences, &products, t, c);
        T::angles(
            Scalar::new(),
            &differences[done..],
            &products[done..],
            &mut tangents[done..],
            &mut cosines[done..],
        );
        let mut rotations = [Self::default(); N];
        for k in 0..N {
            rotations[k] = Self {
                cosine: cosines[k],
                sine: cosines[k] * tangents[k],
                tangent: tangents[k],
            };
        }
        rotations
    }

    /// Rotates the columns.
    #[inline(always)]
    pub(super) fn apply<S: Simd>(self, simd: S, x: &mut [T], y: &mut [T]) {
        T::rotate(simd, x, y, self.cosine, self.sine);
    }

    /// The absolute value of the tangent of the angle.
    #[inline(always)]
    pub(super) fn tangent(self) -> T {
        self.tangent.abs()
    }

    /// The squares of the lengths of the columns after the rotation.
    #[inline(always)]
    pub(super) fn squares(self, square_x: T, square_y: T, product: T) -> (T, T) {
        let shift = self.tangent * product;
        (square_x - shift, square_y + shift)
    }
}
