//! The four conditions that define the pseudo-inverse.

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::{largest_exponent, scaled};
use crate::numerics::norm::euclidean_norm;
use crate::numerics::product::product;
use crate::numerics::real::Real;
use crate::svd::orthonormal::householder::Reflections;
use crate::svd::orthonormal::range::exponent_into_range;

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
        if matrix.nrows() >= matrix.ncols() {
            return Self::of_upright(matrix, inverse);
        }
        // The conditions of Mᵀ and Xᵀ are the same, with left and right exchanged.
        let turned = Self::of_upright(&matrix.transpose(), &inverse.transpose());
        Self {
            left_symmetry: turned.right_symmetry,
            right_symmetry: turned.left_symmetry,
            ..turned
        }
    }

    /// The same for m ≥ n, with X·M, which is n×n, in both products of three.
    fn of_upright(matrix: &DMatrix<T>, inverse: &DMatrix<T>) -> Self {
        let exponent = |matrix| largest_exponent(matrix).unwrap_or(0);
        let (of_matrix, of_inverse) = (exponent(matrix), exponent(inverse));
        // Near 1, so that no product leaves the range; their product carries both exponents.
        let (m, x) = (scaled(matrix, -of_matrix), scaled(inverse, -of_inverse));
        let balance = |matrix| scaled(&matrix, of_matrix + of_inverse);
        let xm = balance(product(x.as_view(), m.as_view()));
        Self {
            inverse_of_matrix: difference(&product(m.as_view(), xm.as_view()), &m),
            inverse_of_inverse: difference(&product(xm.as_view(), x.as_view()), &x),
            left_symmetry: if matrix.nrows() > TALL * matrix.ncols() {
                asymmetry_of_long_product(matrix, inverse)
            } else {
                asymmetry(&balance(product(m.as_view(), x.as_view())))
            },
            right_symmetry: asymmetry(&xm),
        }
    }
}

/// With more rows than this for each column, M·X has more entries, and takes longer, than what
/// [`asymmetry_of_long_product`] computes in its place.
const TALL: usize = 4;

/// ‖(M·X)ᵀ − M·X‖_F/‖M·X‖_F for an m×n matrix M with m > 2n, without M·X.
///
/// With a QR factorisation [M, Xᵀ] = Q·[A, B], where A and B have 2n rows, M·X = Q·ABᵀ·Qᵀ, and Q
/// changes no norm. Its rounding changes the columns of M and Xᵀ by a few ε of their lengths, as
/// that of M·X would.
fn asymmetry_of_long_product<T: Real>(matrix: &DMatrix<T>, inverse: &DMatrix<T>) -> T {
    let order = matrix.ncols();
    // So large that what counts as zero is nothing beside the rounding of the rest.
    let in_range = |matrix| scaled(matrix, exponent_into_range(matrix));
    let mut both = in_range(matrix).resize_horizontally(2 * order, T::zero());
    both.columns_mut(order, order)
        .tr_copy_from(&in_range(inverse));
    let (_, triangle) = Reflections::of(both);
    let of_matrix = triangle.columns(0, order);
    let of_inverse = triangle.columns(order, order).transpose();
    asymmetry(&product(of_matrix, of_inverse.as_view()))
}

/// ‖Aᵀ − A‖_F/‖A‖_F; 0 if A is symmetric.
fn asymmetry<T: Real>(a: &DMatrix<T>) -> T {
    difference(&a.transpose(), a)
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

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{PenroseResiduals, asymmetry};
    use crate::numerics::real::Real;

    fn wavy<T: Real>(rows: usize, columns: usize, frequency: f64) -> DMatrix<T> {
        let wave = |i: usize, j: usize| ((i * columns + j + 1) as f64 * frequency).sin();
        DMatrix::from_fn(rows, columns, |i, j| <T as Real>::from_f64(wave(i, j)))
    }

    /// The four residuals by whole products, none of them small.
    fn agree_with_whole_products<T: Real>() {
        for (rows, columns) in [(13, 3), (60, 1), (41, 10), (7, 7), (9, 4), (3, 13), (2, 50)] {
            let m: DMatrix<T> = wavy(rows, columns, 0.7);
            let x: DMatrix<T> = wavy(columns, rows, 1.9);
            // Columns of very different lengths, and a zero one.
            let size = |j: usize| <T as Real>::from_f64([1.0, 1e-8, 1e6, 0.0][j % 4]);
            let graded = DMatrix::from_fn(rows, columns, |i, j| m[(i, j)] * size(j));
            for (m, name) in [(&m, "plain"), (&graded, "graded")] {
                let (mx, xm) = (m * &x, &x * m);
                let norm = |a: DMatrix<T>, b: &DMatrix<T>| (a - b).norm() / b.norm();
                let expected = [
                    norm(&mx * m, m),
                    norm(&xm * &x, &x),
                    norm(mx.transpose(), &mx),
                    norm(xm.transpose(), &xm),
                ];
                let found = PenroseResiduals::of(m, &x);
                let found = [
                    found.inverse_of_matrix,
                    found.inverse_of_inverse,
                    found.left_symmetry,
                    found.right_symmetry,
                ];
                for (found, expected) in found.into_iter().zip(expected) {
                    let (found, expected) = (found.to_f64(), expected.to_f64());
                    let is_right = (found - expected).abs() <= 1e2 * T::EPSILON.to_f64() * expected;
                    assert!(is_right, "{rows}×{columns}, {name}: {found:e} {expected:e}");
                }
            }
        }
    }

    #[test]
    fn residuals_agree_with_those_of_whole_products() {
        agree_with_whole_products::<f64>();
        agree_with_whole_products::<f32>();
    }

    #[test]
    fn a_symmetric_product_leaves_only_rounding() {
        let m: DMatrix<f64> = wavy(50, 3, 0.3);
        let found = PenroseResiduals::of(&m, &m.transpose());
        assert!(found.left_symmetry < 1e-14);
        assert_eq!(asymmetry(&(&m * m.transpose())), 0.0);
    }
}
