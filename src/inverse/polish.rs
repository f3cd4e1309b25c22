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
/// An inverse from an LU factorisation, or computed in `f32` and converted, needs one or two
/// corrections. A matrix that is no inverse at all does no harm: the search then starts without it,
/// as [`Inversion::route`] reports. This is [`invert_by_descent`] with [`Start::Given`].
///
/// # Errors
///
/// As [`invert_by_descent`].
///
/// # Example
///
/// ```
/// use matrix_descent::{polish_inverse, Route};
/// use nalgebra::DMatrix;
///
/// let hilbert = DMatrix::from_fn(6, 6, |i, j| 1.0 / (i + j + 1) as f64);
/// let by_lu = hilbert.clone().try_inverse().ok_or("singular")?;
/// let polished = polish_inverse(&hilbert, &by_lu)?;
/// assert_eq!(polished.route, Route::Polished);
/// assert!(polished.certificate.relative_error_bound() < 1e-14);
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
