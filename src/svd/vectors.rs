//! Which singular vectors to return.

use std::fmt;

/// Which singular vectors an SVD returns.
///
/// The shapes are, for an m×n matrix with k = min(m, n) singular values:
///
/// | | U | V |
/// |---|---|---|
/// | [`None`](Self::None) | m×0 | n×0 |
/// | [`Thin`](Self::Thin), the default | m×k | n×k |
/// | [`Full`](Self::Full) | m×m | n×n |
///
/// Leaving out the vectors saves no time: the certificate is computed from the thin ones.
///
/// ```
/// use matrix_descent::{svd_by_descent, SvdConfig};
/// use matrix_descent::svd::Vectors;
/// use nalgebra::DMatrix;
///
/// let tall = DMatrix::from_element(3, 2, 1.0);
/// let shapes = |vectors| {
///     let svd = svd_by_descent(&tall, SvdConfig::default().vectors(vectors))?;
///     Ok::<_, matrix_descent::Error>((svd.u.shape(), svd.v.shape()))
/// };
/// assert_eq!(shapes(Vectors::None)?, ((3, 0), (2, 0)));
/// assert_eq!(shapes(Vectors::Thin)?, ((3, 2), (2, 2)));
/// assert_eq!(shapes(Vectors::Full)?, ((3, 3), (2, 2)));
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Vectors {
    /// No vectors, only singular values.
    None,
    /// One left and one right vector for each singular value.
    #[default]
    Thin,
    /// Complete orthonormal bases, beginning with the thin vectors.
    Full,
}

impl fmt::Display for Vectors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "no vectors",
            Self::Thin => "thin",
            Self::Full => "full",
        })
    }
}
