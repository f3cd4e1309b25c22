//! The result of a search for leading singular values.

use std::fmt;

use nalgebra::{DMatrix, DVector};

use crate::numerics::real::Real;
use crate::svd::top::certificate::TopCertificate;

/// The leading k singular values and vectors, M ≈ U·diag(σ)·Vᵀ, what is known about them, and how
/// they were found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: Real"))]
#[non_exhaustive]
pub struct TopSvd<T: Real> {
    /// U, m×k: the left singular vectors, as columns.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub u: DMatrix<T>,
    /// σ₁ ≥ … ≥ σ_k ≥ 0: the k singular values.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::vector"))]
    pub singular_values: DVector<T>,
    /// V (not Vᵀ), n×k: the right singular vectors, as columns.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::matrix"))]
    pub v: DMatrix<T>,
    /// Bounds on the errors of the singular values, and whether they are the largest.
    pub certificate: TopCertificate,
    /// How they were found.
    pub route: TopRoute,
    /// The steps of the search and of the second look.
    pub steps: usize,
    /// The number of products of M or Mᵀ with a vector, where each column of a block counts as one.
    ///
    /// They are those of the search, of the second look and, with [`TopRoute::Descent`], the 2k
    /// that the residuals are computed from.
    ///
    /// Not counted are: with [`TopRoute::Whole`], all products of the whole decomposition (so 0,
    /// unless a search came first); those of the certificate of a `DMatrix`; and the one to three
    /// products from which the scale of any other map is taken.
    pub products: usize,
    /// The largest residual of the wanted values relative to σ₁, each time it was computed: in the
    /// search, from new products after it, and in the second look for values that were missed.
    #[cfg_attr(feature = "serde", serde(with = "crate::numerics::saved::numbers"))]
    pub gradients: Vec<T>,
}

/// How leading singular values were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum TopRoute {
    /// By descent along gradients.
    Descent,
    /// From all singular values, for a small `DMatrix` with few singular values beside k, or on which
    /// a search takes longer.
    Whole,
}

impl fmt::Display for TopRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Descent => "by descent",
            Self::Whole => "from the whole decomposition",
        })
    }
}

impl<T: Real> TopSvd<T> {
    /// U·diag(σ)·Vᵀ, m×n: the matrix of rank k nearest to M, in every unitarily invariant norm
    /// (Eckart and Young, "The approximation of one matrix by another of lower rank", 1936; Mirsky
    /// 1960).
    ///
    /// ```
    /// use matrix_descent::{svd_top_k, TopConfig};
    /// use nalgebra::DMatrix;
    ///
    /// let m = DMatrix::from_fn(30, 40, |i, j| ((i + 2 * j) as f64).sin());
    /// let top = svd_top_k(&m, 2, TopConfig::default())?;
    /// assert!((top.reconstruct() - m).norm() < 1e-12);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    #[must_use]
    pub fn reconstruct(&self) -> DMatrix<T> {
        // The fields are public, so that their sizes may differ.
        let count = self.singular_values.len();
        let count = count.min(self.u.ncols()).min(self.v.ncols());
        let mut weighted = self.u.columns(0, count).into_owned();
        for (mut column, &value) in weighted.column_iter_mut().zip(self.singular_values.iter()) {
            column *= value;
        }
        weighted * self.v.columns(0, count).transpose()
    }
}
