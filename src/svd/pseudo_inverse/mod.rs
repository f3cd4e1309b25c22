//! The pseudo-inverse, from singular values and vectors.

mod cutoff;
mod penrose;

pub use cutoff::Cutoff;
pub use penrose::PenroseResiduals;

use nalgebra::DMatrix;

use crate::numerics::product::product;
use crate::numerics::real::Real;
use crate::numerics::validation::first_out_of_range;
use crate::svd::config::SvdConfig;
use crate::svd::decompose::svd_by_descent;
use crate::svd::error::SvdError;
use crate::svd::result::Svd;

/// A pseudo-inverse, and how well it satisfies its definition.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct PseudoInverse<T: Real> {
    /// X = M⁺, n×m for an m×n matrix M.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub inverse: DMatrix<T>,
    /// The numerical rank: the number of singular values above the cut-off.
    pub rank: usize,
    /// The cut-off that was applied.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::number"))]
    pub cutoff: T,
    /// By how much X misses the four conditions that define the pseudo-inverse.
    pub penrose: PenroseResiduals<T>,
    /// The SVD of M that it was made from, with all its singular values and their error bounds.
    pub svd: Svd<T>,
}

/// Computes the pseudo-inverse M⁺ = Σ vⱼ·uⱼᵀ/σⱼ of `matrix`, m×n of any shape and rank, summed over
/// the singular values above the cut-off.
///
/// It is the only n×m matrix X with M·X·M = M, X·M·X = X, and both M·X and X·M symmetric; X·b is
/// the shortest of the vectors x that minimise ‖M·x − b‖. How nearly these four conditions hold is
/// computed from the result and returned.
///
/// M⁺ is not a continuous function of M where the rank changes: a cut-off that includes one value
/// more or less gives a very different matrix. So if the entries are uncertain, look at the rank
/// and at the singular values on both sides of the cut-off.
///
/// Sources: Penrose, "A generalized inverse for matrices", 1955; Golub and Kahan, "Calculating the
/// singular values and pseudo-inverse of a matrix", 1965.
///
/// # Errors
///
/// As for [`svd_by_descent`]; also [`SvdError::Input`] for a cut-off that is negative or not
/// finite, and [`SvdError::PseudoInverseOutOfRange`] if entries of M⁺ are too large for the format.
///
/// # Example
///
/// ```
/// use matrix_descent::pseudo_inverse;
/// use matrix_descent::svd::Cutoff;
/// use nalgebra::DMatrix;
///
/// let ones = DMatrix::from_element(2, 3, 1.0_f64);
/// let found = pseudo_inverse(&ones, Cutoff::Rounding)?;
/// assert_eq!(found.rank, 1);
/// assert!((found.inverse - DMatrix::from_element(3, 2, 1.0 / 6.0)).norm() < 1e-15);
/// assert!(found.penrose.largest() < 1e-14);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn pseudo_inverse<T: Real>(
    matrix: &DMatrix<T>,
    cutoff: Cutoff<T>,
) -> Result<PseudoInverse<T>, SvdError<T>> {
    cutoff.validate()?;
    let svd = svd_by_descent(matrix, SvdConfig::default())?;
    let cutoff = cutoff.of(matrix.shape(), svd.singular_values[0]);
    let rank = svd.rank(cutoff);
    let inverse = inverse_of_leading(&svd, rank);
    if let Some((row, column)) = first_out_of_range(&inverse) {
        return Err(SvdError::PseudoInverseOutOfRange { row, column });
    }
    Ok(PseudoInverse {
        penrose: PenroseResiduals::of(matrix, &inverse),
        inverse,
        rank,
        cutoff,
        svd,
    })
}

/// Σ vⱼ·uⱼᵀ/σⱼ over the first `rank` singular values.
fn inverse_of_leading<T: Real>(svd: &Svd<T>, rank: usize) -> DMatrix<T> {
    let Some(last) = rank.checked_sub(1) else {
        return DMatrix::zeros(svd.v.nrows(), svd.u.nrows());
    };
    // In units of 1/σᵣ, the largest of all, so that no sum overflows whose result does not.
    let exponent = svd.singular_values[last].binary_exponent().unwrap_or(0);
    let mut weighted = svd.v.columns(0, rank).into_owned();
    for (mut column, &value) in weighted.column_iter_mut().zip(svd.singular_values.iter()) {
        column /= value.scale_by_power_of_two(-exponent);
    }
    let u = svd.u.columns(0, rank).transpose();
    let product = product(weighted.as_view(), u.as_view());
    product.map(|entry| entry.scale_by_power_of_two(-exponent))
}
