//! Improving an inverse that is nearly right.

use nalgebra::DMatrix;

use crate::inverse::config::Config;
use crate::inverse::error::InverseError;
use crate::inverse::invert::invert_by_descent;
use crate::inverse::result::Inversion;
use crate::inverse::start::Start;
use crate::numerics::real::Real;
use crate::numerics::validation::{check_finite, check_shape, check_square};

/// Improves `inverse`, whatever its source, to the correctly rounded inverse of `matrix`; both n×n.
///
/// The fastest way to a proven inverse is a fast LU, then this. From an LU inverse it takes 6
/// products of n×n matrices up to κ = 10⁶, 9 at 10⁸ and 11 at 10¹⁰, and ends with the same bound as
/// [`invert_by_descent`], which takes 22 to 46, 58 and 69 (log-spaced singular values, n = 32 to
/// 128, residual and proof included). The
/// [guide](crate::guide::choosing#the-fastest-way-to-a-proof) has the times.
///
/// An inverse computed in `f32` and converted needs a product or two more. A matrix that is no
/// inverse at all does no harm: the search then starts without it, as [`Inversion::route`] reports.
/// This is [`invert_by_descent`] with [`Start::Given`].
///
/// # Errors
///
/// As [`invert_by_descent`].
///
/// # Example
///
/// ```
/// use matrix_descent::{certify, invert_by_descent, polish_inverse, Config, Route};
/// use nalgebra::DMatrix;
///
/// let hilbert = DMatrix::from_fn(6, 6, |i, j| 1.0 / (i + j + 1) as f64);
/// let by_lu = hilbert.clone().try_inverse().ok_or("singular")?;
/// // κ is 10⁷, and half of the digits are proven.
/// assert!(certify(&hilbert, &by_lu)?.relative_error_bound() > 1e-11);
///
/// let polished = polish_inverse(&hilbert, &by_lu)?;
/// assert_eq!(polished.route, Route::Polished);
/// assert!(polished.certificate.relative_error_bound() < 1e-15);
///
/// // From scratch, the same accuracy takes several times as many products.
/// let cold = invert_by_descent(&hilbert, Config::default())?;
/// assert!(4 * polished.products.total() <= cold.products.total());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn polish_inverse<T: Real>(
    matrix: &DMatrix<T>,
    inverse: &DMatrix<T>,
) -> Result<Inversion<T>, InverseError<T>> {
    check_square("matrix", matrix)?;
    check_shape("inverse", inverse.shape(), matrix.shape())?;
    check_finite("inverse", inverse)?;
    invert_by_descent(
        matrix,
        Config::default().start(Start::Given(inverse.clone())),
    )
}
