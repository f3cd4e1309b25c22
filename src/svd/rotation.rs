//! One plane rotation.

use crate::Real;

/// Independent partial sums, so that the additions need not wait for each other.
const LANES: usize = 8;

/// The rotation (x, y) ← (c·x − s·y, s·x + c·y) of two columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rotation<T> {
    cosine: T,
    sine: T,
}

impl<T: Real> Rotation<T> {
    /// The rotation by at most 45° after which the columns are orthogonal: the exact minimiser of
    /// the loss in their plane. `product` is xᵀy, not zero.
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
        }
    }

    /// Rotates the columns.
    pub(super) fn apply(self, x: &mut [T], y: &mut [T]) {
        for (p, q) in x.iter_mut().zip(y) {
            (*p, *q) = self.image(*p, *q);
        }
    }

    /// Rotates the columns; returns their sums of squares.
    pub(super) fn apply_and_measure(self, x: &mut [T], y: &mut [T]) -> (T, T) {
        let (x_chunks, x_rest) = x.as_chunks_mut::<LANES>();
        let (y_chunks, y_rest) = y.as_chunks_mut::<LANES>();
        let (mut x_sums, mut y_sums) = ([T::zero(); LANES], [T::zero(); LANES]);
        for (p, q) in x_chunks.iter_mut().zip(y_chunks) {
            for lane in 0..LANES {
                let (new_p, new_q) = self.image(p[lane], q[lane]);
                (p[lane], q[lane]) = (new_p, new_q);
                x_sums[lane] += new_p * new_p;
                y_sums[lane] += new_q * new_q;
            }
        }
        let (mut x_sum, mut y_sum) = (T::zero(), T::zero());
        for (p, q) in x_rest.iter_mut().zip(y_rest) {
            (*p, *q) = self.image(*p, *q);
            x_sum += *p * *p;
            y_sum += *q * *q;
        }
        let total = |sums: [T; LANES], rest| sums.iter().fold(rest, |total, &sum| total + sum);
        (total(x_sums, x_sum), total(y_sums, y_sum))
    }

    #[inline]
    fn image(self, x: T, y: T) -> (T, T) {
        (
            self.cosine * x - self.sine * y,
            self.sine * x + self.cosine * y,
        )
    }
}
