//! The four conditions that define the pseudo-inverse.

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::{largest_exponent, scaled};
use crate::numerics::norm::euclidean_norm;
use crate::numerics::product::product;
use crate::numerics::real::Real;

/// By how much a matrix M and its computed pseudo-inverse X miss Penrose's four conditions.
///
/// Computed from M and X as they are stored, with products in working precision, on matrices scaled
/// by powers of two; all 0 for a zero matrix. Rounding makes them about ε·σ₁/σᵣ or less, σᵣ being
/// the smallest singular value that counts. In addition, the first one is as large as what was cut
/// off: √Σσⱼ²/‖M‖_F over the values that do not count.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct PenroseResiduals<T> {
    /// ‖M·X·M − M‖_F/‖M‖_F: X inverts M where M can be inverted.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub inverse_of_matrix: T,
    /// ‖X·M·X − X‖_F/‖X‖_F: M inverts X where X can be inverted.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub inverse_of_inverse: T,
    /// ‖(M·X)ᵀ − M·X‖_F/‖M·X‖_F: the projection onto the range of M is orthogonal.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub left_symmetry: T,
    /// ‖(X·M)ᵀ − X·M‖_F/‖X·M‖_F: the projection onto the range of Mᵀ is orthogonal.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub right_symmetry: T,
}

impl<T: Real> PenroseResiduals<T> {
    /// The largest of the four.
    #[must_use]
    pub fn largest(&self) -> T {
        let of_inverses = self.inverse_of_matrix.max(self.inverse_of_inverse);
        of_inverses.max(self.left_symmetry).max(self.right_symmetry)
    }

    /// For an m×n matrix and its n×m pseudo-inverse.
    pub(super) fn of(matrix: &DMatrix<T>, inverse: &DMatrix<T>) -> Self {
        let exponent = |matrix| largest_exponent(matrix).unwrap_or(0);
        let (of_matrix, of_inverse) = (exponent(matrix), exponent(inverse));
        // Near 1, so that no product leaves the range; their product carries both exponents.
        let (m, x) = (scaled(matrix, -of_matrix), scaled(inverse, -of_inverse));
        let balance = |matrix| scaled(&matrix, of_matrix + of_inverse);
        let mx = balance(product(m.as_view(), x.as_view()));
        let xm = balance(product(x.as_view(), m.as_view()));
        Self {
            inverse_of_matrix: difference(&product(mx.as_view(), m.as_view()), &m),
            inverse_of_inverse: difference(&product(xm.as_view(), x.as_view()), &x),
            left_symmetry: difference(&mx.transpose(), &mx),
            right_symmetry: difference(&xm.transpose(), &xm),
        }
    }
}

/// ‖A − B‖_F/‖B‖_F; 0 if A = B.
fn difference<T: Real>(a: &DMatrix<T>, b: &DMatrix<T>) -> T {
    let norm = euclidean_norm((a - b).as_slice());
    if norm == T::zero() {
        norm
    } else {
        norm / euclidean_norm(b.as_slice())
    }
}
