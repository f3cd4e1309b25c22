//! The polar decomposition, from singular values and vectors.

use nalgebra::DMatrix;

use crate::numerics::binary_scaling::{largest_exponent, scaled};
use crate::numerics::norm::euclidean_norm;
use crate::numerics::product::product;
use crate::numerics::real::Real;
use crate::svd::config::SvdConfig;
use crate::svd::decompose::svd_by_descent;
use crate::svd::error::SvdError;
use crate::svd::result::Svd;

/// A polar decomposition M = Q·H: a matrix with orthonormal columns or rows times a symmetric
/// positive semidefinite one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct Polar<T: Real> {
    /// Q = U·Vᵀ, m×n: QᵀQ = I if m ≥ n, QQᵀ = I if m ≤ n.
    ///
    /// No such matrix is nearer to M, in any unitarily invariant norm (Fan and Hoffman, "Some
    /// metric inequalities in the space of matrices", 1955).
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub orthogonal: DMatrix<T>,
    /// H = V·diag(σ)·Vᵀ = (MᵀM)^½, n×n; exactly symmetric, and semidefinite up to rounding.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub positive: DMatrix<T>,
    /// ‖M − Q·H‖_F/‖M‖_F, computed from M, Q and H; 0 for a zero matrix.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub residual: T,
}

/// Computes the polar decomposition `matrix` = Q·H of any m×n matrix, with Q m×n and H n×n.
///
/// It is made from the SVD U·diag(σ)·Vᵀ: Q = U·Vᵀ and H = V·diag(σ)·Vᵀ. H is always unique; Q is
/// unique if the rank is min(m, n), and otherwise one of many.
///
/// H has n² entries. If M is wide, Mᵀ = Q·H has an H of m² entries, and M = H·Qᵀ.
///
/// Sources: Autonne, "Sur les groupes linéaires, réels et orthogonaux", 1902; Higham, "Computing
/// the polar decomposition—with applications", 1986.
///
/// # Errors
///
/// As for [`svd_by_descent`].
///
/// # Example
///
/// ```
/// use matrix_descent::polar_decomposition;
/// use nalgebra::dmatrix;
///
/// // A rotation by 90° after a stretch.
/// let polar = polar_decomposition(&dmatrix![0.0, -3.0; 2.0, 0.0])?;
/// assert!((polar.orthogonal - dmatrix![0.0, -1.0; 1.0, 0.0]).norm() < 1e-15);
/// assert!((polar.positive - dmatrix![2.0, 0.0; 0.0, 3.0]).norm() < 1e-15);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn polar_decomposition<T: Real>(matrix: &DMatrix<T>) -> Result<Polar<T>, SvdError<T>> {
    let svd = svd_by_descent(matrix, SvdConfig::default())?;
    let transposed = svd.v.transpose();
    let orthogonal = product(svd.u.as_view(), transposed.as_view());
    let positive = positive(&svd);
    Ok(Polar {
        residual: residual(matrix, &orthogonal, &positive),
        orthogonal,
        positive,
    })
}

/// V·diag(σ)·Vᵀ, from the entries on and below the diagonal.
fn positive<T: Real>(svd: &Svd<T>) -> DMatrix<T> {
    let exponent = svd.singular_values[0].binary_exponent().unwrap_or(0);
    let mut weighted = svd.v.clone();
    for (mut column, &value) in weighted.column_iter_mut().zip(svd.singular_values.iter()) {
        column *= value.scale_by_power_of_two(-exponent);
    }
    let product = product(weighted.as_view(), svd.v.transpose().as_view());
    DMatrix::from_fn(product.nrows(), product.ncols(), |i, j| {
        product[(i.max(j), i.min(j))].scale_by_power_of_two(exponent)
    })
}

/// ‖M − Q·H‖_F/‖M‖_F, at a scale without overflow.
fn residual<T: Real>(matrix: &DMatrix<T>, orthogonal: &DMatrix<T>, positive: &DMatrix<T>) -> T {
    let Some(exponent) = largest_exponent(matrix) else {
        return T::zero();
    };
    let (matrix, positive) = (scaled(matrix, -exponent), scaled(positive, -exponent));
    let difference = &matrix - product(orthogonal.as_view(), positive.as_view());
    euclidean_norm(difference.as_slice()) / euclidean_norm(matrix.as_slice())
}
